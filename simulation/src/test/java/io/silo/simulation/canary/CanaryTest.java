package io.silo.simulation.canary;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.simulation.SimPlan;
import io.silo.simulation.SimReport;
import io.silo.simulation.SimReport.Verdict;
import io.silo.simulation.Simulation;
import io.silo.simulation.broker.SimParts;
import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

// Shows what the checkers notice, which is the same on every JDK.
@Tag("newest-jdk")
class CanaryTest {
    static List<Canary> canaries() {
        return Canaries.ALL;
    }

    @ParameterizedTest
    @MethodSource("canaries")
    void shouldFindCanaryWithinItsSeeds(Canary canary) {
        // when
        long seed = 1;
        SimReport report = canary.run(seed);
        while (report.verdict() != Verdict.FAILED && seed < canary.seedsMax()) {
            seed++;
            report = canary.run(seed);
        }

        // then
        assertThat(report.verdict())
                .as("%s, which breaks %s, within %d seeds", canary.name(), canary.breaks(), canary.seedsMax())
                .isEqualTo(Verdict.FAILED);
        System.out.printf(
                "%-24s | found after %2d seeds (bound %2d) | %s%n",
                canary.name(), seed, canary.seedsMax(), report.invariant());
        assertThat(Simulation.run(report.plan()).verdict())
                .as("%s without the bug", report.plan().command())
                .isNotEqualTo(Verdict.FAILED);
    }

    /** What operators do is judged twice: by the model, and from what clients saw alone. */
    @ParameterizedTest
    @CsvSource({
        "forgotten-cancel, cancelled-runs",
        "cancelled-retry, cancelled-runs",
        "forgotten-request, request-memory",
        "kept-number, attempt-number",
        "ignored-snooze, early-snooze",
        "shifted-schedule, phantom-firing",
        "lost-firing, missed-firing",
        "repeated-firing, double-firing",
        "hasty-retention, lost-acknowledgement",
        "unheld-key, double-holder",
        "ignored-pause, paused-grant",
        "widened-limit, limit-overrun",
        "widened-maximum, limit-overrun",
        "hurried-rate, rate-overrun",
        "leaping-time, rate-overrun",
        "widened-cap, cap-overrun",
        "recounted-bulk, bulk-totals",
        "repeated-bulk, bulk-totals",
        "wet-run, phantom-outcome"
    })
    void shouldFindCanaryWithoutModel(String name, String invariant) {
        // given
        Canary canary = Canaries.named(name);
        Scenario scenario = Scenarios.named(canary.scenario()).orElseThrow();
        List<String> found = new ArrayList<>();

        // when
        for (long seed = 1; seed <= canary.seedsMax() && !found.contains(invariant); seed++) {
            SimParts parts = new WithoutModel(canary.parts().get());
            found.add(String.valueOf(
                    Simulation.run(SimPlan.of(seed, scenario), parts).invariant()));
        }

        // then
        System.out.printf("%-24s | without model: %s%n", name, found);
        assertThat(found).contains(invariant);
    }

    @Test
    void shouldNameEveryCanaryOnce() {
        assertThat(Canaries.ALL).extracting(Canary::name).doesNotHaveDuplicates();
    }
}
