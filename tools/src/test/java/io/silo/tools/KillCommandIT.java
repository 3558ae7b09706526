package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.tools.CommandLineFixture.Run;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** F1, F2 of a whole server, a few times; {@code ./silo torture kill --child server} kills more. */
@Tag("newest-jdk")
class KillCommandIT {
    @TempDir
    Path directory;

    @Test
    void shouldFindAllThatClientsWereToldAfterKillsOfAServer() throws Exception {
        final Path totals = directory.resolve("totals.json");
        final Run run = CommandLineFixture.run(
                "torture",
                "kill",
                "--child",
                "server",
                "--rounds",
                "2",
                "--dir",
                directory.resolve("run").toString(),
                "--totals",
                totals.toString(),
                "--json");
        assertThat(run.exitCode()).as(run.out() + run.err()).isEqualTo(ExitCode.OK);
        final JsonNode report = new ObjectMapper().readTree(run.out());
        assertThat(report.path("kills").path("server").asInt()).isPositive();
        assertThat(report.path("kills").path("acknowledged_commands").asInt()).isGreaterThan(50);
        assertThat(directory.resolve("run")).doesNotExist();
        assertThat(new ObjectMapper()
                        .readTree(totals.toFile())
                        .path("kills")
                        .path("by_site")
                        .isEmpty())
                .isFalse();
    }

    @Test
    void shouldNameThePointsThatThereAre() {
        final Run run = CommandLineFixture.run("torture", "kill", "--site", "log.apend");
        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).contains("log.apend").contains("log.append");
    }
}
