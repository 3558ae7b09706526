package io.silo.sql;

import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.calcite.DataContext;
import org.apache.calcite.linq4j.Enumerable;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexNode;
import org.jspecify.annotations.Nullable;

/**
 * What a plan reads of a table: compiled plans hold it and open it once an execution. Public because they are elsewhere. Immutable; any
 * thread.
 */
public final class ReadSpec {
    private final SqlTable table;
    private final List<Integer> fields;
    private final @Nullable RexNode filter;
    private final @Nullable RexBuilder rexBuilder;
    private final Use use;

    /**
     * What the nodes above do with the rows.
     *
     * @param isNewestFirst whether they need them by the change of their status, latest first.
     * @param firstRows how many they take at most before they stop; 0 = nothing is known.
     * @param isRepeated whether they read them again and again.
     * @param isHeld whether they keep them.
     */
    record Use(boolean isNewestFirst, int firstRows, boolean isRepeated, boolean isHeld) {
        static final Use ONCE = new Use(false, 0, false, false);

        Use newestFirst() {
            return new Use(true, firstRows, isRepeated, isHeld);
        }

        Use first(int rows) {
            return new Use(isNewestFirst, rows, isRepeated, isHeld);
        }

        Use repeated() {
            return new Use(isNewestFirst, 0, true, true);
        }

        Use held() {
            return new Use(isNewestFirst, 0, isRepeated, true);
        }
    }

    private ReadSpec(
            SqlTable table, List<Integer> fields, @Nullable RexNode filter, @Nullable RexBuilder rexBuilder, Use use) {
        this.table = table;
        this.fields = List.copyOf(fields);
        this.filter = filter;
        this.rexBuilder = rexBuilder;
        this.use = use;
    }

    static ReadSpec all(SqlTable table) {
        final List<Integer> fields =
                IntStream.range(0, table.columns().size()).boxed().toList();
        return new ReadSpec(table, fields, null, null, Use.ONCE);
    }

    ReadSpec withFields(List<Integer> newFields) {
        return new ReadSpec(table, newFields, filter, rexBuilder, use);
    }

    /** @param newFilter over the fields of this read; it is applied again behind it. */
    ReadSpec withFilter(RexNode newFilter, RexBuilder builder) {
        return new ReadSpec(table, fields, newFilter, builder, use);
    }

    ReadSpec with(Use newUse) {
        return new ReadSpec(table, fields, filter, rexBuilder, newUse);
    }

    SqlTable table() {
        return table;
    }

    /** Places of its columns in the table. */
    List<Integer> fields() {
        return fields;
    }

    List<String> fieldNames() {
        return fields.stream().map(place -> table.columns().get(place).name()).toList();
    }

    boolean isOfOneColumn() {
        return fields.size() == 1;
    }

    Use use() {
        return use;
    }

    /** Over its fields, or null. */
    @Nullable
    RexNode filter() {
        return filter;
    }

    /** Whether it has a column. */
    boolean has(String name) {
        return fields.contains(table.place(name));
    }

    /** What the rows that are wanted have, for the values of parameters by their names. */
    Bounds bounds(Function<String, @Nullable Object> parameters) {
        return filter == null || rexBuilder == null
                ? Bounds.ANY
                : new BoundsFinder(rexBuilder, fieldNames(), parameters).find(filter);
    }

    /** Called by compiled plans, which take a row of one column as its value. */
    public Enumerable<Object> open(DataContext context) {
        final Execution execution = (Execution) context;
        return use.isRepeated() ? execution.repeated(this) : execution.read(this);
    }
}
