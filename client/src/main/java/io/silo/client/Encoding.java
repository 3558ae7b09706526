package io.silo.client;

/** What the bytes of a {@link Payload} are. The broker keeps it and does not look inside. */
public enum Encoding {
    /** Any bytes. */
    RAW,
    /** UTF-8 text. */
    TEXT,
    /** A JSON document in UTF-8. */
    JSON,
    /** A MessagePack value. */
    MSGPACK;

    private static final Encoding[] BY_CODE = values();

    /** Number on the wire: the ordinal, which the schema fixes. */
    int code() {
        return ordinal();
    }

    static Encoding ofCode(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : RAW;
    }
}
