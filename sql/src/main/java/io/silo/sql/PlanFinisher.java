package io.silo.sql;

import io.silo.sql.ReadSpec.Use;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.calcite.adapter.enumerable.EnumerableCalc;
import org.apache.calcite.adapter.enumerable.EnumerableCorrelate;
import org.apache.calcite.adapter.enumerable.EnumerableLimit;
import org.apache.calcite.adapter.enumerable.EnumerableLimitSort;
import org.apache.calcite.adapter.enumerable.EnumerableNestedLoopJoin;
import org.apache.calcite.adapter.enumerable.EnumerableSort;
import org.apache.calcite.rel.RelFieldCollation;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.Correlate;
import org.apache.calcite.rel.core.Join;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rel.core.Values;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexLocalRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexProgram;
import org.apache.calcite.sql.SqlKind;
import org.jspecify.annotations.Nullable;

/** Goes over a plan when it is chosen, and tells its reads what the nodes above them do with the rows. Stateless. */
final class PlanFinisher {
    /** Columns with few values: what is grouped by them alone holds few rows. */
    private static final Set<String> FEW_VALUES = Set.of(
            "shard_id",
            "tenant",
            "status_kind",
            "task_group",
            "priority",
            "entry_type",
            "variant_type",
            "limit_type",
            "current_attempt");

    /** What keeps a number or a value for a group, and not its rows. */
    private static final Set<SqlKind> SMALL =
            Set.of(SqlKind.COUNT, SqlKind.SUM, SqlKind.SUM0, SqlKind.MIN, SqlKind.MAX, SqlKind.AVG, SqlKind.ANY_VALUE);

    /** So many sorted rows are not counted as held. */
    private static final int SORTED_ROWS_FREE = 10_000;

    private PlanFinisher() {}

    static RelNode finish(RelNode plan) {
        return finish(plan, Use.ONCE);
    }

    private static RelNode finish(RelNode node, Use use) {
        if (node instanceof TableRead read) {
            return read.with(read.spec().with(use));
        }
        if (node instanceof EnumerableCalc calc && calc.getInput() instanceof TableRead read) {
            final RexProgram program = calc.getProgram();
            final RexLocalRef condition = program.getCondition();
            ReadSpec spec = read.spec().with(use);
            if (condition != null) {
                spec = spec.withFilter(
                        program.expandLocalRef(condition), read.getCluster().getRexBuilder());
            }
            return calc.copy(calc.getTraitSet(), List.of(read.with(spec)));
        }
        final RelNode unsorted = node instanceof Sort sort ? withoutSort(sort, use) : null;
        if (unsorted != null) {
            return unsorted;
        }
        final List<RelNode> inputs = new ArrayList<>();
        for (int i = 0; i < node.getInputs().size(); i++) {
            inputs.add(finish(node.getInput(i), ofInput(node, i, use)));
        }
        final RelNode finished = inputs.isEmpty() ? node : node.copy(node.getTraitSet(), inputs);
        return node instanceof Join || node instanceof Correlate || node instanceof Values
                ? CheckedRows.over(finished)
                : finished;
    }

    /** What a node does with the rows of an input. */
    private static Use ofInput(RelNode node, int input, Use use) {
        if (node instanceof EnumerableCalc) {
            return use;
        }
        if (node instanceof EnumerableLimit limit) {
            return use.first(rows(limit.offset, limit.fetch));
        }
        if (node instanceof EnumerableNestedLoopJoin || node instanceof EnumerableCorrelate) {
            return input > 0 ? use.repeated() : use.first(0);
        }
        if (node instanceof EnumerableLimitSort sort) {
            // It keeps no more than it gives.
            final int rows = rows(sort.offset, sort.fetch);
            return rows > 0 && rows <= SORTED_ROWS_FREE ? use.first(0) : use.held();
        }
        return node instanceof Aggregate aggregate && hasFewGroups(aggregate) ? use.first(0) : use.held();
    }

    private static boolean hasFewGroups(Aggregate aggregate) {
        for (final int key : aggregate.getGroupSet()) {
            final Column column = ColumnOrigins.of(aggregate.getInput(), key);
            if (column == null || !FEW_VALUES.contains(column.name())) {
                return false;
            }
        }
        return aggregate.getAggCallList().stream()
                .noneMatch(call -> call.isDistinct()
                        || !SMALL.contains(call.getAggregation().getKind()));
    }

    /** Rows that a limit takes; 0 = it has none, or a parameter. */
    private static int rows(@Nullable RexNode offset, @Nullable RexNode fetch) {
        if (!(fetch instanceof RexLiteral) || !(offset == null || offset instanceof RexLiteral)) {
            return 0;
        }
        final long skipped = offset == null ? 0 : ((Number) value(offset)).longValue();
        return (int) Math.min(Integer.MAX_VALUE, skipped + ((Number) value(fetch)).longValue());
    }

    private static Object value(RexNode literal) {
        final Object value = RexLiteral.value(literal);
        return value == null ? 0 : value;
    }

    /** The same without the sort, where a chain of jobs has that order already; null where none has. */
    private static @Nullable RelNode withoutSort(Sort sort, Use use) {
        if (!(sort instanceof EnumerableSort || sort instanceof EnumerableLimitSort)
                || sort.getCollation().getFieldCollations().size() != 1) {
            return null;
        }
        final RelFieldCollation order = sort.getCollation().getFieldCollations().get(0);
        final RelNode input = sort.getInput();
        final TableRead read = read(input);
        if (read == null
                || read.spec().table() != SqlTable.JOBS
                || !order.getDirection().isDescending()
                || !isChangedAt(input, order.getFieldIndex(), read)) {
            return null;
        }
        final RelNode finished = finish(input, use.first(rows(sort.offset, sort.fetch)));
        final TableRead filtered = read(finished);
        if (filtered == null
                || !OneTenant.isPinned(filtered.spec().filter(), filtered.spec().fieldNames())) {
            return null;
        }
        final ReadSpec spec = filtered.spec();
        final TableRead ordered = filtered.with(spec.with(spec.use().newestFirst()));
        final RelNode rows =
                finished instanceof TableRead ? ordered : finished.copy(finished.getTraitSet(), List.of(ordered));
        return sort.offset == null && sort.fetch == null ? rows : EnumerableLimit.create(rows, sort.offset, sort.fetch);
    }

    /** The read of a node that is one, or calculates over one. */
    private static @Nullable TableRead read(RelNode node) {
        if (node instanceof TableRead read) {
            return read;
        }
        return node instanceof EnumerableCalc calc && calc.getInput() instanceof TableRead below ? below : null;
    }

    private static boolean isChangedAt(RelNode input, int field, TableRead read) {
        int place = field;
        if (input instanceof EnumerableCalc calc) {
            final RexNode value = calc.getProgram()
                    .expandLocalRef(calc.getProgram().getProjectList().get(field));
            if (!(value instanceof RexInputRef column)) {
                return false;
            }
            place = column.getIndex();
        }
        return read.spec().fieldNames().get(place).equals("status_changed_at_ms");
    }
}
