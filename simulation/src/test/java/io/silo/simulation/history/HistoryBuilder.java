package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Writes a history entry by entry, as one shard would have brought it about. Each entry is 1 ms after the one before. */
final class HistoryBuilder {
    static final String GROUP = "g";
    static final int OK = RejectReason.OK;
    static final int PAYLOAD = 11;
    static final int RESULT = 22;
    static final int LEASE_MS = 10_000;

    private final List<Entry> entries = new ArrayList<>();
    private final Map<String, Long> keys = new HashMap<>();
    private final Map<String, JobSpec> specs = new HashMap<>();
    private long nowMs = 1_000;
    private long calls;
    private long epoch = 1;
    private long position = 1;
    private boolean durable = true;
    private boolean named = true;

    List<Entry> entries() {
        return entries;
    }

    // ---- the frame

    HistoryBuilder afterMs(long ms) {
        nowMs += ms;
        return this;
    }

    /** What is answered from here on is only appended. */
    HistoryBuilder appended() {
        durable = false;
        return this;
    }

    HistoryBuilder durable() {
        durable = true;
        return this;
    }

    /** Answers name no log position from here on. */
    HistoryBuilder withoutPlaces() {
        named = false;
        return this;
    }

    HistoryBuilder killed() {
        epoch++;
        add(new Entry.ProcessKilled(ns()));
        return this;
    }

    HistoryBuilder powerLost() {
        epoch++;
        add(new Entry.PowerLost(ns()));
        return this;
    }

    HistoryBuilder closed(String worker) {
        add(new Entry.SessionClosed(ns(), "client-" + worker, worker));
        return this;
    }

    private void add(Entry entry) {
        entries.add(entry);
        nowMs++;
    }

    private long ns() {
        return nowMs * 1_000_000;
    }

    private LogPlace nextPlace() {
        final long at = position++;
        return named ? new LogPlace(0, epoch, at) : LogPlace.NONE;
    }

    // ---- limits

    /** Asks for another maximum of a limit of all jobs here; {@link Entry.LimitInvoked#OWN} = none. */
    long setLimit(String key, int max) {
        add(new Entry.LimitInvoked(ns(), ++calls, "operator", new LimitKey(0, "t", key), max));
        return calls;
    }

    HistoryBuilder limitSet(String key, int max) {
        final long call = setLimit(key, max);
        add(new Entry.LimitAnswered(ns(), call, OK, nextPlace(), durable));
        return this;
    }

    HistoryBuilder holdersDropped(String key) {
        add(new Entry.HoldersDropped(ns(), "operator", new LimitKey(0, "t", key)));
        return this;
    }

    // ---- enqueue

    static JobSpec spec(String id) {
        return spec(id, 0);
    }

    static JobSpec spec(String id, int retries, JobSpec.Limit... limits) {
        return new JobSpec(new JobRef("t", id), GROUP, 10, 0, retries, LEASE_MS, PAYLOAD, List.of(limits));
    }

    static JobSpec urgent(String id, int priority) {
        return new JobSpec(new JobRef("t", id), GROUP, priority, 0, 0, LEASE_MS, PAYLOAD, List.of());
    }

    long enqueue(JobSpec spec) {
        specs.putIfAbsent(spec.job().id(), spec);
        keys.putIfAbsent(spec.job().id(), keys.size() + 1L);
        add(new Entry.EnqueueInvoked(ns(), ++calls, "producer", spec, durable));
        return calls;
    }

    HistoryBuilder enqueueAnswered(long call, int code, long jobKey) {
        add(new Entry.EnqueueAnswered(ns(), call, code, jobKey, nextPlace(), durable));
        return this;
    }

    /** Accepted. */
    HistoryBuilder enqueued(JobSpec spec) {
        final long call = enqueue(spec);
        return enqueueAnswered(call, OK, keys.get(spec.job().id()));
    }

    HistoryBuilder enqueued(String id) {
        return enqueued(spec(id));
    }

    // ---- leases

    /** A lease as the next record grants it; nobody has received it yet. */
    Lease lease(String id, int attempt) {
        return lease(id, attempt, PAYLOAD);
    }

    Lease lease(String id, int attempt, int payloadCrc) {
        final JobSpec spec = specs.getOrDefault(id, spec(id));
        return new Lease(
                new JobRef("t", id),
                GROUP,
                0,
                keys.getOrDefault(id, 99L),
                epoch,
                LeaseToken.of(position++, 0),
                attempt,
                spec.priority(),
                500,
                spec.leaseMs(),
                payloadCrc);
    }

    HistoryBuilder received(Lease lease, String worker) {
        add(new Entry.Granted(ns(), "client-" + worker, worker, lease, durable));
        return this;
    }

