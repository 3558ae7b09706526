package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of the jobs that schedules bring, and of unique keys. */
class RecurringJobsTest {
    private static final JobRef SCHEDULE = new JobRef("-", "every");
    private static final long MINUTE_NS = 60_000_000_000L;

    private final List<Entry> entries = new ArrayList<>();
    private long calls;
    private long position;

    private LogPlace next() {
        return new LogPlace(0, 1, ++position);
    }

    /** A minute later than what was done before. */
    private long now() {
        return entries.size() * MINUTE_NS;
    }

    private void schedule(Entry.ScheduleChange change) {
        entries.add(new Entry.ScheduleInvoked(now(), ++calls, "c", SCHEDULE, change, 1_000, 5_000, true, ""));
        entries.add(new Entry.ScheduleAnswered(now(), calls, 0, next(), true));
    }

    private LogPlace enqueue(String id, long jobKey) {
        var spec = new JobSpec(new JobRef("-", id), "g", 0, 0, 0, 0, 7, List.of());
        entries.add(new Entry.EnqueueInvoked(now(), ++calls, "c", spec, true));
        LogPlace place = next();
        entries.add(new Entry.EnqueueAnswered(now(), calls, 0, jobKey, place, true));
        return place;
    }

    private void grant(String id, long jobKey, long startAtMs) {
        var lease = new Lease(
                new JobRef("-", id), "g", 0, jobKey, 1, LeaseToken.of(++position, 0), 1, 0, startAtMs, 1_000, 7);
        entries.add(new Entry.Granted(now(), "w", "w", lease, true));
    }

    private List<String> found() {
        return HistoryChecker.check(entries).stream().map(Violation::invariant).toList();
    }

    @Test
    void shouldAcceptFiringsOfSchedule() {
        schedule(Entry.ScheduleChange.PUT);
        grant("every@1970-01-01T00:00:05Z", 1, 5_000);
        grant("every@1970-01-01T00:00:07Z", 2, 7_000);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldFindFiringAtTimeThatNobodyAskedFor() {
        schedule(Entry.ScheduleChange.PUT);
        grant("every@1970-01-01T00:00:05.500Z", 1, 5_500);
        assertThat(found()).containsExactly("phantom-firing");
    }

    @Test
    void shouldFindFiringBeforeItsTime() {
        schedule(Entry.ScheduleChange.PUT);
        grant("every@1970-01-01T00:00:06Z", 1, 5_999);
        assertThat(found()).containsExactly("phantom-firing");
    }

    @Test
    void shouldFindFiringThatBringsTwoJobs() {
        schedule(Entry.ScheduleChange.PUT);
        grant("every@1970-01-01T00:00:05Z", 1, 5_000);
        grant("every@1970-01-01T00:00:05Z", 2, 5_000);
        assertThat(found()).contains("double-firing");
    }

    @Test
    void shouldFindFiringOfPausedSchedule() {
        schedule(Entry.ScheduleChange.PUT);
        schedule(Entry.ScheduleChange.PAUSE);
        enqueue("other", 5);
        grant("every@1970-01-01T00:00:05Z", 6, 5_000);
        assertThat(found()).containsExactly("stopped-firing");
    }

    @Test
    void shouldAcceptJobsOfBeforeThePauseAndOfAfterIt() {
        schedule(Entry.ScheduleChange.PUT);
        schedule(Entry.ScheduleChange.PAUSE);
        enqueue("other", 5);
        grant("every@1970-01-01T00:00:05Z", 4, 5_000);
        schedule(Entry.ScheduleChange.RESUME);
        grant("every@1970-01-01T00:00:09Z", 6, 9_000);
        assertThat(found()).isEmpty();
    }

    /** The clock of the history shows Unix time, and nothing failed since its beginning but for those. */
    private List<String> foundAt(long healedAtNs) {
        var clock = new Expectations.Clock(0, healedAtNs);
        return HistoryChecker.check(entries, new Expectations(false, 0, Expectations.FOREVER, clock)).stream()
                .map(Violation::invariant)
                .toList();
    }

    private void readNotFound(String id) {
        entries.add(new Entry.ReadInvoked(now(), ++calls, "c", new JobRef("-", id)));
        entries.add(
                new Entry.ReadAnswered(now(), calls, RejectReason.JOB_NOT_FOUND.code(), null, new LogPlace(0, 1, 0)));
    }

    @Test
    void shouldFindFiringThatWasMissed() {
        schedule(Entry.ScheduleChange.PUT);
        enqueue("other", 5);
        readNotFound("every@1970-01-01T00:02:00Z");
        assertThat(foundAt(3 * MINUTE_NS)).containsExactly("missed-firing");
    }

    @Test
    void shouldFindFiringThatWasMissedBeforeItsScheduleWasDeleted() {
        schedule(Entry.ScheduleChange.PUT);
        enqueue("other", 5);
        schedule(Entry.ScheduleChange.DELETE);
        readNotFound("every@1970-01-01T00:02:00Z");
        assertThat(foundAt(0)).containsExactly("missed-firing");
    }

    @Test
    void shouldAcceptFiringThatIsMissedAsItMayBe() {
        schedule(Entry.ScheduleChange.PUT);
        // Perhaps not due when the schedule was put, never of it, and not due yet.
        readNotFound("every@1970-01-01T00:01:00Z");
        readNotFound("every@1970-01-01T00:02:00.500Z");
        readNotFound("every@1970-01-01T00:06:00Z");
        assertThat(foundAt(0)).isEmpty();
        // Nobody can say what was up then.
        readNotFound("every@1970-01-01T00:02:00Z");
        assertThat(foundAt(100 * MINUTE_NS)).isEmpty();
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldAcceptFiringThatIsMissedByScheduleThatWasPaused() {
        schedule(Entry.ScheduleChange.PUT);
        schedule(Entry.ScheduleChange.PAUSE);
        enqueue("other", 5);
        readNotFound("every@1970-01-01T00:05:00Z");
        assertThat(foundAt(0)).isEmpty();
    }

    @Test
    void shouldFindTwoHoldersOfUniqueKey() {
        entries.add(new Entry.KeyNamed(now(), new JobRef("-", "a"), "k"));
        entries.add(new Entry.KeyNamed(now(), new JobRef("-", "b"), "k"));
        enqueue("a", 1);
        enqueue("b", 2);
        grant("a", 1, 0);
        assertThat(found()).containsExactly("double-holder");
    }

    @Test
    void shouldAcceptHolderAfterHolder() {
        entries.add(new Entry.KeyNamed(now(), new JobRef("-", "a"), "k"));
        entries.add(new Entry.KeyNamed(now(), new JobRef("-", "b"), "k"));
        enqueue("a", 1);
        grant("a", 1, 0);
        enqueue("b", 2);
        grant("b", 2, 0);
        assertThat(found()).isEmpty();
    }
}
