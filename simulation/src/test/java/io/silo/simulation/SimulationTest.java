package io.silo.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.simulation.SimReport.Verdict;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.ScenarioPlan;
import io.silo.simulation.scenario.Scenarios;
import io.silo.simulation.scenario.SimRun;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.FaultFilter;
import io.silo.simulation.world.Feature;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SimulationTest {
    /** One producer of some jobs, one worker, and a check of the test's own. */
    private record Small(int jobs, Consumer<SimRun> last) implements Scenario {
        @Override
        public String name() {
            return "small";
        }

        @Override
        public String shows() {
            return "what becomes of a run";
        }

        @Override
        public ScenarioPlan plan(SplittableRandom random) {
            return new ScenarioPlan()
                    .work(new WorkProfile(jobs, 100, 1, 1, 0, 0, 0, 100, 1))
                    .clients(1, 1)
                    .safetySeconds(2)
                    .minimumJobs(1);
        }

        @Override
        public void check(SimRun run) {
            last.accept(run);
        }
    }

    private static void noCheck(SimRun run) {
        // Whatever came of it is right.
    }

    private static SimReport run(int jobs, Consumer<SimRun> last) {
        return Simulation.run(SimPlan.of(7, new Small(jobs, last)));
    }

    @Test
    void shouldPassWhenWorkWasDoneAndNothingBroken() {
        // when
        SimReport report = run(2, SimulationTest::noCheck);

        // then
        assertThat(report.verdict()).isEqualTo(Verdict.PASSED);
        assertThat(report.invariant()).isNull();
        assertThat(report.finished()).isEqualTo(2);
        assertThat(report.acknowledged()).isEqualTo(2);
        assertThat(report.checks()).isPositive();
    }

    @Test
    void shouldBeVoidWhenNoWorkWasDone() {
        // when
        SimReport report = run(0, SimulationTest::noCheck);

        // then
        assertThat(report.verdict()).isEqualTo(Verdict.VOID);
        assertThat(report.isPassed()).isFalse();
        assertThat(report.describe()).contains("void", "only 0 jobs");
    }

    @Test
    void shouldDescribeViolationBySeedInvariantTraceAndCommand() {
        // when
        SimReport report = run(1, run -> SimRun.require(false, "the moon is full"));

        // then
        assertThat(report.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(report.invariant()).isEqualTo("scenario");
        assertThat(report.lastLines()).isNotEmpty();
        assertThat(report.describe())
                .contains("seed 7", "broke scenario", "the moon is full", "last lines of the trace")
                .contains(report.lastLines())
                .contains("./silo sim --seed 7 --scenario small");
    }

    @Test
    void shouldReportExceptionWithItsPlace() {
        // when
        SimReport report = run(1, run -> {
            throw new IllegalStateException("out of ideas");
        });

        // then
        assertThat(report.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(report.invariant()).isEqualTo("exception");
        assertThat(report.describe())
                .contains("seed 7", "broke exception", "IllegalStateException: out of ideas", "SimulationTest.java")
                .contains(report.lastLines())
                .contains("./silo sim --seed 7 --scenario small");
    }

    @Test
    void shouldRunWithoutFaultsThatAreLeftOut() {
        // given
        Scenario chaos = Scenarios.named("chaos").orElseThrow();
        FaultFilter none = new FaultFilter(EnumSet.allOf(Fault.class), Set.of(), List.of(), Integer.MAX_VALUE);

        // when
        SimReport all = Simulation.run(SimPlan.of(2, chaos));
        SimReport calm = Simulation.run(new SimPlan(2, chaos, none));

        // then
        assertThat(all.faults()).isNotEmpty();
        assertThat(calm.faults()).isEmpty();
        assertThat(calm.faultCount()).isPositive();
        assertThat(calm.verdict()).isEqualTo(Verdict.PASSED);
        assertThat(calm.lives()).isEqualTo(1);
    }

    @Test
    void shouldBoundJobsAndSkipNumberedFaults() {
        // given
        Scenario chaos = Scenarios.named("chaos").orElseThrow();
        FaultFilter few = new FaultFilter(Set.of(), Set.of(), List.of(new FaultFilter.Range(0, Long.MAX_VALUE)), 1);

        // when
        SimReport report = Simulation.run(new SimPlan(2, chaos, few));

        // then
        assertThat(report.faults()).isEmpty();
        assertThat(report.acknowledged()).isBetween(1L, 4L);
        assertThat(report.plan().command()).contains("--skip 0-" + Long.MAX_VALUE, "--jobs-each 1");
    }

    @Test
    void shouldNameInCommandWhatIsLeftOut() {
        // given
        FaultFilter filter = new FaultFilter(
                Set.of(Fault.POWER_LOSS, Fault.MESSAGE_LOSS),
                Set.of(Feature.LONG_POLL),
                List.of(new FaultFilter.Range(3, 5), new FaultFilter.Range(8, 8)),
                4);

        // then
        assertThat(new SimPlan(9, new Small(1, SimulationTest::noCheck), filter).command())
                .isEqualTo("./silo sim --seed 9 --scenario small --without-fault message-loss,power-loss"
                        + " --without-feature long-poll --skip 3-5,8-8 --jobs-each 4");
    }

    @Test
    void shouldHandWholeTraceOver() {
        // given
        List<String> lines = new ArrayList<>();

        // when
        SimReport report = Simulation.traced(SimPlan.of(7, new Small(1, SimulationTest::noCheck)), lines::add);

        // then
        assertThat(report.isPassed()).isTrue();
        assertThat(lines).endsWith(report.lastLines().toArray(String[]::new)).hasSizeGreaterThan(10);
    }

    @Test
    void shouldRefuseSeedOutOfRange() {
        // given
        Scenario small = new Small(1, SimulationTest::noCheck);

        // then
        assertThatThrownBy(() -> SimPlan.of(-1, small)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> SimPlan.of(SimPlan.SEED_MAX + 1, small))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("from 0 to " + SimPlan.SEED_MAX);
        assertThat(SimPlan.of(SimPlan.SEED_MAX, small).seed()).isEqualTo(SimPlan.SEED_MAX);
    }
}
