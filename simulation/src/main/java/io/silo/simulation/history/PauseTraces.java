package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What was paused and resumed, call by call. */
final class PauseTraces {
    /** A call with its answer, if there was one. */
    static final class Change {
        final Entry.PauseInvoked invoked;

        /** Index of the entry that made it. */
        final int from;

        /** Index of the entry that answered it. */
        int to = Call.NO_ANSWER;

        LogPlace place = LogPlace.NONE;
        boolean isOk;
        boolean durable;

        Change(Entry.PauseInvoked invoked, int from) {
            this.invoked = invoked;
            this.from = from;
        }

        @Override
        public String toString() {
            return (invoked.paused() ? "the pause" : "the resumption") + " of entries " + from + " and " + to;
        }
    }

    private final Map<PauseTarget, List<Change>> changes = new LinkedHashMap<>();
    private final Map<Long, Change> open = new HashMap<>();

    void invoked(int index, Entry.PauseInvoked entry) {
        final Change change = new Change(entry, index);
        changes.computeIfAbsent(entry.target(), key -> new ArrayList<>()).add(change);
        open.put(entry.call(), change);
    }

    void answered(int index, Entry.PauseAnswered answer) {
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

    Map<PauseTarget, List<Change>> byTarget() {
        return changes;
    }
}
