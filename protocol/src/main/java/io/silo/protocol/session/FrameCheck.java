package io.silo.protocol.session;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks the structure of a frame once, before anything decodes it: behind it a generated decoder that reads the message in
 * order never meets an index out of bounds or an unknown enum. It judges lengths, not meaning. Immutable; any thread; checks do
 * not allocate.
 */
public final class FrameCheck {
    /** Correlation id of an answer to a frame whose own cannot be read. */
    public static final long NULL_CORRELATION_ID = 0;

    private static final int CORRELATION_ID_OFFSET =
            MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.correlationIdEncodingOffset();

    private final int schemaId;
    private final int schemaVersion;
    private final Int2ObjectHashMap<MessageLayout> layouts;

    private FrameCheck(SchemaLayouts.Schema schema) {
        this.schemaId = schema.id();
        this.schemaVersion = schema.version();
        this.layouts = schema.layouts();
    }

    /** The check of what clients send, from {@code commands.xml}. Parses a schema: call it once. */
    public static FrameCheck ofCommands() {
        return new FrameCheck(SchemaLayouts.read("commands.xml"));
    }

    /** The check of what servers send, from {@code replies.xml}. Parses a schema: call it once. */
    public static FrameCheck ofReplies() {
        return new FrameCheck(SchemaLayouts.read("replies.xml"));
    }

    /** The check of what the details of a limit are, from {@code limits.xml}. Parses a schema: call it once. */
    public static FrameCheck ofLimits() {
        return new FrameCheck(SchemaLayouts.read("limits.xml"));
    }

    /**
     * Judges a frame of any bytes.
     *
     * @param offset of the SBE message header.
     * @param length of header and message in bytes, 0 and more.
     * @return null if it is well-formed; {@link RejectReason#UNSUPPORTED} for an unknown template or another schema version;
     *     {@link RejectReason#BATCH_TOO_LARGE} for a group over its bound; else {@link RejectReason#MALFORMED_FRAME}. Bytes behind
     *     the message are malformed too.
     */
    public @Nullable RejectReason judge(DirectBuffer buffer, int offset, int length) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH || length > Bounds.MESSAGE_BYTES_MAX) {
            return RejectReason.MALFORMED_FRAME;
        }
        if (unsigned(buffer, offset + MessageHeaderDecoder.schemaIdEncodingOffset()) != schemaId) {
            return RejectReason.MALFORMED_FRAME;
        }
        final MessageLayout layout = layouts.get(templateId(buffer, offset));
        if (layout == null
                || unsigned(buffer, offset + MessageHeaderDecoder.versionEncodingOffset()) != schemaVersion) {
            return RejectReason.UNSUPPORTED;
        }
        if (unsigned(buffer, offset + MessageHeaderDecoder.blockLengthEncodingOffset()) != layout.blockLength()) {
            return RejectReason.MALFORMED_FRAME;
        }
        final int end = offset + length;
        final int walked = layout.walk(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH, end);
        if (walked == MessageLayout.TOO_MANY) {
            return RejectReason.BATCH_TOO_LARGE;
        }
        return walked == end ? null : RejectReason.MALFORMED_FRAME;
    }

    /** Template id of a frame of at least a message header. */
    public static int templateId(DirectBuffer buffer, int offset) {
        return unsigned(buffer, offset + MessageHeaderDecoder.templateIdEncodingOffset());
    }

    /** Correlation id of a frame of any bytes, or {@link #NULL_CORRELATION_ID} if it is too short or of another schema. */
    public long correlationId(DirectBuffer buffer, int offset, int length) {
        if (length < CORRELATION_ID_OFFSET + Long.BYTES
                || unsigned(buffer, offset + MessageHeaderDecoder.schemaIdEncodingOffset()) != schemaId) {
            return NULL_CORRELATION_ID;
        }
        return buffer.getLong(offset + CORRELATION_ID_OFFSET, LITTLE_ENDIAN);
    }

    private static int unsigned(DirectBuffer buffer, int index) {
        return buffer.getShort(index, LITTLE_ENDIAN) & 0xFFFF;
    }
}
