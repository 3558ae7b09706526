package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Random histories of a small correct broker raise no alarm; of a broken one, most do. */
// Shows what the checker notices, which is the same on every JDK.
@Tag("newest-jdk")
class HistoryCheckerPropertyTest {
    private static final int SEEDS = 3_000;
    private static final int SEEDS_OF_MUTATION = 200;
    private static final Expectations EXPECTED = new Expectations(true, 0);

    @Test
    void shouldRaiseNoAlarmAboutACorrectBroker() {
        long accepted = 0;
        for (long seed = 0; seed < SEEDS; seed++) {
            final List<Entry> entries = new ToyRun(seed, ToyBroker.Mutation.NONE).run();
            accepted += ToyRun.accepted(entries);
            assertThat(HistoryChecker.check(entries, EXPECTED))
                    .as("seed %d", seed)
                    .isEmpty();
        }
        assertThat(accepted).isGreaterThan(30L * SEEDS);
    }

    @ParameterizedTest
    @EnumSource(value = ToyBroker.Mutation.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void shouldFindAPlantedBug(ToyBroker.Mutation mutation) {
        int planted = 0;
        int found = 0;
        final TreeMap<String, Integer> by = new TreeMap<>();
        for (long seed = 0; seed < SEEDS_OF_MUTATION; seed++) {
            final ToyRun run = new ToyRun(seed, mutation);
            final List<Entry> entries = run.run();
            if (run.planted() > 0) {
                planted++;
                final List<Violation> violations = HistoryChecker.check(entries, EXPECTED);
                found += violations.isEmpty() ? 0 : 1;
                violations.stream()
                        .map(Violation::invariant)
                        .distinct()
                        .forEach(name -> by.merge(name, 1, Integer::sum));
            }
        }
        System.out.println(mutation + ": found in " + found + " of " + planted + " runs, by " + by);
        assertThat(planted).as("runs with the bug").isGreaterThan(20);
        assertThat(found).as("runs in which it was found").isGreaterThan(planted / 10);
    }
}
