package io.silo.sql;

import java.util.List;
import org.apache.calcite.plan.Contexts;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rel.RelHomogeneousShuttle;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.core.Aggregate;
import org.apache.calcite.rel.core.AggregateCall;
import org.apache.calcite.rel.core.Filter;
import org.apache.calcite.rel.core.Project;
import org.apache.calcite.rel.logical.LogicalAggregate;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.tools.RelBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Makes a count of all jobs, or of all of a tenant, one of the counters that shards keep: the sum of {@code tenant_counts.cnt}. Stateless.
 */
final class CountRewriter {
    private CountRewriter() {}

    static RelNode rewrite(RelNode plan) {
        return plan.accept(new RelHomogeneousShuttle() {
            @Override
            public RelNode visit(RelNode node) {
                final RelNode counters = node instanceof LogicalAggregate aggregate ? counters(aggregate) : null;
                return counters == null ? super.visit(node) : counters;
            }

            @Override
            public RelNode visit(LogicalAggregate aggregate) {
                return visit((RelNode) aggregate);
            }
        });
    }

    private static @Nullable RelNode counters(Aggregate aggregate) {
        if (!aggregate.getGroupSet().isEmpty()
                || aggregate.getGroupType() != Aggregate.Group.SIMPLE
                || aggregate.getAggCallList().size() != 1
                || !isCountOfRows(aggregate.getAggCallList().get(0))) {
            return null;
        }
        RelNode below = aggregate.getInput();
        if (below instanceof Project project) {
            below = project.getInput();
        }
        final Filter filter = below instanceof Filter found ? found : null;
        if (filter != null) {
            below = filter.getInput();
        }
        if (!(below instanceof TableRead read) || read.spec().table() != SqlTable.JOBS) {
            return null;
        }
        final List<RexNode> terms = filter == null ? List.of() : RelOptUtil.conjunctions(filter.getCondition());
        if (!terms.stream().allMatch(CountRewriter::isOfTenant)) {
            return null;
        }
        return counters(aggregate, read, terms);
    }

    private static boolean isCountOfRows(AggregateCall call) {
        return call.getAggregation().getKind() == SqlKind.COUNT
                && call.getArgList().isEmpty()
                && !call.isDistinct()
                && call.filterArg < 0;
    }

    /** Whether a term compares the tenant with something that is no column. */
    private static boolean isOfTenant(RexNode term) {
        return term instanceof RexCall call
                && call.getKind() == SqlKind.EQUALS
                && (isTenant(call.getOperands().get(0))
                                && !isOfRow(call.getOperands().get(1))
                        || isTenant(call.getOperands().get(1))
                                && !isOfRow(call.getOperands().get(0)));
    }

    private static boolean isTenant(RexNode node) {
        return node instanceof RexInputRef column && column.getIndex() == SqlTable.JOBS.place("tenant");
    }

    private static boolean isOfRow(RexNode node) {
        return !RelOptUtil.InputFinder.bits(node).isEmpty();
    }

    private static RelNode counters(Aggregate aggregate, TableRead read, List<RexNode> terms) {
        final RelOptTable jobs = read.getTable();
        final RelOptTable counts = jobs.getRelOptSchema().getTableForMember(List.of(SqlTable.TENANT_COUNTS.sqlName()));
        final RelBuilder builder =
                RelBuilder.proto(Contexts.empty()).create(aggregate.getCluster(), jobs.getRelOptSchema());
        builder.push(TableRead.create(aggregate.getCluster(), counts, SqlTable.TENANT_COUNTS));
        for (final RexNode term : terms) {
            final RexCall call = (RexCall) term;
            final RexNode value = isTenant(call.getOperands().get(0))
                    ? call.getOperands().get(1)
                    : call.getOperands().get(0);
            builder.filter(builder.equals(builder.field("tenant"), value));
        }
        builder.aggregate(
                builder.groupKey(),
                builder.aggregateCall(SqlStdOperatorTable.SUM0, builder.field("cnt"))
                        .as(aggregate.getRowType().getFieldNames().get(0)));
        return RelOptUtil.createCastRel(builder.build(), aggregate.getRowType(), true);
    }
}
