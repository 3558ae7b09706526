package io.silo.shard.state;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * UUIDs as canonical text, lower case, eight digits at a time: a byte of a {@code long} is a character, the first one lowest. One
 * digit after the other takes five times as long, and every enqueue and every replayed job reads and writes one.
 *
 * <pre>
 *   at   0        9    14   19   24
 *        xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx
 * </pre>
 */
final class HexText {
    static final int UUID_CHARACTERS = 36;

    private static final int[] DASHES = {8, 13, 18, 23};
    private static final long EACH = 0x0101_0101_0101_0101L;

    private HexText() {}

    /** Whether these characters are a UUID as {@link #putUuid} writes it. */
    static boolean isUuid(DirectBuffer text, int at) {
        for (int dash : DASHES) {
            if (text.getByte(at + dash) != '-') {
                return false;
            }
        }
        return isHex(first(text, at)) && isHex(second(text, at)) && isHex(third(text, at)) && isHex(fourth(text, at));
    }

    /** The upper half of a UUID's value. */
    static long uuidHigh(DirectBuffer text, int at) {
        return value(first(text, at)) << 32 | value(second(text, at));
    }

    /** The lower half. */
    static long uuidLow(DirectBuffer text, int at) {
        return value(third(text, at)) << 32 | value(fourth(text, at));
    }

    static void putUuid(MutableDirectBuffer text, long high, long low) {
        text.putLong(0, characters(high >>> 32), LITTLE_ENDIAN);
        final long second = characters(high);
        text.putInt(9, (int) second, LITTLE_ENDIAN);
        text.putInt(14, (int) (second >>> 32), LITTLE_ENDIAN);
        final long third = characters(low >>> 32);
        text.putInt(19, (int) third, LITTLE_ENDIAN);
        text.putInt(24, (int) (third >>> 32), LITTLE_ENDIAN);
        text.putLong(28, characters(low), LITTLE_ENDIAN);
        for (int dash : DASHES) {
            text.putByte(dash, (byte) '-');
        }
    }

    private static long first(DirectBuffer text, int at) {
        return text.getLong(at, LITTLE_ENDIAN);
    }

    private static long second(DirectBuffer text, int at) {
        return fours(text, at + 9, at + 14);
    }

    private static long third(DirectBuffer text, int at) {
        return fours(text, at + 19, at + 24);
    }

    private static long fourth(DirectBuffer text, int at) {
        return text.getLong(at + 28, LITTLE_ENDIAN);
    }

    private static long fours(DirectBuffer text, int one, int other) {
        return text.getInt(one, LITTLE_ENDIAN) & 0xFFFF_FFFFL | (long) text.getInt(other, LITTLE_ENDIAN) << 32;
    }

    /** The digit that each character would stand for, a byte each; of others, anything. */
    private static long digits(long characters) {
        return (characters & 0x0F * EACH) + 9 * (characters >>> 6 & EACH);
    }

    /** Whether the characters are what their digits are written as. */
    private static boolean isHex(long characters) {
        final long digits = digits(characters);
        return (digits >>> 4 & 0x0F * EACH) == 0 && written(digits) == characters;
    }

    private static long written(long digits) {
        final long letters = digits + 6 * EACH >>> 4 & EACH;
        return digits + '0' * EACH + letters * ('a' - '0' - 10);
    }

    /** The value of eight digits, the first one highest. */
    private static long value(long characters) {
        long x = Long.reverseBytes(digits(characters));
        x = (x | x >>> 4) & 0x00FF_00FF_00FF_00FFL;
        x = (x | x >>> 8) & 0x0000_FFFF_0000_FFFFL;
        return (x | x >>> 16) & 0xFFFF_FFFFL;
    }

    /** The lower 32 bits as eight characters. */
    private static long characters(long value) {
        long x = value & 0xFFFF_FFFFL;
        x = (x | x << 16) & 0x0000_FFFF_0000_FFFFL;
        x = (x | x << 8) & 0x00FF_00FF_00FF_00FFL;
        x = (x | x << 4) & 0x0F0F_0F0F_0F0F_0F0FL;
        return written(Long.reverseBytes(x));
    }
}
