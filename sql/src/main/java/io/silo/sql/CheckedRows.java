package io.silo.sql;

import java.util.List;
import org.apache.calcite.DataContext;
import org.apache.calcite.adapter.enumerable.EnumerableRel;
import org.apache.calcite.adapter.enumerable.EnumerableRelImplementor;
import org.apache.calcite.linq4j.AbstractEnumerable;
import org.apache.calcite.linq4j.Enumerable;
import org.apache.calcite.linq4j.Enumerator;
import org.apache.calcite.linq4j.tree.BlockBuilder;
import org.apache.calcite.linq4j.tree.Expressions;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.RelTraitSet;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.SingleRel;

/**
 * The same rows, with a look at the statement's time every so many: above what makes many rows of few, which is not to run on when nobody
 * waits any more. Public because compiled plans are elsewhere.
 */
public final class CheckedRows extends SingleRel implements EnumerableRel {
    private static final int ROWS_PER_CHECK = 1_024;

    private CheckedRows(RelOptCluster cluster, RelTraitSet traits, RelNode input) {
        super(cluster, traits, input);
    }

    static CheckedRows over(RelNode input) {
        return new CheckedRows(input.getCluster(), input.getTraitSet(), input);
    }

    @Override
    public RelNode copy(RelTraitSet traits, List<RelNode> inputs) {
        return new CheckedRows(getCluster(), traits, inputs.get(0));
    }

    @Override
    public Result implement(EnumerableRelImplementor implementor, Prefer prefer) {
        final Result input = implementor.visitChild(this, 0, (EnumerableRel) getInput(), prefer);
        final BlockBuilder block = new BlockBuilder();
        final var rows = block.append("rows", input.block);
        block.add(Expressions.return_(
                null, Expressions.call(CheckedRows.class, "check", rows, implementor.getRootExpression())));
        return implementor.result(input.physType, block.toBlock());
    }

    /** Called by compiled plans. */
    public static <T> Enumerable<T> check(Enumerable<T> rows, DataContext context) {
        final Execution execution = (Execution) context;
        return new AbstractEnumerable<>() {
            @Override
            public Enumerator<T> enumerator() {
                final Enumerator<T> all = rows.enumerator();
                return new Enumerator<>() {
                    private int count;

                    @Override
                    public T current() {
                        return all.current();
                    }

                    @Override
                    public boolean moveNext() {
                        count++;
                        if (count % ROWS_PER_CHECK == 0) {
                            execution.check();
                        }
                        return all.moveNext();
                    }

                    @Override
                    public void reset() {
                        all.reset();
                    }

                    @Override
                    public void close() {
                        all.close();
                    }
                };
            }
        };
    }
}
