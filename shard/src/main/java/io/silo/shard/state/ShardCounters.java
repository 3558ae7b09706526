package io.silo.shard.state;

import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Counters and gauges of a shard. The shard thread writes with release stores, any thread reads; nothing is ever reset. Counters by
 * template id cover messages that do not exist yet, so that a new command needs no edit here.
 */
public final class ShardCounters {
    /** Figures that are not counted by a template id or code. */
    public enum Figure {
        /** Replies that left after the sync. */
        ACKNOWLEDGED_DURABLE,
        /** Replies that left from the page cache. */
        ACKNOWLEDGED_APPENDED,
        /** Commands put off because no reply could be parked, or the duty cycle's new jobs were used up. */
        COMMANDS_PUT_OFF,
        RECORDS_APPENDED,
        BYTES_APPENDED,
        SYNCS,
        /** Time spent in syncs, ns. */
        SYNC_NS,
        LEASES_EXPIRED,
        ATTEMPTS_RETRIED,
        /** Reads ahead of grants that were asked for. */
        READS_AHEAD,
        /** Grants whose task was read from its file on the shard thread without having been read ahead. */
        GRANTS_COLD,
        /** Questions to the rate limit service. */
        RATE_ASKS,
        RATE_ANSWERS_PASS,
        RATE_ANSWERS_OVER,
        /** Those that were none, and those that did not come in time. */
        RATE_ANSWERS_ERROR,
        /** Those that came too late or were never asked for. */
        RATE_ANSWERS_DROPPED,
        /** Times that a worker was given a floating limit to find out. */
        REFRESHES_LEASED,
        REFRESHES_SUCCEEDED,
        REFRESHES_FAILED,
        /** Bytes appended by the cleaner, and cycles that it let go. */
        BYTES_CARRIED,
        CYCLES_TRIMMED,
        /** Gauges from here. Jobs by status, in the order of {@link JobState}. */
        JOBS_SCHEDULED,
        JOBS_RUNNING,
        JOBS_SUCCEEDED,
        JOBS_FAILED,
        JOBS_CANCELLED,
        LEASES,
        MEMORY_BYTES,
        PARKED_REPLIES,
        RATE_ASKS_UNDER_WAY,
        /** Floating limits that are to be found out and that no worker has. */
        FLOATING_LIMITS_DUE,
        DURABLE_POSITION,
        APPENDED_POSITION,
        SHARD_EPOCH,
        /** Bytes of the retained records, and of what is live in them (an estimate). */
        LOG_BYTES,
        LOG_LIVE_BYTES,
        LOG_CYCLES,
        /** Ordinal of the log's {@code DiskState}: 0 = everything may be appended, 1 = no new work, 2 = nothing. */
        DISK_STATE,
        /** Whether the shard's thread refuses new work, because more arrives than it can carry: 1 or 0. */
        OVERLOADED
    }

    /** Template ids and reject codes lie below this, a power of two. */
    public static final int IDS_MAX = 512;

    private static final int EVENTS = 0;
    private static final int COMMANDS = IDS_MAX;
    private static final int REFUSALS = 2 * IDS_MAX;
    private static final int FIGURES = 3 * IDS_MAX;

    private final UnsafeBuffer values =
            new UnsafeBuffer(ByteBuffer.allocateDirect((FIGURES + Figure.values().length) * Long.BYTES));

    /** Shard thread only. */
    public void countEvent(int templateId) {
        add(EVENTS + (templateId & (IDS_MAX - 1)), 1);
    }

    /** Shard thread only. */
    public void countCommand(int templateId) {
        add(COMMANDS + (templateId & (IDS_MAX - 1)), 1);
    }

    /** Shard thread only. */
    public void countRefusal(int code) {
        add(REFUSALS + (code & (IDS_MAX - 1)), 1);
    }

    /** Shard thread only. */
    public void add(Figure figure, long amount) {
        add(FIGURES + figure.ordinal(), amount);
    }

    /** Shard thread only. */
    public void set(Figure figure, long value) {
        values.putLongOrdered((FIGURES + figure.ordinal()) * Long.BYTES, value);
    }

    /** Events of this template appended since the shard was opened. */
    public long events(int templateId) {
        return values.getLongVolatile((EVENTS + templateId) * Long.BYTES);
    }

    /** Commands of this template taken. */
    public long commands(int templateId) {
        return values.getLongVolatile((COMMANDS + templateId) * Long.BYTES);
    }

    /** Whole commands refused with this code. */
    public long refusals(int code) {
        return values.getLongVolatile((REFUSALS + code) * Long.BYTES);
    }

    public long get(Figure figure) {
        return values.getLongVolatile((FIGURES + figure.ordinal()) * Long.BYTES);
    }

    private void add(int index, long amount) {
        final int at = index * Long.BYTES;
        values.putLongOrdered(at, values.getLong(at) + amount);
    }
}
