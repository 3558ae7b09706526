package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.client.ImportedJob;
import io.silo.client.JobRef;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.ScheduleRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.server.config.ConfigLoader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens of a configuration file against a whole server: each can do what its verbs say, to its tenant alone (AUTH-1). */
class TenancyIT {
    private static final List<String> IDS = List.of("waiting", "ended", "unknown");

    @TempDir
    static Path directory;

    private static Path data;
    private static SiloServer server;
    private static SiloClient operator;

    @BeforeAll
    static void start() throws IOException {
        data = directory.resolve("data");
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [tenancy]
                mode = "required"
                [server]
                auth_token = "operator"
                [[auth.tokens]]
                name = "producer of a"
                token = "produces"
                tenant = "a"
                verbs = ["produce"]
                [[auth.tokens]]
                name = "all of a"
                token = "everything"
                tenant = "a"
                """);
        final Map<String, String> settings = new HashMap<>();
        settings.putAll(TestPorts.free());
        settings.put("SILO_DATABASE_PATH", data.toString());
        server = SiloServer.start(ConfigLoader.load(file, settings, Map.of()));
        operator = client("operator");
        for (final String tenant : List.of("a", "b")) {
            operator.enqueue(job(tenant, "ended").build());
            operator.cancel(tenant, "ended");
            operator.enqueue(job(tenant, "waiting").build());
            operator.putSchedule(schedule(tenant, "waiting"));
        }
    }

    @AfterAll
    static void stop() {
        operator.close();
        server.close();
    }

    @Test
    void shouldLetAProducerEnqueueForItsTenantAndNothingElse() {
        try (SiloClient producer = client("produces")) {
            producer.enqueue(job("a", "mine").build());
            assertThat(operator.getJob("a", "mine").status()).isEqualTo(JobStatus.SCHEDULED);
            for (final String tenant : List.of("a", "b")) {
                for (final String id : IDS) {
                    assertAllDenied(everythingButEnqueue(producer, tenant, id));
                }
            }
            assertThat(reason(() -> producer.enqueue(job("b", "theirs").build())))
                    .isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> producer.enqueue(job("b", "waiting").build())))
                    .as("no word of whether there is such a job")
                    .isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> producer.enqueue(JobRequest.to("g").build())))
                    .isEqualTo(RejectReason.TENANT_REQUIRED);
        }
        assertThat(reason(() -> operator.getJob("b", "theirs"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
        assertUntouched("a");
        assertUntouched("b");
    }

    @Test
    void shouldLetATokenWithAllVerbsDoNothingToAnotherTenant() {
        try (SiloClient own = client("everything")) {
            for (final String id : IDS) {
                assertAllDenied(everythingButEnqueue(own, "b", id));
            }
            assertThat(reason(() -> own.enqueue(job("b", "theirs").build()))).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(own.getJob("a", "waiting").status()).isEqualTo(JobStatus.SCHEDULED);
            assertThat(reason(() -> own.getJob("a", "unknown"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
            assertThat(own.listSchedules())
                    .hasSize(1)
                    .allMatch(one -> one.tenant().equals("a"));
            // A worker that names no tenant is given the tasks of its own.
            operator.enqueue(job("b", "not for a").build());
            operator.enqueue(
                    JobRequest.to("mixed").tenant("b").id("theirs to run").build());
            operator.enqueue(
                    JobRequest.to("mixed").tenant("a").id("mine to run").build());
            try (SiloWorker worker = SiloWorker.with(own)
                    .taskGroup("mixed")
                    .handler(task -> TaskResult.success(task.tenant()))
                    .start()) {
                assertThat(operator.awaitResult("a", "mine to run", Duration.ofSeconds(20))
                                .isSuccess())
                        .isTrue();
                assertThat(worker.completedCount()).isEqualTo(1);
            }
            assertThat(operator.getJob("b", "theirs to run").status()).isEqualTo(JobStatus.SCHEDULED);
        }
        assertUntouched("b");
    }

    private static Map<String, Callable<?>> everythingButEnqueue(SiloClient client, String tenant, String id) {
        final List<JobRef> job = List.of(new JobRef(tenant, id));
        final Map<String, Callable<?>> calls = new HashMap<>();
        calls.put("cancel", () -> client.cancelAll(job).get(0).rejected());
        calls.put("restart", () -> client.restartAll(job).get(0).rejected());
        calls.put("expedite", () -> client.expediteAll(job).get(0).rejected());
        calls.put("delete", () -> client.deleteAll(job).get(0).rejected());
        calls.put(
                "import",
                () -> client.importJobs(List.of(new ImportedJob(job(tenant, id).build(), Instant.now(), List.of())))
                        .get(0)
                        .rejected());
        calls.put("lease", () -> client.leaseJob(tenant, id, "w"));
        calls.put("get", () -> client.getJob(tenant, id));
        calls.put("result", () -> client.awaitResult(tenant, id, Duration.ofSeconds(1)));
        calls.put("task group", () -> client.taskGroup(tenant, "g"));
        calls.put("put schedule", () -> client.putSchedule(schedule(tenant, id)));
        calls.put("pause schedule", () -> {
            client.pauseSchedule(tenant, id);
            return "paused";
        });
        calls.put("resume schedule", () -> client.resumeSchedule(tenant, id));
        calls.put("delete schedule", () -> {
            client.deleteSchedule(tenant, id);
            return "deleted";
        });
        calls.put("get schedule", () -> client.getSchedule(tenant, id, 1));
        calls.put("list schedules", () -> client.listSchedules(tenant));
        calls.put(
                "work",
                () -> SiloWorker.with(client)
                        .taskGroup("g")
                        .tenant(tenant)
                        .handler(task -> TaskResult.success())
                        .start());
        return calls;
    }

    /** A batch gives its refusals as results, all else throws them. */
    private static void assertAllDenied(Map<String, Callable<?>> calls) {
        calls.forEach((name, call) -> {
            Object answer;
            try {
                answer = call.call();
            } catch (SiloException refused) {
                answer = refused.reason();
            } catch (Exception failed) {
                throw new AssertionError(name, failed);
            }
            assertThat(answer).as(name).isEqualTo(RejectReason.PERMISSION_DENIED);
        });
    }

    private static void assertUntouched(String tenant) {
        assertThat(operator.getJob(tenant, "waiting").status()).isEqualTo(JobStatus.SCHEDULED);
        assertThat(operator.getJob(tenant, "ended").status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(reason(() -> operator.getJob(tenant, "unknown"))).isEqualTo(RejectReason.JOB_NOT_FOUND);
        assertThat(operator.listSchedules(tenant)).hasSize(1).noneMatch(one -> one.isPaused());
    }

    private static JobRequest.Builder job(String tenant, String id) {
        return JobRequest.to("g").tenant(tenant).id(id).startAfter(Duration.ofHours(1));
    }

    private static ScheduleRequest schedule(String tenant, String id) {
        return ScheduleRequest.to("g")
                .tenant(tenant)
                .id(id)
                .every(Duration.ofHours(5))
                .build();
    }

    private static SiloClient client(String token) {
        return SiloClient.builder().dataDirectory(data).token(token).build();
    }

    private static RejectReason reason(ThrowingCallable call) {
        final SiloException refused = catchThrowableOfType(SiloException.class, call);
        assertThat(refused).as("nothing was refused").isNotNull();
        return refused.reason();
    }
}
