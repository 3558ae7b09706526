package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.tools.CommandLineFixture.Run;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The commands about schedules and unique keys, against a real server. */
@Timeout(60)
class ScheduleCommandsIT extends ServerFixture {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String[] NIGHTLY = {
        "schedule",
        "create",
        "nightly",
        "--task-group",
        "reports",
        "--cron",
        "0 3 * * *",
        "--zone",
        "Europe/Berlin",
        "--tenant",
        "acme",
        "--first-at",
        "2216160000000",
        "--catch-up",
        "one",
        "--start-within",
        "10m",
        "--unique-key",
        "nightly",
        "--payload",
        "all",
        "--priority",
        "9",
        "--retries",
        "3",
        "--retry-delay",
        "5s",
        "--max-run",
        "1h",
        "--metadata",
        "k=v"
    };

    @Test
    void shouldMakeAndShowSchedules() throws IOException {
        final Run created = silo(NIGHTLY);
        // 2216160000000 is 2040-03-24T00:00:00Z.
        assertThat(created)
                .isEqualTo(new Run(ExitCode.OK, "Schedule nightly fires next at 2040-03-24T02:00:00Z.\n", ""));
        final JsonNode schedule =
                json(silo("schedule", "get", "nightly", "--tenant", "acme", "--firings", "2", "--json"));
        assertThat(schedule.toString())
                .isEqualTo("{\"id\":\"nightly\",\"tenant\":\"acme\",\"task_group\":\"reports\",\"cron\":\"0 3 * * *\","
                        + "\"zone\":\"Europe/Berlin\",\"catch_up\":\"one\",\"paused\":false,"
                        + "\"next_fire_at_ms\":2216167200000,\"first_at_ms\":2216160000000,"
                        + "\"start_within_ms\":600000,\"priority\":9,\"max_run_ms\":3600000,\"retry\":{\"retries\":3,"
                        + "\"initial_interval_ms\":5000,\"max_interval_ms\":3600000,\"backoff\":2.0,\"jitter\":true},"
                        + "\"unique_key\":\"nightly\",\"metadata\":{\"k\":\"v\"},\"payload\":\"all\","
                        + "\"firings_ms\":[2216167200000,2216250000000]}");
        assertThat(silo("schedule", "get", "nightly", "--tenant", "acme").out())
                .contains("fires         0 3 * * * Europe/Berlin\n")
                .contains("start within  10m\n")
                .contains("retries       3, the first after 5s\n")
                // The clocks are put forward on the 25th.
                .endsWith("""
                          firing 2040-03-24T02:00:00Z
                          firing 2040-03-25T01:00:00Z
                          firing 2040-03-26T01:00:00Z
                          firing 2040-03-27T01:00:00Z
                          firing 2040-03-28T01:00:00Z
                        """);
        final Run exists = silo(
                "schedule", "create", "nightly", "--task-group", "g", "--every", "5m", "--tenant", "acme", "--json");
        assertThat(exists.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(JSON.readTree(exists.err()).path("error").path("code").asText())
                .isEqualTo("SCHEDULE_EXISTS");
        final JsonNode put = json(silo(
                "schedule",
                "put",
                "nightly",
                "--task-group",
                "g",
                "--every",
                "5m",
                "--tenant",
                "acme",
                "--paused",
                "--json"));
        assertThat(put.toString()).isEqualTo("{\"id\":\"nightly\",\"tenant\":\"acme\",\"paused\":true}");
    }

    @Test
    void shouldListPauseResumeAndDeleteSchedules() {
        silo("schedule", "put", "nightly", "--task-group", "g", "--every", "5m", "--tenant", "list", "--paused");
        assertThat(silo("schedule", "put", "hourly", "--task-group", "group", "--every", "60m", "--first-at", "+1h")
                        .out())
                .startsWith("Schedule hourly fires next at 20");

        final List<String> lines = silo("schedule", "list").out().lines().toList();
        assertThat(lines).hasSizeGreaterThanOrEqualTo(2);
        assertThat(lines).anyMatch(line -> line.matches("hourly +group +every 1h +20.*Z"));
        assertThat(lines).anyMatch(line -> line.matches("list/nightly +g +every 5m +paused"));
        assertThat(silo("schedule", "list", "--tenant", "list", "--json").out())
                .isEqualTo("{\"id\":\"nightly\",\"tenant\":\"list\",\"task_group\":\"g\",\"interval_ms\":300000,"
                        + "\"catch_up\":\"skip\",\"paused\":true}\n");

        assertThat(silo("schedule", "pause", "hourly", "none"))
                .isEqualTo(new Run(
                        ExitCode.REFUSED,
                        "Schedule hourly is paused.\n",
                        "error: Schedule none was not paused: Schedule not found. [SCHEDULE_NOT_FOUND]\n"));
        assertThat(silo("schedule", "get", "hourly").out()).contains("next          paused\n");
        assertThat(silo("schedule", "resume", "hourly").out()).startsWith("Schedule hourly fires next at 20");
        final Run refused = silo("schedule", "resume", "none", "--json");
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.out())
                .isEqualTo("{\"id\":\"none\",\"tenant\":\"-\",\"error\":{\"code\":\"SCHEDULE_NOT_FOUND\","
                        + "\"message\":\"schedule not found\",\"hint\":\"\"}}\n");
        assertThat(silo("schedule", "delete", "hourly", "none"))
                .isEqualTo(new Run(ExitCode.OK, "Schedule hourly is gone.\nSchedule none is gone.\n", ""));
        assertThat(silo("schedule", "get", "hourly").err())
                .startsWith("error: Schedule not found. [SCHEDULE_NOT_FOUND]");
        assertThat(silo("schedule", "list", "--tenant", "nobody")).isEqualTo(new Run(ExitCode.OK, "", ""));
    }

