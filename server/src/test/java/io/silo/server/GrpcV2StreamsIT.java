package io.silo.server;

import static io.silo.server.GrpcFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.Task;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueResult;
import io.silo.grpc.v2.Job;
import io.silo.grpc.v2.LeaseRef;
import io.silo.grpc.v2.LeaseTasksRequest;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.OutcomeResult;
import io.silo.grpc.v2.SiloGrpc;
import io.silo.grpc.v2.StreamAnswer;
import io.silo.grpc.v2.StreamTasksRequest;
import io.silo.grpc.v2.Subscribe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code StreamTasks} of {@code silo.v2}, against a whole server. */
@Tag("newest-jdk")
class GrpcV2StreamsIT {
    private static final String GROUP = "group";

    /** Nothing is to come, and would have come by then. */
    private static final long SILENCE_MS = 300;

    private static final String SUBSCRIBE_REQUIRED = "subscribe is required in the first message";

    @TempDir
    Path directory;

    private final List<ManagedChannel> channels = new ArrayList<>();
    private GrpcFixture grpc;
    private SiloGrpc.SiloBlockingStub silo;

    private void start(Map<String, String> settings) throws IOException {
        grpc = GrpcFixture.start(directory.resolve("data"), settings);
        silo = SiloGrpc.newBlockingStub(grpc.channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        for (final ManagedChannel channel : channels) {
            channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
        }
        if (grpc != null) {
            grpc.close();
        }
    }

    @Test
    void shouldPushTasksAndTakeOutcomesAndRenewals() throws Exception {
        start(Map.of());
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 2);
        enqueue(job("a").setLeaseMs(1_000), job("b").setLeaseMs(1_000));
        final List<Task> tasks = stream.tasks(2);
        assertThat(tasks).extracting(Task::getJobId).containsExactlyInAnyOrder("a", "b");
        assertThat(tasks).extracting(Task::getPayload).containsOnly(bytes("in"));
        final StreamTasksRequest.Builder renewals = StreamTasksRequest.newBuilder();
        tasks.forEach(task -> renewals.addRenewals(
                LeaseRef.newBuilder().setShard(task.getShard()).setTaskId(task.getId())));
        // Longer than the leases.
        for (int i = 0; i < 6; i++) {
            Thread.sleep(250);
            final StreamAnswer answer = stream.say(renewals.setSequence(i)).answer();
            assertThat(answer.getSequence()).isEqualTo(i);
            assertThat(answer.getOutcomesCount()).isZero();
            assertThat(answer.getRenewalsList()).hasSize(2).allMatch(result -> !result.getLost());
        }
        cancel(tasks.get(0).getJobId());
        final StreamAnswer answer = stream.say(
                        stream.successes(tasks.subList(1, 2)).mergeFrom(renewals.build()))
                .answer();
        assertThat(answer.getOutcomesList()).containsExactly(OutcomeResult.getDefaultInstance());
        assertThat(answer.getRenewals(0).getCancelled()).isTrue();
        final StreamAnswer again = stream.say(stream.successes(tasks.subList(1, 2))
                        .addOutcomes(Outcome.newBuilder()
                                .setShard(tasks.get(0).getShard())
                                .setTaskId(tasks.get(0).getId())))
                .answer();
        assertThat(again.getOutcomesList())
                .extracting(result -> result.getRefusal().getName() + ": "
                        + result.getRefusal().getMessage())
                .containsExactly("ALREADY_REPORTED: lease not found", "INVALID_ARGUMENT: missing outcome");
        assertThat(grpc.get("ada", tasks.get(1).getJobId()).getStatus()).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
        stream.halfClose();
        assertThat(stream.end()).isEqualTo(Status.OK);
    }

