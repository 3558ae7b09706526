package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Maxima that were set for limits and slots that were dropped, call by call; each call was made once. */
final class LimitTraces {
    /** No copy of a call that the network made arrives later than this after it. */
    private static final long COPY_NS = TimeUnit.SECONDS.toNanos(10);

    /** A call with its answer, if there was one. */
    private static final class Change {
        private final Entry.LimitInvoked invoked;
        private final int from;
        private int to = Call.NO_ANSWER;
        private LogPlace place = LogPlace.NONE;
        private boolean isOk;
        private boolean durable;

        private Change(Entry.LimitInvoked invoked, int from) {
            this.invoked = invoked;
            this.from = from;
        }

        private int max(int own) {
            return invoked.max() == Entry.LimitInvoked.OWN ? own : invoked.max();
        }
    }

    private record Drop(int index, Entry.HoldersDropped entry) {}

    private final Map<LimitKey, List<Change>> changes = new HashMap<>();
    private final Map<Long, Change> open = new HashMap<>();
    private final Map<LimitKey, List<Drop>> drops = new HashMap<>();

    void invoked(int index, Entry.LimitInvoked entry) {
        final Change change = new Change(entry, index);
        changes.computeIfAbsent(entry.limit(), key -> new ArrayList<>()).add(change);
        open.put(entry.call(), change);
    }

    void answered(int index, Entry.LimitAnswered answer) {
        final Change change = open.remove(answer.call());
        if (change == null) {
            throw new IllegalArgumentException(
                    "Entry " + index + " answers call " + answer.call() + ", which is not open.");
        }
        change.to = index;
        change.place = answer.place();
        change.isOk = answer.code() == RejectReason.OK;
        change.durable = change.isOk && answer.durable();
    }

    void dropped(int index, Entry.HoldersDropped entry) {
        drops.computeIfAbsent(entry.limit(), key -> new ArrayList<>()).add(new Drop(index, entry));
    }

    /**
     * The largest maximum that may have been in force when a task was granted: of what was set by then, and the job's own, but for what
     * was over before a change that surely came before the grant.
     */
    int maxAt(LimitKey key, int own, Grant grant, Timeline timeline) {
        final List<Change> all = changes.getOrDefault(key, List.of());
        int max = own;
        for (final Change change : all) {
            max = change.from < grant.index ? Math.max(max, change.max(own)) : max;
        }
        for (final Change sure : all) {
            if (sure.isOk
                    && isBehind(grant.lease, sure.place)
                    && (sure.durable || !timeline.isPowerLost(sure.from, grant.index))) {
                int possible = sure.max(own);
                for (final Change other : all) {
                    final boolean isOver = other.to < sure.from && other.invoked.atNs() + COPY_NS < sure.invoked.atNs();
                    possible = !isOver && other.from < grant.index ? Math.max(possible, other.max(own)) : possible;
                }
                max = Math.min(max, possible);
            }
        }
        return max;
    }

    /** Whether a lease was granted after a record of its shard's log. */
    private static boolean isBehind(Lease lease, LogPlace place) {
        if (place.position() < 0) {
            return false;
        }
        final int epochs = Long.compareUnsigned(lease.epoch(), place.epoch());
        return epochs > 0 || epochs == 0 && LeaseToken.position(lease.token()) > place.position();
    }

    /** Whether a lease may have given its slot of a limit back, and gone on, before a later one was granted. */
    boolean mayBeDropped(LimitKey key, Grant holder, Grant later) {
        return mayBeDropped(drops.get(key), holder, later)
                || mayBeDropped(drops.get(new LimitKey(key.shard(), key.tenant(), "")), holder, later);
    }

    private static boolean mayBeDropped(@Nullable List<Drop> drops, Grant holder, Grant later) {
        return drops != null
                && drops.stream()
                        .anyMatch(drop ->
                                drop.index < later.index && drop.entry.atNs() + COPY_NS >= holder.grantedAfterNs);
    }
}
