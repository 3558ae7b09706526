package io.silo.shard.event;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.shard.state.InvariantViolation;
import org.agrona.DirectBuffer;

/**
 * How events lie in a record: back to back, each behind its length, so that a reader can skip what it does not know.
 *
 * <pre>
 *   [ length i32 ][ SBE message header + event ] [ length i32 ][ ... ]
 * </pre>
 */
public final class EventFrames {
    /** Bytes before each event. */
    public static final int LENGTH_BYTES = 4;

    /** Takes one event of a record. */
    @FunctionalInterface
    public interface FrameHandler {
        /**
         * @param index of the event in its record, from 0.
         * @param offset of the event's SBE message header in {@code buffer}.
         * @param length of header and event.
         */
        void onEvent(int index, DirectBuffer buffer, int offset, int length);
    }

    private EventFrames() {}

    /**
     * Walks the events of a record.
     *
     * @throws InvariantViolation if the lengths do not fill the record exactly: impossible behind an intact CRC.
     */
    public static void forEach(DirectBuffer buffer, int offset, int length, FrameHandler handler) {
        int index = 0;
        int at = offset;
        final int end = offset + length;
        while (at < end) {
            final int eventLength = at + LENGTH_BYTES <= end ? buffer.getInt(at, LITTLE_ENDIAN) : -1;
            if (eventLength <= 0 || eventLength > end - at - LENGTH_BYTES) {
                throw new InvariantViolation("event " + index + " does not fit its record");
            }
            handler.onEvent(index, buffer, at + LENGTH_BYTES, eventLength);
            at += LENGTH_BYTES + eventLength;
            index++;
        }
    }
}
