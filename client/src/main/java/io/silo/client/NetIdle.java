package io.silo.client;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * How the net thread rests: shortly while an answer is due, ever longer when nothing happens, and awake at once when a call is
 * handed over.
 *
 * <p>The pauses follow the server's: 100 µs for the first second without work, then up to 10 ms, which is what an idle client
 * costs next to nothing with and what a task pushed to a worker that long idle may wait.
 */
final class NetIdle {
    private static final int SPINS = 20;
    private static final long EXPECTING_PARK_NS = 1_000; // the kernel makes about 55 µs of it
    private static final long SHORT_PARK_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long LONG_PARK_NS_MAX = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long SHORT_PARKS_NS = TimeUnit.SECONDS.toNanos(1);

    private final Thread thread;
    private volatile boolean parked;
    private volatile boolean wakeUp;
    private int spins;
    private long idleSinceNs;
    private long parkNs = SHORT_PARK_NS;

    NetIdle(Thread thread) {
        this.thread = thread;
    }

    /** Any thread. */
    void wake() {
        wakeUp = true;
        if (parked) {
            LockSupport.unpark(thread);
        }
    }

    /** Net thread. */
    void idle(int workCount, boolean expecting) {
        if (workCount > 0 || wakeUp) {
            wakeUp = false;
            spins = 0;
            parkNs = SHORT_PARK_NS;
            return;
        }
        if (spins++ < SPINS) {
            if (spins == 1) {
                idleSinceNs = System.nanoTime();
            }
            Thread.yield();
            return;
        }
        if (!expecting && System.nanoTime() - idleSinceNs > SHORT_PARKS_NS) {
            parkNs = Math.min(LONG_PARK_NS_MAX, parkNs * 2);
        }
        parked = true;
        if (!wakeUp) {
            LockSupport.parkNanos(expecting ? EXPECTING_PARK_NS : parkNs);
        }
        parked = false;
    }
}
