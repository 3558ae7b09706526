package io.silo.client;

import java.time.Instant;
import java.util.List;

/**
 * A key of concurrency limits, with some of the jobs that hold slots or wait for one.
 *
 * @param holders some of them, those that began first in front.
 * @param waiters some of them, in order: by priority, start time and arrival. In different task groups the one whose worker asks first
 *     goes first.
 */
public record LimitState(LimitSummary summary, List<Holder> holders, List<Waiter> waiters) {
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
