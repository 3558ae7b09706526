package io.silo.server;

import static io.silo.server.GrpcFixture.assertRefused;
import static io.silo.server.GrpcFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.silo.grpc.v1.AttemptStatus;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.Cancelled;
import io.silo.grpc.v1.Failure;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GubernatorRateLimit;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.Limit;
import io.silo.grpc.v1.RetryPolicy;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.Task;
import io.silo.grpc.v2.EnqueueBatchRequest;
import io.silo.grpc.v2.EnqueueResult;
import io.silo.grpc.v2.HeartbeatResult;
import io.silo.grpc.v2.HeartbeatsRequest;
import io.silo.grpc.v2.Job;
import io.silo.grpc.v2.LeaseRef;
import io.silo.grpc.v2.LeaseTasksRequest;
import io.silo.grpc.v2.Outcome;
import io.silo.grpc.v2.OutcomeResult;
import io.silo.grpc.v2.Refusal;
import io.silo.grpc.v2.ReportOutcomesRequest;
import io.silo.grpc.v2.SiloGrpc;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Batches and long polls of {@code silo.v2}, against a whole server. */
@Tag("newest-jdk")
class GrpcV2IT {
    private static final String TENANT = "ada";
    private static final String GROUP = "group";

    @TempDir
    Path directory;

    private GrpcFixture grpc;
    private SiloGrpc.SiloBlockingStub silo;

    private void start(Map<String, String> settings) throws IOException {
        grpc = GrpcFixture.start(directory.resolve("data"), settings);
        silo = SiloGrpc.newBlockingStub(grpc.channel);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (grpc != null) {
            grpc.close();
        }
    }

    // ---- EnqueueBatch

