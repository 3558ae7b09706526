package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SimCommandTest {
    @TempDir
    Path directory;

    @Test
    void shouldRunOneSeedAndSayHowToRunItAgain() {
        final Run run = CommandLineFixture.run("sim", "--seed", "1", "--scenario", "end-to-end");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(run.out())
                .contains("seed 1, scenario end-to-end: passed")
                .contains("again: ./silo sim --seed 1 --scenario end-to-end")
                .contains("1 seeds: 1 passed, 0 failed, 0 void");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void shouldAddToTheTotals() throws IOException {
        final Path totals = directory.resolve("totals.json");
        for (int i = 0; i < 2; i++) {
            final Run run = CommandLineFixture.run(
                    "sim", "--seeds", "2", "--from", "1", "--scenario", "message-loss", "--totals", totals.toString());
            assertThat(run.exitCode()).as(run.out()).isEqualTo(ExitCode.OK);
        }
        final JsonNode node = new ObjectMapper().readTree(totals.toFile());
        assertThat(node.path("seeds").asLong()).isEqualTo(4);
        assertThat(node.path("passed").asLong()).isEqualTo(4);
        assertThat(node.path("simulated_ms").asLong()).isGreaterThan(4 * 30_000L);
        assertThat(node.path("faults").path("message-loss").asLong()).isPositive();
        assertThat(node.path("scenarios").path("message-loss").asLong()).isEqualTo(4);

        Files.writeString(totals, "[]");
        final Run refused = CommandLineFixture.run(
                "sim", "--seeds", "1", "--from", "1", "--scenario", "end-to-end", "--totals", totals.toString());
        assertThat(refused.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(refused.err()).contains("cannot be added to").contains("[TOTALS]");
    }

    @Test
    void shouldWriteJson() throws IOException {
        final Run run = CommandLineFixture.run("sim", "--json", "--seeds", "2", "--from", "5", "--scenario", "retry");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        final JsonNode node = new ObjectMapper().readTree(run.out());
        assertThat(node.path("seeds").asLong()).isEqualTo(2);
        assertThat(node.path("failures").isMissingNode()).isTrue();
        assertThat(node.path("invariant_checks").asLong()).isPositive();
    }

    @Test
    void shouldLeaveOutWhatItIsToldTo() {
        final Run run = CommandLineFixture.run(
                "sim", "--seed", "3", "--scenario", "message-loss", "--without-fault", "message-loss,duplication");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(run.out())
                .contains("--without-fault message-loss,duplication")
                .doesNotContain("message-loss 1")
                .containsPattern("faults: $");
    }

    @Test
    void shouldNameWhatItDoesNotKnow() {
        assertUsage("There is no scenario called 'choas'.", "sim", "--seed", "1", "--scenario", "choas");
        assertUsage("There is no fault called 'rain'.", "sim", "--seed", "1", "--without-fault", "rain");
        assertUsage("There is no feature called 'sun'.", "sim", "--seed", "1", "--without-feature", "sun");
        assertUsage("--skip takes numbers as in 3-17, not 'x'.", "sim", "--seed", "1", "--skip", "x");
        assertUsage("A seed is a number from 0 to 9007199254740992, not -1.", "sim", "--seed", "-1");
        assertUsage("--seed runs one seed, --seeds many: name one of them.", "sim", "--seed", "1", "--seeds", "2");
        assertUsage("--seeds, --minutes and --jobs are at least 1.", "sim", "--seeds", "0");
    }

    private static void assertUsage(String sentence, String... arguments) {
        final Run run = CommandLineFixture.run(arguments);
        assertThat(run.exitCode()).as(sentence).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("error: " + sentence + " [USAGE]").doesNotContain("\tat ");
    }

    @Test
    void shouldListTheScenarios() {
        final Run run = CommandLineFixture.run("sim", "--list");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(run.out()).contains("chaos ").contains("lease-expiry ").contains("disk-crash ");
    }
}
