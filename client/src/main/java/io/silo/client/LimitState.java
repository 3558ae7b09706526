package io.silo.client;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A key of concurrency limits, with some of the jobs that hold slots or wait for one.
 *
 * @param holders some of them, those that began first in front.
 * @param waiters some of them, in order: by priority, start time and arrival. In different task groups the one whose worker asks first
 *     goes first.
 * @param floating null if nothing is known of it as a floating limit.
 */
public record LimitState(
        LimitSummary summary,
        List<Holder> holders,
        List<Waiter> waiters,
        @Nullable Floating floating) {
    /**
     * What workers found out for the jobs that name the key as a floating limit.
     *
     * @param max null = nothing yet.
     * @param refreshedAt null = never.
     * @param due from when on it is asked for again, while jobs wait.
     * @param failures in a row.
     * @param errorCode of the last of these; empty if none.
     */
    public record Floating(
            @Nullable Integer max, @Nullable Instant refreshedAt, Instant due, int failures, String errorCode) {}

    /**
     * Who holds a slot.
     *
     * @param since start of the lease.
     * @param ownMax what the job asks for itself.
     */
    public record Holder(String jobId, String taskGroup, String workerId, Instant since, int ownMax) {}

    /**
     * Who waits for a slot.
     *
     * @param ownMax what the job asks for itself; it does not count while a maximum is set.
     */
    public record Waiter(String jobId, String taskGroup, int priority, Instant startAt, int ownMax) {}
}
