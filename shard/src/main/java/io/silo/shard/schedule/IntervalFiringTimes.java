package io.silo.shard.schedule;

/** Every so many ms since the first. */
record IntervalFiringTimes(long intervalMs, long firstAtMs) implements FiringTimes {
    @Override
    public long nextAfter(long ms) {
        return ms < firstAtMs ? firstAtMs : firstAtMs + ((ms - firstAtMs) / intervalMs + 1) * intervalMs;
    }

    @Override
    public long lastUntil(long ms) {
        return ms < firstAtMs ? NEVER : firstAtMs + (ms - firstAtMs) / intervalMs * intervalMs;
    }
}
