package io.silo.server;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * Waits briefly after work and longer the longer there was none: spins, yields, parks 100 µs while work was there within the
 * last second, then doubles the park up to 10 ms. A busy server answers at once; an idle one costs next to nothing.
 *
 * <p>Belongs to one thread.
 */
public final class DecayingIdleStrategy implements IdleStrategy {
    /** Turns that only spin: about a microsecond, the time of an IPC round trip. */
    private static final int SPINS = 32;

    /** Turns that yield, which gives a client on the same core its turn. */
    private static final int YIELDS = 32;

    /** Park while work was there lately (design: 100 µs). */
    private static final long PARK_MIN_NS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Longest park (design: 10 ms). */
    private static final long PARK_MAX_NS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Time without work after which parks grow (design: 1 s). */
    private static final long DECAY_AFTER_NS = TimeUnit.SECONDS.toNanos(1);

    private int turns;
    private long parkNs = PARK_MIN_NS;
    private long idleSinceNs;

    @Override
    public void idle(int workCount) {
        if (workCount > 0) {
            reset();
        } else {
            idle();
        }
    }

    @Override
    @SuppressWarnings("ThreadPriorityCheck") // Yielding is what a busy client on the same core needs.
    public void idle() {
        if (turns < SPINS) {
            turns++;
            Thread.onSpinWait();
        } else if (turns < SPINS + YIELDS) {
            if (++turns == SPINS + YIELDS) {
                idleSinceNs = System.nanoTime();
            }
            Thread.yield();
        } else {
            LockSupport.parkNanos(parkNs);
            if (parkNs < PARK_MAX_NS && System.nanoTime() - idleSinceNs > DECAY_AFTER_NS) {
                parkNs = Math.min(parkNs * 2, PARK_MAX_NS);
            }
        }
    }

    @Override
    public void reset() {
        turns = 0;
        parkNs = PARK_MIN_NS;
    }

    @Override
    public String alias() {
        return "decaying";
    }
}
