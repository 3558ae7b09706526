package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#CAP_OVERRUN}, over all jobs that nobody operated on: a lease by id passes the cap. */
final class CapCheck {
    /** No copy of a call that the network made arrives later than this after it. */
    private static final long COPY_NS = TimeUnit.SECONDS.toNanos(10);

    private final Timeline timeline;
    private final Findings findings;

    CapCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        timeline.caps().byTarget().forEach(this::check);
    }

    private void check(CapTraces.Target target, List<CapTraces.Change> changes) {
        final Map<String, List<HeldLeases.Holder>> byGroup = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            if (job.spec() == null || job.isOperated() || !job.ref.tenant().equals(target.tenant())) {
                continue;
            }
            for (final Grant grant : job.grants) {
                if (grant.lease.shard() == target.shard()) {
                    final CapTraces.Change cap = inForce(changes, grant);
                    final int max = cap == null ? Integer.MAX_VALUE : cap.invoked.max();
                    byGroup.computeIfAbsent(grant.lease.taskGroup(), group -> new ArrayList<>())
                            .add(new HeldLeases.Holder(job, grant, max));
                }
            }
        }
        byGroup.forEach((group, all) -> HeldLeases.check(
                timeline,
                all,
                (requester, held) -> findings.add(
                        Invariant.CAP_OVERRUN,
                        requester.job().ref,
                        requester.grant() + " is granted while " + held + " others of tenant " + target.tenant()
                                + " run in group " + group + ", of which it may be one of " + requester.max() + ".")));
    }

    /** The cap that surely held when a lease was granted; null if none did. */
    private CapTraces.@Nullable Change inForce(List<CapTraces.Change> changes, Grant grant) {
        for (final CapTraces.Change cap : changes) {
            if (cap.invoked.max() > 0
                    && cap.isOk
                    && cap.place.isBefore(grant.lease)
                    && (cap.durable || !timeline.isPowerLost(cap.from, grant.index))
                    && !mayBeChanged(changes, cap, grant.index)) {
                return cap;
            }
        }
        return null;
    }

    /** Whether another call made before an entry, or a copy of it, may have set another cap. */
    private static boolean mayBeChanged(List<CapTraces.Change> changes, CapTraces.Change cap, int until) {
        for (final CapTraces.Change other : changes) {
            final boolean isOver = other.to < cap.from && other.invoked.atNs() + COPY_NS < cap.invoked.atNs();
            if (other != cap && other.from < until && !isOver) {
                return true;
            }
        }
        return false;
    }
}
