package io.silo.sql;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** What a number of a statement counts, if it counts rows. */
enum RowCount {
    /** It is a value as any other. */
    NONE,
    /** Rows that are wanted; null = all. */
    LIMIT,
    /** Rows that are left out; null = none. */
    OFFSET;

    /** No result has more rows: what is beyond is as good as this. */
    private static final BigDecimal ROWS_MAX = BigDecimal.valueOf(Integer.MAX_VALUE);

    /**
     * The count that a plan is given.
     *
     * @throws SqlException if it is no whole number, or negative.
     */
    int of(@Nullable Object value) {
        if (value == null) {
            return this == OFFSET ? 0 : Integer.MAX_VALUE;
        }
        final BigDecimal number = value instanceof BigDecimal decimal
                ? decimal
                : value instanceof Long whole
                        ? BigDecimal.valueOf(whole)
                        : value instanceof Double real && Double.isFinite(real) ? BigDecimal.valueOf(real) : null;
        if (number == null || number.signum() < 0 || number.stripTrailingZeros().scale() > 0) {
            throw StatementRewriter.refused(this + " takes a whole number that is not negative, not " + value);
        }
        return number.min(ROWS_MAX).intValue();
    }
}
