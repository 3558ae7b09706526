package io.silo.sql;

/**
 * A column of a table or of a result.
 *
 * @param isNullable whether it may hold null.
 */
public record Column(String name, ColumnType type, boolean isNullable) {}
