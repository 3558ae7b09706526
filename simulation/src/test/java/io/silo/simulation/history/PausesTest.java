package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of paused task groups and tenants. */
class PausesTest {
    private static final PauseTarget GROUP = new PauseTarget(false, "g", 0);
    private static final PauseTarget TENANT = new PauseTarget(true, "-", 0);
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

    private long invoke(PauseTarget target, boolean paused) {
        entries.add(new Entry.PauseInvoked(now(), ++calls, "c", target, paused));
        return calls;
    }

    private void answer(long call, int code, boolean durable) {
        entries.add(new Entry.PauseAnswered(now(), call, code, next(), durable));
    }

    private void set(PauseTarget target, boolean paused) {
        answer(invoke(target, paused), RejectReason.OK, true);
    }

    private void enqueue() {
        var spec = new JobSpec(new JobRef("-", "j"), "g", 0, 0, 0, 0, 7, List.of());
        entries.add(new Entry.EnqueueInvoked(now(), ++calls, "c", spec, true));
        entries.add(new Entry.EnqueueAnswered(now(), calls, 0, 1, next(), true));
    }

    private void grant(long epoch) {
        var lease = new Lease(new JobRef("-", "j"), "g", 0, 1, epoch, LeaseToken.of(++position, 0), 1, 0, 0, 1_000, 7);
        entries.add(new Entry.Granted(now(), "w", "w", lease, true));
    }

    private List<String> found() {
        return HistoryChecker.check(entries).stream().map(Violation::invariant).toList();
    }

    @Test
    void shouldFindGrantOfPausedGroup() {
        enqueue();
        set(GROUP, true);
        grant(1);
        assertThat(found()).containsExactly("paused-grant");
    }

    @Test
    void shouldFindGrantOfPausedTenantAfterRestart() {
        enqueue();
        set(TENANT, true);
        entries.add(new Entry.PowerLost(now()));
        position = 0;
        grant(2);
        assertThat(found()).containsExactly("paused-grant");
    }

    @Test
    void shouldAcceptGrantOfOthers() {
        enqueue();
        set(new PauseTarget(false, "other", 0), true);
        set(new PauseTarget(true, "other", 0), true);
        set(new PauseTarget(false, "g", 1), true);
        grant(1);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldAcceptGrantThatIsTheOlderRecord() {
        enqueue();
        final long call = invoke(GROUP, true);
        position += 5;
        answer(call, RejectReason.OK, true);
        position -= 3;
        grant(1);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldAcceptGrantAfterResumptionWithoutAnswer() {
        enqueue();
        set(GROUP, true);
        invoke(GROUP, false);
        grant(1);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldFindGrantAfterResumptionThatWasOverBeforeThePause() {
        enqueue();
        set(GROUP, false);
        set(GROUP, true);
        grant(1);
        assertThat(found()).containsExactly("paused-grant");
    }

    @Test
    void shouldAcceptGrantAfterPauseThatWasRefusedOrIsUnknownOrLost() {
        enqueue();
        answer(invoke(GROUP, true), RejectReason.BUSY.code(), true);
        invoke(GROUP, true);
        answer(invoke(TENANT, true), RejectReason.OK, false);
        entries.add(new Entry.PowerLost(now()));
        position = 0;
        grant(2);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldAcceptLeaseById() {
        enqueue();
        set(GROUP, true);
        entries.add(new Entry.ChangeInvoked(now(), ++calls, "c", new JobRef("-", "j"), Entry.Change.LEASE, true));
        grant(1);
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldRefuseAnswerWithoutCall() {
        answer(7, RejectReason.OK, true);
        assertThatThrownBy(this::found).isInstanceOf(IllegalArgumentException.class);
    }
}
