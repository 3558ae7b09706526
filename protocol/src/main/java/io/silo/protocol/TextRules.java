package io.silo.protocol;

import org.agrona.DirectBuffer;

/**
 * What a name on the wire may hold: well-formed UTF-8 without control characters (U+0000 to U+001F, U+007F to U+009F).
 * Stateless; any thread; does not allocate.
 */
public final class TextRules {
    /** Answer of {@link #characters} for bytes that are not allowed. */
    public static final int INVALID = -1;

    private TextRules() {}

    /**
     * Counts the Unicode scalar values of a name.
     *
     * @return the count, or {@link #INVALID} for malformed UTF-8 or a control character.
     */
    public static int characters(DirectBuffer buffer, int offset, int length) {
        return count(buffer, offset, length, false);
    }

    /** As {@link #characters}, with control characters allowed: for values that are shown, not matched. */
    public static int charactersOfValue(DirectBuffer buffer, int offset, int length) {
        return count(buffer, offset, length, true);
    }

    private static int count(DirectBuffer buffer, int offset, int length, boolean allowControl) {
        int characters = 0;
        int i = offset;
        final int end = offset + length;
        while (i < end) {
            final int b0 = buffer.getByte(i) & 0xFF;
            if (b0 < 0x80) {
                if (!allowControl && (b0 < 0x20 || b0 == 0x7F)) {
                    return INVALID;
                }
                i++;
            } else {
                // Length by lead byte; overlong forms, surrogates and values over U+10FFFF are refused below.
                final int extra =
                        b0 >= 0xC2 && b0 <= 0xDF ? 1 : b0 >= 0xE0 && b0 <= 0xEF ? 2 : b0 >= 0xF0 && b0 <= 0xF4 ? 3 : 0;
                if (extra == 0 || i + extra >= end) {
                    return INVALID;
                }
                int codePoint = b0 & (0x3F >> extra);
                for (int k = 1; k <= extra; k++) {
                    final int b = buffer.getByte(i + k) & 0xFF;
                    if ((b & 0xC0) != 0x80) {
                        return INVALID;
                    }
                    codePoint = codePoint << 6 | (b & 0x3F);
                }
                final boolean overlong = extra == 2 && codePoint < 0x800 || extra == 3 && codePoint < 0x10000;
                final boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
                final boolean control = !allowControl && codePoint < 0xA0;
                if (overlong || surrogate || codePoint > 0x10FFFF || control) {
                    return INVALID;
                }
                i += extra + 1;
            }
            characters++;
        }
        return characters;
    }
}
