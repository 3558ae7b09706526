package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/** A broker of one shard in two hundred lines, correct unless a mutation is switched on. State is copied record by record. */
final class ToyBroker {
    /** A bug that can be planted. */
    enum Mutation {
        NONE,
        DROP_JOB,
        SECOND_KEY,
        GRANT_TWICE,
        ACCEPT_LATE_REPORT,
        ACCEPT_OUTCOME_TWICE,
        REVIVE_LEASE,
        EXPIRE_EARLY,
        KEEP_ATTEMPT_NUMBER,
        RUN_AFTER_END,
        IGNORE_ORDER,
        IGNORE_LIMIT,
        READ_STALE,
        FORGET_OUTCOME,
        SPOIL_PAYLOAD,
        ACKNOWLEDGE_BEFORE_SYNC,
        LOSE_APPENDED_ON_KILL
    }

    /** What a call comes to. */
    record Reply(
            int code,
            LogPlace place,
            boolean durable,
            long jobKey,
            @Nullable JobSeen seen,
            List<Lease> leases) {}

    private static final class Job {
        final JobSpec spec;
        final long key;
        long startMs;
        String status = "SCHEDULED";
        int attempt = 1;
        int resultCrc;
        List<JobSeen.Ended> ended = new ArrayList<>();
        long changedAt;
        long epoch;
        long token;
        boolean reported;
        String worker = "";
        String session = "";
        long deadlineMs;

        Job(JobSpec spec, long key) {
            this.spec = spec;
            this.key = key;
        }

        Job copy() {
            final Job copy = new Job(spec, key);
            copy.startMs = startMs;
            copy.status = status;
            copy.attempt = attempt;
            copy.resultCrc = resultCrc;
            copy.ended = new ArrayList<>(ended);
            copy.changedAt = changedAt;
            copy.epoch = epoch;
            copy.token = token;
            copy.reported = reported;
            copy.worker = worker;
            copy.session = session;
            copy.deadlineMs = deadlineMs;
            return copy;
        }

        boolean isRunning() {
            return status.equals("RUNNING");
        }

        boolean holds(Lease lease) {
            return isRunning() && epoch == lease.epoch() && token == lease.token();
        }

        JobSeen seen(int payloadCrc) {
            final int shown = status.equals("SCHEDULED") && ended.isEmpty() ? 0 : attempt;
            final boolean success = status.equals("SUCCEEDED");
            return new JobSeen(status, shown, payloadCrc, success ? resultCrc : 0, List.copyOf(ended));
        }
    }

    /** State behind a record. */
    private record Version(long position, long nextKey, Map<JobRef, Job> jobs) {}

    /** States kept for reads that are out of date. */
    private static final int SYNCED_KEPT = 3;

    private final SplittableRandom random;
    private final Mutation mutation;
    private final List<Version> versions = new ArrayList<>();
    private final ArrayDeque<Map<JobRef, Job>> synced = new ArrayDeque<>(List.of(Map.of()));
    private final Set<String> closed = new HashSet<>();
    private Map<JobRef, Job> jobs = new HashMap<>();
    private long epoch = 1;
    private long position = 1;
    private long durablePosition = 1;
    private long nextKey = 1;
    private int planted;

    /** Highest position acknowledged as durable against the truth. */
    private long acknowledgedPosition;

    long nowMs = 1_000;

    ToyBroker(SplittableRandom random, Mutation mutation) {
        this.random = random;
        this.mutation = mutation;
        keepVersion();
    }

    /** How often the mutation did something. */
    int planted() {
        return planted;
    }

    private boolean plant(Mutation wanted) {
        if (mutation == wanted && random.nextInt(4) == 0) {
            planted++;
            return true;
        }
        return false;
    }

    private void keepVersion() {
        final Map<JobRef, Job> copy = new HashMap<>();
        jobs.forEach((ref, job) -> copy.put(ref, job.copy()));
        versions.add(new Version(position, nextKey, copy));
    }

    private long append() {
        position++;
        return position;
    }

    boolean isDurable(long at) {
        return at <= durablePosition;
    }

    /** Whether answers that ask for durability may leave, right or wrong. */
    boolean mayAcknowledge(Reply reply) {
        if (isDurable(reply.place.position())) {
            return true;
        }
        if (mutation == Mutation.ACKNOWLEDGE_BEFORE_SYNC) {
            acknowledgedPosition = Math.max(acknowledgedPosition, reply.place.position());
            return true;
        }
        return false;
    }

    void sync() {
        durablePosition = position;
        final Version last = versions.get(versions.size() - 1);
        versions.clear();
        versions.add(last);
        synced.addLast(last.jobs);
        if (synced.size() > SYNCED_KEPT) {
            synced.removeFirst();
        }
    }

