package io.silo.client;

import io.silo.protocol.RejectReason;
import org.jspecify.annotations.Nullable;

/**
 * What became of one job that was to be cancelled, restarted, expedited or deleted.
 *
 * @param job that was named.
 * @param rejected null if the change was made; else why not.
 * @param status after the call; null of a job that is not there, or not any more.
 */
public record JobChange(
        JobRef job,
        @Nullable RejectReason rejected,
        @Nullable JobStatus status) {
    /** Whether the change was made. */
    public boolean isAccepted() {
        return rejected == null;
    }
}
