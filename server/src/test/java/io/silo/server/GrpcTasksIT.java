package io.silo.server;

import static io.silo.server.GrpcFixture.assertRefused;
import static io.silo.server.GrpcFixture.bytes;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Context;
import io.grpc.Status;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.grpc.v1.AttemptStatus;
import io.silo.grpc.v1.CancelJobRequest;
import io.silo.grpc.v1.Cancelled;
import io.silo.grpc.v1.ConcurrencyLimit;
import io.silo.grpc.v1.DropTenantHoldersRequest;
import io.silo.grpc.v1.Failure;
import io.silo.grpc.v1.FloatingConcurrencyLimit;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GetJobResultRequest;
import io.silo.grpc.v1.HeartbeatRequest;
import io.silo.grpc.v1.HeartbeatResponse;
import io.silo.grpc.v1.ImportAttempt;
import io.silo.grpc.v1.ImportJobRequest;
import io.silo.grpc.v1.ImportJobResult;
import io.silo.grpc.v1.ImportJobsRequest;
import io.silo.grpc.v1.JobAttempt;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.LeaseTaskRequest;
import io.silo.grpc.v1.LeaseTasksRequest;
import io.silo.grpc.v1.LeaseTasksResponse;
import io.silo.grpc.v1.Limit;
import io.silo.grpc.v1.RefreshFailure;
import io.silo.grpc.v1.RefreshFloatingLimitTask;
import io.silo.grpc.v1.RefreshSuccess;
import io.silo.grpc.v1.ReportOutcomeRequest;
import io.silo.grpc.v1.ReportRefreshOutcomeRequest;
import io.silo.grpc.v1.RetryPolicy;
import io.silo.grpc.v1.SerializedBytes;
import io.silo.grpc.v1.Task;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The calls of workers and of imports in {@code silo.v1}, against a whole server. Ids are those of the specification. */
class GrpcTasksIT {
    private static final String TENANT = "ada";
    private static final String GROUP = "group";
    private static final String LEASE_NOT_FOUND = "lease not found";

    @TempDir
    Path directory;

    private GrpcFixture grpc;

    private void start(Map<String, String> settings) throws IOException {
        grpc = GrpcFixture.start(directory.resolve("data"), settings);
    }

    @AfterEach
    void stop() throws InterruptedException {
        if (grpc != null) {
            grpc.close();
        }
    }

    // ---- leases

