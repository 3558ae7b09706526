package io.silo.server;

import io.silo.shard.Clock;

/** The machine's clocks. Stateless; any thread. */
final class SystemClock implements Clock {
    @Override
    public long wallMs() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
