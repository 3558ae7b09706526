package io.silo.sql;

import io.silo.client.JobScan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.calcite.plan.RelOptUtil;
import org.apache.calcite.rel.RelNode;
import org.apache.calcite.runtime.Bindable;
import org.apache.calcite.sql.SqlExplainFormat;
import org.apache.calcite.sql.SqlExplainLevel;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;

/**
 * A statement that is ready to run, again and again. Immutable; any thread.
 *
 * @param code compiled.
 * @param stashed what it refers to by name.
 * @param node what it was compiled from.
 * @param columns of the result.
 * @param fields places of these columns in what the code yields.
 * @param parameterTypes of the parameters, those of lifted literals last.
 */
record Plan(
        Bindable<?> code,
        Map<String, Object> stashed,
        RelNode node,
        List<Column> columns,
        List<Integer> fields,
        List<SqlTypeName> parameterTypes) {
    Plan {
        stashed = Map.copyOf(stashed);
        columns = List.copyOf(columns);
        fields = List.copyOf(fields);
        parameterTypes = List.copyOf(parameterTypes);
    }

    /** Name under which compiled code asks for a parameter. */
    static String parameterName(int place) {
        return "?" + place;
    }

    /**
     * Values by the names under which code asks for them, as the types have it.
     *
     * @return null if a value is of another type than the plan was made for.
     */
    @Nullable
    Map<String, @Nullable Object> bind(List<@Nullable Object> values) {
        final Map<String, @Nullable Object> named = new HashMap<>();
        for (int i = 0; i < values.size(); i++) {
            final Object value = values.get(i);
            if (value == null) {
                named.put(parameterName(i), null);
                continue;
            }
            final Object bound = bound(value, parameterTypes.get(i));
            if (bound == null) {
                return null;
            }
            named.put(parameterName(i), bound);
        }
        return named;
    }

    private static @Nullable Object bound(Object value, SqlTypeName type) {
        if (value instanceof ValueSet) {
            return value; // it goes to a function that takes nothing else
        }
        return switch (type) {
            case CHAR, VARCHAR -> value instanceof String ? value : null;
            case BOOLEAN -> value instanceof Boolean ? value : null;
            case TINYINT, SMALLINT, INTEGER ->
                value instanceof Long number && number == number.intValue() ? (Object) number.intValue() : null;
            case BIGINT -> value instanceof Long ? value : null;
            case DOUBLE, FLOAT -> value instanceof Number number ? (Object) number.doubleValue() : null;
            default -> null;
        };
    }

    /** The plan as text, with the way that each read goes. */
    String explain(String scope, Map<String, @Nullable Object> parameters) {
        final StringBuilder text = new StringBuilder(
                RelOptUtil.dumpPlan("", node, SqlExplainFormat.TEXT, SqlExplainLevel.EXPPLAN_ATTRIBUTES));
        for (final ReadSpec spec : reads(node, new ArrayList<>())) {
            text.append("read of ")
                    .append((spec.table() == SqlTable.JOB_COUNTS ? SqlTable.JOBS : spec.table()).sqlName())
                    .append(": ")
                    .append(strategy(spec, scope, parameters))
                    .append('\n');
        }
        return text.toString();
    }

    private static String strategy(ReadSpec spec, String scope, Map<String, @Nullable Object> parameters) {
        if (spec.table() == SqlTable.TENANT_COUNTS) {
            return "Counters";
        }
        final Bounds bounds = spec.bounds(parameters::get);
        final JobStrategy strategy = JobStrategy.of(bounds, scope, 0);
        final String order = spec.use().isNewestFirst() ? ", latest change first" : "";
        final String tenant =
                strategy.scans().isEmpty() || strategy.scans().get(0).tenant().isEmpty() ? "" : ", one tenant";
        final boolean isCounted = spec.table() == SqlTable.JOB_COUNTS
                && !strategy.scans().isEmpty()
                && strategy.scans().get(0).path() == JobScan.Path.ROWS;
        return strategy.name() + tenant + order + (isCounted ? ", counted" : "");
    }

    private static List<ReadSpec> reads(RelNode node, List<ReadSpec> found) {
        if (node instanceof TableRead read) {
            found.add(read.spec());
        }
        node.getInputs().forEach(input -> reads(input, found));
        return found;
    }
}
