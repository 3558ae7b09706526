package io.silo.bench.service;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import io.silo.client.Durability;
import io.silo.client.EnqueueResult;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.LeaseOutcome;
import io.silo.client.LeasedTask;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.TaskPoll;
import io.silo.client.TaskResult;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.EnqueueResponse;
import io.silo.grpc.v1.GetClusterInfoRequest;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.ReportOutcomeRequest;
import io.silo.grpc.v1.ReportOutcomeResponse;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.SiloGrpc;
import io.silo.grpc.v1.Task;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.ReportOutcomesRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What does gRPC cost: the same calls through the gateway and through the Java client, in one run, to one server with one shard?
 *
 * <p>Durability: durable; payloads of 256 bytes. {@code v1Enqueue} is one call a job from 64 callers that each block a thread, {@code v1EnqueueAsync}
 * from 64 that block none, {@code v1Lifecycle} a call a job but to lease, which brings 32 tasks, {@code v2Lifecycle} batches of 256 in three calls. Baselines: {@code clientEnqueue}, {@code clientLifecycle} and
 * {@code clientBatches} do the same over shared memory. Expected on two cores, where client, gateway and shard share them: 15,000 enqueues and
 * 6,000 lifecycles a second by {@code silo.v1}, 20,000 lifecycles by {@code silo.v2}. One operation is one job.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 8, time = 5)
