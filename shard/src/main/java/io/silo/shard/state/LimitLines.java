package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.agrona.collections.IntIntConsumer;

/**
 * Due tasks that have limits: which of them workers may have, and which wait, in one line for each limit and task group.
 *
 * <pre>
 *   line row:   0 limit   4 task group (its complement: of tasks that may never run)   8 ends of the list of tasks that wait
 *              20 first candidate   24 last candidate (claims)   28 candidates   32 next line of the limit   36 line before   40 next line to settle
 *              44 tasks that wait
 * </pre>
 *
 * <p>A due task is a <em>candidate</em>, and then in the ready queue, if each of its limits has a slot left for it beyond those that
 * earlier candidates of its line will take, and nothing that waits in these lines comes before it; else it waits in the line of the
 * first limit that does not let it. So in one line tasks come by priority, start time and arrival, and nobody is overtaken. The slots
 * are taken by the lease, all of them in that step and by nothing before it: what waits, for a limit, for a worker, or in a task group
 * that has none, holds nothing. A task that was passed over often gets a reservation ({@link LimitReservations}).
 *
 * <p>The bucket of a rate limit is a limit too, with as many slots for a task as it has the task's hits: what passes takes hits and never
 * gives them back, but time does.
 *
 * <p>Which line a task waits in, and who is a candidate, is volatile: it follows from the jobs and leases, and needs no event. What a
 * change makes possible is worked off by {@link #settle}, in bounded steps. Shard thread only; does not allocate in steady state.
 */
final class LimitLines {
    /** Candidates of one line: enough for the tasks of several calls, few enough to keep in order by hand. */
    private static final int CANDIDATES_MAX = 64;

    /**
     * With so many a line that loses one, or gets a slot back, needs no look: they come before all that waits in it, of the same tenant
     * and task group, so nobody else can be next.
     */
    static final int CANDIDATES_ENOUGH = CANDIDATES_MAX / 2;

    /** Candidates of other task groups whose slots went elsewhere, looked at in one call. */
    private static final int RECHECKS_MAX = 1_024;

    /** Steps in one call: a task moved on or made a candidate, or a line that has none to offer. */
    private static final int STEPS_PER_CALL = 256;

    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int NONE = LimitTable.NONE;

    /** End of the list of lines to settle; {@link #NULL} is a line that is not in it. */
    private static final int LAST = -2;

    static final int LIMIT = 0;
    static final int TASK_GROUP = 4;
    private static final int LIST = 8;
    static final int FIRST_CANDIDATE = LIST + TaskList.ROW_BYTES;
    static final int LAST_CANDIDATE = FIRST_CANDIDATE + 4;
    static final int CANDIDATES = LAST_CANDIDATE + 4;
    private static final int NEXT_LINE = CANDIDATES + 4;
    private static final int PREVIOUS_LINE = NEXT_LINE + 4;
    static final int NEXT_TO_SETTLE = PREVIOUS_LINE + 4;
    static final int WAITING = NEXT_TO_SETTLE + 4;
    private static final int ROW_BYTES = 48;
    private static final int ROWS_PER_CHUNK = 1_024;
    private final JobTable jobs;
    private final LimitTable limits;
    private final RateBuckets buckets;
    private final RateChecks checks;
    private final RateAsks asks;
    private final ReadyQueue ready;
    final RowSlab lines;
    private final SlotIndex index = new SlotIndex();
    private final TaskOrder order;
    final TaskList waiting;
    private final LimitReservations reservations = new LimitReservations();
    private IntIntConsumer floatingHandler = (limit, taskGroup) -> {};
    private int firstToSettle = LAST;
    private int lastToSettle = LAST;
    private int waitingCount;

