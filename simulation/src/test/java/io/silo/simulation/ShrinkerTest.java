package io.silo.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandConsumer.Disposition;
import io.silo.protocol.Session;
import io.silo.simulation.SimReport.Verdict;
import io.silo.simulation.broker.SimParts;
import io.silo.simulation.scenario.Scenario;
import io.silo.simulation.scenario.Scenarios;
import io.silo.simulation.world.FaultFilter;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

// What is left of a plan rests on no JDK.
@Tag("newest-jdk")
class ShrinkerTest {
    /** A broker that takes so many commands in each life and does nothing with any after them. */
    private static final class Deaf extends SimParts {
        private static final int COMMANDS_MAX = 40;

        @Override
        public CommandConsumer consumer(CommandConsumer agent) {
            return new CommandConsumer() {
                private int commands;

                @Override
                public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
                    return ++commands > COMMANDS_MAX
                            ? Disposition.CONSUMED
                            : agent.onCommand(session, buffer, offset, length);
                }

                @Override
                public void onSessionClosed(Session session, boolean explicit) {
                    agent.onSessionClosed(session, explicit);
                }
            };
        }
    }

    private static final SimParts DEAF = new Deaf();

    private static SimReport failureUnderFaults() {
        Scenario scenario = Scenarios.named("message-loss").orElseThrow();
        for (long seed = 1; seed <= 20; seed++) {
            SimReport report = Simulation.run(SimPlan.of(seed, scenario), DEAF);
            if (report.verdict() == Verdict.FAILED && !report.faults().isEmpty()) {
                return report;
            }
        }
        throw new AssertionError("no seed failed under faults");
    }

    private static long struck(SimReport report) {
        return report.faults().values().stream().mapToLong(Long::longValue).sum();
    }

    @Test
    void shouldLeaveOutFaultsFeaturesAndJobsOfFailure() {
        // given
        SimReport failed = failureUnderFaults();

        // when
        SimReport shrunk = Shrinker.shrink(failed, DEAF);

        // then
        FaultFilter filter = shrunk.plan().filter();
        assertThat(shrunk.verdict()).isEqualTo(Verdict.FAILED);
        assertThat(shrunk.invariant()).isEqualTo(failed.invariant());
        assertThat(shrunk.plan().seed()).isEqualTo(failed.plan().seed());
        assertThat(struck(shrunk)).isLessThan(struck(failed));
        assertThat(filter.withoutFaults()).isNotEmpty();
        assertThat(filter.withoutFeatures()).isNotEmpty();
        assertThat(filter.jobsMax()).isLessThanOrEqualTo(16);
        filter.withoutFaults()
                .forEach(fault -> assertThat(shrunk.plan().command())
                        .contains("--without-fault")
                        .contains(fault.label()));
        filter.withoutFeatures()
                .forEach(feature -> assertThat(shrunk.plan().command())
                        .contains("--without-feature")
                        .contains(feature.label()));
        assertThat(shrunk.plan().command()).contains("--jobs-each " + filter.jobsMax());
        assertThat(Simulation.run(shrunk.plan(), DEAF)).isEqualTo(shrunk);
    }

    @Test
    void shouldRefuseToShrinkWhatPassed() {
        // given
        SimReport passed =
                Simulation.run(SimPlan.of(1, Scenarios.named("end-to-end").orElseThrow()));

        // then
        assertThat(passed.isPassed()).isTrue();
        assertThatThrownBy(() -> Shrinker.shrink(passed)).isInstanceOf(NullPointerException.class);
    }
}
