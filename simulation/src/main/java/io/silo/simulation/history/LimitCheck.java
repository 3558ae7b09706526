package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@link Invariant#LIMIT_OVERRUN}, over all jobs that nobody operated on. */
final class LimitCheck {
    private record Key(int shard, String tenant, String limit) {}

    private final Timeline timeline;
    private final Findings findings;

    LimitCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        final Map<Key, List<HeldLeases.Holder>> keys = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            final JobSpec spec = job.spec();
            // A lease by id passes the limits.
            if (spec == null || job.isOperated()) {
                continue;
            }
            for (final JobSpec.Limit limit : spec.limits()) {
                for (final Grant grant : job.grants) {
                    keys.computeIfAbsent(
                                    new Key(grant.lease.shard(), job.ref.tenant(), limit.key()),
                                    key -> new ArrayList<>())
                            .add(new HeldLeases.Holder(job, grant, limit.max()));
                }
            }
        }
        keys.forEach(this::check);
    }

    private void check(Key key, List<HeldLeases.Holder> all) {
        HeldLeases.check(
                timeline,
                all,
                (requester, held) -> findings.add(
                        Invariant.LIMIT_OVERRUN,
                        requester.job().ref,
                        requester.grant() + " is granted while " + held + " others hold limit " + key.limit
                                + ", of which it may be one of " + requester.max() + "."));
    }
}
