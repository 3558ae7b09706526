package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TextRulesTest {
    @ParameterizedTest
    @CsvSource({"'', 0", "a, 1", "billing-1, 9", "é, 1", "日本, 2", "😀, 1", "a😀é, 3"})
    void shouldCountCharactersAndNotBytes(String text, int expected) {
        assertThat(characters(text.getBytes(StandardCharsets.UTF_8))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "c080", // overlong NUL
                "c1bf", // overlong two bytes
                "e080af", // overlong three bytes
                "e09fbf", // the largest of them
                "f0808080", // overlong four bytes
                "f08fbfbf", // the largest of them
                "eda080", // first surrogate
                "edbfbf", // last surrogate
                "f4908080", // U+110000
                "f5808080", // lead byte beyond Unicode
                "fe", // never a byte of UTF-8
                "ff",
                "80", // continuation without a lead
                "bf",
                "c3", // truncated after one of two
                "e697", // after two of three
                "e6",
                "f09f98", // after three of four
                "f09f",
                "f0",
                "c3c3", // lead where a continuation belongs
                "e69741", // text where a continuation belongs
                "61c3" // truncated behind good text
            })
    void shouldRefuseMalformedBytes(String hex) {
        final byte[] bytes = HexFormat.of().parseHex(hex);

        assertThat(characters(bytes)).isEqualTo(TextRules.INVALID);
        assertThat(charactersOfValue(bytes)).isEqualTo(TextRules.INVALID);
    }

    @Test
    void shouldRefuseEveryControlCharacterInNamesAndAllowItInValues() {
        for (int codePoint = 0; codePoint < 0x100; codePoint++) {
            final byte[] bytes = ("x" + Character.toString(codePoint)).getBytes(StandardCharsets.UTF_8);

            assertThat(characters(bytes))
                    .as("U+%04X", codePoint)
                    .isEqualTo(Character.isISOControl(codePoint) ? TextRules.INVALID : 2);
            assertThat(charactersOfValue(bytes)).as("U+%04X", codePoint).isEqualTo(2);
        }
    }

    @Test
    void shouldAcceptEveryScalarValueAndNoOther() {
        final byte[] bytes = new byte[4];
        for (int codePoint = 0; codePoint < 0x110000; codePoint++) {
            final boolean surrogate = codePoint >= 0xD800 && codePoint <= 0xDFFF;
            final int length = encode(codePoint, bytes);

            final int characters = TextRules.charactersOfValue(new UnsafeBuffer(bytes), 0, length);

            if (characters != (surrogate ? TextRules.INVALID : 1)) {
                throw new AssertionError(String.format("U+%04X counted as %d", codePoint, characters));
            }
        }
    }

    @Test
    void shouldAgreeWithTheDecoderOfTheJdk() {
        final Random random = new Random(7);
        // Mostly bytes that could be UTF-8, or nearly all sequences would be refused at the first byte.
        final int[] interesting = {
            0x00, 0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xED, 0xEF, 0xF0, 0xF4
        };
        int valid = 0;
        for (int round = 0; round < 200_000; round++) {
            final byte[] bytes = new byte[random.nextInt(7)];
            for (int i = 0; i < bytes.length; i++) {
                bytes[i] = (byte)
                        (random.nextBoolean() ? interesting[random.nextInt(interesting.length)] : random.nextInt(256));
            }

            final int expected = decode(bytes);

            assertThat(charactersOfValue(bytes))
                    .as("bytes %s", HexFormat.of().formatHex(bytes))
                    .isEqualTo(expected);
            valid += expected == TextRules.INVALID ? 0 : 1;
        }
        // Both sides must have been tried in earnest.
        assertThat(valid).isBetween(20_000, 180_000);
    }

    @Test
    void shouldReadOnlyTheRangeThatItIsGiven() {
        // The lead byte before the range and the continuation behind it belong to others.
        final byte[] bytes = HexFormat.of().parseHex("c3" + "6162" + "a9");

        assertThat(TextRules.characters(new UnsafeBuffer(bytes), 1, 2)).isEqualTo(2);
        assertThat(TextRules.characters(new UnsafeBuffer(bytes), 0, 2)).isEqualTo(TextRules.INVALID);
        assertThat(TextRules.characters(new UnsafeBuffer(bytes), 4, 0)).isZero();
    }

    private static int characters(byte[] bytes) {
        return TextRules.characters(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static int charactersOfValue(byte[] bytes) {
        return TextRules.charactersOfValue(new UnsafeBuffer(bytes), 0, bytes.length);
    }

    private static int decode(byte[] bytes) {
        try {
            final String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return text.codePointCount(0, text.length());
        } catch (CharacterCodingException e) {
            return TextRules.INVALID;
        }
    }

    /** UTF-8 by its definition, surrogates too, which the JDK's encoder would replace. */
    private static int encode(int codePoint, byte[] bytes) {
        if (codePoint < 0x80) {
            bytes[0] = (byte) codePoint;
            return 1;
        }
        final int extra = codePoint < 0x800 ? 1 : codePoint < 0x10000 ? 2 : 3;
        bytes[0] = (byte) ((0xFF00 >> (extra + 1)) | (codePoint >> (6 * extra)));
        for (int i = 1; i <= extra; i++) {
            bytes[i] = (byte) (0x80 | ((codePoint >> (6 * (extra - i))) & 0x3F));
        }
        return extra + 1;
    }
}
