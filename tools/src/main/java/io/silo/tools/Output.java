package io.silo.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** JSON and text as all commands write them. Stateless. */
final class Output {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Output() {}

    /** A new object; field names are snake_case, times end in {@code _ms}. */
    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** The object on one line. */
    static String line(ObjectNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree of texts and numbers is always JSON", impossible);
        }
    }

    /** The object for people. */
    static String pretty(ObjectNode node) {
        return node.toPrettyString();
    }

    /** Puts bytes in as text, or as {@code field_base64} if they are not UTF-8. */
    static void putBytes(ObjectNode node, String field, byte[] bytes) {
        final String text = asText(bytes);
        if (text != null) {
            node.put(field, text);
        } else {
            node.put(field + "_base64", Base64.getEncoder().encodeToString(bytes));
        }
    }

    /** The bytes as text, or null if they are not UTF-8. */
    static @Nullable String asText(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notText) {
            return null;
        }
    }

    /** The bytes for a terminal: text, or what they are. */
    static String shown(byte[] bytes) {
        final String text = asText(bytes);
        return text == null ? "(" + bytes.length + " bytes that are not text)" : text;
    }

    /** An error, as JSON. */
    static String error(String code, String message, String hint) {
        final ObjectNode node = object();
        final ObjectNode error = node.putObject("error");
        error.put("code", code);
        error.put("message", message);
        error.put("hint", hint);
        return line(node);
    }
}
