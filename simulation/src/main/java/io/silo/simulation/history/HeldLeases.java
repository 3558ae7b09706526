package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.List;

/** Finds leases that were granted while too many others of the same kind surely lived. */
final class HeldLeases {
    /** A lease, and one of how many it may be. */
    record Holder(JobTrace job, Grant grant, int max) {}

    /** What leases count by. */
    interface Rules {
        /** One of how many a lease may be when it is granted. */
        default int max(Holder requester) {
            return requester.max;
        }

        /** Whether a lease that lives may count no longer. */
        default boolean mayHaveLetGo(Holder holder, Holder requester) {
            return false;
        }

        /** Told of each that is one too many. */
        void overrun(Holder requester, int held);
    }

    private HeldLeases() {}

    /** @param all leases that count together; put in order. */
    static void check(Timeline timeline, List<Holder> all, Rules rules) {
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
                        && !rules.mayHaveLetGo(holder, requester)) {
                    held++;
                }
            }
            if (held >= rules.max(requester)) {
                rules.overrun(requester, held);
            }
            holders.add(requester);
        }
    }
}
