package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#CAP_OVERRUN}, over all jobs that nobody operated on: a lease by id passes the cap. */
final class CapCheck {
    /** A tenant on its shard. */
    record Target(String tenant, int shard) {
        static Target of(Entry.CapInvoked entry) {
            return new Target(entry.tenant(), entry.shard());
        }
    }

    private final Timeline timeline;
    private final Findings findings;

    CapCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        timeline.caps().byTarget().forEach(this::check);
    }

    private void check(Target target, List<CallTraces.Change<Entry.CapInvoked>> changes) {
        final Map<String, List<HeldLeases.Holder>> byGroup = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            if (job.spec() == null || job.isOperated() || !job.ref.tenant().equals(target.tenant())) {
                continue;
            }
            for (final Grant grant : job.grants) {
                if (grant.lease.shard() == target.shard()) {
                    final CallTraces.Change<Entry.CapInvoked> cap = inForce(changes, grant);
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
    private CallTraces.@Nullable Change<Entry.CapInvoked> inForce(
            List<CallTraces.Change<Entry.CapInvoked>> changes, Grant grant) {
        for (final CallTraces.Change<Entry.CapInvoked> cap : changes) {
            if (cap.invoked.max() > 0
                    && cap.isBefore(grant, timeline)
                    && changes.stream().noneMatch(other -> other.mayFollow(cap, grant.index))) {
                return cap;
            }
        }
        return null;
    }
}
