package io.silo.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.silo.client.Encoding;
import io.silo.client.Payload;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a JSON object in a line. Everything here throws {@link IllegalArgumentException} with a half sentence that says what
 * is wrong with the line. One thread.
 */
final class JsonFields {
    // Two payloads under one key, or rubbish behind the object, are mistakes of whoever made the file.
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .build();

    private final JsonNode node;

    private JsonFields(JsonNode node, Set<String> keys) {
        this.node = node;
        final Iterator<String> names = node.fieldNames();
        while (names.hasNext()) {
            final String name = names.next();
            if (!keys.contains(name)) {
                throw new IllegalArgumentException("has the unknown key '" + name + "'");
            }
        }
    }

    /** @param keys names that a field may have. */
    static JsonFields parse(String line, Set<String> keys) {
        final JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException("is not JSON: " + wrong.getOriginalMessage(), wrong);
        }
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException("is not a JSON object");
        }
        return new JsonFields(node, keys);
    }

    private boolean isGiven(String key) {
        return node.hasNonNull(key);
    }

    @Nullable
    String text(String key) {
        if (!isGiven(key)) {
            return null;
        }
        final JsonNode value = node.path(key);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not text");
        }
        return value.asText();
    }

    @Nullable
    Long ms(String key) {
        return whole(key, "a whole number of milliseconds");
    }

    @Nullable
    Long whole(String key, String what) {
        final JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not " + what);
        }
        return value.asLong();
    }

    @Nullable
    Double number(String key) {
        final JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isNumber()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not a number");
        }
        return value.asDouble();
    }

    /** Whether it is there and true. */
    boolean isTrue(String key) {
        final JsonNode value = node.path(key);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw new IllegalArgumentException("has a '" + key + "' that is neither true nor false");
        }
        return value.asBoolean();
    }

    @Nullable
    JsonFields object(String key, Set<String> keys) {
        final JsonNode value = node.path(key);
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isObject()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not an object");
        }
        return new JsonFields(value, keys);
    }

    /** The objects of an array; empty if it is not there. */
    List<JsonFields> objects(String key, Set<String> keys) {
        final List<JsonFields> objects = new ArrayList<>();
        final JsonNode value = node.path(key);
        if (!value.isMissingNode() && !value.isArray()) {
            throw new IllegalArgumentException("has '" + key + "' that are not an array");
        }
        for (JsonNode element : value) {
            if (!element.isObject()) {
                throw new IllegalArgumentException("has one of '" + key + "' that is not an object");
            }
            objects.add(new JsonFields(element, keys));
        }
        return objects;
    }

    Map<String, String> texts(String key) {
        final JsonNode value = node.path(key);
        final Map<String, String> texts = new LinkedHashMap<>();
        if (value.isMissingNode()) {
            return texts;
        }
        if (!value.isObject()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not an object");
        }
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new IllegalArgumentException(
                        "has a " + key + " value of '" + entry.getKey() + "' that is not text");
            }
            texts.put(entry.getKey(), entry.getValue().asText());
        }
        return texts;
    }

    /** As {@link #bytes}, but it must be there. */
    Payload needed(String key) {
        final Payload payload = bytes(key);
        if (payload == null) {
            throw new IllegalArgumentException("needs either '" + key + "' or '" + key + "_base64'");
        }
        return payload;
    }

    /**
     * Bytes as {@link Output#putBytes} writes them: {@code key}, which may be any JSON value, or {@code key_base64}; what they are
     * says {@code key_encoding}, or else they themselves. Null if there are none.
     */
    @Nullable
    Payload bytes(String key) {
        final JsonNode value = node.path(key);
        final String base64 = text(key + "_base64");
        if (!value.isMissingNode() && base64 != null) {
            throw new IllegalArgumentException("needs either '" + key + "' or '" + key + "_base64'");
        }
        if (value.isMissingNode() && base64 == null) {
            return null;
        }
        final byte[] bytes = base64 == null
                ? (value.isTextual() ? value.asText() : value.toString()).getBytes(StandardCharsets.UTF_8)
                : decode(key, base64);
        final Encoding given = encoding(key + "_encoding");
        if (given != null) {
            return new Payload(bytes, given);
        }
        if (base64 == null) {
            return new Payload(bytes, value.isTextual() ? Encoding.TEXT : Encoding.JSON);
        }
        return new Payload(bytes, Output.asText(bytes) == null ? Encoding.RAW : Encoding.TEXT);
    }

    private static byte[] decode(String key, String base64) {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("has a '" + key + "_base64' that is not Base64", wrong);
        }
    }

    private @Nullable Encoding encoding(String key) {
        return value(Encoding.class, key);
    }

    /** One of an enum's names, or null if it is not there. */
    <E extends Enum<E>> @Nullable E value(Class<E> type, String key) {
        final String text = text(key);
        if (text == null) {
            return null;
        }
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(text)) {
                return constant;
            }
        }
        throw new IllegalArgumentException("has the unknown " + key + " '" + text + "'");
    }
}
