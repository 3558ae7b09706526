package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.silo.client.JobRequest;
import io.silo.client.LeaseAnswer;
import io.silo.client.LeaseId;
import io.silo.client.LeaseOutcome;
import io.silo.client.SiloClient;
import io.silo.client.TaskResult;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueBatchResponse;
import io.silo.grpc.v2.EnqueueResult;
import io.silo.grpc.v2.HeartbeatResult;
import io.silo.grpc.v2.LeaseRef;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.OutcomeResult;
import io.silo.grpc.v2.Refusal;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Batches of {@code silo.v2}: each is sorted by shard and sent in as few messages as it fits, and what one shard says, or does not say,
 * takes nothing from the items of others. Stateless but for where the shards are; any thread.
 */
final class BatchCalls {
    private static final Set<RejectReason> GONE = EnumSet.of(
            RejectReason.LEASE_NOT_FOUND,
            RejectReason.LEASE_OWNER_MISMATCH,
            RejectReason.ALREADY_REPORTED,
            RejectReason.JOB_NOT_FOUND);

    private final ShardAddresses addresses;

    BatchCalls(ShardAddresses addresses) {
        this.addresses = addresses;
    }

    /** @throws io.grpc.StatusRuntimeException of a batch that is too large. */
    static void checkCount(String field, int count) {
        if (count > Bounds.BATCH_ITEMS_MAX) {
            throw Refusals.invalid(field + " must have at most 1,024 items");
        }
    }

    // ---- jobs

