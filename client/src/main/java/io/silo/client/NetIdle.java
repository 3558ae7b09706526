package io.silo.client;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * How the net thread rests: shortly while an answer is due soon, ever longer when nothing happens, and awake at once when a call
 * is handed over.
 *
 * <p>The pauses follow the server's: 100 µs for the first second without work, then up to 10 ms, with which an idle client costs
 * next to nothing, and which a task pushed to a worker idle for so long may wait; 1 ms while an answer is due, as in a long poll. An
 * answer that is due is yielded for before, as long as most take.
 */
final class NetIdle {
    private static final int SPINS = 20;

    /** Yields so long while an answer is due: an appended one is there before a park would end, a durable one behind most syncs. */
    private static final long EAGER_YIELDS_NS = TimeUnit.MICROSECONDS.toNanos(250);

    private static final long EAGER_PARK_NS = 1_000; // the kernel makes about 55 µs of it
    private static final long EAGER_PARKS_NS =
            TimeUnit.MILLISECONDS.toNanos(50); // a slow sync is answered in that time
    private static final long SHORT_PARK_NS = TimeUnit.MICROSECONDS.toNanos(100);
    private static final long SHORT_PARKS_NS = TimeUnit.SECONDS.toNanos(1);
    private static final long LONG_PARK_NS_MAX = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long EXPECTING_PARK_NS_MAX = TimeUnit.MILLISECONDS.toNanos(1);

    private final Thread thread;
    private final LongSupplier nanoTime;
    private final LongConsumer park;
    private volatile boolean parked;
    private volatile boolean wakeUp;
    private int spins;
    private long idleSinceNs;
    private long parkNs = SHORT_PARK_NS;

    NetIdle(Thread thread) {
        this(thread, System::nanoTime, LockSupport::parkNanos);
    }

    NetIdle(Thread thread, LongSupplier nanoTime, LongConsumer park) {
        this.thread = thread;
        this.nanoTime = nanoTime;
        this.park = park;
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
                idleSinceNs = nanoTime.getAsLong();
            }
            Thread.yield();
            return;
        }
        final long idleNs = nanoTime.getAsLong() - idleSinceNs;
        if (expecting && idleNs < EAGER_YIELDS_NS) {
            Thread.yield();
            return;
        }
        parked = true;
        if (!wakeUp) {
            park.accept(parkNs(idleNs, expecting));
        }
        parked = false;
    }

    private long parkNs(long idleNs, boolean expecting) {
        if (expecting && idleNs < EAGER_PARKS_NS) {
            return EAGER_PARK_NS;
        }
        if (idleNs >= SHORT_PARKS_NS) {
            parkNs = Math.min(expecting ? EXPECTING_PARK_NS_MAX : LONG_PARK_NS_MAX, parkNs * 2);
        }
        return parkNs;
    }
}
