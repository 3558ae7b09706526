package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of the totals of bulk changes. */
class BulkCheckTest {
    private static final long REQUEST = 7;

    private final List<Entry> entries = new ArrayList<>();
    private long calls;

    private long ask(boolean dryRun) {
        entries.add(
                new Entry.BulkInvoked(entries.size(), ++calls, "c", REQUEST, Entry.Change.CANCEL, dryRun, "-", "", ""));
        return calls;
    }

    private long look() {
        entries.add(new Entry.BulkLooked(entries.size(), ++calls, "c", REQUEST));
        return calls;
    }

    private void answer(long call, long bulkKey, boolean isFinished, long changed, long skipped) {
        entries.add(new Entry.BulkAnswered(entries.size(), call, 0, bulkKey, isFinished, changed, skipped, true));
    }

    private List<String> found() {
        return HistoryChecker.check(entries).stream().map(Violation::invariant).toList();
    }

    @Test
    void shouldAcceptBulkChangeThatIsAskedForAgainAndGoesOnAfterRestart() {
        answer(ask(false), 3, false, 0, 0);
        final long early = look();
        answer(look(), 3, false, 5, 1);
        // Asked for before what was answered first.
        answer(early, 3, false, 2, 0);
        entries.add(new Entry.ProcessKilled(entries.size()));
        answer(ask(false), 3, false, 5, 1);
        answer(look(), 3, true, 9, 2);
        answer(ask(false), 3, true, 9, 2);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldAcceptDryRunThatCountsAnewAfterRestart() {
        answer(ask(true), 3, false, 5, 0);
        entries.add(new Entry.ProcessKilled(entries.size()));
        answer(look(), 3, false, 1, 0);
        answer(look(), 3, true, 6, 0);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldFindTotalsThatBecomeLess() {
        answer(ask(false), 3, false, 5, 0);
        answer(look(), 3, false, 4, 0);
        assertThat(found()).containsExactly("bulk-totals");
    }

    @Test
    void shouldFindTotalsThatChangeBehindTheEnd() {
        answer(ask(false), 3, true, 5, 1);
        answer(look(), 3, true, 5, 2);
        assertThat(found()).isNotEmpty().containsOnly("bulk-totals");
    }

    @Test
    void shouldFindEndThatIsTakenBack() {
        answer(ask(false), 3, true, 5, 0);
        answer(look(), 3, false, 5, 0);
        assertThat(found()).containsExactly("bulk-totals");
    }

    @Test
    void shouldFindRequestThatBeginsTwice() {
        answer(ask(false), 3, false, 0, 0);
        answer(ask(false), 4, false, 0, 0);
        assertThat(found()).isNotEmpty().containsOnly("bulk-totals");
    }

    @Test
    void shouldFindBulkChangeThatIsForgotten() {
        answer(ask(false), 3, true, 5, 0);
        entries.add(new Entry.BulkAnswered(
                entries.size(), look(), RejectReason.BULK_NOT_FOUND.code(), 0, false, 0, 0, true));
        assertThat(found()).containsExactly("bulk-totals");
    }
}
