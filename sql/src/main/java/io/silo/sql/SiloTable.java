package io.silo.sql;

import com.google.common.collect.ImmutableList;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.schema.Statistic;
import org.apache.calcite.schema.Statistics;
import org.apache.calcite.schema.TranslatableTable;
import org.apache.calcite.schema.impl.AbstractTable;
import org.apache.calcite.sql.type.SqlTypeName;

/** A table as the planner knows it. Immutable. */
final class SiloTable extends AbstractTable implements TranslatableTable {
    /** What the planner takes a table to have: it says how joins are done, and no more. */
    private static final double ROWS = 100_000;

    private final SqlTable table;

    SiloTable(SqlTable table) {
        this.table = table;
    }

    SqlTable table() {
        return table;
    }

    @Override
    public RelDataType getRowType(RelDataTypeFactory factory) {
        final RelDataTypeFactory.Builder row = factory.builder();
        for (final Column column : table.columns()) {
            row.add(
                    column.name(),
                    factory.createTypeWithNullability(type(factory, column.type()), column.isNullable()));
        }
        return row.build();
    }

    private static RelDataType type(RelDataTypeFactory factory, ColumnType type) {
        final RelDataType text = factory.createSqlType(SqlTypeName.VARCHAR);
        return switch (type) {
            case INT64 -> factory.createSqlType(SqlTypeName.BIGINT);
            // As wide as whatever they are compared with; results are told as what they are.
            case UINT8, UINT32, INT32 -> factory.createSqlType(SqlTypeName.INTEGER);
            case MAP -> factory.createMapType(text, factory.createTypeWithNullability(text, true));
            default -> text;
        };
    }

    @Override
    public Statistic getStatistic() {
        return Statistics.of(ROWS, ImmutableList.of());
    }

    @Override
    public RelNode toRel(RelOptTable.ToRelContext context, RelOptTable relOptTable) {
        return TableRead.create(context.getCluster(), relOptTable, table);
    }
}
