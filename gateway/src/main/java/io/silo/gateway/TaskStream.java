package io.silo.gateway;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.silo.client.LeaseId;
import io.silo.client.LeasedTask;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.TaskFeed;
import io.silo.client.TaskListener;
import io.silo.client.TaskSubscription;
import io.silo.grpc.v2.HeartbeatResult;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.OutcomeResult;
import io.silo.grpc.v2.StreamAnswer;
import io.silo.grpc.v2.StreamTasksRequest;
import io.silo.grpc.v2.StreamTasksResponse;
import io.silo.grpc.v2.Subscribe;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One {@code StreamTasks} call: credits go to a subscription of the client, as long as the worker takes what it is sent, and tasks and
 * answers come back. Begins open, is <em>draining</em> once the worker has closed its half (answers still go out, tasks go back), and has
 * <em>ended</em> when it was closed, cancelled or refused; then every lease that was told here and not reported has gone back, unspent.
 *
 * <p>Guarded by itself; called by gRPC's threads and the client's, none of which waits here. It holds {@value #LENT_MAX} tasks at most that
 * the worker has not taken, and {@value #MESSAGES_MAX} messages of it that have no answer.
 */
final class TaskStream implements StreamObserver<StreamTasksRequest>, TaskListener, OpenCalls.Waiting {
    /** Credits, and tasks that were told of and not reported: as many as the largest worker in Java has. */
    static final int CREDITS_MAX = 16_384;

    /** Credits that are passed on and have brought no task yet: what may still arrive for a worker that has stopped reading. */
    static final int LENT_MAX = 64;

    /** Messages with outcomes or renewals under way; more are not read. */
    static final int MESSAGES_MAX = 8;

    private static final LeaseId NO_LEASE = new LeaseId(0, 0, 0, 0);

    private final SiloClient client;
    private final ShardAddresses addresses;
    private final BatchCalls batches;
    private final OpenCalls open;
    private final ServerCallStreamObserver<StreamTasksResponse> observer;

    private @Nullable TaskSubscription subscription;
    private String workerId = "";

    /** Given by the worker, and not passed on. */
    private int credits;

    private int lent;

    /** Told to the worker, which has not reported them. Named by the first hash of their shard, as what it reports is. */
    private final Set<LeaseId> held = new HashSet<>();

    /** Messages that have no answer yet. */
    private int unanswered;

    /** Messages that may be read when the worker takes what it is sent. */
    private int unread;

    private boolean draining;
    private boolean stopped;
    private boolean ended;

    TaskStream(
            SiloClient client,
            ShardAddresses addresses,
            BatchCalls batches,
            OpenCalls open,
            ServerCallStreamObserver<StreamTasksResponse> observer) {
        this.client = client;
        this.addresses = addresses;
        this.batches = batches;
        this.open = open;
        this.observer = observer;
    }

    /** Begins to read. */
    void start() {
        observer.setOnCancelHandler(() -> end(null));
        observer.setOnReadyHandler(this::onReady);
        observer.disableAutoRequest();
        try {
            open.add(this);
            observer.request(MESSAGES_MAX);
        } catch (StatusRuntimeException refused) {
            end(refused);
        }
    }

    // ---- what the worker says

    @Override
    public void onNext(StreamTasksRequest request) {
        try {
            synchronized (this) {
                if (ended) {
                    return;
                }
                check(request);
                if (subscription == null) {
                    subscribe(request.getSubscribe());
                }
                credits += request.getCredits();
                passOn();
            }
            if (request.getOutcomesCount() + request.getRenewalsCount() > 0) {
                answer(request);
            } else {
                read();
            }
        } catch (StatusRuntimeException refused) {
            end(refused);
        }
    }

    private void check(StreamTasksRequest request) {
        if (subscription == null && !request.hasSubscribe()) {
            throw Refusals.invalid("subscribe is required in the first message");
        }
        if (subscription != null && request.hasSubscribe()) {
            throw Refusals.invalid("subscribe must be in the first message only");
        }
        final long sum = Integer.toUnsignedLong(request.getCredits()) + credits + lent + held.size();
        if (request.getCredits() != 0 && sum > CREDITS_MAX) {
            throw Refusals.invalid("credits must be at most 16,384 with the tasks that are not reported");
        }
        BatchCalls.checkCount("outcomes", request.getOutcomesCount());
        BatchCalls.checkCount("renewals", request.getRenewalsCount());
    }

    private void subscribe(Subscribe wanted) {
        if (wanted.getWorkerId().isEmpty()) {
            throw Refusals.invalid("worker_id is required");
        }
        if (wanted.getTaskGroup().isEmpty()) {
            throw Refusals.invalid("task_group is required");
        }
        workerId = wanted.getWorkerId();
        subscription =
                client.leases().subscribe(new TaskFeed(wanted.getTenant(), wanted.getTaskGroup(), workerId), this);
    }

    private void answer(StreamTasksRequest request) {
        final List<LeaseId> reported = ids(request.getOutcomesList());
        final Set<LeaseId> own;
        synchronized (this) {
            unanswered++;
            // Not given back behind the report's back, should the stream end meanwhile.
            own = reported.stream().filter(held::remove).collect(Collectors.toSet());
        }
        final CompletableFuture<List<OutcomeResult>> outcomes = batches.report(client, request.getOutcomesList());
        final CompletableFuture<List<HeartbeatResult>> renewals =
                batches.renew(client, workerId, request.getRenewalsList());
        var unused = outcomes.thenAcceptBoth(renewals, (results, renewed) -> {
                    onReported(reported, own, results);
                    send(StreamTasksResponse.newBuilder()
                            .setAnswer(StreamAnswer.newBuilder()
                                    .setSequence(request.getSequence())
                                    .addAllOutcomes(results)
                                    .addAllRenewals(renewed))
                            .build());
                    onAnswered();
                })
                .whenComplete((done, failed) -> {
                    if (failed != null) { // a bug, or the client was closed
                        end(Refusals.of(failed));
                    }
                });
    }

    /** A lease that was not ended after all is held as before, or goes back if nobody will report it. */
    private void onReported(List<LeaseId> reported, Set<LeaseId> own, List<OutcomeResult> results) {
        final List<LeaseId> kept = new ArrayList<>();
        for (int i = 0; i < results.size(); i++) {
            final OutcomeResult result = results.get(i);
            if (result.hasRefusal() && !BatchCalls.isGone(result.getRefusal()) && own.contains(reported.get(i))) {
                kept.add(reported.get(i));
            }
        }
        synchronized (this) {
            if (!ended) {
                held.addAll(kept);
                return;
            }
        }
        giveBack(kept);
    }

    private void onAnswered() {
        synchronized (this) {
            unanswered--;
        }
        read();
        endIfDrained();
    }

    /** Reads one message more, now or when the worker has taken what it was sent. */
    private void read() {
        synchronized (this) {
            unread++;
        }
        onReady();
    }

    private void onReady() {
        synchronized (this) {
            if (ended || !observer.isReady()) {
                return;
            }
            passOn();
            if (unread > 0) {
                observer.request(unread);
                unread = 0;
            }
        }
    }

    /** Passes credits on: not each by itself, and none while the worker does not take what it is sent. */
    private void passOn() {
        final int more = Math.min(credits, LENT_MAX - lent);
        if (subscription != null
                && !draining
                && more > 0
                && (more == credits || more >= LENT_MAX / 2)
                && observer.isReady()) {
            credits -= more;
            lent += more;
            subscription.addCredits(more);
        }
    }

    /** The worker has nothing more to say: it gets its answers, and then the end. */
    @Override
    public void onCompleted() {
        final TaskSubscription subscribed;
        synchronized (this) {
            draining = true;
            subscribed = subscription;
        }
        if (subscribed == null) {
            end(Refusals.invalid("subscribe is required in the first message"));
            return;
        }
        var unused = subscribed.stop().thenRun(() -> {
            synchronized (this) {
                stopped = true;
            }
            endIfDrained();
        });
    }

    private void endIfDrained() {
        final boolean isDrained;
        synchronized (this) {
            isDrained = draining && stopped && unanswered == 0;
        }
        if (isDrained) {
            end(null);
        }
    }

    @Override
    public void onError(Throwable cancelled) {
        end(null);
    }

    // ---- what the worker is told

    @Override
    public void onTasks(List<LeasedTask> tasks) {
        synchronized (this) {
            lent -= tasks.size();
            if (!ended && !draining) {
                final StreamTasksResponse.Builder response = StreamTasksResponse.newBuilder();
                for (final LeasedTask task : tasks) {
                    final ServedShard shard = addresses.of(task.leaseId());
                    held.add(named(shard, task.leaseId()));
                    response.addTasks(TaskCalls.task(shard, task));
                }
                observer.onNext(response.build());
                passOn();
                return;
            }
        }
        giveBack(tasks.stream().map(LeasedTask::leaseId).toList());
    }

    @Override
    public void onRefused(SiloException why) {
        end(Refusals.of(why));
    }

    @Override
    public void onStop() {
        end(OpenCalls.stopping());
    }

    private synchronized void send(StreamTasksResponse response) {
        if (!ended) {
            observer.onNext(response);
        }
    }

    /** @param why null = as the worker wanted. */
    private void end(@Nullable StatusRuntimeException why) {
        final List<LeaseId> unreported;
        final TaskSubscription subscribed;
        synchronized (this) {
            if (ended) {
                return;
            }
            ended = true;
            open.remove(this); // before it is told, as who hears of it may open another at once
            subscribed = subscription;
            unreported = List.copyOf(held);
            held.clear();
            if (why != null) {
                observer.onError(why);
            } else if (!observer.isCancelled()) {
                observer.onCompleted();
            }
        }
        if (subscribed != null) {
            var unused = subscribed.stop();
        }
        giveBack(unreported);
    }

    private void giveBack(List<LeaseId> leases) {
        if (!leases.isEmpty()) {
            var unused = client.leases().giveBackAll(leases, workerId); // what cannot be given back runs out
        }
    }

    /** Of each outcome; of one whose task is none, a lease that nobody has. */
    private List<LeaseId> ids(List<Outcome> outcomes) {
        return outcomes.stream().map(this::id).toList();
    }

    private LeaseId id(Outcome outcome) {
        try {
            return TaskIds.parse(addresses.find(outcome.getShard()), outcome.getTaskId());
        } catch (StatusRuntimeException none) { // told in its result
            return NO_LEASE;
        }
    }

    private static LeaseId named(ServedShard shard, LeaseId lease) {
        return new LeaseId(shard.rangeFirst(), lease.jobKey(), lease.tokenEpoch(), lease.token());
    }
}
