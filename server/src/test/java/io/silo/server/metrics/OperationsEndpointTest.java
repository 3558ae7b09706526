package io.silo.server.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silo.protocol.RejectReason;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.server.config.HostPort;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import io.silo.server.metrics.HealthReport.ShardHealth;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OperationsEndpointTest {
    private static final HostPort ANY_PORT = new HostPort("127.0.0.1", 0);

    @TempDir
    Path directory;

    private final ShardCounters shard = new ShardCounters();
    private final AtomicLong activity = new AtomicLong();
    private volatile HealthReport health = health(ShardState.SERVING);
    private volatile boolean busy;
    private OperationsEndpoint endpoint;

    @BeforeEach
    void start() {
        final PrometheusRegistry registry = new PrometheusRegistry();
        registry.register(new ShardMetricsCollector(() -> Map.of("0", shard), List.of(), () -> 1));
        endpoint = new OperationsEndpoint(
                ANY_PORT,
                registry,
                () -> health,
                new BaselineMeasurement(directory, () -> busy ? activity.incrementAndGet() : activity.get()));
    }

    @AfterEach
    void stop() {
        endpoint.close();
    }

    @Test
    void shouldShowWhatTheShardCounted() throws Exception {
        for (int i = 0; i < 7; i++) {
            shard.countEvent(JobEnqueuedDecoder.TEMPLATE_ID);
        }
        for (int i = 0; i < 4; i++) {
            shard.countEvent(AttemptFailedDecoder.TEMPLATE_ID);
        }
        shard.add(Figure.LEASES_EXPIRED, 1);
        shard.set(Figure.LEASES, 2);
        shard.add(Figure.REFRESHES_LEASED, 5);
        shard.add(Figure.REFRESHES_SUCCEEDED, 3);
        shard.add(Figure.REFRESHES_FAILED, 1);
        shard.set(Figure.FLOATING_LIMITS_DUE, 6);
        shard.add(Figure.SYNCS, 2);
        shard.add(Figure.SYNC_NS, 3_500_000_000L);
        shard.countRefusal(RejectReason.BUSY.code());
        final String metrics = get("/metrics").body();
        assertThat(metrics)
                .contains("silo_jobs_enqueued_total{shard=\"0\"} 7.0")
                .contains("silo_jobs_completed_total{shard=\"0\",status=\"failed\"} 3.0")
                .contains("silo_lease_reaper_leases_reaped_total{shard=\"0\"} 1.0")
                .contains("silo_task_leases_active{shard=\"0\"} 2.0")
                .contains("silo_floating_refreshes_leased_total{shard=\"0\"} 5.0")
                .contains("silo_floating_refreshes_completed_total{shard=\"0\",status=\"succeeded\"} 3.0")
                .contains("silo_floating_refreshes_completed_total{shard=\"0\",status=\"failed\"} 1.0")
                .contains("silo_floating_limits_due{shard=\"0\"} 6.0")
                .contains("silo_commands_refused_total{reason=\"busy\",shard=\"0\"} 1.0")
                .contains("silo_log_sync_seconds_count{shard=\"0\"} 2")
                .contains("silo_log_sync_seconds_sum{shard=\"0\"} 3.5")
                .contains("silo_shards_owned 1.0");
        for (ShardMetric metric : ShardMetric.ALL) {
            assertThat(metrics).contains("# HELP " + metric.name());
        }
    }

    @Test
    void shouldTurnUnhealthyWithAShard() throws Exception {
        assertThat(get("/healthz").statusCode()).isEqualTo(200);
        assertThat(json(get("/healthz")).path("status").asText()).isEqualTo("ok");
        health = health(ShardState.QUARANTINED);
        final HttpResponse<String> degraded = get("/healthz");
        assertThat(degraded.statusCode()).isEqualTo(503);
        assertThat(json(degraded).path("shards").get(0).path("message").asText())
                .isEqualTo("Look here.");
    }

    @Test
    void shouldMeasureTheDiskOnlyWhenIdle() throws Exception {
        final HttpResponse<String> measured = send(request("/baseline").POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(measured.statusCode()).isEqualTo(200);
        assertThat(json(measured).path("sync_us_p50").asDouble()).isPositive();
        assertThat(json(measured).path("appends_per_second").asDouble()).isPositive();
        assertThat(directory).isEmptyDirectory();
        busy = true;
        final HttpResponse<String> refused = send(request("/baseline").POST(HttpRequest.BodyPublishers.noBody()));
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(json(refused).path("error").path("code").asText()).isEqualTo(ServerErrorCode.BASELINE_BUSY.page());
    }

    @Test
    void shouldRefuseWhatIsNotThere() throws Exception {
        assertThat(get("/").statusCode()).isEqualTo(404);
        assertThat(get("/healthz/x").statusCode()).isEqualTo(404);
        assertThat(get("/baseline").statusCode()).isEqualTo(405);
        assertThat(send(request("/baseline")
                                .header("Origin", "https://example.org")
                                .POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(403);
        assertThat(send(request("/baseline?record_bytes=x").POST(HttpRequest.BodyPublishers.noBody()))
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void shouldSayThatThePortIsTaken() {
        assertThatThrownBy(() -> new OperationsEndpoint(
                        endpoint.address(),
                        new PrometheusRegistry(),
                        () -> health,
                        new BaselineMeasurement(directory, activity::get)))
                .isInstanceOfSatisfying(ServerException.class, failure -> {
                    assertThat(failure.code()).isEqualTo(ServerErrorCode.ADDRESS_IN_USE);
                    assertThat(failure.sentence()).contains(endpoint.address().toString());
                });
    }

    private static HealthReport health(ShardState state) {
        return new HealthReport(
                "1", false, List.of(new ShardHealth(0, "id", state, state == ShardState.SERVING ? "" : "Look here.")));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + endpoint.address() + path))
                .timeout(Duration.ofSeconds(10));
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return send(request(path).GET());
    }

    private static HttpResponse<String> send(HttpRequest.Builder request) throws IOException, InterruptedException {
        return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    private static JsonNode json(HttpResponse<String> response) throws IOException {
        return new ObjectMapper().readTree(response.body());
    }
}
