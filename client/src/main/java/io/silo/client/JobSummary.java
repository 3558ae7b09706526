package io.silo.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A job as a list shows it. {@link SiloClient#getJob} tells the rest.
 *
 * @param tenant {@code -} if it has none.
 * @param attempt number of the pending, running or last attempt; 0 = none yet.
 * @param changedAt when the status last changed.
 * @param startAt of the attempt that is pending; null = none is.
 */
public record JobSummary(
        String tenant,
        String id,
        String taskGroup,
        JobStatus status,
        int priority,
        int attempt,
        Instant changedAt,
        @Nullable Instant startAt) {}
