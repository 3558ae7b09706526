package io.silo.shard.state;

import io.silo.protocol.event.JobEnqueuedDecoder;

/** The limits that a JobEnqueued event names. */
public final class JobLimits {
    private JobLimits() {}

    /** Goes behind the group, which stands first. Returns how many there are. */
    public static int skip(JobEnqueuedDecoder job) {
        int count = 0;
        for (final JobEnqueuedDecoder.LimitsDecoder limit = job.limits(); limit.hasNext(); count++) {
            limit.next();
            limit.skipKey();
            limit.skipDetails();
        }
        return count;
    }
}