    /** @param claimsMax bound on claims: a line has at least one task that is in it by a claim. */
    LimitLines(
            JobTable jobs,
            LimitTable limits,
            RateBuckets buckets,
            ReadyQueue ready,
            BitSet pausedGroups,
            int claimsMax) {
        lines = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, claimsMax);
        this.jobs = jobs;
        this.limits = limits;
        this.buckets = buckets;
        this.ready = ready;
        asks = new RateAsks(jobs, limits, buckets, ready, pausedGroups, claimsMax, new AskOutcomes());
        buckets.asks(asks);
        checks = new RateChecks(limits, buckets, asks);
        buckets.onEnough(this::onFreed);
        order = this::isBefore;
        waiting = new TaskList(jobs, order, lines, LIST, ReadyQueue.TASKS_MAX);
    }

    /** Sets who is told of limit and task group when a task begins to wait for a floating limit. */
    void onFloating(IntIntConsumer handler) {
        floatingHandler = handler;
    }

    /** A due task with limits comes. */
    void add(int slot) {
        final int claim = blockingClaim(slot, NONE);
        if (claim == NONE) {
            makeCandidate(slot);
        } else {
            await(slot, claim);
        }
    }

    /**
     * A task goes: a worker has it, or it is due no longer.
     *
     * @param inTurn as for {@link ReadyQueue#poll}: a worker gets it in its tenant's turn.
     */
    void remove(int slot, boolean inTurn) {
        if (jobs.where(slot) < JobTable.IN_LINES) {
            leaveCandidates(slot);
            if (inTurn) {
                ready.poll(jobs.taskGroup(slot));
            } else {
                leaveQueue(slot);
            }
        } else {
            leaveLine(slot);
        }
        if (asks.isOn()) {
            checks.end(slot);
            asks.forgetPasses(slot);
        }
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            limits.passes(claim, 0);
        }
        if (isReserved(slot)) {
            endReservation(slot);
        }
    }

    /** The lease of a job gives its slots back, but for those of the claims that have a bit set. */
    void giveBack(int slot, int keptBits) {
        int kept = keptBits;
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            if (limits.isHeld(claim) && (kept & 1) == 0) {
                limits.unhold(claim);
                final int limit = limits.limit(claim);
                for (int line = limits.firstLine(limit); line != NULL; line = lines.getInt(line, NEXT_LINE)) {
                    refill(line);
                }
            }
            kept >>>= 1;
        }
    }

    /** A slot of the limit was given back, or is kept for nobody any more. Marks a line for each task group that waits for it. */
    void onFreed(int limit) {
        for (int line = limits.firstLine(limit); line != NULL; line = lines.getInt(line, NEXT_LINE)) {
            settleLater(line);
        }
    }

    /** Another maximum is in force for a limit. Candidates that it has no room for any more wait again when they come up. */
    void onMaxChanged(int limit) {
        onFreed(limit);
        final int reserved = reservations.holder(limits.tenant(limit));
        if (reserved != NULL && !mayEverRun(reserved)) {
            endReservation(reserved);
        }
    }

    /**
     * Another cap on running tasks, or one that is filled now: what is kept for a task that may not run is not kept. That it may run
     * again needs no call, as a slot that was taken needs none.
     */
    void onCapChanged(int tenant) {
        final int holder = reservations.holder(tenant);
        if (holder != NULL) {
            settleLines(holder);
        }
    }

    /** The task of a group that a worker may have next, or {@link RowSlab#NULL_SLOT}; its slots are free. */
    int peek(int taskGroup, int tenant) {
        settle();
        for (int looked = 0; looked < RECHECKS_MAX; looked++) {
            final int slot = tenant == ReadyQueue.ANY_TENANT ? ready.peek(taskGroup) : ready.peek(taskGroup, tenant);
            if (slot == NULL) {
                return NULL;
            }
            final int claim = fullClaim(slot);
            if (claim == NONE) {
                return slot;
            }
            // A worker of another task group was faster, or what let it pass is too long ago.
            demote(slot, claim);
            settle();
        }
        return NULL;
    }

    /** Whether changes wait to be worked off. */
    boolean isSettled() {
        return firstToSettle == LAST;
    }

    /** Works off a bounded part of what changes made possible. Returns steps taken. */
    int settle() {
        int steps = 0;
        while (firstToSettle != LAST && steps < STEPS_PER_CALL) {
            final int line = firstToSettle;
            firstToSettle = lines.getInt(line, NEXT_TO_SETTLE);
            if (firstToSettle == LAST) {
                lastToSettle = LAST;
            }
            lines.putInt(line, NEXT_TO_SETTLE, NULL);
            steps += settle(line, STEPS_PER_CALL - steps);
        }
        return steps;
    }

    /** Ends reservations whose time is over. */
    void expireReservations(long nowMs) {
        for (int slot = reservations.pollExpired(nowMs); slot != NULL; slot = reservations.pollExpired(nowMs)) {
            settleLines(slot);
        }
    }

    private int settle(int line, int stepsMax) {
        settleReserved(line);
        for (int steps = 1; steps <= stepsMax; steps++) {
            final int slot = waiting.first(line);
            if (slot == NULL) {
                // One that is to be settled again is closed then.
                if (lines.getInt(line, CANDIDATES) == 0 && lines.getInt(line, NEXT_TO_SETTLE) == NULL) {
                    close(line);
                }
                return steps;
            }
            // A maximum was set for the limit, or is no more: tasks that may never run are others now.
            final int awaited = awaited(slot);
            final boolean isMisplaced = lines.getInt(line, TASK_GROUP) != groupInLine(slot, awaited);
            if (!isMisplaced && isBlocking(slot, awaited, line)) {
                onLacking(slot, awaited);
                return steps;
            }
            final int claim = isMisplaced ? blockingClaim(slot, NONE) : blockingClaim(slot, awaited);
            leave(slot, awaited, line);
            if (claim == NONE) {
                makeCandidate(slot);
            } else {
                await(slot, claim);
                if (!isMisplaced) {
                    // Passed over: another limit is the one that it lacks now.
                    countPass(slot);
                }
            }
        }
        settleLater(line);
        return stepsMax;
    }

    /** A task that has the reservation does not wait for those before it. */
    private void settleReserved(int line) {
        final int limit = lines.getInt(line, LIMIT);
        final int slot = reservations.holder(limits.tenant(limit));
        if (slot == NULL
                || jobs.where(slot) < JobTable.IN_LINES
                || jobs.taskGroup(slot) != lines.getInt(line, TASK_GROUP)
                || limits.limit(awaited(slot)) != limit) {
            return;
        }
        if (isBlocking(slot, awaited(slot))) {
            return;
        }
        final int claim = blockingClaim(slot, NONE);
        leaveLine(slot);
        if (claim == NONE) {
            makeCandidate(slot);
        } else {
            await(slot, claim);
        }
    }

    private void countPass(int slot) {
        final int first = jobs.firstClaim(slot);
        final int passes = limits.passes(first) + 1;
        limits.passes(first, passes);
        if (!mayEverRun(slot)) {
            return;
        }
        final int before = reservations.holder(jobs.tenant(slot));
        if (reservations.offer(jobs.tenant(slot), slot, passes, order)) {
            settleLines(slot);
            if (before != NULL) {
                settleLines(before);
            }
        }
    }

    private void endReservation(int slot) {
        reservations.end(jobs.tenant(slot));
        settleLines(slot);
    }

    private void settleLines(int slot) {
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            onFreed(limits.limit(claim));
        }
    }

    // ---- who may
    // ------------------------------------------------------------------------------------------------------------

    /** The first claim but one that keeps a task from being a candidate, or {@link LimitTable#NONE}. */
    private int blockingClaim(int slot, int but) {
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            if (claim != but && isBlocking(slot, claim)) {
                return claim;
            }
        }
        return NONE;
    }

    boolean isBlocking(int slot, int claim) {
        return isBlocking(slot, claim, find(limits.limit(claim), jobs.taskGroup(slot)));
    }

    /** @param line of the claim's limit and the task's group, or {@link #NULL}. */
    private boolean isBlocking(int slot, int claim, int line) {
        if (!isLined(claim)) {
            return false;
        }
        // [SILO-LIMIT-4] [SILO-RATE-1]
        final int free = free(slot, claim);
        if (free <= 0) {
            return true;
        }
        // [SILO-LIMIT-ORDER]
        if (isReserved(slot)) {
            return false;
        }
        return line != NULL && !isNext(slot, line, free);
    }

    private boolean isNext(int slot, int line, int free) {
        final int head = waiting.first(line);
        if (head != NULL && head != slot && isBefore(head, slot)) {
            return false;
        }
        final int candidates = lines.getInt(line, CANDIDATES);
        return candidates < Math.min(free, CANDIDATES_MAX)
                || candidates > 0 && isBefore(slot, limits.job(lines.getInt(line, LAST_CANDIDATE)));
    }

    /** The first claim of a ready task whose limit is full by now, or let it pass too long ago; or {@link LimitTable#NONE}. */
    int fullClaim(int slot) {
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            final boolean isUnasked = asks.isOn() && limits.isRate(claim) && !asks.isPassed(claim);
            if (isUnasked || isLined(claim) && free(slot, claim) <= 0) {
                return claim;
            }
        }
        return NONE;
    }

    /** Slots that the task could have of a limit, judged by its own maximum. */
    private int free(int slot, int claim) {
        final int limit = limits.limit(claim);
        if (limits.isBucket(limit)) {
            if (asks.isOn()) {
                return asks.free(claim);
            }
            final int reserved = reservedClaim(slot, limit);
            return buckets.free(claim, reserved == NONE ? 0 : buckets.hits(reserved));
        }
        final int free = limits.max(claim) - limits.holders(limit);
        final int reserved = free <= 0 ? NONE : reservedClaim(slot, limit);
        // [SILO-LIMIT-RESERVE] One is left for it by its own maximum, which may be smaller than those of others.
        return reserved == NONE ? free : Math.min(free, limits.max(reserved) - 1 - limits.holders(limit));
    }

    /** The claim on a limit of the task with the reservation, if a slot is kept for it from this one; or {@link LimitTable#NONE}. */
    private int reservedClaim(int slot, int limit) {
        final int holder = reservations.holder(jobs.tenant(slot));
        // One whose tenant has all that it may of the group would keep slots from its other groups for nothing.
        if (holder == NULL || holder == slot || ready.isAtCap(jobs.taskGroup(holder), jobs.tenant(slot))) {
            return NONE;
        }
        int claim = jobs.firstClaim(holder);
        while (claim != NONE && limits.limit(claim) != limit) {
            claim = limits.next(claim);
        }
        return claim;
    }

    /** The first task that waits for a bucket is looked at again when that has enough. */
    private void onLacking(int slot, int claim) {
        if (limits.isRate(claim) && !asks.isOn() && free(slot, claim) <= 0) {
            buckets.wake(claim);
            checks.lacking(slot, claim);
        }
    }

    private int firstLined(int slot) {
        return skipUnlined(jobs.firstClaim(slot));
    }

    private int nextLined(int claim) {
        return skipUnlined(limits.next(claim));
    }

    private int skipUnlined(int from) {
        int claim = from;
        while (claim != NONE && !isLined(claim)) {
            claim = limits.next(claim);
        }
        return claim;
    }

    /** Whether a claim lets its job wait at all. */
    boolean isLined(int claim) {
        return !limits.isRate(claim) || asks.isOn() || !buckets.isUnconditional(claim);
    }

    /** Priority, start time, arrival. */
    private boolean isBefore(int slot, int other) {
        final int priority = jobs.priority(slot);
        final int otherPriority = jobs.priority(other);
        return priority != otherPriority ? priority < otherPriority : ReadyQueue.isBefore(jobs, slot, other);
    }

    // ---- candidates
    // ---------------------------------------------------------------------------------------------------------

    private void makeCandidate(int slot) {
        for (int claim = firstLined(slot); claim != NONE; claim = nextLined(claim)) {
            addCandidate(open(limits.limit(claim), jobs.taskGroup(slot)), claim);
        }
        if (asks.isOn() && asks.unpassed(slot) != NONE) {
            asks.add(slot);
        } else {
            addReady(slot);
        }
        // What comes before a candidate may take its place.
        for (int claim = firstLined(slot); claim != NONE; claim = nextLined(claim)) {
            final int line = limits.line(claim);
            final int last = lines.getInt(line, LAST_CANDIDATE);
            final int most = Math.max(1, Math.min(free(slot, claim), CANDIDATES_MAX));
            if (lines.getInt(line, CANDIDATES) > most && last != claim) {
                demote(limits.job(last), last);
            }
        }
    }

    /** A candidate waits again, for the limit of this claim. */
    private void demote(int slot, int claim) {
        leaveCandidates(slot);
        leaveQueue(slot);
        await(slot, claim);
    }

    /** Nearly always behind the last one. */
    private void addCandidate(int line, int claim) {
        int behind = lines.getInt(line, LAST_CANDIDATE);
        while (behind != NULL && isBefore(limits.job(claim), limits.job(behind))) {
            behind = limits.previousCandidate(behind);
        }
        final int next = behind == NULL ? lines.getInt(line, FIRST_CANDIDATE) : limits.nextCandidate(behind);
        limits.linkCandidate(claim, behind, next);
        limits.line(claim, line);
        if (behind == NULL) {
            lines.putInt(line, FIRST_CANDIDATE, claim);
        }
        if (next == NULL) {
            lines.putInt(line, LAST_CANDIDATE, claim);
        }
        lines.putInt(line, CANDIDATES, lines.getInt(line, CANDIDATES) + 1);
    }

    private void leaveCandidates(int slot) {
        for (int claim = firstLined(slot); claim != NONE; claim = nextLined(claim)) {
            final int line = limits.line(claim);
            if (lines.getInt(line, FIRST_CANDIDATE) == claim) {
                lines.putInt(line, FIRST_CANDIDATE, limits.nextCandidate(claim));
            }
            if (lines.getInt(line, LAST_CANDIDATE) == claim) {
                lines.putInt(line, LAST_CANDIDATE, limits.previousCandidate(claim));
            }
            limits.unlinkCandidate(claim);
            lines.putInt(line, CANDIDATES, lines.getInt(line, CANDIDATES) - 1);
            refill(line);
        }
    }

    private void refill(int line) {
        if (lines.getInt(line, CANDIDATES) < CANDIDATES_ENOUGH) {
            settleLater(line);
        }
    }

    private void addReady(int slot) {
        jobs.where(slot, JobTable.IN_READY, NULL);
        ready.add(slot, jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot));
    }

    /** A candidate leaves the ready queue, or what is asked of a service for it. */
    private void leaveQueue(int slot) {
        if (jobs.where(slot) == JobTable.IN_READY) {
            ready.remove(slot, jobs.taskGroup(slot), jobs.priority(slot), jobs.tenant(slot));
        } else {
            asks.remove(slot);
        }
    }

    /** What follows from the answers of a rate limit service. */
    private final class AskOutcomes implements RateAsks.Outcomes {
        @Override
        public void onPassed(int slot) {
            asks.remove(slot);
            checks.end(slot);
            addReady(slot);
        }

        @Override
        public void onRefused(int slot, int claim, boolean isAnswer) {
            demote(slot, claim);
            if (isAnswer) {
                checks.refused(slot);
            }
        }
    }

    // ---- lines
    // --------------------------------------------------------------------------------------------------------------

    /** The task waits for the limit of one of its claims. */
    private void await(int slot, int claim) {
        int number = 0;
        for (int c = jobs.firstClaim(slot); c != claim; c = limits.next(c)) {
            number++;
        }
        jobs.where(slot, JobTable.IN_LINES + number, NULL);
        final int line = open(limits.limit(claim), groupInLine(slot, claim));
        waiting.add(line, slot);
        lines.putInt(line, WAITING, lines.getInt(line, WAITING) + 1);
        limits.line(claim, line);
        waitingCount++;
        if (limits.isRate(claim)) {
            checks.begin(slot, claim);
            if (waiting.first(line) == slot) {
                onLacking(slot, claim);
            }
        } else if (limits.isFloating(claim)) {
            floatingHandler.accept(limits.limit(claim), jobs.taskGroup(slot));
        }
        // It came late but stands before them, and is not to be overtaken.
        for (int last = lines.getInt(line, LAST_CANDIDATE);
                last != NULL && isBefore(slot, limits.job(last)) && !isReserved(limits.job(last));
                last = lines.getInt(line, LAST_CANDIDATE)) {
            demote(limits.job(last), last);
        }
    }

    /**
     * A task that may never run while others may stands in a line of its own, where it is in nobody's way. Where a maximum is set, it
     * is the same for all.
     */
    int groupInLine(int slot, int claim) {
        final boolean isHopeless = limits.isRate(claim)
                ? buckets.isHopeless(claim)
                : limits.ownMax(claim) == 0
                        && limits.setMax(limits.limit(claim)) == LimitTable.NO_MAX
                        && !limits.isFloating(claim);
        return isHopeless ? ~jobs.taskGroup(slot) : jobs.taskGroup(slot);
    }

    /** Whether no limit of a task is one that nobody can have. */
    private boolean mayEverRun(int slot) {
        for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
            if (limits.isRate(claim) ? buckets.isHopeless(claim) : limits.max(claim) == 0) {
                return false;
            }
        }
        return true;
    }

    private boolean isReserved(int slot) {
        return reservations.isHolder(jobs.tenant(slot), slot);
    }

    private void leaveLine(int slot) {
        final int claim = awaited(slot);
        final int line = limits.line(claim);
        leave(slot, claim, line);
        settleLater(line);
    }

    /** As above, for who settles the line anyway. */
    private void leave(int slot, int claim, int line) {
        if (limits.isRate(claim)) {
            checks.leave(slot);
        }
        waiting.remove(line, slot);
        lines.putInt(line, WAITING, lines.getInt(line, WAITING) - 1);
        waitingCount--;
    }

    /** The claim that a task in a line waits for. */
    int awaited(int slot) {
        int claim = jobs.firstClaim(slot);
        for (int number = jobs.where(slot) - JobTable.IN_LINES; number > 0; number--) {
            claim = limits.next(claim);
        }
        return claim;
    }

    private void settleLater(int line) {
        if (lines.getInt(line, NEXT_TO_SETTLE) != NULL) {
            return;
        }
        lines.putInt(line, NEXT_TO_SETTLE, LAST);
        if (lastToSettle == LAST) {
            firstToSettle = line;
        } else {
            lines.putInt(lastToSettle, NEXT_TO_SETTLE, line);
        }
        lastToSettle = line;
    }

    /** The line of a task group's tasks that wait for a limit, or {@link RowSlab#NULL_SLOT}. */
    int find(int limit, int taskGroup) {
        // Most limits have one line.
        final int first = limits.firstLine(limit);
        if (first == NULL || lines.getInt(first, TASK_GROUP) == taskGroup) {
            return first;
        }
        final long hash = hash(limit, taskGroup);
        for (long c = index.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = index.nextCandidate(hash, c)) {
            if (lines.getInt((int) c, LIMIT) == limit && lines.getInt((int) c, TASK_GROUP) == taskGroup) {
                return (int) c;
            }
        }
        return NULL;
    }

    private int open(int limit, int taskGroup) {
        final int known = find(limit, taskGroup);
        if (known != NULL) {
            return known;
        }
        final int line = lines.allocate();
        final int next = limits.firstLine(limit);
        lines.putInt(line, LIMIT, limit);
        lines.putInt(line, TASK_GROUP, taskGroup);
        waiting.init(line);
        lines.putInt(line, FIRST_CANDIDATE, NULL);
        lines.putInt(line, LAST_CANDIDATE, NULL);
        lines.putInt(line, NEXT_LINE, next);
        lines.putInt(line, PREVIOUS_LINE, NULL);
        lines.putInt(line, NEXT_TO_SETTLE, NULL);
        lines.putInt(line, WAITING, 0);
        if (next != NULL) {
            lines.putInt(next, PREVIOUS_LINE, line);
        }
        limits.firstLine(limit, line);
        limits.retain(limit);
        index.put(hash(limit, taskGroup), line);
        return line;
    }

    private void close(int line) {
        final int limit = lines.getInt(line, LIMIT);
        final int previous = lines.getInt(line, PREVIOUS_LINE);
        final int next = lines.getInt(line, NEXT_LINE);
        if (previous == NULL) {
            limits.firstLine(limit, next);
        } else {
            lines.putInt(previous, NEXT_LINE, next);
        }
        if (next != NULL) {
            lines.putInt(next, PREVIOUS_LINE, previous);
        }
        final boolean isRemoved = index.remove(hash(limit, lines.getInt(line, TASK_GROUP)), line);
        assert isRemoved : "line " + line + " was not indexed";
        lines.free(line);
        if (limits.firstLine(limit) == NULL) {
            asks.forgetPause(limit);
        }
        limits.release(limit);
    }

    private static long hash(int limit, int taskGroup) {
        return Xxh64.mix((long) limit << 32 | taskGroup);
    }

    RateChecks checks() {
        return checks;
    }

    RateAsks asks() {
        return asks;
    }

    int limit(int claim) {
        return limits.limit(claim);
    }

    /** The claim that a task waits for, or {@link LimitTable#NONE} if it is in no line. */
    int awaitedOrNone(int slot) {
        return jobs.where(slot) < JobTable.IN_LINES ? NONE : awaited(slot);
    }

    /** The claim on a bucket that a task waits for, or {@link LimitTable#NONE} if it does not or the bucket has enough. */
    int awaitedRate(int slot) {
        if (jobs.where(slot) < JobTable.IN_LINES) {
            return NONE;
        }
        final int claim = awaited(slot);
        return limits.isRate(claim) && free(slot, claim) <= 0 ? claim : NONE;
    }

    /** Whether a due task has all its slots but for a worker, or for the answer of a rate limit service. */
    boolean isCandidate(int slot) {
        final int where = jobs.where(slot);
        return where == JobTable.IN_READY || where == JobTable.IN_ASKS || where == JobTable.IN_ASKED;
    }

    // ---- for reports
    // --------------------------------------------------------------------------------------------------------

    /** The next line of the same limit, or {@link RowSlab#NULL_SLOT}. */
    int nextLine(int line) {
        return lines.getInt(line, NEXT_LINE);
    }

    /** Task group of a line; negative: of tasks that may never run. */
    int taskGroup(int line) {
        return lines.getInt(line, TASK_GROUP);
    }

    /** Tasks that wait in a line. */
    int waiting(int line) {
        return lines.getInt(line, WAITING);
    }

    /** Tasks of the line's task group that come before those that wait in it, and have all their slots but for a worker. */
    int candidates(int line) {
        return lines.getInt(line, CANDIDATES);
    }

    /** Shows the first tasks of a line in order; see {@link TaskList#show}. */
    int show(int line, int limit, IntConsumer visitor) {
        return waiting.show(line, limit, visitor);
    }

    /** Tasks before one that waits in this line; see {@link TaskList#countBefore}. */
    int countBefore(int line, int slot, int most) {
        return waiting.countBefore(line, slot, most);
    }

    /** The order of all lines. */
    boolean comesBefore(int slot, int other) {
        return isBefore(slot, other);
    }

    /** The task that slots of a tenant are kept for, or {@link RowSlab#NULL_SLOT}. */
    int reserved(int tenant) {
        return reservations.holder(tenant);
    }

    /** Tasks that wait for a limit. */
    int waitingCount() {
        return waitingCount;
    }

    int lineCount() {
        return lines.count();
    }

    /** Compares holders, candidates and lines with the jobs from scratch; for tests after each step and the slow recount. */
    void checkInvariants() {
        new LimitLineInvariants(this, jobs, limits).check();
        checks.checkInvariants(jobs);
        asks.checkInvariants();
    }

    long bytes() {
        return lines.bytes() + index.bytes() + waiting.bytes() + checks.bytes() + asks.bytes();
    }

    void close() {
        lines.close();
        waiting.close();
        asks.close();
        index.close();
    }
}
