package io.silo.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@link LogVerifier} found.
 *
 * @param identity whose log it is; null if no cycle says so.
 * @param cycles all that are there, oldest first.
 * @param records that are good and count.
 * @param firstPosition of them, {@link EventLog#NULL_POSITION} without any.
 * @param lastPosition of them, {@link EventLog#NULL_POSITION} without any.
 * @param durablePosition what the durable mark says, {@link EventLog#NULL_POSITION} without one.
 * @param bytes of the good records' files up to their ends.
 * @param findings empty if nothing is damaged.
 * @param notes sentences about what is no damage: a torn tail, cycles that count no more.
 */
public record LogReport(
        @Nullable LogIdentity identity,
        List<CycleReport> cycles,
        long records,
        long firstPosition,
        long lastPosition,
        long durablePosition,
        long bytes,
        List<Finding> findings,
        List<String> notes) {

    /** Whether nothing is damaged. */
    public boolean isSound() {
        return findings.isEmpty();
    }

    /** What a cycle is to the log. */
    public enum CycleState {
        /** Part of it. */
        RETAINED,
        /** Created ahead, not in use yet. */
        UNSTARTED,
        /** Trimmed or cut off; deleted at the next opening. */
        DEAD,
        /** Its identity cannot be read. */
        UNREADABLE
    }

    /**
     * One cycle.
     *
     * @param shardEpoch of its records, 0 unless it was started.
     * @param firstPosition of its first record, {@link EventLog#NULL_POSITION} unless it was started.
     * @param records good ones.
     * @param bytes of the file up to the end of the last good record.
     */
    public record CycleReport(
            long cycle, CycleState state, long shardEpoch, long firstPosition, long records, long bytes) {}

    /**
     * Something damaged.
     *
     * @param cycle where, -1 if no cycle is meant.
     * @param fileOffset where, -1 if unknown.
     */
    public record Finding(LogErrorCode code, long cycle, long fileOffset, String sentence) {}
}
