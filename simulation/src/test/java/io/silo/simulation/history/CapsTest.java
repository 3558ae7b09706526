package io.silo.simulation.history;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What is judged of caps on the running jobs of tenants. */
class CapsTest {
    private static final long MINUTE_NS = 60_000_000_000L;

    /** Longer than all that happens here. */
    private static final int LEASE_MS = 3_600_000;

    private final List<Entry> entries = new ArrayList<>();
    private long calls;
    private long position;
    private long jobs;

    private LogPlace next() {
        return new LogPlace(0, 1, ++position);
    }

    /** A minute later than what was done before. */
    private long now() {
        return entries.size() * MINUTE_NS;
    }

    private long invoke(String tenant, int max) {
        entries.add(new Entry.CapInvoked(now(), ++calls, "c", tenant, 0, max));
        return calls;
    }

    private void answer(long call, boolean durable) {
        entries.add(new Entry.CapAnswered(now(), call, RejectReason.OK, next(), durable));
    }

    private void set(String tenant, int max) {
        answer(invoke(tenant, max), true);
    }

    private void run(String tenant, String group) {
        JobRef job = new JobRef(tenant, "j" + ++jobs);
        var spec = new JobSpec(job, group, 0, 0, 0, LEASE_MS, 7, List.of());
        entries.add(new Entry.EnqueueInvoked(now(), ++calls, "c", spec, true));
        entries.add(new Entry.EnqueueAnswered(now(), calls, 0, jobs, next(), true));
        var lease = new Lease(job, group, 0, jobs, 1, LeaseToken.of(++position, 0), 1, 0, 0, LEASE_MS, 7);
        entries.add(new Entry.Granted(now(), "w", "w", lease, true));
    }

    private List<String> found() {
        return HistoryChecker.check(entries).stream().map(Violation::invariant).toList();
    }

    @Test
    void shouldFindOneMoreThanTheCap() {
        set("t", 2);
        run("t", "g");
        run("t", "g");
        assertThat(found()).isEmpty();
        run("t", "g");
        assertThat(found()).containsExactly("cap-overrun");
    }

    @Test
    void shouldCountThoseThatRanBefore() {
        run("t", "g");
        set("t", 1);
        run("t", "g");
        assertThat(found()).containsExactly("cap-overrun");
    }

    @Test
    void shouldCountEachGroupAndTenantByItself() {
        set("t", 1);
        run("t", "g");
        run("t", "h");
        run("other", "g");
        run("other", "g");
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldExcuseWhatAnotherChangeMayExplain() {
        set("t", 1);
        run("t", "g");
        invoke("t", 5);
        run("t", "g");
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldExcuseWhatPowerMayHaveTaken() {
        answer(invoke("t", 1), false);
        entries.add(new Entry.PowerLost(now()));
        run("t", "g");
        run("t", "g");
        assertThat(found()).isEmpty();
    }

    @Test
    void shouldSayNothingWithoutACap() {
        set("t", 1);
        set("t", -1);
        run("t", "g");
        run("t", "g");
        assertThat(found()).isEmpty();
    }
}
