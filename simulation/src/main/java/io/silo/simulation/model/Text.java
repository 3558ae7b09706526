package io.silo.simulation.model;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Names and other bytes of messages as strings of one character a byte, so that nothing is lost or made equal. Stateless. */
final class Text {
    /** As the getters of generated decoders. */
    interface Getter {
        int get(byte[] target, int offset, int length);
    }

    private Text() {}

    static String of(int length, Getter getter) {
        final byte[] bytes = new byte[length];
        getter.get(bytes, 0, length);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    static String of(DirectBuffer buffer) {
        return of(buffer.capacity(), (target, offset, length) -> {
            buffer.getBytes(0, target, offset, length);
            return length;
        });
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Unicode scalar values of the UTF-8 bytes; null if they are not UTF-8. */
    static int @Nullable [] characters(String text) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes(text)))
                    .codePoints()
                    .toArray();
        } catch (CharacterCodingException malformed) {
            return null;
        }
    }

    /** Whether the bytes are UTF-8 without control characters. */
    static boolean isClean(String text) {
        final int[] characters = characters(text);
        if (characters == null) {
            return false;
        }
        for (int character : characters) {
            if (Character.isISOControl(character)) {
                return false;
            }
        }
        return true;
    }

    /** Whether the text has more characters than this; bytes that are no UTF-8 have none. */
    static boolean isLonger(String text, int charactersMax) {
        final int[] characters = characters(text);
        return characters != null && characters.length > charactersMax;
    }
}
