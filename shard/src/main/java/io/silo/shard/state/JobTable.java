package io.silo.shard.state;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.Xxh64;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The jobs of a shard: one fixed row each, found by (tenant, id) and by job key. Payload, metadata and results stay in the log;
 * the row holds their place.
 *
 * <pre>
 *     0 jobKey                    8 id (JobIds ref)   12 tenant (name)
 *    16 taskGroup (name)         20 retryPolicy         24 state 25 priority 26 where 27 flags 28 attempt
 *    32 relativeAttempt          36 extras (JobExtras row, 0 = none)
 *    40 requestIdHigh            48 requestIdLow
 *    56 changedAtMs              64 definitionPosition
 *    72 definitionOffset         76 definitionLength
 *    80 lastPosition             88 startMs
 *    96 link a                  100 link b              (by `where`: previous/next ready, asked or ended; timer, lease, ask)
 *   104 newer                   108 older               (chain of tenant and state)
 *   112 token                   120 tokenEpoch
 * </pre>
 *
 * Flags: bit 0 reported, bit 1 cancelled before the attempt ran, bits 2 to 7 leases in a row that expired.
 *
 * <p>Shard thread only. Does not allocate in steady state. {@link #begin} and {@link #end} bracket a change of logged fields and
 * keep the digest.
 */
final class JobTable implements JobView, ReadyLinks {
    private static final int JOB_KEY = 0;
    private static final int ID = 8;
    private static final int TENANT = 12;
    private static final int TASK_GROUP = 16;
    private static final int RETRY_POLICY = 20;
    private static final int STATE = 24;
    private static final int PRIORITY = 25;
    private static final int WHERE = 26;
    private static final int FLAGS = 27;
    private static final int ATTEMPT = 28;
    private static final int RELATIVE_ATTEMPT = 32;
    private static final int EXTRAS = 36;
    private static final int REQUEST_ID_HIGH = 40;
    private static final int REQUEST_ID_LOW = 48;
    private static final int CHANGED_AT_MS = 56;
    private static final int DEFINITION_POSITION = 64;
    private static final int DEFINITION_OFFSET = 72;
    private static final int DEFINITION_LENGTH = 76;
    private static final int LAST_POSITION = 80;
    private static final int START_MS = 88;
    private static final int LINK_A = 96;
    private static final int LINK_B = 100;
    private static final int NEWER = 104;
    private static final int OLDER = 108;
    private static final int TOKEN = 112;
    private static final int TOKEN_EPOCH = 120;
    private static final int ROW_BYTES = 128;

    /** 2,048 rows are a chunk of 256 KiB, zeroed in about 20 us when it is taken. */
    private static final int ROWS_PER_CHUNK = 2_048;

    /** Slots lie below {@link ReadyQueue#TASKS_MAX}. */
    private static final int SLOT_BITS = 24;

    private static final int TIME_BITS = Long.SIZE - 1 - SLOT_BITS;

    /** A power of two; a small part of a segment's places, so that segments still fill alike. */
    private static final long KEYS_TOGETHER = 64;

    /** Where the links of a row point. */
    static final int NOWHERE = 0;

    static final int IN_READY = 1;
    static final int IN_TIMERS = 2;
    static final int IN_LEASES = 3;
    static final int IN_FINISHED = 4;

    /** A candidate whose rate limits a service is to be asked for, and is being asked for. */
    static final int IN_ASKS = 5;

    static final int IN_ASKED = 6;

    /** And above: waits for the limit of the claim of this number, from 0. */
    static final int IN_LINES = 16;

    private static final int IS_REPORTED = 1;
    private static final int IS_CANCELLED_PENDING = 2;
    private static final int CRASHES_SHIFT = 2;

    /** Most expired leases in a row that are counted. */
    static final int CRASHES_MAX = 63;

    private final RowSlab rows;
    private final JobIds ids;
    /** Ids that are no UUIDs, and unique keys. */
    private final BytesSlab strings;

    private final SlotIndex byId = new SlotIndex();
    private final SlotIndex byKey = new SlotIndex();
    private final SlotIndex byUniqueKey = new SlotIndex(); // of jobs that have one and have not ended
    private final NameTable tenants;
    private final NameTable taskGroups;
    private final RetryPolicies policies;
    private final JobExtras extras;
    private final LimitTable limits;
    private final StatusChains chains = new StatusChains();
    private final FinishedJobs finished = new FinishedJobs();
    final TenantBytes tenantBytes = new TenantBytes();
    final LiveBytes liveBytes = new LiveBytes();
    final MetadataIndex metadata;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);
    private final JobHashes hashes;
    /** Ids are chosen by clients: without a seed they cannot know, they could make them collide. */
    private final long hashSeed;

    private long digest;

    JobTable(
            long hashSeed,
            int jobsMax,
            long idBytesMax,
            NameTable tenants,
            NameTable taskGroups,
            RetryPolicies policies,
            LeaseTable leases,
            LimitTable limits) {
        this.hashSeed = hashSeed;
        this.metadata = new MetadataIndex(this, hashSeed);
        this.rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, jobsMax);
        this.strings = new BytesSlab(idBytesMax);
        this.ids = new JobIds(jobsMax, strings);
        this.tenants = tenants;
        this.taskGroups = taskGroups;
        this.policies = policies;
        this.limits = limits;
        limits.jobKeys(this::jobKey);
        this.extras = new JobExtras(jobsMax);
        this.hashes = new JobHashes(this, tenants, taskGroups, policies, leases, limits);
    }

    @Override
    public int find(
            DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer id, int idOffset, int idLength) {
        final int tenantName = tenants.find(tenant, tenantOffset, tenantLength);
        if (tenantName < 0) {
            return RowSlab.NULL_SLOT;
        }
        final long hash = idHash(tenantName, id, idOffset, idLength);
        for (long cursor = byId.firstCandidate(hash);
                cursor != SlotIndex.NULL_CANDIDATE;
                cursor = byId.nextCandidate(hash, cursor)) {
            final int slot = (int) cursor;
            if (rows.getInt(slot, TENANT) == tenantName && ids.equals(rows.getInt(slot, ID), id, idOffset, idLength)) {
                return slot;
            }
        }
        return RowSlab.NULL_SLOT;
    }

    @Override
    public long place(
            DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer id, int idOffset, int idLength) {
        final int tenantName = tenants.find(tenant, tenantOffset, tenantLength);
        return tenantName < 0 ? 0 : idHash(tenantName, id, idOffset, idLength);
    }

    @Override
    public long touch(long[] places, int count) {
        return byId.touch(places, count);
    }

    @Override
    public int findByKey(long jobKey) {
        final long hash = keyHash(jobKey);
        for (long cursor = byKey.firstCandidate(hash);
                cursor != SlotIndex.NULL_CANDIDATE;
                cursor = byKey.nextCandidate(hash, cursor)) {
            final int slot = (int) cursor;
            if (rows.getLong(slot, JOB_KEY) == jobKey) {
                return slot;
            }
        }
        return RowSlab.NULL_SLOT;
    }

    @Override
    public int findUnique(
            DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer key, int keyOffset, int keyLength) {
        final int tenantName = byUniqueKey.size() == 0 ? -1 : tenants.find(tenant, tenantOffset, tenantLength);
        return tenantName < 0
                ? RowSlab.NULL_SLOT
                : findUnique(tenantName, key, keyOffset, keyLength, RowSlab.NULL_SLOT);
    }

    @Override
    public int findOtherHolder(int slot) {
        if (!hasUniqueKey(slot)) {
            return RowSlab.NULL_SLOT;
        }
        wrapUniqueKey(slot, keyView);
        return findUnique(rows.getInt(slot, TENANT), keyView, 0, keyView.capacity(), slot);
    }

    private int findUnique(int tenant, DirectBuffer key, int keyOffset, int keyLength, int except) {
        final long hash = idHash(tenant, key, keyOffset, keyLength);
        for (long cursor = byUniqueKey.firstCandidate(hash);
                cursor != SlotIndex.NULL_CANDIDATE;
                cursor = byUniqueKey.nextCandidate(hash, cursor)) {
            final int slot = (int) cursor;
            final int ref = extras.uniqueKey(rows.getInt(slot, EXTRAS));
            if (slot != except
                    && rows.getInt(slot, TENANT) == tenant
                    && strings.equals(ref, key, keyOffset, keyLength)) {
                return slot;
            }
        }
        return RowSlab.NULL_SLOT;
    }

    /** Gives a job that was just inserted its unique key. */
    void uniqueKey(int slot, DirectBuffer key, int keyOffset, int keyLength) {
        extras.uniqueKey(extrasFor(slot), strings.add(key, keyOffset, keyLength));
        holdUniqueKey(slot, true);
    }

    private void holdUniqueKey(int slot, boolean held) {
        final int ref = extras.uniqueKey(rows.getInt(slot, EXTRAS));
        if (ref >= 0) {
            strings.wrap(ref, keyView);
            final long hash = idHash(rows.getInt(slot, TENANT), keyView, 0, keyView.capacity());
            if (held) {
                byUniqueKey.put(hash, slot);
            } else {
                byUniqueKey.remove(hash, slot);
            }
        }
    }

    /** Jobs that hold a unique key. */
    int uniqueKeysHeld() {
        return byUniqueKey.size();
    }

    void wrapUniqueKey(int slot, DirectBuffer target) {
        strings.wrap(extras.uniqueKey(rows.getInt(slot, EXTRAS)), target);
    }

    boolean hasUniqueKey(int slot) {
        return extras.uniqueKey(rows.getInt(slot, EXTRAS)) >= 0;
    }

    /** Inserts a job in state SCHEDULED, attempt 1. Not yet in the digest: {@link #end} puts it in. Its links point nowhere. */
    int insert(long jobKey, int tenant, int taskGroup, DirectBuffer id, int idOffset, int idLength) {
        final int slot = rows.allocate();
        rows.putLong(slot, JOB_KEY, jobKey);
        rows.putInt(slot, ID, ids.add(id, idOffset, idLength));
        rows.putInt(slot, TENANT, tenant);
        rows.putInt(slot, TASK_GROUP, taskGroup);
        rows.putInt(slot, RETRY_POLICY, RetryPolicies.NONE);
        rows.putInt(slot, ATTEMPT, 1);
        rows.putInt(slot, RELATIVE_ATTEMPT, 1);
        rows.putInt(slot, LINK_A, RowSlab.NULL_SLOT);
        rows.putInt(slot, LINK_B, RowSlab.NULL_SLOT);
        byId.put(idHash(tenant, id, idOffset, idLength), slot);
        byKey.put(keyHash(jobKey), slot);
        chains.push(this, slot, tenant, JobState.SCHEDULED);
        return slot;
    }

    /** Removes an ended job from every index. Between {@link #begin} and nothing: it is in no digest any more. */
    void remove(int slot) {
        final int tenant = rows.getInt(slot, TENANT);
        chains.remove(this, slot, tenant, state(slot));
        finished.remove(this, slot, state(slot));
        ids.wrap(rows.getInt(slot, ID), view);
        byId.remove(idHash(tenant, view, 0, view.capacity()), slot);
        byKey.remove(keyHash(rows.getLong(slot, JOB_KEY)), slot);
        ids.remove(rows.getInt(slot, ID));
        tenants.release(tenant);
        taskGroups.release(rows.getInt(slot, TASK_GROUP));
        policies.release(rows.getInt(slot, RETRY_POLICY));
        if (rows.getInt(slot, EXTRAS) != JobExtras.NONE) {
            if (hasUniqueKey(slot)) {
                strings.remove(extras.uniqueKey(rows.getInt(slot, EXTRAS)));
            }
            limits.removeClaims(firstClaim(slot));
            extras.free(rows.getInt(slot, EXTRAS));
        }
        hashes.forget(slot);
        metadata.remove(slot);
        liveBytes.remove(slot);
        rows.free(slot);
    }

    /** Takes the row's hash out of the digest; {@link #end} puts the new one in. */
    void begin(int slot) {
        digest -= hashes.before(slot);
    }

    void end(int slot) {
        digest += hashes.after(slot);
    }

    /** Changes the state and moves the job to the front of its new chain. Between {@link #begin} and {@link #end}. */
    void state(int slot, JobState state, long changedAtMs) {
        final int tenant = rows.getInt(slot, TENANT);
        final JobState before = state(slot);
        chains.remove(this, slot, tenant, before);
        if (before.isTerminal() != state.isTerminal()) {
            holdUniqueKey(slot, before.isTerminal());
            tenantBytes.add(tenant, before.isTerminal() ? storedBytes(slot) : -storedBytes(slot));
        }
        if (before.isTerminal()) {
            finished.remove(this, slot, before);
        }
        if (state.isTerminal()) {
            finished.append(this, slot, state);
        }
        rows.putByte(slot, STATE, (byte) state.ordinal());
        rows.putLong(slot, CHANGED_AT_MS, changedAtMs);
        chains.push(this, slot, tenant, state);
    }

    void request(int slot, long requestIdHigh, long requestIdLow) {
        rows.putLong(slot, REQUEST_ID_HIGH, requestIdHigh);
        rows.putLong(slot, REQUEST_ID_LOW, requestIdLow);
    }

    void definition(int slot, long position, int offset, int length) {
        if (!state(slot).isTerminal()) {
            tenantBytes.add(tenant(slot), length - rows.getInt(slot, DEFINITION_LENGTH));
        }
        final int more = length - rows.getInt(slot, DEFINITION_LENGTH);
        rows.putLong(slot, DEFINITION_POSITION, position);
        rows.putInt(slot, DEFINITION_OFFSET, offset);
        rows.putInt(slot, DEFINITION_LENGTH, length);
        if (liveBytes.has(slot)) {
            liveBytes.move(slot, neededFrom(slot));
            liveBytes.grow(slot, more);
        } else {
            liveBytes.put(slot, neededFrom(slot), LiveBytes.IMAGE_BYTES + storedBytes(slot));
        }
    }

    /** The payload of a job that was just inserted lies in chunks. */
    void uploaded(int slot, int bytes) {
        extras.uploadedBytes(extrasFor(slot), bytes);
        tenantBytes.add(tenant(slot), bytes);
    }

    @Override
    public long storedBytes(int slot) {
        return (long) rows.getInt(slot, DEFINITION_LENGTH) + uploadedBytes(slot);
    }

    @Override
    public int uploadedBytes(int slot) {
        return extras.uploadedBytes(rows.getInt(slot, EXTRAS));
    }

    /** The job needs a chunk at this record; {@link Long#MAX_VALUE} = none. */
    void firstChunk(int slot, long position) {
        if (position != Long.MAX_VALUE || rows.getInt(slot, EXTRAS) != JobExtras.NONE) {
            extras.firstChunk(extrasFor(slot), position);
            liveBytes.move(slot, neededFrom(slot));
        }
    }

    long firstChunk(int slot) {
        return extras.firstChunk(rows.getInt(slot, EXTRAS));
    }

    /** Handle of the timer of the latest start, or {@link TimerQueue#NULL_HANDLE}. */
    int deadlineTimer(int slot) {
        return extras.deadlineTimer(rows.getInt(slot, EXTRAS));
    }

    /** Only for a job with a latest start. */
    void deadlineTimer(int slot, int handle) {
        extras.deadlineTimer(rows.getInt(slot, EXTRAS), handle);
    }

    void firstClaim(int slot, int first) {
        extras.firstClaim(extrasFor(slot), first);
    }

    @Override
    public int limitBits(int slot) {
        return limits.bits(firstClaim(slot));
    }

    @Override
    public int heldLimitBits(int slot) {
        return limits.heldBits(firstClaim(slot));
    }

    /** First claim on a limit, or {@link LimitTable#NONE}. */
    int firstClaim(int slot) {
        return extras.firstClaim(rows.getInt(slot, EXTRAS));
    }

    private int extrasFor(int slot) {
        int row = rows.getInt(slot, EXTRAS);
        if (row == JobExtras.NONE) {
            row = extras.allocate();
            rows.putInt(slot, EXTRAS, row);
        }
        return row;
    }

    void lastPosition(int slot, long position) {
        rows.putLong(slot, LAST_POSITION, position);
    }

    void settings(int slot, int priority, int retryPolicy, int leaseMs, int maxRunMs, long startDeadlineMs) {
        rows.putByte(slot, PRIORITY, (byte) priority);
        rows.putInt(slot, RETRY_POLICY, retryPolicy);
        if (leaseMs != 0 || maxRunMs != 0 || startDeadlineMs != 0) {
            extras.settings(extrasFor(slot), leaseMs, maxRunMs, startDeadlineMs);
        }
    }

    /** Another retry policy, acquired by the caller; the one before is let go. */
    void retryPolicy(int slot, int policy) {
        policies.release(rows.getInt(slot, RETRY_POLICY));
        rows.putInt(slot, RETRY_POLICY, policy);
    }

    void attempts(int slot, int attempt, int relativeAttempt) {
        rows.putInt(slot, ATTEMPT, attempt);
        rows.putInt(slot, RELATIVE_ATTEMPT, relativeAttempt);
    }

    void startMs(int slot, long startMs) {
        rows.putLong(slot, START_MS, startMs);
    }

    void token(int slot, long tokenEpoch, long token) {
        rows.putLong(slot, TOKEN_EPOCH, tokenEpoch);
        rows.putLong(slot, TOKEN, token);
    }

    void reported(int slot, boolean reported) {
        flag(slot, IS_REPORTED, reported);
    }

    void cancelledPending(int slot, boolean cancelledPending) {
        flag(slot, IS_CANCELLED_PENDING, cancelledPending);
    }

    /** @param crashes at most {@link #CRASHES_MAX}. */
    void crashes(int slot, int crashes) {
        final int low = rows.getByte(slot, FLAGS) & ((1 << CRASHES_SHIFT) - 1);
        rows.putByte(slot, FLAGS, (byte) (crashes << CRASHES_SHIFT | low));
    }

    private void flag(int slot, int bit, boolean value) {
        final int flags = rows.getByte(slot, FLAGS);
        rows.putByte(slot, FLAGS, (byte) (value ? flags | bit : flags & ~bit));
    }

    int where(int slot) {
        return rows.getByte(slot, WHERE);
    }

    /** Says what the links mean, and sets the first; the second then points nowhere. */
    void where(int slot, int where, int link) {
        rows.putByte(slot, WHERE, (byte) where);
        rows.putInt(slot, LINK_A, link);
        rows.putInt(slot, LINK_B, RowSlab.NULL_SLOT);
    }

    int link(int slot) {
        return rows.getInt(slot, LINK_A);
    }

    @Override
    public int count() {
        return rows.count();
    }

    @Override
    public long jobKey(int slot) {
        return rows.getLong(slot, JOB_KEY);
    }

    @Override
    public JobState state(int slot) {
        return JobState.of(rows.getByte(slot, STATE));
    }

    @Override
    public int priority(int slot) {
        return rows.getByte(slot, PRIORITY);
    }

    @Override
    public int tenant(int slot) {
        return rows.getInt(slot, TENANT);
    }

    @Override
    public int taskGroup(int slot) {
        return rows.getInt(slot, TASK_GROUP);
    }

    @Override
    public void wrapId(int slot, DirectBuffer target) {
        ids.wrap(rows.getInt(slot, ID), target);
    }

    @Override
    public int attempt(int slot) {
        return rows.getInt(slot, ATTEMPT);
    }

    @Override
    public int relativeAttempt(int slot) {
        return rows.getInt(slot, RELATIVE_ATTEMPT);
    }

    @Override
    public int leaseMs(int slot) {
        return extras.leaseMs(rows.getInt(slot, EXTRAS));
    }

    @Override
    public int maxRunMs(int slot) {
        return extras.maxRunMs(rows.getInt(slot, EXTRAS));
    }

    @Override
    public long startDeadlineMs(int slot) {
        return extras.startDeadlineMs(rows.getInt(slot, EXTRAS));
    }

    @Override
    public boolean isStartDeadlineInForce(int slot) {
        return rows.getInt(slot, EXTRAS) != JobExtras.NONE
                && startDeadlineMs(slot) != 0
                && state(slot) == JobState.SCHEDULED
                && attempt(slot) == 1
                && token(slot) == LeaseToken.NULL_TOKEN;
    }

    @Override
    public int retryPolicy(int slot) {
        return rows.getInt(slot, RETRY_POLICY);
    }

    @Override
    public long requestIdHigh(int slot) {
        return rows.getLong(slot, REQUEST_ID_HIGH);
    }

    @Override
    public long requestIdLow(int slot) {
        return rows.getLong(slot, REQUEST_ID_LOW);
    }

    @Override
    public long changedAtMs(int slot) {
        return rows.getLong(slot, CHANGED_AT_MS);
    }

    @Override
    public long startMs(int slot) {
        return rows.getLong(slot, START_MS);
    }

    @Override
    public long arrival(int slot) {
        return rows.getLong(slot, JOB_KEY);
    }

    @Override
    public int readyPrevious(int slot) {
        return rows.getInt(slot, LINK_A);
    }

    @Override
    public void readyPrevious(int slot, int value) {
        rows.putInt(slot, LINK_A, value);
    }

    @Override
    public int readyNext(int slot) {
        return rows.getInt(slot, LINK_B);
    }

    @Override
    public void readyNext(int slot, int value) {
        rows.putInt(slot, LINK_B, value);
    }

    @Override
    public long definitionPosition(int slot) {
        return rows.getLong(slot, DEFINITION_POSITION);
    }

    @Override
    public long neededFrom(int slot) {
        return Math.min(rows.getLong(slot, DEFINITION_POSITION), firstChunk(slot));
    }

    @Override
    public LiveBytesView liveBytes() {
        return liveBytes;
    }

    @Override
    public int definitionOffset(int slot) {
        return rows.getInt(slot, DEFINITION_OFFSET);
    }

    @Override
    public int definitionLength(int slot) {
        return rows.getInt(slot, DEFINITION_LENGTH);
    }

    @Override
    public long lastPosition(int slot) {
        return rows.getLong(slot, LAST_POSITION);
    }

    @Override
    public long token(int slot) {
        return rows.getLong(slot, TOKEN);
    }

    @Override
    public long tokenEpoch(int slot) {
        return rows.getLong(slot, TOKEN_EPOCH);
    }

    @Override
    public boolean isReported(int slot) {
        return (rows.getByte(slot, FLAGS) & IS_REPORTED) != 0;
    }

    /** Bits of what is so of a job. */
    int flags(int slot) {
        return rows.getByte(slot, FLAGS) & 0xFF;
    }

    @Override
    public boolean isCancelledPending(int slot) {
        return (rows.getByte(slot, FLAGS) & IS_CANCELLED_PENDING) != 0;
    }

    @Override
    public int crashes(int slot) {
        return (rows.getByte(slot, FLAGS) & 0xFF) >> CRASHES_SHIFT;
    }

    @Override
    public int lease(int slot) {
        return where(slot) == IN_LEASES ? rows.getInt(slot, LINK_A) : RowSlab.NULL_SLOT;
    }

    @Override
    public int older(int slot) {
        return rows.getInt(slot, OLDER);
    }

    @Override
    public int slotLimit() {
        return rows.slotEnd();
    }

    @Override
    public boolean isLive(int slot) {
        return rows.isLive(slot);
    }

    @Override
    public long digest() {
        return digest + limits.digest();
    }

    /** Newest job of a tenant in a state, or {@link RowSlab#NULL_SLOT}. */
    int newest(int tenant, JobState state) {
        return chains.newest(tenant, state);
    }

    /** The job that ended first of those in this state, or {@link RowSlab#NULL_SLOT}. */
    int oldestFinished(JobState state) {
        return finished.oldest(state);
    }

    int finishedCount() {
        return finished.count();
    }

    int count(JobState state) {
        return chains.count(state);
    }

    /** Jobs of a tenant in a state. */
    int count(int tenant, JobState state) {
        return chains.count(tenant, state);
    }

    /**
     * Puts every chain in order of change again: images of a trimmed log come in another order than the changes they stand for. Ties
     * within a millisecond go by slot. Sorts all jobs once, at start.
     */
    void rebuildChains() {
        final long[] times = new long[rows.count()];
        int count = 0;
        for (int slot = 0; slot < rows.slotEnd(); slot++) {
            if (rows.isLive(slot)) {
                times[count++] = rows.getLong(slot, CHANGED_AT_MS);
            }
        }
        Arrays.sort(times);
        // Beside a slot there is room for 39 bits, of ms 17 years. A clock may have run further: ranks then stand for
        // times.
        final long earliest = count == 0 ? 0 : times[0];
        final boolean isWide = count > 0 && times[count - 1] - earliest >= 1L << TIME_BITS;
        final long[] byChange = new long[count];
        count = 0;
        for (int slot = 0; slot < rows.slotEnd(); slot++) {
            if (rows.isLive(slot)) {
                final long changedAtMs = rows.getLong(slot, CHANGED_AT_MS);
                final long order = isWide ? StatusChains.firstIndex(times, changedAtMs) : changedAtMs - earliest;
                byChange[count++] = order << SLOT_BITS | slot;
            }
        }
        Arrays.sort(byChange);
        chains.clear();
        finished.clear();
        for (int i = 0; i < count; i++) {
            final int slot = (int) (byChange[i] & (1 << SLOT_BITS) - 1);
            chains.push(this, slot, rows.getInt(slot, TENANT), state(slot));
            if (state(slot).isTerminal()) {
                finished.append(this, slot, state(slot));
            }
        }
    }

    int newer(int slot) {
        return rows.getInt(slot, NEWER);
    }

    void newer(int slot, int value) {
        rows.putInt(slot, NEWER, value);
    }

    void older(int slot, int value) {
        rows.putInt(slot, OLDER, value);
    }

    /** Bytes held, off-heap and on the heap. */
    long bytes() {
        return rows.bytes()
                + extras.bytes()
                + ids.bytes()
                + strings.bytes()
                + byId.bytes()
                + byKey.bytes()
                + byUniqueKey.bytes()
                + chains.bytes()
                + tenantBytes.bytes()
                + metadata.bytes()
                + liveBytes.bytes();
    }

    void close() {
        rows.close();
        extras.close();
        ids.close();
        strings.close();
        metadata.close();
        byId.close();
        byKey.close();
        byUniqueKey.close();
    }

    /** The digest from scratch, for tests and the slow recount. */
    long recountDigest() {
        long sum = limits.recountDigest();
        for (int slot = rows.nextLive(0, slotLimit()); slot >= 0; slot = rows.nextLive(slot + 1, slotLimit())) {
            sum += hashes.of(slot);
        }
        return sum;
    }

    /** Jobs that arrive together are looked up together: {@link #KEYS_TOGETHER} keys in a row share a segment. */
    private static long keyHash(long jobKey) {
        return (Xxh64.mix(jobKey / KEYS_TOGETHER) & 0xFFFFFFFFL & -KEYS_TOGETHER) | (jobKey & (KEYS_TOGETHER - 1));
    }

    private long idHash(int tenant, DirectBuffer id, int idOffset, int idLength) {
        return Xxh64.mix(Xxh64.hash(id, idOffset, idLength, hashSeed) + tenant * 0x9E3779B97F4A7C15L);
    }
}
