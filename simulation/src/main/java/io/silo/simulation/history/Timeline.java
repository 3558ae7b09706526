package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A history in order: calls with their answers, jobs with all that happened to them, and what can be said of time. An order between
 * two events is claimed only where the one was answered before the other was asked for.
 */
final class Timeline {
    private record ShardEpoch(int shard, long epoch) {}

    private final Map<JobRef, JobTrace> jobs = new LinkedHashMap<>();
    private final Map<Long, Call<?>> calls = new HashMap<>();
    private final Map<JobRef, ScheduleTrace> schedules = new HashMap<>();
    private final Map<Long, ScheduleTrace.Change> scheduleCalls = new HashMap<>();

    private final CallTraces<PauseTarget, Entry.PauseInvoked> pauses = new CallTraces<>(Entry.PauseInvoked::target);
    private final CallTraces<CapCheck.Target, Entry.CapInvoked> caps = new CallTraces<>(CapCheck.Target::of);
    private final LimitTraces limits = new LimitTraces();

    /** Bulk changes by request id. */
    private final Map<Long, BulkTrace> bulks = new LinkedHashMap<>();

    /** Calls about bulk changes: the bulk change, and the entry that made the call. */
    private final Map<Long, Map.Entry<BulkTrace, Integer>> bulkCalls = new HashMap<>();

    /** Jobs by tenant and unique key. */
    private final Map<JobRef, List<JobTrace>> jobsOfKey = new LinkedHashMap<>();

    private final Map<ShardEpoch, Long> durablePositions = new HashMap<>();
    private final Map<ShardEpoch, Integer> firstSeen = new HashMap<>();
    private final LogTimes logTimes = new LogTimes();
    private final Map<String, List<Integer>> closesOfWorker = new HashMap<>();
    private final List<Integer> closeIndexes = new ArrayList<>();
    private final int[] losses;

    /** For each entry the index of the last death of the broker before it, or -1. */
    private final int[] lastKills;

    /** Indexes of {@link Entry.StoodStill}, ascending. */
    private final List<Integer> standstills = new ArrayList<>();

    private final long[] timesNs;
    private final Expectations expectations;

    private Timeline(int size, Expectations expectations) {
        this.expectations = expectations;
        timesNs = new long[size];
        losses = new int[size + 1];
        lastKills = new int[size + 1];
        lastKills[0] = -1;
    }

    /** @throws IllegalArgumentException if the entries are no history: an answer without a call, a call number used twice. */
    static Timeline of(List<Entry> entries, Expectations expectations) {
        final int leaseSlackMs = expectations.leaseSlackMs();
        final Timeline timeline = new Timeline(entries.size(), expectations);
        for (int i = 0; i < entries.size(); i++) {
            final Entry entry = entries.get(i);
            timeline.timesNs[i] = entry.atNs();
            final boolean lost = entry instanceof Entry.PowerLost;
            timeline.losses[i + 1] = timeline.losses[i] + (lost ? 1 : 0);
            timeline.lastKills[i + 1] = lost || entry instanceof Entry.ProcessKilled ? i : timeline.lastKills[i];
            timeline.add(i, entry);
        }
        for (final JobTrace job : timeline.jobs.values()) {
            timeline.changeInBulk(job);
            timeline.proveDurable(job);
            timeline.addLogTimes(job);
        }
        timeline.logTimes.settle();
        for (final JobTrace job : timeline.jobs.values()) {
            timeline.boundLeases(job, leaseSlackMs);
        }
        return timeline;
    }

    /** The schedule that brought a job, or null if none can have. */
    @Nullable
    ScheduleTrace scheduleOf(JobTrace job) {
        final JobRef schedule = ScheduleTrace.of(job.ref);
        return schedule == null || !job.enqueues.isEmpty() ? null : schedules.get(schedule);
    }

    CallTraces<CapCheck.Target, Entry.CapInvoked> caps() {
        return caps;
    }

    CallTraces<PauseTarget, Entry.PauseInvoked> pauses() {
        return pauses;
    }

    LimitTraces limits() {
        return limits;
    }

