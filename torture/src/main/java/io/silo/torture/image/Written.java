package io.silo.torture.image;

import java.util.Arrays;

/** A record as it was given to the log, or as a recovery found it. */
record Written(long position, long epoch, long timeMs, int eventCount, byte[] events) {
    boolean isSame(Written other) {
        return position == other.position
                && epoch == other.epoch
                && timeMs == other.timeMs
                && eventCount == other.eventCount
                && Arrays.equals(events, other.events);
    }
}