    CompletableFuture<EnqueueBatchResponse> enqueue(SiloClient client, EnqueueBatchRequest request) {
        checkCount("jobs", request.getJobsCount());
        final EnqueueResult[] results = new EnqueueResult[request.getJobsCount()];
        final Map<ServedShard, List<Integer>> byShard = new HashMap<>();
        final @Nullable JobRequest[] jobs = new JobRequest[results.length];
        for (int i = 0; i < results.length; i++) {
            try {
                final JobRequest job = Messages.job(request.getJobs(i));
                jobs[i] = job;
                final long hash = ShardAddresses.hash(String.valueOf(job.tenant()));
                final ServedShard shard = addresses.holding(hash);
                if (shard == null) {
                    throw addresses.notHere(hash);
                }
                byShard.computeIfAbsent(shard, first -> new ArrayList<>()).add(i);
            } catch (StatusRuntimeException refused) {
                results[i] = refused(request.getJobs(i).getId(), Refusals.item(refused));
            }
        }
        final List<CompletableFuture<?>> sent = new ArrayList<>(byShard.size());
        for (final List<Integer> places : byShard.values()) {
            final List<JobRequest> some = new ArrayList<>(places.size());
            for (final int place : places) {
                some.add(jobs[place]);
            }
            sent.add(client.enqueueAllAsync(some).handle((answers, failed) -> {
                for (int i = 0; i < some.size(); i++) {
                    results[places.get(i)] = failed == null
                            ? result(answers.get(i))
                            : refused(some.get(i).id(), Refusals.item(failed));
                }
                return null;
            }));
        }
        return CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> EnqueueBatchResponse.newBuilder()
                        .addAllResults(Arrays.asList(results))
                        .build());
    }

    private static EnqueueResult refused(String id, Refusal refusal) {
        return EnqueueResult.newBuilder().setId(id).setRefusal(refusal).build();
    }

    private static EnqueueResult result(io.silo.client.EnqueueResult answer) {
        final EnqueueResult.Builder result = EnqueueResult.newBuilder().setId(answer.jobId());
        final RejectReason rejected = answer.rejected();
        if (rejected != null) {
            final Refusal refusal = Refusals.item(rejected, Duration.ZERO);
            result.setRefusal(
                    rejected == RejectReason.JOB_EXISTS
                            ? refusal.toBuilder()
                                    .setMessage("job already exists with id " + answer.jobId())
                                    .build()
                            : refusal);
            if (answer.heldBy() != null) {
                result.setHeldBy(answer.heldBy());
            }
        }
        return result.build();
    }

    // ---- outcomes

    /** Answers one result an outcome, in order; never fails. */
    CompletableFuture<List<OutcomeResult>> report(SiloClient client, List<Outcome> outcomes) {
        final OutcomeResult[] results = new OutcomeResult[outcomes.size()];
        final List<LeaseOutcome> sound = new ArrayList<>(results.length);
        final List<Integer> places = new ArrayList<>(results.length);
        for (int i = 0; i < results.length; i++) {
            try {
                final Outcome outcome = outcomes.get(i);
                final ServedShard shard = addresses.find(outcome.getShard());
                final TaskResult result = result(outcome);
                final LeaseId lease = TaskIds.read(shard, outcome.getTaskId());
                if (lease == null) {
                    results[i] = refused(Refusals.item(RejectReason.LEASE_NOT_FOUND, Duration.ZERO));
                } else if (TaskIds.isRefresh(lease)) {
                    throw Refusals.precondition("the task is a RefreshFloatingLimit; use ReportRefreshOutcome");
                } else {
                    sound.add(new LeaseOutcome(lease, result));
                    places.add(i);
                }
            } catch (StatusRuntimeException refused) {
                results[i] = refused(Refusals.item(refused));
            }
        }
        return client.leases().reportAll(sound).thenApply(answers -> {
            for (int i = 0; i < places.size(); i++) {
                final LeaseAnswer answer = answers.get(i);
                final RejectReason reason = answer.refused();
                results[places.get(i)] = reason == null
                        ? OutcomeResult.getDefaultInstance()
                        : refused(Refusals.item(reason, answer.retryAfter()));
            }
            return Arrays.asList(results);
        });
    }

    private static TaskResult result(Outcome outcome) {
        return switch (outcome.getOutcomeCase()) {
            case SUCCESS -> TaskResult.success(Messages.payload(outcome.getSuccess()));
            case FAILURE ->
                TaskResult.fail(
                        TaskCalls.errorCode(outcome.getFailure().getCode()),
                        Messages.payload(outcome.getFailure().getData()));
            case CANCELLED -> TaskResult.cancelled();
            case OUTCOME_NOT_SET -> throw Refusals.invalid("missing outcome");
        };
    }

    private static OutcomeResult refused(Refusal refusal) {
        return OutcomeResult.newBuilder().setRefusal(refusal).build();
    }

    // ---- renewals

    /** Answers one result a lease, in order; never fails. */
    CompletableFuture<List<HeartbeatResult>> renew(SiloClient client, String workerId, List<LeaseRef> refs) {
        final HeartbeatResult[] results = new HeartbeatResult[refs.size()];
        final List<LeaseId> sound = new ArrayList<>(results.length);
        final List<Integer> places = new ArrayList<>(results.length);
        for (int i = 0; i < results.length; i++) {
            try {
                final LeaseId lease = TaskIds.read(
                        addresses.find(refs.get(i).getShard()), refs.get(i).getTaskId());
                if (lease == null) {
                    results[i] = lost(RejectReason.LEASE_NOT_FOUND);
                } else if (TaskIds.isRefresh(lease)) {
                    throw Refusals.precondition("the task is a RefreshFloatingLimit; renew it by silo.v1");
                } else {
                    sound.add(lease);
                    places.add(i);
                }
            } catch (StatusRuntimeException refused) {
                results[i] = HeartbeatResult.newBuilder()
                        .setRefusal(Refusals.item(refused))
                        .build();
            }
        }
        return client.leases().heartbeatAll(sound, workerId).thenApply(answers -> {
            for (int i = 0; i < places.size(); i++) {
                results[places.get(i)] = renewed(answers.get(i));
            }
            return Arrays.asList(results);
        });
    }

    private static HeartbeatResult renewed(LeaseAnswer answer) {
        final RejectReason reason = answer.refused();
        if (reason != null) {
            return GONE.contains(reason)
                    ? lost(reason)
                    : HeartbeatResult.newBuilder()
                            .setRefusal(Refusals.item(reason, answer.retryAfter()))
                            .build();
        }
        return answer.cancelledAt() == null
                ? HeartbeatResult.getDefaultInstance()
                : HeartbeatResult.newBuilder()
                        .setCancelled(true)
                        .setCancelledAtMs(answer.cancelledAt().toEpochMilli())
                        .build();
    }

    /** Whether no report under the lease can count any more. */
    static boolean isGone(Refusal refusal) {
        return GONE.stream().anyMatch(reason -> reason.name().equals(refusal.getName()));
    }

    private static HeartbeatResult lost(RejectReason reason) {
        return HeartbeatResult.newBuilder()
                .setLost(true)
                .setRefusal(Refusals.item(reason, Duration.ZERO))
                .build();
    }
}
