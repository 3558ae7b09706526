package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.client.JobRequest;
import io.silo.client.JobStatus;
import io.silo.tools.CommandLineFixture.Run;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands that change jobs and bring them in, against a real server. */
@Timeout(60)
class JobCommandsIT extends ServerFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** CANCEL-1, CANCEL-2, CANCEL-4, RESTART-3, EXPED-3, DELETE-1, DELETE-2. */
    @Test
    void shouldChangeJobsAndSayOfEachWhatBecameOfIt() {
        assertThat(silo("enqueue", "--task-group", "later", "--id", "a", "--start-at", "+1h", "--payload", "x"))
                .extracting(Run::exitCode)
                .isEqualTo(ExitCode.OK);
        assertThat(silo("job", "delete", "a"))
                .isEqualTo(new Run(
                        ExitCode.REFUSED,
                        "",
                        "error: Job a was not deleted: Job is still in progress. [JOB_IN_PROGRESS]\n"));
        assertThat(silo("job", "cancel", "a", "b", "a"))
                .isEqualTo(new Run(
                        ExitCode.REFUSED,
                        "Job a was cancelled.\n",
                        "error: Job b was not cancelled: Job not found. [JOB_NOT_FOUND]\n"
                                + "error: Job a was not cancelled: Job is already cancelled."
                                + " [JOB_ALREADY_CANCELLED]\n"));
        assertThat(silo("job", "get", "a").out()).contains("CANCELLED").contains("cancelled   20");
        assertThat(silo("job", "restart", "a")).isEqualTo(new Run(ExitCode.OK, "Job a was restarted.\n", ""));
        assertThat(silo("job", "expedite", "a")).isEqualTo(new Run(ExitCode.OK, "Job a is ready.\n", ""));
        assertThat(silo("job", "cancel", "a", "--json").out())
                .isEqualTo("{\"id\":\"a\",\"tenant\":\"-\",\"status\":\"CANCELLED\"}\n");
        final Run refused = silo("job", "expedite", "a", "--json");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.out())
                .isEqualTo("{\"id\":\"a\",\"tenant\":\"-\",\"status\":\"CANCELLED\",\"error\":{\"code\":"
                        + "\"JOB_ALREADY_CANCELLED\",\"message\":\"job is already cancelled\",\"hint\":\"\"}}\n");
        assertThat(silo("job", "delete", "a", "never was"))
                .isEqualTo(new Run(ExitCode.OK, "Job a is gone.\nJob never was is gone.\n", ""));
        assertThat(silo("job", "get", "a").err()).contains("[JOB_NOT_FOUND]");
        assertThat(silo("job", "cancel").exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(CommandLineFixture.run("job").err()).contains("cancel, restart, expedite, delete");
    }

    @Test
    void shouldReadIdsFromStandardInput() {
        final int count = 10_000; // more than one batch of the command
        final List<JobRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            requests.add(JobRequest.to("many")
                    .tenant("acme")
                    .id("job " + i)
                    .startAfter(Duration.ofHours(1))
                    .build());
        }
        client.enqueueAll(requests);
        final String ids = IntStream.range(0, count).mapToObj(i -> "job " + i).collect(Collectors.joining("\r\n"));
        final Run run = withInput(ids + "\n\n", "job", "cancel", "-", "unknown", "--tenant", "acme", "--json");
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        final List<String> lines = run.out().lines().toList();
        assertThat(lines).hasSize(count + 1);
        for (int i = 0; i < count; i++) {
            assertThat(lines.get(i)).startsWith("{\"id\":\"job " + i + "\",").contains("CANCELLED");
        }
        assertThat(lines.get(count)).contains("\"unknown\"").contains("JOB_NOT_FOUND");
    }

    @Test
    void shouldAwaitAJob() throws IOException {
        silo("enqueue", "--task-group", "awaited", "--id", "good", "--payload", "x");
        silo("enqueue", "--task-group", "awaited", "--id", "bad", "--payload", "x");
        final Run late = silo("job", "await", "good", "--timeout", "100ms");
        assertThat(late.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(late.err()).startsWith("error: Job is not complete. [JOB_NOT_COMPLETE]");
        final CompletableFuture<Run> waiting = CompletableFuture.supplyAsync(() -> silo("job", "await", "good"));
        silo("work", "--task-group", "awaited", "--exec", "test $SILO_JOB_ID = good && echo fine", "--exit-when-idle");
        assertThat(waiting.join().exitCode()).isEqualTo(ExitCode.OK);
        assertThat(waiting.join().out()).contains("SUCCEEDED").contains("result      fine");
        final Run bad = silo("job", "await", "bad", "--json");
        assertThat(bad.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(JSON.readTree(bad.out()).path("error_code").asText()).isEqualTo("EXIT_1");
        assertThat(silo("job", "await", "nobody").err()).contains("[JOB_NOT_FOUND]");
    }

    /** LT-1, LT-3, CANCEL-6. */
    @Test
    void shouldHoldAJobUntilItsTimeIsOverOrItIsCancelled() throws Exception {
        silo(
                "enqueue",
                "--task-group",
                "leased",
                "--id",
                "l",
                "--start-at",
                "+1h",
                "--max-run",
                "30s",
                "--payload",
                "x");
        final JsonNode task = json(silo("job", "lease", "l", "--worker", "me", "--hold", "100ms", "--json"));
        assertThat(task.path("worker_id").asText()).isEqualTo("me");
        assertThat(task.path("attempt").asInt()).isEqualTo(1);
        assertThat(task.path("payload").asText()).isEqualTo("x");
        assertThat(task.path("deadline_ms").asLong()).isGreaterThan(System.currentTimeMillis());
        assertThat(client.getJob("l").status()).isEqualTo(JobStatus.SCHEDULED);
        assertThat(client.getJob("l").attempt()).as("not spent").isZero();

        final CompletableFuture<Run> held =
                CompletableFuture.supplyAsync(() -> silo("job", "lease", "l", "--worker", "me"));
        awaitTrue(() -> client.getJob("l").status() == JobStatus.RUNNING);
        assertThat(silo("job", "lease", "l", "--worker", "you").err()).contains("[JOB_RUNNING]");
        assertThat(silo("job", "cancel", "l").out()).isEqualTo("Job l runs: its worker is told to stop.\n");
        assertThat(held.join())
                .isEqualTo(new Run(ExitCode.OK, "Job l is leased to me, attempt 1.\nx\n", "Job l was cancelled.\n"));
        assertThat(client.getJob("l").status()).isEqualTo(JobStatus.CANCELLED);
    }

    /** CANCEL-6, STATE-9: the command and what it started are ended, though they will not hear SIGTERM. */
    @Test
    void shouldEndTheCommandOfACancelledJob() throws Exception {
        silo("enqueue", "--task-group", "stop", "--id", "s", "--payload", "x");
        final Path pids = directory.resolve("pids");
        final Path output = directory.resolve("stopped.ndjson");
        final String stubborn = "sh -c 'trap \"\" TERM; echo $$ >> " + pids + "; while :; do sleep 0.1; done'";
        final CompletableFuture<Run> work = CompletableFuture.supplyAsync(() -> silo(
                "work",
                "--task-group",
                "stop",
                "--exec",
                "(" + stubborn + " & ) ; " + stubborn,
                "--exit-when-idle",
                "--output",
                output.toString()));
        awaitTrue(() -> Files.exists(pids) && Files.readAllLines(pids).size() == 2);
        silo("job", "cancel", "s");
        assertThat(work.join().out()).startsWith("0 jobs succeeded, 0 attempts failed, 1 stopped in ");
        assertThat(json(silo("job", "get", "s", "--json")).path("status").asText())
                .isEqualTo("CANCELLED");
        assertThat(JSON.readTree(Files.readString(output)).path("status").asText())
                .isEqualTo("CANCELLED");
        for (String pid : Files.readAllLines(pids)) {
            awaitTrue(() -> ProcessHandle.of(Long.parseLong(pid)).isEmpty());
        }
    }

    @Test
    void shouldEndACommandThatRunsForTooLong() throws IOException {
        silo("enqueue", "--task-group", "slow", "--id", "slow", "--max-run", "500ms", "--payload", "x");
        final long begunNs = System.nanoTime();
        final Run work = silo(
                "work", "--task-group", "slow", "--exec", "test $SILO_DEADLINE_MS && sleep 20", "--exit-when-idle");
        assertThat(work.out()).contains("1 stopped");
        assertThat(Duration.ofNanos(System.nanoTime() - begunNs)).isLessThan(Duration.ofSeconds(10));
        final JsonNode job = json(silo("job", "get", "slow", "--json"));
        assertThat(job.path("status").asText()).isEqualTo("FAILED");
        assertThat(job.path("error_code").asText()).isEqualTo("MAX_RUN_EXCEEDED");
        assertThat(job.path("max_run_ms").asInt()).isEqualTo(500);
    }

    @Test
    void shouldFailAJobThatNobodyBeganInTime() throws IOException {
        silo("enqueue", "--task-group", "nobody", "--id", "late", "--start-deadline", "+300ms", "--payload", "x");
        final JsonNode job =
                JSON.readTree(silo("job", "await", "late", "--json").out());
        assertThat(job.path("status").asText()).isEqualTo("FAILED");
        assertThat(job.path("error_code").asText()).isEqualTo("START_DEADLINE_EXCEEDED");
        assertThat(silo("enqueue", "--task-group", "g", "--start-deadline", "1", "--payload", "x")
                        .err())
                .contains("[INVALID_START_DEADLINE]");
        assertThat(silo("enqueue", "--task-group", "g", "--max-run", "99ms", "--payload", "x")
                        .err())
                .contains("[INVALID_MAX_RUN]");
        final Path file = directory.resolve("deadlines.ndjson");
        final long deadlineMs = System.currentTimeMillis() + 3_600_000;
        Files.writeString(
                file,
                "{\"id\":\"in file\",\"payload\":1,\"start_deadline_ms\":" + deadlineMs
                        + ",\"max_run_ms\":1000,\"lease_ms\":500,\"retry\":{\"retries\":2,\"initial_interval_ms\":5}}");
        silo("enqueue", "--task-group", "nobody", "--file", file.toString());
        final JsonNode inFile = json(silo("job", "get", "in file", "--json"));
        assertThat(inFile.path("start_deadline_ms").asLong()).isEqualTo(deadlineMs);
        assertThat(inFile.path("max_run_ms").asLong()).isEqualTo(1_000);
        assertThat(inFile.path("lease_ms").asLong()).isEqualTo(500);
        assertThat(inFile.path("retry").path("retries").asInt()).isEqualTo(2);
    }

    @Test
    void shouldSnoozeByAnExitCode() throws IOException {
        silo("enqueue", "--task-group", "snoozes", "--id", "z", "--payload", "x");
        final Path once = directory.resolve("once");
        final Run work = silo(
                "work",
                "--task-group",
                "snoozes",
                "--exec",
                "test -e " + once + " || { touch " + once + "; exit 75; }; echo $SILO_ATTEMPT",
                "--snooze-exit-code",
                "75",
                "--snooze",
                "300ms",
                "--exit-when-idle");
        assertThat(work.out()).startsWith("1 jobs succeeded, 0 attempts failed, 1 snoozed in ");
        assertThat(json(silo("job", "get", "z", "--json")).path("result").asText())
                .isEqualTo("1\n");
        assertThat(silo("work", "--task-group", "g", "--exec", "true", "--snooze", "1s")
                        .exitCode())
                .isEqualTo(ExitCode.USAGE);
        assertThat(silo("work", "--task-group", "g", "--exec", "true", "--snooze-exit-code", "0", "--snooze", "1s")
                        .err())
                .contains("1 to 255");
    }

    /** IMPORT-2, IMPORT-5, IMPORT-6, IMPORT-7, IMPORT-10, IMPORT-11. */
    @Test
    void shouldImportNewJobsAndMoreAttemptsAndSayWhatIsRefused() throws IOException {
        final String failed = "{\"status\":\"FAILED\",\"started_at_ms\":10,\"finished_at_ms\":20,\"error_code\":\"E\","
                + "\"error_data\":\"why\"}";
        final String succeeded =
                "{\"status\":\"SUCCEEDED\",\"started_at_ms\":30,\"finished_at_ms\":40,\"result_base64\":\"/w==\"}";
        final Path file = directory.resolve("import.ndjson");
        Files.write(
                file,
                List.of(
                        line("i1", ""),
                        "",
                        line("i2", failed),
                        line("i3", failed + "," + succeeded),
                        line("i4", succeeded + "," + failed)));
        final Run first = silo("import", "--file", file.toString(), "--task-group", "imported");
        assertThat(first.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(first.out()).startsWith("3 jobs imported in ").contains(": 1 SCHEDULED, 1 SUCCEEDED, 1 FAILED.");
        assertThat(first.err())
                .isEqualTo("error: Line 5 was refused: attempt 1: Every imported attempt but the last must be FAILED."
                        + " [ATTEMPT_NOT_FAILED]\n");
        final JsonNode job = json(silo("job", "get", "i3", "--attempts", "--json"));
        assertThat(job.path("attempts").get(0).path("result").asText()).isEqualTo("why");
        assertThat(job.path("attempts").get(1).path("result_base64").asText()).isEqualTo("/w==");
        assertThat(job.path("enqueued_at_ms").asLong()).isEqualTo(5);

        final String again =
                String.join("\n", line("i2", failed), line("i2", failed + "," + succeeded), line("i3", failed));
        final JsonNode second =
                JSON.readTree(withInput(again, "import", "--file", "-", "--task-group", "imported", "--json")
                        .out());
        assertThat(second.path("imported").asInt()).isEqualTo(1);
        assertThat(second.path("by_status").path("SUCCEEDED").asInt()).isEqualTo(1);
        assertThat(second.path("refused").asInt()).isEqualTo(2);
        assertThat(second.path("refusals").get(0).path("code").asText()).isEqualTo("NO_NEW_ATTEMPT");
        assertThat(second.path("refusals").get(1).path("line").asInt()).isEqualTo(3);
        assertThat(second.path("refusals").get(1).path("code").asText()).isEqualTo("JOB_SUCCEEDED");

        final Run wrong = withInput(line("i5", "") + "\n{\"id\":\"i6\"}\n", "import", "--file", "-");
        assertThat(wrong.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(wrong.err()).startsWith("error: Line 1 of standard input needs a 'task_group'. [INVALID_LINE]\n");
        assertThat(silo("import", "--file", "/no/such/file").exitCode()).isEqualTo(ExitCode.USAGE);
    }

    /** What {@code job get --json --attempts} prints of jobs in every state is what import takes. */
    @Test
    void shouldImportWhatItPrints() throws IOException {
        final String work = "case $SILO_JOB_ID in bad*) echo no >&2; exit 3;; *) head -c 300000 /dev/zero;; esac";
        silo("enqueue", "--task-group", "printed", "--id", "good", "--metadata", "k=v", "--payload", "x");
        silo("enqueue", "--task-group", "printed", "--id", "bad", "--priority", "9", "--payload", "y");
        silo("work", "--task-group", "printed", "--exec", work, "--exit-when-idle");
        silo("enqueue", "--task-group", "printed", "--id", "waits", "--start-at", "+1h", "--payload", "z");
        silo("enqueue", "--task-group", "printed", "--id", "cancelled", "--start-at", "+1h", "--payload", "z");
        silo("job", "cancel", "cancelled");
        final StringBuilder lines = new StringBuilder();
        for (String id : List.of("good", "bad", "waits", "cancelled")) {
            lines.append(silo("job", "get", id, "--attempts", "--json")
                    .out()
                    .replace("\"tenant\":\"-\"", "\"tenant\":\"copy\""));
        }
        final JsonNode run = json(withInput(lines.toString(), "import", "--file", "-", "--json"));
        assertThat(run.path("imported").asInt()).isEqualTo(4);
        for (String id : List.of("good", "bad", "waits")) {
            final JsonNode before = json(silo("job", "get", id, "--attempts", "--json"));
            final JsonNode copy = json(silo("job", "get", id, "--attempts", "--json", "--tenant", "copy"));
            for (String field :
                    List.of("status", "priority", "enqueued_at_ms", "start_at_ms", "payload", "result", "metadata")) {
                assertThat(copy.path(field)).as(id + " " + field).isEqualTo(before.path(field));
            }
            for (int i = 0; i < before.path("attempts").size(); i++) {
                for (String field : List.of("status", "started_at_ms", "finished_at_ms", "result", "error_code")) {
                    assertThat(copy.path("attempts").get(i).path(field))
                            .as(id + " attempt " + field)
                            .isEqualTo(before.path("attempts").get(i).path(field));
                }
            }
        }
        assertThat(client.getJob("copy", "cancelled").status()).isEqualTo(JobStatus.CANCELLED);
        assertThat(client.getJob("copy", "good").result()).isNotNull();
    }

    private static String line(String id, String attempts) {
        return "{\"id\":\"" + id + "\",\"payload\":{\"n\":1},\"enqueued_at_ms\":5,\"attempts\":[" + attempts + "]}";
    }

    private interface Condition {
        boolean isTrue() throws Exception;
    }

    private static void awaitTrue(Condition condition) throws Exception {
        final long deadlineNs = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        while (!condition.isTrue()) {
            assertThat(System.nanoTime() - deadlineNs).as("not in time").isNegative();
            Thread.sleep(10);
        }
    }

    private static JsonNode json(Run run) throws IOException {
        assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
        return JSON.readTree(run.out());
    }

    private static Run withInput(String input, String... arguments) {
        final InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
        try {
            return silo(arguments);
        } finally {
            System.setIn(before);
        }
    }
}
