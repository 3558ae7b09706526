package io.silo.sql;

import org.apache.calcite.rel.type.RelDataType;

/** What the values of a column are, by the names that clients know from Arrow. */
public enum ColumnType {
    /** {@link String}. */
    UTF8("Utf8"),
    /** {@link Long}. */
    INT64("Int64"),
    /** {@link Integer}. */
    INT32("Int32"),
    /** {@link Integer}, 0 to 255. */
    UINT8("UInt8"),
    /** {@link Integer}, not negative. */
    UINT32("UInt32"),
    /** {@link Double}. */
    FLOAT64("Float64"),
    /** {@link Boolean}. */
    BOOLEAN("Boolean"),
    /** {@link java.util.Map} of text to text. */
    MAP("Map"),
    /** Nothing but null. */
    NULL("Null");

    private final String arrowName;

    ColumnType(String arrowName) {
        this.arrowName = arrowName;
    }

    public String arrowName() {
        return arrowName;
    }

    /** What a type of a plan is for clients; anything odd is shown as text. */
    static ColumnType of(RelDataType type) {
        return switch (type.getSqlTypeName()) {
            case BOOLEAN -> BOOLEAN;
            case TINYINT, SMALLINT, INTEGER -> INT32;
            case BIGINT -> INT64;
            case DECIMAL, FLOAT, REAL, DOUBLE -> FLOAT64;
            case MAP -> MAP;
            case NULL -> NULL;
            default -> UTF8;
        };
    }
}
