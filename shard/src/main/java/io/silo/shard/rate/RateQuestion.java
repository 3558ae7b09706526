package io.silo.shard.rate;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** What is asked of a rate limit for one start of one job. Mutable and reused; valid during the call it is given to. */
public final class RateQuestion {
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);
    private long hits;
    private long hitsMax;
    private long durationMs;
    private long burst;
    private int flags;
    private boolean isLeaky;

    /** Sets all but the texts, which are wrapped through {@link #tenant}, {@link #name} and {@link #key}. */
    public void set(long startHits, long max, long duration, long burstMax, int behaviour, boolean leaky) {
        hits = startHits;
        hitsMax = max;
        durationMs = duration;
        burst = burstMax;
        flags = behaviour;
        isLeaky = leaky;
    }

    /** UTF-8. */
    public DirectBuffer tenant() {
        return tenant;
    }

    /** UTF-8, of the rate limit. */
    public DirectBuffer name() {
        return name;
    }

    /** UTF-8, of the bucket. */
    public DirectBuffer key() {
        return key;
    }

    /** Hits that the start takes. */
    public long hits() {
        return hits;
    }

    /** Hits in a duration. */
    public long hitsMax() {
        return hitsMax;
    }

    /** In ms, or the number of a unit of the calendar. */
    public long durationMs() {
        return durationMs;
    }

    /** What a leaky bucket holds; 0 = {@link #hitsMax}. */
    public long burst() {
        return burst;
    }

    /** Behaviour bits, as the job named them. */
    public int flags() {
        return flags;
    }

    public boolean isLeaky() {
        return isLeaky;
    }
}
