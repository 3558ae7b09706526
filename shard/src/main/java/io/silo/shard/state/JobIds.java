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
    private static final int UUID_CHARACTERS = 36;
    private static final int HIGH = 0;
    private static final int LOW = 8;
    private static final int UUID_BYTES = 16;

    /** A chunk of 32 KiB. */
    private static final int UUIDS_PER_CHUNK = 2_048;

    private static final long DASHES = 1L << 8 | 1L << 13 | 1L << 18 | 1L << 23;

    /** Digits of the upper half, the dashes among them. */
    private static final int HIGH_CHARACTERS = 18;

    private static final byte[] DIGITS = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'
    };

    private final RowSlab uuids;
    private final BytesSlab strings;
    private final UnsafeBuffer text = new UnsafeBuffer(new byte[UUID_CHARACTERS]);
    /** What {@link #parse} found. */
    private long high;

    private long low;

    JobIds(int jobsMax, BytesSlab strings) {
        this.uuids = new RowSlab(UUID_BYTES, UUIDS_PER_CHUNK, jobsMax);
        this.strings = strings;
    }

    /** Copies an id in; the ref names it until it is removed. */
    int add(DirectBuffer id, int offset, int length) {
        if (!parse(id, offset, length)) {
            return strings.add(id, offset, length);
        }
        final int slot = uuids.allocate();
        uuids.putLong(slot, HIGH, high);
        uuids.putLong(slot, LOW, low);
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
        return parse(id, offset, length) && uuids.getLong(~ref, HIGH) == high && uuids.getLong(~ref, LOW) == low;
    }

    /** Lets {@code view} show the id, until the next call for another or until it is removed. */
    void wrap(int ref, DirectBuffer view) {
        if (ref >= 0) {
            strings.wrap(ref, view);
            return;
        }
        long digits = uuids.getLong(~ref, HIGH);
        for (int i = 0; i < UUID_CHARACTERS; i++) {
            if (i == HIGH_CHARACTERS) {
                digits = uuids.getLong(~ref, LOW);
            }
            if (isDash(i)) {
                text.putByte(i, (byte) '-');
            } else {
                text.putByte(i, DIGITS[(int) (digits >>> 60)]);
                digits <<= 4;
            }
        }
        view.wrap(text);
    }

    /** Off-heap bytes of the UUIDs; the strings are counted by who owns them. */
    long bytes() {
        return uuids.bytes();
    }

    void close() {
        uuids.close();
    }

    private static boolean isDash(int at) {
        return (DASHES >>> at & 1) != 0;
    }

    /** Whether these are the bytes of a UUID as {@link #wrap} would write it; then {@link #high} and {@link #low} are its value. */
    private boolean parse(DirectBuffer id, int offset, int length) {
        if (length != UUID_CHARACTERS) {
            return false;
        }
        long digits = 0;
        for (int i = 0; i < UUID_CHARACTERS; i++) {
            if (i == HIGH_CHARACTERS) {
                high = digits;
            }
            final byte character = id.getByte(offset + i);
            if (isDash(i)) {
                if (character != '-') {
                    return false;
                }
            } else if (character >= '0' && character <= '9') {
                digits = digits << 4 | character - '0';
            } else if (character >= 'a' && character <= 'f') {
                digits = digits << 4 | character - 'a' + 10;
            } else {
                return false;
            }
        }
        low = digits;
        return true;
    }
}
