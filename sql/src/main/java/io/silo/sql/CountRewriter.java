package io.silo.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
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
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexShuttle;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.tools.RelBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Makes a count of jobs that looks at few columns of them a sum of counts: of the counters that shards keep for each tenant if nothing but
 * that is looked at, else of what shards count while they walk ({@link SqlTable#JOB_COUNTS}). Every job is counted once either way.
 */
final class CountRewriter extends RelHomogeneousShuttle {
    /** What counters know apart: their {@code status_kind} is the stored one, which statements of jobs do not show. */
    private static final Set<String> OF_COUNTERS = Set.of("shard_id", "tenant");

    private final RelOptTable tenantCounts;
    private final RelOptTable jobCounts;

    private CountRewriter(RelOptTable tenantCounts, RelOptTable jobCounts) {
        this.tenantCounts = tenantCounts;
        this.jobCounts = jobCounts;
    }

    static RelNode rewrite(RelNode plan, RelOptTable tenantCounts, RelOptTable jobCounts) {
        return plan.accept(new CountRewriter(tenantCounts, jobCounts));
    }

    @Override
    public RelNode visit(RelNode node) {
        final RelNode counted = node instanceof LogicalAggregate aggregate ? counted(aggregate) : null;
        return counted == null ? super.visit(node) : counted;
    }

    @Override
    public RelNode visit(LogicalAggregate aggregate) {
        return visit((RelNode) aggregate);
    }

    private @Nullable RelNode counted(Aggregate aggregate) {
        if (aggregate.getGroupType() != Aggregate.Group.SIMPLE
                || aggregate.getAggCallList().isEmpty()
                || !aggregate.getAggCallList().stream().allMatch(CountRewriter::isCountOfRows)) {
            return null;
        }
        RelNode below = aggregate.getInput();
        final Project project = below instanceof Project found ? found : null;
        if (project != null) {
            below = project.getInput();
        }
        final Filter filter = below instanceof Filter found ? found : null;
        if (filter != null) {
            below = filter.getInput();
        }
        if (!(below instanceof TableRead read) || read.spec().table() != SqlTable.JOBS) {
            return null;
        }
        final List<RexNode> keys = new ArrayList<>();
        for (final int key : aggregate.getGroupSet()) {
            keys.add(
                    project == null
                            ? RexInputRef.of(key, read.getRowType())
                            : project.getProjects().get(key));
        }
        return counted(aggregate, read, filter == null ? null : filter.getCondition(), keys);
    }

    private static boolean isCountOfRows(AggregateCall call) {
        return call.getAggregation().getKind() == SqlKind.COUNT
                && call.getArgList().isEmpty()
                && !call.isDistinct()
                && call.filterArg < 0;
    }

    private @Nullable RelNode counted(
            Aggregate aggregate, TableRead read, @Nullable RexNode condition, List<RexNode> keys) {
        final List<RexNode> looked = new ArrayList<>(keys);
        if (condition != null) {
            looked.add(condition);
        }
        if (RexUtil.SubQueryFinder.find(looked) != null) {
            return null;
        }
        final List<String> names = RelOptUtil.InputFinder.bits(looked, null).asList().stream()
                .map(place -> SqlTable.JOBS.columns().get(place).name())
                .toList();
        final SqlTable table = OF_COUNTERS.containsAll(names) ? SqlTable.TENANT_COUNTS : SqlTable.JOB_COUNTS;
        if (names.stream().anyMatch(name -> table.place(name) < 0)) {
            return null;
        }
        final RelOptTable counts = table == SqlTable.TENANT_COUNTS ? tenantCounts : jobCounts;
        final RelBuilder builder = RelBuilder.proto(Contexts.empty())
                .create(aggregate.getCluster(), read.getTable().getRelOptSchema());
        builder.push(TableRead.create(aggregate.getCluster(), counts, table));
        final RexShuttle moved = new RexShuttle() {
            @Override
            public RexNode visitInputRef(RexInputRef column) {
                return builder.field(
                        SqlTable.JOBS.columns().get(column.getIndex()).name());
            }
        };
        if (condition != null) {
            builder.filter(moved.apply(condition));
        }
        final List<RexNode> fields = new ArrayList<>(moved.apply(keys));
        fields.add(builder.field("cnt"));
        builder.project(fields, List.of(), true);
        final List<RelBuilder.AggCall> calls = new ArrayList<>();
        for (int call = 0; call < aggregate.getAggCallList().size(); call++) {
            calls.add(builder.aggregateCall(SqlStdOperatorTable.SUM0, builder.field(keys.size()))
                    .as("n" + call));
        }
        builder.aggregate(builder.groupKey(builder.fields(range(keys.size()))), calls);
        return RelOptUtil.createCastRel(builder.build(), aggregate.getRowType(), true);
    }

    private static List<Integer> range(int end) {
        final List<Integer> places = new ArrayList<>();
        for (int place = 0; place < end; place++) {
            places.add(place);
        }
        return places;
    }
}
