package io.silo.shard.state;

import io.silo.protocol.Bounds;
import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateQuestion;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.Arrays;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.agrona.collections.IntArrayList;
import org.agrona.collections.Long2LongHashMap;

/**
 * Rate limits that a service answers in place of this shard's buckets. A candidate that names some is asked for them one by one, in its
 * order, before a worker may have it; only as many at a time as workers want, so that no hits are spent on what nobody runs.
 *
 * <pre>
 *   candidate --> waits to be asked --want--> asked --PASS--> (its next limit) --PASS--> ready queue --lease--> pass is spent
 *                                               |
 *                                               +--OVER, ERROR, no answer in time--> its line, and the limit pauses
 * </pre>
 *
 * <p>A pass is good for one start, until the limit begins anew, or a minute if that is more; then it is asked for again. It dies with whatever takes the task out of its
 * queue, and with the process: hits may be spent twice, but nothing starts unasked. All of this is volatile. Shard thread only; does not
 * allocate in steady state.
 */
final class RateAsks {
    /** Questions under way; a power of two, since an answer is found by the low bits of its number. */
    static final int ASKS_MAX = 1_024;

    /**
     * A pass is good for so long at least, or a worker that looks in now and then would never see one of a limit of seconds. No more than a
     * limit's own number of them wait in one task group ({@link #free}).
     */
    static final long PASS_MS_MIN = 60_000;

    /** Answers, pauses that end and tasks that are asked, in one duty cycle each. */
    private static final int STEPS_PER_CYCLE = 1_024;

    /** Behind the time that the service has: what it sends at its deadline still counts. */
    private static final long GRACE_MS = 500;

    /** Pauses last so long at least, doubled for each miss in a row, up to a second: no back-off and no wrong clock makes a loop of this. */
    private static final long PAUSE_MS_MIN = 10;

    private static final int PAUSE_DOUBLINGS_MAX = 6;
    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int NONE = LimitTable.NONE;
    private static final long NO_PASS = Long.MIN_VALUE;

    /** What follows from an answer. */
    interface Outcomes {
        /** All rate limits of a candidate have let it pass. */
        void onPassed(int slot);

        /** @param isAnswer false if it was not asked, since its limit pauses. */
        void onRefused(int slot, int claim, boolean isAnswer);
    }

    private final JobTable jobs;
    private final LimitTable limits;
    private final RateBuckets buckets;
    private final ReadyQueue ready;
    private final BitSet pausedGroups;
    private final RatePauses pauses;
    private final Outcomes outcomes;
    private final RateQuestion question = new RateQuestion();
    private final RateService.Handler answerHandler = this::onAnswer;
    private final TimerQueue.TimerHandler deadlineHandler = this::onDeadline;

    private final long[] askIds = new long[ASKS_MAX];
    private final int[] askedSlots = new int[ASKS_MAX];
    private final int[] askedClaims = new int[ASKS_MAX];
    private final int[] askTimers = new int[ASKS_MAX];
    private final IntArrayList freeAsks = new IntArrayList();
    private final TimerQueue deadlines = new TimerQueue();

    /** Claims that were let pass, and until when (steady ms). */
    private final Long2LongHashMap passes = new Long2LongHashMap(NO_PASS);

    /** By task group: the list of tasks that wait to be asked, linked through their rows, and what is wanted and under way. */
    private int[] firsts = new int[0];

    private int[] lasts = new int[0];
    private int[] wanted = new int[0];
    private int[] underWay = new int[0];
    private final IntArrayList wantedGroups = new IntArrayList();
    private int waitingCount;
    private long asked;
    private RateService service = RateService.NONE;
    private boolean isOn;
    private ShardCounters counters = new ShardCounters();

    RateAsks(
            JobTable jobs,
            LimitTable limits,
            RateBuckets buckets,
            ReadyQueue ready,
            BitSet pausedGroups,
            int limitsMax,
            Outcomes outcomes) {
        this.ready = ready;
        this.pausedGroups = pausedGroups;
        this.jobs = jobs;
        this.limits = limits;
        this.buckets = buckets;
        this.outcomes = outcomes;
        pauses = new RatePauses(limitsMax);
        for (int row = ASKS_MAX - 1; row >= 0; row--) {
            freeAsks.addInt(row);
        }
    }

    /** Names the service; before the first job is there. */
    void askOf(RateService answering, ShardCounters figures, IntConsumer onPauseEnd) {
        service = answering;
        isOn = answering.answerMsMax() > 0;
        counters = figures;
        pauses.onEnd(onPauseEnd);
    }

    /** Whether a service answers. */
    boolean isOn() {
        return isOn;
    }

    // ---- what the lines ask
    // -------------------------------------------------------------------------------------------------

