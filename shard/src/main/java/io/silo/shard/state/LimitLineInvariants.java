package io.silo.shard.state;

/** Compares holders, candidates and lines of limits with the jobs. Allocates, and walks everything: for tests and the slow recount. */
final class LimitLineInvariants {
    private static final int NULL = RowSlab.NULL_SLOT;
    private static final int NONE = LimitTable.NONE;

    private final LimitLines lines;
    private final RowSlab rows;
    private final JobTable jobs;
    private final LimitTable limits;

    LimitLineInvariants(LimitLines lines, JobTable jobs, LimitTable limits) {
        this.lines = lines;
        this.rows = lines.lines;
        this.jobs = jobs;
        this.limits = limits;
    }

    void check() {
        final int[] holders = new int[limits.limitEnd()];
        final int[] waitingIn = new int[rows.slotEnd()];
        int candidates = 0;
        int waits = 0;
        for (int slot = 0; slot < jobs.slotLimit(); slot++) {
            if (!jobs.isLive(slot) || jobs.firstClaim(slot) == NONE) {
                continue;
            }
            final boolean isWaiting = jobs.where(slot) >= JobTable.IN_LINES;
            waits += isWaiting ? 1 : 0;
            if (isWaiting) {
                waitingIn[limits.line(lines.awaited(slot))]++;
            }
            for (int claim = jobs.firstClaim(slot); claim != NONE; claim = limits.next(claim)) {
                final int limit = limits.limit(claim);
                Invariant.check(limits.job(claim) == slot, "claim of another job");
                Invariant.check(
                        !limits.isHeld(claim) || jobs.state(slot) == JobState.RUNNING,
                        "a slot is held without a lease");
                holders[limit] += limits.isHeld(claim) ? 1 : 0;
                if (lines.isCandidate(slot) && lines.isLined(claim)) {
                    candidates++;
                    Invariant.check(isListed(claim), "a task with limits is ready and no candidate");
                }
            }
        }
        for (int limit = 0; limit < holders.length; limit++) {
            Invariant.check(
                    !limits.isLive(limit) || limits.holders(limit) == holders[limit],
                    "holders of a limit differ from their recount");
        }
        Invariant.check(waits == lines.waitingCount(), "tasks in lines differ from their count");
        checkLines(candidates, waitingIn);
    }

    private boolean isListed(int claim) {
        final int line = lines.find(limits.limit(claim), jobs.taskGroup(limits.job(claim)));
        int candidate = line == NULL ? NULL : rows.getInt(line, LimitLines.FIRST_CANDIDATE);
        while (candidate != NULL && candidate != claim) {
            candidate = limits.nextCandidate(candidate);
        }
        return candidate == claim;
    }

    private void checkLines(int candidates, int[] waitingIn) {
        int listed = 0;
        for (int line = rows.nextLive(0, rows.slotEnd());
                line != NULL;
                line = rows.nextLive(line + 1, rows.slotEnd())) {
            int before = NULL;
            int count = 0;
            for (int claim = rows.getInt(line, LimitLines.FIRST_CANDIDATE);
                    claim != NULL;
                    claim = limits.nextCandidate(claim)) {
                Invariant.check(
                        before == NULL || lines.comesBefore(limits.job(before), limits.job(claim)),
                        "candidates out of order");
                before = claim;
                count++;
            }
            Invariant.check(
                    count == rows.getInt(line, LimitLines.CANDIDATES)
                            && before == rows.getInt(line, LimitLines.LAST_CANDIDATE),
                    "candidates of a line differ from their count");
            listed += count;
            checkHead(line);
            Invariant.check(
                    waitingIn[line] == rows.getInt(line, LimitLines.WAITING),
                    "tasks of a line differ from their count");
        }
        Invariant.check(listed == candidates, "candidates differ from the ready tasks that have limits");
    }

    private void checkHead(int line) {
        final int head = lines.waiting.first(line);
        // A bucket fills by itself; its timer is what counts then. One that a service answers for does nothing by
        // itself.
        final boolean isTimed = limits.isBucket(rows.getInt(line, LimitLines.LIMIT))
                && !lines.asks().isOn();
        if (head != NULL && rows.getInt(line, LimitLines.NEXT_TO_SETTLE) == NULL && !isTimed) {
            final int awaited = lines.awaited(head);
            Invariant.check(
                    rows.getInt(line, LimitLines.CANDIDATES) >= LimitLines.CANDIDATES_ENOUGH
                            || lines.isBlocking(head, awaited),
                    "a task waits for a limit that has room for it");
            Invariant.check(
                    rows.getInt(line, LimitLines.TASK_GROUP) == lines.groupInLine(head, awaited),
                    "a task waits in the line of those that never run, or keeps others from theirs");
        }
    }
}
