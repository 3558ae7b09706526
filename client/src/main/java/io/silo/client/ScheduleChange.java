package io.silo.client;

import io.silo.protocol.RejectReason;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one schedule that was to be paused, resumed or deleted.
 *
 * @param schedule that was named.
 * @param rejected null if it is now as it was to be; else why not.
 * @param nextFireAt when it fires next; null = it does not.
 */
public record ScheduleChange(
        ScheduleRef schedule,
        @Nullable RejectReason rejected,
        @Nullable Instant nextFireAt) {
    /** Whether it is now as it was to be. */
    public boolean isAccepted() {
        return rejected == null;
    }
}
