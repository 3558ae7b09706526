package io.silo.sql;

import io.silo.client.SiloException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.apache.calcite.linq4j.Enumerable;
import org.apache.calcite.linq4j.Enumerator;
import org.apache.calcite.runtime.CalciteException;
import org.jspecify.annotations.Nullable;

/** The rows of a statement, which come as they are read. One thread; {@link #cancel} any. */
public final class SqlResult implements AutoCloseable {
    /** Looked at for a reason. */
    private static final int CAUSES_MAX = 10;

    private final List<Column> columns;
    private final @Nullable Plan plan;
    private final @Nullable Execution execution;
    private final Deque<Object[]> ready = new ArrayDeque<>();
    private @Nullable Enumerator<?> rows;
    private boolean isClosed;

    SqlResult(Plan plan, Execution execution) {
        this.columns = plan.columns();
        this.plan = plan;
        this.execution = execution;
    }

    private SqlResult(List<Column> columns, List<Object[]> rows) {
        this.columns = columns;
        this.plan = null;
        this.execution = null;
        ready.addAll(rows);
    }

    /** A plan as the reference shows it: a row of its kind and its text. */
    static SqlResult ofText(String text) {
        return new SqlResult(
                List.of(new Column("plan_type", ColumnType.UTF8, false), new Column("plan", ColumnType.UTF8, false)),
                List.<Object[]>of(new Object[] {"physical_plan", text}));
    }

    public List<Column> columns() {
        return columns;
    }

    /** Rows that shards looked at so far. */
    public long rowsScanned() {
        return execution == null ? 0 : execution.rowsScanned();
    }

    /** The time-out of the statement counts from here on: for results that their reader takes as slowly as it likes. */
    public void restartTimeout() {
        if (execution != null) {
            execution.restartTimeout();
        }
    }

    /** Ends the statement soon: its next row is refused. */
    public void cancel() {
        if (execution != null) {
            execution.cancel();
        }
    }

    /**
     * The next row: {@link String}, {@link Long}, {@link Integer}, {@link Double}, {@link Boolean}, {@link java.util.Map} or null, as the
     * columns say; null = there are no more.
     *
     * @throws SqlException at the bounds of the statement.
     * @throws SiloException what a shard refused.
     */
    public @Nullable Object @Nullable [] next() {
        if (plan == null || execution == null) {
            return ready.pollFirst();
        }
        try {
            if (rows == null) {
                final Enumerable<?> opened = plan.code().bind(execution);
                rows = opened.enumerator();
            }
            return rows.moveNext() ? row(plan, rows.current()) : null;
        } catch (SqlException | SiloException told) {
            throw told;
        } catch (RuntimeException | LinkageError failed) {
            // An error of linkage is a constant of the compiled plan that could not be computed.
            final SqlException told = SqlException.within(failed);
            if (told != null) {
                throw told;
            }
            final String wrong = wrongValue(failed);
            if (wrong != null) {
                throw new SqlException(
                        SqlException.Kind.INVALID, "SQL error: a value is not what it is taken for: " + wrong, failed);
            }
            throw new SqlException(SqlException.Kind.FAILED, "Query execution failed: " + message(failed), failed);
        } catch (StackOverflowError deep) {
            throw new SqlException(SqlException.Kind.FAILED, "Query execution failed: nested too deeply", deep);
        }
    }

    /** What a computation says of a value that it cannot take; null if it is nothing of the kind. */
    private static @Nullable String wrongValue(Throwable failed) {
        Throwable cause = failed;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (cause instanceof ArithmeticException
                    || cause instanceof IllegalArgumentException // also of a text that is no number
                    || cause instanceof CalciteException) {
                return message(cause);
            }
            if (cause instanceof NoClassDefFoundError && cause.getCause() != null) {
                return message(cause.getCause()); // it was met before
            }
            cause = cause.getCause();
        }
        return null;
    }

    private static String message(Throwable failed) {
        return failed.getMessage() == null ? failed.getClass().getSimpleName() : failed.getMessage();
    }

    private @Nullable Object[] row(Plan of, @Nullable Object current) {
        final @Nullable Object[] row = new Object[columns.size()];
        for (int i = 0; i < row.length; i++) {
            final Object value =
                    current instanceof Object[] values ? values[of.fields().get(i)] : current;
            row[i] = typed(value, columns.get(i).type());
        }
        return row;
    }

    private static @Nullable Object typed(@Nullable Object value, ColumnType type) {
        if (value == null) {
            return null;
        }
        return switch (type) {
            case INT64 -> value instanceof Number number ? (Object) number.longValue() : value;
            case INT32, UINT8, UINT32 -> value instanceof Number number ? (Object) number.intValue() : value;
            case FLOAT64 -> value instanceof Number number ? (Object) number.doubleValue() : value;
            case UTF8 -> value instanceof String ? value : value.toString();
            default -> value;
        };
    }

    @Override
    public void close() {
        if (!isClosed && rows != null) {
            rows.close();
        }
        isClosed = true;
    }
}
