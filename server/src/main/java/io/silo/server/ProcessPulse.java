package io.silo.server;

import io.silo.transport.IngressContext;
import java.util.concurrent.TimeUnit;

/**
 * Tells a process that stood still from a thread that did: one thread ticks twice a second, the shard threads ask whether it did
 * so while they rested. A slow disk holds one thread up and nobody's connection is lost; a stopped process loses all of them.
 */
final class ProcessPulse implements IngressContext.Standstills {
    /** Two seconds: four ticks missed. Less than what the shard threads ask for, so that no standstill falls between. */
    private static final long MISSED_NS = TimeUnit.SECONDS.toNanos(2);

    /** Before everything that anybody asks for. */
    private static final long NEVER_NS = TimeUnit.DAYS.toNanos(36_500);

    private volatile long tickNs = System.nanoTime();
    private volatile long stoodStillNs = tickNs - NEVER_NS;

    /** Called by one thread, again and again. */
    void tick() {
        final long nowNs = System.nanoTime();
        if (nowNs - tickNs > MISSED_NS) {
            stoodStillNs = nowNs; // before the tick: who sees that one sees this
        }
        tickNs = nowNs;
    }

    @Override
    public boolean isWholeProcess(long sinceNs, long nowNs) {
        return nowNs - tickNs > MISSED_NS || stoodStillNs - sinceNs > 0;
    }
}
