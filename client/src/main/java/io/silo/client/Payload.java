package io.silo.client;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Bytes of a payload, a result or an error, with what they are. Holds the array it is given: do not change it afterwards.
 *
 * @param bytes at most 16 MiB, or less if the server is configured so.
 * @param encoding what they are.
 */
public record Payload(byte[] bytes, Encoding encoding) {
    /** No bytes. */
    public static final Payload EMPTY = new Payload(new byte[0], Encoding.RAW);

    /** Text, as UTF-8. */
    public static Payload text(String text) {
        return new Payload(text.getBytes(StandardCharsets.UTF_8), Encoding.TEXT);
    }

    /** A JSON document; it is not checked. */
    public static Payload json(String document) {
        return new Payload(document.getBytes(StandardCharsets.UTF_8), Encoding.JSON);
    }

    /** Any bytes. */
    public static Payload raw(byte[] bytes) {
        return new Payload(bytes, Encoding.RAW);
    }

    /** A MessagePack value; it is not checked. */
    public static Payload msgpack(byte[] bytes) {
        return new Payload(bytes, Encoding.MSGPACK);
    }

    /** The bytes read as UTF-8. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Number of bytes. */
    public int size() {
        return bytes.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Payload that && encoding == that.encoding && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(bytes) + encoding.hashCode();
    }

    @Override
    public String toString() {
        return "Payload[" + bytes.length + " bytes, " + encoding + "]";
    }
}
