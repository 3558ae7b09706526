package io.silo.shard.carry;

import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.shard.state.ShardView;
import java.util.concurrent.TimeUnit;

/**
 * Says when the oldest cycle is cleaned, and how many bytes the cleaner may append now. Shard thread only; does not allocate.
 *
 * <p>The oldest cycle is due if the log is longer than twice what is live in it, so that a pass over the log appends a byte for each byte
 * that it frees; if the cycle is small, as restarts leave them; if the log has many cycles that are far from full; or if the disk is low
 * and there is something to gain.
 *
 * <p>Commands and the cleaner together may append {@value #BYTES_PER_MS} bytes a millisecond; if commands take more, the cleaner may
 * append a sixteenth of what they do, a half if the log grows beyond three times what is live, and four times as much beyond five times:
 * then disk counts for more than speed. Measured at a peak with half-dead cycles, a sixteenth leaves 0.91 of the durable throughput and
 * 0.85 of the appended one (CleaningBenchmark).
 */
public final class CleaningPolicy {
    /** The log may be so many times as long as what is live in it (design, section 4). */
    static final int LIVE_RATIO_MAX = 2;

    /** Beyond these ratios the cleaner goes faster. */
    private static final int LIVE_RATIO_LATE = 3;

    private static final int LIVE_RATIO_PRESSING = 5;

    /** Cycles below this are always cleaned (design, section 4); where cycles are small, those below half a full one. */
    private static final long SMALL_CYCLE_BYTES = 1024 * 1024;

    /** Cycles beyond twice the number of full ones that would hold as much. Each costs an opening some milliseconds. */
    private static final int CYCLES_SPARE = 32;

    /** Cycles' worth of dead bytes at which a low disk makes the cleaner work, whatever is live. */
    private static final int CYCLES_GAINED_MIN = 2;

    /** Sixteenths of a byte carried for each byte that commands append. */
    private static final int SHARE = 1;

    private static final int SHARE_LATE = 8;
    private static final int SHARE_PRESSING = 64;
    private static final int SHARES_OF = 16;

    /** 16 MiB/s: leaves a disk to its other shards, and carries a cycle of 128 MiB in 8 s. */
    static final int BYTES_PER_MS = 16 * 1024;

    /** Most that may be saved up: some slices. */
    private static final long CREDIT_MAX = 256 * 1024;

    /** What a slice costs at least: it looked at rows, if it wrote nothing. */
    private static final int SLICE_BYTES_MIN = 2 * 1024;

    /** Time between two looks at the log while nothing is due. */
    private static final long LOOK_NS = TimeUnit.MILLISECONDS.toNanos(20);

    /** A request id that is remembered, a limit and all that can be set of it: generous. */
    private static final int REQUEST_BYTES = 80;

    private static final int LIMIT_BYTES = 256;
    private static final int SETTING_BYTES = 512;

    private final ShardView view;
    private final EventLog log;
    private final long smallCycleBytes;
    private long nextLookNs;
    private long lastNs;
    private boolean isStarted;
    private int share = SHARE;
    private long credit;
    private long appendedSince;

    public CleaningPolicy(ShardView view, EventLog log) {
        this.view = view;
        this.log = log;
        this.smallCycleBytes = Math.min(SMALL_CYCLE_BYTES, log.cycleBytes() / 2);
    }

    /** What the log would hold if all of it were carried: jobs, and what is set beside them. */
    public long liveBytes() {
        return view.jobs().liveBytes().total()
                + (long) view.requests().count() * REQUEST_BYTES
                + (long) view.limitCount() * LIMIT_BYTES
                + view.schedules().bytes()
                + (long) (view.tenantSettings().count()
                                + view.pauses().count()
                                + view.bulks().count())
                        * SETTING_BYTES;
    }

    /** Cycles below this are always cleaned, and several of them at once. */
    long smallCycleBytes() {
        return smallCycleBytes;
    }

    /** Whether the oldest cycle is to be cleaned. Looks at the log now and then. */
    boolean isDue(long nowNs) {
        if (isStarted && nowNs - nextLookNs < 0) {
            return false;
        }
        isStarted = true;
        nextLookNs = nowNs + LOOK_NS;
        if (log.cycleCount() < 2) {
            return false;
        }
        final long retained = log.retainedBytes();
        final long live = liveBytes();
        share = retained > LIVE_RATIO_PRESSING * live
                ? SHARE_PRESSING
                : retained > LIVE_RATIO_LATE * live ? SHARE_LATE : SHARE;
        return retained > LIVE_RATIO_MAX * live
                || log.oldestCycleBytes() < smallCycleBytes
                || log.cycleCount() > CYCLES_SPARE + 2 * (retained / log.cycleBytes())
                || isDiskPressing(retained, live);
    }

    private boolean isDiskPressing(long retained, long live) {
        if (log.diskState() == DiskState.OK || retained - live < CYCLES_GAINED_MIN * log.cycleBytes()) {
            return false;
        }
        share = SHARE_PRESSING;
        return true;
    }

    /** A record of so many bytes was appended: of commands, or of the cleaner, which {@link #carried} evens out. */
    void appended(long bytes) {
        credit = Math.min(CREDIT_MAX, credit + bytes * share / SHARES_OF);
        appendedSince += bytes;
    }

    /** Whether the cleaner may do another slice. */
    boolean allows(long nowNs) {
        final long ms = Math.min(CREDIT_MAX, TimeUnit.NANOSECONDS.toMillis(Math.max(0, nowNs - lastNs)));
        if (ms > 0) {
            lastNs = nowNs;
            credit = Math.min(CREDIT_MAX, credit + Math.max(0, ms * BYTES_PER_MS - appendedSince));
            appendedSince = 0;
        }
        return credit > 0;
    }

    /** The cleaner did a slice, and appends so many bytes. */
    void carried(long bytes) {
        credit -= Math.max(SLICE_BYTES_MIN, bytes) + bytes * share / SHARES_OF;
        appendedSince -= bytes;
    }
}