    /** LEASE-3, LEASE-7, HB-4, OUT-5, OUT-6, GET-2. */
    @Test
    void shouldCarryAJobThroughARetryByCallsOfWorkersAlone() throws Exception {
        start(Map.of());
        final Limit limit = concurrency("k", 2);
        grpc.silo.enqueue(grpc.job(TENANT, "j")
                .setPriority(3)
                .putMetadata("m", "v")
                .addLimits(limit)
                .setRetryPolicy(RetryPolicy.newBuilder()
                        .setRetryCount(1)
                        .setInitialIntervalMs(1)
                        .setBackoffFactor(1))
                .build());
        final Task first = leaseOne();
        assertThat(first.getJobId()).isEqualTo("j");
        assertThat(first.getTenantId()).isEqualTo(TENANT);
        assertThat(first.getAttemptNumber()).isEqualTo(1);
        assertThat(first.getRelativeAttemptNumber()).isEqualTo(1);
        assertThat(first.getIsLastAttempt()).isFalse();
        assertThat(first.getMetadataMap()).containsExactly(Map.entry("m", "v"));
        assertThat(first.getLimitsList()).containsExactly(limit);
        assertThat(first.getPayload()).isEqualTo(bytes("in"));
        assertThat(first.getPriority()).isEqualTo(3);
        assertThat(first.getShard()).isEqualTo(grpc.shardOf(TENANT));
        assertThat(first.getTaskGroup()).isEqualTo(GROUP);
        assertThat(first.getLeaseMs()).isPositive();

        final HeartbeatResponse alive = heartbeat(first, "w");
        assertThat(alive.getCancelled()).isFalse();
        assertThat(alive.hasCancelledAtMs()).isFalse();
        final JobAttempt running = grpc.get(TENANT, "j").getAttempts(0);
        assertThat(running.getTaskId()).isEqualTo(first.getId());
        assertThat(running.getStatus()).isEqualTo(AttemptStatus.ATTEMPT_STATUS_RUNNING);

        fail(first, "E1", "why");
        final Task second = leaseOne();
        assertThat(second.getAttemptNumber()).isEqualTo(2);
        assertThat(second.getIsLastAttempt()).isTrue();
        assertThat(second.getId()).isNotEqualTo(first.getId());
        // Big enough to be uploaded in parts.
        final SerializedBytes big = SerializedBytes.newBuilder()
                .setMsgpack(ByteString.copyFrom(new byte[1_000_000]))
                .build();
        grpc.silo.reportOutcome(outcome(second).setSuccess(big).build());

        final GetJobResponse done = grpc.get(TENANT, "j");
        assertThat(done.getStatus()).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
        assertThat(done.getResult()).isEqualTo(big);
        assertThat(done.getAttemptsList())
                .extracting(JobAttempt::getTaskId)
                .containsExactly(first.getId(), second.getId());
        assertThat(done.getAttempts(0).getErrorCode()).isEqualTo("E1");
        assertThat(done.getAttempts(0).getErrorData()).isEqualTo(bytes("why"));
        // OUT-2, HB-7.
        for (Task task : List.of(first, second)) {
            assertRefused(() -> succeed(task, "late"), Status.Code.NOT_FOUND, LEASE_NOT_FOUND);
            assertRefused(() -> fail(task, "late", ""), Status.Code.NOT_FOUND, LEASE_NOT_FOUND);
            assertRefused(() -> heartbeat(task, "w"), Status.Code.NOT_FOUND, LEASE_NOT_FOUND);
        }
    }

