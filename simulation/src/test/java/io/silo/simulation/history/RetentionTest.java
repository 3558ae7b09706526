package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of jobs that the broker forgets of its own accord. */
class RetentionTest {
    private final HistoryBuilder history = new HistoryBuilder();

    private List<String> foundWithin(long keptMs) {
        return HistoryChecker.check(history.entries(), new Expectations(false, 0, keptMs, null)).stream()
                .map(Violation::invariant)
                .toList();
    }

    private void endAndForget(long afterMs) {
        history.enqueued("a");
        history.succeeded(history.granted("a", 1, "w"), "w");
        history.afterMs(afterMs).notFound("a");
    }

    @Test
    void shouldAcceptJobThatIsForgottenInTime() {
        endAndForget(5_000);
        assertThat(foundWithin(5_000)).isEmpty();
    }

    @Test
    void shouldFindJobThatIsForgottenTooEarly() {
        endAndForget(4_900);
        assertThat(foundWithin(5_000)).containsExactly("lost-acknowledgement");
        assertThat(foundWithin(Expectations.FOREVER)).containsExactly("lost-acknowledgement");
    }

    @Test
    void shouldFindLiveJobThatIsForgotten() {
        history.enqueued("a").afterMs(60_000).notFound("a");
        assertThat(foundWithin(5_000)).containsExactly("lost-acknowledgement");
    }
}
