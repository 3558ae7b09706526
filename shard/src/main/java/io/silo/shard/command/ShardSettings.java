package io.silo.shard.command;

import io.silo.protocol.Bounds;

/**
 * Settings of a shard that deciders read. Immutable.
 *
 * @param shard number on its node.
 * @param leaseMs default lease length, ms.
 * @param crashLoopMax a job fails with CRASH_LOOP when so many of its leases in a row expired, 1 to 63.
 * @param payloadBytesMax largest payload or result, at most {@link Bounds#PAYLOAD_BYTES_MAX}.
 * @param memoryBytesMax watermark of the indexes: above it new work is refused.
 * @param tenancy what a call may say of its tenant.
 * @param rangeFirst first tenant hash of the shard, unsigned.
 * @param rangeLast last tenant hash of the shard, unsigned, inclusive.
 * @param retention how long ended jobs are kept.
 */
public record ShardSettings(
        int shard,
        int leaseMs,
        int crashLoopMax,
        int payloadBytesMax,
        long memoryBytesMax,
        Tenancy tenancy,
        long rangeFirst,
        long rangeLast,
        Retention.Limits retention) {
    /** What a call may say of its tenant (configuration `tenancy.mode`). */
    public enum Tenancy {
        /** A call names none. */
        OFF,
        /** A call may name one; absent means "-". */
        OPTIONAL,
        /** A call must name one. */
        REQUIRED
    }

    /** 10 s (design, section 5). */
    public static final int DEFAULT_LEASE_MS = 10_000;

    public static final int DEFAULT_CRASH_LOOP_MAX = 5;

    /** Settings of a shard that keeps every ended job. */
    public ShardSettings(
            int shard,
            int leaseMs,
            int crashLoopMax,
            int payloadBytesMax,
            long memoryBytesMax,
            Tenancy tenancy,
            long rangeFirst,
            long rangeLast) {
        this(
                shard,
                leaseMs,
                crashLoopMax,
                payloadBytesMax,
                memoryBytesMax,
                tenancy,
                rangeFirst,
                rangeLast,
                Retention.Limits.NONE);
    }

    /** Settings of a shard that owns all tenants, for tests and tools. */
    public static ShardSettings whole(int shard) {
        return new ShardSettings(
                shard,
                DEFAULT_LEASE_MS,
                DEFAULT_CRASH_LOOP_MAX,
                Bounds.PAYLOAD_BYTES_MAX,
                Long.MAX_VALUE,
                Tenancy.OPTIONAL,
                0,
                -1L);
    }
}
