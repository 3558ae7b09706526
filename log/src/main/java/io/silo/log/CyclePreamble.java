package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * First document of a cycle, written when it is created ahead: whose it is, and its salt. Little-endian.
 *
 * <pre>
 *   0       8        12       16         32       48      56           72   76
 *   +-------+--------+--------+----------+--------+-------+------------+----+-----+
 *   | magic | format | 0      | cluster  | shard  | cycle | salt       | 0  | crc |
 *   +-------+--------+--------+----------+--------+-------+------------+----+-----+
 * </pre>
 */
record CyclePreamble(LogIdentity identity, long cycle, long saltHigh, long saltLow, int crc) {
    static final int BYTES = 80;
    static final int FORMAT = 1;

    /** "SILOCYCL" in ASCII. */
    static final long MAGIC = 0x53494C4F4359434CL;

    private static final int CRC_INDEX = BYTES - Integer.BYTES;

    static void encode(MutableDirectBuffer buffer, LogIdentity identity, long cycle, long saltHigh, long saltLow) {
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putLong(MAGIC).putInt(FORMAT).putInt(0);
        bytes.putLong(identity.clusterIdHigh()).putLong(identity.clusterIdLow());
        bytes.putLong(identity.shardIdHigh()).putLong(identity.shardIdLow());
        bytes.putLong(cycle).putLong(saltHigh).putLong(saltLow).putInt(0);
        bytes.putInt(crcOf(bytes));
        buffer.putBytes(0, bytes.flip(), BYTES);
    }

    /** The preamble in a document, or null if it is none or damaged. */
    static @Nullable CyclePreamble decode(DirectBuffer buffer, int offset, int length) {
        if (length != BYTES || !isFormatKnown(buffer, offset, length)) {
            return null;
        }
        ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        buffer.getBytes(offset, bytes, BYTES);
        if (bytes.getLong(0) != MAGIC || bytes.getInt(CRC_INDEX) != crcOf(bytes)) {
            return null;
        }
        var identity = new LogIdentity(bytes.getLong(16), bytes.getLong(24), bytes.getLong(32), bytes.getLong(40));
        return new CyclePreamble(
                identity, bytes.getLong(48), bytes.getLong(56), bytes.getLong(64), bytes.getInt(CRC_INDEX));
    }

    /** False if the document is a cycle's preamble in a format that this release cannot read. */
    static boolean isFormatKnown(DirectBuffer buffer, int offset, int length) {
        return length < 16
                || buffer.getLong(offset, ByteOrder.LITTLE_ENDIAN) != MAGIC
                || buffer.getInt(offset + 8, ByteOrder.LITTLE_ENDIAN) == FORMAT;
    }

    private static int crcOf(ByteBuffer bytes) {
        var crc = new CRC32C();
        crc.update(bytes.duplicate().limit(CRC_INDEX).position(0));
        return (int) crc.getValue();
    }
}
