package io.silo.client;

import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * A task that was leased by a call, not by a subscription. Nobody renews its lease but {@link #heartbeat}, and
 * closing the client gives it back. Any thread.
 */
public final class LeasedTask {
    private final SiloClient client;
    private final TaskData data;
    private final String workerId;
    private final Task task;

    LeasedTask(SiloClient client, TaskData data, String workerId, Payload payload) {
        this.client = client;
        this.data = data;
        this.workerId = workerId;
        this.task = new Task(data, payload, Runnable::run);
    }

    /** What is to be done. */
    public Task task() {
        return task;
    }

    /** Names the lease, for {@link Leases}. */
    public LeaseId leaseId() {
        return data.leaseId();
    }

    /** How long the lease lasts from its grant and from each renewal. */
    public Duration leaseLength() {
        return Duration.ofMillis(data.leaseMs());
    }

    /** Whose the lease is. */
    public String workerId() {
        return workerId;
    }

    /**
     * Renews the lease.
     *
     * @return whether the job is to be cancelled. Throws {@code LEASE_NOT_FOUND} if the lease is gone.
     */
    public boolean heartbeat() {
        return SiloClient.join(heartbeatAsync());
    }

    /** As {@link #heartbeat}, without waiting. */
    public CompletableFuture<Boolean> heartbeatAsync() {
        return client.leases()
                .heartbeat(data.leaseId(), workerId)
                .thenApply(Optional::isPresent)
                .whenComplete((cancelled, failure) -> {
                    if (failure == null && cancelled) {
                        task.cancel();
                    } else if (failure != null && SiloClient.unwrap(failure).reason() == RejectReason.LEASE_NOT_FOUND) {
                        task.loseLease();
                    }
                });
    }

    /** Ends the attempt, or snoozes it. Throws {@code LEASE_NOT_FOUND} if the lease is gone. */
    public void report(TaskResult result) {
        SiloClient.join(reportAsync(result));
    }

    /** As {@link #report}, without waiting. */
    public CompletableFuture<Boolean> reportAsync(TaskResult result) {
        return result.kind == TaskResult.Kind.SNOOZE
                ? giveBack(result.snoozeMs)
                : client.leases().report(data.leaseId(), result).exceptionallyCompose(failure -> {
                    final SiloException told = SiloClient.unwrap(failure);
                    return told.reason() == RejectReason.ALREADY_REPORTED
                            ? CompletableFuture.completedFuture(true)
                            : CompletableFuture.failedFuture(told);
                });
    }

    /** Gives the lease back unspent: others may have the task at once. */
    public void giveBack() {
        SiloClient.join(giveBackAsync());
    }

    /** As {@link #giveBack}, without waiting. */
    public CompletableFuture<Boolean> giveBackAsync() {
        return giveBack(0);
    }

    private CompletableFuture<Boolean> giveBack(long snoozeMs) {
        return client.leases().giveBack(data.leaseId(), workerId, snoozeMs);
    }
}
