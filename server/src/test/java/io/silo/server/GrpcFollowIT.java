package io.silo.server;

import static io.silo.server.GrpcFixture.assertRefused;
import static io.silo.server.GrpcFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Status;
import io.silo.grpc.v1.AttemptStatus;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.Cancelled;
import io.silo.grpc.v1.CompactShardRequest;
import io.silo.grpc.v1.DeleteJobRequest;
import io.silo.grpc.v1.Failure;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.JobAttempt;
import io.silo.grpc.v1.RetryPolicy;
import io.silo.grpc.v1.Task;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueResult;
import io.silo.grpc.v2.FollowEventsRequest;
import io.silo.grpc.v2.FollowEventsResponse;
import io.silo.grpc.v2.Job;
import io.silo.grpc.v2.JobEvent;
import io.silo.grpc.v2.JobEventKind;
import io.silo.grpc.v2.LeaseTasksRequest;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.OutcomeResult;
import io.silo.grpc.v2.ReportOutcomesRequest;
import io.silo.grpc.v2.SiloGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code FollowEvents} of {@code silo.v2}, against a whole server. */
@Tag("newest-jdk")
class GrpcFollowIT {
    private static final String TENANT = "ada";
    private static final String GROUP = "group";
    private static final Map<String, String> ONE_SHARD = Map.of("SILO_SHARD_COUNT", "1");

    @TempDir
    Path directory;

    private final List<ManagedChannel> channels = new ArrayList<>();
    private GrpcFixture grpc;
    private SiloGrpc.SiloBlockingStub silo;