    /** Jobs that name one unique key, of each key. */
    Iterable<List<JobTrace>> jobsOfKeys() {
        return jobsOfKey.values();
    }

    /** A job of a shard that was first asked for after an entry and has a key below this one; null if there is none. */
    @Nullable
    JobTrace firstEnqueued(int shard, int after, long belowKey) {
        for (final JobTrace job : jobs.values()) {
            if (!job.enqueues.isEmpty() && !job.isOperated()) {
                final Call<Entry.EnqueueInvoked> first = job.enqueues.get(0);
                if (first.isOk()
                        && first.from > after
                        && first.jobKey > 0
                        && first.jobKey < belowKey
                        && first.place.shard() == shard) {
                    return job;
                }
            }
        }
        return null;
    }

    /** Whether the broker may have forgotten a job before an entry: it was leased, ended after that, and was kept for long enough. */
    boolean mayBeForgotten(JobTrace job, int before) {
        if (expectations.keptMs() == Expectations.FOREVER
                || job.grants.isEmpty()
                || job.grants.get(0).index >= before) {
            return false;
        }
        final long sinceNs = job.grants.get(0).grantedAfterNs;
        final long keptNs = TimeUnit.MILLISECONDS.toNanos(expectations.keptMs() - expectations.leaseSlackMs());
        return before >= timesNs.length || sinceNs == Long.MIN_VALUE || timesNs[before] - sinceNs >= keptNs;
    }

    /** What this history is known to be. */
    Expectations expectations() {
        return expectations;
    }

    /** Time of an entry. */
    long atNs(int index) {
        return timesNs[index];
    }

    Iterable<JobTrace> jobs() {
        return jobs.values();
    }

    /** Whether power was lost between two entries. */
    boolean isPowerLost(int from, int to) {
        return losses[Math.min(to, losses.length - 1)] != losses[from];
    }

    /** Number of power losses before an entry. */
    int generation(int index) {
        return losses[index];
    }

    /** Whether what a call did is still there at an entry. */
    boolean survives(Call<?> call, int until) {
        return call.durable || !isPowerLost(call.from, until);
    }

    /**
     * Whether the effects of two calls, the second made after the first, are there at once whatever came first: a call that went
     * unanswered long may take effect late.
     */
    boolean standTogether(Call<?> first, Call<?> second) {
        return first.durable && (second.durable || first.to < second.from)
                || !isPowerLost(first.from, Math.max(first.to, second.to));
    }

    /** Whether a lease that was granted before another lease of the same shard, or an entry, is not lost by then. */
    boolean survives(JobTrace job, Grant grant, int until) {
        return grant.durable || !isPowerLost(job.firstFrom(), until);
    }

    /** As {@link #survives(JobTrace, Grant, int)}: an epoch has no loss of power in it. */
    boolean survives(JobTrace job, Grant grant, Grant later) {
        return grant.lease.epoch() == later.lease.epoch() || survives(job, grant, later.index);
    }

    /** Index of the first entry that shows a shard in an epoch. */
    int firstSeen(int shard, long epoch) {
        return firstSeen.getOrDefault(new ShardEpoch(shard, epoch), Integer.MAX_VALUE);
    }

    /**
     * Whether the end of a session may have returned a lease that nobody saw, of a job first enqueued at one entry, before another. A
     * close may be long on its way, but not longer than the broker's process lives.
     */
    boolean mayReturnUnseen(int enqueued, int until) {
        return firstClose(closeIndexes, enqueued) < until;
    }

    /** The first close that may take effect after an entry. */
    private int firstClose(List<Integer> closes, int after) {
        final int found = Collections.binarySearch(closes, lastKills[after]);
        final int next = found >= 0 ? found + 1 : -found - 1;
        return next < closes.size() ? closes.get(next) : Integer.MAX_VALUE;
    }

    /** Whether the broker stood still, in the life that its process has at an entry, before it: leases may have gone back then. */
    boolean mayHaveBegunAnew(int before) {
        final int found = Collections.binarySearch(standstills, lastKills[before]);
        final int next = found >= 0 ? found + 1 : -found - 1;
        return next < standstills.size() && standstills.get(next) < before;
    }

