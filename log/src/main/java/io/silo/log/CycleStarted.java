package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Second document of a cycle, written when it becomes the active one: where the log stood. It states the end of the cycle before it for
 * good; bytes behind that end are dead. Little-endian.
 *
 * <pre>
 *   0       8        12       16      24         32         40         48         52         56     72     80   84
 *   +-------+--------+--------+-------+----------+----------+----------+----------+----------+------+------+----+-----+
 *   | magic | format | reason | epoch | first    | previous | previous | previous | preamble | boot | time | 0  | crc |
 *   |       |        |        |       | position | cycle    | position | crc      | crc      | id   | ms   |    |     |
 *   +-------+--------+--------+-------+----------+----------+----------+----------+----------+------+------+----+-----+
 * </pre>
 *
 * The preamble's CRC is in it and so under its own.
 *
 * @param reason why the cycle was started.
 * @param epoch shard epoch of all its records.
 * @param firstPosition position of its first record.
 * @param previousCycle cycle before it, or {@link DurableMark#NO_CYCLE}.
 * @param previousPosition last record of the log before it, or {@link EventLog#NULL_POSITION}.
 * @param previousCrc CRC of that record, 0 if there is none.
 * @param bootIdHigh of the kernel's boot that the cycle was started on.
 */
record CycleStarted(
        Reason reason,
        long epoch,
        long firstPosition,
        long previousCycle,
        long previousPosition,
        int previousCrc,
        int preambleCrc,
        long bootIdHigh,
        long bootIdLow,
        long timeMs) {
    static final int BYTES = 88;

    /** "SILOSTRT" in ASCII. */
    private static final long MAGIC = 0x53494C4F53545254L;

    private static final int CRC_INDEX = BYTES - Integer.BYTES;

    /** Why a cycle was started. */
    enum Reason {
        /** The log was opened: a new epoch. */
        OPENED(0),
        /** The cycle before it was full. */
        ROLLED(1),
        /** What lay behind {@code previousPosition} was cut off on purpose: a new epoch. */
        TRUNCATED(2);

        private final int code;

        Reason(int code) {
            this.code = code;
        }

        private static @Nullable Reason of(int code) {
            for (Reason reason : values()) {
                if (reason.code == code) {
                    return reason;
                }
            }
            return null;
        }
    }

    void encode(MutableDirectBuffer buffer) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(CyclePreamble.FORMAT).putInt(reason.code);
        bytes.putLong(epoch).putLong(firstPosition).putLong(previousCycle).putLong(previousPosition);
        bytes.putInt(previousCrc).putInt(preambleCrc);
        bytes.putLong(bootIdHigh).putLong(bootIdLow).putLong(timeMs).putInt(0);
        bytes.putInt(crcOf(bytes));
        buffer.putBytes(0, bytes.flip(), BYTES);
    }

    /** The statement in a document, or null if it is none, damaged, or of another preamble. */
    static @Nullable CycleStarted decode(DirectBuffer buffer, int offset, int length, CyclePreamble preamble) {
        if (length != BYTES) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.getBytes(offset, bytes, BYTES);
        Reason reason = Reason.of(bytes.getInt(12));
        if (bytes.getLong(0) != MAGIC
                || bytes.getInt(8) != CyclePreamble.FORMAT
                || bytes.getInt(CRC_INDEX) != crcOf(bytes)
                || bytes.getInt(52) != preamble.crc()
                || reason == null) {
            return null;
        }
        return new CycleStarted(
                reason,
                bytes.getLong(16),
                bytes.getLong(24),
                bytes.getLong(32),
                bytes.getLong(40),
                bytes.getInt(48),
                bytes.getInt(52),
                bytes.getLong(56),
                bytes.getLong(64),
                bytes.getLong(72));
    }

    private static int crcOf(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().limit(CRC_INDEX).position(0));
        return (int) crc.getValue();
    }
}
