package io.silo.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.silo.client.Encoding;
import io.silo.client.JobRows;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.msgpack.jackson.dataformat.MessagePackFactory;

/** Values that queries show as text. Stateless. */
final class JsonText {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper PACKED = new ObjectMapper(new MessagePackFactory());

    private JsonText() {}

    /** A payload as JSON; null if it is none and cannot be shown as one. */
    static @Nullable String payload(byte[] bytes, Encoding encoding) {
        try {
            return switch (encoding) {
                case MSGPACK -> bytes.length == 0 ? null : JSON.writeValueAsString(PACKED.readTree(bytes));
                case JSON -> bytes.length == 0 ? null : JSON.writeValueAsString(JSON.readTree(bytes));
                case TEXT -> JSON.writeValueAsString(new String(bytes, StandardCharsets.UTF_8));
                case RAW -> null;
            };
        } catch (IOException | RuntimeException none) { // the unpacker of MessagePack throws both
            return null;
        }
    }

    /** The limits of a job. */
    static String limits(List<JobRows.Claim> claims) {
        final ArrayNode items = JSON.createArrayNode();
        for (final JobRows.Claim claim : claims) {
            items.addObject()
                    .put("limit_type", type(claim.kind()))
                    .put("key", claim.key())
                    .put(
                            "value",
                            claim.kind() == JobRows.Claim.Kind.RATE
                                    ? claim.max() + " per " + claim.durationMs() + "ms"
                                    : Long.toString(claim.max()));
        }
        return text(items);
    }

    private static String type(JobRows.Claim.Kind kind) {
        return switch (kind) {
            case CONCURRENCY -> "Concurrency";
            case FLOATING -> "Floating Concurrency";
            case RATE -> "Rate";
        };
    }

    private static String text(JsonNode node) {
        try {
            return JSON.writeValueAsString(node);
        } catch (JsonProcessingException impossible) { // a tree of text can be written
            throw new IllegalStateException(impossible);
        }
    }
}
