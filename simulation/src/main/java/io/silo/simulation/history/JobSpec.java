package io.silo.simulation.history;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a job was enqueued with, as far as its fate depends on it.
 *
 * @param priority 0 comes first.
 * @param startAtMs not before, Unix epoch ms; 0 = at once.
 * @param retryCount attempts beyond the first.
 * @param leaseMs lease length; 0 = the server's.
 * @param payloadCrc CRC32C of the payload.
 * @param limits it runs under.
 */
public record JobSpec(
        JobRef job,
        String taskGroup,
        int priority,
        long startAtMs,
        int retryCount,
        int leaseMs,
        int payloadCrc,
        List<Limit> limits) {
    /**
     * A limit of the job's tenant.
     *
     * @param max tasks that may run under the key at once; of a rate limit 0.
     * @param rate null = a limit of concurrency.
     * @param refreshMs refresh interval of a floating limit, whose maximum clients do not know; else 0.
     */
    public record Limit(String key, int max, @Nullable Rate rate, long refreshMs) {
        public Limit(String key, int max) {
            this(key, max, null, 0);
        }

        public Limit(String key, int max, @Nullable Rate rate) {
            this(key, max, rate, 0);
        }

        /** Whether its maximum counts until workers found another one out. */
        public boolean isFloating() {
            return refreshMs > 0;
        }
    }

    /** How often tasks may start, one hit each, from a bucket that holds {@code hitsMax} and that no job fills or empties. */
    public record Rate(long hitsMax, long durationMs, boolean isLeaky) {}
}
