package io.silo.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One try at a job.
 *
 * @param number from 1.
 * @param status how it stands.
 * @param lease that it ran under; null if it had none, as one that was imported or came up too late.
 * @param workerId who leased it.
 * @param startedAt when it was leased.
 * @param finishedAt when it ended; null while it runs.
 * @param errorCode of a failure; else null.
 * @param result of a success, or data of a failure.
 */
public record Attempt(
        int number,
        AttemptStatus status,
        @Nullable LeaseId lease,
        String workerId,
        Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable String errorCode,
        Payload result) {
    Attempt at(long tenantHash) {
        return lease == null
                ? this
                : new Attempt(
                        number,
                        status,
                        new LeaseId(tenantHash, lease.jobKey(), lease.tokenEpoch(), lease.token()),
                        workerId,
                        startedAt,
                        finishedAt,
                        errorCode,
                        result);
    }
}