    /** LEASE-2, LEASE-3, LEASE-15. */
    @Test
    void shouldLeaseOfOneShardOrOfAllAndNothingTwice() throws Exception {
        start(Map.of());
        final Set<String> jobs = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            final String tenant = "tenant-" + i;
            grpc.silo.enqueue(grpc.job(tenant, "j" + i).build());
            jobs.add("j" + i);
        }
        assertThat(grpc.silo.leaseTasks(poll(0).build()).getTasksCount()).isZero();
        final String shard = grpc.shardOf("tenant-0");
        final Set<String> leased = new HashSet<>();
        for (Task task : grpc.silo.leaseTasks(poll(2).setShard(shard).build()).getTasksList()) {
            assertThat(task.getShard()).isEqualTo(shard);
            leased.add(task.getJobId());
        }
        assertThat(leased).isNotEmpty().hasSizeLessThanOrEqualTo(2);
        final int before = leased.size();
        final LeaseTasksResponse some = grpc.silo.leaseTasks(poll(17).build());
        assertThat(some.getTasksCount()).isEqualTo(17);
        some.getTasksList()
                .forEach(task -> assertThat(leased.add(task.getJobId())).isTrue());
        final LeaseTasksResponse others = grpc.silo.leaseTasks(poll(-1).build());
        assertThat(others.getTasksCount()).isEqualTo(60 - 17 - before);
        others.getTasksList()
                .forEach(task -> assertThat(leased.add(task.getJobId())).isTrue());
        assertThat(leased).isEqualTo(jobs);
        assertThat(grpc.silo.leaseTasks(poll(5).build())).isEqualTo(LeaseTasksResponse.getDefaultInstance());
    }

    /** HB-2, HB-4, OUT-7, OUT-11. */
    @Test
    void shouldTellOfACancellationAndWhoseALeaseIs() throws Exception {
        start(Map.of());
        grpc.silo.enqueue(grpc.job(TENANT, "j").build());
        final Task task = leaseOne();
        assertRefused(() -> heartbeat(task, "other"), Status.Code.FAILED_PRECONDITION, "lease owner mismatch");
        final long beforeMs = System.currentTimeMillis();
        grpc.silo.cancelJob(CancelJobRequest.newBuilder()
                .setShard(task.getShard())
                .setTenant(TENANT)
                .setId("j")
                .build());
        final HeartbeatResponse told = heartbeat(task, "w");
        assertThat(told.getCancelled()).isTrue();
        assertThat(told.getCancelledAtMs()).isBetween(beforeMs, System.currentTimeMillis());
        grpc.silo.reportOutcome(
                outcome(task).setCancelled(Cancelled.getDefaultInstance()).build());
        assertThat(grpc.get(TENANT, "j").getStatus()).isEqualTo(JobStatus.JOB_STATUS_CANCELLED);
        // Without having been asked.
        grpc.silo.enqueue(grpc.job(TENANT, "i").build());
        grpc.silo.reportOutcome(
                outcome(leaseOne()).setCancelled(Cancelled.getDefaultInstance()).build());
        assertThat(grpc.get(TENANT, "i").getStatus()).isEqualTo(JobStatus.JOB_STATUS_CANCELLED);
    }

    /** LEASE-14. */
    @Test
    void shouldNotStrandTasksOfACallerWhoLeaves() throws Exception {
        start(Map.of());
        for (int round = 0; round < 20; round++) {
            final String id = "j" + round;
            try (Context.CancellableContext caller = Context.current().withCancellation()) {
                final Thread asks = new Thread(caller.wrap(() -> {
                    try {
                        grpc.silo.leaseTasks(poll(1).build());
                    } catch (RuntimeException cancelled) {
                        // as intended
                    }
                }));
                asks.start();
                grpc.silo.enqueue(grpc.job(TENANT, id).build());
                caller.cancel(null);
                asks.join();
            }
        }
        // Those that a caller got before it left run; all others can be had at once, or as soon as they came back.
        final Set<String> there = new HashSet<>();
        final long untilNs = System.nanoTime() + 5_000_000_000L;
        while (there.size() < 20 && System.nanoTime() < untilNs) {
            grpc.silo.leaseTasks(poll(20).build()).getTasksList().forEach(task -> there.add(task.getJobId()));
            IntStream.range(0, 20).filter(i -> isHeard("j" + i)).forEach(i -> there.add("j" + i));
        }
        assertThat(there).hasSize(20);
    }

    /** Whether its lease went to a caller: it is held longer than any that goes back. */
    private boolean isHeard(String id) {
        final GetJobResponse job = grpc.get(TENANT, id);
        return job.getStatus() == JobStatus.JOB_STATUS_RUNNING
                && System.currentTimeMillis() - job.getAttempts(0).getStartedAtMs() > 2_000;
    }

    /** LEASE-1, OUT-1, HB-1, OUT-12, FLOAT-8. */
    @Test
    void shouldRefuseWhatMakesNoSense() throws Exception {
        start(Map.of());
        final String shard = grpc.shardOf(TENANT);
        final String none = "0".repeat(15) + "7" + "0".repeat(31) + "9";
        assertRefused(
                () -> grpc.silo.leaseTasks(
                        LeaseTasksRequest.newBuilder().setMaxTasks(1).build()),
                Status.Code.INVALID_ARGUMENT,
                "task_group is required");
        assertRefused(
                () -> grpc.silo.leaseTasks(poll(1).setShard("x").build()),
                Status.Code.INVALID_ARGUMENT,
                "invalid shard ID: x");
        assertRefused(
                () -> grpc.silo.leaseTasks(
                        poll(1).setShard("00000000-0000-4000-8000-000000000000").build()),
                Status.Code.NOT_FOUND,
                "shard not found");
        final ReportOutcomeRequest.Builder report = ReportOutcomeRequest.newBuilder()
                .setShard(shard)
                .setTenantId(TENANT)
                .setTaskId(none);
        assertRefused(() -> grpc.silo.reportOutcome(report.build()), Status.Code.INVALID_ARGUMENT, "missing outcome");
        for (String id : List.of(none, "", "x", "g".repeat(48), "f".repeat(48), none + "0")) {
            assertRefused(
                    () -> grpc.silo.reportOutcome(
                            report.clone().setTaskId(id).setSuccess(bytes("")).build()),
                    Status.Code.NOT_FOUND,
                    LEASE_NOT_FOUND);
            assertRefused(
                    () -> grpc.silo.heartbeat(HeartbeatRequest.newBuilder()
                            .setShard(shard)
                            .setTaskId(id)
                            .setWorkerId("w")
                            .build()),
                    Status.Code.NOT_FOUND,
                    LEASE_NOT_FOUND);
        }
        final String refresh = "0".repeat(47) + "9";
        assertRefused(
                () -> grpc.silo.reportOutcome(
                        report.clone().setTaskId(refresh).setSuccess(bytes("")).build()),
                Status.Code.FAILED_PRECONDITION,
                "the task is a RefreshFloatingLimit; use ReportRefreshOutcome");
        final ReportRefreshOutcomeRequest.Builder found =
                ReportRefreshOutcomeRequest.newBuilder().setShard(shard).setTaskId(refresh);
        assertRefused(
                () -> grpc.silo.reportRefreshOutcome(found.build()), Status.Code.INVALID_ARGUMENT, "missing outcome");
        found.setSuccess(RefreshSuccess.newBuilder().setNewMaxConcurrency(1));
        assertRefused(() -> grpc.silo.reportRefreshOutcome(found.build()), Status.Code.NOT_FOUND, LEASE_NOT_FOUND);
        assertRefused(
                () -> grpc.silo.reportRefreshOutcome(
                        found.clone().setTaskId(none).build()),
                Status.Code.FAILED_PRECONDITION,
                "task is not a RefreshFloatingLimit");
    }

    /** TEN-5: an address that moved is told so, a missing tenant only where every call names one. */
    @Test
    void shouldAskWorkersForTenantsAsConfigured() throws Exception {
        start(Map.of("SILO_TENANCY_MODE", "required"));
        grpc.silo.enqueue(grpc.job(TENANT, "j").build());
        final Task task = leaseOne();
        final ReportOutcomeRequest.Builder report = outcome(task).setSuccess(bytes("out"));
        assertRefused(
                () -> grpc.silo.reportOutcome(report.clone().clearTenantId().build()),
                Status.Code.INVALID_ARGUMENT,
                "tenant_id is required for worker operations when tenancy is enabled");
        final String elsewhere = IntStream.range(0, 100)
                .mapToObj(i -> "tenant-" + i)
                .filter(tenant -> !grpc.shardOf(tenant).equals(task.getShard()))
                .findFirst()
                .orElseThrow();
        assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> grpc.silo.reportOutcome(
                        report.clone().setTenantId(elsewhere).build())))
                .hasMessageContaining("FAILED_PRECONDITION: tenant '" + elsewhere + "' is not within shard ")
                .hasMessageEndingWith("; refresh topology and retry");
        grpc.silo.reportOutcome(report.build());
    }

    // ---- one job by its id

    /** LT-1 to LT-4. */
    @Test
    void shouldLeaseAJobByItsId() throws Exception {
        start(Map.of());
        final String shard = grpc.shardOf(TENANT);
        grpc.silo.enqueue(grpc.job(TENANT, "future")
                .setStartAtMs(System.currentTimeMillis() + 3_600_000)
                .build());
        final LeaseTaskRequest request = LeaseTaskRequest.newBuilder()
                .setShard(shard)
                .setTenant(TENANT)
                .setId("future")
                .setWorkerId("w")
                .build();
        assertRefused(
                () -> grpc.silo.leaseTask(request.toBuilder().clearWorkerId().build()),
                Status.Code.INVALID_ARGUMENT,
                "worker_id is required");
        assertRefused(
                () -> grpc.silo.leaseTask(request.toBuilder().setId("none").build()),
                Status.Code.NOT_FOUND,
                "job not found");
        final Task task = grpc.silo.leaseTask(request).getTask();
        assertThat(task.getJobId()).isEqualTo("future");
        assertRefused(
                () -> grpc.silo.leaseTask(request),
                Status.Code.FAILED_PRECONDITION,
                "cannot lease job future: job is currently running (status: Running)");
        heartbeat(task, "w");
        succeed(task, "out");
        assertRefused(
                () -> grpc.silo.leaseTask(request),
                Status.Code.FAILED_PRECONDITION,
                "cannot lease job future: job is already in terminal state (status: Succeeded)");
    }

    // ---- floating limits

    /** LEASE-9, HB-5, FLOAT-6, FLOAT-7. */
    @Test
    void shouldHaveFloatingLimitsFoundOut() throws Exception {
        start(Map.of());
        final Limit floating = Limit.newBuilder()
                .setFloatingConcurrency(FloatingConcurrencyLimit.newBuilder()
                        .setKey("float")
                        .setDefaultMaxConcurrency(1)
                        .setRefreshIntervalMs(60_000)
                        .putMetadata("k", "v"))
                .build();
        for (int i = 0; i < 4; i++) {
            grpc.silo.enqueue(grpc.job(TENANT, "j" + i).addLimits(floating).build());
        }
        final List<Task> tasks = new ArrayList<>();
        final List<RefreshFloatingLimitTask> refreshes = new ArrayList<>();
        pollInto(tasks, refreshes, 1, 1);
        final RefreshFloatingLimitTask refresh = refreshes.get(0);
        assertThat(refresh.getQueueKey()).isEqualTo("float");
        assertThat(refresh.getCurrentMaxConcurrency()).isEqualTo(1);
        assertThat(refresh.getLastRefreshedAtMs()).isZero();
        assertThat(refresh.getMetadataMap()).containsExactly(Map.entry("k", "v"));
        assertThat(refresh.getTenantId()).isEqualTo(TENANT);
        assertThat(refresh.getTaskGroup()).isEqualTo(GROUP);
        assertThat(refresh.getLeaseMs()).isPositive();
        assertThat(grpc.silo
                        .heartbeat(HeartbeatRequest.newBuilder()
                                .setShard(refresh.getShard())
                                .setTaskId(refresh.getId())
                                .setWorkerId("w")
                                .build())
                        .getCancelled())
                .isFalse();
        final ReportRefreshOutcomeRequest.Builder report = ReportRefreshOutcomeRequest.newBuilder()
                .setShard(refresh.getShard())
                .setTaskId(refresh.getId())
                .setTenantId(TENANT);
        grpc.silo.reportRefreshOutcome(report.clone()
                .setFailure(RefreshFailure.newBuilder().setCode("E").setMessage("not yet"))
                .build());
        assertRefused(
                () -> grpc.silo.reportRefreshOutcome(
                        report.setSuccess(RefreshSuccess.newBuilder().setNewMaxConcurrency(3))
                                .build()),
                Status.Code.NOT_FOUND,
                LEASE_NOT_FOUND);
        refreshes.clear();
        pollInto(tasks, refreshes, 1, 1);
        grpc.silo.reportRefreshOutcome(
                report.setTaskId(refreshes.get(0).getId()).build());
        pollInto(tasks, refreshes, 3, 1);
        assertThat(tasks).hasSize(3);
    }

    private void pollInto(List<Task> tasks, List<RefreshFloatingLimitTask> refreshes, int count, int refreshCount) {
        final long untilNs = System.nanoTime() + 15_000_000_000L;
        while ((tasks.size() < count || refreshes.size() < refreshCount) && System.nanoTime() < untilNs) {
            final LeaseTasksResponse found =
                    grpc.silo.leaseTasks(poll(10).setShard(grpc.shardOf(TENANT)).build());
            tasks.addAll(found.getTasksList());
            refreshes.addAll(found.getRefreshTasksList());
        }
        assertThat(tasks).hasSize(count);
        assertThat(refreshes).hasSize(refreshCount);
    }

    /** DROP-1. */
    @Test
    void shouldDropHolders() throws Exception {
        start(Map.of());
        for (String id : List.of("a", "b")) {
            grpc.silo.enqueue(
                    grpc.job(TENANT, id).addLimits(concurrency("one", 1)).build());
        }
        final Task first = leaseOne();
        assertThat(grpc.silo.leaseTasks(poll(1).build()).getTasksCount()).isZero();
        final DropTenantHoldersRequest drop = DropTenantHoldersRequest.newBuilder()
                .setShard(first.getShard())
                .setTenant(TENANT)
                .build();
        assertThat(grpc.silo.dropTenantHolders(drop).getHoldersDropped()).isEqualTo(1);
        assertThat(grpc.silo.dropTenantHolders(drop).getHoldersDropped()).isZero();
        final Task second = leaseOne();
        succeed(first, "");
        succeed(second, "");
    }

    // ---- what came over Aeron

    /** Payloads of other encodings are MessagePack here. */
    @Test
    void shouldWrapWhatIsNoMessagePack() throws Exception {
        start(Map.of());
        try (SiloClient client =
                SiloClient.builder().dataDirectory(directory.resolve("data")).build()) {
            for (Payload payload :
                    List.of(Payload.text("hi"), Payload.raw(new byte[] {1, 2}), Payload.json("{\"a\":[1,true]}"))) {
                client.enqueue(JobRequest.to(GROUP)
                        .tenant(TENANT)
                        .id(payload.encoding().name())
                        .payload(payload)
                        .build());
            }
        }
        assertThat(packed("TEXT")).containsExactly(0xa2, 'h', 'i');
        assertThat(packed("RAW")).containsExactly(0xc4, 2, 1, 2);
        assertThat(packed("JSON")).containsExactly(0x81, 0xa1, 'a', 0x92, 1, 0xc3);
    }

    private int[] packed(String id) {
        final byte[] told = grpc.get(TENANT, id).getPayload().getMsgpack().toByteArray();
        return IntStream.range(0, told.length).map(i -> told[i] & 0xff).toArray();
    }

    // ---- imports

    /** IMPORT-1, 2, 6, 7, 10, 11. */
    @Test
    void shouldImportJobsWithTheirHistory() throws Exception {
        start(Map.of());
        final ImportAttempt failed = attempt(AttemptStatus.ATTEMPT_STATUS_FAILED)
                .setErrorCode("E")
                .setErrorData(bytes("d"))
                .build();
        final ImportAttempt succeeded = attempt(AttemptStatus.ATTEMPT_STATUS_SUCCEEDED)
                .setResult(bytes("r"))
                .build();
        final ImportAttempt running =
                attempt(AttemptStatus.ATTEMPT_STATUS_RUNNING).build();
        final List<ImportJobResult> results = importJobs(
                imported("new"),
                imported("done", failed, succeeded),
                imported("", failed),
                imported("running", running),
                imported("order", succeeded, failed),
                imported("elsewhere").toBuilder().setShard("x").build(),
                imported("far").toBuilder().setPriority(100).build(),
                imported("dead", failed));
        assertThat(results)
                .extracting(result ->
                        result.getId() + " " + result.getSuccess() + " " + result.getStatus() + " " + result.getError())
                .containsExactly(
                        "new true JOB_STATUS_SCHEDULED ",
                        "done true JOB_STATUS_SUCCEEDED ",
                        " false JOB_STATUS_FAILED job id is required for import",
                        "running false JOB_STATUS_FAILED import attempts must be terminal (not Running)",
                        "order false JOB_STATUS_FAILED invalid argument: import attempt 1 must be Failed (only the last"
                                + " attempt may be non-Failed)",
                        "elsewhere false JOB_STATUS_FAILED invalid shard ID: x",
                        "far false JOB_STATUS_FAILED priority must be between 0 and 99",
                        "dead true JOB_STATUS_FAILED ");
        final GetJobResponse done = grpc.get(TENANT, "done");
        assertThat(done.getEnqueueTimeMs()).isEqualTo(900);
        assertThat(done.getAttemptsList()).extracting(JobAttempt::getTaskId).containsExactly("done:1", "done:2");
        assertThat(done.getAttempts(0).getErrorData()).isEqualTo(bytes("d"));
        assertThat(done.getResult()).isEqualTo(bytes("r"));

        final String why = "cannot reimport job: cannot reimport job ";
        assertThat(importJobs(
                        imported("done", failed, failed, failed),
                        imported("dead", failed),
                        imported("dead"),
                        imported("dead", failed.toBuilder().setErrorCode("F").build(), succeeded)))
                .extracting(ImportJobResult::getError)
                .containsExactly(
                        why + "done: job already succeeded (status: Succeeded)",
                        why + "dead: reimport must include at least one new attempt (status: Failed)",
                        why + "dead: reimport has 0 attempts but job has 1 existing attempts (status: Failed)",
                        why + "dead: existing attempt 1 does not match reimport data (status: Failed)");
        assertThat(importJobs(imported("dead", failed, succeeded)).get(0).getStatus())
                .isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
        assertThat(importJobs()).isEmpty();
        // IMPORT-3.
        final Task task = leaseOne();
        assertThat(task.getJobId()).isEqualTo("new");
        assertRefused(
                () -> importJobs(imported("new", failed), imported("fresh")),
                Status.Code.FAILED_PRECONDITION,
                "cannot reimport job new: job is currently running (status: Running)");
    }

    private List<ImportJobResult> importJobs(ImportJobRequest... jobs) {
        return grpc.silo
                .importJobs(ImportJobsRequest.newBuilder()
                        .addAllJobs(Arrays.asList(jobs))
                        .build())
                .getResultsList();
    }

    private ImportJobRequest imported(String id, ImportAttempt... attempts) {
        return ImportJobRequest.newBuilder()
                .setShard(grpc.shardOf(TENANT))
                .setTenant(TENANT)
                .setId(id)
                .setTaskGroup(GROUP)
                .setEnqueueTimeMs(900)
                .setPayload(bytes("in"))
                .addAllAttempts(Arrays.asList(attempts))
                .build();
    }

    private static ImportAttempt.Builder attempt(AttemptStatus status) {
        return ImportAttempt.newBuilder()
                .setStatus(status)
                .setStartedAtMs(1_000)
                .setFinishedAtMs(2_000);
    }

    // ---- helpers

    private static Limit concurrency(String key, int max) {
        return Limit.newBuilder()
                .setConcurrency(ConcurrencyLimit.newBuilder().setKey(key).setMaxConcurrency(max))
                .build();
    }

    private static LeaseTasksRequest.Builder poll(int max) {
        return LeaseTasksRequest.newBuilder()
                .setTaskGroup(GROUP)
                .setWorkerId("w")
                .setMaxTasks(max);
    }

    /** A task that is ready, or will be in a moment. */
    private Task leaseOne() {
        for (int i = 0; i < 200; i++) {
            final LeaseTasksResponse found = grpc.silo.leaseTasks(poll(1).build());
            if (found.getTasksCount() == 1) {
                return found.getTasks(0);
            }
        }
        throw new AssertionError("no task came");
    }

    private HeartbeatResponse heartbeat(Task task, String worker) {
        return grpc.silo.heartbeat(HeartbeatRequest.newBuilder()
                .setShard(task.getShard())
                .setTaskId(task.getId())
                .setTenantId(TENANT)
                .setWorkerId(worker)
                .build());
    }

    private static ReportOutcomeRequest.Builder outcome(Task task) {
        return ReportOutcomeRequest.newBuilder()
                .setShard(task.getShard())
                .setTaskId(task.getId())
                .setTenantId(TENANT);
    }

    private void succeed(Task task, String result) {
        grpc.silo.reportOutcome(outcome(task).setSuccess(bytes(result)).build());
        assertThat(result(task).getStatus()).isEqualTo(JobStatus.JOB_STATUS_SUCCEEDED);
    }

    private io.silo.grpc.v1.GetJobResultResponse result(Task task) {
        return grpc.silo.getJobResult(GetJobResultRequest.newBuilder()
                .setShard(task.getShard())
                .setTenant(TENANT)
                .setId(task.getJobId())
                .build());
    }

    private void fail(Task task, String code, String data) {
        grpc.silo.reportOutcome(outcome(task)
                .setFailure(Failure.newBuilder().setCode(code).setData(bytes(data)))
                .build());
    }
}
