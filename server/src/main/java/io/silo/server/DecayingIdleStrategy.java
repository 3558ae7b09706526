package io.silo.server;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.IdleStrategy;

/**
 * Waits briefly after work and longer the longer there was none: spins, yields, parks 100 µs while work was there within the
 * last second, then doubles the park up to 10 ms, or until a timer is due. A busy server answers at once; an idle one costs next
 * to nothing.
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

    /** Time without work after which a shard thread's parks grow (design: 1 s). */
    static final long SHARD_DECAY_NS = TimeUnit.SECONDS.toNanos(1);

    /**
     * The same for the media driver: it has a timer of its own every second, which a longer time would never outlast. Traffic
     * over UDP wakes it more often; IPC does not pass through it.
     */
    static final long DRIVER_DECAY_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final long decayAfterNs;
    private int turns;
    private long parkNs = PARK_MIN_NS;
    private long idleSinceNs;
    private long parkAtMostNs = Long.MAX_VALUE;

    /**
     * @param decayAfterNs time without work after which parks grow.
     */
    DecayingIdleStrategy(long decayAfterNs) {
        this.decayAfterNs = decayAfterNs;
    }

    /** The next park ends by then, as far as {@link #PARK_MIN_NS} allows: a timer is due. */
    void parkAtMost(long ns) {
        parkAtMostNs = ns;
    }

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
            LockSupport.parkNanos(Math.max(PARK_MIN_NS, Math.min(parkNs, parkAtMostNs)));
            if (parkNs < PARK_MAX_NS && System.nanoTime() - idleSinceNs > decayAfterNs) {
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
