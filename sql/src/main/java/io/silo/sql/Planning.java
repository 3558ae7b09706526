package io.silo.sql;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.calcite.adapter.enumerable.EnumerableConvention;
import org.apache.calcite.adapter.enumerable.EnumerableInterpretable;
import org.apache.calcite.adapter.enumerable.EnumerableRel;
import org.apache.calcite.adapter.enumerable.EnumerableRules;
import org.apache.calcite.adapter.java.JavaTypeFactory;
import org.apache.calcite.avatica.util.Casing;
import org.apache.calcite.avatica.util.Quoting;
import org.apache.calcite.config.CalciteConnectionConfigImpl;
import org.apache.calcite.config.CalciteConnectionProperty;
import org.apache.calcite.jdbc.CalciteSchema;
import org.apache.calcite.jdbc.JavaTypeFactoryImpl;
import org.apache.calcite.plan.Contexts;
import org.apache.calcite.plan.ConventionTraitDef;
import org.apache.calcite.plan.RelOptCluster;
import org.apache.calcite.plan.RelOptTable;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.plan.RelTraitSet;
import org.apache.calcite.plan.volcano.VolcanoPlanner;
import org.apache.calcite.prepare.CalciteCatalogReader;
import org.apache.calcite.rel.RelCollationTraitDef;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.rel.RelRoot;
import org.apache.calcite.rel.metadata.DefaultRelMetadataProvider;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rel.type.RelDataTypeFactory;
import org.apache.calcite.rel.type.RelDataTypeField;
import org.apache.calcite.rel.type.RelDataTypeSystem;
import org.apache.calcite.rel.type.RelDataTypeSystemImpl;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.runtime.Bindable;
import org.apache.calcite.schema.SchemaPlus;
import org.apache.calcite.schema.impl.ScalarFunctionImpl;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlOperatorTable;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.parser.SqlParseException;
import org.apache.calcite.sql.parser.SqlParser;
import org.apache.calcite.sql.parser.babel.SqlBabelParserImpl;
import org.apache.calcite.sql.type.SqlTypeName;
import org.apache.calcite.sql.type.SqlTypeUtil;
import org.apache.calcite.sql.util.SqlOperatorTables;
import org.apache.calcite.sql.util.SqlShuttle;
import org.apache.calcite.sql.validate.SqlConformance;
import org.apache.calcite.sql.validate.SqlConformanceEnum;
import org.apache.calcite.sql.validate.SqlDelegatingConformance;
import org.apache.calcite.sql.validate.SqlValidator;
import org.apache.calcite.sql.validate.SqlValidatorUtil;
import org.apache.calcite.sql2rel.ConvertToChecked;
import org.apache.calcite.sql2rel.SqlToRelConverter;
import org.apache.calcite.sql2rel.StandardConvertletTable;
import org.apache.calcite.tools.Program;
import org.apache.calcite.tools.Programs;

/** From a statement's text to its plan, by Calcite. Any thread. */
final class Planning {
    static {
        // Before any class of the planner reads them: its own default has no Greek.
        setDefault("calcite.default.charset", "UTF-8");
        setDefault("calcite.default.nationalcharset", "UTF-8");
        setDefault("calcite.default.collation.name", "UTF-8$en_US");
    }

    /** Lenient, but a name in SELECT is a column and never its own alias. */
    private static final SqlConformance CONFORMANCE = new SqlDelegatingConformance(SqlConformanceEnum.BABEL) {
        @Override
        public SelectAliasLookup isSelectAlias() {
            return SelectAliasLookup.UNSUPPORTED;
        }
    };

    private static final long PLANNING_MS_MAX = 10_000;

    /** Longer lists would become joins. */
    private static final int IN_LIST_MAX = 100_000;

    private final JavaTypeFactory typeFactory = new Types();
    private final CalciteSchema schema = CalciteSchema.createRootSchema(false, false);

    /** What no statement can name. */
    private final CalciteSchema counted = CalciteSchema.createRootSchema(false, false);

    private final CalciteConnectionConfigImpl config;
    private final SqlOperatorTable operators;

