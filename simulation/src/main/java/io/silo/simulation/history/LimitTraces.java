package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Maxima that were set for limits and slots that were dropped, call by call; each call was made once. */
final class LimitTraces {
    private record Drop(int index, Entry.HoldersDropped entry) {}

    private final CallTraces<LimitKey, Entry.LimitInvoked> calls = new CallTraces<>(Entry.LimitInvoked::limit);
    private final Map<LimitKey, List<Drop>> drops = new HashMap<>();

    CallTraces<LimitKey, Entry.LimitInvoked> calls() {
        return calls;
    }

    void dropped(int index, Entry.HoldersDropped entry) {
        drops.computeIfAbsent(entry.limit(), key -> new ArrayList<>()).add(new Drop(index, entry));
    }

    /**
     * The largest maximum that may have been in force when a task was granted: of what was set by then, and the job's own, but for what
     * was over before a change that surely came before the grant.
     */
    int maxAt(LimitKey key, int own, Grant grant, Timeline timeline) {
        final List<CallTraces.Change<Entry.LimitInvoked>> all = calls.of(key);
        int max = own;
        for (final CallTraces.Change<Entry.LimitInvoked> change : all) {
            max = change.from < grant.index ? Math.max(max, max(change, own)) : max;
        }
        for (final CallTraces.Change<Entry.LimitInvoked> sure : all) {
            if (sure.isBefore(grant, timeline)) {
                int possible = max(sure, own);
                for (final CallTraces.Change<Entry.LimitInvoked> other : all) {
                    possible = other.mayFollow(sure, grant.index) ? Math.max(possible, max(other, own)) : possible;
                }
                max = Math.min(max, possible);
            }
        }
        return max;
    }

    private static int max(CallTraces.Change<Entry.LimitInvoked> change, int own) {
        return change.invoked.max() == Entry.LimitInvoked.OWN ? own : change.invoked.max();
    }

    /** Whether a lease may have given its slot of a limit back, and gone on, before a later one was granted. */
    boolean mayBeDropped(LimitKey key, Grant holder, Grant later) {
        return mayBeDropped(drops.get(key), holder, later)
                || mayBeDropped(drops.get(new LimitKey(key.shard(), key.tenant(), "")), holder, later);
    }

    private static boolean mayBeDropped(@Nullable List<Drop> drops, Grant holder, Grant later) {
        return drops != null
                && drops.stream()
                        .anyMatch(drop -> drop.index < later.index
                                && drop.entry.atNs() + CallTraces.COPY_NS >= holder.grantedAfterNs);
    }
}