    private void start() throws IOException {
        grpc = GrpcFixture.start(directory.resolve("data"), ONE_SHARD);
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

    private FollowEventsRequest.Builder follow() {
        return FollowEventsRequest.newBuilder().setShard(grpc.shardOf(TENANT));
    }

    private static Job.Builder job(String id) {
        return Job.newBuilder().setTenant(TENANT).setId(id).setTaskGroup(GROUP).setPayload(bytes("in"));
    }

    private void enqueue(Job.Builder... jobs) {
        final EnqueueBatchRequest.Builder request = EnqueueBatchRequest.newBuilder();
        for (final Job.Builder job : jobs) {
            request.addJobs(job);
        }
        assertThat(silo.enqueueBatch(request.build()).getResultsList()).noneMatch(EnqueueResult::hasRefusal);
    }

    private void enqueueMany(String prefix, int count) {
        final Job.Builder[] jobs = new Job.Builder[count];
        for (int i = 0; i < count; i++) {
            jobs[i] = job(prefix + i);
        }
        enqueue(jobs);
    }

    private void enqueueLarge(String prefix, int count) {
        final Job.Builder[] jobs = new Job.Builder[count];
        for (int i = 0; i < count; i++) {
            jobs[i] = job(prefix + i).setPayload(bytes("x".repeat(8_000)));
        }
        enqueue(jobs);
    }

    private List<Task> lease(int count) {
        return silo.leaseTasks(LeaseTasksRequest.newBuilder()
                        .setWorkerId("w")
                        .setTaskGroup(GROUP)
                        .setMaxTasks(count)
                        .build())
                .getTasksList();
    }

    private static Outcome.Builder outcome(Task task) {
        return Outcome.newBuilder().setShard(task.getShard()).setTaskId(task.getId());
    }

    private void succeed(List<Task> tasks) {
        final ReportOutcomesRequest.Builder report = ReportOutcomesRequest.newBuilder();
        tasks.forEach(task -> report.addOutcomes(outcome(task).setSuccess(bytes("out"))));
        assertThat(silo.reportOutcomes(report.build()).getResultsList()).noneMatch(OutcomeResult::hasRefusal);
    }

    private static String told(JobEvent event) {
        final String kind = event.getKind().name().replace("JOB_EVENT_KIND_", "");
        return event.getJobId() + " " + kind + (event.getAttempt() == 0 ? "" : " #" + event.getAttempt())
                + (event.hasStatus() ? " " + event.getStatus().name().replace("JOB_STATUS_", "") : "");
    }

    private static void assertOnceAndInOrder(List<JobEvent> events) {
        for (int i = 1; i < events.size(); i++) {
            final JobEvent before = events.get(i - 1);
            final JobEvent event = events.get(i);
            assertThat(event.getPosition() > before.getPosition()
                            || event.getPosition() == before.getPosition() && event.getIndex() > before.getIndex())
                    .isTrue();
        }
    }

    @Test
    void shouldTellWhatHappensInOrderAsItHappens() throws Exception {
        start();
        enqueue(job("before"));
        lease(1);
        final EventStream stream = EventStream.open(grpc.channel, follow());
        final FollowEventsResponse begin = stream.next();
        assertThat(begin.getEventsList()).isEmpty();
        assertThat(begin.getCaughtUp()).isTrue();
        assertThat(begin.getNextPosition()).isEqualTo(begin.getDurablePosition() + 1);
        enqueue(job("a").setPriority(5)
                .setRetryPolicy(RetryPolicy.newBuilder()
                        .setRetryCount(1)
                        .setInitialIntervalMs(1)
                        .setBackoffFactor(1)));
        final JobEvent enqueued = stream.events(1).get(0);
        assertThat(told(enqueued)).isEqualTo("a ENQUEUED SCHEDULED");
        assertThat(enqueued.getTenant()).isEqualTo(TENANT);
        assertThat(enqueued.getTaskGroup()).isEqualTo(GROUP);
        assertThat(enqueued.getPriority()).isEqualTo(5);
        assertThat(enqueued.getTimeMs())
                .isCloseTo(System.currentTimeMillis(), org.assertj.core.data.Offset.offset(60_000L));
        final Task task = lease(1).get(0);
        final JobEvent leased = stream.events(1).get(0);
        assertThat(told(leased)).isEqualTo("a LEASED #1 RUNNING");
        assertThat(leased.getWorkerId()).isEqualTo("w");
        assertThat(leased.getJobKey()).isEqualTo(enqueued.getJobKey());
        silo.reportOutcomes(ReportOutcomesRequest.newBuilder()
                .addOutcomes(outcome(task).setFailure(Failure.newBuilder().setCode("E")))
                .build());
        final JobEvent failed = stream.events(1).get(0);
        assertThat(told(failed)).isEqualTo("a FAILED #1 SCHEDULED");
        assertThat(failed.getErrorCode()).isEqualTo("E");
        assertThat(failed.getStartedAtMs()).isEqualTo(leased.getTimeMs());
        assertThat(failed.getNextStartMs()).isEqualTo(failed.getTimeMs() + 1);
        List<Task> again = lease(1);
        while (again.isEmpty()) {
            again = lease(1);
        }
        succeed(again);
        grpc.silo.deleteJob(DeleteJobRequest.newBuilder()
                .setShard(grpc.shardOf(TENANT))
                .setTenant(TENANT)
                .setId("a")
                .build());
        assertThat(stream.events(3).stream().map(GrpcFollowIT::told))
                .containsExactly("a LEASED #2 RUNNING", "a SUCCEEDED #2 SUCCEEDED", "a DELETED");
        assertThat(EventStream.open(grpc.channel, follow().setFromPosition(0).setMaxBatch(1)).caughtUp().stream()
                        .map(GrpcFollowIT::told))
                .containsExactly(
                        "before ENQUEUED SCHEDULED",
                        "before LEASED #1 RUNNING",
                        "a ENQUEUED SCHEDULED",
                        "a LEASED #1 RUNNING",
                        "a FAILED #1 SCHEDULED",
                        "a LEASED #2 RUNNING",
                        "a SUCCEEDED #2 SUCCEEDED",
                        "a DELETED");
    }

    @Test
    void shouldGoOnAfterARestartOfTheServer() throws Exception {
        start();
        // More than a cycle that is cleaned because it is small, as restarts leave them.
        for (int i = 0; i < 3; i++) {
            enqueueLarge("first" + i + "-", 100);
        }
        final EventStream before =
                EventStream.open(grpc.channel, follow().setFromPosition(0).setMaxBatch(60));
        // It stops in the midst of a record.
        final List<FollowEventsResponse> taken = before.until(message -> message.getNextIndex() > 0);
        final FollowEventsResponse last = taken.get(taken.size() - 1);
        grpc.server.close();
        final Status ended = before.end();
        assertThat(ended.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(ended.getDescription()).isEqualTo("the server is stopping");
        grpc.close();
        start();
        enqueueMany("second", 10);
        final List<JobEvent> all =
                EventStream.open(grpc.channel, follow().setFromPosition(0)).caughtUp();
        final List<JobEvent> rest = EventStream.open(
                        grpc.channel,
                        follow().setFromPosition(last.getNextPosition()).setFromIndex(last.getNextIndex()))
                .caughtUp();
        assertThat(all).hasSize(310);
        assertOnceAndInOrder(all);
        final List<JobEvent> both = EventStream.events(taken);
        both.addAll(rest);
        assertThat(both).isEqualTo(all);
    }

    @Test
    void shouldGoOnAfterARestartOfASmallServer() throws Exception {
        start();
        enqueueMany("first", 10);
        final List<FollowEventsResponse> taken =
                EventStream.open(grpc.channel, follow().setFromPosition(0)).until(FollowEventsResponse::getCaughtUp);
        final FollowEventsResponse last = taken.get(taken.size() - 1);
        grpc.close();
        start();
        long first = 0;
        for (int i = 0; i < 600 && first < last.getNextPosition(); i++) {
            Thread.sleep(100);
            final EventStream stream = EventStream.open(grpc.channel, follow());
            first = stream.next().getFirstPosition();
            stream.cancel();
        }
        // Its only cycle was cleaned, for it was small.
        assertThat(first).isGreaterThanOrEqualTo(last.getNextPosition());
        enqueueMany("second", 10);
        final List<JobEvent> rest = EventStream.open(
                        grpc.channel,
                        follow().setFromPosition(last.getNextPosition()).setFromIndex(last.getNextIndex()))
                .caughtUp();
        assertThat(rest).extracting(JobEvent::getJobId).allMatch(id -> id.startsWith("second"));
        assertThat(rest).hasSize(10);
    }

    @Test
    void shouldTellATokenOfATenantNothingOfOthers() throws Exception {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [shard]
                count = 1
                [[auth.tokens]]
                name = "all"
                token = "all"
                [[auth.tokens]]
                name = "one tenant"
                token = "one"
                tenant = "ada"
                [[auth.tokens]]
                name = "a producer"
                token = "produce"
                verbs = ["produce"]
                """);
        grpc = GrpcFixture.start(file, directory.resolve("data"));
        final Channel all = GrpcFixture.withToken(grpc.channel, "all");
        final Channel one = GrpcFixture.withToken(grpc.channel, "one");
        silo = SiloGrpc.newBlockingStub(all);
        final String shard = GrpcFixture.shardOf(grpc.withToken("all"), TENANT);
        final FollowEventsRequest.Builder follow =
                FollowEventsRequest.newBuilder().setShard(shard).setFromPosition(0);
        final EventStream scoped = EventStream.open(one, follow);
        enqueue(job("a"), job("a").setTenant("bob"), job("b").setTenant("bob"), job("b"));
        succeed(lease(4));
        for (final String tenant : List.of("bob", TENANT)) {
            grpc.withToken("all")
                    .deleteJob(DeleteJobRequest.newBuilder()
                            .setShard(shard)
                            .setTenant(tenant)
                            .setId("a")
                            .build());
        }
        final List<JobEvent> own = scoped.events(7);
        assertThat(own).extracting(JobEvent::getTenant).containsOnly(TENANT);
        assertThat(told(own.get(6))).isEqualTo("a DELETED");
        assertThat(EventStream.open(all, follow).caughtUp()).hasSize(14);
        assertThat(EventStream.open(all, follow.clone().setTenant(TENANT)).caughtUp())
                .isEqualTo(own);
        assertThat(EventStream.open(one, follow.clone().setTenant("bob")).end().getCode())
                .isEqualTo(Status.Code.PERMISSION_DENIED);
        final Channel producer = GrpcFixture.withToken(grpc.channel, "produce");
        assertThat(EventStream.open(producer, follow).end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    }

    @Test
    void shouldHoldNothingUpForAReaderThatDoesNotRead() throws Exception {
        start();
        final ManagedChannel other = ManagedChannelBuilder.forAddress(
                        grpc.server.grpcAddress().host(),
                        grpc.server.grpcAddress().port())
                .usePlaintext()
                .build();
        channels.add(other);
        final EventStream slow = EventStream.open(other, follow().setFromPosition(0), false);
        final EventStream fast = EventStream.open(grpc.channel, follow().setFromPosition(0));
        final int batches = 40;
        for (int i = 0; i < batches; i++) {
            enqueueMany("x".repeat(200) + i + "-", 1_000);
        }
        final List<JobEvent> seen = fast.events(batches * 1_000);
        assertThat(seen).hasSize(batches * 1_000);
        assertOnceAndInOrder(seen);
        assertThat(grpc.get(TENANT, seen.get(0).getJobId()).getTaskGroup()).isEqualTo(GROUP);
        assertThat(slow.next(200)).isNull();
        slow.take(Integer.MAX_VALUE);
        assertThat(slow.events(batches * 1_000)).isEqualTo(seen);
    }

    @Test
    void shouldRefuseAPositionThatTheLogWasCleanedOf() throws Exception {
        start();
        enqueueMany("j", 1_000);
        final EventStream stream = EventStream.open(grpc.channel, follow().setFromPosition(0));
        final long position = stream.events(1).get(0).getPosition();
        final EventStream idle = EventStream.open(grpc.channel, follow());
        idle.next();
        succeed(lease(1_000));
        assertThat(grpc.silo
                        .compactShard(CompactShardRequest.newBuilder()
                                .setShard(grpc.shardOf(TENANT))
                                .build())
                        .getStatus())
                .startsWith("full compaction submitted");
        long first = 0;
        final long untilNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
        while (first <= position && System.nanoTime() < untilNs) {
            Thread.sleep(50);
            first = EventStream.open(grpc.channel, follow()).next().getFirstPosition();
        }
        assertThat(first).isGreaterThan(position);
        final Status refused = EventStream.open(grpc.channel, follow().setFromPosition(position))
                .end();
        assertThat(refused.getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
        assertThat(refused.getDescription())
                .startsWith("The log no longer reaches back to position " + position + "; its first position is ");
        // What is told of the first record on are changes, and no images.
        final List<JobEvent> left =
                EventStream.open(grpc.channel, follow().setFromPosition(0)).caughtUp();
        assertThat(left).isEmpty();
        enqueue(job("new"));
        assertThat(EventStream.open(grpc.channel, follow().setFromPosition(0)).events(1))
                .hasSize(1);
        // Who had followed missed nothing by it, and is not told of images.
        assertThat(idle.events(2_001))
                .extracting(JobEvent::getKind)
                .doesNotContain(JobEventKind.JOB_EVENT_KIND_IMPORTED);
        final Status ahead = EventStream.open(grpc.channel, follow().setFromPosition(1L << 40))
                .end();
        assertThat(ahead.getCode()).isEqualTo(Status.Code.OUT_OF_RANGE);
        assertThat(ahead.getDescription()).startsWith("The log has not come to this position");
    }

    @Test
    void shouldServeManyFollowersAndBoundThem() throws Exception {
        start();
        enqueueMany("before", 100);
        final List<EventStream> streams = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            streams.add(EventStream.open(grpc.channel, follow().setFromPosition(0)));
        }
        for (int i = 0; i < 20; i++) {
            enqueueMany("r" + i + "-", 50);
        }
        final List<JobEvent> expected = streams.get(0).events(1_100);
        assertThat(expected).hasSize(1_100);
        for (final EventStream stream : streams.subList(1, 200)) {
            assertThat(stream.events(1_100)).isEqualTo(expected);
        }
        for (int i = 200; i < 256; i++) {
            streams.add(EventStream.open(grpc.channel, follow()));
            streams.get(i).next();
        }
        final Status refused = EventStream.open(grpc.channel, follow()).end();
        assertThat(refused.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
        assertThat(refused.getDescription()).isEqualTo("too many followers of events (max 256)");
        // Those that leave make room.
        streams.forEach(EventStream::cancel);
        FollowEventsResponse told = null;
        for (int i = 0; i < 100 && told == null; i++) {
            told = EventStream.open(grpc.channel, follow()).next(100);
        }
        assertThat(told).isNotNull();
    }

    /** What follows from the events is what GetJob says. */
    @Test
    void shouldAgreeWithTheHistoriesOfJobs() throws Exception {
        start();
        final EventStream stream = EventStream.open(grpc.channel, follow());
        stream.next();
        final Random random = new Random(7);
        final int jobs = 400;
        for (int i = 0; i < jobs; i++) {
            enqueue(job("j" + i)
                    .setRetryPolicy(RetryPolicy.newBuilder()
                            .setRetryCount(random.nextInt(3))
                            .setInitialIntervalMs(1)
                            .setBackoffFactor(1)));
            if (i % 20 == 19) {
                work(random, i);
            }
        }
        for (int rounds = 0; rounds < 30; rounds++) {
            work(random, jobs);
            Thread.sleep(2);
        }
        enqueue(job("last"));
        final List<JobEvent> seen = EventStream.events(stream.until(message -> message.getEventsList().stream()
                .anyMatch(event -> event.getJobId().equals("last"))));
        assertOnceAndInOrder(seen);
        final Map<String, List<String>> attempts = new HashMap<>();
        final Map<String, JobEvent> latest = new HashMap<>();
        for (final JobEvent event : seen) {
            latest.put(event.getJobId(), event);
            final boolean isEnd = event.getStartedAtMs() > 0;
            if (isEnd) {
                attempts.computeIfAbsent(event.getJobId(), id -> new ArrayList<>())
                        .add(event.getAttempt() + " " + event.getKind().name().replace("JOB_EVENT_KIND_", "") + " "
                                + event.getErrorCode() + " " + event.getStartedAtMs() + " " + event.getTimeMs());
            }
        }
        final Set<JobEventKind> kinds = new HashSet<>();
        seen.forEach(event -> kinds.add(event.getKind()));
        assertThat(kinds)
                .contains(
                        JobEventKind.JOB_EVENT_KIND_SUCCEEDED,
                        JobEventKind.JOB_EVENT_KIND_FAILED,
                        JobEventKind.JOB_EVENT_KIND_CANCELLED,
                        JobEventKind.JOB_EVENT_KIND_CANCEL_REQUESTED);
        for (int i = 0; i < jobs; i++) {
            final String id = "j" + i;
            final GetJobResponse job = grpc.get(TENANT, id);
            assertThat(latest.get(id).getStatus()).as(id).isEqualTo(job.getStatus());
            final List<String> own = new ArrayList<>();
            for (final JobAttempt attempt : job.getAttemptsList()) {
                if (attempt.getStatus() != AttemptStatus.ATTEMPT_STATUS_RUNNING) {
                    own.add(attempt.getAttemptNumber() + " "
                            + attempt.getStatus().name().replace("ATTEMPT_STATUS_", "") + " "
                            + attempt.getErrorCode() + " " + attempt.getStartedAtMs() + " "
                            + attempt.getFinishedAtMs());
                }
            }
            assertThat(attempts.getOrDefault(id, List.of())).as(id).isEqualTo(own);
        }
    }

    private void work(Random random, int jobs) {
        for (int i = 0; i < 3; i++) {
            final String id = "j" + random.nextInt(jobs);
            final CancelJobRequest cancel = CancelJobRequest.newBuilder()
                    .setShard(grpc.shardOf(TENANT))
                    .setTenant(TENANT)
                    .setId(id)
                    .build();
            final List<Task> tasks = lease(10);
            try {
                grpc.silo.cancelJob(cancel);
            } catch (io.grpc.StatusRuntimeException ended) {
                assertThat(ended.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
            }
            final ReportOutcomesRequest.Builder report = ReportOutcomesRequest.newBuilder();
            for (final Task task : tasks) {
                final Outcome.Builder outcome = outcome(task);
                switch (random.nextInt(4)) {
                    case 0 -> outcome.setCancelled(Cancelled.getDefaultInstance());
                    case 1 -> outcome.setSuccess(bytes("out"));
                    default ->
                        outcome.setFailure(Failure.newBuilder()
                                .setCode("E" + random.nextInt(3))
                                .setData(bytes("why")));
                }
                report.addOutcomes(outcome);
            }
            assertThat(silo.reportOutcomes(report.build()).getResultsList()).noneMatch(OutcomeResult::hasRefusal);
        }
    }

    @Test
    void shouldRefuseWhatMakesNoSense() throws Exception {
        start();
        final Map<FollowEventsRequest.Builder, String> wrong = Map.of(
                FollowEventsRequest.newBuilder(), "INVALID_ARGUMENT: invalid shard ID: ",
                follow().setFromPosition(-1), "INVALID_ARGUMENT: from_position must not be negative",
                follow().setFromIndex(65_536), "INVALID_ARGUMENT: from_index must be at most 65,535",
                follow().setMaxBatch(257), "INVALID_ARGUMENT: max_batch must be at most 256",
                follow().setTenant("x".repeat(65)), "INVALID_ARGUMENT: invalid tenant id");
        for (final Map.Entry<FollowEventsRequest.Builder, String> row : wrong.entrySet()) {
            final int colon = row.getValue().indexOf(':');
            assertRefused(
                    () -> silo.followEvents(row.getKey().build()).forEachRemaining(message -> {}),
                    Status.Code.valueOf(row.getValue().substring(0, colon)),
                    row.getValue().substring(colon + 2));
        }
    }
}
