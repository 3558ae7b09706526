package io.silo.shard;

/**
 * Time of a shard thread. Follows the wall clock and never runs backwards: while the wall is behind, it goes on from the last
 * reading at monotonic rate. A forward step of more than {@code stepMsMax} while running is not followed until an operator accepts
 * it (design, section 2). Shard thread only.
 */
final class ShardClock {
    /**
     * Time between two readings above which the thread counts as having stood still: half of Aeron's time-outs. In less no client
     * gives its connection up, so what it sent meanwhile is there to be drained before anything expires.
     */
    static final long STANDSTILL_MS = 5_000;

    private final Clock clock;
    private final long stepMsMax;
    private long lastWallMs;
    private long lastNs;
    private long nowMs;
    private long monotonicMs;
    private boolean stepHeld;
    private boolean started;
    private long standstillMs;

    ShardClock(Clock clock, long stepMsMax) {
        this.clock = clock;
        this.stepMsMax = stepMsMax;
    }

    /** Nothing from before {@code timeMs} will be told: the log holds it. */
    void notBefore(long timeMs) {
        nowMs = Math.max(nowMs, timeMs);
    }

    /** Reads the ports once. */
    void update() {
        final long ns = clock.nanoTime();
        final long wallMs = clock.wallMs();
        if (!started) {
            started = true;
            lastNs = ns;
            nowMs = Math.max(nowMs, wallMs);
        }
        // Whole milliseconds only; the rest stays in lastNs, so that slow and fast cycles count the same.
        final long elapsedMs = (ns - lastNs) / 1_000_000;
        lastNs += elapsedMs * 1_000_000;
        monotonicMs += elapsedMs;
        standstillMs = elapsedMs > STANDSTILL_MS ? elapsedMs : 0;
        final long expectedMs = nowMs + elapsedMs;
        stepHeld = wallMs > expectedMs + stepMsMax;
        nowMs = stepHeld || wallMs < nowMs ? expectedMs : wallMs;
        lastWallMs = wallMs;
    }

    /** An operator accepts the step: the clock jumps to the wall. */
    void acceptStep() {
        nowMs = Math.max(nowMs, lastWallMs);
    }

    /** Unix epoch ms of the last {@link #update}. */
    long nowMs() {
        return nowMs;
    }

    /** Ms since the first {@link #update}: what durations are counted by. */
    long monotonicMs() {
        return monotonicMs;
    }

    /** How long the thread stood still before the last {@link #update}: 0, or more than {@link #STANDSTILL_MS}. */
    long standstillMs() {
        return standstillMs;
    }

    /** Whether the wall is further ahead than is followed. */
    boolean isStepHeld() {
        return stepHeld;
    }
}
