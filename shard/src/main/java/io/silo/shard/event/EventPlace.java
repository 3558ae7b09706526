package io.silo.shard.event;

import io.silo.protocol.LeaseToken;

/** Where an event lies and what its record says. Reused from event to event; shard thread only. */
public final class EventPlace {
    private long position;
    private long shardEpoch;
    private long timeMs;
    private int index;
    private int offset;
    private int length;
    private boolean lenient;

    void record(long position, long shardEpoch, long timeMs) {
        this.position = position;
        this.shardEpoch = shardEpoch;
        this.timeMs = timeMs;
    }

    void event(int index, int offset, int length) {
        this.index = index;
        this.offset = offset;
        this.length = length;
    }

    void lenient(boolean lenient) {
        this.lenient = lenient;
    }

    /** Position of the record. */
    public long position() {
        return position;
    }

    public long shardEpoch() {
        return shardEpoch;
    }

    /** Time of the record: the only "now" an applier knows. */
    public long timeMs() {
        return timeMs;
    }

    /** Offset of the event's message header, behind the header of the record. */
    public int offset() {
        return offset;
    }

    /** Length of message header and event. */
    public int length() {
        return length;
    }

    /** Lease token that a TaskLeased event at this place grants. */
    public long token() {
        // [SILO-TOKEN-1]
        return LeaseToken.of(position, index);
    }

    /**
     * Whether the log was trimmed and its governing CarriedThrough is still ahead: events of unknown entities are then skipped, since
     * an image follows. Otherwise an unknown entity is corruption.
     */
    public boolean isLenient() {
        return lenient;
    }
}
