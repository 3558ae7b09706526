package io.silo.shard.state;

import static io.silo.protocol.Bounds.LIMIT_KEY_BYTES_MAX;
import static io.silo.protocol.Bounds.RATE_LIMIT_NAME_BYTES_MAX;

import io.silo.protocol.Xxh64;
import io.silo.shard.rate.RateQuestion;
import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The buckets of rate limits from which something was taken; one that is full is not there. What they hold is logged. Each has one
 * timer: for the first task that waits for it, or else for when it is full again. Shard thread only; does not allocate in steady state.
 *
 * <pre>
 *   0 limit   4 timer   8 remainingMicros   16 startMs   24 hitsMax   32 durationMs   40 burst   48 position   56 flags
 * </pre>
 *
 * <p>Two clocks count: of a unit of the calendar the shard's clock, of a duration <em>steady time</em>, which is the shard's clock at the
 * opening and goes on at monotonic rate: a wall clock that is put forward fills no bucket.
 */
public final class RateBuckets implements RateView {
    /** First byte of a bucket's key among those of limits, and between name and key; no name or key has control characters. */
    static final byte KEY_MARK = 1;

    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int NONE = LimitTable.NONE;

    private static final int LIMIT = 0;
    private static final int TIMER = 4;
    private static final int REMAINING_MICROS = 8;
    private static final int START_MS = 16;
    private static final int HITS_MAX = 24;
    private static final int DURATION_MS = 32;
    private static final int BURST = 40;
    private static final int POSITION = 48;
    private static final int FLAGS = 56;
    private static final int ROW_BYTES = 64;
    private static final int ROWS_PER_CHUNK = 1_024;
    private static final int LEAKY = 1;
    private static final int CALENDAR = 2;
    private static final int IN_FULL = 4;

    private static final int STEADY = 0;
    private static final int WALL = 1;
    private static final long NO_OFFSET = Long.MIN_VALUE;

