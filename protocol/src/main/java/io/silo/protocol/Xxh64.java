package io.silo.protocol;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;

/**
 * XXH64, seed 0, over a buffer: tenants go to shards by it, so it never changes. Algorithm: the xxHash specification, version
 * 0.1.1, by Yann Collet. Stateless; any thread; does not allocate.
 */
public final class Xxh64 {
    private static final long PRIME_1 = 0x9E3779B185EBCA87L;
    private static final long PRIME_2 = 0xC2B2AE3D27D4EB4FL;
    private static final long PRIME_3 = 0x165667B19E3779F9L;
    private static final long PRIME_4 = 0x85EBCA77C2B2AE63L;
    private static final long PRIME_5 = 0x27D4EB2F165667C5L;

    private Xxh64() {}

    /** Hash of {@code length} bytes from {@code offset}. */
    public static long hash(DirectBuffer buffer, int offset, int length) {
        return hash(buffer, offset, length, 0);
    }

    /** Hash of {@code length} bytes from {@code offset} with a seed. */
    public static long hash(DirectBuffer buffer, int offset, int length, long seed) {
        int index = offset;
        final int end = offset + length;
        long h;
        if (length >= 32) {
            long a = seed + PRIME_1 + PRIME_2;
            long b = seed + PRIME_2;
            long c = seed;
            long d = seed - PRIME_1;
            do {
                a = round(a, buffer.getLong(index, LITTLE_ENDIAN));
                b = round(b, buffer.getLong(index + 8, LITTLE_ENDIAN));
                c = round(c, buffer.getLong(index + 16, LITTLE_ENDIAN));
                d = round(d, buffer.getLong(index + 24, LITTLE_ENDIAN));
                index += 32;
            } while (index <= end - 32);
            h = Long.rotateLeft(a, 1) + Long.rotateLeft(b, 7) + Long.rotateLeft(c, 12) + Long.rotateLeft(d, 18);
            h = merge(merge(merge(merge(h, a), b), c), d);
        } else {
            h = seed + PRIME_5;
        }
        h += length;
        while (index <= end - 8) {
            h = Long.rotateLeft(h ^ round(0, buffer.getLong(index, LITTLE_ENDIAN)), 27) * PRIME_1 + PRIME_4;
            index += 8;
        }
        if (index <= end - 4) {
            h ^= (buffer.getInt(index, LITTLE_ENDIAN) & 0xFFFFFFFFL) * PRIME_1;
            h = Long.rotateLeft(h, 23) * PRIME_2 + PRIME_3;
            index += 4;
        }
        while (index < end) {
            h ^= (buffer.getByte(index) & 0xFF) * PRIME_5;
            h = Long.rotateLeft(h, 11) * PRIME_1;
            index++;
        }
        h = (h ^ (h >>> 33)) * PRIME_2;
        h = (h ^ (h >>> 29)) * PRIME_3;
        return h ^ (h >>> 32);
    }

    /** One long mixed well: the finish of the hash, for keys that are numbers already. */
    public static long mix(long value) {
        long h = (value ^ (value >>> 33)) * PRIME_2;
        h = (h ^ (h >>> 29)) * PRIME_3;
        return h ^ (h >>> 32);
    }

    private static long round(long accumulator, long input) {
        return Long.rotateLeft(accumulator + input * PRIME_2, 31) * PRIME_1;
    }

    private static long merge(long h, long accumulator) {
        return (h ^ round(0, accumulator)) * PRIME_1 + PRIME_4;
    }
}
