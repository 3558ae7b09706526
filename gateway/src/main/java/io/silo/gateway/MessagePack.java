package io.silo.gateway;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.protobuf.ByteString;
import io.silo.client.Payload;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.msgpack.jackson.dataformat.MessagePackFactory;

/**
 * Payloads, results and error data as clients of {@code silo.v1} read them: always MessagePack. What others than they gave is wrapped: bytes
 * as a bin, text as a str, JSON as the value it says. Stateless.
 */
final class MessagePack {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ObjectMapper PACKED = new ObjectMapper(new MessagePackFactory());
    private static final ByteString NIL = ByteString.copyFrom(new byte[] {(byte) 0xc0});

    private MessagePack() {}

    static ByteString of(Payload payload) {
        return switch (payload.encoding()) {
            case MSGPACK -> ByteString.copyFrom(payload.bytes());
            case RAW -> payload.size() == 0 ? NIL : packed(payload.bytes());
            case TEXT -> packed(payload.text());
            case JSON -> json(payload);
        };
    }

    private static ByteString json(Payload payload) {
        try {
            final JsonNode value = JSON.readTree(payload.bytes());
            return value.isMissingNode() ? NIL : packed(value);
        } catch (IOException noJson) {
            // Whoever gave it did not keep its word, which nobody checks: as the text it is.
            return packed(payload.text());
        }
    }

    private static ByteString packed(Object value) {
        try {
            return ByteString.copyFrom(PACKED.writeValueAsBytes(value));
        } catch (JsonProcessingException impossible) { // bytes, text and trees can all be packed
            throw new UncheckedIOException(impossible);
        }
    }
}