    @Test
    void shouldRunWhatFires() throws Exception {
        final Path payload = directory.resolve("payload");
        Files.write(payload, new byte[] {(byte) 0xFF, 1});
        silo(
                "schedule",
                "create",
                "tick",
                "--task-group",
                "ticks",
                "--every",
                "1s",
                "--payload-file",
                payload.toString());
        final long deadlineNs = System.nanoTime() + Duration.ofSeconds(15).toNanos();
        Run work = silo("work", "--task-group", "ticks", "--exec", "wc -c", "--exit-when-idle");
        while (work.out().startsWith("0 jobs")) {
            assertThat(System.nanoTime() - deadlineNs).as("not in time").isNegative();
            work = silo("work", "--task-group", "ticks", "--exec", "wc -c", "--exit-when-idle");
        }
        final JsonNode schedule = json(silo("schedule", "get", "tick", "--json"));
        assertThat(schedule.path("payload_base64").asText()).isEqualTo("/wE=");
        silo("schedule", "delete", "tick");
        final String job =
                "tick@" + Instant.ofEpochMilli(schedule.path("first_at_ms").asLong());
        final JsonNode ran = json(silo("job", "get", job, "--json"));
        assertThat(ran.path("status").asText()).isEqualTo("SUCCEEDED");
        assertThat(ran.path("result").asText().strip()).isEqualTo("2");
    }

