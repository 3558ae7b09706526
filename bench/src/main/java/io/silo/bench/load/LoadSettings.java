package io.silo.bench.load;

import io.silo.protocol.Bounds;
import io.silo.protocol.command.Durability;

/**
 * What a load does. Immutable.
 *
 * @param jobs lifecycles that are measured; 0 = by time.
 * @param seconds length of the measurement if {@code jobs} is 0.
 * @param ratePerSecond arrivals per second, open loop; 0 = as fast as the window allows.
 * @param window jobs in flight.
 * @param batch jobs a command at most; a command takes what is free in the window, and never waits to be full.
 * @param payloadBytes length of each payload.
 * @param tenants tenants that the jobs are spread over.
 * @param limitKeys concurrency limits that the jobs are spread over, each wide enough not to block; 0 = jobs name none.
 * @param failPercent share of first attempts that fail and are retried at once, 0 to 100; 0 = jobs have no retry policy.
 * @param durability level that acknowledgements and grants wait for.
 */
public record LoadSettings(
        long jobs,
        int seconds,
        long ratePerSecond,
        int window,
        int batch,
        int payloadBytes,
        int tenants,
        int limitKeys,
        int failPercent,
        Durability durability) {
    /** Bound on the window: the credits of one subscription. */
    public static final int WINDOW_MAX = Bounds.CREDITS_MAX;

    /** Bound on tenants: each has its name and its shard in memory. */
    public static final int TENANTS_MAX = 1_000_000;

    /** Bound on limits: their keys are made ahead. */
    public static final int LIMIT_KEYS_MAX = 1_000_000;

    static final int PERCENT = 100;

    private static final int ITEM_OVERHEAD_BYTES = 288; // fixed fields, id, tenant, group and limit of one job

    /**
     * @throws IllegalArgumentException with a sentence if a setting is out of its bounds.
     */
    public LoadSettings {
        check(
                jobs >= 0 && seconds >= 0 && (jobs > 0 || seconds > 0),
                "Expected a number of jobs or of seconds above 0.");
        check(ratePerSecond >= 0 && ratePerSecond <= 10_000_000, "Expected a rate of 0 to 10,000,000 jobs a second.");
        check(window >= 1 && window <= WINDOW_MAX, "Expected a window of 1 to " + WINDOW_MAX + " jobs.");
        check(
                batch >= 1 && batch <= Bounds.BATCH_ITEMS_MAX,
                "Expected a batch of 1 to " + Bounds.BATCH_ITEMS_MAX + " jobs.");
        check(
                payloadBytes >= 0 && payloadBytes <= Bounds.INLINE_BYTES_MAX,
                "Expected a payload of 0 to " + Bounds.INLINE_BYTES_MAX + " bytes.");
        check(tenants >= 1 && tenants <= TENANTS_MAX, "Expected 1 to " + TENANTS_MAX + " tenants.");
        check(limitKeys >= 0 && limitKeys <= LIMIT_KEYS_MAX, "Expected 0 to " + LIMIT_KEYS_MAX + " limit keys.");
        check(failPercent >= 0 && failPercent <= PERCENT, "Expected 0 to " + PERCENT + " percent of failures.");
    }

    static void check(boolean holds, String sentence) {
        if (!holds) {
            throw new IllegalArgumentException(sentence);
        }
    }

    /** Jobs that fit one command. */
    int jobsPerCommand() {
        return Math.max(1, Math.min(batch, (Bounds.MESSAGE_BYTES_MAX - 1_024) / (payloadBytes + ITEM_OVERHEAD_BYTES)));
    }

    /** Lifecycles before the measurement: enough for the compiler, not for a coffee. */
    long warmUpJobs() {
        return jobs > 0 ? Math.max(1_000, Math.min(100_000, jobs / 4)) : Long.MAX_VALUE;
    }

    /** Length of the warm-up by time, in ns, if {@code jobs} is 0. */
    long warmUpNs() {
        return Math.max(1, Math.min(5, seconds / 2)) * 1_000_000_000L;
    }
}
