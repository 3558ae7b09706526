package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.Explanation.Situation;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.client.LimitSummary;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.TaskResult;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What operators do with concurrency limits: the Java client and the commands against a real server. */
@Timeout(90)
class LimitVerbsIT extends ServerFixture {
    private static final Duration SOON = Duration.ofSeconds(30);

    private static Run run(String... args) {
        final Run run = silo(args);
        assertThat(run.err()).isEmpty();
        return run;
    }

    private static JsonNode json(String... args) throws IOException {
        final List<String> all = new ArrayList<>(List.of(args));
        all.add("--json");
        return new ObjectMapper().readTree(run(all.toArray(new String[0])).out());
    }

    private static JobHandle enqueue(String group, String id, String key) {
        return client.enqueue(JobRequest.to(group).id(id).limit(key, 1).build());
    }

    /** A worker whose tasks wait for one another: they end only if so many run at once. */
    private static SiloWorker together(String group, CountDownLatch latch) {
        return SiloWorker.with(client)
                .taskGroup(group)
                .concurrency(8)
                .stopTimeout(SOON)
                .handler(task -> {
                    latch.countDown();
                    return latch.await(SOON.toSeconds(), TimeUnit.SECONDS)
                            ? TaskResult.success()
                            : TaskResult.fail("ALONE", "");
                })
                .start();
    }

    @Test
    void shouldLetWaitingJobsGoOnWhenTheMaximumIsRaised() {
        final List<JobHandle> handles = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            handles.add(enqueue("raise", "raise-" + i, "raise"));
        }
        try (SiloWorker worker = together("raise", new CountDownLatch(3))) {
            assertThat(run("limits", "set", "raise", "3").out())
                    .isEqualTo("Limit raise is set to 3, whatever its jobs ask for.\n");
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        assertThat(client.limits().list("")).contains(new LimitSummary("-", "raise", 3, 0, 0));
        assertThat(client.limits().set("", "raise", 3)).isFalse();
        assertThat(run("limits", "unset", "raise").out())
                .isEqualTo("Limit raise is not set: each job's own maximum counts.\n");
        assertThat(client.limits().unset("", "raise")).isFalse();
    }

    @Test
    void shouldLetOthersRunWhenHoldersAreDropped() throws IOException {
        final List<JobHandle> handles = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            handles.add(enqueue("drop", "drop-" + i, "drop"));
        }
        final CountDownLatch latch = new CountDownLatch(2);
        try (SiloWorker worker = together("drop", latch)) {
            while (client.limits().get("", "drop", 0).summary().holders() == 0) {
                Thread.onSpinWait();
            }
            assertThat(client.explain("", "drop-0").run().held()).containsExactly("drop");
            assertThat(json("limits", "drop-holders", "--key", "drop").toString())
                    .isEqualTo("{\"tenant\":\"-\",\"key\":\"drop\",\"dropped\":1}");
            for (JobHandle handle : handles) {
                assertThat(handle.awaitResult(SOON).status()).isEqualTo(JobStatus.SUCCEEDED);
            }
        }
        assertThat(run("limits", "drop-holders", "--key", "drop").out()).isEqualTo("0 jobs gave slots back.\n");
    }

    @Test
    void shouldShowAndListLimits() throws IOException {
        assertThat(run("limits", "set", "shown", "0", "--tenant", "acme").out())
                .isEqualTo("Limit shown is set to 0: nothing new runs, what runs goes on.\n");
        client.enqueue(JobRequest.to("shown")
                .tenant("acme")
                .id("waits")
                .priority(7)
                .limit("shown", 5)
                .build());
        final JsonNode shown = json("limits", "show", "shown", "--tenant", "acme");
        assertThat(shown.at("/max").asInt()).isZero();
        assertThat(shown.at("/waiting").asInt()).isEqualTo(1);
        assertThat(shown.at("/first_waiters/0/job_id").asText()).isEqualTo("waits");
        assertThat(shown.at("/first_waiters/0/own_max").asInt()).isEqualTo(5);
        assertThat(run("limits", "show", "shown", "--tenant", "acme").out())
                .contains("max      0\n")
                .contains("waiting  1\n")
                .contains("waits, priority 7, start ");
        assertThat(json("limits", "list", "--tenant", "acme").toString())
                .isEqualTo("{\"tenant\":\"acme\",\"key\":\"shown\",\"max\":0,\"holders\":0,\"waiting\":1}");
        assertThat(run("limits", "list", "--tenant", "acme").out()).containsPattern("acme +shown +0 +0 +1\n");
        assertThat(run("limits", "list", "--tenant", "nobody").out()).isEqualTo("No limit is in use.\n");
        final Run unknown = CommandLineFixture.run("limits", "show", "unknown", "--data", data.toString());
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(unknown.err()).contains("LIMIT_NOT_FOUND");
        for (String wrong : List.of("", "k".repeat(257), "k".repeat(70_000))) {
            assertThat(catchThrowableOfType(
                                    SiloException.class, () -> client.limits().set("", wrong, 1))
                            .reason())
                    .isEqualTo(RejectReason.INVALID_JOB_LIMIT);
        }
    }

    /** In each of its situations. */
    @Test
    void shouldExplainWhyAJobDoesNotRun() throws IOException, InterruptedException {
        client.enqueue(JobRequest.to("why")
                .id("later")
                .startAt(Instant.now().plusSeconds(600))
                .build());
        assertThat(explain("later"))
                .contains("Job later does not run: it starts at ")
                .contains(", in ");
        final JobHandle holds = enqueue("why", "holds", "why");
        enqueue("why", "waits", "why");
        final CountDownLatch running = new CountDownLatch(1);
        final CountDownLatch end = new CountDownLatch(1);
        try (SiloWorker worker = SiloWorker.with(client)
                .taskGroup("why")
                .stopTimeout(SOON)
                .handler(task -> {
                    running.countDown();
                    return end.await(SOON.toSeconds(), TimeUnit.SECONDS)
                            ? TaskResult.fail("E_WHY", "because")
                            : TaskResult.success();
                })
                .start()) {
            assertThat(running.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(explain("holds")).contains("Job holds runs: worker ").contains("holds       why\n");
            assertThat(explain("waits"))
                    .startsWith("Job waits does not run: limit why has 1 holders and a maximum of 1, its own; 0 tasks"
                            + " are before it.\n")
                    .contains("            holds by ");
            client.limits().set("", "why", 0);
            assertThat(explain("waits"))
                    .startsWith("Job waits does not run: the maximum of limit why is 0, set for the key.");
            assertThat(json("explain", "job", "waits")
                            .at("/line/first_holders/0/job_id")
                            .asText())
                    .isEqualTo("holds");
            client.pauseTaskGroup("why");
            client.limits().unset("", "why");
            assertThat(explain("waits")).startsWith("Job waits does not run: its task group why is paused.");
            end.countDown();
            assertThat(holds.awaitResult(SOON).status()).isEqualTo(JobStatus.FAILED);
        }
        client.resumeTaskGroup("why");
        assertThat(holds.explain().situation()).isEqualTo(Situation.ENDED);
        assertThat(explain("holds")).contains("it ended FAILED at ").contains(", with E_WHY.");
        assertThat(explain("waits")).startsWith("Job waits is ready: no worker asks for tasks of its task group.");
        assertThat(json("explain", "job", "waits").at("/situation").asText()).isEqualTo("READY");
        final Run unknown = CommandLineFixture.run("explain", "job", "nobody", "--data", data.toString());
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(unknown.err()).contains("JOB_NOT_FOUND");
    }

    private static String explain(String id) {
        return run("explain", "job", id).out();
    }
}
