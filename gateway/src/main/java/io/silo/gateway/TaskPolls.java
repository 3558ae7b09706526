package io.silo.gateway;

import io.grpc.Context;
import io.grpc.Deadline;
import io.grpc.stub.ServerCallStreamObserver;
import io.silo.client.LeaseId;
import io.silo.client.LeasedTask;
import io.silo.client.Leases;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.TaskFeed;
import io.silo.client.TaskListener;
import io.silo.client.TaskPoll;
import io.silo.client.TaskSubscription;
import io.silo.grpc.v2.LeaseTasksRequest;
import io.silo.grpc.v2.LeaseTasksResponse;
import io.silo.protocol.Bounds;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * {@code LeaseTasks} of {@code silo.v2}. A call that does not wait asks one shard after the other. One that waits subscribes, on all shards
 * at once, with as many credits as it may get tasks, and takes what comes until the server has heard that it wants no more: so it can
 * end at any moment, and nothing is leased for a caller who has left. Any thread.
 */
final class TaskPolls {
    /** An answer leaves so long before the deadline of its call, or would be too late. */
    private static final long MARGIN_MS = 50;

    private final ShardAddresses addresses;
    private final OpenCalls open;

    TaskPolls(ShardAddresses addresses, OpenCalls open) {
        this.addresses = addresses;
        this.open = open;
    }

    void leaseTasks(
            SiloClient client, LeaseTasksRequest request, ServerCallStreamObserver<LeaseTasksResponse> observer) {
        final Call call = new Call(client.leases(), request.getWorkerId(), observer);
        observer.setOnCancelHandler(call::onCancel);
        try {
            check(request);
            final long waitMs = waitMs(request.getWaitMs());
            if (waitMs == 0) {
                final List<ServedShard> shards = new ArrayList<>(addresses.shards());
                Collections.shuffle(shards);
                var unused = call.ask(request, shards, 0).whenComplete((asked, failed) -> call.end(failed));
            } else {
                open.add(call);
                call.await(request, waitMs);
            }
        } catch (RuntimeException refused) {
            call.end(refused);
        }
    }

    private static void check(LeaseTasksRequest request) {
        if (request.getWorkerId().isEmpty()) {
            throw Refusals.invalid("worker_id is required");
        }
        if (request.getTaskGroup().isEmpty()) {
            throw Refusals.invalid("task_group is required");
        }
        if (request.getMaxTasks() < 1 || request.getMaxTasks() > Bounds.TASKS_PER_CALL_MAX) {
            throw Refusals.invalid("max_tasks must be between 1 and 1,024");
        }
        if (request.getWaitMs() < 0 || request.getWaitMs() > Bounds.WAIT_MS_MAX) {
            throw Refusals.invalid("wait_ms must be between 0 and 60,000");
        }
    }

    private static long waitMs(int asked) {
        final Deadline deadline = Context.current().getDeadline();
        return deadline == null
                ? asked
                : Math.max(0, Math.min(asked, deadline.timeRemaining(TimeUnit.MILLISECONDS) - MARGIN_MS));
    }

    /** One call: answered once, and what it got goes back if its caller did not stay to hear of it. */
    private final class Call implements TaskListener, OpenCalls.Waiting {
        private final Leases leases;
        private final String workerId;
        private final ServerCallStreamObserver<LeaseTasksResponse> observer;
        private final CompletableFuture<Void> over = new CompletableFuture<>();
        private final List<LeasedTask> tasks = new ArrayList<>();
        private @Nullable SiloException refused;
        private boolean isCancelled;

        Call(Leases leases, String workerId, ServerCallStreamObserver<LeaseTasksResponse> observer) {
            this.leases = leases;
            this.workerId = workerId;
            this.observer = observer;
        }

        /** What one shard refuses takes nothing from what others gave; if all refuse, the last is told. */
        CompletableFuture<Void> ask(LeaseTasksRequest request, List<ServedShard> shards, int index) {
            final int wanted = request.getMaxTasks() - count();
            if (index == shards.size() || wanted == 0) {
                return CompletableFuture.completedFuture(null);
            }
            final TaskPoll poll = new TaskPoll(
                    shards.get(index).rangeFirst(),
                    request.getTenant(),
                    request.getTaskGroup(),
                    workerId,
                    wanted,
                    Duration.ZERO);
            return leases.poll(poll)
                    .thenAccept(this::add)
                    .exceptionallyCompose(failed -> index + 1 == shards.size() && count() == 0
                            ? CompletableFuture.failedFuture(failed)
                            : CompletableFuture.completedFuture(null))
                    .thenCompose(asked -> ask(request, shards, index + 1));
        }

        private synchronized int count() {
            return tasks.size();
        }

        private synchronized void add(List<LeasedTask> leased) {
            tasks.addAll(leased);
        }

        void await(LeaseTasksRequest request, long waitMs) {
            final TaskSubscription subscription =
                    leases.subscribe(new TaskFeed(request.getTenant(), request.getTaskGroup(), workerId), this);
            subscription.addCredits(request.getMaxTasks());
            var unused = over.completeOnTimeout(null, waitMs, TimeUnit.MILLISECONDS)
                    .thenCompose(anyway -> subscription.stop())
                    .whenComplete((stopped, failed) -> {
                        open.remove(this);
                        end(failed == null ? refused : failed);
                    });
        }

        @Override
        public void onTasks(List<LeasedTask> leased) {
            add(leased);
            over.complete(null);
        }

        @Override
        public void onRefused(SiloException why) {
            synchronized (this) {
                refused = why;
            }
            over.complete(null);
        }

        @Override
        public void onStop() {
            over.complete(null);
        }

        /** Also when an answer was on its way that the caller did not take. */
        void onCancel() {
            final List<LeaseId> unheard;
            synchronized (this) {
                isCancelled = true;
                unheard = ids(tasks);
                tasks.clear();
            }
            // First, or they could come again.
            over.complete(null);
            giveBack(unheard);
        }

        /** @param failed told if there are no tasks; null = that is no error. */
        void end(@Nullable Throwable failed) {
            final List<LeaseId> unheard;
            synchronized (this) {
                if (!isCancelled) {
                    answer(failed);
                    return;
                }
                unheard = ids(tasks);
                tasks.clear();
            }
            giveBack(unheard);
        }

        private void answer(@Nullable Throwable failed) {
            if (failed != null && tasks.isEmpty()) {
                observer.onError(Refusals.of(failed));
                return;
            }
            final LeaseTasksResponse.Builder response = LeaseTasksResponse.newBuilder();
            for (final LeasedTask task : tasks) {
                response.addTasks(TaskCalls.task(addresses.of(task.leaseId()), task));
            }
            observer.onNext(response.build());
            observer.onCompleted();
        }

        private void giveBack(List<LeaseId> unheard) {
            if (!unheard.isEmpty()) {
                var unused = leases.giveBackAll(unheard, workerId); // what cannot be given back runs out
            }
        }

        private static List<LeaseId> ids(List<LeasedTask> leased) {
            return leased.stream().map(LeasedTask::leaseId).toList();
        }
    }
}
