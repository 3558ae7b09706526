package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * The bytes of a record and its checksum. All fields little-endian.
 *
 * <pre>
 *   0               8       12      16              24              32              40  42  44  46  48
 *   +---------------+-------+-------+---------------+---------------+---------------+---+---+---+---+--------
 *   | durable known | crc   | length| shard epoch   | position      | time ms       |ver|cnt|knd| 0 | events
 *   +---------------+-------+-------+---------------+---------------+---------------+---+---+---+---+--------
 *   :   envelope    :            covered by the CRC, together with the CRC of the record before
 * </pre>
 *
 * <ul>
 *   <li>durable known: durable position this node knew when it wrote the record; not covered, so that a copy on another node is equal
 *       inside.
 *   <li>crc: CRC32C over bytes 8 to the end, taken while this field holds {@code previous crc XOR key}. The key comes from the cycle's
 *       salt, which no client sees: a payload cannot imitate a record, nor a pair of them.
 *   <li>length: bytes from offset 12 to the end.
 *   <li>knd: {@link #KIND_EVENTS}, or {@link #KIND_CYCLE_CLOSED} with the next cycle's number as body.
 * </ul>
 *
 * One instance per thread: it holds a CRC register. Does not allocate.
 */
final class RecordLayout {
    static final int DURABLE_OFFSET = 0;
    static final int CRC_OFFSET = 8;
    static final int LENGTH_OFFSET = 12;
    static final int EPOCH_OFFSET = 16;
    static final int POSITION_OFFSET = 24;
    static final int TIME_OFFSET = 32;
    static final int VERSION_OFFSET = 40;
    static final int COUNT_OFFSET = 42;
    static final int KIND_OFFSET = 44;
    static final int RESERVED_OFFSET = 46;

    static final int VERSION = 1;
    static final int KIND_EVENTS = 0;
    static final int KIND_CYCLE_CLOSED = 1;
    static final int CYCLE_CLOSED_BYTES = EventLog.HEADER_BYTES + Long.BYTES;

    /** Most events of a record: its count field is unsigned 16 bits (design asks for 1,024). */
    static final int EVENT_COUNT_MAX = 0xFFFF;

    /** "SILO KEY" in ASCII. */
    private static final long KEY_TAG = 0x53494C4F204B4559L;

    private final CRC32C crc = new CRC32C();
    private final ByteBuffer salted = ByteBuffer.allocateDirect(24).order(ByteOrder.LITTLE_ENDIAN);

    static void encodeHeader(
            MutableDirectBuffer buffer,
            int offset,
            int length,
            long durableKnown,
            long shardEpoch,
            long position,
            long timeMs,
            int eventCount,
            int kind) {
        buffer.putLong(offset + DURABLE_OFFSET, durableKnown, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(offset + CRC_OFFSET, 0, ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(offset + LENGTH_OFFSET, length - LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + EPOCH_OFFSET, shardEpoch, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + POSITION_OFFSET, position, ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(offset + TIME_OFFSET, timeMs, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(offset + VERSION_OFFSET, (short) VERSION, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(offset + COUNT_OFFSET, (short) eventCount, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(offset + KIND_OFFSET, (short) kind, ByteOrder.LITTLE_ENDIAN);
        buffer.putShort(offset + RESERVED_OFFSET, (short) 0, ByteOrder.LITTLE_ENDIAN);
    }

    static long durableKnown(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + DURABLE_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static int crc(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + CRC_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static void crc(MutableDirectBuffer buffer, int offset, int value) {
        buffer.putInt(offset + CRC_OFFSET, value, ByteOrder.LITTLE_ENDIAN);
    }

    static int length(DirectBuffer buffer, int offset) {
        return buffer.getInt(offset + LENGTH_OFFSET, ByteOrder.LITTLE_ENDIAN) + LENGTH_OFFSET;
    }

    static long shardEpoch(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + EPOCH_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static long position(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + POSITION_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static long timeMs(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + TIME_OFFSET, ByteOrder.LITTLE_ENDIAN);
    }

    static int version(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + VERSION_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }

    static int eventCount(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + COUNT_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }

    static int kind(DirectBuffer buffer, int offset) {
        return buffer.getShort(offset + KIND_OFFSET, ByteOrder.LITTLE_ENDIAN) & 0xFFFF;
    }

    /** Next cycle's number in a {@link #KIND_CYCLE_CLOSED} record. */
    static long nextCycle(DirectBuffer buffer, int offset) {
        return buffer.getLong(offset + EventLog.HEADER_BYTES, ByteOrder.LITTLE_ENDIAN);
    }

    /** Whether the header's own fields fit a document of this length; says nothing about the CRC. */
    static boolean isPlausible(DirectBuffer buffer, int offset, int documentLength) {
        if (documentLength < EventLog.HEADER_BYTES
                || documentLength > EventLog.RECORD_BYTES_MAX
                || length(buffer, offset) != documentLength
                || version(buffer, offset) != VERSION
                || buffer.getShort(offset + RESERVED_OFFSET) != 0) {
            return false;
        }
        int kind = kind(buffer, offset);
        return kind == KIND_EVENTS || kind == KIND_CYCLE_CLOSED && documentLength == CYCLE_CLOSED_BYTES;
    }

    /** What the first record of a cycle is chained to: the salt and the CRC that the log ended with before the cycle. */
    int seed(long saltHigh, long saltLow, int previousCrc) {
        salted.clear();
        salted.putLong(saltHigh).putLong(saltLow).putInt(previousCrc).flip();
        crc.reset();
        crc.update(salted);
        return (int) crc.getValue();
    }

    /** The cycle's key, mixed into every record's CRC. Differs from every seed by its input's length. */
    int key(long saltHigh, long saltLow) {
        salted.clear();
        salted.putLong(saltLow).putLong(saltHigh).putLong(KEY_TAG).flip();
        crc.reset();
        crc.update(salted);
        return (int) crc.getValue();
    }

    /**
     * CRC of the record at {@code index} of {@code bytes}, which {@code view} shows as well. Changes the CRC field while at it and
     * leaves {@code previousCrc XOR key} there.
     */
    int compute(MutableDirectBuffer view, ByteBuffer bytes, int index, int length, int previousCrc, int key) {
        crc(view, index, previousCrc ^ key);
        bytes.limit(index + length).position(index + CRC_OFFSET);
        crc.reset();
        crc.update(bytes);
        bytes.clear();
        return (int) crc.getValue();
    }

    /** Whether the record's CRC fits its bytes and its predecessor. Leaves the bytes as they were. */
    boolean isChained(MutableDirectBuffer view, ByteBuffer bytes, int index, int length, int previousCrc, int key) {
        int stored = crc(view, index);
        int computed = compute(view, bytes, index, length, previousCrc, key);
        crc(view, index, stored);
        return stored == computed;
    }
}