    /** How many tasks of a line may be asked or passed at a time; 0 = its limit pauses, or can never let this one pass. */
    int free(int claim) {
        if (isPassed(claim)) {
            return Integer.MAX_VALUE;
        }
        final int limit = limits.limit(claim);
        if (buckets.isHopeless(claim) || pauses.isPaused(limit)) {
            return 0;
        }
        if (pauses.misses(limit) > 0) {
            // One finds out whether it is worth while for the others.
            return 1;
        }
        final long hits = Math.max(1, buckets.hits(claim));
        return (int) Math.min(Integer.MAX_VALUE, Math.max(1, limits.rateTerms().hitsMax(limits.terms(claim)) / hits));
    }

    /** Whether a claim was let pass, not too long ago. */
    boolean isPassed(int claim) {
        return !passes.isEmpty() && passes.get(claim) > buckets.steadyMs();
    }

    /** The first rate limit that a task is yet to be asked for, or {@link LimitTable#NONE}. */
    int unpassed(int slot) {
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            if (limits.isRate(claim) && !isPassed(claim)) {
                return claim;
            }
        }
        return NONE;
    }

    /** A candidate that names rate limits waits to be asked. */
    void add(int slot) {
        final int group = jobs.taskGroup(slot);
        if (group >= firsts.length) {
            grow(group);
        }
        final int last = lasts[group];
        jobs.where(slot, JobTable.IN_ASKS, last);
        if (last == NULL) {
            firsts[group] = slot;
        } else {
            jobs.readyNext(last, slot);
        }
        lasts[group] = slot;
        waitingCount++;
    }

    private void grow(int group) {
        final int from = firsts.length;
        final int length = Math.max(16, Integer.highestOneBit(group) * 2);
        firsts = Arrays.copyOf(firsts, length);
        lasts = Arrays.copyOf(lasts, length);
        wanted = Arrays.copyOf(wanted, length);
        underWay = Arrays.copyOf(underWay, length);
        Arrays.fill(firsts, from, length, NULL);
        Arrays.fill(lasts, from, length, NULL);
    }

    /** A task that waits to be asked, or for an answer, does so no longer. */
    void remove(int slot) {
        if (jobs.where(slot) == JobTable.IN_ASKED) {
            freeAsk(jobs.link(slot));
        } else {
            unlink(slot);
        }
    }

    private void unlink(int slot) {
        final int group = jobs.taskGroup(slot);
        final int previous = jobs.readyPrevious(slot);
        final int next = jobs.readyNext(slot);
        if (previous == NULL) {
            firsts[group] = next;
        } else {
            jobs.readyNext(previous, next);
        }
        if (next == NULL) {
            lasts[group] = previous;
        } else {
            jobs.readyPrevious(next, previous);
        }
        waitingCount--;
    }

    /** The task leaves its queue: what passed for it is good for nobody else. */
    void forgetPasses(int slot) {
        if (!passes.isEmpty()) {
            for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
                passes.remove(claim);
            }
        }
    }

    /** Nobody waits for a limit any more. */
    void forgetPause(int limit) {
        pauses.forget(limit);
    }

    // ---- one duty cycle
    // -----------------------------------------------------------------------------------------------------

    /** Tasks of a group that wait to be asked. */
    boolean isWaiting(int group) {
        return group < firsts.length && firsts[group] != NULL;
    }

    /** Workers would have so many more tasks of a group than are ready; asked for in the next duty cycle. */
    void want(int group, int tasks) {
        if (tasks > 0 && isWaiting(group)) {
            if (wanted[group] == 0) {
                wantedGroups.addInt(group);
            }
            wanted[group] = Math.max(wanted[group], tasks);
        }
    }

    /** Ends pauses, asks what is wanted, takes answers and gives up what took too long. Returns steps taken. */
    int exchange() {
        if (!isOn) {
            return 0;
        }
        int work = pauses.poll(buckets.steadyMs(), STEPS_PER_CYCLE);
        if (!wantedGroups.isEmpty()) {
            // Before answers are taken: workers did not know of those when they said how much they want.
            work += ask();
        }
        work += service.poll(answerHandler, STEPS_PER_CYCLE);
        work += deadlines.poll(buckets.steadyMs(), deadlineHandler, STEPS_PER_CYCLE);
        counters.set(Figure.RATE_ASKS_UNDER_WAY, ASKS_MAX - freeAsks.size());
        return work;
    }

    private int ask() {
        int work = 0;
        for (int i = 0; i < wantedGroups.size(); i++) {
            final int group = wantedGroups.getInt(i);
            if (!pausedGroups.get(group)) {
                work += ask(group, wanted[group] - underWay[group]);
            }
            wanted[group] = 0;
        }
        wantedGroups.clear();
        return work;
    }

    private int ask(int group, int most) {
        int work = 0;
        int left = most;
        for (int steps = Math.min(STEPS_PER_CYCLE, waitingCount); left > 0 && steps > 0; steps--) {
            final int slot = firsts[group];
            final int claim = slot == NULL ? NONE : unpassed(slot);
            if (slot == NULL) {
                break;
            } else if (ready.isHeld(group, jobs.tenant(slot))) {
                // Nobody may have it now: to the end of the list.
                unlink(slot);
                add(slot);
            } else if (claim == NONE) {
                outcomes.onPassed(slot);
                work++;
                left--;
            } else if (pauses.isPaused(limits.limit(claim))) {
                outcomes.onRefused(slot, claim, false);
                work++;
            } else if (!freeAsks.isEmpty() && offer(slot, claim)) {
                work++;
                left--;
            } else {
                break;
            }
        }
        return work;
    }

    private boolean offer(int slot, int claim) {
        final int row = freeAsks.getInt(freeAsks.size() - 1);
        final long id = (asked + 1) * ASKS_MAX + row;
        buckets.write(claim, question);
        if (!service.ask(id, question)) {
            return false;
        }
        asked++;
        freeAsks.popInt();
        unlink(slot);
        jobs.where(slot, JobTable.IN_ASKED, row);
        askIds[row] = id;
        askedSlots[row] = slot;
        askedClaims[row] = claim;
        askTimers[row] = deadlines.schedule(buckets.steadyMs() + service.answerMsMax() + GRACE_MS, id, 0, row);
        underWay[jobs.taskGroup(slot)]++;
        counters.add(Figure.RATE_ASKS, 1);
        return true;
    }

    private void freeAsk(int row) {
        if (askTimers[row] != TimerQueue.NULL_HANDLE) {
            deadlines.cancel(askTimers[row]);
        }
        askIds[row] = 0;
        underWay[jobs.taskGroup(askedSlots[row])]--;
        freeAsks.addInt(row);
    }

    private void onDeadline(int kind, int row, long deadlineMs) {
        askTimers[row] = TimerQueue.NULL_HANDLE;
        onAnswer(askIds[row], RateAnswer.ERROR, 0);
    }

    private void onAnswer(long askId, RateAnswer answer, long resetAtMs) {
        final int row = (int) (askId & ASKS_MAX - 1);
        if (askId <= 0 || askIds[row] != askId) {
            // Given up, or never asked: what it says of a job is not believed.
            counters.add(Figure.RATE_ANSWERS_DROPPED, 1);
            return;
        }
        final int slot = askedSlots[row];
        final int claim = askedClaims[row];
        switch (answer) {
            case PASS -> {
                counters.add(Figure.RATE_ANSWERS_PASS, 1);
                passes.put(claim, passUntilMs(claim, resetAtMs));
                pauses.passed(limits.limit(claim));
                askNext(slot, row);
            }
            case OVER -> {
                counters.add(Figure.RATE_ANSWERS_OVER, 1);
                pause(claim, Math.min(enoughInMs(claim), Math.max(0, resetAtMs - buckets.wallMs())), false);
                outcomes.onRefused(slot, claim, true);
            }
            case ERROR -> {
                counters.add(Figure.RATE_ANSWERS_ERROR, 1);
                pause(claim, 0, true);
                outcomes.onRefused(slot, claim, true);
            }
        }
    }

    /** A limit let a task pass that a worker wants: its next one is asked at once. */
    private void askNext(int slot, int row) {
        final int next = unpassed(slot);
        if (next == NONE) {
            outcomes.onPassed(slot);
            return;
        }
        freeAsk(row);
        add(slot);
        if (pauses.isPaused(limits.limit(next))) {
            outcomes.onRefused(slot, next, false);
        } else {
            // Without room there it waits for the next worker that wants it.
            final boolean ignored = offer(slot, next);
        }
    }

    private long passUntilMs(int claim, long resetAtMs) {
        final long leftMs = resetAtMs - buckets.wallMs();
        final int terms = limits.terms(claim);
        final long ownMs = limits.rateTerms().has(terms, RateTerms.CALENDAR)
                ? 0
                : limits.rateTerms().durationMs(terms);
        final long goodMs = leftMs > 0 ? Math.min(leftMs, Bounds.RATE_DURATION_MS_MAX) : ownMs;
        return buckets.steadyMs() + Math.max(PASS_MS_MIN, goodMs);
    }

    /** A leaky bucket begins anew when it is full, but has enough for a start when so much has leaked. */
    private long enoughInMs(int claim) {
        final RateTerms terms = limits.rateTerms();
        final int row = limits.terms(claim);
        if (!terms.isLeaky(row) || terms.has(row, RateTerms.CALENDAR)) {
            return Long.MAX_VALUE;
        }
        final double perMs = (double) terms.hitsMax(row) / terms.durationMs(row);
        return perMs == 0 ? Long.MAX_VALUE : (long) Math.max(1, Math.ceil(terms.hits(row) / perMs));
    }

    /** Nobody asks a limit for a while, by the back-off of the job that found out. */
    private void pause(int claim, long resetInMs, boolean isError) {
        final int limit = limits.limit(claim);
        final int misses = pauses.misses(limit);
        final long nowMs = buckets.steadyMs();
        // One behind the reset: at that very moment a bucket may be as it was before.
        final long resetMs = resetInMs > 0 ? nowMs + resetInMs + 1 : RateBucket.NEVER;
        final long atMs = limits.rateTerms().retryAtMs(limits.terms(claim), nowMs, resetMs, misses);
        final long leastMs = PAUSE_MS_MIN << Math.min(misses, PAUSE_DOUBLINGS_MAX);
        pauses.pause(limit, atMs == resetMs ? atMs : Math.max(atMs, nowMs + leastMs), isError);
    }

    /** Ms until something is due, or {@link Long#MAX_VALUE}. */
    long waitMs() {
        final long nextMs = Math.min(pauses.nextMs(), deadlines.nextDeadline());
        return nextMs == Long.MAX_VALUE ? nextMs : Math.max(0, nextMs - buckets.steadyMs());
    }

    // ---- for checks and reports
    // ---------------------------------------------------------------------------------------------

    /** When a limit that pauses is asked again, steady ms; {@link RateBucket#NEVER} = it does not pause. */
    long pausedUntilMs(int limit) {
        return pauses.isPaused(limit) ? pauses.untilMs(limit) : RateBucket.NEVER;
    }

    /** Whether the last answer of a limit that lets nothing pass was none. */
    boolean isUnavailable(int limit) {
        return pauses.isError(limit);
    }

    void checkInvariants() {
        int waiting = 0;
        for (int group = 0; group < firsts.length; group++) {
            int before = NULL;
            for (int slot = firsts[group]; slot != NULL; slot = jobs.readyNext(slot)) {
                Invariant.check(
                        jobs.isLive(slot)
                                && jobs.where(slot) == JobTable.IN_ASKS
                                && jobs.taskGroup(slot) == group
                                && jobs.readyPrevious(slot) == before,
                        "list of tasks that wait to be asked is broken");
                before = slot;
                waiting++;
            }
            Invariant.check(lasts[group] == before, "list of tasks that wait to be asked has another end");
        }
        int asking = 0;
        final int[] byGroup = new int[underWay.length];
        for (int row = 0; row < ASKS_MAX; row++) {
            if (askIds[row] != 0) {
                final int slot = askedSlots[row];
                Invariant.check(
                        jobs.isLive(slot)
                                && jobs.where(slot) == JobTable.IN_ASKED
                                && jobs.link(slot) == row
                                && limits.job(askedClaims[row]) == slot,
                        "a question and its task do not agree");
                byGroup[jobs.taskGroup(slot)]++;
                asking++;
            }
        }
        Invariant.check(Arrays.equals(byGroup, underWay), "questions under way differ from their count");
        Invariant.check(
                waiting == waitingCount && asking == deadlines.size() && asking + freeAsks.size() == ASKS_MAX,
                "questions differ from their count");
        int queued = 0;
        int passed = 0;
        for (int slot = 0; slot < jobs.slotLimit(); slot++) {
            if (jobs.isLive(slot)) {
                final int where = jobs.where(slot);
                queued += where == JobTable.IN_ASKS || where == JobTable.IN_ASKED ? 1 : 0;
                passed += countPasses(slot, where);
            }
        }
        Invariant.check(queued == waiting + asking, "tasks that are asked for differ from the jobs");
        Invariant.check(passed == passes.size(), "a pass is kept that belongs to no task");
        pauses.checkInvariants(limits);
    }

    private int countPasses(int slot, int where) {
        int count = 0;
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            if (passes.containsKey(claim)) {
                Invariant.check(
                        where == JobTable.IN_READY
                                || where == JobTable.IN_ASKS
                                || where == JobTable.IN_ASKED
                                || where >= JobTable.IN_LINES,
                        "a pass of a task that does not wait");
                count++;
            }
        }
        return count;
    }

    long bytes() {
        return pauses.bytes() + deadlines.bytes() + 32L * passes.capacity() + 16L * firsts.length;
    }

    void close() {
        pauses.close();
    }
}
