package io.silo.simulation.model;

import io.silo.shard.state.BulkChange;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.Schedule;
import io.silo.shard.state.ShardView;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** Holds the state of a shard against the model's. */
final class ViewComparison {
    private final ShardView view;
    private final ModelState state;
    private final long nowMs;
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    /** @param nowMs of the shard's clock. */
    ViewComparison(ShardView view, ModelState state, long nowMs) {
        this.view = view;
        this.state = state;
        this.nowMs = nowMs;
    }

    void compareCounts() {
        Claim.equal(state.jobCount(), view.jobs().count(), "jobs");
        Claim.equal(state.leaseCount(), view.leases().count(), "leases");
        Claim.equal(state.schedules().byName().size(), view.schedules().count(), "schedules");
        Claim.equal(state.pauses().count(), view.pauses().count(), "pauses");
        Claim.equal(state.limits().setCount(), view.limitSettings().count(), "limits that are set");
        Claim.equal(state.limits().findingCount(), view.floatingLimits().count(), "limits that were found out");
        Claim.equal(state.tenants().count(), view.tenantSettings().count(), "tenants with settings");
        final ModelSchedule first = state.schedules().first();
        Claim.equal(
                first == null ? Long.MAX_VALUE : first.nextFireMs(),
                view.schedules().nextFireMs(),
                "next firing");
        Claim.equal(state.nextJobKey(), view.nextJobKey(), "next job key");
        Claim.equal(state.bulks().all().size(), view.bulks().count(), "bulk changes");
        state.bulks().all().forEach(this::compare);
        Claim.equal(state.lastTimeMs(), view.lastTimeMs(), "time of the last record");
    }

    /** Once start timers were fired for the model's time. */
    void compareReady() {
        for (String group : state.ready().taskGroups()) {
            final UnsafeBuffer bytes = new UnsafeBuffer(Text.bytes(group));
            final int number = view.findTaskGroup(bytes, 0, bytes.capacity());
            final int count = number < 0 ? 0 : view.readyCount(number);
            // Those that wait for limits are not ready.
            Claim.check(
                    state.ready().countWithoutLimits(group) <= count
                            && count <= state.ready().count(group),
                    "ready jobs of group %s: %d, not %d",
                    group,
                    state.ready().count(group),
                    count);
            final int next = number < 0 ? RowSlab.NULL_SLOT : view.peekReady(number);
            if (next != RowSlab.NULL_SLOT) {
                final ModelJob job = state.find(view.jobs().jobKey(next));
                Claim.check(
                        job != null && state.ready().whyNotNext(job, null) == null,
                        "next of group %s is to be %s: %s",
                        group,
                        job,
                        job == null ? "" : state.ready().whyNotNext(job, null));
            }
        }
    }

    void compareAll() {
        state.jobs().forEach(this::compare);
        state.schedules().byName().forEach(this::compare);
        state.requests().all().forEach((key, gone) -> {
            final long found = view.requests()
                    .jobKey(key.requestId().high(), key.requestId().low(), key.jobIdHash(), nowMs);
            Claim.equal(gone.isInForce(nowMs) ? gone.jobKey() : -1, found, "job remembered of", key);
        });
        final Map<String, Integer> counts = new HashMap<>();
        for (ModelJob job : state.jobs()) {
            counts.merge(job.state + " " + job.definition.tenant(), 1, Integer::sum);
        }
        for (ModelJob job : state.jobs()) {
            final Integer count = counts.remove(job.state + " " + job.definition.tenant());
            if (count != null) {
                compareChain(job.definition.tenant(), job.state, count);
            }
        }
    }

    /** Jobs of a tenant and state hang together, newest change first. */
    private void compareChain(String tenant, JobState jobState, int count) {
        final JobView jobs = view.jobs();
        final UnsafeBuffer bytes = new UnsafeBuffer(Text.bytes(tenant));
        int found = 0;
        long newerMs = Long.MAX_VALUE;
        for (int slot = view.newestJob(view.findTenant(bytes, 0, bytes.capacity()), jobState);
                slot != RowSlab.NULL_SLOT && found <= count;
                slot = jobs.older(slot)) {
            Claim.check(jobs.changedAtMs(slot) <= newerMs, "jobs %s of tenant %s are out of order", jobState, tenant);
            newerMs = jobs.changedAtMs(slot);
            found++;
        }
        Claim.equal(count, found, "jobs " + jobState + " of tenant " + tenant);
        Claim.equal(
                ModelTenants.bytes(state.jobs(), tenant),
                view.jobBytes(view.findTenant(bytes, 0, bytes.capacity())),
                "bytes of tenant " + tenant);
    }

    private void compare(ModelSchedule schedule) {
        final Schedule found = view.schedules().findByKey(schedule.key());
        if (found == null) {
            throw new AssertionError("the shard lost " + schedule);
        }
        Claim.equal(schedule.tenant(), found.tenant(), "tenant of", schedule);
        Claim.equal(schedule.id(), found.id(), "id of", schedule);
        Claim.equal(
                List.of(
                        schedule.nextFireMs(),
                        schedule.lastFireMs(),
                        schedule.paused(),
                        schedule.intervalMs(),
                        schedule.firstAtMs(),
                        schedule.startWithinMs(),
                        schedule.position()),
                List.of(
                        found.nextFireMs(),
                        found.lastFireMs(),
                        found.isPaused(),
                        found.spec().intervalMs(),
                        found.spec().firstAtMs(),
                        found.spec().startWithinMs(),
                        found.position()),
                "next and last firing, pause, times and place of",
                schedule);
    }

