package io.silo.gateway;

import io.silo.client.JobRef;
import io.silo.client.LeaseId;
import io.silo.client.LeasedRefresh;
import io.silo.client.LeasedTask;
import io.silo.client.Leases;
import io.silo.client.SiloClient;
import io.silo.client.TaskPoll;
import io.silo.client.TaskResult;
import io.silo.grpc.v1.HeartbeatRequest;
import io.silo.grpc.v1.HeartbeatResponse;
import io.silo.grpc.v1.LeaseTaskRequest;
import io.silo.grpc.v1.LeaseTaskResponse;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.LeaseTasksResponse;
import io.silo.grpc.v1.RefreshFloatingLimitTask;
import io.silo.grpc.v1.ReportOutcomeRequest;
import io.silo.grpc.v1.ReportOutcomeResponse;
import io.silo.grpc.v1.ReportRefreshOutcomeRequest;
import io.silo.grpc.v1.ReportRefreshOutcomeResponse;
import io.silo.grpc.v1.Task;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/** The calls of workers: they poll for tasks, renew their leases and report outcomes. Stateless but for where the shards are; any thread. */
final class TaskCalls {
    /** How long a call that found nothing waits for something: as workers of this interface expect it (behaviour LEASE-4). */
    private static final Duration SHORT_POLL = Duration.ofMillis(25);

    /** Of a worker that has none; a shard asks for one. */
    private static final String NO_WORKER = "-";

    /** Of a failure that has none; a shard asks for one. */
    static final String NO_ERROR_CODE = "UNKNOWN";

    private final ShardAddresses addresses;

    TaskCalls(ShardAddresses addresses) {
        this.addresses = addresses;
    }

    // ---- LeaseTasks

    CompletableFuture<LeaseTasksResponse> leaseTasks(SiloClient client, LeaseTasksRequest request) {
        if (request.getTaskGroup().isEmpty()) {
            throw Refusals.invalid("task_group is required");
        }
        final List<ServedShard> asked = new ArrayList<>();
        if (request.hasShard()) {
            asked.add(addresses.find(request.getShard()));
        } else {
            asked.addAll(addresses.shards());
            Collections.shuffle(asked);
        }
        final int max = request.getMaxTasks() < 0
                ? Bounds.TASKS_PER_CALL_MAX
                : Math.min(request.getMaxTasks(), Bounds.TASKS_PER_CALL_MAX);
        final LeaseTasksResponse.Builder found = LeaseTasksResponse.newBuilder();
        if (max == 0 || asked.isEmpty()) {
            return CompletableFuture.completedFuture(found.build());
        }
        return leaseFrom(client, request, asked, 0, max, found)
                .thenCompose(looked -> isEmpty(found)
                        ? leaseFrom(client, request, asked.get(0), max, SHORT_POLL, found)
                        : CompletableFuture.completedFuture(null))
                .thenApply(done -> found.build());
    }

    private static boolean isEmpty(LeaseTasksResponse.Builder found) {
        return found.getTasksCount() == 0 && found.getRefreshTasksCount() == 0;
    }

    /** One shard after the other, until there are enough. What one refuses takes nothing from what others gave (behaviour LEASE-16). */
    private CompletableFuture<Void> leaseFrom(
            SiloClient client,
            LeaseTasksRequest request,
            List<ServedShard> shards,
            int index,
            int max,
            LeaseTasksResponse.Builder found) {
        if (index == shards.size() || found.getTasksCount() >= max) {
            return CompletableFuture.completedFuture(null);
        }
        return leaseFrom(client, request, shards.get(index), max - found.getTasksCount(), Duration.ZERO, found)
                .exceptionallyCompose(failed -> shards.size() == 1 || index + 1 == shards.size() && isEmpty(found)
                        ? CompletableFuture.failedFuture(failed)
                        : CompletableFuture.completedFuture(null))
                .thenCompose(asked -> leaseFrom(client, request, shards, index + 1, max, found));
    }

