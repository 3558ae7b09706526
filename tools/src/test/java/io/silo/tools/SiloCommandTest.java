package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class SiloCommandTest {
    @TempDir
    Path directory;

    @Test
    void shouldHelpWithEveryCommand() {
        assertThat(CommandLineFixture.run("--version").out())
                .startsWith("silo ")
                .contains(".");
        assertHelps(SiloCommand.commandLine(), new String[0]);
    }

    private static void assertHelps(CommandLine command, String[] path) {
        final String[] arguments = Arrays.copyOf(path, path.length + 1);
        arguments[path.length] = "--help";
        final Run help = CommandLineFixture.run(arguments);
        assertThat(help.exitCode()).as(String.join(" ", arguments)).isEqualTo(ExitCode.OK);
        assertThat(help.out()).contains("Usage: silo").contains("--help");
        if (command.getSubcommands().isEmpty()) {
            assertThat(help.out()).contains("--json");
        }
        for (CommandLine subcommand : command.getSubcommands().values()) {
            arguments[path.length] = subcommand.getCommandName();
            assertHelps(subcommand, arguments.clone());
        }
    }

    @Test
    void shouldSayInOneSentenceWhatItDidNotUnderstand() throws IOException {
        final Run unknown = CommandLineFixture.run("confg");
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(unknown.err()).startsWith("error: Unmatched argument at index 0: 'confg'. Did you mean");
        assertThat(unknown.err()).contains("[USAGE]\nhint: See: silo --help");

        final Run missing = CommandLineFixture.run();
        assertThat(missing.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(missing.err()).startsWith("error: A command is missing. [USAGE]");

        final Run json = CommandLineFixture.run("config", "show", "--json", "--nonsense");
        final JsonNode error = new ObjectMapper().readTree(json.err()).path("error");
        assertThat(error.path("code").asText()).isEqualTo("USAGE");
        assertThat(error.path("message").asText()).contains("--nonsense");
        assertThat(error.path("hint").asText()).isEqualTo("See: silo config show --help");
    }

    @Test
    void shouldListEveryProblemOfAConfiguration() throws IOException {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, "[shard]\ncoutn = 3\nthreads = 0\n");
        final Run run = CommandLineFixture.run("config", "validate", "--config", file.toString());
        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err())
                .startsWith("error: The configuration is wrong. [SILO-0103]\n")
                .contains(file + ":2: Unknown key 'shard.coutn'; did you mean 'shard.count'?")
                .contains(file + ":3: shard.threads must be a whole number from 1 to 64, not 0.")
                .doesNotContain("Exception");
        Files.writeString(file, "[shard]\ncount = 3\n");
        assertThat(CommandLineFixture.run("config", "validate", "--config", file.toString())
                        .out())
                .startsWith("The configuration is valid");
    }

    @Test
    void shouldShowAConfigurationThatItReadsAgain() throws IOException {
        final Path file = directory.resolve("silo.toml");
        Files.writeString(file, "[shard]\ncount = 3\n[server]\nauth_token = \"top-secret\"\n");
        final Run shown = CommandLineFixture.run("config", "show", "--config", file.toString());
        assertThat(shown.out()).contains("count = 3").contains(file + ":2").doesNotContain("top-secret");
        final Path again = directory.resolve("again.toml");
        // What is not set is shown empty, and an empty token in a file is a mistake.
        Files.writeString(again, shown.out().replaceAll("(?m)^auth_token.*$", ""));
        assertThat(CommandLineFixture.run("config", "validate", "--config", again.toString()))
                .extracting(Run::exitCode, Run::err)
                .containsExactly(ExitCode.OK, "");
        final Run json = CommandLineFixture.run("config", "show", "--json", "--data", "/somewhere");
        assertThat(new ObjectMapper().readTree(json.out()).path("settings").toString())
                .contains("{\"name\":\"database.path\",\"value\":\"/somewhere\",\"origin\":\"option\"");
    }
}
