package io.silo.protocol.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.protocol.Bounds;
import org.agrona.DirectBuffer;

/**
 * Where the lengths of a message, or of one element of a group, stand. Immutable; any thread.
 *
 * <pre>
 *   +-------+----------------------------------------------+----------------------+
 *   | block | groups: [block length u16 | count u16] elements | data: [length] bytes |
 *   +-------+----------------------------------------------+----------------------+
 * </pre>
 */
final class MessageLayout {
    /** Answer of {@link #walk} for lengths that contradict the schema or reach over the end. */
    static final int MALFORMED = -1;

    /** Answer of {@link #walk} for a group of more than {@link Bounds#BATCH_ITEMS_MAX} elements. */
    static final int TOO_MANY = -2;

    private static final int GROUP_HEADER_LENGTH = 4;

    private final int blockLength;
    private final EnumField[] enums;
    private final MessageLayout[] groups;
    private final DataField[] data;

    MessageLayout(int blockLength, EnumField[] enums, MessageLayout[] groups, DataField[] data) {
        this.blockLength = blockLength;
        this.enums = enums;
        this.groups = groups;
        this.data = data;
    }

    /** A one-byte enum: bit n of {@code values} is set if n is a value. */
    record EnumField(int offset, long values) {}

    /** Variable data: bytes of its length field, and the greatest length. */
    record DataField(int lengthBytes, long lengthMax) {}

    /** Length of the fixed block in bytes. */
    int blockLength() {
        return blockLength;
    }

    /**
     * Follows every length from the first byte of the block. Does not allocate; recursion is as deep as the schema nests.
     *
     * @param end offset behind the last byte of the message.
     * @return offset behind the last byte that belongs to it, {@link #MALFORMED} or {@link #TOO_MANY}.
     */
    int walk(DirectBuffer buffer, int offset, int end) {
        if (end - offset < blockLength) {
            return MALFORMED;
        }
        for (final EnumField field : enums) {
            final int value = buffer.getByte(offset + field.offset) & 0xFF;
            if (value >= Long.SIZE || (field.values & 1L << value) == 0) {
                return MALFORMED;
            }
        }
        int index = offset + blockLength;
        for (final MessageLayout group : groups) {
            index = walkGroup(group, buffer, index, end);
            if (index < 0) {
                return index;
            }
        }
        for (final DataField field : data) {
            if (end - index < field.lengthBytes) {
                return MALFORMED;
            }
            final long length = field.lengthBytes == 2
                    ? buffer.getShort(index, LITTLE_ENDIAN) & 0xFFFF
                    : buffer.getInt(index, LITTLE_ENDIAN) & 0xFFFF_FFFFL;
            index += field.lengthBytes;
            if (length > field.lengthMax || length > end - index) {
                return MALFORMED;
            }
            index += (int) length;
        }
        return index;
    }

    private static int walkGroup(MessageLayout group, DirectBuffer buffer, int offset, int end) {
        if (end - offset < GROUP_HEADER_LENGTH) {
            return MALFORMED;
        }
        final int elementBlockLength = buffer.getShort(offset, LITTLE_ENDIAN) & 0xFFFF;
        final int count = buffer.getShort(offset + 2, LITTLE_ENDIAN) & 0xFFFF;
        if (elementBlockLength != group.blockLength) {
            return MALFORMED;
        }
        if (count > Bounds.BATCH_ITEMS_MAX) {
            return TOO_MANY;
        }
        int index = offset + GROUP_HEADER_LENGTH;
        for (int i = 0; i < count && index >= 0; i++) {
            index = group.walk(buffer, index, end);
        }
        return index;
    }
}