    private void add(int index, Entry entry) {
        if (entry instanceof Entry.StoodStill) {
            standstills.add(index);
        } else if (entry instanceof Entry.EnqueueInvoked invoked) {
            final JobTrace job = job(invoked.spec().job());
            job.enqueues.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.EnqueueAnswered answered) {
            final Call<?> call = answer(index, answered.call(), answered.code(), answered.durable());
            call.jobKey = answered.jobKey();
            place(call, answered.place());
        } else if (entry instanceof Entry.Granted granted) {
            granted(index, granted);
        } else if (entry instanceof Entry.ReportInvoked invoked) {
            final JobTrace job = job(invoked.lease().job());
            job.reports.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.ReportAnswered answered) {
            place(answer(index, answered.call(), answered.code(), answered.durable()), answered.place());
        } else if (entry instanceof Entry.ReturnInvoked invoked) {
            final JobTrace job = job(invoked.lease().job());
            job.returns.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.ReturnAnswered answered) {
            place(answer(index, answered.call(), answered.code(), answered.durable()), answered.place());
        } else if (entry instanceof Entry.HeartbeatInvoked invoked) {
            final JobTrace job = job(invoked.lease().job());
            job.heartbeats.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.HeartbeatAnswered answered) {
            answer(index, answered.call(), answered.code(), false);
        } else if (entry instanceof Entry.ReadInvoked invoked) {
            final JobTrace job = job(invoked.job());
            job.reads.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.ReadAnswered answered) {
            final Call<?> call = answer(index, answered.call(), answered.code(), false);
            call.seen = answered.job();
            place(call, answered.place());
        } else if (entry instanceof Entry.ChangeInvoked invoked) {
            final JobTrace job = job(invoked.job());
            job.changes.add(call(job, index, invoked.call(), invoked));
        } else if (entry instanceof Entry.ChangeAnswered answered) {
            final Call<?> call = answer(index, answered.call(), answered.code(), answered.durable());
            call.jobKey = answered.jobKey();
            call.status = answered.status();
            place(call, answered.place());
        } else if (entry instanceof Entry.SessionClosed closed) {
            closesOfWorker
                    .computeIfAbsent(closed.worker(), key -> new ArrayList<>())
                    .add(index);
            closeIndexes.add(index);
        } else {
            addSchedule(index, entry);
            addBulk(index, entry);
        }
    }

    private void addBulk(int index, Entry entry) {
        if (entry instanceof Entry.BulkInvoked invoked) {
            final BulkTrace bulk = bulks.computeIfAbsent(invoked.requestId(), key -> new BulkTrace(invoked, index));
            bulkCalls.put(invoked.call(), Map.entry(bulk, index));
        } else if (entry instanceof Entry.BulkLooked looked) {
            final BulkTrace bulk = bulks.get(looked.requestId());
            if (bulk == null) {
                throw new IllegalArgumentException("Entry " + index + " looks at what nobody asked for.");
            }
            bulkCalls.put(looked.call(), Map.entry(bulk, index));
        } else if (entry instanceof Entry.BulkAnswered answered) {
            final Map.Entry<BulkTrace, Integer> call = bulkCalls.remove(answered.call());
            if (call == null) {
                throw new IllegalArgumentException(
                        "Entry " + index + " answers call " + answered.call() + ", which is not open.");
            }
            final boolean isSaid =
                    answered.code() == RejectReason.OK || answered.code() == RejectReason.BULK_NOT_FOUND.code();
            if (isSaid && answered.durable()) {
                call.getKey().sightings.add(new BulkTrace.Sighting(call.getValue(), index, answered));
            }
        }
    }

    /** To each job that a bulk change may touch it is a call without an answer. */
    private void changeInBulk(JobTrace job) {
        for (final BulkTrace bulk : bulks.values()) {
            if (bulk.mayTouch(job)) {
                job.changes.add(bulk.changeOf(job));
            }
        }
        job.changes.sort(Comparator.comparingInt(change -> change.from));
    }

    Iterable<BulkTrace> bulks() {
        return bulks.values();
    }