@Measurement(iterations = 5, time = 5)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class GatewayBenchmark {
    private static final int CALLERS = 64;
    private static final int CALLS = 64;
    private static final int WORKERS = 4;
    private static final int TASKS = 32;
    private static final int BATCH = 256;
    private static final int PAYLOAD_BYTES = 256;
    private static final int POLLS_MAX = 1_000;

    private static final Duration NO_WAIT = Duration.ZERO;

    private final Payload payload = Payload.msgpack(packed());
    private final SerializedBytes bytes = SerializedBytes.newBuilder()
            .setMsgpack(ByteString.copyFrom(packed()))
            .build();
    private final SerializedBytes result = SerializedBytes.newBuilder()
            .setMsgpack(ByteString.copyFrom(new byte[1]))
            .build();
    private final TaskResult success = TaskResult.success(Payload.msgpack(new byte[1]));
    private BenchServer server;
    private SiloClient client;
    private ManagedChannel channel;
    private ManagedChannel directChannel;
    private SiloGrpc.SiloBlockingStub v1;
    private SiloGrpc.SiloStub v1Async;
    private SiloGrpc.SiloFutureStub v1Futures;
    private io.silo.grpc.v2.SiloGrpc.SiloBlockingStub v2;
    private String shard;

    /** What a caller has for its own: a task group, so that none waits for another's tasks. */
    @State(Scope.Thread)
    public static class Caller {
        final String taskGroup = "group-" + UUID.randomUUID();
    }

    /** A binary of MessagePack. */
    private static byte[] packed() {
        final byte[] packed = new byte[PAYLOAD_BYTES];
        packed[0] = (byte) 0xC5;
        packed[2] = (byte) (PAYLOAD_BYTES - 3);
        return packed;
    }

    /** Starts the server and both clients. */
    @Setup
    public void start() {
        server = BenchServer.open();
        client = server.ipcClient(Durability.DURABLE);
        channel = server.channel();
        directChannel = server.directChannel();
        v1 = SiloGrpc.newBlockingStub(channel);
        v1Async = SiloGrpc.newStub(directChannel);
        v1Futures = SiloGrpc.newFutureStub(channel);
        v2 = io.silo.grpc.v2.SiloGrpc.newBlockingStub(channel);
        shard = v1.getClusterInfo(GetClusterInfoRequest.getDefaultInstance())
                .getShardOwners(0)
                .getShardId();
    }

    private EnqueueRequest v1Job(String taskGroup) {
        return EnqueueRequest.newBuilder()
                .setShard(shard)
                .setTaskGroup(taskGroup)
                .setPayload(bytes)
                .build();
    }

    private JobRequest job(String taskGroup) {
        return JobRequest.to(taskGroup).payload(payload).build();
    }

    /** One job a call over gRPC. */
    @Benchmark
    @Threads(CALLERS)
    public EnqueueResponse v1Enqueue(Caller caller) {
        return v1.enqueue(v1Job(caller.taskGroup));
    }

    /** The same from 64 callers that hold no thread, as in most other languages: each sends its next job when its last is answered. */
    @Benchmark
    @Threads(1)
    @OperationsPerInvocation(CALLERS * CALLS)
    public void v1EnqueueAsync(Caller caller) throws InterruptedException {
        final EnqueueRequest request = v1Job(caller.taskGroup);
        final CountDownLatch ended = new CountDownLatch(CALLERS);
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        for (int i = 0; i < CALLERS; i++) {
            v1Async.enqueue(request, new EnqueueChain(v1Async, request, ended, failure));
        }
        ended.await();
        if (failure.get() != null) {
            throw new IllegalStateException(failure.get());
        }
    }

    /** One caller: calls one after the other, on the thread that reads their answers. */
    private static final class EnqueueChain implements StreamObserver<EnqueueResponse> {
        private final SiloGrpc.SiloStub stub;
        private final EnqueueRequest request;
        private final CountDownLatch ended;
        private final AtomicReference<Throwable> failure;
        private int left = CALLS;

        EnqueueChain(
                SiloGrpc.SiloStub stub,
                EnqueueRequest request,
                CountDownLatch ended,
                AtomicReference<Throwable> failure) {
            this.stub = stub;
            this.request = request;
            this.ended = ended;
            this.failure = failure;
        }

        @Override
        public void onNext(EnqueueResponse answer) {
            left--;
        }

        @Override
        public void onError(Throwable cause) {
            failure.set(cause);
            ended.countDown();
        }

        @Override
        public void onCompleted() {
            if (left == 0) {
                ended.countDown();
            } else {
                stub.enqueue(request, this);
            }
        }
    }

    /** Baseline: one job a call through the client. */
    @Benchmark
    @Threads(CALLERS)
    public JobHandle clientEnqueue(Caller caller) {
        return client.enqueue(job(caller.taskGroup));
    }

    /** 32 enqueues side by side, their tasks in one call, 32 reports side by side. */
    @Benchmark
    @Threads(WORKERS)
    @OperationsPerInvocation(TASKS)
    public int v1Lifecycle(Caller caller) throws ExecutionException, InterruptedException {
        final List<ListenableFuture<EnqueueResponse>> enqueued = new ArrayList<>(TASKS);
        for (int i = 0; i < TASKS; i++) {
            enqueued.add(v1Futures.enqueue(v1Job(caller.taskGroup)));
        }
        for (final ListenableFuture<EnqueueResponse> answer : enqueued) {
            answer.get();
        }
        final List<ListenableFuture<ReportOutcomeResponse>> reported = new ArrayList<>(TASKS);
        for (int polls = 0; reported.size() < TASKS; polls++) {
            check(polls);
            final LeaseTasksRequest request = LeaseTasksRequest.newBuilder()
                    .setShard(shard)
                    .setWorkerId("worker")
                    .setMaxTasks(TASKS)
                    .setTaskGroup(caller.taskGroup)
                    .build();
            for (final Task task : v1.leaseTasks(request).getTasksList()) {
                reported.add(v1Futures.reportOutcome(ReportOutcomeRequest.newBuilder()
                        .setShard(task.getShard())
                        .setTaskId(task.getId())
                        .setSuccess(result)
                        .build()));
            }
        }
        for (final ListenableFuture<ReportOutcomeResponse> answer : reported) {
            answer.get();
        }
        return reported.size();
    }

    /** Baseline: the same calls through the client. */
    @Benchmark
    @Threads(WORKERS)
    @OperationsPerInvocation(TASKS)
    public int clientLifecycle(Caller caller) {
        final List<CompletableFuture<?>> enqueued = new ArrayList<>(TASKS);
        for (int i = 0; i < TASKS; i++) {
            enqueued.add(client.enqueueAsync(job(caller.taskGroup)));
        }
        enqueued.forEach(CompletableFuture::join);
        final List<CompletableFuture<?>> reported = new ArrayList<>(TASKS);
        for (int polls = 0; reported.size() < TASKS; polls++) {
            check(polls);
            for (final LeasedTask task : lease(caller, TASKS)) {
                reported.add(client.leases().report(task.leaseId(), success));
            }
        }
        reported.forEach(CompletableFuture::join);
        return reported.size();
    }

    /** 256 jobs, in a call each to enqueue, lease and report. */
    @Benchmark
    @Threads(WORKERS)
    @OperationsPerInvocation(BATCH)
    public int v2Lifecycle(Caller caller) {
        final EnqueueBatchRequest.Builder jobs = EnqueueBatchRequest.newBuilder();
        for (int i = 0; i < BATCH; i++) {
            jobs.addJobs(io.silo.grpc.v2.Job.newBuilder()
                    .setTaskGroup(caller.taskGroup)
                    .setPayload(bytes));
        }
        v2.enqueueBatch(jobs.build()).getResultsList().forEach(done -> check(!done.hasRefusal()));
        int ended = 0;
        for (int polls = 0; ended < BATCH; polls++) {
            check(polls);
            final ReportOutcomesRequest.Builder outcomes = ReportOutcomesRequest.newBuilder();
            final var request = io.silo.grpc.v2.LeaseTasksRequest.newBuilder()
                    .setWorkerId("worker")
                    .setMaxTasks(BATCH)
                    .setTaskGroup(caller.taskGroup)
                    .build();
            for (final Task task : v2.leaseTasks(request).getTasksList()) {
                outcomes.addOutcomes(Outcome.newBuilder()
                        .setShard(task.getShard())
                        .setTaskId(task.getId())
                        .setSuccess(result));
            }
            if (outcomes.getOutcomesCount() > 0) {
                v2.reportOutcomes(outcomes.build()).getResultsList().forEach(done -> check(!done.hasRefusal()));
                ended += outcomes.getOutcomesCount();
            }
        }
        return ended;
    }

    /** Baseline: the same batches through the client. */
    @Benchmark
    @Threads(WORKERS)
    @OperationsPerInvocation(BATCH)
    public int clientBatches(Caller caller) {
        final List<JobRequest> jobs = new ArrayList<>(BATCH);
        for (int i = 0; i < BATCH; i++) {
            jobs.add(job(caller.taskGroup));
        }
        for (final EnqueueResult done : client.enqueueAll(jobs)) {
            check(done.rejected() == null);
        }
        int ended = 0;
        for (int polls = 0; ended < BATCH; polls++) {
            check(polls);
            final List<LeaseOutcome> outcomes = new ArrayList<>(BATCH);
            for (final LeasedTask task : lease(caller, BATCH)) {
                outcomes.add(new LeaseOutcome(task.leaseId(), success));
            }
            client.leases().reportAll(outcomes).join().forEach(done -> check(done.refused() == null));
            ended += outcomes.size();
        }
        return ended;
    }

    private List<LeasedTask> lease(Caller caller, int max) {
        return client.leases()
                .poll(new TaskPoll(0, "", caller.taskGroup, "worker", max, NO_WAIT))
                .join();
    }

    private static void check(int polls) {
        check(polls < POLLS_MAX);
    }

    private static void check(boolean isDone) {
        if (!isDone) {
            throw new IllegalStateException("a job was refused, or its task does not come");
        }
    }

    /** Stops all. */
    @TearDown
    public void stop() {
        channel.shutdownNow();
        directChannel.shutdownNow();
        client.close();
        server.close();
    }
}
