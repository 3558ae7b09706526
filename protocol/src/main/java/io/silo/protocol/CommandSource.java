package io.silo.protocol;

/** Where commands come from. One thread, the shard thread, polls a source. */
public interface CommandSource {
    /**
     * Delivers commands that are there; never waits.
     *
     * @param limit upper bound on commands delivered.
     * @return work count: commands delivered, 0 when none was there.
     */
    int poll(CommandConsumer consumer, int limit);
}