    Lease granted(String id, int attempt, String worker) {
        final Lease lease = lease(id, attempt);
        received(lease, worker);
        return lease;
    }

    long heartbeat(Lease lease, String worker) {
        add(new Entry.HeartbeatInvoked(ns(), ++calls, "client-" + worker, worker, lease));
        return calls;
    }

    HistoryBuilder heartbeatAnswered(long call, int code) {
        add(new Entry.HeartbeatAnswered(ns(), call, code));
        return this;
    }

    HistoryBuilder renewed(Lease lease, String worker) {
        return heartbeatAnswered(heartbeat(lease, worker), OK);
    }

    long giveBack(Lease lease, String worker) {
        add(new Entry.ReturnInvoked(ns(), ++calls, "client-" + worker, worker, lease, 0, durable));
        return calls;
    }

    HistoryBuilder returned(Lease lease, String worker) {
        final long call = giveBack(lease, worker);
        add(new Entry.ReturnAnswered(ns(), call, OK, nextPlace(), durable));
        return this;
    }

    /** Accepted, for so long. */
    HistoryBuilder snoozed(Lease lease, String worker, long ms) {
        add(new Entry.ReturnInvoked(ns(), ++calls, "client-" + worker, worker, lease, ms, durable));
        add(new Entry.ReturnAnswered(ns(), calls, OK, nextPlace(), durable));
        return this;
    }

    // ---- changes

    long change(String id, Entry.Change change) {
        add(new Entry.ChangeInvoked(ns(), ++calls, "operator", new JobRef("t", id), change, durable));
        return calls;
    }

    /** Accepted. */
    HistoryBuilder changed(String id, Entry.Change change, String status) {
        final long call = change(id, change);
        add(new Entry.ChangeAnswered(ns(), call, OK, keys.getOrDefault(id, 99L), status, nextPlace(), durable));
        return this;
    }

    // ---- outcomes

    long report(Lease lease, String worker, String outcome, String errorCode, int resultCrc) {
        add(new Entry.ReportInvoked(
                ns(), ++calls, "client-" + worker, worker, lease, outcome, errorCode, resultCrc, durable));
        return calls;
    }

    HistoryBuilder reportAnswered(long call, int code) {
        add(new Entry.ReportAnswered(ns(), call, code, nextPlace(), durable));
        return this;
    }

    long succeeding(Lease lease, String worker) {
        return report(lease, worker, "SUCCEEDED", "", RESULT);
    }

    HistoryBuilder succeeded(Lease lease, String worker) {
        return reportAnswered(succeeding(lease, worker), OK);
    }

    HistoryBuilder failed(Lease lease, String worker) {
        return reportAnswered(report(lease, worker, "FAILED", "E", 0), OK);
    }

    // ---- reads

    long read(String id) {
        add(new Entry.ReadInvoked(ns(), ++calls, "reader", new JobRef("t", id)));
        return calls;
    }

    HistoryBuilder notFound(long call) {
        add(new Entry.ReadAnswered(ns(), call, RejectReason.JOB_NOT_FOUND.code(), null, LogPlace.NONE));
        return this;
    }

    HistoryBuilder readAnswered(long call, JobSeen seen) {
        add(new Entry.ReadAnswered(ns(), call, OK, seen, LogPlace.NONE));
        return this;
    }

    HistoryBuilder readAnswered(long call, JobSeen seen, long atPosition) {
        add(new Entry.ReadAnswered(ns(), call, OK, seen, new LogPlace(0, epoch, atPosition)));
        return this;
    }

    HistoryBuilder notFound(String id) {
        return notFound(read(id));
    }

    HistoryBuilder seen(String id, JobSeen seen) {
        return readAnswered(read(id), seen);
    }

    long lastPosition() {
        return position - 1;
    }

    static JobSeen scheduled(int attempt, JobSeen.Ended... ended) {
        return new JobSeen("SCHEDULED", attempt, PAYLOAD, 0, List.of(ended));
    }

    static JobSeen running(int attempt, JobSeen.Ended... ended) {
        return new JobSeen("RUNNING", attempt, PAYLOAD, 0, List.of(ended));
    }

    static JobSeen finished(String status, JobSeen.Ended... ended) {
        return new JobSeen(status, ended.length, PAYLOAD, status.equals("SUCCEEDED") ? RESULT : 0, List.of(ended));
    }

    static JobSeen.Ended success(int attempt, String worker) {
        return new JobSeen.Ended(attempt, "SUCCEEDED", worker, "");
    }

    static JobSeen.Ended failure(int attempt, String worker) {
        return new JobSeen.Ended(attempt, "FAILED", worker, "E");
    }

    static JobSeen.Ended expiry(int attempt, String worker) {
        return new JobSeen.Ended(attempt, "FAILED", worker, "WORKER_CRASHED");
    }
}