    void kill() {
        if (mutation == Mutation.LOSE_APPENDED_ON_KILL && versions.size() > 1) {
            planted++;
            restore(versions.get(0));
        }
        reopen();
    }

    void losePower() {
        restore(versions.get(random.nextInt(versions.size())));
        if (acknowledgedPosition > position) {
            planted++;
            acknowledgedPosition = 0;
        }
        reopen();
    }

    private void restore(Version version) {
        jobs = new HashMap<>();
        version.jobs.forEach((ref, job) -> jobs.put(ref, job.copy()));
        position = version.position;
        nextKey = version.nextKey;
    }

    private void reopen() {
        epoch++;
        append();
        jobs.values().forEach(job -> {
            job.session = "";
            job.deadlineMs = nowMs + job.spec.leaseMs();
        });
        keepVersion();
        sync();
        closed.clear();
    }

    void expire() {
        for (final Job job : jobs.values()) {
            if (job.isRunning() && (job.deadlineMs <= nowMs || plant(Mutation.EXPIRE_EARLY))) {
                job.changedAt = append();
                if (job.session.isEmpty()) {
                    job.status = "SCHEDULED";
                } else {
                    end(job, new JobSeen.Ended(job.attempt, "FAILED", job.worker, "WORKER_CRASHED"));
                }
                keepVersion();
            }
        }
    }

    boolean isClosed(String session) {
        return closed.contains(session);
    }

    void close(String session) {
        closed.add(session);
        for (final Job job : jobs.values()) {
            if (job.isRunning() && job.session.equals(session)) {
                job.changedAt = append();
                job.status = "SCHEDULED";
                keepVersion();
            }
        }
    }

    private Reply reply(int code, long at) {
        return new Reply(code, new LogPlace(0, epoch, at), isDurable(at), 0, null, List.of());
    }

    private Reply reply(RejectReason reason, long at) {
        return reply(reason.code(), at);
    }

    Reply enqueue(JobSpec spec) {
        final Job existing = jobs.get(spec.job());
        if (existing != null && !plant(Mutation.SECOND_KEY)) {
            final boolean repeat = existing.spec.equals(spec);
            final Reply reply =
                    repeat ? reply(0, existing.changedAt) : reply(RejectReason.JOB_EXISTS, existing.changedAt);
            return new Reply(reply.code, reply.place, reply.durable, repeat ? existing.key : 0, null, List.of());
        }
        final long at = append();
        final Job job = new Job(spec, nextKey++);
        job.startMs = spec.startAtMs() == 0 ? nowMs : spec.startAtMs();
        job.changedAt = at;
        if (!plant(Mutation.DROP_JOB)) {
            jobs.put(spec.job(), job);
        }
        keepVersion();
        return new Reply(0, new LogPlace(0, epoch, at), isDurable(at), job.key, null, List.of());
    }

    Reply lease(String session, String worker, int max) {
        final List<Lease> leases = new ArrayList<>();
        final long at = position + 1;
        for (int i = 0; i < max; i++) {
            final Job job = next();
            if (job == null) {
                break;
            }
            if (job.isRunning() || isEnd(job)) {
                job.attempt = Math.min(job.attempt + 1, job.spec.retryCount() + 1);
            }
            job.status = "RUNNING";
            job.worker = worker;
            job.session = session;
            job.reported = false;
            job.epoch = epoch;
            job.token = LeaseToken.of(at, i);
            job.deadlineMs = nowMs + job.spec.leaseMs();
            job.changedAt = at;
            leases.add(lease(job));
        }
        if (!leases.isEmpty()) {
            append();
            keepVersion();
        }
        return new Reply(0, new LogPlace(0, epoch, at), isDurable(at), 0, null, leases);
    }

    /** Live leases of a worker, shown again. */
    Reply leaseAgain(String session, String worker) {
        final List<Lease> leases = new ArrayList<>();
        long at = 0;
        for (final Job job : jobs.values()) {
            if (job.isRunning() && job.worker.equals(worker)) {
                job.session = session;
                job.deadlineMs = nowMs + job.spec.leaseMs();
                leases.add(lease(job));
                at = Math.max(at, job.changedAt);
            }
        }
        return new Reply(0, new LogPlace(0, epoch, at), isDurable(at), 0, null, leases);
    }

    private Lease lease(Job job) {
        final JobSpec spec = job.spec;
        return new Lease(
                spec.job(),
                spec.taskGroup(),
                0,
                job.key,
                job.epoch,
                job.token,
                job.attempt,
                spec.priority(),
                job.startMs,
                spec.leaseMs(),
                plant(Mutation.SPOIL_PAYLOAD) ? spec.payloadCrc() + 1 : spec.payloadCrc());
    }