    private void addSchedule(int index, Entry entry) {
        if (entry instanceof Entry.ScheduleInvoked invoked) {
            final ScheduleTrace.Change change = new ScheduleTrace.Change(invoked, index);
            schedules
                    .computeIfAbsent(invoked.schedule(), key -> new ScheduleTrace())
                    .changes
                    .add(change);
            scheduleCalls.put(invoked.call(), change);
        } else if (entry instanceof Entry.ScheduleAnswered answered) {
            final ScheduleTrace.Change change = scheduleCalls.remove(answered.call());
            if (change == null) {
                throw new IllegalArgumentException(
                        "Entry " + index + " answers call " + answered.call() + ", which is not open.");
            }
            change.answered(index, answered);
        } else if (entry instanceof Entry.PauseInvoked invoked) {
            pauses.invoked(index, invoked.call(), invoked);
        } else if (entry instanceof Entry.PauseAnswered answered) {
            pauses.answered(index, answered.call(), answered.code(), answered.place(), answered.durable());
        } else if (entry instanceof Entry.LimitInvoked invoked) {
            limits.calls().invoked(index, invoked.call(), invoked);
        } else if (entry instanceof Entry.LimitAnswered answered) {
            limits.calls().answered(index, answered.call(), answered.code(), answered.place(), answered.durable());
        } else if (entry instanceof Entry.HoldersDropped dropped) {
            limits.dropped(index, dropped);
        } else if (entry instanceof Entry.CapInvoked invoked) {
            caps.invoked(index, invoked.call(), invoked);
        } else if (entry instanceof Entry.CapAnswered answered) {
            caps.answered(index, answered.call(), answered.code(), answered.place(), answered.durable());
        } else if (entry instanceof Entry.KeyNamed named) {
            jobsOfKey
                    .computeIfAbsent(new JobRef(named.job().tenant(), named.uniqueKey()), key -> new ArrayList<>())
                    .add(job(named.job()));
        }
    }

    private JobTrace job(JobRef ref) {
        return jobs.computeIfAbsent(ref, JobTrace::new);
    }

    private <I extends Entry> Call<I> call(JobTrace job, int index, long number, I invoked) {
        final Call<I> call = new Call<>(job, invoked, index);
        if (calls.putIfAbsent(number, call) != null) {
            throw new IllegalArgumentException("Call " + number + " is made twice, by entry " + index + " again.");
        }
        job.steps.add(new JobTrace.Step(index, call, null));
        return call;
    }

    private Call<?> answer(int index, long number, int code, boolean durable) {
        final Call<?> call = calls.get(number);
        if (call == null || call.to != Call.NO_ANSWER) {
            throw new IllegalArgumentException("Entry " + index + " answers call " + number + ", which is not open.");
        }
        call.to = index;
        call.code = code;
        call.durable = durable && code == RejectReason.OK;
        call.job.steps.add(new JobTrace.Step(index, call, null));
        return call;
    }

    private void place(Call<?> call, LogPlace place) {
        call.place = place;
        if (place.position() >= 0) {
            firstSeen.putIfAbsent(new ShardEpoch(place.shard(), place.epoch()), call.to);
        }
        if (call.durable) {
            durable(place);
        }
    }

    private void durable(LogPlace place) {
        if (place.position() >= 0) {
            durablePositions.merge(new ShardEpoch(place.shard(), place.epoch()), place.position(), Math::max);
        }
    }

    private boolean isDurable(LogPlace place) {
        final Long position = durablePositions.get(new ShardEpoch(place.shard(), place.epoch()));
        return place.position() >= 0 && position != null && place.position() <= position;
    }

    private void granted(int index, Entry.Granted granted) {
        final Lease lease = granted.lease();
        final JobTrace job = job(lease.job());
        firstSeen.putIfAbsent(new ShardEpoch(lease.shard(), lease.epoch()), index);
        Grant grant = job.grant(lease);
        if (grant == null) {
            grant = new Grant(lease, granted.worker(), index, granted.atNs());
            job.grants.add(grant);
            job.grantsByToken.put(JobTrace.key(lease), grant);
            job.steps.add(new JobTrace.Step(index, null, grant));
        } else {
            grant.shownAgain(granted);
        }
        if (granted.durable()) {
            grant.durable = true;
            durable(Grant.place(lease));
        }
    }

