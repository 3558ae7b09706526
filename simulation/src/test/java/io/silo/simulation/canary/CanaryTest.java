package io.silo.simulation.canary;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.simulation.SimReport;
import io.silo.simulation.SimReport.Verdict;
import io.silo.simulation.Simulation;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

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

    @Test
    void shouldNameEveryCanaryOnce() {
        assertThat(Canaries.ALL).extracting(Canary::name).doesNotHaveDuplicates();
    }
}
