package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.Pause;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskGroup;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Paused task groups and tenants: the Java client and the commands against a real server of four shards. */
@Timeout(90)
class PauseIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** In which a worker that may would have got a task. */
    private static final long QUIET_MS = 500;

    /** Tenants of all four shards are among them. */
    private static final List<String> TENANTS = List.of("-", "acme", "bolt", "cold", "dune", "echo", "fern", "gold");

    @Test
    void shouldKeepTheTasksOfAPausedGroupOnAllShards() {
        client.pauseTaskGroup("held");
        client.pauseTaskGroup("held");
        final List<String> held = new CopyOnWriteArrayList<>();
        final List<String> free = new CopyOnWriteArrayList<>();
        try (SiloWorker ofHeld = worker("held", held);
                SiloWorker ofFree = worker("free", free)) {
            for (String tenant : TENANTS) {
                enqueue(tenant, "held", "held of " + tenant);
                enqueue(tenant, "free", "free of " + tenant);
            }
            await(() -> free.size() == TENANTS.size());
            sleep(QUIET_MS);
            assertThat(held).as("given out while paused").isEmpty();
            assertThat(ofHeld.heldCount()).isZero();
            assertThat(client.taskGroup("held")).isEqualTo(new TaskGroup(0, 0, true, false));
            assertThat(client.taskGroup("acme", "held")).isEqualTo(new TaskGroup(0, 0, true, false));
            assertThat(client.taskGroup("free").isGroupPaused()).isFalse();
            assertThat(client.getJob("acme", "held of acme").status()).isEqualTo(JobStatus.SCHEDULED);

            client.resumeTaskGroup("held");
            await(() -> held.size() == TENANTS.size());
            assertThat(client.taskGroup("held").isGroupPaused()).isFalse();
            assertThat(ofFree.heldCount()).isZero();
        }
    }

    @Test
    void shouldKeepTheTasksOfAPausedTenantAndGiveOutThoseOfOthers() {
        client.pauseTenant("bolt");
        final List<String> ran = new CopyOnWriteArrayList<>();
        try (SiloWorker worker = worker("tenants", ran)) {
            enqueue("bolt", "tenants", "of bolt");
            for (String tenant : TENANTS) {
                enqueue(tenant, "tenants", "of another, " + tenant);
            }
            await(() -> ran.size() == TENANTS.size() - 1);
            sleep(QUIET_MS);
            assertThat(ran).hasSize(TENANTS.size() - 1).noneMatch(id -> id.endsWith("bolt"));
            assertThat(client.taskGroup("bolt", "tenants")).isEqualTo(new TaskGroup(0, 0, false, true));
            assertThat(client.taskGroup("acme", "tenants").isTenantPaused()).isFalse();

            client.resumeTenant("bolt");
            await(() -> ran.size() == TENANTS.size() + 1);
            assertThat(ran.subList(TENANTS.size() - 1, ran.size())).containsExactly("of bolt", "of another, bolt");
            assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
        }
    }

    /** The default tenant of a client that names none is a tenant too. */
    @Test
    void shouldPauseTheDefaultTenantOfAClient() {
        try (SiloClient own =
                SiloClient.builder().dataDirectory(data).tenant("own").build()) {
            own.pauseTenant();
            assertThat(client.taskGroup("own", "any").isTenantPaused()).isTrue();
            assertThat(client.taskGroup("-", "any").isTenantPaused()).isFalse();
            own.resumeTenant();
            assertThat(client.taskGroup("own", "any").isTenantPaused()).isFalse();
        }
    }

    @Test
    void shouldLetWhatRunsGoOn() throws InterruptedException {
        final CountDownLatch begun = new CountDownLatch(1);
        final CountDownLatch paused = new CountDownLatch(1);
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("running")
                .stopTimeout(SOON)
                .handler(task -> {
                    begun.countDown();
                    paused.await();
                    return TaskResult.success("done");
                })
                .start()) {
            client.enqueue(JobRequest.to("running")
                    .id("runs")
                    .lease(Duration.ofSeconds(1))
                    .build());
            assertThat(begun.await(SOON.toMillis(), TimeUnit.MILLISECONDS)).isTrue();
            client.pauseTaskGroup("running");
            client.enqueue(JobRequest.to("running").id("waits").build());
            // More than a lease: it is extended while its group is paused.
            sleep(1_500);
            assertThat(client.taskGroup("running")).isEqualTo(new TaskGroup(0, 1, true, false));
            paused.countDown();
            assertThat(client.awaitResult("-", "runs", SOON).result().text()).isEqualTo("done");
            sleep(QUIET_MS);
            assertThat(client.getJob("waits").status()).isEqualTo(JobStatus.SCHEDULED);
            client.resumeTaskGroup("running");
            assertThat(client.awaitResult("-", "waits", SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            assertThat(worker.heldCount()).isZero();
        }
    }

    @Test
    void shouldStayPausedAfterAKill() throws Exception {
        final Path ownData = directory.resolve("killed");
        final Map<String, String> ports = ServerProcess.freePorts();
        final List<String> ran = new CopyOnWriteArrayList<>();
        try (SiloClient own = SiloClient.builder().dataDirectory(ownData).build()) {
            try (ServerProcess before = ServerProcess.start(ownData, ports)) {
                own.pauseTaskGroup("g");
                own.pauseTenant("acme");
                own.pauseTenant("bolt");
                own.resumeTenant("bolt");
                before.kill();
            }
            try (ServerProcess after = ServerProcess.start(ownData, ports);
                    SiloWorker worker = SiloWorker.with(own)
                            .taskGroup("other")
                            .handler(task -> {
                                ran.add(task.id());
                                return TaskResult.success();
                            })
                            .start()) {
                own.enqueue(JobRequest.to("other").tenant("acme").id("a").build());
                own.enqueue(JobRequest.to("other").tenant("bolt").id("b").build());
                await(() -> !ran.isEmpty());
                sleep(QUIET_MS);
                assertThat(ran).containsExactly("b");
                assertThat(own.taskGroup("acme", "g")).isEqualTo(new TaskGroup(0, 0, true, true));
                own.resumeTenant("acme");
                await(() -> ran.size() == 2);
                assertThat(after.isAlive()).isTrue();
                assertThat(worker.heldCount()).isLessThanOrEqualTo(1);
            }
        }
    }

    /** TEN-1, and the verb of those who change what others enqueued. */
    @Test
    void shouldRefuseWhoMayNot() throws IOException {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [[auth.tokens]]
                name = "producer"
                token = "produces"
                verbs = ["produce", "work", "read"]
                [[auth.tokens]]
                name = "manager"
                token = "manages"
                verbs = ["manage"]
                [[auth.tokens]]
                name = "acme"
                token = "of acme"
                tenant = "acme"
                verbs = ["manage", "read"]
                """);
        final Path ownData = directory.resolve("tokens");
        try (SiloServer own = SiloServer.start(ConfigLoader.load(
                        file, ServerProcess.freePorts(), Map.of("database.path", ownData.toString())));
                SiloClient producer = withToken(ownData, "produces");
                SiloClient manager = withToken(ownData, "manages");
                SiloClient acme = withToken(ownData, "of acme")) {
            assertThat(own).isNotNull();
            assertThat(reason(() -> producer.pauseTaskGroup("g"))).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> producer.resumeTenant("acme"))).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> acme.pauseTaskGroup("g"))).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(reason(() -> acme.pauseTenant("bolt"))).isEqualTo(RejectReason.PERMISSION_DENIED);
            manager.pauseTaskGroup("g");
            acme.pauseTenant("acme");
            assertThat(reason(manager::listPauses)).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(acme.listPauses()).containsExactly(new Pause(Pause.Kind.TENANT, "acme"));
            assertThat(producer.listPauses())
                    .containsExactly(new Pause(Pause.Kind.TASK_GROUP, "g"), new Pause(Pause.Kind.TENANT, "acme"));
            assertThat(acme.taskGroup("acme", "g")).isEqualTo(new TaskGroup(0, 0, true, true));
            assertThat(reason(() -> manager.pauseTaskGroup(""))).isEqualTo(RejectReason.TASK_GROUP_REQUIRED);
            assertThat(reason(() -> manager.pauseTaskGroup("g".repeat(100_000))))
                    .isEqualTo(RejectReason.TASK_GROUP_TOO_LONG);
            assertThat(reason(() -> manager.pauseTenant("t".repeat(65)))).isEqualTo(RejectReason.INVALID_TENANT);
        }
    }

    @Test
    void shouldPauseAndResumeByCommand() throws IOException {
        assertThat(silo("pause", "--task-group", "commands"))
                .isEqualTo(new Run(
                        ExitCode.OK, "Task group commands is paused: its tasks wait, what runs goes on.\n", ""));
        assertThat(silo("pause", "--tenant", "gold", "--json").out())
                .isEqualTo("{\"tenant\":\"gold\",\"paused\":true}\n");
        assertThat(silo("pauses").out()).contains("task group  commands\n").contains("tenant      gold\n");
        assertThat(silo("pauses", "--json").out())
                .contains("{\"task_group\":\"commands\"}\n")
                .contains("{\"tenant\":\"gold\"}\n");
        silo("enqueue", "--task-group", "commands", "--id", "by command", "--tenant", "gold", "--payload", "x");
        final Run idle =
                silo("work", "--task-group", "commands", "--tenant", "gold", "--exec", "true", "--exit-when-idle");
        assertThat(idle.out()).startsWith("0 jobs succeeded");
        assertThat(idle.err())
                .startsWith("warning: Task group commands is paused. To give out its tasks:"
                        + " ./silo resume --task-group commands\n");
        assertThat(silo("resume", "--task-group", "commands", "--json").out())
                .isEqualTo("{\"task_group\":\"commands\",\"paused\":false}\n");
        assertThat(client.taskGroup("gold", "commands")).isEqualTo(new TaskGroup(0, 0, false, true));
        assertThat(silo("work", "--task-group", "commands", "--tenant", "gold", "--exec", "true", "--exit-when-idle")
                        .err())
                .startsWith("warning: Tenant gold is paused. To give out its tasks: ./silo resume --tenant gold\n");
        assertThat(silo("resume", "--tenant", "gold"))
                .isEqualTo(new Run(ExitCode.OK, "Tenant gold is not paused: its tasks run.\n", ""));
        final Run work = silo("work", "--task-group", "commands", "--exec", "true", "--exit-when-idle");
        assertThat(work.out()).startsWith("1 jobs succeeded");
        assertThat(work.err()).doesNotContain("warning");

        assertThat(silo("pause").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("resume", "--tenant", "t", "--task-group", "g").exitCode())
                .isEqualTo(ExitCode.USAGE);
        final Run refused = silo("pause", "--tenant", "t".repeat(65), "--json");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(new ObjectMapper()
                        .readTree(refused.err())
                        .path("error")
                        .path("code")
                        .asText())
                .isEqualTo("INVALID_TENANT");
    }

    private static SiloClient withToken(Path of, String token) {
        return SiloClient.builder().dataDirectory(of).token(token).build();
    }

    private static void enqueue(String tenant, String taskGroup, String id) {
        client.enqueue(JobRequest.to(taskGroup).tenant(tenant).id(id).build());
    }

    private static SiloWorker worker(String taskGroup, List<String> ran) {
        return SiloWorker.with(client)
                .taskGroup(taskGroup)
                .concurrency(1)
                .stopTimeout(SOON)
                .handler(task -> {
                    ran.add(task.id());
                    return TaskResult.success();
                })
                .start();
    }
}
