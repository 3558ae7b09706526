package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;

/** More than a real server can carry. How much of the peak is left is for a quiet machine; here something must be. */
class OverloadIT extends ServerFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void shouldFinishJobsWhileItRefusesOthers() throws IOException {
        final Run run =
                silo("load", "--overload", "3", "--producers", "48", "--seconds", "4", "--no-baseline", "--json");
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        final JsonNode result = JSON.readTree(run.out());
        assertThat(result.path("share_of_peak").asDouble()).isGreaterThan(0.2);
        assertThat(result.path("refused_per_second").asDouble()).isPositive();
        assertThat(result.path("retry_after_ms").path("p50").asDouble()).isBetween(1.0, 1_000.0);
        final double offered = result.path("offered_per_second").asDouble();
        final double answered = result.path("enqueued_per_second").asDouble()
                + result.path("refused_per_second").asDouble()
                + result.path("held_back_per_second").asDouble();
        assertThat(answered).isBetween(offered * 0.8, offered * 1.2);
        assertThat(result.path("server_memory_bytes").path("max").asLong()).isPositive();
    }

    @Test
    void shouldSayWhatItDoesNotMeasure() {
        assertThat(silo("load", "--overload", "2", "--rate", "5").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("load", "--overload", "2", "--stored", "5").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("load", "--overload", "-1").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(silo("load", "--overload", "2", "--producers", "0").exitCode())
                .isEqualTo(ExitCode.USAGE);
        final Run text = silo("load", "--overload", "0.1", "--producers", "2", "--seconds", "1", "--no-baseline");
        assertThat(text.exitCode()).as(text.err()).isEqualTo(ExitCode.OK);
        assertThat(text.out()).contains("of the peak").contains("offered").contains("server's memory");
    }

    /** Clients that wait when they are told to: every job of them is run, once. */
    @Test
    void shouldRunEveryJobOfClientsThatReturnWhenTold() {
        final int clients = 24;
        final int jobsPerClient = 2_000;
        final Set<String> run = ConcurrentHashMap.newKeySet();
        final List<SiloClient> all = new ArrayList<>();
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("crowd")
                .concurrency(8)
                .handler(task -> {
                    assertThat(run.add(task.id()))
                            .as("run twice: %s", task.id())
                            .isTrue();
                    return TaskResult.success();
                })
                .start()) {
            final List<CompletableFuture<JobHandle>> enqueued = new ArrayList<>();
            for (int i = 0; i < clients; i++) {
                all.add(SiloClient.builder().dataDirectory(data).build());
            }
            for (int job = 0; job < jobsPerClient; job++) {
                for (int i = 0; i < clients; i++) {
                    enqueued.add(all.get(i)
                            .enqueueAsync(JobRequest.to("crowd")
                                    .id("c" + i + "-" + job)
                                    .build()));
                }
            }
            enqueued.forEach(CompletableFuture::join);
            await(() -> run.size() == clients * jobsPerClient);
        } finally {
            all.forEach(SiloClient::close);
        }
    }

    /** A worker may ask for far more than its stream holds. */
    @Test
    void shouldNotDropAWorkerWithManyCredits() {
        final int jobs = 6_000;
        final List<JobRequest> requests = new ArrayList<>();
        for (int i = 0; i < jobs; i++) {
            requests.add(JobRequest.to("deep").payload("x".repeat(2_000)).build());
        }
        client.enqueueAll(requests);
        final Set<String> run = ConcurrentHashMap.newKeySet();
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("deep")
                .concurrency(4_096)
                .handler(task -> {
                    assertThat(task.attempt()).isEqualTo(1);
                    run.add(task.id());
                    return TaskResult.success();
                })
                .start()) {
            await(() -> run.size() == jobs);
        }
    }
}
