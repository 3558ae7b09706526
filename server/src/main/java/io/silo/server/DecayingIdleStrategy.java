package io.silo.server;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;
import org.agrona.concurrent.IdleStrategy;

/**
 * Waits briefly after work and longer the longer there was none: spins, yields, parks 100 µs while work was there within the
 * last second, then doubles the park up to 10 ms, or until a timer is due. A busy server answers at once; an idle one costs next
 * to nothing. Where work came within a millisecond or two lately, it is yielded for so long before it is parked: a park of 100 µs takes
 * half as long again, and each hop of a job would wait for one.
 *
 * <p>Belongs to one thread.
 */
public final class DecayingIdleStrategy implements IdleStrategy {
    /** Turns that only spin: about a microsecond, the time of an IPC round trip. */
    private static final int SPINS = 32;

    /** Turns that yield, which gives a client on the same core its turn. */
    private static final int YIELDS = 32;

    /** Yields so long if the last wait was not longer: at 1,000 calls a second the next is there before a park (design: p50 of 50 µs). */
    private static final long YIELD_MAX_NS = TimeUnit.MILLISECONDS.toNanos(2);

    /** Park while work was there lately (design: 100 µs). */
    private static final long PARK_MIN_NS = TimeUnit.MICROSECONDS.toNanos(100);

    /** Longest park (design: 10 ms). */
    private static final long PARK_MAX_NS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Time without work after which a shard thread's parks grow (design: 1 s). */
    private static final long SHARD_DECAY_NS = TimeUnit.SECONDS.toNanos(1);

    /**
     * The same for the media driver: it has a timer of its own every second, which a longer time would never outlast. Traffic
     * over UDP wakes it more often; IPC does not pass through it.
     */
    private static final long DRIVER_DECAY_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /**
     * The same for the media driver behind work that came after a long silence, as that timer's does: the parks behind it were half of what an
     * idle driver cost. Two calls a second over UDP take as long as before: 3.3 ms in the median, 3.5 without.
     */
    private static final long DRIVER_LONE_DECAY_NS = TimeUnit.MILLISECONDS.toNanos(2);

    /** Work after so long comes alone, as the driver's own does each second. */
    private static final long SILENCE_NS = TimeUnit.MILLISECONDS.toNanos(250);

    private final long decayNs;
    private final long loneDecayNs;
    private long decayAfterNs;
    private final LongSupplier nanoTime;
    private final LongConsumer park;
    private int turns;
    private long parkNs = PARK_MIN_NS;
    private long idleSinceNs;
    private boolean isWorthYielding;
    private long parkAtMostNs = Long.MAX_VALUE;

    /** For a shard's thread. */
    static DecayingIdleStrategy ofShards() {
        return new DecayingIdleStrategy(SHARD_DECAY_NS, SHARD_DECAY_NS, System::nanoTime, LockSupport::parkNanos);
    }

    /** For the thread of a media driver. */
    static DecayingIdleStrategy ofDriver() {
        return new DecayingIdleStrategy(
                DRIVER_DECAY_NS, DRIVER_LONE_DECAY_NS, System::nanoTime, LockSupport::parkNanos);
    }

    /**
     * @param decayNs time without work after which parks grow.
     * @param loneDecayNs the same behind work that came alone.
     */
    DecayingIdleStrategy(long decayNs, long loneDecayNs, LongSupplier nanoTime, LongConsumer park) {
        this.decayNs = decayNs;
        this.loneDecayNs = loneDecayNs;
        this.nanoTime = nanoTime;
        this.park = park;
        decayAfterNs = decayNs;
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
                idleSinceNs = nanoTime.getAsLong();
            }
            Thread.yield();
        } else if (isWorthYielding) {
            isWorthYielding = nanoTime.getAsLong() - idleSinceNs < YIELD_MAX_NS;
            Thread.yield();
        } else {
            park.accept(Math.max(PARK_MIN_NS, Math.min(parkNs, parkAtMostNs)));
            if (parkNs < PARK_MAX_NS && nanoTime.getAsLong() - idleSinceNs > decayAfterNs) {
                parkNs = Math.min(parkNs * 2, PARK_MAX_NS);
            }
        }
    }

    @Override
    public void reset() {
        if (turns == SPINS + YIELDS) {
            final long silenceNs = nanoTime.getAsLong() - idleSinceNs;
            isWorthYielding = silenceNs < YIELD_MAX_NS;
            decayAfterNs = silenceNs < SILENCE_NS ? decayNs : loneDecayNs;
        }
        turns = 0;
        parkNs = PARK_MIN_NS;
    }

    @Override
    public String alias() {
        return "decaying";
    }
}
