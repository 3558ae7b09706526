package io.silo.log;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Writes the durable mark, slot after slot. The shard's thread. */
final class MarkWriter {
    private static final long NEVER = Long.MIN_VALUE;

    private final CycleStore store;
    private final FaultPlan faults;
    private final ByteBuffer slot = ByteBuffer.allocateDirect(DurableMark.SLOT_BYTES);
    private long sequence;
    private boolean isPresent;
    private long markedPosition = EventLog.NULL_POSITION;
    private long seenPosition = EventLog.NULL_POSITION;
    private long seenSinceNs = NEVER;

    MarkWriter(CycleStore store, FaultPlan faults, @Nullable DurableMark found) {
        this.store = store;
        this.faults = faults;
        isPresent = found != null;
        sequence = found == null ? 0 : found.sequence();
    }

    boolean isPresent() {
        return isPresent;
    }

    /** Writes and syncs the next slot. */
    void write(long cycle, long position, int crc, long epoch, long firstCycle, boolean isClean) {
        faults.at("log.mark");
        var mark = new DurableMark(sequence + 1, cycle, position, crc, epoch, firstCycle, isClean);
        mark.encode(slot);
        store.writeMark(mark.slot(), slot);
        sequence++;
        isPresent = true;
        markedPosition = position;
        seenPosition = position;
        seenSinceNs = NEVER;
    }

    /** Whether the durable position is ahead of the mark and has not moved for the idle time. */
    boolean isDue(long durablePosition, long nowNs, long idleNs) {
        if (durablePosition == markedPosition) {
            return false;
        }
        if (durablePosition != seenPosition || seenSinceNs == NEVER) {
            seenPosition = durablePosition;
            seenSinceNs = nowNs;
        }
        return nowNs - seenSinceNs >= idleNs;
    }
}
