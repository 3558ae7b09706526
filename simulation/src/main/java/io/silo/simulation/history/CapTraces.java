package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Caps on running jobs that were set for tenants, call by call. */
final class CapTraces {
    /** A tenant on its shard. */
    record Target(String tenant, int shard) {}

    /** A call with its answer, if there was one. */
    static final class Change {
        final Entry.CapInvoked invoked;

        /** Index of the entry that made it. */
        final int from;

        /** Index of the entry that answered it. */
        int to = Call.NO_ANSWER;

        LogPlace place = LogPlace.NONE;
        boolean isOk;
        boolean durable;

        Change(Entry.CapInvoked invoked, int from) {
            this.invoked = invoked;
            this.from = from;
        }

        @Override
        public String toString() {
            return "the cap of " + invoked.max() + " of entries " + from + " and " + to;
        }
    }

    private final Map<Target, List<Change>> changes = new LinkedHashMap<>();
    private final Map<Long, Change> open = new HashMap<>();

    void invoked(int index, Entry.CapInvoked entry) {
        final Change change = new Change(entry, index);
        changes.computeIfAbsent(new Target(entry.tenant(), entry.shard()), key -> new ArrayList<>())
                .add(change);
        open.put(entry.call(), change);
    }

    void answered(int index, Entry.CapAnswered answer) {
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

    Map<Target, List<Change>> byTarget() {
        return changes;
    }
}
