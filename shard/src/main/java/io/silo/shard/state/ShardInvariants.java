package io.silo.shard.state;

/** Compares the indexes of a shard with each other. Allocates, and walks everything: for tests and the slow recount. */
final class ShardInvariants {
    private final ShardState shard;

    ShardInvariants(ShardState shard) {
        this.shard = shard;
    }

    /** Compares every index with every other from scratch; for tests after each step and the slow recount. */
    void check() {
        Invariant.check(shard.jobs.recountDigest() == shard.jobs.digest(), "digest differs from its recount");
        int running = 0;
        int queued = 0;
        int timed = 0;
        int deadlines = 0;
        int unique = 0;
        for (int slot = 0; slot < shard.jobs.slotLimit(); slot++) {
            if (!shard.jobs.isLive(slot)) {
                continue;
            }
            checkJob(shard, slot);
            final boolean isScheduled = shard.jobs.state(slot) == JobState.SCHEDULED;
            queued += isScheduled && shard.jobs.where(slot) == JobTable.IN_READY ? 1 : 0;
            timed += isScheduled && shard.jobs.where(slot) == JobTable.IN_TIMERS ? 1 : 0;
            running += shard.jobs.state(slot) == JobState.RUNNING ? 1 : 0;
            deadlines += shard.jobs.isStartDeadlineInForce(slot) ? 1 : 0;
            if (shard.jobs.hasUniqueKey(slot) && !shard.jobs.state(slot).isTerminal()) {
                unique++;
                Invariant.check(shard.jobs.findOtherHolder(slot) == RowSlab.NULL_SLOT, "two jobs hold one unique key");
            }
        }
        Invariant.check(running == shard.leases.count(), "leases differ from running jobs");
        Invariant.check(queued == shard.queues.ready.size(), "ready queue differs from the jobs");
        Invariant.check(timed == shard.queues.startTimers.size(), "start timers differ from the jobs");
        Invariant.check(
                deadlines == shard.queues.deadlineTimers.size(), "timers of latest starts differ from the jobs");
        Invariant.check(unique == shard.jobs.uniqueKeysHeld(), "unique keys held differ from the jobs");
        checkFinished();
        shard.jobs.liveBytes.checkInvariants(shard.jobs);
        shard.queues.lines.checkInvariants();
        shard.rates.checkInvariants();
        shard.limitSettings.checkInvariants();
        shard.floatingLimits.checkInvariants();
        shard.queues.ready.checkInvariants(shard.tenantSettings::forEachLeasedGroup);
        shard.tenantSettings.checkInvariants();
        shard.schedules.checkInvariants();
        shard.bulks.checkInvariants();
        checkCounts();
    }

    /** What can be said of one live job by itself. Does not allocate. */
    static void checkJob(ShardState shard, int slot) {
        final JobTable jobs = shard.jobs;
        final int where = jobs.where(slot);
        switch (jobs.state(slot)) {
            case SCHEDULED ->
                Invariant.check(
                        where == JobTable.IN_READY
                                || where == JobTable.IN_TIMERS
                                || where == JobTable.IN_ASKS
                                || where == JobTable.IN_ASKED
                                || where >= JobTable.IN_LINES,
                        "scheduled job is in no queue");
            case RUNNING ->
                Invariant.check(
                        jobs.lease(slot) >= 0 && shard.leases.job(jobs.lease(slot)) == slot, "lease of another job");
            case SUCCEEDED, FAILED, CANCELLED ->
                Invariant.check(where == JobTable.IN_FINISHED, "ended job is in a queue");
        }
        Invariant.check(
                jobs.isStartDeadlineInForce(slot) == (jobs.deadlineTimer(slot) != TimerQueue.NULL_HANDLE),
                "timer of a latest start differs from its job");
        final int older = jobs.older(slot);
        Invariant.check(
                older == RowSlab.NULL_SLOT
                        || (jobs.state(older) == jobs.state(slot)
                                && jobs.tenant(older) == jobs.tenant(slot)
                                && jobs.newer(older) == slot
                                && jobs.changedAtMs(older) <= jobs.changedAtMs(slot)),
                "chain of a tenant and state is out of order");
        Invariant.check(jobs.findByKey(jobs.jobKey(slot)) == slot, "job is not found by its key");
        for (int claim = jobs.firstClaim(slot); claim != LimitTable.NONE; claim = shard.limits.next(claim)) {
            Invariant.check(shard.limits.job(claim) == slot, "claim of another job");
            Invariant.check(
                    !shard.limits.isHeld(claim) || jobs.state(slot) == JobState.RUNNING,
                    "a slot is held without a lease");
        }
    }

    private void checkFinished() {
        int chained = 0;
        for (JobState state : JobState.values()) {
            long changedAtMs = Long.MIN_VALUE;
            for (int slot = shard.jobs.oldestFinished(state);
                    slot != RowSlab.NULL_SLOT;
                    slot = shard.jobs.readyNext(slot)) {
                Invariant.check(
                        shard.jobs.state(slot) == state && shard.jobs.changedAtMs(slot) >= changedAtMs,
                        "chain of ended jobs is out of order");
                changedAtMs = shard.jobs.changedAtMs(slot);
                chained++;
            }
        }
        Invariant.check(chained == shard.jobs.finishedCount(), "chains of ended jobs differ from their count");
    }

    /** Counts of a tenant and state against the chains, which the walk above compared with the rows. */
    private void checkCounts() {
        final int[][] counts = new int[shard.tenants.idEnd()][JobState.values().length];
        final long[] bytes = new long[counts.length];
        for (int slot = 0; slot < shard.jobs.slotLimit(); slot++) {
            if (shard.jobs.isLive(slot)) {
                bytes[shard.jobs.tenant(slot)] +=
                        shard.jobs.state(slot).isTerminal() ? 0 : shard.jobs.storedBytes(slot);
                counts[shard.jobs.tenant(slot)][shard.jobs.state(slot).ordinal()]++;
            }
        }
        final int[] totals = new int[JobState.values().length];
        for (int tenant = 0; tenant < counts.length; tenant++) {
            Invariant.check(
                    bytes[tenant] == shard.jobs.tenantBytes.of(tenant), "bytes of a tenant differ from its jobs");
            for (JobState state : JobState.values()) {
                totals[state.ordinal()] += counts[tenant][state.ordinal()];
                Invariant.check(
                        counts[tenant][state.ordinal()] == shard.jobs.count(tenant, state),
                        "count of a tenant and state differs from its jobs");
            }
        }
        for (JobState state : JobState.values()) {
            Invariant.check(
                    totals[state.ordinal()] == shard.jobs.count(state), "count of a state differs from its jobs");
        }
    }
}
