package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@link Invariant#LIMIT_OVERRUN}, over all jobs that nobody operated on. */
final class LimitCheck {
    private final Timeline timeline;
    private final Findings findings;

    LimitCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        final Map<LimitKey, List<HeldLeases.Holder>> keys = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            final JobSpec spec = job.spec();
            // A lease by id passes the limits.
            if (spec == null || job.isOperated()) {
                continue;
            }
            for (final JobSpec.Limit limit : spec.limits()) {
                if (limit.rate() != null || limit.isFloating()) {
                    // Those are judged by RateCheck, and by the model alone.
                    continue;
                }
                for (final Grant grant : job.grants) {
                    keys.computeIfAbsent(
                                    new LimitKey(grant.lease.shard(), job.ref.tenant(), limit.key()),
                                    key -> new ArrayList<>())
                            .add(new HeldLeases.Holder(job, grant, limit.max()));
                }
            }
        }
        keys.forEach(this::check);
    }

    private void check(LimitKey key, List<HeldLeases.Holder> all) {
        HeldLeases.check(timeline, all, new HeldLeases.Rules() {
            @Override
            public int max(HeldLeases.Holder requester) {
                return timeline.limits().maxAt(key, requester.max(), requester.grant(), timeline);
            }

            @Override
            public boolean mayHaveLetGo(HeldLeases.Holder holder, HeldLeases.Holder requester) {
                return timeline.limits().mayBeDropped(key, holder.grant(), requester.grant());
            }

            @Override
            public void overrun(HeldLeases.Holder requester, int held) {
                findings.add(
                        Invariant.LIMIT_OVERRUN,
                        requester.job().ref,
                        requester.grant() + " is granted while " + held + " others hold limit " + key.key()
                                + ", of which it may be one of " + max(requester) + ".");
            }
        });
    }
}
