package io.silo.simulation.history;

import static io.silo.simulation.history.HistoryBuilder.spec;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of limits while operators change them. */
class SetLimitsTest {
    /** No copy of a call comes as late. */
    private static final long LATE_MS = 11_000;

    private final HistoryBuilder history = new HistoryBuilder();

    private void enqueue(int ownMax, String... ids) {
        for (final String id : ids) {
            history.enqueued(spec(id, 0, new JobSpec.Limit("gpu", ownMax)));
        }
    }

    private void grant(String... ids) {
        for (final String id : ids) {
            history.granted(id, 1, "w");
        }
    }

    private void assertFound(boolean isFound) {
        assertThat(HistoryChecker.check(history.entries()))
                .extracting(Violation::invariant)
                .isEqualTo(isFound ? List.of(Invariant.LIMIT_OVERRUN.label()) : List.of());
    }

    @Test
    void shouldFindMoreTasksThanASetMaximumAllows() {
        enqueue(5, "a", "b");
        history.limitSet("gpu", 1);
        grant("a", "b");
        assertFound(true);
    }

    @Test
    void shouldAllowMoreThanJobsAskForWhileAMaximumIsSet() {
        enqueue(1, "a", "b", "c");
        history.limitSet("gpu", 2);
        grant("a", "b");
        assertFound(false);
        grant("c");
        assertFound(true);
    }

    @Test
    void shouldAllowWhatMayHaveBeenSet() {
        enqueue(1, "a", "b");
        history.setLimit("gpu", 2);
        grant("a", "b");
        assertFound(false);
    }

    @Test
    void shouldNotAllowWhatWasSetBefore() {
        history.limitSet("gpu", 2).afterMs(LATE_MS).limitSet("gpu", Entry.LimitInvoked.OWN);
        enqueue(1, "a", "b");
        grant("a", "b");
        assertFound(true);
    }

    @Test
    void shouldFindATaskOfAKeyThatIsPaused() {
        enqueue(5, "a");
        history.limitSet("gpu", 0);
        grant("a");
        assertFound(true);
    }

    @Test
    void shouldTellKeysApart() {
        enqueue(2, "a", "b");
        history.limitSet("disk", 1).holdersDropped("disk");
        grant("a", "b");
        assertFound(false);
    }

    @Test
    void shouldNotCountSlotsThatMayBeDropped() {
        enqueue(1, "a", "b");
        grant("a");
        history.holdersDropped("gpu");
        grant("b");
        assertFound(false);
    }

    @Test
    void shouldNotCountSlotsOfATenantThatMayBeDropped() {
        enqueue(1, "a", "b");
        grant("a");
        history.holdersDropped("");
        grant("b");
        assertFound(false);
    }

    @Test
    void shouldCountSlotsThatWereTakenLongAfterADrop() {
        history.holdersDropped("gpu").afterMs(LATE_MS);
        enqueue(1, "a", "b");
        grant("a", "b");
        assertFound(true);
    }
}
