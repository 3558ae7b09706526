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

    /** How long the oldest command has waited that was not delivered, ms: an upper bound; 0 if there is none or none can tell. */
    default long waitedMs() {
        return 0;
    }
}