    private CompletableFuture<Void> leaseFrom(
            SiloClient client,
            LeaseTasksRequest request,
            ServedShard shard,
            int max,
            Duration wait,
            LeaseTasksResponse.Builder found) {
        final Leases leases = client.leases();
        final CompletableFuture<List<LeasedTask>> tasks = leases.poll(poll(request, shard, max, wait));
        // Whatever it is refused for, it takes no task from the answer: they are leased already.
        final CompletableFuture<List<LeasedRefresh>> refreshes = leases.pollRefreshes(
                        poll(request, shard, Math.min(max, Bounds.REFRESHES_PER_CALL_MAX), Duration.ZERO))
                .exceptionally(refused -> List.of());
        return tasks.thenCombine(refreshes, (leased, due) -> {
            leased.forEach(task -> found.addTasks(task(shard, task)));
            due.forEach(refresh -> found.addRefreshTasks(refresh(shard, request.getTaskGroup(), refresh)));
            return null;
        });
    }

    private static TaskPoll poll(LeaseTasksRequest request, ServedShard shard, int max, Duration wait) {
        return new TaskPoll(shard.rangeFirst(), "", request.getTaskGroup(), worker(request.getWorkerId()), max, wait);
    }

    private static String worker(String given) {
        return given.isEmpty() ? NO_WORKER : given;
    }

    /** Nobody will report what a caller who has gone was given: others may have it at once (behaviour LEASE-14). */
    void giveBack(SiloClient client, LeaseTasksRequest request, LeaseTasksResponse unheard) {
        for (final Task task : unheard.getTasksList()) {
            final LeaseId lease = TaskIds.parse(addresses.find(task.getShard()), task.getId());
            var unused = client.leases()
                    .giveBack(lease, worker(request.getWorkerId()))
                    .exceptionally(gone -> false); // it runs out
        }
    }

    // ---- LeaseTask

    CompletableFuture<LeaseTaskResponse> leaseTask(SiloClient client, LeaseTaskRequest request) {
        final ServedShard shard = addresses.find(request.getShard());
        final JobRef job = addresses.job(request.getShard(), request.getTenant(), request.getId());
        if (request.getWorkerId().isEmpty()) {
            throw Refusals.invalid("worker_id is required");
        }
        return Answers.reworded(
                client.leaseJobAsync(job.tenant(), job.id(), request.getWorkerId())
                        .thenApply(leased -> LeaseTaskResponse.newBuilder()
                                .setTask(task(shard, leased))
                                .build()),
                (reason, sentence) -> Answers.cannot(
                        "lease",
                        client,
                        job,
                        reason,
                        reason == RejectReason.JOB_ALREADY_CANCELLED ? "job is cancelled" : sentence));
    }

    static Task task(ServedShard shard, LeasedTask leased) {
        final io.silo.client.Task task = leased.task();
        final Task.Builder builder = Task.newBuilder()
                .setId(TaskIds.text(leased.leaseId()))
                .setJobId(task.id())
                .setAttemptNumber(task.attempt())
                .setRelativeAttemptNumber(task.relativeAttempt())
                .setIsLastAttempt(task.isLastAttempt())
                .putAllMetadata(task.metadata())
                .setPayload(Messages.bytes(task.payload()))
                .setPriority(task.priority())
                .setShard(shard.id().toString())
                .setTaskGroup(task.taskGroup())
                .setLeaseMs(leased.leaseLength().toMillis());
        task.limits().forEach(limit -> builder.addLimits(Messages.limit(limit)));
        if (!task.tenant().equals(ShardAddresses.NO_TENANT)) {
            builder.setTenantId(task.tenant());
        }
        return builder.build();
    }

