package io.silo.simulation.canary;

import io.silo.shard.Clock;

/** Runs three times as fast as time does: leases end early. */
final class FastClock implements Clock {
    private final Clock clock;

    FastClock(Clock clock) {
        this.clock = clock;
    }

    @Override
    public long wallMs() {
        return clock.wallMs();
    }

    @Override
    public long nanoTime() {
        return clock.nanoTime() * 3;
    }
}
