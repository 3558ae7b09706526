package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * What the log last promised, outside its cycles: how far it was durable, and where its first retained cycle is. Two slots, written in
 * turn, so that a torn write leaves the other. Little-endian.
 *
 * <pre>
 *   0       8        12      16         24         32         40          48            56      60     64     508
 *   +-------+--------+-------+----------+----------+----------+-----------+-------------+-------+------+-- --+-----+
 *   | magic | format | flags | sequence | cycle    | position | epoch     | first cycle | crc   | 0    | 0   | own |
 *   |       |        |       |          |          |          |           |             | of it |      |     | crc |
 *   +-------+--------+-------+----------+----------+----------+-----------+-------------+-------+------+-- --+-----+
 * </pre>
 *
 * @param sequence the higher one of two valid slots counts.
 * @param cycle last cycle that was durably started, or {@link #NO_CYCLE} before the first.
 * @param position last durable record, or {@link EventLog#NULL_POSITION}.
 * @param crc of that record.
 * @param epoch highest shard epoch durably begun.
 * @param firstCycle cycles below are trimmed; those that are still there count no more.
 * @param clean whether the log was closed with everything durable: nothing lies behind {@code position}.
 */
record DurableMark(long sequence, long cycle, long position, int crc, long epoch, long firstCycle, boolean clean) {
    static final int SLOT_BYTES = 512;
    static final int SLOT_COUNT = 2;
    static final long NO_CYCLE = -1;

    /** "SILOMARK" in ASCII. */
    private static final long MAGIC = 0x53494C4F4D41524BL;

    private static final int FORMAT = 1;
    private static final int FLAG_CLEAN = 1;
    private static final int CRC_INDEX = SLOT_BYTES - Integer.BYTES;

    int slot() {
        return (int) (sequence & 1);
    }

    void encode(ByteBuffer slot) {
        slot.clear().order(ByteOrder.LITTLE_ENDIAN);
        slot.putLong(MAGIC).putInt(FORMAT).putInt(clean ? FLAG_CLEAN : 0);
        slot.putLong(sequence).putLong(cycle).putLong(position).putLong(epoch).putLong(firstCycle);
        slot.putInt(crc);
        while (slot.position() < CRC_INDEX) {
            slot.putInt(0);
        }
        slot.putInt(crcOf(slot)).flip();
    }

    /** The slot's mark, or null if the slot is empty, torn or damaged. */
    static @Nullable DurableMark decode(ByteBuffer slot, int length) {
        if (length < SLOT_BYTES) {
            return null;
        }
        slot.order(ByteOrder.LITTLE_ENDIAN);
        if (slot.getLong(0) != MAGIC || slot.getInt(8) != FORMAT || slot.getInt(CRC_INDEX) != crcOf(slot)) {
            return null;
        }
        return new DurableMark(
                slot.getLong(16),
                slot.getLong(24),
                slot.getLong(32),
                slot.getInt(56),
                slot.getLong(40),
                slot.getLong(48),
                (slot.getInt(12) & FLAG_CLEAN) != 0);
    }

    /** The newest valid mark of the source, or null if it has none. */
    static @Nullable DurableMark read(CycleSource source) {
        DurableMark newest = null;
        for (int i = 0; i < SLOT_COUNT; i++) {
            ByteBuffer slot = ByteBuffer.allocate(SLOT_BYTES);
            DurableMark mark = decode(slot, source.readMark(i, slot));
            if (mark != null && (newest == null || mark.sequence > newest.sequence)) {
                newest = mark;
            }
        }
        return newest;
    }

    private static int crcOf(ByteBuffer slot) {
        var crc = new CRC32C();
        crc.update(slot.duplicate().limit(CRC_INDEX).position(0));
        return (int) crc.getValue();
    }
}
