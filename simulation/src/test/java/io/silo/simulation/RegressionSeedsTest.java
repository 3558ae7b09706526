package io.silo.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.simulation.scenario.Scenarios;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Seeds that once failed, each with what it found: {@code regression-seeds.txt}. They must never fail again. */
// Rests on no clock, file or network of a JDK; ScenarioSimulationTest runs every scenario on each.
@Tag("newest-jdk")
class RegressionSeedsTest {
    static List<String> seeds() throws IOException {
        try (InputStream in = RegressionSeedsTest.class.getResourceAsStream("/regression-seeds.txt")) {
            String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void canPassWhatOnceFailed(String line) {
        List<String> words = List.of(line.trim().split("\\s+", 3));
        var scenario = Scenarios.named(words.get(0)).orElseThrow();
        SimReport report = Simulation.run(SimPlan.of(Long.parseLong(words.get(1)), scenario));
        assertThat(report.isPassed()).as(report::describe).isTrue();
    }
}