    Planning() {
        final SchemaPlus root = schema.plus();
        for (final SqlTable table : SqlTable.values()) {
            (table.isPublic() ? root : counted.plus()).add(table.sqlName(), new SiloTable(table));
        }
        root.add(SqlFunctions.STARTS_WITH, ScalarFunctionImpl.create(SqlFunctions.class, "startsWith"));
        root.add(SqlFunctions.LIKE, ScalarFunctionImpl.create(SqlFunctions.class, "like"));
        root.add(SqlFunctions.ILIKE, ScalarFunctionImpl.create(SqlFunctions.class, "ilike"));
        root.add(SqlFunctions.AMONG, ScalarFunctionImpl.create(SqlFunctions.class, "among"));
        final Properties properties = new Properties();
        properties.setProperty(CalciteConnectionProperty.CASE_SENSITIVE.camelName(), "true");
        config = new CalciteConnectionConfigImpl(properties);
        operators = SqlOperatorTables.chain(SqlStdOperatorTable.instance(), reader());
    }

    private static void setDefault(String property, String value) {
        if (System.getProperty(property) == null) {
            System.setProperty(property, value);
        }
    }

    private CalciteCatalogReader reader() {
        return new CalciteCatalogReader(schema, List.of(), typeFactory, config);
    }

    JavaTypeFactory typeFactory() {
        return typeFactory;
    }

    /** Parses one query. */
    SqlNode parse(String sql) {
        final SqlParser.Config parser = SqlParser.config()
                .withParserFactory(SqlBabelParserImpl.FACTORY)
                .withConformance(SqlConformanceEnum.BABEL)
                .withQuoting(Quoting.DOUBLE_QUOTE)
                .withUnquotedCasing(Casing.TO_LOWER)
                .withQuotedCasing(Casing.UNCHANGED)
                .withCaseSensitive(true)
                .withIdentifierMaxLength(1_024);
        final SqlNode parsed;
        try {
            parsed = SqlParser.create(sql, parser).parseStmt();
        } catch (SqlParseException wrong) {
            throw invalid(wrong);
        }
        switch (parsed.getKind()) {
            case SELECT, ORDER_BY, WITH, VALUES, UNION, INTERSECT, EXCEPT -> {
                return parsed;
            }
            default -> throw StatementRewriter.refused("statements only read: write a SELECT");
        }
    }

    static SqlException tooDeep(Throwable cause) {
        return new SqlException(SqlException.Kind.INVALID, "SQL error: the statement is nested too deeply.", cause);
    }

    static SqlException invalid(Exception wrong) {
        final Throwable cause = wrong.getCause() == null ? wrong : wrong.getCause();
        if (cause instanceof StackOverflowError) {
            return tooDeep(cause);
        }
        final String said = String.valueOf(cause.getMessage());
        final int end = said.indexOf('\n');
        return new SqlException(
                SqlException.Kind.INVALID, "SQL error: " + (end < 0 ? said : said.substring(0, end)), wrong);
    }

    /**
     * Plans a statement as it was rewritten.
     *
     * @param timeoutMs after which planning ends; 0 = as for others.
     */
    Plan plan(SqlNode statement, long timeoutMs) {
        final CalciteCatalogReader reader = reader();
        final SqlValidator validator = SqlValidatorUtil.newValidator(
                operators,
                reader,
                typeFactory,
                SqlValidator.Config.DEFAULT.withConformance(CONFORMANCE).withIdentifierExpansion(true));
        final SqlNode validated = validator.validate(statement);
        final VolcanoPlanner planner = new BoundedPlanner(timeoutMs > 0 ? timeoutMs : PLANNING_MS_MAX);
        planner.addRelTraitDef(ConventionTraitDef.INSTANCE);
        planner.addRelTraitDef(RelCollationTraitDef.INSTANCE);
        planner.setExecutor(RexUtil.EXECUTOR);
        RelOptUtil.registerDefaultRules(planner, false, false);
        planner.addRule(EnumerableRules.ENUMERABLE_LIMIT_SORT_RULE);
        final RelOptCluster cluster = RelOptCluster.create(planner, new RexBuilder(typeFactory));
        final SqlToRelConverter converter = new SqlToRelConverter(
                (rowType, query, path, viewPath) -> {
                    throw new UnsupportedOperationException("there are no views");
                },
                validator,
                reader,
                cluster,
                StandardConvertletTable.INSTANCE,
                SqlToRelConverter.config().withExpand(false).withInSubQueryThreshold(IN_LIST_MAX));
        final RelRoot root = converter.convertQuery(validated, false, true);
        final RelNode rewritten = CountRewriter.rewrite(
                root.rel,
                table(reader, SqlTable.TENANT_COUNTS),
                table(new CalciteCatalogReader(counted, List.of(), typeFactory, config), SqlTable.JOB_COUNTS));
        final RelTraitSet wanted = cluster.traitSetOf(EnumerableConvention.INSTANCE)
                .replace(root.collation)
                .simplify();
        // What leaves its type is refused, not wrapped around to a wrong number.
        final RelNode checked = new ConvertToChecked(cluster.getRexBuilder(), true).visit(rewritten);
        final RelNode best = best(planner, checked, wanted);
        final RelNode finished = PlanFinisher.finish(best);
        final Map<String, Object> stashed = new HashMap<>();
        final Bindable<?> code =
                EnumerableInterpretable.toBindable(stashed, null, (EnumerableRel) finished, EnumerableRel.Prefer.ARRAY);
        final List<Integer> fields = new ArrayList<>();
        root.fields.forEach(field -> fields.add(field.getKey()));
        return new Plan(code, stashed, finished, columns(root, finished), fields, types(validated, validator));
    }

