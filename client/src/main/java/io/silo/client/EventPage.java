package io.silo.client;

import java.util.List;

/**
 * Some events of a shard, in the order of its log. It may have none and not reach the end.
 *
 * @param nextPosition record that the next page begins with: to be kept by who goes on later.
 * @param nextIndex event of that record that the next page begins with.
 * @param firstPosition first record that is still in the log.
 * @param durablePosition last record that was durable.
 * @param isAtEnd whether nothing durable lies behind.
 */
public record EventPage(
        List<JobEvent> events,
        long nextPosition,
        int nextIndex,
        long firstPosition,
        long durablePosition,
        boolean isAtEnd) {
    /** Keeps a copy of the list. */
    public EventPage {
        events = List.copyOf(events);
    }
}
