package io.silo.client;

import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What became of one lease of a batch.
 *
 * @param refused null if it was renewed, reported or returned; else why not.
 * @param retryAfter with {@code BUSY} when the server has room for it; otherwise zero.
 * @param cancelledAt of a renewed lease when its job was asked to be cancelled; null = it was not.
 */
public record LeaseAnswer(
        @Nullable RejectReason refused,
        Duration retryAfter,
        @Nullable Instant cancelledAt) {
    private static final LeaseAnswer DONE = new LeaseAnswer(null, Duration.ZERO, null);

    static LeaseAnswer of(@Nullable RejectReason refused) {
        return refused == null ? DONE : new LeaseAnswer(refused, Duration.ZERO, null);
    }

    static LeaseAnswer cancelled(Instant at) {
        return new LeaseAnswer(null, Duration.ZERO, at);
    }

    static LeaseAnswer of(SiloException failure) {
        return new LeaseAnswer(failure.reason(), failure.retryAfter(), null);
    }
}
