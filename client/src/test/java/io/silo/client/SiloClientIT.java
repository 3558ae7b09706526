package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.protocol.RejectReason;
import io.silo.protocol.session.AccessToken;
import io.silo.protocol.session.TokenTable;
import io.silo.protocol.session.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class SiloClientIT {
    private static final Payload LARGE = Payload.raw(new byte[TestServer.PAYLOAD_BYTES_MAX]);

    /** So many of it wait for room. */
    private static final int LARGE_WAITING_MAX = (int) (CallWindow.WAITING_BYTES_MAX / LARGE.size());

    private TestServer server;

    @BeforeEach
    void start() {
        server = new TestServer();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldEnqueueAndReadBack(boolean udp) {
        try (SiloClient client = server.client(udp).build()) {
            assertThat(client.awaitConnected()).isEqualTo("9.9.9");
            final JobHandle handle = client.enqueue(JobRequest.to("emails")
                    .id("job-1")
                    .tenant("acme")
                    .priority(7)
                    .metadata("trace", "äöü")
                    .payload("{\"a\":1}", Encoding.JSON)
                    .durability(Durability.APPENDED)
                    .build());

            assertThat(handle.durability()).isEqualTo(Durability.APPENDED);
            final Job job = handle.get();
            assertThat(job.id()).isEqualTo("job-1");
            assertThat(job.tenant()).isEqualTo("acme");
            assertThat(job.priority()).isEqualTo(7);
            assertThat(job.status()).isEqualTo(JobStatus.SCHEDULED);
            assertThat(job.metadata()).containsEntry("trace", "äöü");
            assertThat(job.payload()).isEqualTo(Payload.json("{\"a\":1}"));
            assertThat(job.result()).isNull();
        }
        TestServer.await("session closed", () -> server.broker.closed.contains("explicit"));
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldCarryLargePayloadsInParts(boolean udp) {
        final byte[] bytes = new byte[3_000_001];
        new Random(1).nextBytes(bytes);
        try (SiloClient client = server.client(udp).build()) {
            final JobHandle handle = client.enqueue(
                    JobRequest.to("g").payload(Payload.raw(bytes)).build());
            assertThat(handle.get().payload().bytes()).isEqualTo(bytes);
            assertThat(server.broker.uploadParts.get()).isEqualTo((bytes.length + 32_767) / 32_768);

            final SiloException tooLarge = catchThrowableOfType(
                    SiloException.class,
                    () -> client.enqueue(JobRequest.to("g")
                            .payload(Payload.raw(new byte[TestServer.PAYLOAD_BYTES_MAX + 1]))
                            .build()));
            assertThat(tooLarge.reason()).isEqualTo(RejectReason.PAYLOAD_TOO_LARGE);
        }
    }

    @Test
    void shouldUploadAgainWhatTheServerGaveUp() {
        server.broker.loseUploadsLeft.set(2);
        try (SiloClient client = server.client(false).build()) {
            final JobHandle handle = client.enqueue(
                    JobRequest.to("g").payload(Payload.raw(new byte[100_000])).build());
            assertThat(handle.get().payload().size()).isEqualTo(100_000);
        }
    }

    @Test
    void shouldSplitBatchesByCountAndSize() {
        final List<JobRequest> requests = new ArrayList<>();
        for (int i = 0; i < 3_000; i++) {
            requests.add(JobRequest.to("g")
                    .id("job-" + i)
                    .priority(i == 17 ? 100 : 5)
                    .payload(Payload.raw(new byte[i % 300 == 0 ? 50_000 : 20]))
                    .build());
        }
        try (SiloClient client = server.client(false).build()) {
            final List<EnqueueResult> results = client.enqueueAll(requests);
            assertThat(results).hasSize(3_000);
            for (int i = 0; i < results.size(); i++) {
                assertThat(results.get(i).jobId()).isEqualTo("job-" + i);
                assertThat(results.get(i).rejected()).isEqualTo(i == 17 ? RejectReason.PRIORITY_OUT_OF_RANGE : null);
            }
            assertThat(server.broker.jobs).hasSize(2_999);
            assertThat(server.broker.batchSizes).allMatch(size -> size <= 1_024);
            // A repeat of the same requests makes no job and is accepted.
            assertThat(client.enqueueAll(requests.subList(0, 10))).allMatch(EnqueueResult::isAccepted);
            assertThat(server.broker.jobs).hasSize(2_999);
        }
    }

    @Test
    void shouldTellRefusals() {
        try (SiloClient client = server.client(false).build()) {
            client.enqueue(JobRequest.to("g").id("same").build());
            assertThat(reason(() -> client.enqueue(JobRequest.to("g").id("same").build())))
                    .isEqualTo(RejectReason.JOB_EXISTS);
            assertThat(reason(() -> client.getJob("nothing"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
            assertThat(reason(() -> client.getResult("same"))).isEqualTo(RejectReason.JOB_NOT_COMPLETE);
            assertThat(reason(() -> client.awaitResult("-", "same", Duration.ofMillis(300))))
                    .isEqualTo(RejectReason.JOB_NOT_COMPLETE);
            assertThat(reason(() -> client.enqueue(
                            JobRequest.to("g").id("x".repeat(70_000)).build())))
                    .isEqualTo(RejectReason.INVALID_JOB_ID);
            for (final int priority : new int[] {-1, 100, 256, 300}) {
                assertThat(reason(() -> client.enqueue(
                                JobRequest.to("g").priority(priority).build())))
                        .isEqualTo(RejectReason.PRIORITY_OUT_OF_RANGE);
            }
            assertThat(reason(() -> client.enqueue(JobRequest.to("g")
                            .metadata("a", "x".repeat(40_000))
                            .metadata("b", "x".repeat(40_000))
                            .build())))
                    .isEqualTo(RejectReason.METADATA_TOO_LARGE);
            assertThat(reason(() -> client.getJob("x".repeat(70_000)))).isEqualTo(RejectReason.MALFORMED_FRAME);
            // The largest metadata and the largest inline payload together do not fit a message: the payload is
            // uploaded.
            final JobHandle wide = client.enqueue(JobRequest.to("g")
                    .metadata("a", "x".repeat(65_000))
                    .payload(Payload.raw(new byte[65_536]))
                    .build());
            assertThat(server.broker.jobs.get(wide.id()).payload).hasSize(65_536);
        }
    }

    /** One damaged payload costs neither the other tasks nor the next calls. */
    @Test
    void shouldFailAJobThatItLeasesWithADamagedPayload() throws Exception {
        server.broker.corrupt.add("bad");
        try (SiloClient client = server.client(false).build()) {
            final JobHandle bad =
                    client.enqueue(JobRequest.to("g").id("bad").payload("x").build());
            client.enqueue(JobRequest.to("g").id("good").payload("y").build());
            final TaskPoll poll = new TaskPoll(0, "", "g", "w", 10, Duration.ZERO);
            assertThat(client.leases().poll(poll).get(10, TimeUnit.SECONDS)).isEmpty();
            assertThat(client.leases().poll(poll).get(10, TimeUnit.SECONDS))
                    .extracting(leased -> leased.task().id())
                    .containsExactly("good");
            assertThat(server.broker.jobs.get(bad.id()).errorCode).isEqualTo("PAYLOAD_CORRUPT");
        }
    }

    @Test
    void shouldNoticeDamagedBytes() {
        server.broker.corrupt.add("bad");
        try (SiloClient client = server.client(false).build()) {
            final JobHandle handle =
                    client.enqueue(JobRequest.to("g").id("bad").payload("x").build());
            assertThat(reason(handle::get)).isEqualTo(RejectReason.PAYLOAD_CORRUPT);
        }
    }

    @Test
    void shouldWaitOutABusyServerAndFollowAnOldMap() {
        server.broker.busyLeft.set(3);
        server.broker.staleLeft.set(2);
        try (SiloClient client = server.client(false).build()) {
            client.enqueue(JobRequest.to("g").id("1").build());
            assertThat(server.broker.enqueues.get()).isEqualTo(6);
        }
    }

    @Test
    void shouldReturnToABusyServerWhenItSaid() {
        server.broker.busyLeft.set(1);
        server.broker.busyRetryAfterMs = 400;
        try (SiloClient client = server.client(false).build()) {
            client.awaitConnected();
            final long begin = System.nanoTime();
            client.enqueue(JobRequest.to("g").id("1").build());
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(400));
            assertThat(server.broker.enqueues.get()).isEqualTo(2);
        }
    }

    @Test
    void shouldTellBusyAtOnceToThoseWhoWantThat() {
        server.broker.busyLeft.set(1);
        server.broker.busyRetryAfterMs = 5_000;
        try (SiloClient client = server.client(false).repeatBusy(false).build()) {
            client.awaitConnected();
            assertThatThrownBy(() -> client.enqueue(JobRequest.to("g").id("1").build()))
                    .isInstanceOfSatisfying(SiloException.class, busy -> {
                        assertThat(busy.reason()).isEqualTo(RejectReason.BUSY);
                        assertThat(busy.retryAfter()).isEqualTo(Duration.ofSeconds(5));
                    });
            assertThat(client.enqueue(JobRequest.to("g").id("1").build()).id()).isEqualTo("1");
        }
    }

    @Test
    void shouldSayWhenToReturnAfterTheDeadlineToo() {
        server.broker.busyLeft.set(1_000);
        server.broker.busyRetryAfterMs = 100;
        try (SiloClient client =
                server.client(false).requestTimeout(Duration.ofMillis(500)).build()) {
            assertThatThrownBy(() -> client.enqueue(JobRequest.to("g").id("1").build()))
                    .isInstanceOfSatisfying(SiloException.class, busy -> {
                        assertThat(busy.reason()).isEqualTo(RejectReason.BUSY);
                        assertThat(busy.retryAfter()).isEqualTo(Duration.ofMillis(100));
                    });
            assertThat(server.broker.enqueues.get()).isBetween(2, 6);
        }
    }

    @Test
    void shouldReportAnUnknownOutcomeThatIsSafeToRepeat() {
        server.broker.swallowLeft.set(1);
        final JobRequest request = JobRequest.to("g").build();
        try (SiloClient client =
                server.client(false).requestTimeout(Duration.ofMillis(500)).build()) {
            assertThat(reason(() -> client.enqueue(request))).isEqualTo(RejectReason.UNKNOWN_OUTCOME);
            // ENQ-2: the client makes the id, so that a repeat has the same.
            assertThat(UUID.fromString(request.id()).version()).isEqualTo(4);
            assertThat(client.enqueue(request).id()).isEqualTo(request.id());
            assertThat(server.broker.jobs).hasSize(1);
        }
    }

    @Test
    void shouldBoundItsWindow() {
        try (SiloClient client =
                server.client(false).window(4).windowTimeout(Duration.ZERO).build()) {
            client.awaitConnected();
            server.pause();
            final List<CompletableFuture<JobHandle>> futures = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                futures.add(client.enqueueAsync(JobRequest.to("g").build()));
            }
            assertThat(reason(() -> SiloClient.join(futures.get(4)))).isEqualTo(RejectReason.BUSY);
            server.goOn();
            futures.subList(0, 4).forEach(SiloClient::join);
        }
    }

    @Test
    void shouldHaveCallsWaitForRoomAndNotTheirCaller() {
        try (SiloClient client =
                server.client(false).window(4).nonBlocking(true).build()) {
            client.awaitConnected();
            server.pause();
            final List<CompletableFuture<JobHandle>> futures = new ArrayList<>();
            final long beginNs = System.nanoTime();
            for (int i = 0; i < 40; i++) {
                futures.add(client.enqueueAsync(JobRequest.to("g").id("job" + i).build()));
            }
            assertThat(System.nanoTime() - beginNs).isLessThan(TimeUnit.SECONDS.toNanos(5));
            assertThat(futures).noneMatch(CompletableFuture::isDone);
            server.goOn();
            futures.forEach(SiloClient::join);
            assertThat(server.broker.jobs).hasSize(40);
        }
    }

    @Test
    void shouldEndCallsThatWaitedTooLongForRoom() {
        try (SiloClient client = server.client(false)
                .window(4)
                .windowTimeout(Duration.ofMillis(200))
                .nonBlocking(true)
                .build()) {
            client.awaitConnected();
            server.pause();
            final List<CompletableFuture<JobHandle>> futures = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                futures.add(client.enqueueAsync(JobRequest.to("g").build()));
            }
            for (final CompletableFuture<JobHandle> without : futures.subList(4, 6)) {
                assertThat(reason(() -> SiloClient.join(without))).isEqualTo(RejectReason.BUSY);
            }
            server.goOn();
            futures.subList(0, 4).forEach(SiloClient::join);
            // Their room is there again, all of it.
            for (int i = 0; i < 10; i++) {
                client.enqueue(JobRequest.to("g").build());
            }
            assertThat(server.broker.jobs).hasSize(14);
        }
    }

    @Test
    void shouldFailCallsThatWaitForRoomWhenItIsClosed() {
        final List<CompletableFuture<JobHandle>> futures = new ArrayList<>();
        try (SiloClient client =
                server.client(false).window(2).nonBlocking(true).build()) {
            client.awaitConnected();
            server.pause();
            for (int i = 0; i < 2_000; i++) {
                futures.add(client.enqueueAsync(JobRequest.to("g").build()));
            }
        }
        server.goOn();
        for (final CompletableFuture<JobHandle> future : futures) {
            assertThat(reason(() -> SiloClient.join(future.orTimeout(10, TimeUnit.SECONDS))))
                    .isIn(RejectReason.UNREACHABLE, RejectReason.UNKNOWN_OUTCOME);
        }
    }

    private static CompletableFuture<JobHandle> enqueueLarge(SiloClient client) {
        return client.enqueueAsync(JobRequest.to("g").payload(LARGE).build());
    }

    @Test
    void shouldBoundTheBytesThatWaitForRoom() {
        try (SiloClient client = server.client(false)
                .window(1)
                .windowTimeout(Duration.ofSeconds(25))
                .requestTimeout(Duration.ofSeconds(25))
                .nonBlocking(true)
                .build()) {
            client.awaitConnected();
            server.pause();
            final List<CompletableFuture<JobHandle>> futures = new ArrayList<>();
            for (int i = 0; i < 1 + LARGE_WAITING_MAX; i++) {
                futures.add(enqueueLarge(client));
            }
            assertThat(client.agent().window().waitingBytes()).isEqualTo(CallWindow.WAITING_BYTES_MAX);
            assertThat(reason(() -> SiloClient.join(enqueueLarge(client)))).isEqualTo(RejectReason.BUSY);
            final Payload inline = Payload.raw(new byte[10_000]);
            assertThat(reason(() -> SiloClient.join(client.enqueueAsync(
                            JobRequest.to("g").payload(inline).build()))))
                    .isEqualTo(RejectReason.BUSY);
            // What is small waits beside them.
            futures.add(client.enqueueAsync(
                    JobRequest.to("g").payload(Payload.raw(new byte[1_000])).build()));
            assertThat(futures).noneMatch(CompletableFuture::isDone);
            assertThat(client.agent().window().waitingBytes()).isEqualTo(CallWindow.WAITING_BYTES_MAX);
            server.goOn();
            // Also those that are sent behind the upload of their payload have room.
            futures.forEach(SiloClient::join);
            assertThat(server.broker.jobs).hasSize(futures.size());
            assertThat(client.agent().window().waitingBytes()).isZero();
        }
    }

    @Test
    void shouldHaveRoomForOtherBytesWhenCallsHaveWaitedTooLong() {
        try (SiloClient client = server.client(false)
                .window(1)
                .windowTimeout(Duration.ofMillis(300))
                .nonBlocking(true)
                .build()) {
            client.awaitConnected();
            server.pause();
            final CompletableFuture<JobHandle> sent =
                    client.enqueueAsync(JobRequest.to("g").build());
            for (int round = 0; round < 2; round++) {
                final List<CompletableFuture<JobHandle>> without = new ArrayList<>();
                for (int i = 0; i < 3; i++) {
                    without.add(enqueueLarge(client));
                }
                assertThat(client.agent().window().waitingBytes()).isEqualTo(3L * LARGE.size());
                for (final CompletableFuture<JobHandle> future : without) {
                    assertThat(reason(() -> SiloClient.join(future))).isEqualTo(RejectReason.BUSY);
                }
                assertThat(client.agent().window().waitingBytes()).isZero();
            }
            server.goOn();
            SiloClient.join(sent);
        }
    }

    /** While the shards are not known a whole batch waits as one call. */
    @Test
    void shouldHaveALargeBatchWaitAloneUntilItIsClosed() {
        final List<CompletableFuture<?>> futures = new ArrayList<>();
        final SiloClient client = SiloClient.builder()
                .dataDirectory(server.dataDirectory.resolve("nobody"))
                .window(1)
                .nonBlocking(true)
                .build();
        try (client) {
            futures.add(client.enqueueAsync(JobRequest.to("g").build()));
            final List<JobRequest> batch = new ArrayList<>();
            for (int i = 0; i < 1 + LARGE_WAITING_MAX; i++) {
                batch.add(JobRequest.to("g").payload(LARGE).build());
            }
            futures.add(client.enqueueAllAsync(batch));
            assertThat(client.agent().window().waitingBytes()).isGreaterThan(CallWindow.WAITING_BYTES_MAX);
            assertThat(reason(() -> SiloClient.join(enqueueLarge(client)))).isEqualTo(RejectReason.BUSY);
            futures.add(client.enqueueAsync(JobRequest.to("g").build()));
            assertThat(futures).noneMatch(CompletableFuture::isDone);
        }
        assertThat(client.agent().window().waitingBytes()).isZero();
        for (final CompletableFuture<?> future : futures) {
            assertThat(reason(() -> SiloClient.join(future))).isEqualTo(RejectReason.UNREACHABLE);
        }
    }

    @ParameterizedTest(name = "nonBlocking={0}")
    @ValueSource(booleans = {false, true})
    void shouldTellShortAnswersOnTheNetThreadIfNothingBlocks(boolean nonBlocking) {
        try (SiloClient client = server.client(false).nonBlocking(nonBlocking).build()) {
            client.enqueue(JobRequest.to("g").id("known").build());
            server.pause();
            final CompletableFuture<String> small = client.enqueueAsync(
                            JobRequest.to("g").build())
                    .thenApply(job -> Thread.currentThread().getName());
            final CompletableFuture<String> large = client.getJobAsync("-", "known", true)
                    .thenApply(job -> Thread.currentThread().getName());
            server.goOn();
            assertThat(small.join().equals("silo-net")).isEqualTo(nonBlocking);
            assertThat(large.join()).isNotEqualTo("silo-net");
        }
    }

    @ParameterizedTest(name = "udp={0}")
    @ValueSource(booleans = {false, true})
    void shouldGoOnAfterTheServerWasRestarted(boolean udp) {
        try (SiloClient client =
                server.client(udp).requestTimeout(Duration.ofSeconds(25)).build()) {
            client.enqueue(JobRequest.to("g").id("before").build());
            server.stop();
            final CompletableFuture<JobHandle> meanwhile =
                    client.enqueueAsync(JobRequest.to("g").id("meanwhile").build());
            server.start();
            assertThat(SiloClient.join(meanwhile).id()).isEqualTo("meanwhile");
            assertThat(client.getJob("before").id()).isEqualTo("before");
            assertThat(server.broker.jobs).hasSize(2);
        }
    }

    @Test
    void shouldTellAWrongTokenAndAMissingScope() {
        server.close();
        server = new TestServer(TokenTable.of(List.of(new AccessToken("p", "producer", null, Set.of(Verb.PRODUCE)))));
        try (SiloClient wrong = server.client(false).token("nobody").build()) {
            assertThat(reason(() -> wrong.enqueue(JobRequest.to("g").build()))).isEqualTo(RejectReason.UNAUTHENTICATED);
        }
        try (SiloClient producer = server.client(false).token("producer").build()) {
            final JobHandle handle = producer.enqueue(JobRequest.to("g").build());
            assertThat(reason(handle::get)).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> SiloWorker.with(producer)
                            .taskGroup("g")
                            .handler(task -> TaskResult.success())
                            .start()))
                    .isEqualTo(RejectReason.PERMISSION_DENIED);
        }
    }

    @Test
    void shouldSayThatNobodyIsThere() {
        try (SiloClient client = SiloClient.builder()
                .address("127.0.0.1:1")
                .requestTimeout(Duration.ofMillis(700))
                .build()) {
            assertThat(reason(client::awaitConnected)).isEqualTo(RejectReason.UNREACHABLE);
        }
        try (SiloClient client = SiloClient.builder()
                .dataDirectory(Path.of("/nonexistent"))
                .requestTimeout(Duration.ofMillis(300))
                .build()) {
            final SiloException e = catchThrowableOfType(SiloException.class, client::awaitConnected);
            assertThat(e.reason()).isEqualTo(RejectReason.UNREACHABLE);
            assertThat(e).hasMessageContaining("/nonexistent/server.json");
        }
    }

    @Test
    void shouldFailCallsOfAClosedClient() {
        final SiloClient client = server.client(false).build();
        client.awaitConnected();
        server.pause();
        final CompletableFuture<JobHandle> unanswered =
                client.enqueueAsync(JobRequest.to("g").build());
        client.close();
        assertThat(reason(() -> SiloClient.join(unanswered))).isEqualTo(RejectReason.UNREACHABLE);
        assertThat(reason(() -> client.getJob("x"))).isEqualTo(RejectReason.UNREACHABLE);
        server.goOn();
    }

    @Test
    void shouldLeaveNoDirectoryBehindAndTouchNoOther() throws IOException {
        final Set<Path> before = directories();
        try (SiloClient client = server.client(true).build()) {
            client.awaitConnected();
            assertThat(directories()).hasSize(before.size() + 1);
        }
        assertThat(directories()).isEqualTo(before);
        try (SiloClient client = server.client(false).build()) {
            client.awaitConnected();
        }
        try (SiloClient client = server.client(false).build()) {
            assertThat(client.awaitConnected()).isEqualTo("9.9.9");
        }
    }

    private static Set<Path> directories() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/dev/shm"))) {
            return Set.copyOf(all.filter(path -> path.getFileName().toString().startsWith("silo-client-"))
                    .toList());
        }
    }

    static RejectReason reason(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        final SiloException thrown = catchThrowableOfType(SiloException.class, call);
        assertThat(thrown).as("nothing was refused").isNotNull();
        return thrown.reason();
    }
}
