package io.silo.log;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What recovery found out about a log that is not open.
 *
 * @param mark the newest durable mark, null if the log was never started.
 * @param chain the cycles that make up the log, oldest first, each started.
 * @param deadCycles cycles that are there and count no more: trimmed, cut off, or never started.
 * @param endPosition last record, or {@link EventLog#NULL_POSITION}.
 * @param endCrc its CRC, 0 without one.
 * @param highestEpoch of all cycles and the mark.
 * @param highestCycle number that is there or was named; the next one goes above it.
 * @param cutOff what was cut off behind the end, as a sentence; null if nothing was.
 */
record RecoveredLog(
        @Nullable DurableMark mark,
        List<CycleHeader> chain,
        List<Long> deadCycles,
        long endPosition,
        int endCrc,
        long highestEpoch,
        long highestCycle,
        @Nullable String cutOff) {}
