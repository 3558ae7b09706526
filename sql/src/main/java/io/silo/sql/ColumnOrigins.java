package io.silo.sql;

import org.apache.calcite.adapter.enumerable.EnumerableLimit;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.Calc;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Join;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.core.Sort;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.jspecify.annotations.Nullable;

/**
 * Which column of a table a field of a plan shows unchanged. The planner's own metadata does not see through reads of some columns.
 * Stateless.
 */
final class ColumnOrigins {
    private ColumnOrigins() {}

    /** The column, or null if the field is calculated. */
    static @Nullable Column of(RelNode node, int field) {
        if (node instanceof TableRead read) {
            return read.spec().table().columns().get(read.spec().fields().get(field));
        }
        if (node instanceof Calc calc) {
            return of(
                    calc.getInput(),
                    calc.getProgram()
                            .expandLocalRef(calc.getProgram().getProjectList().get(field)));
        }
        if (node instanceof Project project) {
            return of(project.getInput(), project.getProjects().get(field));
        }
        if (node instanceof Sort
                || node instanceof Filter
                || node instanceof EnumerableLimit
                || node instanceof CheckedRows) {
            return of(node.getInput(0), field);
        }
        if (node instanceof Aggregate aggregate) {
            return field < aggregate.getGroupCount()
                    ? of(aggregate.getInput(), aggregate.getGroupSet().nth(field))
                    : null;
        }
        if (node instanceof Join join) {
            final int left = join.getLeft().getRowType().getFieldCount();
            if (field < left) {
                return of(join.getLeft(), field);
            }
            return join.getJoinType().projectsRight() ? of(join.getRight(), field - left) : null;
        }
        return null;
    }

    private static @Nullable Column of(RelNode input, RexNode value) {
        return value instanceof RexInputRef column ? of(input, column.getIndex()) : null;
    }
}
