package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Leases by their names, for those who are not a {@link SiloWorker}: they ask a shard for tasks or have them pushed, renew the leases
 * themselves and report the outcomes, one by one or many at once. Got from {@link SiloClient#leases}. Any thread; nothing here waits.
 */
public final class Leases {
    // As a worker's: a server that gives up an upload thrice in a row does not want it.
    private static final int UPLOAD_ATTEMPTS = 3;

    private final SiloClient client;

    Leases(SiloClient client) {
        this.client = client;
    }

    /**
     * Leases ready tasks of one shard. None is an answer, too. A job whose payload is damaged fails, with
     * {@code PAYLOAD_CORRUPT}.
     *
     * @return at most as many as were asked for; fewer also where one message holds no more.
     */
    public CompletableFuture<List<LeasedTask>> poll(TaskPoll poll) {
        final long deadlineNs = client.deadlineNs() + TimeUnit.MILLISECONDS.toNanos(waitMs(poll));
        return client.submitWaiting(new LeaseCalls.LeaseTasks(poll, client.settings().durability, deadlineNs))
                .thenCompose(tasks -> all(tasks.stream()
                        .map(data -> readable(data, poll.workerId()))
                        .toList()))
                .thenApply(tasks -> tasks.stream().flatMap(Optional::stream).toList());
    }

    /** As {@link SiloClient#leaseJobAsync}. */
    CompletableFuture<LeasedTask> leaseJob(JobRef job, String workerId) {
        return client.submit(new LeaseCalls.LeaseJob(job, workerId, client.settings().durability, client.deadlineNs()))
                .thenCompose(data -> whole(data, workerId));
    }

    private CompletableFuture<LeasedTask> whole(TaskData data, String workerId) {
        return client.whole(data.payload()).thenApply(payload -> new LeasedTask(client, data, workerId, payload));
    }

    /**
     * A task whose payload is damaged would be leased again and again: its job fails where people see it. One that cannot be read for now
     * goes back. Both are left out, so that the others of the answer are not lost with them.
     */
    CompletableFuture<Optional<LeasedTask>> readable(TaskData data, String workerId) {
        return whole(data, workerId).thenApply(Optional::of).exceptionallyCompose(failure -> {
            final SiloException told = SiloClient.unwrap(failure);
            final CompletableFuture<Boolean> ended = told.reason() == RejectReason.PAYLOAD_CORRUPT
                    ? report(data.leaseId(), TaskResult.fail(told.reason().name(), String.valueOf(told.getMessage())))
                    : giveBack(data.leaseId(), workerId);
            return ended.handle((done, refused) -> Optional.empty());
        });
    }

    private static long waitMs(TaskPoll poll) {
        return Math.max(0, poll.longPoll().toMillis());
    }

    private static <T> CompletableFuture<List<T>> all(List<CompletableFuture<T>> futures) {
        return CompletableFuture.allOf(futures.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> futures.stream().map(CompletableFuture::join).toList());
    }

    /**
     * Renews the lease of a task.
     *
     * @return when the job was asked to be cancelled; empty = it was not. Fails with {@code LEASE_NOT_FOUND} or
     *     {@code LEASE_OWNER_MISMATCH}.
     */
    public CompletableFuture<Optional<Instant>> heartbeat(LeaseId lease, String workerId) {
        return client.submit(new LeaseCalls.Renew(lease, workerId, client.deadlineNs()));
    }

    /**
     * Ends an attempt. A snooze is no outcome.
     *
     * @return always true. Fails with {@code LEASE_NOT_FOUND} if the lease is gone, {@code ALREADY_REPORTED} if it ended by such a report.
     */
    public CompletableFuture<Boolean> report(LeaseId lease, TaskResult result) {
        if (result.kind == TaskResult.Kind.SNOOZE) {
            throw new IllegalArgumentException("A snooze is no outcome.");
        }
        return report(lease, result, UPLOAD_ATTEMPTS);
    }

    private CompletableFuture<Boolean> report(LeaseId lease, TaskResult result, int attemptsLeft) {
        return client.withMap(() -> result.data.size()).thenCompose(map -> {
            if (result.data.size() <= map.inlineBytesMax()) {
                return send(lease, result, 0);
            }
            if (result.data.size() > map.payloadBytesMax()) {
                return CompletableFuture.failedFuture(new SiloException(RejectReason.PAYLOAD_TOO_LARGE));
            }
            return client.upload(result.data.bytes(), lease.tenantHash())
                    .thenCompose(uploadId -> send(lease, result, uploadId))
                    .exceptionallyCompose(failure -> {
                        final SiloException told = SiloClient.unwrap(failure);
                        return told.reason() == RejectReason.UPLOAD_NOT_FOUND && attemptsLeft > 1
                                ? report(lease, result, attemptsLeft - 1)
                                : CompletableFuture.failedFuture(told);
                    });
        });
    }

    private CompletableFuture<Boolean> send(LeaseId lease, TaskResult result, long uploadId) {
        return client.submit(
                new LeaseCalls.Report(lease, result, uploadId, client.settings().durability, client.deadlineNs()));
    }

    /** Gives a lease back unspent: others may have the task at once. Always true. Fails as {@link #heartbeat} does. */
    public CompletableFuture<Boolean> giveBack(LeaseId lease, String workerId) {
        return giveBack(lease, workerId, 0);
    }

    CompletableFuture<Boolean> giveBack(LeaseId lease, String workerId, long snoozeMs) {
        return client.submit(
                new LeaseCalls.Return(lease, workerId, snoozeMs, client.settings().durability, client.deadlineNs()));
    }

    /**
     * Renews many leases, in as few messages as they fit, one a shard at least.
     *
     * @return one answer a lease, in order: one that is gone has {@code LEASE_NOT_FOUND} or {@code LEASE_OWNER_MISMATCH}. Never fails.
     */
    public CompletableFuture<List<LeaseAnswer>> heartbeatAll(List<LeaseId> leases, String workerId) {
        return inBatches(
                leases,
                lease -> lease,
                lease -> LeaseBatchCalls.LEASE_BYTES,
                part -> new LeaseBatchCalls.Renew(part, workerId, client.deadlineNs()));
    }

    /**
     * Ends many attempts, as {@link #heartbeatAll} renews them. Large results are uploaded, each by itself.
     *
     * @return one answer an outcome, in order: see {@link #report(LeaseId, TaskResult)}. Never fails.
     */
    public CompletableFuture<List<LeaseAnswer>> reportAll(List<LeaseOutcome> outcomes) {
        return client.withMap(() -> LeaseBatchCalls.length(outcomes))
                .thenCompose(map -> reportAll(outcomes, map.inlineBytesMax()))
                .exceptionally(failure -> all(LeaseAnswer.of(SiloClient.unwrap(failure)), outcomes.size()));
    }

    private CompletableFuture<List<LeaseAnswer>> reportAll(List<LeaseOutcome> outcomes, int inlineBytesMax) {
        final LeaseAnswer[] answers = new LeaseAnswer[outcomes.size()];
        final List<LeaseOutcome> inline = new ArrayList<>(outcomes.size());
        final List<Integer> places = new ArrayList<>(outcomes.size());
        final List<CompletableFuture<?>> sent = new ArrayList<>();
        for (int i = 0; i < answers.length; i++) {
            final LeaseOutcome outcome = outcomes.get(i);
            if (outcome.result().data.size() <= inlineBytesMax) {
                inline.add(outcome);
                places.add(i);
            } else {
                final int place = i;
                sent.add(report(outcome.lease(), outcome.result())
                        .handle((done, failure) -> answers[place] = failure == null
                                ? LeaseAnswer.of((RejectReason) null)
                                : LeaseAnswer.of(SiloClient.unwrap(failure))));
            }
        }
        final CompletableFuture<List<LeaseAnswer>> batched = inBatches(
                inline,
                LeaseOutcome::lease,
                LeaseBatchCalls::length,
                part -> new LeaseBatchCalls.Report(part, client.settings().durability, client.deadlineNs()));
        if (sent.isEmpty()) {
            return batched;
        }
        sent.add(batched.thenAccept(some -> {
            for (int i = 0; i < places.size(); i++) {
                answers[places.get(i)] = some.get(i);
            }
        }));
        return CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> Arrays.asList(answers));
    }

    /** Gives many leases back unspent, as {@link #heartbeatAll} renews them. Never fails. */
    public CompletableFuture<List<LeaseAnswer>> giveBackAll(List<LeaseId> leases, String workerId) {
        return inBatches(
                leases,
                lease -> lease,
                lease -> LeaseBatchCalls.LEASE_BYTES,
                part -> new LeaseBatchCalls.Return(part, workerId, client.settings().durability, client.deadlineNs()));
    }

    /** A message that has no answer is the answer of its leases: those of other shards have their own. */
    private <I> CompletableFuture<List<LeaseAnswer>> inBatches(
            List<I> items,
            Function<I, LeaseId> lease,
            ToIntFunction<I> length,
            Function<List<I>, LeaseBatchCalls.OfLeases> call) {
        if (items.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        return client.withMap()
                .thenCompose(map -> Batches.<I, LeaseAnswer>send(
                        items,
                        item -> map.target(lease.apply(item).tenantHash()),
                        length,
                        Bounds.BATCH_ITEMS_MAX,
                        part -> client.submit(call.apply(part))
                                .exceptionally(
                                        failure -> all(LeaseAnswer.of(SiloClient.unwrap(failure)), part.size()))))
                .exceptionally(failure -> all(LeaseAnswer.of(SiloClient.unwrap(failure)), items.size()));
    }

    private static List<LeaseAnswer> all(LeaseAnswer answer, int count) {
        return Collections.nCopies(count, answer);
    }

    /**
     * Has tasks pushed, none before credits are added: the server leases them as they become ready, on all its shards. To be stopped by
     * {@link TaskSubscription#stop}. A lost session costs no credit; what was leased and had not arrived runs out.
     */
    public TaskSubscription subscribe(TaskFeed feed, TaskListener listener) {
        final TaskSubscription subscription = new TaskSubscription(client, feed, listener);
        client.agent().addSubscription(subscription);
        return subscription;
    }

    /** Leases floating limits of one shard that are due to be found out. As {@link #poll} of tasks otherwise. */
    public CompletableFuture<List<LeasedRefresh>> pollRefreshes(TaskPoll poll) {
        final long deadlineNs = client.deadlineNs() + TimeUnit.MILLISECONDS.toNanos(waitMs(poll));
        return onShard(
                poll.tenantHash(),
                shard -> client.submitWaiting(
                                new RefreshCalls.LeaseRefreshes(shard, poll, client.settings().durability, deadlineNs))
                        .thenApply(leases -> leases.stream()
                                .map(lease -> lease.told(poll.tenantHash()))
                                .toList()));
    }

    /** Renews the lease of a refresh. Always true. Fails with {@code LEASE_NOT_FOUND}. */
    public CompletableFuture<Boolean> heartbeatRefresh(LeaseId lease) {
        return onShard(
                lease.tenantHash(),
                shard -> client.submit(
                        new RefreshCalls.RenewRefresh(shard, lease.tokenEpoch(), lease.token(), client.deadlineNs())));
    }

    /**
     * Says what was found out.
     *
     * @param max 0 = nothing new runs until the next refresh.
     * @return always true. Fails with {@code LEASE_NOT_FOUND}.
     */
    public CompletableFuture<Boolean> reportRefresh(LeaseId lease, int max) {
        return endRefresh(lease, max, null);
    }

    /**
     * Says that it could not be found out: what was known goes on to count.
     *
     * @param errorCode 1 to 256 bytes.
     * @return always true. Fails with {@code LEASE_NOT_FOUND}.
     */
    public CompletableFuture<Boolean> failRefresh(LeaseId lease, String errorCode) {
        return endRefresh(lease, 0, errorCode);
    }

    private CompletableFuture<Boolean> endRefresh(LeaseId lease, int max, @Nullable String errorCode) {
        return onShard(
                lease.tenantHash(),
                shard -> client.submit(new RefreshCalls.ReportRefresh(
                        shard,
                        lease.tokenEpoch(),
                        lease.token(),
                        max,
                        errorCode,
                        client.settings().durability,
                        client.deadlineNs())));
    }

    /** Does something with the number of the shard that holds a hash. */
    private <T> CompletableFuture<T> onShard(long tenantHash, IntFunction<CompletableFuture<T>> call) {
        return client.withMap().thenCompose(map -> {
            final ShardMap.Target target = map.target(tenantHash);
            return target == null
                    ? CompletableFuture.failedFuture(new SiloException(RejectReason.NOT_OWNER))
                    : call.apply(target.shard());
        });
    }
}
