package io.silo.sql;

import java.util.List;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexDynamicParam;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.jspecify.annotations.Nullable;

/** Whether a filter leaves the jobs of one tenant, whatever its parameters are, and no index is better than that. Stateless. */
final class OneTenant {
    private OneTenant() {}

    /** @param fields names of the columns that the filter speaks of. */
    static boolean isPinned(@Nullable RexNode filter, List<String> fields) {
        if (filter == null) {
            return false;
        }
        // An id or a metadata entry finds fewer jobs; what it finds is sorted.
        final boolean hasBetter = RelOptUtil.InputFinder.bits(filter).asList().stream()
                .map(fields::get)
                .anyMatch(name -> name.equals("id") || name.equals("metadata"));
        return !hasBetter && RelOptUtil.conjunctions(filter).stream().anyMatch(term -> pinsTenant(term, fields));
    }

    private static boolean pinsTenant(RexNode term, List<String> fields) {
        if (!(term instanceof RexCall call) || call.getKind() != SqlKind.EQUALS) {
            return false;
        }
        final RexNode left = call.getOperands().get(0);
        final RexNode right = call.getOperands().get(1);
        return isTenant(left, fields) && isValue(right) || isTenant(right, fields) && isValue(left);
    }

    private static boolean isTenant(RexNode node, List<String> fields) {
        return node instanceof RexInputRef column
                && fields.get(column.getIndex()).equals("tenant");
    }

    private static boolean isValue(RexNode node) {
        return node instanceof RexLiteral || node instanceof RexDynamicParam;
    }
}
