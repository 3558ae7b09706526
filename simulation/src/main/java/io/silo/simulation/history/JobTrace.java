package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All that a history says of one job, each list in the order of entries. Filled in by {@link Timeline} alone. */
final class JobTrace {
    /** An entry about the job: exactly one of call and grant is there. */
    record Step(int index, @Nullable Call<?> call, @Nullable Grant grant) {}

    /** Epoch and token of a lease. */
    record TokenKey(long epoch, long token) {}

    final JobRef ref;
    final List<Step> steps = new ArrayList<>();
    final List<Call<Entry.EnqueueInvoked>> enqueues = new ArrayList<>();
    final List<Call<Entry.ReportInvoked>> reports = new ArrayList<>();
    final List<Call<Entry.ReturnInvoked>> returns = new ArrayList<>();
    final List<Call<Entry.HeartbeatInvoked>> heartbeats = new ArrayList<>();
    final List<Call<Entry.ReadInvoked>> reads = new ArrayList<>();
    final List<Call<Entry.ChangeInvoked>> changes = new ArrayList<>();
    final List<Grant> grants = new ArrayList<>();
    final Map<TokenKey, Grant> grantsByToken = new HashMap<>();
    private @Nullable List<Grant> byToken;

    JobTrace(JobRef ref) {
        this.ref = ref;
    }

    static TokenKey key(Lease lease) {
        return new TokenKey(lease.epoch(), lease.token());
    }

    @Nullable
    Grant grant(Lease lease) {
        return grantsByToken.get(key(lease));
    }

    /** Whether anything was done to it from outside, which other rules are for. */
    boolean isOperated() {
        return !changes.isEmpty();
    }

    /** Index of the entry before which the job was not there; 0 if nobody is known to have enqueued it. */
    int firstFrom() {
        return enqueues.isEmpty() ? 0 : enqueues.get(0).from;
    }

    /** Its one definition; null if clients disagree, or nobody is known to have enqueued it. */
    @Nullable
    JobSpec spec() {
        JobSpec one = null;
        for (final Call<Entry.EnqueueInvoked> enqueue : enqueues) {
            final JobSpec spec = enqueue.invoked.spec();
            if (one != null && !one.equals(spec)) {
                return null;
            }
            one = spec;
        }
        return one;
    }

    /** Whether a payload may be the job's. */
    boolean isPayload(int crc) {
        for (final Call<Entry.EnqueueInvoked> enqueue : enqueues) {
            if (enqueue.invoked.spec().payloadCrc() == crc) {
                return true;
            }
        }
        return enqueues.isEmpty();
    }

    /** Its leases as they were granted. */
    List<Grant> grantsByToken() {
        List<Grant> sorted = byToken;
        if (sorted == null) {
            sorted = new ArrayList<>(grants);
            sorted.sort(Grant.BY_TOKEN);
            byToken = sorted;
        }
        return sorted;
    }
}
