package io.silo.shard.command;

/** Where random choices come from; what they decide is recorded in events. */
@FunctionalInterface
public interface ShardRandom {
    long nextLong();

    /** Uniform in [0, bound]; {@code bound} at least 0 and below 2^62. */
    default long nextUpTo(long bound) {
        return (long) ((nextLong() >>> 11) * 0x1.0p-53 * (bound + 1));
    }
}
