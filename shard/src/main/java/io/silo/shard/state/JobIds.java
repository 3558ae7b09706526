package io.silo.shard.state;

import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The ids of jobs. One that is a UUID in its canonical text (36 characters, lower case), as clients make them, is kept as its 16
 * bytes; any other lies in the strings it shares with others. Both read back as the bytes that were added.
 *
 * <pre>
 *   ref:  not negative: a ref of the strings;  negative: ~slot of the UUID
 * </pre>
 *
 * <p>Shard thread only. Does not allocate but for growth by a chunk.
 */
final class JobIds {
    private static final int HIGH = 0;
    private static final int LOW = 8;
    private static final int UUID_BYTES = 16;

    /** A chunk of 32 KiB. */
    private static final int UUIDS_PER_CHUNK = 2_048;

    private final RowSlab uuids;
    private final BytesSlab strings;
    private final UnsafeBuffer text = new UnsafeBuffer(new byte[HexText.UUID_CHARACTERS]);

    JobIds(int jobsMax, BytesSlab strings) {
        this.uuids = new RowSlab(UUID_BYTES, UUIDS_PER_CHUNK, jobsMax);
        this.strings = strings;
    }

    /** Copies an id in; the ref names it until it is removed. */
    int add(DirectBuffer id, int offset, int length) {
        if (!isUuid(id, offset, length)) {
            return strings.add(id, offset, length);
        }
        final int slot = uuids.allocate();
        uuids.putLong(slot, HIGH, HexText.uuidHigh(id, offset));
        uuids.putLong(slot, LOW, HexText.uuidLow(id, offset));
        return ~slot;
    }

    void remove(int ref) {
        if (ref >= 0) {
            strings.remove(ref);
        } else {
            uuids.free(~ref);
        }
    }

    boolean equals(int ref, DirectBuffer id, int offset, int length) {
        if (ref >= 0) {
            return strings.equals(ref, id, offset, length);
        }
        return isUuid(id, offset, length)
                && uuids.getLong(~ref, HIGH) == HexText.uuidHigh(id, offset)
                && uuids.getLong(~ref, LOW) == HexText.uuidLow(id, offset);
    }

    /** Lets {@code view} show the id, until the next call for another or until it is removed. */
    void wrap(int ref, DirectBuffer view) {
        if (ref >= 0) {
            strings.wrap(ref, view);
            return;
        }
        HexText.putUuid(text, uuids.getLong(~ref, HIGH), uuids.getLong(~ref, LOW));
        view.wrap(text);
    }

    /** Off-heap bytes of the UUIDs; the strings are counted by who owns them. */
    long bytes() {
        return uuids.bytes();
    }

    void close() {
        uuids.close();
    }

    private static boolean isUuid(DirectBuffer id, int offset, int length) {
        return length == HexText.UUID_CHARACTERS && HexText.isUuid(id, offset);
    }
}