    private void compare(ModelBulk bulk) {
        final BulkChange found = view.bulks().find(bulk.key());
        if (found == null) {
            throw new AssertionError("the shard lost " + bulk);
        }
        Claim.equal(
                List.of(
                        bulk.requestId(),
                        bulk.startedAtMs(),
                        bulk.finishedAtMs(),
                        bulk.dryRun() && !bulk.isFinished() ? found.changed() : bulk.changed(),
                        bulk.isFinished() ? bulk.skipped() : found.skipped(),
                        bulk.position()),
                List.of(
                        new RequestId(found.spec().requestIdHigh(), found.spec().requestIdLow()),
                        found.startedAtMs(),
                        found.finishedAtMs(),
                        found.changed(),
                        found.skipped(),
                        found.position()),
                "request, times, changed, skipped and place of",
                bulk);
    }

    void compare(ModelJob job) {
        final JobView jobs = view.jobs();
        final int slot = jobs.findByKey(job.key());
        if (job.isDeleted) {
            Claim.check(slot == RowSlab.NULL_SLOT, "the shard still has %s, which was deleted", job);
            return;
        }
        Claim.check(slot != RowSlab.NULL_SLOT, "the shard lost %s", job);
        final JobDefinition d = job.definition;
        final UnsafeBuffer tenant = new UnsafeBuffer(Text.bytes(d.tenant()));
        final UnsafeBuffer id = new UnsafeBuffer(Text.bytes(d.jobId()));
        Claim.equal(slot, jobs.find(tenant, 0, tenant.capacity(), id, 0, id.capacity()), "slot by id of", job);
        Claim.equal(job.state, jobs.state(slot), "state of", job);
        Claim.equal(
                List.of(
                        job.attempt,
                        job.relativeAttempt,
                        (long) d.priority(),
                        d.leaseMs(),
                        d.maxRunMs(),
                        d.startDeadlineMs(),
                        job.cancelledPending ? 1L : 0L,
                        job.crashes,
                        d.requestId().high(),
                        d.requestId().low(),
                        job.changedAtMs,
                        job.state == JobState.RUNNING ? job.startMs : job.pendingStartMs(),
                        job.tokenEpoch,
                        job.token,
                        job.reported ? 1L : 0L,
                        job.definitionPosition,
                        job.neededFrom(),
                        job.lastPosition),
                List.of(
                        (long) jobs.attempt(slot),
                        (long) jobs.relativeAttempt(slot),
                        (long) jobs.priority(slot),
                        (long) jobs.leaseMs(slot),
                        (long) jobs.maxRunMs(slot),
                        jobs.startDeadlineMs(slot),
                        jobs.isCancelledPending(slot) ? 1L : 0L,
                        (long) jobs.crashes(slot),
                        jobs.requestIdHigh(slot),
                        jobs.requestIdLow(slot),
                        jobs.changedAtMs(slot),
                        job.state.isTerminal() && !job.cancelledPending ? 0 : jobs.startMs(slot),
                        jobs.tokenEpoch(slot),
                        jobs.token(slot),
                        jobs.isReported(slot) ? 1L : 0L,
                        jobs.definitionPosition(slot),
                        jobs.neededFrom(slot),
                        jobs.lastPosition(slot)),
                "attempt, relative attempt, priority, lease, run, latest start, cancelled before it ran, crashes, request, change,"
                        + " start, token, reported and places of "
                        + job);
        Claim.equal(
                d.retry().count(), (long) view.retryPolicies().retryCount(jobs.retryPolicy(slot)), "retries of", job);
        view.wrapTenant(jobs.tenant(slot), name);
        Claim.equal(d.tenant(), Text.of(name), "tenant of", job);
        view.wrapTaskGroup(jobs.taskGroup(slot), name);
        Claim.equal(d.taskGroup(), Text.of(name), "task group of", job);
        compareLease(job, slot);
    }

    private void compareLease(ModelJob job, int slot) {
        final int row = view.jobs().lease(slot);
        final ModelLease lease = job.lease;
        if (lease == null) {
            Claim.check(row == RowSlab.NULL_SLOT, "%s has a lease in the shard", job);
            return;
        }
        final LeaseView leases = view.leases();
        Claim.equal(slot, leases.job(row), "job of the lease of", job);
        leases.wrapWorker(row, name);
        Claim.equal(lease.worker, Text.of(name), "worker of", job);
        Claim.equal(
                List.of(
                        lease.startedAtMs,
                        lease.leaseMs,
                        lease.requestId.high(),
                        lease.requestId.low(),
                        lease.cancelRequestedAtMs,
                        lease.deadlineMs,
                        lease.runDeadlineMs,
                        lease.session,
                        (long) lease.heldLimits),
                List.of(
                        leases.startedAtMs(row),
                        (long) leases.leaseMs(row),
                        leases.requestIdHigh(row),
                        leases.requestIdLow(row),
                        leases.cancelRequestedAtMs(row),
                        leases.deadlineMs(row),
                        leases.runDeadlineMs(row),
                        leases.session(row),
                        (long) view.jobs().heldLimitBits(slot)),
                "start, length, request, cancel request, deadlines, session and slots of the lease of",
                job);
    }
}
