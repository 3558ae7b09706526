package io.silo.client;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** How a client lists, counts and changes the jobs that match a filter, or counts those of a task group, on one shard or on all. Any thread. */
final class BulkChanges {
    private static final long POLL_MS_MIN = 2;
    private static final long POLL_MS_MAX = 250;

    private final SiloClient client;

    BulkChanges(SiloClient client) {
        this.client = client;
    }

    CompletableFuture<BulkResult> change(BulkVerb verb, JobFilter filter, boolean dryRun) {
        final RejectReason refused = filter.unencodable();
        if (refused != null) {
            return CompletableFuture.failedFuture(new SiloException(refused));
        }
        return shards(filter.tenant)
                .thenCompose(shards -> sum(
                        shards,
                        shard -> client.submit(new BulkCalls.Begin(shard, verb, filter, dryRun, client.deadlineNs()))
                                .thenCompose(begun -> untilFinished(shard, filter.tenant, begun, POLL_MS_MIN)),
                        new BulkResult(0, 0)));
    }

    private CompletableFuture<BulkResult> untilFinished(
            ShardMap.Target shard, String tenant, BulkCalls.Progress progress, long waitMs) {
        if (progress.isFinished()) {
            return CompletableFuture.completedFuture(progress.result());
        }
        return new CompletableFuture<Void>()
                .completeOnTimeout(null, waitMs, TimeUnit.MILLISECONDS)
                .thenCompose(
                        waited -> client.submit(new BulkCalls.Get(shard, tenant, progress.key(), client.deadlineNs())))
                .thenCompose(next -> untilFinished(shard, tenant, next, Math.min(POLL_MS_MAX, 2 * waitMs)));
    }

    private static CompletableFuture<BulkResult> sum(
            List<ShardMap.Target> shards,
            Function<ShardMap.Target, CompletableFuture<BulkResult>> each,
            BulkResult none) {
        CompletableFuture<BulkResult> sum = CompletableFuture.completedFuture(none);
        for (final ShardMap.Target shard : shards) {
            sum = sum.thenCombine(each.apply(shard), BulkResult::plus);
        }
        return sum;
    }

    /** Shows jobs until {@code visitor} answers false. On the caller's thread. */
    void forEach(JobFilter filter, Predicate<JobSummary> visitor) {
        final RejectReason refused = filter.unencodable();
        if (refused != null) {
            throw new SiloException(refused);
        }
        for (final ShardMap.Target shard : SiloClient.join(shards(filter.tenant))) {
            BulkCalls.@Nullable Page page = null;
            while (page == null || !page.isLast()) {
                page = SiloClient.join(client.submit(new BulkCalls.ListJobs(
                        shard, filter, page == null ? 0 : page.nextCursor(), client.deadlineNs())));
                for (final JobSummary job : page.jobs()) {
                    if (!visitor.test(job)) {
                        return;
                    }
                }
            }
        }
    }

    CompletableFuture<JobCounts> count(String tenant) {
        if (JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX) {
            return CompletableFuture.failedFuture(new SiloException(RejectReason.INVALID_TENANT));
        }
        return shards(tenant).thenCompose(shards -> {
            CompletableFuture<JobCounts> sum = CompletableFuture.completedFuture(JobCounts.NONE);
            for (final ShardMap.Target shard : shards) {
                sum = sum.thenCombine(
                        client.submit(new BulkCalls.CountJobs(shard, tenant, client.deadlineNs())), JobCounts::plus);
            }
            return sum;
        });
    }

    /** What a task group has to do on these shards. */
    CompletableFuture<TaskGroup> taskGroup(String tenant, String taskGroup, List<ShardMap.Target> targets) {
        CompletableFuture<TaskGroup> sum = CompletableFuture.completedFuture(TaskGroup.NOTHING);
        for (final ShardMap.Target target : targets) {
            sum = sum.thenCombine(
                    client.submit(new JobCalls.GetTaskGroup(target.shard(), tenant, taskGroup, client.deadlineNs())),
                    TaskGroup::plus);
        }
        return sum;
    }

    /** As the other, of the one shard that holds the tenant. */
    CompletableFuture<TaskGroup> taskGroup(String tenant, String taskGroup, ShardMap map) {
        final ShardMap.Target target = map.target(ShardMap.hash(tenant));
        return taskGroup(tenant, taskGroup, target == null ? List.of() : List.of(target));
    }

    /** That of the tenant, or all. */
    private CompletableFuture<List<ShardMap.Target>> shards(String tenant) {
        return client.withMap().thenApply(map -> {
            if (tenant.isEmpty()) {
                return new ArrayList<>(map.targets());
            }
            final ShardMap.Target target = map.target(ShardMap.hash(tenant));
            if (target == null) {
                throw new SiloException(RejectReason.NOT_OWNER);
            }
            return List.of(target);
        });
    }
}
