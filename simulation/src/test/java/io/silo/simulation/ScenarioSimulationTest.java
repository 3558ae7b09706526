package io.silo.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every scenario, each seed twice with its traces compared to the byte. {@code DST_SEED=N} runs that seed instead of the usual ones;
 * {@code DST_FUZZ=1} runs many, once each; {@code -Dsilo.sim.seeds=1} runs the first alone, which is enough where another JDK had all.
 */
class ScenarioSimulationTest {
    private static final List<Long> SEEDS = List.of(1L, 2L, 3L);
    private static final int FUZZ_SEEDS = 200;

    static List<Scenario> scenarios() {
        return Scenarios.ALL;
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void canRunTwiceAlikeAndKeepEveryPromise(Scenario scenario) {
        String chosen = System.getenv("DST_SEED");
        boolean isFuzz = "1".equals(System.getenv("DST_FUZZ"));
        List<Long> seeds = chosen != null ? List.of(Long.parseLong(chosen)) : isFuzz ? fresh() : usual();
        for (long seed : seeds) {
            SimPlan plan = SimPlan.of(seed, scenario);
            SimReport report = isFuzz ? Simulation.run(plan) : Simulation.verify(plan);
            assertThat(report.isPassed()).as(report::describe).isTrue();
            assertThat(report.finished()).as("jobs finished").isPositive();
            assertThat(report.checks()).as("invariants looked at").isPositive();
        }
    }

    private static List<Long> usual() {
        return SEEDS.subList(0, Integer.getInteger("silo.sim.seeds", SEEDS.size()));
    }

    private static List<Long> fresh() {
        long first = System.currentTimeMillis();
        System.out.println("fuzzing seeds from " + first);
        return LongStream.range(first, first + FUZZ_SEEDS).boxed().toList();
    }

    @Test
    void shouldGiveEverySeedAScenarioAndReachAll() {
        Set<String> reached = new HashSet<>();
        for (long seed = 0; seed < 500; seed++) {
            reached.add(Scenarios.ofSeed(seed).name());
        }
        assertThat(reached).hasSameSizeAs(Scenarios.ALL);
        assertThat(Scenarios.named("no-such-scenario")).isEmpty();
    }

    @Test
    void shouldUseEveryFaultAndEveryFeatureSomewhere() {
        Set<Fault> faults = EnumSet.noneOf(Fault.class);
        Set<Feature> features = EnumSet.noneOf(Feature.class);
        for (Scenario scenario : Scenarios.ALL) {
            var plan = scenario.plan(new SplittableRandom(1));
            faults.addAll(plan.faults().keySet());
            features.addAll(plan.always());
            features.addAll(plan.sometimes());
        }
        assertThat(faults).containsExactlyInAnyOrder(Fault.values());
        assertThat(features).containsExactlyInAnyOrder(Feature.values());
    }
}