    @Test
    void shouldAcceptOrRefuseEachJobByItself() throws Exception {
        start(Map.of());
        enqueue(job("held").setUniqueKey("k"));
        final Limit noCalendar = Limit.newBuilder()
                .setRateLimit(GubernatorRateLimit.newBuilder().setBehavior(4).setDurationMs(9))
                .build();
        final List<EnqueueResult> results = enqueue(
                job("a"),
                job("a").setPriority(1),
                job("b").setPriority(100),
                job("c").setTaskGroup(""),
                job("d").setRequestId(ByteString.copyFromUtf8("short")),
                job("e").setRequestId(ByteString.copyFrom(new byte[16])),
                job("f").addLimits(noCalendar),
                job("g").setLeaseMs(99),
                job("h").setUniqueKey("k"),
                job("i").setTenant("other"),
                job("j").setPayload(SerializedBytes.newBuilder().setMsgpack(ByteString.copyFrom(new byte[1_000_000]))),
                job("").setPriority(7));
        assertThat(results.subList(0, 11))
                .extracting(EnqueueResult::getId)
                .containsExactly("a", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j");
        assertThat(results)
                .extracting(result -> told(result.hasRefusal(), result.getRefusal()))
                .containsExactly(
                        "",
                        "ALREADY_EXISTS JOB_EXISTS: job already exists with id a",
                        "INVALID_ARGUMENT PRIORITY_OUT_OF_RANGE: priority must be between 0 and 99",
                        "INVALID_ARGUMENT TASK_GROUP_REQUIRED: task_group is required",
                        "INVALID_ARGUMENT INVALID_ARGUMENT: request_id must have 16 bytes that are not all 0",
                        "INVALID_ARGUMENT INVALID_ARGUMENT: request_id must have 16 bytes that are not all 0",
                        "INVALID_ARGUMENT INVALID_ARGUMENT: A calendar rate limit has a duration_ms of 0 (minutes) to 5"
                                + " (years).",
                        "INVALID_ARGUMENT INVALID_LEASE_DURATION: A lease lasts 100 ms to 24 h.",
                        "ALREADY_EXISTS UNIQUE_KEY_HELD: A job with this unique key has not ended.",
                        "",
                        "",
                        "");
        assertThat(results.get(8).getHeldBy()).isEqualTo("held");
        assertThat(grpc.get(TENANT, results.get(11).getId()).getPriority()).isEqualTo(7);
        assertThat(grpc.get("other", "i").getPayload()).isEqualTo(bytes("in"));
        assertThat(grpc.get(TENANT, "j").getPayload().getMsgpack().size()).isEqualTo(1_000_000);
        assertThat(enqueue()).isEmpty();
        assertRefused(
                () -> enqueue(job("x"), 1_025), Status.Code.INVALID_ARGUMENT, "jobs must have at most 1,024 items");
    }

    @Test
    void shouldCarryAllThatAJobSays() throws Exception {
        start(Map.of());
        final RetryPolicy retry = RetryPolicy.newBuilder()
                .setRetryCount(3)
                .setInitialIntervalMs(5)
                .setMaxIntervalMs(50)
                .setBackoffFactor(2)
                .build();
        final Limit limit = Limit.newBuilder()
                .setConcurrency(io.silo.grpc.v1.ConcurrencyLimit.newBuilder()
                        .setKey("k")
                        .setMaxConcurrency(2))
                .build();
        assertThat(enqueue(job("j").setPriority(3)
                                .putMetadata("m", "v")
                                .addLimits(limit)
                                .setRetryPolicy(retry)
                                .setLeaseMs(12_345)
                                .setStartAtMs(1))
                        .get(0)
                        .hasRefusal())
                .isFalse();
        enqueue(job("later").setStartAtMs(System.currentTimeMillis() + 3_600_000));
        final List<Task> leased = lease(poll(10));
        assertThat(leased).hasSize(1);
        final Task task = leased.get(0);
        assertThat(task.getJobId()).isEqualTo("j");
        assertThat(task.getTenantId()).isEqualTo(TENANT);
        assertThat(task.getPriority()).isEqualTo(3);
        assertThat(task.getMetadataMap()).containsExactly(Map.entry("m", "v"));
        assertThat(task.getLimitsList()).containsExactly(limit);
        assertThat(task.getLeaseMs()).isEqualTo(12_345);
        assertThat(task.getPayload()).isEqualTo(bytes("in"));
        assertThat(task.getShard()).isEqualTo(grpc.shardOf(TENANT));
        assertThat(grpc.get(TENANT, "j").getRetryPolicy()).isEqualTo(retry);
        assertThat(grpc.get(TENANT, "j").getAttempts(0).getTaskId()).isEqualTo(task.getId());
    }

    @Test
    void shouldAnswerARepeatAsTheFirst() throws Exception {
        start(Map.of());
        final Job.Builder named = job("j").setRequestId(requestId(1));
        final Job.Builder unnamed = job("").setRequestId(requestId(2));
        final List<EnqueueResult> first = enqueue(named, unnamed);
        assertThat(first).noneMatch(EnqueueResult::hasRefusal);
        assertThat(enqueue(named, unnamed)).isEqualTo(first);
        assertThat(enqueue(job("j").setRequestId(requestId(3)), job("j"), job("").setRequestId(requestId(3))))
                .extracting(EnqueueResult::hasRefusal)
                .containsExactly(true, true, false);
        assertThat(lease(poll(10))).hasSize(3);
    }

    // ---- LeaseTasks

    @Test
    void shouldLeaseOfAllShardsAndNothingTwice() throws Exception {
        start(Map.of());
        final Job.Builder[] jobs = IntStream.range(0, 60)
                .mapToObj(i -> job("j" + i).setTenant("tenant-" + i))
                .toArray(Job.Builder[]::new);
        assertThat(enqueue(jobs)).noneMatch(EnqueueResult::hasRefusal);
        final Set<String> leased = new HashSet<>();
        final Set<String> shards = new HashSet<>();
        assertThat(lease(poll(5).setTenant("tenant-7")))
                .extracting(Task::getJobId)
                .containsExactly("j7");
        final List<Task> some = lease(poll(17));
        assertThat(some).hasSize(17);
        final List<Task> others = new ArrayList<>(lease(poll(1_024).setWaitMs(1_000)));
        // A call that waited takes what the first push brings, and no more has to be there.
        while (others.size() < 42) {
            final List<Task> more = lease(poll(1_024).setWaitMs(1_000));
            assertThat(more).isNotEmpty();
            others.addAll(more);
        }
        others.addAll(some);
        others.forEach(task -> {
            assertThat(leased.add(task.getJobId())).isTrue();
            shards.add(task.getShard());
        });
        assertThat(leased).hasSize(59);
        assertThat(shards).hasSize(4);
        assertThat(lease(poll(5))).isEmpty();
    }

    @Test
    void shouldWakeAWaitingCallAtOnceWhateverTheShard() throws Exception {
        start(Map.of());
        final List<Long> wakeUpsNs = new ArrayList<>();
        for (int round = 0; round < 40; round++) {
            final CompletableFuture<List<Task>> waiting =
                    CompletableFuture.supplyAsync(() -> lease(poll(10).setWaitMs(60_000)));
            Thread.sleep(30);
            assertThat(waiting.isDone()).isFalse();
            final long beginNs = System.nanoTime();
            enqueue(job("j" + round).setTenant("tenant-" + round));
            assertThat(waiting.get(20, TimeUnit.SECONDS))
                    .extracting(Task::getJobId)
                    .containsExactly("j" + round);
            wakeUpsNs.add(System.nanoTime() - beginNs);
        }
        wakeUpsNs.sort(null);
        // Of enqueueing, two syncs and the way; the machine may be busy, but nothing polls each 100 ms.
        assertThat(wakeUpsNs.get(20)).as("median of %s", wakeUpsNs).isLessThan(TimeUnit.MILLISECONDS.toNanos(50));
    }

    @Test
    void shouldWaitNoLongerThanItSaysOrTheCallMay() throws Exception {
        start(Map.of());
        final long beginNs = System.nanoTime();
        assertThat(lease(poll(1).setWaitMs(300))).isEmpty();
        assertThat(System.nanoTime() - beginNs).isBetween(300_000_000L, 5_000_000_000L);
        // Without a margin it would be DEADLINE_EXCEEDED.
        assertThat(silo.withDeadlineAfter(400, TimeUnit.MILLISECONDS)
                        .leaseTasks(poll(1).setWaitMs(60_000).build())
                        .getTasksCount())
                .isZero();
    }

    @Test
    void shouldLeaseNothingForACallerWhoLeft() throws Exception {
        start(Map.of());
        for (int round = 0; round < 20; round++) {
            final Context.CancellableContext caller = Context.current().withCancellation();
            final CompletableFuture<List<Task>> left = new CompletableFuture<>();
            final Thread asks = new Thread(caller.wrap(() -> {
                try {
                    left.complete(lease(poll(1).setWaitMs(60_000)));
                } catch (RuntimeException cancelled) {
                    left.complete(List.of());
                }
            }));
            asks.start();
            Thread.sleep(5L * round % 37);
            final Job.Builder job = job("j" + round);
            if (round % 2 == 0) {
                // At the same time, as near as can be.
                final CompletableFuture<?> enqueued = CompletableFuture.runAsync(() -> enqueue(job));
                caller.cancel(null);
                enqueued.get(20, TimeUnit.SECONDS);
            } else {
                caller.cancel(null);
                enqueue(job);
            }
            asks.join();
            // Leases last 10 s: what comes sooner went back, or was not leased. Unspent: it is the first attempt.
            final List<Task> there = new ArrayList<>(left.join());
            if (there.isEmpty()) {
                there.addAll(lease(poll(1).setWaitMs(3_000)));
            }
            assertThat(there).as("round %s", round).extracting(Task::getJobId).containsExactly("j" + round);
            assertThat(there.get(0).getAttemptNumber()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseWhatMakesNoSense() throws Exception {
        start(Map.of("SILO_TENANCY_MODE", "off"));
        final Map<LeaseTasksRequest.Builder, String> wrong = Map.of(
                poll(1).setWorkerId(""), "worker_id is required",
                poll(1).setTaskGroup(""), "task_group is required",
                poll(0), "max_tasks must be between 1 and 1,024",
                poll(1_025), "max_tasks must be between 1 and 1,024",
                poll(-1), "max_tasks must be between 1 and 1,024",
                poll(1).setWaitMs(60_001), "wait_ms must be between 0 and 60,000",
                poll(1).setWaitMs(-1), "wait_ms must be between 0 and 60,000",
                poll(1).setTaskGroup("g".repeat(65)), "task_group too long (must be <= 64 chars)",
                poll(1).setTaskGroup("g".repeat(65)).setWaitMs(1_000), "task_group too long (must be <= 64 chars)");
        wrong.forEach(
                (request, sentence) -> assertRefused(() -> lease(request), Status.Code.INVALID_ARGUMENT, sentence));
        for (int waitMs : new int[] {0, 1_000}) {
            assertRefused(
                    () -> lease(poll(1).setTenant("t").setWaitMs(waitMs)),
                    Status.Code.FAILED_PRECONDITION,
                    "tenant must not be provided when tenancy is disabled on the server");
        }
        assertThat(enqueue(job("j"), job("i").setTenant("")))
                .extracting(result -> told(result.hasRefusal(), result.getRefusal()))
                .containsExactly(
                        "FAILED_PRECONDITION TENANT_NOT_ALLOWED: tenant must not be provided when tenancy is disabled on"
                                + " the server",
                        "");
        assertThat(lease(poll(1)).get(0).hasTenantId()).isFalse();
        assertRefused(
                () -> silo.heartbeats(HeartbeatsRequest.getDefaultInstance()),
                Status.Code.INVALID_ARGUMENT,
                "worker_id is required");
        assertRefused(
                () -> silo.heartbeats(HeartbeatsRequest.newBuilder()
                        .setWorkerId("w")
                        .addAllLeases(java.util.Collections.nCopies(1_025, LeaseRef.getDefaultInstance()))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "leases must have at most 1,024 items");
        assertRefused(
                () -> silo.reportOutcomes(ReportOutcomesRequest.newBuilder()
                        .addAllOutcomes(java.util.Collections.nCopies(1_025, Outcome.getDefaultInstance()))
                        .build()),
                Status.Code.INVALID_ARGUMENT,
                "outcomes must have at most 1,024 items");
    }

    // ---- ReportOutcomes and Heartbeats

    @Test
    void shouldTellOfEachOutcomeWhatBecameOfIt() throws Exception {
        start(Map.of());
        enqueue(
                job("success"),
                job("failure"),
                job("cancelled"),
                job("big"),
                job("open").setTenant("tenant-1"));
        final Map<String, Task> tasks = new java.util.HashMap<>();
        lease(poll(10)).forEach(task -> tasks.put(task.getJobId(), task));
        assertThat(tasks).hasSize(5);
        final SerializedBytes big = SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFrom(new byte[1_000_000]))
                .build();
        final Outcome.Builder open = outcome(tasks.get("open"));
        final List<Outcome.Builder> outcomes = List.of(
                outcome(tasks.get("success")).setSuccess(bytes("out")),
                outcome(tasks.get("failure"))
                        .setFailure(Failure.newBuilder().setCode("E").setData(bytes("why"))),
                outcome(tasks.get("cancelled")).setCancelled(Cancelled.getDefaultInstance()),
                outcome(tasks.get("big")).setSuccess(big),
                open.clone(),
                open.clone().setShard("x").setSuccess(bytes("")),
                open.clone().setShard("00000000-0000-4000-8000-000000000000").setSuccess(bytes("")),
                open.clone().setTaskId("x").setSuccess(bytes("")),
                open.clone().setTaskId("f".repeat(48)).setSuccess(bytes("")),
                open.clone().setTaskId("0".repeat(47) + "9").setSuccess(bytes("")));
        final List<String> refusals = List.of(
                "INVALID_ARGUMENT INVALID_ARGUMENT: missing outcome",
                "INVALID_ARGUMENT INVALID_ARGUMENT: invalid shard ID: x",
                "NOT_FOUND NOT_FOUND: shard not found",
                "NOT_FOUND LEASE_NOT_FOUND: lease not found",
                "NOT_FOUND LEASE_NOT_FOUND: lease not found",
                "FAILED_PRECONDITION FAILED_PRECONDITION: the task is a RefreshFloatingLimit; use ReportRefreshOutcome");
        assertThat(report(outcomes).subList(0, 4)).containsOnly("");
        final List<String> again = report(outcomes);
        assertThat(again.subList(0, 4)).containsOnly("NOT_FOUND ALREADY_REPORTED: lease not found");
        assertThat(again.subList(4, 10)).isEqualTo(refusals);

        assertThat(grpc.get(TENANT, "success").getResult()).isEqualTo(bytes("out"));
        final GetJobResponse failed = grpc.get(TENANT, "failure");
        assertThat(failed.getStatus()).isEqualTo(JobStatus.JOB_STATUS_FAILED);
        assertThat(failed.getAttempts(0).getErrorCode()).isEqualTo("E");
        assertThat(failed.getAttempts(0).getErrorData()).isEqualTo(bytes("why"));
        assertThat(grpc.get(TENANT, "cancelled").getStatus()).isEqualTo(JobStatus.JOB_STATUS_CANCELLED);
        assertThat(grpc.get(TENANT, "big").getResult()).isEqualTo(big);
        assertThat(grpc.get("tenant-1", "open").getAttempts(0).getStatus())
                .isEqualTo(AttemptStatus.ATTEMPT_STATUS_RUNNING);
        assertThat(report(List.of(open.setSuccess(bytes(""))))).containsExactly("");
        assertThat(report(List.of())).isEmpty();
    }

    @Test
    void shouldTellOfEachLeaseWhetherToGoOn() throws Exception {
        start(Map.of());
        enqueue(job("on").setLeaseMs(2_000), job("cancelled"), job("done").setTenant("tenant-1"));
        final Map<String, Task> tasks = new java.util.HashMap<>();
        lease(poll(10)).forEach(task -> tasks.put(task.getJobId(), task));
        report(List.of(outcome(tasks.get("done")).setSuccess(bytes(""))));
        final long beforeMs = System.currentTimeMillis();
        grpc.silo.cancelJob(CancelJobRequest.newBuilder()
                .setShard(grpc.shardOf(TENANT))
                .setTenant(TENANT)
                .setId("cancelled")
                .build());
        // Longer than the lease: it is renewed.
        for (int i = 0; i < 8; i++) {
            Thread.sleep(400);
            final List<HeartbeatResult> results =
                    renew("w", tasks.get("on"), tasks.get("cancelled"), tasks.get("done"));
            assertThat(results.get(0)).isEqualTo(HeartbeatResult.getDefaultInstance());
            assertThat(results.get(1).getCancelled()).isTrue();
            assertThat(results.get(1).getCancelledAtMs()).isBetween(beforeMs, System.currentTimeMillis());
            assertThat(results.get(1).hasRefusal()).isFalse();
            assertThat(results.get(2).getLost()).isTrue();
            assertThat(told(true, results.get(2).getRefusal())).isEqualTo("NOT_FOUND LEASE_NOT_FOUND: lease not found");
        }
        assertThat(report(List.of(outcome(tasks.get("on")).setSuccess(bytes("")))))
                .containsExactly("");
        final HeartbeatResult other = renew("other", tasks.get("cancelled")).get(0);
        assertThat(other.getLost()).isTrue();
        assertThat(told(true, other.getRefusal()))
                .isEqualTo("FAILED_PRECONDITION LEASE_OWNER_MISMATCH: lease owner mismatch");
        final List<HeartbeatResult> none = silo.heartbeats(HeartbeatsRequest.newBuilder()
                        .setWorkerId("w")
                        .addLeases(ref(tasks.get("on")).setTaskId("x"))
                        .addLeases(ref(tasks.get("on")).setShard("x"))
                        .addLeases(ref(tasks.get("on")).setTaskId("0".repeat(47) + "9"))
                        .addLeases(ref(tasks.get("cancelled")))
                        .build())
                .getResultsList();
        assertThat(none)
                .extracting(result -> result.getLost() + " " + told(result.hasRefusal(), result.getRefusal()))
                .containsExactly(
                        "true NOT_FOUND LEASE_NOT_FOUND: lease not found",
                        "false INVALID_ARGUMENT INVALID_ARGUMENT: invalid shard ID: x",
                        "false FAILED_PRECONDITION FAILED_PRECONDITION: the task is a RefreshFloatingLimit; renew it by"
                                + " silo.v1",
                        "false ");
        assertThat(none.get(3).getCancelled()).isTrue();
    }

    @Test
    void shouldCarryAThousandJobsThroughLifeInFewCalls() throws Exception {
        start(Map.of());
        final Job.Builder[] jobs = IntStream.range(0, 1_024)
                .mapToObj(i -> job("j" + i).setTenant("tenant-" + i % 100))
                .toArray(Job.Builder[]::new);
        assertThat(enqueue(jobs)).hasSize(1_024).noneMatch(EnqueueResult::hasRefusal);
        final List<Task> tasks = new ArrayList<>();
        while (tasks.size() < 1_024) {
            final List<Task> more = lease(poll(1_024));
            assertThat(more).isNotEmpty();
            tasks.addAll(more);
        }
        assertThat(renew("w", tasks.toArray(new Task[0])))
                .hasSize(1_024)
                .containsOnly(HeartbeatResult.getDefaultInstance());
        assertThat(report(tasks.stream()
                        .map(task -> outcome(task).setSuccess(bytes("out")))
                        .toList()))
                .hasSize(1_024)
                .containsOnly("");
        assertThat(tasks).extracting(Task::getJobId).doesNotHaveDuplicates();
        assertThat(tasks)
                .filteredOn(task -> task.getJobId().endsWith("77"))
                .isNotEmpty()
                .allSatisfy(task -> assertThat(
                                grpc.get(task.getTenantId(), task.getJobId()).getStatus())
                        .isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED));
    }

    @Test
    void shouldEndWaitingCallsWhenTheServerStops() throws Exception {
        start(Map.of());
        final CompletableFuture<List<Task>> waiting =
                CompletableFuture.supplyAsync(() -> lease(poll(10).setWaitMs(60_000)));
        final WorkerStream stream = WorkerStream.of(grpc.channel, "w", GROUP, 1);
        enqueue(job("j"));
        Thread.sleep(500);
        final long beginNs = System.nanoTime();
        grpc.server.close();
        assertThat(System.nanoTime() - beginNs).isLessThan(TimeUnit.SECONDS.toNanos(4));
        assertThat(catchThrowable(() -> waiting.get(1, TimeUnit.SECONDS))).isNull();
        assertThat(stream.end().getCode() + " " + stream.end().getDescription())
                .isEqualTo("UNAVAILABLE the server is stopping");
    }

    /** A token is judged by the shards: of a batch item by item. */
    @Test
    void shouldJudgeTokensForEachItem() throws Exception {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [[auth.tokens]]
                name = "all of one tenant"
                token = "one"
                tenant = "ada"
                [[auth.tokens]]
                name = "a producer"
                token = "produce"
                verbs = ["produce"]
                """);
        grpc = GrpcFixture.start(file, directory.resolve("data"));
        silo = SiloGrpc.newBlockingStub(GrpcFixture.withToken(grpc.channel, "produce"));
        assertThat(enqueue(job("a"), job("b").setTenant("bob"))).noneMatch(EnqueueResult::hasRefusal);
        for (int waitMs : new int[] {0, 1_000}) {
            assertRefused(
                    () -> lease(poll(1).setWaitMs(waitMs)),
                    Status.Code.PERMISSION_DENIED,
                    "The token does not allow this call.");
        }
        final WorkerStream refused = WorkerStream.of(GrpcFixture.withToken(grpc.channel, "produce"), "w", GROUP, 1);
        assertThat(refused.end().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
        silo = SiloGrpc.newBlockingStub(GrpcFixture.withToken(grpc.channel, "one"));
        assertThat(enqueue(job("c"), job("d").setTenant("bob"), job("e")))
                .extracting(result -> told(result.hasRefusal(), result.getRefusal()))
                .containsExactly("", "PERMISSION_DENIED PERMISSION_DENIED: The token does not allow this call.", "");
        final WorkerStream own = WorkerStream.of(GrpcFixture.withToken(grpc.channel, "one"), "w", GROUP, 1);
        own.credits(9);
        assertThat(own.tasks(3)).extracting(Task::getJobId).containsExactlyInAnyOrder("a", "c", "e");
        assertThat(own.task(300)).isNull();
    }

    // ---- helpers

    private static String told(boolean isRefused, Refusal refusal) {
        return isRefused
                ? Status.fromCodeValue(refusal.getCode()).getCode() + " " + refusal.getName() + ": "
                        + refusal.getMessage()
                : "";
    }

    private static Job.Builder job(String id) {
        return Job.newBuilder().setTenant(TENANT).setId(id).setTaskGroup(GROUP).setPayload(bytes("in"));
    }

    private static ByteString requestId(int number) {
        final byte[] id = new byte[16];
        id[15] = (byte) number;
        return ByteString.copyFrom(id);
    }

    private List<EnqueueResult> enqueue(Job.Builder... jobs) {
        final EnqueueBatchRequest.Builder request = EnqueueBatchRequest.newBuilder();
        Arrays.stream(jobs).forEach(request::addJobs);
        return silo.enqueueBatch(request.build()).getResultsList();
    }

    private List<EnqueueResult> enqueue(Job.Builder job, int times) {
        final Job.Builder[] same = new Job.Builder[times];
        Arrays.fill(same, job);
        return enqueue(same);
    }

    private static LeaseTasksRequest.Builder poll(int max) {
        return LeaseTasksRequest.newBuilder()
                .setWorkerId("w")
                .setTaskGroup(GROUP)
                .setMaxTasks(max);
    }

    private List<Task> lease(LeaseTasksRequest.Builder request) {
        return silo.leaseTasks(request.build()).getTasksList();
    }

    private static Outcome.Builder outcome(Task task) {
        return Outcome.newBuilder().setShard(task.getShard()).setTaskId(task.getId());
    }

    private List<String> report(List<Outcome.Builder> outcomes) {
        final ReportOutcomesRequest.Builder request = ReportOutcomesRequest.newBuilder();
        outcomes.forEach(request::addOutcomes);
        final List<OutcomeResult> results = silo.reportOutcomes(request.build()).getResultsList();
        return results.stream()
                .map(result -> told(result.hasRefusal(), result.getRefusal()))
                .toList();
    }

    private static LeaseRef.Builder ref(Task task) {
        return LeaseRef.newBuilder().setShard(task.getShard()).setTaskId(task.getId());
    }

    private List<HeartbeatResult> renew(String worker, Task... tasks) {
        final HeartbeatsRequest.Builder request = HeartbeatsRequest.newBuilder().setWorkerId(worker);
        Arrays.stream(tasks).forEach(task -> request.addLeases(ref(task)));
        return silo.heartbeats(request.build()).getResultsList();
    }
}
