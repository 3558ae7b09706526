package io.silo.server.gubernator;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of Gubernator's protocol that is spoken: one method, and a second that tells whether it is one. In protobuf, written and read by
 * hand, since two messages are no reason for a compiler in the build. Stateless; any thread.
 *
 * <pre>
 *   service pb.gubernator.V1: GetRateLimits, HealthCheck (both messages empty to us)
 *
 *   request:   1 repeated  { 1 name   2 unique_key   3 hits   4 limit   5 duration   6 algorithm   7 behavior   8 burst }
 *   response:  1 repeated  { 1 status (0 under, 1 over)   2 limit   3 remaining   4 reset_time (ms)   5 error }, in the request's order
 * </pre>
 */
final class GubernatorWire {
    static final int UNDER_LIMIT = 0;
    static final int OVER_LIMIT = 1;

    /** Longest error text that is kept. */
    private static final int ERROR_CHARACTERS_MAX = 300;

    private static final String SERVICE = "pb.gubernator.V1";
    private static final int ITEMS = 1;

    private static final int NAME = 1;
    private static final int UNIQUE_KEY = 2;
    private static final int HITS = 3;
    private static final int LIMIT = 4;
    private static final int DURATION = 5;
    private static final int ALGORITHM = 6;
    private static final int BEHAVIOR = 7;
    private static final int BURST = 8;

    private static final int STATUS = WireFormatTags.varint(1);
    private static final int LIMIT_IN_FORCE = WireFormatTags.varint(2);
    private static final int RESET_TIME = WireFormatTags.varint(4);
    private static final int ERROR = WireFormatTags.bytes(5);

    /**
     * What Gubernator says to one question.
     *
     * @param limit hits in a duration, as it was asked.
     * @param error empty = none; else nothing else counts.
     */
    record Item(int status, long limit, long resetTimeMs, String error) {}

    static final MethodDescriptor<List<GubernatorAsk>, List<Item>> GET_RATE_LIMITS =
            MethodDescriptor.<List<GubernatorAsk>, List<Item>>newBuilder()
                    .setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "GetRateLimits"))
                    .setRequestMarshaller(new RequestMarshaller())
                    .setResponseMarshaller(new ResponseMarshaller())
                    .build();

    static final MethodDescriptor<byte[], byte[]> HEALTH_CHECK = MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(SERVICE, "HealthCheck"))
            .setRequestMarshaller(new EmptyMarshaller())
            .setResponseMarshaller(new EmptyMarshaller())
            .build();

    private GubernatorWire() {}

    /** Tags as they come in. */
    private static final class WireFormatTags {
        private static final int TYPE_BITS = 3;

        private static int varint(int field) {
            return field << TYPE_BITS | WireFormat.WIRETYPE_VARINT;
        }

        private static int bytes(int field) {
            return field << TYPE_BITS | WireFormat.WIRETYPE_LENGTH_DELIMITED;
        }
    }

    static byte[] encode(List<GubernatorAsk> asks) throws IOException {
        int size = 0;
        for (GubernatorAsk ask : asks) {
            final int itemSize = size(ask);
            size += CodedOutputStream.computeTagSize(ITEMS)
                    + CodedOutputStream.computeUInt32SizeNoTag(itemSize)
                    + itemSize;
        }
        final byte[] bytes = new byte[size];
        final CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        for (GubernatorAsk ask : asks) {
            out.writeTag(ITEMS, WireFormat.WIRETYPE_LENGTH_DELIMITED);
            out.writeUInt32NoTag(size(ask));
            write(out, NAME, ask.name, ask.nameLength);
            write(out, UNIQUE_KEY, ask.key, ask.keyLength);
            out.writeInt64(HITS, ask.hits);
            out.writeInt64(LIMIT, ask.limit);
            out.writeInt64(DURATION, ask.duration);
            out.writeEnum(ALGORITHM, ask.algorithm);
            out.writeEnum(BEHAVIOR, ask.behavior);
            out.writeInt64(BURST, ask.burst);
        }
        out.checkNoSpaceLeft();
        return bytes;
    }

    private static int size(GubernatorAsk ask) {
        return size(NAME, ask.nameLength)
                + size(UNIQUE_KEY, ask.keyLength)
                + CodedOutputStream.computeInt64Size(HITS, ask.hits)
                + CodedOutputStream.computeInt64Size(LIMIT, ask.limit)
                + CodedOutputStream.computeInt64Size(DURATION, ask.duration)
                + CodedOutputStream.computeEnumSize(ALGORITHM, ask.algorithm)
                + CodedOutputStream.computeEnumSize(BEHAVIOR, ask.behavior)
                + CodedOutputStream.computeInt64Size(BURST, ask.burst);
    }

    private static int size(int field, int length) {
        return CodedOutputStream.computeTagSize(field) + CodedOutputStream.computeUInt32SizeNoTag(length) + length;
    }

    private static void write(CodedOutputStream out, int field, byte[] bytes, int length) throws IOException {
        out.writeTag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED);
        out.writeUInt32NoTag(length);
        out.write(bytes, 0, length);
    }

    /** @throws IOException if it is no such message. */
    static List<Item> decode(InputStream stream) throws IOException {
        // Of an array and not of the stream: that would take the end of the bytes for the end of an item.
        final CodedInputStream in = CodedInputStream.newInstance(stream.readAllBytes());
        final List<Item> items = new ArrayList<>();
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag != WireFormatTags.bytes(ITEMS)) {
                in.skipField(tag);
                continue;
            }
            final int outer = in.pushLimit(in.readRawVarint32());
            items.add(decodeItem(in));
            in.checkLastTagWas(0);
            in.popLimit(outer);
        }
        return items;
    }

    private static Item decodeItem(CodedInputStream in) throws IOException {
        int status = UNDER_LIMIT;
        long limit = 0;
        long resetTimeMs = 0;
        String error = "";
        for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
            if (tag == STATUS) {
                status = in.readEnum();
            } else if (tag == LIMIT_IN_FORCE) {
                limit = in.readInt64();
            } else if (tag == RESET_TIME) {
                resetTimeMs = in.readInt64();
            } else if (tag == ERROR) {
                final String text = in.readString();
                error = text.substring(0, Math.min(text.length(), ERROR_CHARACTERS_MAX));
            } else {
                in.skipField(tag);
            }
        }
        return new Item(status, limit, resetTimeMs, error);
    }

    private static final class RequestMarshaller implements MethodDescriptor.Marshaller<List<GubernatorAsk>> {
        @Override
        public InputStream stream(List<GubernatorAsk> asks) {
            try {
                return new ByteArrayInputStream(encode(asks));
            } catch (IOException impossible) {
                throw new IllegalStateException("a request is longer than it was computed to be", impossible);
            }
        }

        @Override
        public List<GubernatorAsk> parse(InputStream stream) {
            throw new UnsupportedOperationException("requests are sent, not read");
        }
    }

    private static final class ResponseMarshaller implements MethodDescriptor.Marshaller<List<Item>> {
        @Override
        public InputStream stream(List<Item> items) {
            throw new UnsupportedOperationException("responses are read, not sent");
        }

        @Override
        public List<Item> parse(InputStream stream) {
            try {
                return decode(stream);
            } catch (IOException damaged) {
                throw Status.INTERNAL
                        .withDescription("The response is no list of rate limits")
                        .withCause(damaged)
                        .asRuntimeException();
            }
        }
    }

    /** Whatever it is, it does not matter. */
    private static final class EmptyMarshaller implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] bytes) {
            return new ByteArrayInputStream(bytes);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    }
}
