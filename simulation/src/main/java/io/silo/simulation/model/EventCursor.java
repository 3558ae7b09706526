package io.silo.simulation.model;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The events of one record, taken one after the other. */
final class EventCursor {
    private final List<ModelEvent> events;
    private int next;

    EventCursor(List<ModelEvent> events) {
        this.events = events;
    }

    boolean isEmpty() {
        return events.isEmpty();
    }

    long position() {
        return events.get(0).place().position();
    }

    /** Takes the next event if it is of this kind; null if it is not, or none is left. */
    <T extends ModelEvent> @Nullable T take(Class<T> kind) {
        if (next < events.size() && kind.isInstance(events.get(next))) {
            return kind.cast(events.get(next++));
        }
        return null;
    }

    /** Takes the next event if it is a grant, or the end of a job that came up for one too late; else null. */
    @Nullable
    ModelEvent takeGrant() {
        final ModelEvent granted = take(ModelEvent.Leased.class);
        return granted != null ? granted : take(ModelEvent.Refused.class);
    }

    /** Goes back by one. */
    void putBack() {
        next--;
    }

    void checkAllTaken(String command) {
        Claim.check(
                next == events.size(),
                "%s appended what it should not have: %s",
                command,
                events.subList(next, events.size()));
    }
}
