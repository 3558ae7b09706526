package io.silo.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.calcite.adapter.enumerable.EnumerableConvention;
import org.apache.calcite.adapter.enumerable.EnumerableRel;
import org.apache.calcite.adapter.enumerable.EnumerableRelImplementor;
import org.apache.calcite.adapter.enumerable.JavaRowFormat;
import org.apache.calcite.adapter.enumerable.PhysType;
import org.apache.calcite.adapter.enumerable.PhysTypeImpl;
import org.apache.calcite.linq4j.tree.Blocks;
import org.apache.calcite.linq4j.tree.Expression;
import org.apache.calcite.linq4j.tree.Expressions;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.plan.RelTraitSet;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelWriter;
import org.apache.calcite.rel.core.TableScan;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.tools.RelBuilder;
import org.apache.calcite.util.ImmutableBitSet;

/** A read of some columns of a table, as a node of a plan. Immutable. */
final class TableRead extends TableScan implements EnumerableRel {
    private final ReadSpec spec;

    private TableRead(RelOptCluster cluster, RelTraitSet traits, RelOptTable table, ReadSpec spec) {
        super(cluster, traits, List.of(), table);
        this.spec = spec;
    }

    static TableRead create(RelOptCluster cluster, RelOptTable table, SqlTable of) {
        return new TableRead(cluster, cluster.traitSetOf(EnumerableConvention.INSTANCE), table, ReadSpec.all(of));
    }

    ReadSpec spec() {
        return spec;
    }

    TableRead with(ReadSpec newSpec) {
        return new TableRead(getCluster(), getTraitSet(), getTable(), newSpec);
    }

    @Override
    public RelDataType deriveRowType() {
        // Called by the constructor of nobody: the row type is asked for once the node is whole.
        final List<RelDataTypeField> all = getTable().getRowType().getFieldList();
        final var row = getCluster().getTypeFactory().builder();
        spec.fields().forEach(field -> row.add(all.get(field)));
        return row.build();
    }

    @Override
    public RelNode project(ImmutableBitSet fieldsUsed, Set<RelDataTypeField> extraFields, RelBuilder builder) {
        if (!extraFields.isEmpty()) {
            return super.project(fieldsUsed, extraFields, builder);
        }
        final List<Integer> fields = new ArrayList<>();
        fieldsUsed.forEach(used -> fields.add(spec.fields().get(used)));
        return with(spec.withFields(fields));
    }

    @Override
    public RelWriter explainTerms(RelWriter writer) {
        return super.explainTerms(writer).item("columns", spec.fieldNames());
    }

    @Override
    public RelNode copy(RelTraitSet traits, List<RelNode> inputs) {
        return new TableRead(getCluster(), traits, getTable(), spec);
    }

    @Override
    public Result implement(EnumerableRelImplementor implementor, Prefer prefer) {
        final PhysType physType = PhysTypeImpl.of(implementor.getTypeFactory(), getRowType(), JavaRowFormat.ARRAY);
        final Expression stashed = implementor.stash(spec, ReadSpec.class);
        return implementor.result(
                physType, Blocks.toBlock(Expressions.call(stashed, "open", implementor.getRootExpression())));
    }
}
