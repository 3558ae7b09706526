package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** {@link Invariant#LIMIT_OVERRUN}, over all jobs that nobody operated on. */
final class LimitCheck {
    private record Holder(JobTrace job, Grant grant, int max) {}

    private final Timeline timeline;
    private final Findings findings;

    LimitCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        final Map<LimitKey, List<Holder>> keys = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            final JobSpec spec = job.spec();
            // A lease by id passes the limits.
            if (spec == null || job.isOperated()) {
                continue;
            }
            for (final JobSpec.Limit limit : spec.limits()) {
                if (limit.rate() != null) {
                    // When a start was made is not known to who hears of it later.
                    continue;
                }
                for (final Grant grant : job.grants) {
                    keys.computeIfAbsent(
                                    new LimitKey(grant.lease.shard(), job.ref.tenant(), limit.key()),
                                    key -> new ArrayList<>())
                            .add(new Holder(job, grant, limit.max()));
                }
            }
        }
        keys.forEach(this::check);
    }

    private void check(LimitKey key, List<Holder> all) {
        all.sort((a, b) -> Grant.BY_TOKEN.compare(a.grant, b.grant));
        // Of all later leases the first to be received: who no longer holds by then never counts again.
        final int[] firstIndex = new int[all.size() + 1];
        final long[] firstNs = new long[all.size() + 1];
        firstIndex[all.size()] = Integer.MAX_VALUE;
        firstNs[all.size()] = Long.MAX_VALUE;
        for (int i = all.size() - 1; i >= 0; i--) {
            firstIndex[i] = Math.min(firstIndex[i + 1], all.get(i).grant.index);
            firstNs[i] = Math.min(firstNs[i + 1], all.get(i).grant.atNs);
        }
        final List<Holder> holders = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            final Holder requester = all.get(i);
            final int index = firstIndex[i];
            final long atNs = firstNs[i];
            holders.removeIf(holder -> holder.grant.isOver(index, atNs));
            int held = 0;
            for (final Holder holder : holders) {
                if (holder.job != requester.job
                        && holder.grant.isHeldAt(requester.grant)
                        && timeline.survives(holder.job, holder.grant, requester.grant)
                        && !timeline.limits().mayBeDropped(key, holder.grant, requester.grant)) {
                    held++;
                }
            }
            final int max = timeline.limits().maxAt(key, requester.max, requester.grant, timeline);
            if (held >= max) {
                findings.add(
                        Invariant.LIMIT_OVERRUN,
                        requester.job.ref,
                        requester.grant + " is granted while " + held + " others hold limit " + key.key()
                                + ", of which it may be one of " + max + ".");
            }
            holders.add(requester);
        }
    }
}
