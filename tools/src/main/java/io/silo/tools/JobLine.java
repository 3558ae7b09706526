package io.silo.tools;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@code enqueue --file}: a job as JSON. What a line leaves out, the command's options say.
 *
 * @param id job id; null = a new one.
 * @param priority null = the option's.
 * @param startAtMs epoch ms; null = the option's.
 * @param payload bytes.
 * @param json whether the payload was given as a JSON value that is not text.
 * @param metadata in order of the line.
 */
@SuppressWarnings("ArrayRecordComponent") // Read once and sent; never compared, never a key.
record JobLine(
        @Nullable String id,
        @Nullable String tenant,
        @Nullable String taskGroup,
        @Nullable Integer priority,
        @Nullable Long startAtMs,
        byte[] payload,
        boolean json,
        Map<String, String> metadata) {
    private static final Set<String> KEYS =
            Set.of("id", "tenant", "task_group", "priority", "start_at_ms", "payload", "payload_base64", "metadata");

    // Two payloads under one key, or rubbish behind the object, are mistakes of whoever made the file.
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonReadFeature.ALLOW_JAVA_COMMENTS)
            .build();

    /**
     * Reads a line.
     *
     * @throws IllegalArgumentException with a half sentence that says what is wrong.
     */
    static JobLine parse(String line) {
        final JsonNode node;
        try {
            node = JSON.readTree(line);
        } catch (JsonProcessingException wrong) {
            throw new IllegalArgumentException("is not JSON: " + wrong.getOriginalMessage(), wrong);
        }
        if (node == null || !node.isObject()) {
            throw new IllegalArgumentException("is not a JSON object");
        }
        final Iterator<String> names = node.fieldNames();
        while (names.hasNext()) {
            final String name = names.next();
            if (!KEYS.contains(name)) {
                throw new IllegalArgumentException("has the unknown key '" + name + "'");
            }
        }
        final JsonNode value = node.path("payload");
        return new JobLine(
                text(node, "id"),
                text(node, "tenant"),
                text(node, "task_group"),
                priority(node),
                startAtMs(node),
                payload(node),
                !value.isMissingNode() && !value.isTextual(),
                metadata(node));
    }

    private static @Nullable String text(JsonNode node, String key) {
        final JsonNode value = node.path(key);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw new IllegalArgumentException("has a '" + key + "' that is not text");
        }
        return value.asText();
    }

    private static @Nullable Integer priority(JsonNode node) {
        final JsonNode value = node.path("priority");
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToInt()) {
            throw new IllegalArgumentException("has a 'priority' that is not a whole number");
        }
        return value.asInt();
    }

    private static @Nullable Long startAtMs(JsonNode node) {
        final JsonNode value = node.path("start_at_ms");
        if (value.isMissingNode()) {
            return null;
        }
        if (!value.isIntegralNumber() || !value.canConvertToLong()) {
            throw new IllegalArgumentException("has a 'start_at_ms' that is not a whole number of milliseconds");
        }
        return value.asLong();
    }

    private static byte[] payload(JsonNode node) {
        final JsonNode value = node.path("payload");
        final String base64 = text(node, "payload_base64");
        if (value.isMissingNode() == (base64 == null)) {
            throw new IllegalArgumentException("needs either 'payload' or 'payload_base64'");
        }
        if (base64 == null) {
            return (value.isTextual() ? value.asText() : value.toString()).getBytes(StandardCharsets.UTF_8);
        }
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException wrong) {
            throw new IllegalArgumentException("has a 'payload_base64' that is not Base64", wrong);
        }
    }

    private static Map<String, String> metadata(JsonNode node) {
        final JsonNode value = node.path("metadata");
        final Map<String, String> metadata = new LinkedHashMap<>();
        if (value.isMissingNode()) {
            return metadata;
        }
        if (!value.isObject()) {
            throw new IllegalArgumentException("has a 'metadata' that is not an object");
        }
        for (Map.Entry<String, JsonNode> entry : value.properties()) {
            if (!entry.getValue().isTextual()) {
                throw new IllegalArgumentException("has a metadata value of '" + entry.getKey() + "' that is not text");
            }
            metadata.put(entry.getKey(), entry.getValue().asText());
        }
        return metadata;
    }
}
