package io.silo.client;

/** What becomes of the firings that a schedule missed by more than a minute, such as while its server was down. */
public enum CatchUp {
    /** They are left out. */
    SKIP,
    /** Only the last of them fires. */
    ONE,
    /** Each fires. */
    ALL;

    private static final CatchUp[] BY_CODE = values();

    /** Number on the wire: the ordinal, which the schema fixes. */
    static CatchUp ofCode(int code) {
        return code < BY_CODE.length ? BY_CODE[code] : SKIP;
    }
}