    @Test
    void shouldPushNoMoreTasksThanThereAreCredits() throws Exception {
        start(Map.of());
        enqueueMany(200, "j");
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 7);
        final List<Task> first = stream.tasks(7);
        assertThat(stream.task(SILENCE_MS)).isNull();
        // An outcome gives no credit back.
        stream.say(stream.successes(first));
        assertThat(stream.answer().getOutcomesList()).hasSize(7).noneMatch(OutcomeResult::hasRefusal);
        assertThat(stream.task(SILENCE_MS)).isNull();
        stream.credits(3);
        final List<Task> all = new ArrayList<>(first);
        all.addAll(stream.tasks(3));
        assertThat(stream.task(SILENCE_MS)).isNull();
        // More than are passed on at once.
        stream.credits(150);
        all.addAll(stream.tasks(150));
        assertThat(stream.task(SILENCE_MS)).isNull();
        assertThat(leasedCount()).isEqualTo(153);
        stream.credits(1_000);
        all.addAll(stream.tasks(40));
        assertThat(all).extracting(Task::getJobId).doesNotHaveDuplicates();
        enqueueMany(10, "later");
        assertThat(stream.tasks(10)).extracting(Task::getJobId).allMatch(id -> id.startsWith("later"));
    }

    /** With fewer credits than shard threads each of them is asked all the same, and the worker has never more than it wants. */
    @Test
    void shouldPushOfAllShardThreadsWithOneCredit() throws Exception {
        start(Map.of("SILO_SHARD_THREADS", "4"));
        enqueueMany(40, "j");
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 1);
        final Set<String> shards = new HashSet<>();
        final Set<String> jobs = new HashSet<>();
        for (int i = 0; i < 40; i++) {
            final Task task = stream.task();
            assertThat(jobs.add(task.getJobId())).isTrue();
            assertThat(task.getAttemptNumber()).isEqualTo(1);
            shards.add(task.getShard());
            assertThat(stream.task(i < 5 ? SILENCE_MS : 0)).isNull();
            stream.say(stream.successes(List.of(task)).setCredits(1));
            assertThat(stream.answer().getOutcomes(0).hasRefusal()).isFalse();
        }
        assertThat(shards).hasSize(4);
        // A waiting call is no worse off.
        enqueue(job("last"));
        assertThat(stream.task().getJobId()).isEqualTo("last");
    }

    @Test
    void shouldPushOfOneTenantIfAskedTo() throws Exception {
        start(Map.of());
        enqueue(job("a"), job("b").setTenant("bob"), job("c").setTenant("cleo"));
        final WorkerStream stream = WorkerStream.open(grpc.channel);
        stream.say(StreamTasksRequest.newBuilder()
                .setSubscribe(Subscribe.newBuilder()
                        .setWorkerId("w")
                        .setTaskGroup(GROUP)
                        .setTenant("bob"))
                .setCredits(10));
        assertThat(stream.task().getJobId()).isEqualTo("b");
        assertThat(stream.task(SILENCE_MS)).isNull();
    }

    @Test
    void shouldGiveBackWhatAStreamThatEndsHasNotReported() throws Exception {
        start(Map.of());
        final String[] ends = {"cancelled", "closed", "refused", "cut"};
        for (final String end : ends) {
            enqueueMany(20, end);
            final ManagedChannel own = channel();
            final WorkerStream stream = WorkerStream.of(own, "w", GROUP, 100);
            final List<Task> tasks = stream.tasks(20);
            stream.say(stream.successes(tasks.subList(0, 5)));
            assertThat(stream.answer().getOutcomesList()).noneMatch(OutcomeResult::hasRefusal);
            // What does not end the lease leaves it the stream's.
            stream.say(StreamTasksRequest.newBuilder()
                    .addOutcomes(WorkerStream.success(tasks.get(5)).clearOutcome()));
            assertThat(stream.answer().getOutcomes(0).hasRefusal()).isTrue();
            switch (end) {
                case "cancelled" -> stream.cancel();
                case "closed" -> stream.halfClose();
                case "refused" -> stream.say(WorkerStream.subscribing("w", GROUP));
                default -> own.shutdownNow();
            }
            // Leases last 10 s; these come at once, with the attempt unspent.
            final long beginNs = System.nanoTime();
            final List<Task> back = new ArrayList<>();
            while (back.size() < 15 && System.nanoTime() - beginNs < TimeUnit.SECONDS.toNanos(5)) {
                back.addAll(lease("v", 20, 1_000));
            }
            assertThat(back)
                    .as(end)
                    .extracting(Task::getJobId)
                    .containsExactlyInAnyOrderElementsOf(
                            tasks.subList(5, 20).stream().map(Task::getJobId).toList());
            assertThat(back).extracting(Task::getAttemptNumber).containsOnly(1);
            // Nothing is pushed to it any more.
            enqueueMany(1, end + "-last");
            assertThat(lease("v", 1, 2_000)).hasSize(1);
        }
    }

    /** A worker whose machine is gone closes nothing. Its tasks last a minute, so that they come back for another reason. */
    @Test
    void shouldCutAConnectionThatIsNoLongerThere() throws Exception {
        start(Map.of());
        try (FrozenProxy proxy = new FrozenProxy(grpc.server.grpcAddress().port())) {
            final ManagedChannel own = ManagedChannelBuilder.forAddress("127.0.0.1", proxy.port())
                    .usePlaintext()
                    .build();
            channels.add(own);
            final WorkerStream stream = WorkerStream.of(own, "w", GROUP, 2);
            enqueue(job("a").setLeaseMs(60_000));
            stream.task();
            proxy.freeze();
            enqueue(job("b").setLeaseMs(60_000));
            final long beginNs = System.nanoTime();
            final List<Task> back = new ArrayList<>();
            while (back.size() < 2 && System.nanoTime() - beginNs < TimeUnit.SECONDS.toNanos(40)) {
                back.addAll(lease("v", 2, 1_000));
            }
            assertThat(back).extracting(Task::getJobId).containsExactlyInAnyOrder("a", "b");
            assertThat(back).extracting(Task::getAttemptNumber).containsOnly(1);
        }
    }

    @Test
    void shouldAnswerAllThatWasSaidBeforeAHalfClose() throws Exception {
        start(Map.of());
        enqueueMany(100, "j");
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 100);
        final List<Task> tasks = stream.tasks(100);
        for (int i = 0; i < 100; i++) {
            stream.say(stream.successes(tasks.subList(i, i + 1)).setSequence(i));
        }
        stream.halfClose();
        assertThat(stream.end()).isEqualTo(Status.OK);
        final Set<Long> sequences = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            final StreamAnswer answer = stream.answer();
            assertThat(answer.getOutcomesList()).containsExactly(OutcomeResult.getDefaultInstance());
            sequences.add(answer.getSequence());
        }
        assertThat(sequences).hasSize(100);
    }

    /** What is on its way to a worker that has stopped reading is bounded, whatever credits it gave. */
    @Test
    void shouldPassNoCreditsOnWhileTheWorkerDoesNotRead() throws Exception {
        start(Map.of());
        final SerializedBytes payload = SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFrom(new byte[50_000]))
                .build();
        final EnqueueBatchRequest.Builder jobs = EnqueueBatchRequest.newBuilder();
        IntStream.range(0, 400).forEach(i -> jobs.addJobs(job("j" + i).setPayload(payload)));
        assertThat(silo.enqueueBatch(jobs.build()).getResultsList()).noneMatch(EnqueueResult::hasRefusal);
        final WorkerStream stream = WorkerStream.open(channel(), false);
        stream.say(WorkerStream.subscribing("w", GROUP).setCredits(400));
        int leased = 0;
        int before = -1;
        while (leased == 0 || leased != before) {
            before = leased;
            Thread.sleep(500);
            leased = leasedCount();
        }
        // 1 MiB that the connection takes, and 64 tasks behind it.
        assertThat(leased).isBetween(1, 200);
        assertThat(stream.task(0)).isNull();
        stream.take(1_000);
        assertThat(stream.tasks(400)).extracting(Task::getJobId).doesNotHaveDuplicates();
    }

    /** Payloads of a megabyte are fetched apart from the push that tells of them. */
    @Test
    void shouldPushLargePayloadsWhole() throws Exception {
        start(Map.of());
        final EnqueueBatchRequest.Builder jobs = EnqueueBatchRequest.newBuilder();
        for (int i = 0; i < 10; i++) {
            final byte[] bytes = new byte[i % 2 == 0 ? 1_000_000 : 10];
            java.util.Arrays.fill(bytes, (byte) i);
            jobs.addJobs(job("j" + i).setPayload(SerializedBytes.newBuilder().setMsgpack(ByteString.copyFrom(bytes))));
        }
        silo.enqueueBatch(jobs.build());
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 10);
        final List<Task> tasks = stream.tasks(10);
        assertThat(tasks)
                .allSatisfy(task -> assertThat(task.getPayload())
                        .isEqualTo(jobs.getJobs(Integer.parseInt(task.getJobId().substring(1)))
                                .getPayload()));
        assertThat(tasks).extracting(Task::getJobId).doesNotHaveDuplicates();
    }

    @Test
    void shouldRefuseWhatMakesNoSense() throws Exception {
        start(Map.of("SILO_TENANCY_MODE", "off"));
        assertEnded(WorkerStream.open(grpc.channel).say(StreamTasksRequest.newBuilder()), SUBSCRIBE_REQUIRED);
        final WorkerStream mute = WorkerStream.open(grpc.channel);
        mute.halfClose();
        assertEnded(mute, SUBSCRIBE_REQUIRED);
        assertEnded(WorkerStream.of(grpc.channel, "", GROUP, 1), "worker_id is required");
        assertEnded(WorkerStream.of(grpc.channel, "w", "", 1), "task_group is required");
        assertEnded(WorkerStream.of(grpc.channel, "w", "g".repeat(65), 1), "task_group too long (must be <= 64 chars)");
        assertEnded(
                WorkerStream.of(grpc.channel, "w", GROUP, 1).say(WorkerStream.subscribing("w", GROUP)),
                "subscribe must be in the first message only");
        final String tooMany = "credits must be at most 16,384 with the tasks that are not reported";
        assertEnded(WorkerStream.of(grpc.channel, "w", GROUP, 16_385), tooMany);
        assertEnded(WorkerStream.of(grpc.channel, "w", GROUP, -1), tooMany);
        final WorkerStream summed = WorkerStream.of(grpc.channel, "w", GROUP, 16_384);
        summed.credits(1);
        assertEnded(summed, tooMany);
        assertEnded(
                WorkerStream.of(grpc.channel, "w", GROUP, 1)
                        .say(StreamTasksRequest.newBuilder()
                                .addAllOutcomes(Collections.nCopies(1_025, Outcome.getDefaultInstance()))),
                "outcomes must have at most 1,024 items");
        assertEnded(
                WorkerStream.of(grpc.channel, "w", GROUP, 1)
                        .say(StreamTasksRequest.newBuilder()
                                .addAllRenewals(Collections.nCopies(1_025, LeaseRef.getDefaultInstance()))),
                "renewals must have at most 1,024 items");
        final WorkerStream named = WorkerStream.open(grpc.channel);
        named.say(StreamTasksRequest.newBuilder()
                .setSubscribe(Subscribe.newBuilder()
                        .setWorkerId("w")
                        .setTaskGroup(GROUP)
                        .setTenant("t"))
                .setCredits(1));
        assertThat(named.end().getCode() + ": " + named.end().getDescription())
                .isEqualTo("FAILED_PRECONDITION: tenant must not be provided when tenancy is disabled on the server");
    }

    private static void assertEnded(WorkerStream stream, String sentence) throws Exception {
        assertThat(stream.end().getCode() + ": " + stream.end().getDescription())
                .isEqualTo(Status.Code.INVALID_ARGUMENT + ": " + sentence);
    }

    /** Without those on which gRPC calls this test's own thousand streams back: as many as come at one time. */
    private static long serverThreads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !thread.getName().startsWith("grpc-default-executor"))
                .count();
    }

    @Test
    void shouldHoldAThousandStreamsWithoutAThreadEach() throws Exception {
        start(Map.of());
        WorkerStream.of(channel(), "first", "other", 1);
        enqueueMany(1, "warm");
        final long threads = serverThreads();
        final ManagedChannel own = channel();
        final List<WorkerStream> streams = new ArrayList<>();
        for (int i = 0; i < 1_000; i++) {
            streams.add(WorkerStream.of(own, "w" + i, GROUP, 1));
        }
        final Set<String> jobs = new HashSet<>();
        for (int round = 0; round < 3; round++) {
            enqueueMany(round == 0 ? 999 : 1_000, "r" + round);
            for (final WorkerStream stream : streams) {
                final Task task = stream.task();
                assertThat(jobs.add(task.getJobId())).isTrue();
                stream.say(stream.successes(List.of(task)).setCredits(1));
            }
            for (final WorkerStream stream : streams) {
                assertThat(stream.answer().getOutcomesList()).containsExactly(OutcomeResult.getDefaultInstance());
            }
        }
        assertThat(jobs).hasSize(3_000);
        assertThat(serverThreads() - threads).isLessThan(50);
    }

    @Test
    void shouldTellThatThereAreTooManyStreams() throws Exception {
        start(Map.of());
        final List<WorkerStream> streams = new ArrayList<>();
        for (final int count : new int[] {900, 900, 248}) {
            final ManagedChannel own = channel();
            for (int i = 0; i < count; i++) {
                streams.add(WorkerStream.of(own, "w" + i, GROUP, 1));
            }
        }
        // Each has been heard of when it has got its task.
        enqueueMany(2_048, "j");
        for (final WorkerStream stream : streams) {
            stream.task();
        }
        final WorkerStream beyond = WorkerStream.open(grpc.channel);
        assertThat(beyond.end().getCode() + ": " + beyond.end().getDescription())
                .isEqualTo("RESOURCE_EXHAUSTED: too many streams and waiting calls (max 2,048)");
        GrpcFixture.assertRefused(
                () -> lease("v", 1, 1_000),
                Status.Code.RESOURCE_EXHAUSTED,
                "too many streams and waiting calls (max 2,048)");
        assertThat(lease("v", 1, 0)).isEmpty();
        streams.get(7).halfClose();
        assertThat(streams.get(7).end()).isEqualTo(Status.OK);
        assertThat(lease("v", 1, 5_000)).hasSize(1);
    }

    // ---- helpers

    private static Job.Builder job(String id) {
        return Job.newBuilder().setTenant("ada").setId(id).setTaskGroup(GROUP).setPayload(bytes("in"));
    }

    private void enqueue(Job.Builder... jobs) {
        final EnqueueBatchRequest.Builder request = EnqueueBatchRequest.newBuilder();
        for (final Job.Builder job : jobs) {
            request.addJobs(job);
        }
        assertThat(silo.enqueueBatch(request.build()).getResultsList()).noneMatch(EnqueueResult::hasRefusal);
    }

    /** Of a hundred tenants, and so on all shards. */
    private void enqueueMany(int count, String prefix) {
        for (int first = 0; first < count; first += 1_024) {
            enqueue(IntStream.range(first, Math.min(count, first + 1_024))
                    .mapToObj(i -> job(prefix + "-" + i).setTenant("tenant-" + i % 100))
                    .toArray(Job.Builder[]::new));
        }
    }

    private List<Task> lease(String worker, int max, int waitMs) {
        return silo.leaseTasks(LeaseTasksRequest.newBuilder()
                        .setWorkerId(worker)
                        .setTaskGroup(GROUP)
                        .setMaxTasks(max)
                        .setWaitMs(waitMs)
                        .build())
                .getTasksList();
    }

    private void cancel(String id) {
        grpc.silo.cancelJob(CancelJobRequest.newBuilder()
                .setShard(grpc.shardOf("ada"))
                .setTenant("ada")
                .setId(id)
                .build());
    }

    private int leasedCount() {
        try (SiloClient client =
                SiloClient.builder().dataDirectory(directory.resolve("data")).build()) {
            return client.taskGroup(GROUP).leased();
        }
    }

    private ManagedChannel channel() {
        final ManagedChannel channel = ManagedChannelBuilder.forAddress(
                        grpc.server.grpcAddress().host(),
                        grpc.server.grpcAddress().port())
                .usePlaintext()
                .build();
        channels.add(channel);
        return channel;
    }
}