    private final JobTable jobs;
    private final LimitTable limits;
    private final RateTerms terms;
    private final NameTable tenants;
    private final RowSlab rows;
    private final TimerQueue[] timers = {new TimerQueue(), new TimerQueue()};
    private final TimerQueue.TimerHandler timerHandler = this::onTimer;
    private final IntArrayList full = new IntArrayList();
    private final RateBucket scratch = new RateBucket();
    private final UnsafeBuffer keyScratch =
            new UnsafeBuffer(new byte[2 + RATE_LIMIT_NAME_BYTES_MAX + LIMIT_KEY_BYTES_MAX]);
    private final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);
    private IntConsumer onEnough = limit -> {};
    private @Nullable RateAsks asks;
    private long steadyOffsetMs = NO_OFFSET;
    private long latestSteadyMs;
    private long steadyMs;
    private long wallMs;
    private long digest;

    RateBuckets(JobTable jobs, LimitTable limits, NameTable tenants, int bucketsMax) {
        this.jobs = jobs;
        this.limits = limits;
        this.tenants = tenants;
        terms = limits.rateTerms();
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, bucketsMax);
    }

    /** @param action what follows when a limit's bucket may have enough for the first that waits. */
    void onEnough(IntConsumer action) {
        onEnough = action;
    }

    /** @param answered says whether claims are a service's to answer, and asks it. */
    void asks(RateAsks answered) {
        asks = answered;
    }

    // ---- events
    // -------------------------------------------------------------------------------------------------------------

    /** A bucket as an event says it is. */
    void set(int tenant, DirectBuffer key, int keyLength, RateBucket bucket, long position) {
        final int limit = limits.acquireBucket(tenant, key, keyLength);
        int row = limits.bucket(limit);
        if (row == NULL) {
            row = rows.allocate();
            rows.putInt(row, LIMIT, limit);
            limits.bucket(limit, row);
        } else {
            cancelTimer(row);
            digest -= hash(row);
            limits.release(limit);
            tenants.release(tenant);
        }
        rows.putLong(row, REMAINING_MICROS, bucket.remainingMicros());
        rows.putLong(row, START_MS, bucket.startMs());
        rows.putLong(row, HITS_MAX, bucket.hitsMax());
        rows.putLong(row, DURATION_MS, bucket.durationMs());
        rows.putLong(row, BURST, bucket.burst());
        rows.putLong(row, POSITION, position);
        rows.putInt(
                row,
                FLAGS,
                rows.getInt(row, FLAGS) & IN_FULL
                        | (bucket.isLeaky() ? LEAKY : 0)
                        | (bucket.isCalendar() ? CALENDAR : 0));
        digest += hash(row);
        if (!bucket.isCalendar()) {
            latestSteadyMs = Math.max(latestSteadyMs, bucket.startMs());
        }
        scheduleFull(row);
        onEnough.accept(limit);
    }

    /** The bucket is full again, or as good as that. */
    void drop(int limit) {
        final int row = limits.bucket(limit);
        cancelTimer(row);
        digest -= hash(row);
        final int tenant = limits.tenant(limit);
        limits.bucket(limit, NULL);
        rows.free(row);
        onEnough.accept(limit);
        limits.release(limit);
        tenants.release(tenant);
    }

    /** The limit of a bucket that is not full, or {@link RowSlab#NULL_SLOT}. */
    int find(int tenant, DirectBuffer key, int keyLength) {
        final int limit = limits.find(tenant, key, 0, keyLength);
        return limit == NULL || limits.bucket(limit) == NULL ? NULL : limit;
    }

    /** Builds the key that a bucket has among limits into {@link #key}; returns its length. */
    int buildKey(DirectBuffer name, int nameOffset, int nameLength, DirectBuffer key, int keyOffset, int keyLength) {
        keyScratch.putByte(0, KEY_MARK);
        keyScratch.putBytes(1, name, nameOffset, nameLength);
        keyScratch.putByte(1 + nameLength, KEY_MARK);
        keyScratch.putBytes(2 + nameLength, key, keyOffset, keyLength);
        return 2 + nameLength + keyLength;
    }

    /** As {@link #buildKey} left it. */
    DirectBuffer key() {
        return keyScratch;
    }

    // ---- time
    // ---------------------------------------------------------------------------------------------------------------

    /** Time as the shard's clock and its monotonic one have it now. Returns whether it is the first that is known. */
    boolean time(long nowMs, long monotonicMs) {
        final boolean isFirst = steadyOffsetMs == NO_OFFSET;
        if (isFirst) {
            steadyOffsetMs = Math.max(nowMs, latestSteadyMs) - monotonicMs;
        }
        steadyMs = Math.max(steadyMs, monotonicMs + steadyOffsetMs);
        wallMs = Math.max(wallMs, nowMs);
        return isFirst;
    }

    /** Steady time, ms. */
    long steadyMs() {
        return steadyMs;
    }

    /** The shard's clock, ms. */
    long wallMs() {
        return wallMs;
    }

    /** Looks at buckets whose time has come, at most {@code limit}. */
    int poll(int limit) {
        final int polled = timers[STEADY].poll(steadyMs, timerHandler, limit);
        return polled + timers[WALL].poll(wallMs, timerHandler, limit - polled);
    }

    private void onTimer(int kind, int row, long deadlineMs) {
        rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
        final int limit = rows.getInt(row, LIMIT);
        if (fullAtMs(row) > now(row)) {
            scheduleFull(row);
        } else if ((rows.getInt(row, FLAGS) & IN_FULL) == 0) {
            rows.putInt(row, FLAGS, rows.getInt(row, FLAGS) | IN_FULL);
            full.addInt(limit);
        }
        onEnough.accept(limit);
    }

    /** The timer of the bucket fires when it has enough for a claim, if not before. */
    void wake(int claim) {
        final int row = limits.bucket(limits.limit(claim));
        if (row == NULL) {
            return;
        }
        final int terms = limits.terms(claim);
        final long nowMs = now(row);
        load(row);
        scratch.moveTo(this.terms, terms, nowMs);
        final long atMs = scratch.enoughAtMs(this.terms.hits(terms), nowMs);
        final int timer = rows.getInt(row, TIMER);
        if (atMs == RateBucket.NEVER
                || timer != TimerQueue.NULL_HANDLE && queue(row).deadline(timer) <= atMs) {
            return;
        }
        cancelTimer(row);
        schedule(row, Math.max(atMs, nowMs + 1));
    }

    private void scheduleFull(int row) {
        final long atMs = fullAtMs(row);
        rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
        if (atMs != RateBucket.NEVER) {
            schedule(row, atMs);
        }
    }

    private void schedule(int row, long atMs) {
        final long boundedMs = Math.min(atMs, TimerQueue.DEADLINE_MS_MAX);
        rows.putInt(row, TIMER, queue(row).schedule(boundedMs, rows.getLong(row, POSITION), 0, row));
    }

    private void cancelTimer(int row) {
        if (rows.getInt(row, TIMER) != TimerQueue.NULL_HANDLE) {
            queue(row).cancel(rows.getInt(row, TIMER));
            rows.putInt(row, TIMER, TimerQueue.NULL_HANDLE);
        }
    }

    private TimerQueue queue(int row) {
        return timers[isCalendar(row) ? WALL : STEADY];
    }

    private boolean isCalendar(int row) {
        return (rows.getInt(row, FLAGS) & CALENDAR) != 0;
    }

    /** Never before the bucket's own time, which replay knows before it knows any clock. */
    private long now(int row) {
        return Math.max(isCalendar(row) ? wallMs : steadyMs, rows.getLong(row, START_MS));
    }

    private long fullAtMs(int row) {
        load(row);
        return scratch.fullAtMs();
    }

    /** The limit of a bucket that is full by now, or {@link RowSlab#NULL_SLOT}: {@link #drop} is to follow. */
    int pollFull() {
        while (!full.isEmpty()) {
            final int limit = full.popInt();
            final int row = limits.bucket(limit);
            if (row != NULL && (rows.getInt(row, FLAGS) & IN_FULL) != 0) {
                rows.putInt(row, FLAGS, rows.getInt(row, FLAGS) & ~IN_FULL);
                // [SILO-RATE-4]
                if (fullAtMs(row) <= now(row)) {
                    return limit;
                }
            }
        }
        return NULL;
    }

    boolean hasFull() {
        return !full.isEmpty();
    }

    /** As {@link RateChecks#poll}, by the clocks as they are. */
    int pollCheck(RateChecks checks) {
        return checks.poll(steadyMs, wallMs);
    }

    boolean isCheckDue(RateChecks checks) {
        return checks.isDue(steadyMs, wallMs);
    }

    /** Ms until the next timer of a bucket or check, or {@link Long#MAX_VALUE}. */
    long waitMs(RateChecks checks) {
        final long steadyNextMs = Math.min(timers[STEADY].nextDeadline(), checks.nextSteadyMs());
        final long wallNextMs = Math.min(timers[WALL].nextDeadline(), checks.nextWallMs());
        return Math.min(
                steadyNextMs == Long.MAX_VALUE ? steadyNextMs : Math.max(0, steadyNextMs - steadyMs),
                wallNextMs == Long.MAX_VALUE ? wallNextMs : Math.max(0, wallNextMs - wallMs));
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------------

    /** How many starts with the hits of this claim the bucket has enough for, after {@code reservedHits}; not negative. */
    int free(int claim, long reservedHits) {
        final long hits = hits(claim);
        if (hits == 0) {
            return Integer.MAX_VALUE;
        }
        final long available = bucket(claim).available() - reservedHits;
        return (int) Math.min(Integer.MAX_VALUE, Math.max(0, available / hits));
    }

    /** Whether the claim is one that no bucket can ever satisfy. */
    boolean isHopeless(int claim) {
        final int row = limits.terms(claim);
        return terms.hits(row) > (terms.isLeaky(row) ? terms.burst(row) : terms.hitsMax(row));
    }

    /** Whether what a claim asks for never depends on what the bucket has: nothing, or after filling it. */
    boolean isUnconditional(int claim) {
        final int row = limits.terms(claim);
        return terms.hits(row) == 0 || terms.has(row, RateTerms.RESET) && !isHopeless(claim);
    }

    /** When the bucket has enough for the claim if others take what it has now. */
    long nextEnoughAtMs(int claim) {
        return bucket(claim).nextEnoughAtMs(hits(claim), nowMs(claim));
    }

    /** The time now, of the clock that counts for a claim. */
    long nowMs(int claim) {
        final int row = limits.bucket(limits.limit(claim));
        final long nowMs = terms.has(limits.terms(claim), RateTerms.CALENDAR) ? wallMs : steadyMs;
        return row == NULL ? nowMs : Math.max(nowMs, rows.getLong(row, START_MS));
    }

    /** None where a service answers: it has taken the hits. */
    @Override
    public int firstClaim(int job) {
        return asks != null && asks.isOn() ? NONE : skipSlots(jobs.firstClaim(job));
    }

    @Override
    public void want(int taskGroup, int tasks) {
        if (asks != null) {
            asks.want(taskGroup, tasks);
        }
    }

    @Override
    public boolean isAskWaiting(int taskGroup) {
        return asks != null && asks.isWaiting(taskGroup);
    }

    /** Writes what a service is asked for one start of the claim's job. */
    void write(int claim, RateQuestion question) {
        final int limit = limits.limit(claim);
        final int row = limits.terms(claim);
        wrapName(limit, question.name());
        wrapKey(limit, question.key());
        tenants.wrap(limits.tenant(limit), question.tenant());
        question.set(
                terms.hits(row),
                terms.hitsMax(row),
                terms.durationMs(row),
                terms.isLeaky(row) ? terms.burst(row) : 0,
                terms.flags(row),
                terms.isLeaky(row));
    }

    @Override
    public int nextClaim(int claim) {
        return skipSlots(limits.next(claim));
    }

    private int skipSlots(int from) {
        int claim = from;
        while (claim != NONE && !limits.isRate(claim)) {
            claim = limits.next(claim);
        }
        return claim;
    }

    @Override
    public long hits(int claim) {
        return terms.hits(limits.terms(claim));
    }

    @Override
    public RateBucket bucket(int claim) {
        loadLimit(limits.limit(claim));
        scratch.moveTo(terms, limits.terms(claim), nowMs(claim));
        return scratch;
    }

    @Override
    public int limit(int claim) {
        return limits.limit(claim);
    }

    @Override
    public int tenant(int limit) {
        return limits.tenant(limit);
    }

    @Override
    public void wrapName(int limit, DirectBuffer view) {
        limits.wrapKey(limit, keyView);
        view.wrap(keyView, 1, mark() - 1);
    }

    @Override
    public void wrapKey(int limit, DirectBuffer view) {
        limits.wrapKey(limit, keyView);
        final int at = mark() + 1;
        view.wrap(keyView, at, keyView.capacity() - at);
    }

    /** Where the mark between name and key stands. */
    private int mark() {
        int at = 1;
        while (keyView.getByte(at) != KEY_MARK) {
            at++;
        }
        return at;
    }

    /** Buckets that are not full. */
    @Override
    public int count() {
        return rows.count();
    }

    @Override
    public int slotLimit() {
        return rows.slotEnd();
    }

    @Override
    public int limitSetUntil(int row, long position) {
        return rows.isLive(row) && rows.getLong(row, POSITION) <= position ? rows.getInt(row, LIMIT) : NULL;
    }

    @Override
    public RateBucket image(int limit) {
        loadLimit(limit);
        return scratch;
    }

    private void loadLimit(int limit) {
        final int row = limits.bucket(limit);
        if (row == NULL) {
            scratch.clear();
        } else {
            load(row);
        }
    }

    private void load(int row) {
        final int flags = rows.getInt(row, FLAGS);
        scratch.set(
                (flags & LEAKY) != 0,
                (flags & CALENDAR) != 0,
                rows.getLong(row, HITS_MAX),
                rows.getLong(row, DURATION_MS),
                rows.getLong(row, BURST),
                rows.getLong(row, REMAINING_MICROS),
                rows.getLong(row, START_MS));
    }

    private long hash(int row) {
        final int limit = rows.getInt(row, LIMIT);
        long hash = limits.keyHash(limit) + tenants.hash(limits.tenant(limit)) + (rows.getInt(row, FLAGS) & ~IN_FULL);
        for (int at = REMAINING_MICROS; at < POSITION; at += Long.BYTES) {
            hash = Xxh64.mix(hash + rows.getLong(row, at));
        }
        return hash;
    }

    /** Sum over all buckets. */
    long digest() {
        return digest;
    }

    /** Compares the digest with one from scratch, and every bucket with its limit. */
    void checkInvariants() {
        long sum = 0;
        int timed = 0;
        for (int row = rows.nextLive(0, rows.slotEnd()); row != NULL; row = rows.nextLive(row + 1, rows.slotEnd())) {
            sum += hash(row);
            timed += rows.getInt(row, TIMER) == TimerQueue.NULL_HANDLE ? 0 : 1;
            final int limit = rows.getInt(row, LIMIT);
            Invariant.check(
                    limits.isBucket(limit) && limits.bucket(limit) == row, "a bucket and its limit do not agree");
            load(row);
            final long held = scratch.isLeaky() ? scratch.burst() : scratch.hitsMax();
            Invariant.check(
                    scratch.remainingMicros() >= 0 && scratch.available() <= held, "a bucket holds more than it can");
        }
        Invariant.check(sum == digest, "digest of buckets differs from its recount");
        Invariant.check(timed == timers[STEADY].size() + timers[WALL].size(), "timers of buckets differ from them");
    }

    long bytes() {
        return rows.bytes() + timers[STEADY].bytes() + timers[WALL].bytes();
    }

    void close() {
        rows.close();
    }
}