    private @Nullable Job next() {
        final List<Job> ready = new ArrayList<>();
        for (final Job job : jobs.values()) {
            final boolean waits = job.status.equals("SCHEDULED") && job.startMs <= nowMs;
            final boolean wrong =
                    job.isRunning() && plant(Mutation.GRANT_TWICE) || isEnd(job) && plant(Mutation.RUN_AFTER_END);
            if ((waits || wrong) && hasRoom(job)) {
                ready.add(job);
            }
        }
        ready.sort(Comparator.<Job>comparingInt(job -> job.spec.priority())
                .thenComparingLong(job -> job.startMs)
                .thenComparingLong(job -> job.key));
        if (ready.isEmpty()) {
            return null;
        }
        final boolean last = ready.size() > 1 && plant(Mutation.IGNORE_ORDER);
        return ready.get(last ? ready.size() - 1 : 0);
    }

    private static boolean isEnd(Job job) {
        return !job.isRunning() && !job.status.equals("SCHEDULED");
    }

    private boolean hasRoom(Job wanted) {
        for (final JobSpec.Limit limit : wanted.spec.limits()) {
            final IntPredicate fits = held -> held < limit.max();
            int held = 0;
            for (final Job job : jobs.values()) {
                final boolean named =
                        job.spec.limits().stream().anyMatch(other -> other.key().equals(limit.key()));
                held += named && job.isRunning() && job != wanted ? 1 : 0;
            }
            if (!fits.test(held) && !plant(Mutation.IGNORE_LIMIT)) {
                return false;
            }
        }
        return true;
    }

    Reply report(Lease lease, String outcome, String errorCode, int resultCrc) {
        final Job job = jobs.get(lease.job());
        if (job == null || job.key != lease.jobKey()) {
            return reply(RejectReason.LEASE_NOT_FOUND, -1);
        }
        final boolean late = !job.holds(lease) && job.isRunning() && plant(Mutation.ACCEPT_LATE_REPORT);
        final boolean again = !job.isRunning()
                && job.epoch == lease.epoch()
                && job.token == lease.token()
                && job.reported
                && plant(Mutation.ACCEPT_OUTCOME_TWICE);
        if (!job.holds(lease) && !late && !again) {
            final boolean repeat =
                    !job.isRunning() && job.epoch == lease.epoch() && job.token == lease.token() && job.reported;
            return reply(repeat ? RejectReason.ALREADY_REPORTED : RejectReason.LEASE_NOT_FOUND, job.changedAt);
        }
        final long at = append();
        job.changedAt = at;
        if (!again && !plant(Mutation.FORGET_OUTCOME)) {
            job.reported = true;
            job.resultCrc = resultCrc;
            end(job, new JobSeen.Ended(job.attempt, outcome, job.worker, errorCode));
        }
        keepVersion();
        return reply(0, at);
    }

    private void end(Job job, JobSeen.Ended ended) {
        if (ended.outcome().equals("FAILED") && plant(Mutation.KEEP_ATTEMPT_NUMBER)) {
            job.status = "SCHEDULED";
            return;
        }
        job.ended.add(ended);
        if (ended.outcome().equals("FAILED") && job.attempt <= job.spec.retryCount()) {
            job.status = "SCHEDULED";
            job.attempt++;
            job.startMs = nowMs;
        } else {
            job.status = ended.outcome();
        }
    }

    Reply giveBack(Lease lease) {
        final Job job = jobs.get(lease.job());
        if (job == null || job.key != lease.jobKey() || !job.holds(lease)) {
            return reply(RejectReason.LEASE_NOT_FOUND, -1);
        }
        job.changedAt = append();
        job.status = "SCHEDULED";
        keepVersion();
        return reply(0, job.changedAt);
    }

    Reply heartbeat(String session, Lease lease) {
        final Job job = jobs.get(lease.job());
        if (job != null && job.key == lease.jobKey() && job.holds(lease)) {
            job.session = session;
            job.deadlineMs = nowMs + job.spec.leaseMs();
            return reply(0, -1);
        }
        return plant(Mutation.REVIVE_LEASE) ? reply(0, -1) : reply(RejectReason.LEASE_NOT_FOUND, -1);
    }

    Reply read(JobRef ref) {
        Job job = jobs.get(ref);
        final Job old = synced.getFirst().get(ref);
        if (mutation == Mutation.READ_STALE && (old == null || job == null || old.changedAt != job.changedAt)) {
            planted += job == null ? 0 : 1;
            job = old;
        }
        if (job == null) {
            return reply(RejectReason.JOB_NOT_FOUND, -1);
        }
        final int payloadCrc = plant(Mutation.SPOIL_PAYLOAD) ? job.spec.payloadCrc() + 1 : job.spec.payloadCrc();
        return new Reply(
                0,
                new LogPlace(0, epoch, job.changedAt),
                isDurable(job.changedAt),
                job.key,
                job.seen(payloadCrc),
                List.of());
    }
}
