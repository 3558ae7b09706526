package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Calls that change how something stands, each made once, call by call for each thing that they are about.
 *
 * @param <T> what a call is about.
 * @param <I> the entry that makes a call.
 */
final class CallTraces<T, I extends Entry> {
    /** No copy of a call that the network made arrives later than this after it. */
    static final long COPY_NS = TimeUnit.SECONDS.toNanos(10);

    /** A call with its answer, if there was one. */
    static final class Change<I extends Entry> {
        final I invoked;

        /** Index of the entry that made it. */
        final int from;

        /** Index of the entry that answered it. */
        int to = Call.NO_ANSWER;

        private LogPlace place = LogPlace.NONE;
        private boolean isOk;
        private boolean durable;

        private Change(I invoked, int from) {
            this.invoked = invoked;
            this.from = from;
        }

        /** Whether it surely took effect before a task was granted, and is not lost by then. */
        boolean isBefore(Grant grant, Timeline timeline) {
            return isOk && place.isBefore(grant.lease) && (durable || !timeline.isPowerLost(from, grant.index));
        }

        /** Whether no copy of it can have taken effect after another one did. */
        boolean isOverBefore(Change<?> other) {
            return to < other.from && invoked.atNs() + COPY_NS < other.invoked.atNs();
        }

        /** Whether it, or a copy of it, may have taken effect after another one did, and before an entry. */
        boolean mayFollow(Change<?> other, int until) {
            return this != other && from < until && !isOverBefore(other);
        }

        /** For sentences. */
        @Override
        public String toString() {
            return "entries " + from + " and " + to;
        }
    }

    private final Function<I, T> targetOf;
    private final Map<T, List<Change<I>>> changes = new LinkedHashMap<>();
    private final Map<Long, Change<I>> open = new HashMap<>();

    CallTraces(Function<I, T> targetOf) {
        this.targetOf = targetOf;
    }

    void invoked(int index, long call, I entry) {
        final Change<I> change = new Change<>(entry, index);
        changes.computeIfAbsent(targetOf.apply(entry), key -> new ArrayList<>()).add(change);
        open.put(call, change);
    }

    /** @throws IllegalArgumentException if the call is not open. */
    void answered(int index, long call, int code, LogPlace place, boolean durable) {
        final Change<I> change = open.remove(call);
        if (change == null) {
            throw new IllegalArgumentException("Entry " + index + " answers call " + call + ", which is not open.");
        }
        change.to = index;
        change.place = place;
        change.isOk = code == RejectReason.OK;
        change.durable = change.isOk && durable;
    }

    Map<T, List<Change<I>>> byTarget() {
        return changes;
    }

    /** All calls about one thing. */
    List<Change<I>> of(T target) {
        return changes.getOrDefault(target, List.of());
    }
}
