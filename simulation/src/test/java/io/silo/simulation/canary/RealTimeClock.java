package io.silo.simulation.canary;

import io.silo.shard.Clock;

/** Adds up to a millisecond of real time to the virtual one: a run depends on when it is made. */
final class RealTimeClock implements Clock {
    private static final long MIXED_NS_MAX = 1_000_000;
    private final Clock clock;
    private long lastNs = Long.MIN_VALUE;

    RealTimeClock(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long wallMs() {
        return clock.wallMs();
    }

    @Override
    public long nanoTime() {
        lastNs = Math.max(lastNs, clock.nanoTime() + Math.floorMod(System.nanoTime(), MIXED_NS_MAX));
        return lastNs;
    }
}
