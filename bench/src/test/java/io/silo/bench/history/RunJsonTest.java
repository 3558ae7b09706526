package io.silo.bench.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunJsonTest {
    private static final Path HISTORY = Path.of("history");

    private static Schema schema() throws IOException {
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(Files.readString(HISTORY.resolve(RunFiles.SCHEMA_FILE)), InputFormat.JSON);
    }

    private static String text(BenchRun run) {
        return new String(RunJson.write(run), StandardCharsets.UTF_8);
    }

    @Test
    void shouldReadWhatItWrote() throws RunFormatException {
        final BenchRun run = Runs.run(2, Runs.MACHINE, 5_000);

        assertThat(RunJson.read(RunJson.write(run))).isEqualTo(run);
    }

    @Test
    void shouldWriteWhatTheSchemaDescribes() throws IOException {
        assertThat(schema().validate(text(Runs.run(1, Runs.MACHINE, 5_000)), InputFormat.JSON))
                .isEmpty();
    }

    @Test
    void everyFileOfTheHistoryShouldBeARunByTheSchemaAndByTheReader() throws IOException {
        final Schema schema = schema();
        try (Stream<Path> files = Files.list(HISTORY)) {
            for (Path file : files.sorted().toList()) {
                if (!file.getFileName().toString().equals(RunFiles.SCHEMA_FILE)) {
                    assertThat(schema.validate(Files.readString(file), InputFormat.JSON))
                            .as("%s", file)
                            .isEmpty();
                }
            }
        }
        assertThat(RunFiles.read(HISTORY).skipped()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"schema\" : 1 | \"schema\" : 2",
                "\"kind\" : \"silo-bench-run\" | \"kind\" : \"notes\"",
                "\"hash\" : \"0 | \"hash\" : \"x",
                "\"date\" : \"2026 | \"date\" : \"soon",
                "\"cores\" : 2 | \"cores\" : \"two\"",
                "\"scores\" : [ | \"points\" : [",
                "\"score\" : 5 | \"score\" : \"fast\", \"was\" : 5",
            })
    void shouldRefuseWhatTheSchemaRefuses(String part, String wrong) throws IOException {
        final String broken = text(Runs.run(1, Runs.MACHINE, 5_000)).replace(part, wrong);

        assertThat(schema().validate(broken, InputFormat.JSON)).isNotEmpty();
        assertThatThrownBy(() -> RunJson.read(broken.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(RunFormatException.class);
    }

    @Test
    void shouldSayWhyItIsNoRun() {
        for (String nothing : List.of("", "{", "[1]", "null", "\u0000")) {
            assertThatThrownBy(() -> RunJson.read(nothing.getBytes(StandardCharsets.UTF_8)))
                    .as(nothing)
                    .isInstanceOf(RunFormatException.class);
        }
        assertThatThrownBy(() ->
                        RunJson.read("{\"kind\":\"silo-bench-run\",\"schema\":2}".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("its schema is 2, and only 1 can be read");
        assertThatThrownBy(() -> RunJson.read("{\"what\":\"notes\"}".getBytes(StandardCharsets.UTF_8)))
                .hasMessage("it is no run of benchmarks");
    }
}
