package io.silo.client;

import io.silo.protocol.RejectReason;
import java.util.concurrent.CompletableFuture;

/**
 * A task that was leased by the id of its job, by an operator or a test. Nobody renews its lease but {@link #heartbeat}, and
 * closing the client gives it back. Any thread.
 */
public final class LeasedTask {
    // As a worker's: a server that gives up an upload thrice in a row does not want it.
    private static final int UPLOAD_ATTEMPTS = 3;

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
        return client.submit(new LeaseCalls.Renew(data, workerId, client.deadlineNs()))
                .whenComplete((cancelled, failure) -> {
                    if (failure == null && cancelled) {
                        task.cancel();
                    } else if (failure instanceof SiloException told && told.reason() == RejectReason.LEASE_NOT_FOUND) {
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
        return result.kind == TaskResult.Kind.SNOOZE ? giveBack(result.snoozeMs) : report(result, UPLOAD_ATTEMPTS);
    }

    private CompletableFuture<Boolean> report(TaskResult result, int attemptsLeft) {
        return client.withMap().thenCompose(map -> {
            if (result.data.size() <= map.inlineBytesMax()) {
                return send(result, 0);
            }
            return client.upload(result.data.bytes(), ShardMap.hash(data.tenant()))
                    .thenCompose(uploadId -> send(result, uploadId))
                    .exceptionallyCompose(failure -> {
                        final SiloException told = SiloClient.unwrap(failure);
                        return told.reason() == RejectReason.UPLOAD_NOT_FOUND && attemptsLeft > 1
                                ? report(result, attemptsLeft - 1)
                                : CompletableFuture.failedFuture(told);
                    });
        });
    }

    private CompletableFuture<Boolean> send(TaskResult result, long uploadId) {
        return client.submit(
                new LeaseCalls.Report(data, result, uploadId, client.settings().durability, client.deadlineNs()));
    }

    /** Gives the lease back unspent: others may have the task at once. */
    public void giveBack() {
        SiloClient.join(giveBack(0));
    }

    private CompletableFuture<Boolean> giveBack(long snoozeMs) {
        return client.submit(
                new LeaseCalls.Return(data, workerId, snoozeMs, client.settings().durability, client.deadlineNs()));
    }
}
