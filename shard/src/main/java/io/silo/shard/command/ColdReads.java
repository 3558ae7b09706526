package io.silo.shard.command;

/** Where reads of the log go that may take milliseconds: a thread of their own. Called on the shard thread. */
public interface ColdReads {
    /** Reads under way on one shard thread: each holds a reply of up to 120 KiB. */
    int READS_MAX = 256;

    /**
     * Takes a read; {@link ColdRead#perform} runs elsewhere, and the shard takes the finished read back through {@link #poll}.
     *
     * @return false at the bound.
     */
    boolean submit(ColdRead read);

    /** Hands finished reads to the handler; never waits. */
    int poll(Handler handler, int limit);

    /** Takes finished reads. */
    @FunctionalInterface
    interface Handler {
        void onRead(ColdRead read);
    }
}
