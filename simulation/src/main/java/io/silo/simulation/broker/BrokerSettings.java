package io.silo.simulation.broker;

import io.silo.protocol.Bounds;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;

/**
 * What a simulated broker is configured with.
 *
 * @param shards of its one shard thread; each has an equal range of tenant hashes.
 * @param cycleBytes at which a log's cycle is rolled.
 * @param leaseMs default lease length.
 * @param memoryBytesMax watermark of a shard's indexes.
 * @param retention how long ended jobs are kept.
 * @param thread bounds of its shard thread.
 */
public record BrokerSettings(
        int shards,
        long cycleBytes,
        int leaseMs,
        long memoryBytesMax,
        Retention.Limits retention,
        ThreadBounds thread) {
    /** A forward step of the wall clock that is followed (configuration {@code clock.max_step}). */
    private static final long STEP_MS_MAX = 3_600_000;

    /** Free space below which no new work is taken, and below which nothing is appended: two and a half allocation steps, and one. */
    static final long LOW_WATER_BYTES = 6L * 1024 * 1024;

    static final long FLOOR_BYTES = 1024 * 1024;

    /** Settings that keep every ended job. */
    public BrokerSettings(int shards, long cycleBytes, int leaseMs, long memoryBytesMax) {
        this(shards, cycleBytes, leaseMs, memoryBytesMax, Retention.Limits.NONE, ThreadBounds.of(STEP_MS_MAX));
    }

    /** The same with other limits of retention. */
    public BrokerSettings with(Retention.Limits limits) {
        return new BrokerSettings(shards, cycleBytes, leaseMs, memoryBytesMax, limits, thread);
    }

    /** The same with a thread that takes on no more than so many new jobs in a duty cycle, and lets nothing wait for longer. */
    public BrokerSettings takingOn(int newJobsPerCycle, long queueMsMax) {
        return new BrokerSettings(
                shards,
                cycleBytes,
                leaseMs,
                memoryBytesMax,
                retention,
                new ThreadBounds(STEP_MS_MAX, newJobsPerCycle, queueMsMax));
    }

    /** Settings of one shard. */
    public ShardSettings shard(int number) {
        return new ShardSettings(
                number,
                leaseMs,
                ShardSettings.DEFAULT_CRASH_LOOP_MAX,
                Bounds.PAYLOAD_BYTES_MAX,
                memoryBytesMax,
                ShardSettings.Tenancy.OPTIONAL,
                rangeFirst(number),
                rangeLast(number),
                retention);
    }

    /** First tenant hash of a shard, unsigned. */
    private long rangeFirst(int shard) {
        return shard == 0 ? 0 : Long.divideUnsigned(-1L, shards) * shard + 1;
    }

    /** Last tenant hash of a shard, unsigned, inclusive. */
    private long rangeLast(int shard) {
        return shard == shards - 1 ? -1L : Long.divideUnsigned(-1L, shards) * (shard + 1);
    }
}