    @Test
    void shouldSayWhatIsWrongWithASchedule() {
        assertThat(put("--cron", "61 * * * *").err()).contains("[INVALID_SCHEDULE]");
        assertThat(put("--cron", "0 3 * * *", "--zone", "Mars/Olympus"))
                .isEqualTo(new Run(
                        ExitCode.REFUSED, "", "error: The server does not know this time zone. [INVALID_TIME_ZONE]\n"));
        assertThat(put("--every", "999ms").err()).contains("[INVALID_SCHEDULE]");
        assertThat(put("--every", "1h", "--retries", "-1").err()).contains("[INVALID_RETRY_POLICY]");
        for (List<String> wrong : List.of(
                List.<String>of(),
                List.of("--every", "1h", "--cron", "0 3 * * *"),
                List.of("--every", "1h", "--zone", "UTC"),
                List.of("--every", "soon"),
                List.of("--every", "1h", "--catch-up", "some"),
                List.of("--every", "1h", "--payload", "x", "--payload-file", "y"),
                List.of("--every", "1h", "--payload-file", "/no/such/file"))) {
            assertThat(put(wrong.toArray(new String[0])).exitCode())
                    .as(wrong.toString())
                    .isEqualTo(ExitCode.USAGE);
        }
        assertThat(silo("schedule", "get", "wrong", "--firings", "101").err()).contains("[INVALID_LIMIT]");
        assertThat(silo("schedule", "get", "wrong").err()).contains("[SCHEDULE_NOT_FOUND]");
        assertThat(CommandLineFixture.run("schedule").err())
                .contains("create, put, list, get, pause, resume or delete");
    }

    @Test
    void shouldEnqueueOneJobOfAUniqueKeyAndNameIt() throws IOException {
        assertThat(enqueue("a", "k").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(enqueue("b", "k"))
                .isEqualTo(new Run(
                        ExitCode.REFUSED,
                        "",
                        "error: Job b was refused: A job with this unique key has not ended. It is job a."
                                + " [UNIQUE_KEY_HELD]\nhint: The key is free when that job ends.\n"));
        assertThat(silo("job", "get", "a").out()).contains("unique key  k\n");
        final String lines = """
                {"id":"c","payload":1,"unique_key":"k"}
                {"id":"d","payload":1}
                {"id":"e","payload":1,"unique_key":"other"}
                """;
        final Run text = withInput(lines, "enqueue", "--task-group", "unique", "--file", "-", "--unique-key", "d's");
        assertThat(text.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(text.err())
                .contains("error: Line 1 was refused: A job with this unique key has not ended. It is job a."
                        + " [UNIQUE_KEY_HELD]\n");
        final JsonNode json =
                JSON.readTree(withInput(lines, "enqueue", "--task-group", "unique", "--file", "-", "--json")
                        .out());
        assertThat(json.path("refusals").get(0).path("held_by").asText()).isEqualTo("a");
        assertThat(json.path("refusals").get(1).path("code").asText()).isEqualTo("JOB_EXISTS");
        assertThat(json.path("refusals").get(1).has("held_by")).isFalse();
        assertThat(json(silo("job", "get", "d", "--json")).path("unique_key").asText())
                .isEqualTo("d's");
        assertThat(json(silo("job", "get", "e", "--json")).path("unique_key").asText())
                .isEqualTo("other");

        // What is printed of a job is imported with its key, while nobody has it.
        final String printed =
                silo("job", "get", "e", "--attempts", "--json").out().replace("\"id\":\"e\"", "\"id\":\"copy\"");
        final Run held = withInput(printed, "import", "--file", "-");
        assertThat(held.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(held.err()).contains("Line 1 was refused: A job with this unique key has not ended.");
        silo("job", "cancel", "e");
        assertThat(withInput(printed, "import", "--file", "-").exitCode()).isEqualTo(ExitCode.OK);
        assertThat(json(silo("job", "get", "copy", "--json")).path("unique_key").asText())
                .isEqualTo("other");

        silo("work", "--task-group", "unique", "--exec", "true", "--exit-when-idle");
        assertThat(enqueue("b", "k").out()).isEqualTo("Job b acknowledged (durable).\n");
    }

    private static Run enqueue(String id, String key) {
        return silo("enqueue", "--task-group", "unique", "--id", id, "--unique-key", key, "--payload", "x");
    }

    private static Run put(String... options) {
        final String[] all = new String[options.length + 5];
        final String[] begin = {"schedule", "put", "wrong", "--task-group", "g"};
        System.arraycopy(begin, 0, all, 0, begin.length);
        System.arraycopy(options, 0, all, begin.length, options.length);
        return silo(all);
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