    private static RelOptTable table(CalciteCatalogReader reader, SqlTable table) {
        final RelOptTable found = reader.getTable(List.of(table.sqlName()));
        if (found == null) {
            throw new IllegalStateException("no table " + table);
        }
        return found;
    }

    private static RelNode best(VolcanoPlanner planner, RelNode plan, RelTraitSet wanted) {
        RelNode node = plan;
        final List<Program> first = List.of(
                Programs.subQuery(DefaultRelMetadataProvider.INSTANCE), Programs.decorrelate(), Programs.trim());
        for (final Program program : first) {
            node = program.run(planner, node, wanted, List.of(), List.of());
        }
        planner.setRoot(node.getTraitSet().equals(wanted) ? node : planner.changeTraits(node, wanted));
        return Programs.calc(DefaultRelMetadataProvider.INSTANCE)
                .run(planner, planner.findBestExp(), wanted, List.of(), List.of());
    }

    /** Types of the parameters, by their numbers. */
    private static List<SqlTypeName> types(SqlNode validated, SqlValidator validator) {
        final SortedMap<Integer, SqlTypeName> types = new TreeMap<>();
        validated.accept(new SqlShuttle() {
            @Override
            public SqlNode visit(SqlDynamicParam parameter) {
                types.put(
                        parameter.getIndex(),
                        validator.getValidatedNodeType(parameter).getSqlTypeName());
                return parameter;
            }
        });
        return List.copyOf(types.values());
    }

    /** Gives up when its time is over: there are statements with more plans than anyone can look at. */
    private static final class BoundedPlanner extends VolcanoPlanner {
        private final long timeoutMs;
        private final long startNs = System.nanoTime();

        BoundedPlanner(long timeoutMs) {
            super(Contexts.empty());
            this.timeoutMs = timeoutMs;
        }

        @Override
        public void checkCancel() {
            if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNs) > timeoutMs) {
                throw new SqlException(
                        SqlException.Kind.TIMEOUT,
                        "Query exceeded statement timeout of " + timeoutMs + " ms while it was planned");
            }
        }
    }

    /** Names as the statement has them; a column that comes from a table unchanged has the type that the table says. */
    private static List<Column> columns(RelRoot root, RelNode finished) {
        final List<Column> columns = new ArrayList<>();
        root.fields.forEach(field -> {
            final RelDataTypeField of = finished.getRowType().getFieldList().get(field.getKey());
            final Column said = ColumnOrigins.of(finished, field.getKey());
            columns.add(new Column(
                    field.getValue(),
                    said == null ? ColumnType.of(of.getType()) : said.type(),
                    said != null || of.getType().isNullable()));
        });
        return columns;
    }

    /** Texts are UTF-8; averages have fractions; sums do not overflow an int. */
    private static final class Types extends JavaTypeFactoryImpl {
        private static final RelDataTypeSystem SYSTEM = new RelDataTypeSystemImpl() {
            @Override
            public boolean shouldConvertRaggedUnionTypesToVarying() {
                // No text is ever filled up with blanks.
                return true;
            }

            @Override
            public RelDataType deriveAvgAggType(RelDataTypeFactory factory, RelDataType argument) {
                return factory.createTypeWithNullability(
                        factory.createSqlType(SqlTypeName.DOUBLE), argument.isNullable());
            }

            @Override
            public RelDataType deriveSumType(RelDataTypeFactory factory, RelDataType argument) {
                final SqlTypeName type = SqlTypeUtil.isExactNumeric(argument) && argument.getScale() <= 0
                        ? SqlTypeName.BIGINT
                        : SqlTypeName.DOUBLE;
                return factory.createTypeWithNullability(factory.createSqlType(type), argument.isNullable());
            }
        };

        Types() {
            super(SYSTEM);
        }

        @Override
        public Charset getDefaultCharset() {
            return StandardCharsets.UTF_8;
        }
    }
}
