package io.silo.client;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/**
 * What became of one job of an import.
 *
 * @param job that was named.
 * @param rejected null if it was taken; else why not.
 * @param attempt number of the attempt that is to blame, from 1; 0 = none.
 * @param status where the job stands now; null if it was refused.
 */
public record ImportResult(
        JobRef job,
        @Nullable RejectReason rejected,
        int attempt,
        @Nullable JobStatus status) {
    /** Whether the job exists now as it was given. */
    public boolean isAccepted() {
        return rejected == null;
    }
}