    /**
     * A log is kept from its beginning: where a record is durable, so is every earlier one of its epoch. That makes durable what was
     * only called appended.
     */
    private void proveDurable(JobTrace job) {
        for (final JobTrace.Step step : job.steps) {
            final Call<?> call = step.call();
            final Grant grant = step.grant();
            if (call != null && call.to != Call.NO_ANSWER) {
                call.durable |= isDurable(call.place);
            } else if (grant != null) {
                grant.durable |= isDurable(Grant.place(grant.lease));
            }
        }
    }

    /** An accepted call has its record after it was made, and before it is answered; a repeated enqueue may have it from the first. */
    private void addLogTimes(JobTrace job) {
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            if (enqueue.isOk()) {
                logTimes.notBefore(enqueue.place, job.enqueues.get(0).invoked.atNs());
                logTimes.notAfter(enqueue.place, timesNs[enqueue.to]);
            }
        }
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.isOk()) {
                logTimes.notBefore(report.place, report.invoked.atNs());
                logTimes.notAfter(report.place, timesNs[report.to]);
            }
        }
        for (final Grant grant : job.grants) {
            logTimes.notAfter(Grant.place(grant.lease), grant.atNs);
        }
    }

    /** No lease of this token was granted before this time. */
    private long grantedAfterNs(JobTrace job, Lease lease) {
        final long enqueuedNs = job.enqueues.isEmpty()
                ? Long.MIN_VALUE
                : job.enqueues.get(0).invoked.atNs();
        return Math.max(enqueuedNs, logTimes.notBeforeNs(Grant.place(lease)));
    }

    private void boundLeases(JobTrace job, int leaseSlackMs) {
        for (final Grant grant : job.grants) {
            grant.grantedAfterNs = grantedAfterNs(job, grant.lease);
            grant.grantedBeforeNs = logTimes.notAfterNs(Grant.place(grant.lease));
            grant.heldUntilNs = heldUntilNs(grant, grant.grantedAfterNs, leaseSlackMs);
        }
        for (final Call<Entry.HeartbeatInvoked> heartbeat : job.heartbeats) {
            final Grant grant = job.grant(heartbeat.invoked.lease());
            if (grant != null) {
                if (heartbeat.isOk()) {
                    final long untilNs = heldUntilNs(grant, heartbeat.invoked.atNs(), leaseSlackMs);
                    grant.renewedUntilNs = Math.max(grant.renewedUntilNs, untilNs);
                    if (!isPowerLost(job.firstFrom(), heartbeat.to)) {
                        grant.renewedBeforeLossUntilNs = Math.max(grant.renewedBeforeLossUntilNs, untilNs);
                    }
                }
            }
        }
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            endBefore(job.grant(report.invoked.lease()), report.from);
        }
        for (final Call<Entry.ReturnInvoked> giveBack : job.returns) {
            returnBefore(job.grant(giveBack.invoked.lease()), giveBack.from);
        }
        for (final Grant grant : job.grants) {
            // A repeated call of a session that is about to close may take the lease along from the next session.
            final List<Integer> closes = closesOfWorker.getOrDefault(grant.worker, List.of());
            returnBefore(grant, firstClose(closes, job.firstFrom()));
        }
    }

    private static long heldUntilNs(Grant grant, long fromNs, int leaseSlackMs) {
        return fromNs == Long.MIN_VALUE
                ? Long.MIN_VALUE
                : fromNs + TimeUnit.MILLISECONDS.toNanos((long) grant.lease.leaseMs() - leaseSlackMs);
    }

    private static void endBefore(@Nullable Grant grant, int index) {
        if (grant != null) {
            grant.endIndex = Math.min(grant.endIndex, index);
        }
    }

    private static void returnBefore(@Nullable Grant grant, int index) {
        if (grant != null) {
            grant.endIndex = Math.min(grant.endIndex, index);
            grant.returnIndex = Math.min(grant.returnIndex, index);
        }
    }
}
