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
import org.slf4j.LoggerFactory;

class SpecCommandTest {
    private static final String LIGHTS = """
            var sig Lit in Lamp {}
            sig Lamp {}
            pred step { some l: Lamp | Lit' = Lit + l }
            check neverDark { step implies some Lit } for 2 but 2..2 steps
            // slow: it is not, but this is how it would be said
            run lightsUp { no Lit and step } for 2 but 2..2 steps
            """;

    @TempDir
    Path directory;

    @Test
    void shouldShowTheCounterexampleOfAFailingCheck() throws IOException {
        final Run run = CommandLineFixture.run("spec", "--file", file(LIGHTS));

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.out())
                .containsPattern("WRONG +lights +check +neverDark +counterexample .* for 2 but 2..2 steps")
                .contains("state 0", "Lit = {}", "state 1, what is new", "Lit = {Lamp$0}")
                .containsPattern("ok +lights +run +lightsUp +instance")
                .contains("1 of 2 verdicts as expected");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void shouldWriteVerdictsAsJson() throws IOException {
        final Run run = CommandLineFixture.run("spec", "--json", "--quick", "--file", file(LIGHTS));

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        final JsonNode node = new ObjectMapper().readTree(run.out());
        assertThat(node.path("as_expected").asBoolean(true)).isFalse();
        assertThat(node.path("commands")).hasSize(1);
        final JsonNode check = node.path("commands").path(0);
        assertThat(check.path("name").asText()).isEqualTo("neverDark");
        assertThat(check.path("verdict").asText()).isEqualTo("counterexample");
        assertThat(check.path("counterexample").asText()).contains("Lit = {}");
    }

    @Test
    void shouldListTheNamesWhenItDoesNotKnowOne() throws IOException {
        final Run run = CommandLineFixture.run("spec", "--only", "neverLit", "--file", file(LIGHTS));

        assertThat(run.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(run.err()).isEqualTo("""
                        error: There is no model, check or run called 'neverLit'. [USAGE]
                        hint: There are: lights, neverDark, lightsUp
                        """);
    }

    @Test
    void shouldNameTheLineOfASyntaxError() throws IOException {
        final Run run = CommandLineFixture.run("spec", "--file", file("sig Lamp {}\nsig {"));

        assertThat(run.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(run.err())
                .startsWith("error: The model lights is wrong at line 2, column 5: ")
                .contains("[MODEL]")
                .doesNotContain("\tat ")
                .doesNotContain("Exception");

        final Run missing = CommandLineFixture.run(
                "spec", "--file", directory.resolve("no.als").toString());
        assertThat(missing.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(missing.err()).contains("cannot be read. [MODEL]");
    }

    @Test
    void shouldLeaveAClauseOut() throws IOException {
        final String guarded = LIGHTS.replace("pred step {", "pred step {\n some Lit // [SILO-LIT-1]\n");
        final Run whole = CommandLineFixture.run("spec", "--only", "neverDark", "--file", file(guarded));
        assertThat(whole.exitCode()).isEqualTo(ExitCode.OK);

        final Run without = CommandLineFixture.run(
                "spec", "--without", "SILO-LIT-1", "--only", "neverDark", "--file", file(guarded));
        assertThat(without.exitCode()).isEqualTo(ExitCode.REFUSED);
        assertThat(without.out()).contains("0 of 1 verdicts as expected");

        final Run unknown = CommandLineFixture.run("spec", "--without", "SILO-LIT-2", "--file", file(guarded));
        assertThat(unknown.exitCode()).isEqualTo(ExitCode.USAGE);
        assertThat(unknown.err()).startsWith("error: No clause has the sigil 'SILO-LIT-2'. [USAGE]");
    }

    @Test
    void shouldRunOneCheckOfTheModelsThatComeWithIt() {
        final Run run = CommandLineFixture.run("spec", "--only", "jobTakesTwoSlotsAtOnce");

        assertThat(run.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(run.out()).contains("1 of 1 verdicts as expected");
    }

    @Test
    void shouldLogThroughOurOwnSlf4jAndNotTheOneInAlloysJar() {
        assertThat(LoggerFactory.class
                        .getProtectionDomain()
                        .getCodeSource()
                        .getLocation()
                        .toString())
                .contains("slf4j-api");
    }

    private String file(String model) throws IOException {
        return Files.writeString(directory.resolve("lights.als"), model).toString();
    }
}