    private static RefreshFloatingLimitTask refresh(ServedShard shard, String taskGroup, LeasedRefresh leased) {
        final Instant refreshedAt = leased.task().refreshedAt();
        final RefreshFloatingLimitTask.Builder builder = RefreshFloatingLimitTask.newBuilder()
                .setId(TaskIds.text(leased.lease()))
                .setQueueKey(leased.task().key())
                .setCurrentMaxConcurrency(leased.task().max())
                .setLastRefreshedAtMs(refreshedAt == null ? 0 : refreshedAt.toEpochMilli())
                .putAllMetadata(leased.task().metadata())
                .setLeaseMs(leased.length().toMillis())
                .setShard(shard.id().toString())
                .setTaskGroup(taskGroup);
        if (!leased.task().tenant().equals(ShardAddresses.NO_TENANT)) {
            builder.setTenantId(leased.task().tenant());
        }
        return builder.build();
    }

    // ---- what workers say of their leases

    CompletableFuture<HeartbeatResponse> heartbeat(SiloClient client, HeartbeatRequest request) {
        final ServedShard shard = addresses.ofWorker(request.getShard(), request.getTenantId());
        final LeaseId lease = TaskIds.parse(shard, request.getTaskId());
        if (TaskIds.isRefresh(lease)) {
            return client.leases().heartbeatRefresh(lease).thenApply(renewed -> HeartbeatResponse.getDefaultInstance());
        }
        return client.leases().heartbeat(lease, worker(request.getWorkerId())).thenApply(cancelledAt -> {
            final HeartbeatResponse.Builder response =
                    HeartbeatResponse.newBuilder().setCancelled(cancelledAt.isPresent());
            cancelledAt.ifPresent(at -> response.setCancelledAtMs(at.toEpochMilli()));
            return response.build();
        });
    }

    CompletableFuture<ReportOutcomeResponse> reportOutcome(SiloClient client, ReportOutcomeRequest request) {
        final ServedShard shard = addresses.ofWorker(request.getShard(), request.getTenantId());
        final TaskResult result = switch (request.getOutcomeCase()) {
            case SUCCESS -> TaskResult.success(Messages.payload(request.getSuccess()));
            case FAILURE ->
                TaskResult.fail(
                        errorCode(request.getFailure().getCode()),
                        Messages.payload(request.getFailure().getData()));
            case CANCELLED -> TaskResult.cancelled();
            case OUTCOME_NOT_SET -> throw Refusals.invalid("missing outcome");
        };
        final LeaseId lease = TaskIds.parse(shard, request.getTaskId());
        if (TaskIds.isRefresh(lease)) {
            throw Refusals.precondition("the task is a RefreshFloatingLimit; use ReportRefreshOutcome");
        }
        return client.leases().report(lease, result).thenApply(done -> ReportOutcomeResponse.getDefaultInstance());
    }

    /** A failure without a code is one all the same. */
    static String errorCode(String given) {
        return given.isEmpty() ? NO_ERROR_CODE : given;
    }

    CompletableFuture<ReportRefreshOutcomeResponse> reportRefresh(
            SiloClient client, ReportRefreshOutcomeRequest request) {
        final ServedShard shard = addresses.ofWorker(request.getShard(), request.getTenantId());
        if (request.getOutcomeCase() == ReportRefreshOutcomeRequest.OutcomeCase.OUTCOME_NOT_SET) {
            throw Refusals.invalid("missing outcome");
        }
        final LeaseId lease = TaskIds.parse(shard, request.getTaskId());
        if (!TaskIds.isRefresh(lease)) {
            throw Refusals.precondition("task is not a RefreshFloatingLimit");
        }
        final CompletableFuture<Boolean> reported = request.hasSuccess()
                ? client.leases()
                        .reportRefresh(
                                lease, Messages.bounded(request.getSuccess().getNewMaxConcurrency()))
                : client.leases()
                        .failRefresh(lease, errorCode(request.getFailure().getCode()));
        return reported.thenApply(done -> ReportRefreshOutcomeResponse.getDefaultInstance());
    }
}
