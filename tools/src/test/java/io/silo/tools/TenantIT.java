package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.client.Tenant;
import io.silo.client.TenantChange;
import io.silo.client.TenantSettings;
import io.silo.protocol.RejectReason;
import io.silo.server.SiloServer;
import io.silo.server.config.ConfigLoader;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What tenants may have: the Java client and the commands against a real server of four shards. */
@Timeout(90)
class TenantIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(20);

    @Test
    void shouldServeByWeightAndCap() {
        client.tenants().set("heavy", TenantChange.change().weight(3));
        client.tenants().set("capped", TenantChange.change().runningMax(2));
        for (int i = 0; i < 60; i++) {
            for (String tenant : List.of("heavy", "capped")) {
                client.enqueue(
                        JobRequest.to("shared").tenant(tenant).id(tenant + i).build());
            }
        }
        final List<String> ran = new CopyOnWriteArrayList<>();
        final AtomicInteger running = new AtomicInteger();
        final AtomicInteger most = new AtomicInteger();
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("shared")
                .concurrency(16)
                .stopTimeout(SOON)
                .handler(task -> {
                    if (task.tenant().equals("capped")) {
                        most.accumulateAndGet(running.incrementAndGet(), Math::max);
                        Thread.sleep(5);
                        running.decrementAndGet();
                    }
                    ran.add(task.id());
                    return TaskResult.success();
                })
                .start()) {
            await(() -> ran.size() == 120);
            assertThat(worker.heldCount()).isLessThanOrEqualTo(16);
        }
        assertThat(most.get()).as("running at once").isBetween(1, 2);
        assertThat(client.tenants().get("heavy").settings().weight()).isEqualTo(3);
        assertThat(client.tenants().list()).extracting(Tenant::name).contains("capped", "heavy");
    }

    @Test
    void shouldRefuseWhatIsBeyondTheQuotaAndTakeTheRest() {
        client.tenants().set("full", TenantChange.change().queuedMax(2));
        final List<JobRequest> requests = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            requests.add(JobRequest.to("quota").tenant("full").id("j" + i).build());
        }
        final List<EnqueueResult> results = client.enqueueAll(requests);
        assertThat(results)
                .extracting(EnqueueResult::rejected)
                .containsExactly(null, null, RejectReason.TENANT_QUOTA, RejectReason.TENANT_QUOTA);
        final Tenant full = client.tenants().get("full");
        assertThat(full.settings())
                .isEqualTo(new TenantSettings(1, TenantSettings.UNLIMITED, 2, TenantSettings.UNLIMITED, -1));
        assertThat(full.scheduled()).isEqualTo(2);
        assertThat(full.bytes()).isPositive();
    }

    @Test
    void shouldRefuseWhoMayNot() throws IOException {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, """
                [[auth.tokens]]
                name = "reader"
                token = "reads"
                verbs = ["read"]
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
                SiloClient reader = withToken(ownData, "reads");
                SiloClient manager = withToken(ownData, "manages");
                SiloClient acme = withToken(ownData, "of acme")) {
            assertThat(own).isNotNull();
            final TenantChange two = TenantChange.change().weight(2);
            for (String tenant : List.of("acme", "bolt")) {
                manager.tenants().set(tenant, two);
                assertThat(reason(() -> reader.tenants().set(tenant, two))).isEqualTo(RejectReason.PERMISSION_DENIED);
                assertThat(reason(() -> acme.tenants().set(tenant, two))).isEqualTo(RejectReason.PERMISSION_DENIED);
            }
            assertThat(reason(() -> manager.tenants().list())).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(acme.tenants().get("acme").settings().weight()).isEqualTo(2);
            assertThat(reason(() -> acme.tenants().get("bolt"))).isEqualTo(RejectReason.PERMISSION_DENIED);
            assertThat(acme.tenants().list()).extracting(Tenant::name).containsExactly("acme");
            assertThat(reader.tenants().list()).extracting(Tenant::name).containsExactly("acme", "bolt");
            assertThat(reason(() -> manager.tenants().set("a", TenantChange.change())))
                    .isEqualTo(RejectReason.INVALID_TENANT_SETTING);
            assertThat(reason(() -> manager.tenants().set("t".repeat(100_000), two)))
                    .isEqualTo(RejectReason.INVALID_TENANT);
        }
    }

    @Test
    void shouldSetAndShowByCommand() throws IOException {
        assertThat(silo("tenant", "weight", "cli", "5")).isEqualTo(new Run(ExitCode.OK, "Tenant cli: weight 5.\n", ""));
        assertThat(silo("tenant", "cap", "cli", "7", "--json").out())
                .isEqualTo("{\"tenant\":\"cli\",\"running_max\":7}\n");
        assertThat(silo("tenant", "quota", "cli", "--queued", "1", "--bytes", "100000", "--enqueue-per-second", "50")
                        .out())
                .isEqualTo("Tenant cli: queued max 1, bytes max 100000, enqueues per second 50.\n");
        silo("enqueue", "--task-group", "cli", "--tenant", "cli", "--id", "j", "--payload", "x");
        assertThat(silo("enqueue", "--task-group", "cli", "--tenant", "cli", "--id", "k", "--payload", "x")
                        .err())
                .contains("as many jobs, bytes or enqueues a second as it may");
        final JsonNode shown = new ObjectMapper()
                .readTree(silo("tenant", "show", "cli", "--json").out());
        assertThat(shown.path("weight").asInt()).isEqualTo(5);
        assertThat(shown.path("running_max").asInt()).isEqualTo(7);
        assertThat(shown.path("queued_max").asInt()).isEqualTo(1);
        assertThat(shown.path("enqueues_per_second").asInt()).isEqualTo(50);
        assertThat(shown.path("scheduled").asInt()).isEqualTo(1);
        assertThat(silo("tenant", "show", "cli").out())
                .startsWith("cli  weight 5  cap 7  queued 1 of 1  running 0  bytes ")
                .endsWith(" of 100000  enqueues a second 50\n");
        assertThat(silo("tenant", "list").out()).contains("cli  weight 5");
        assertThat(silo("tenant", "quota", "cli", "--queued", "none", "--json").out())
                .isEqualTo("{\"tenant\":\"cli\",\"queued_max\":null}\n");
        assertThat(silo("tenant", "show", "cli", "--json").out()).doesNotContain("queued_max");
        assertThat(silo("tenant", "show", "nobody").out())
                .isEqualTo("nobody  weight 1  cap none  queued 0 of none  running 0  bytes 0 of none"
                        + "  enqueues a second none\n");
        assertThat(silo("tenant").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("tenant", "quota", "cli").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("tenant", "cap", "cli", "-3").exitCode()).isEqualTo(ExitCode.USAGE);
        final Run refused = silo("tenant", "weight", "cli", "1025", "--json");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err()).contains("INVALID_TENANT_SETTING");
        assertThat(silo("tenant", "cap", "cli", "99999999999").exitCode()).isEqualTo(ExitCode.REFUSED);
    }

    private static SiloClient withToken(Path of, String token) {
        return SiloClient.builder().dataDirectory(of).token(token).build();
    }
}
