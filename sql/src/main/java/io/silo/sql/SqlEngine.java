package io.silo.sql;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.calcite.runtime.CalciteException;
import org.apache.calcite.sql.SqlNode;
import org.jspecify.annotations.Nullable;

/**
 * Runs queries. Plans are kept by the text of their statement, with literals of comparisons taken out, so that the next one of its kind is
 * not planned again. Any thread.
 */
public final class SqlEngine {
    /** Plans that are kept: at some 100 KiB each, 50 MiB. */
    private static final int PLANS_MAX = 512;

    private final Planning planning = new Planning();
    private final Map<String, Plan> plans = Collections.synchronizedMap(new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Plan> eldest) {
            return size() > PLANS_MAX;
        }
    });

    /** A plan and the values of its parameters. */
    private record Bound(Plan plan, Map<String, @Nullable Object> parameters) {}

    /**
     * Begins a statement. Its rows are read as the result is.
     *
     * @param sql one query, with placeholders {@code $1} and so on; or {@code EXPLAIN} and one.
     * @param parameters values of the placeholders: {@link String}, {@link Long}, {@link Double}, {@link Boolean} or null.
     * @throws SqlException {@code INVALID} for what cannot be planned.
     */
    public SqlResult query(String sql, List<? extends @Nullable Object> parameters, QueryOptions options) {
        final StatementText text = StatementText.of(sql);
        for (final int number : text.placeholders()) {
            if (number < 1 || number > parameters.size()) {
                throw new SqlException(
                        SqlException.Kind.INVALID,
                        "SQL parameter error: No value found for placeholder with id $" + number);
            }
        }
        final Bound bound;
        try {
            bound = bind(text, parameters, options.timeoutMs());
        } catch (SqlException told) {
            throw told;
        } catch (CalciteException | UnsupportedOperationException wrong) {
            throw Planning.invalid(wrong);
        } catch (RuntimeException | AssertionError failed) {
            final SqlException told = SqlException.within(failed);
            if (told != null) {
                throw told;
            }
            throw new SqlException(SqlException.Kind.FAILED, "Query planning failed: " + failed, failed);
        } catch (StackOverflowError deep) {
            throw new SqlException(SqlException.Kind.INVALID, "SQL error: the statement is nested too deeply.", deep);
        }
        if (text.isExplain()) {
            return SqlResult.ofText(bound.plan().explain(options.tenant(), bound.parameters()));
        }
        final Execution execution =
                new Execution(options, planning.typeFactory(), bound.plan().stashed(), bound.parameters());
        return new SqlResult(bound.plan(), execution);
    }

    /** With literals lifted, if the types allow it; else as the statement stands. */
    private Bound bind(StatementText text, List<? extends @Nullable Object> parameters, long timeoutMs) {
        final SqlNode parsed = planning.parse(text.sql());
        final StatementRewriter lifting = new StatementRewriter(true, text.placeholders());
        final SqlNode lifted = rewritten(parsed, lifting);
        try {
            final Bound bound = bound(lifted, lifting, parameters, timeoutMs);
            if (bound != null) {
                return bound;
            }
        } catch (SqlException told) {
            throw told;
        } catch (RuntimeException wrong) {
            final SqlException told = SqlException.within(wrong);
            if (told != null && told.kind() == SqlException.Kind.TIMEOUT) {
                throw told;
            }
            if (!lifting.hasLifted()) {
                throw wrong;
            }
            // Perhaps the type of a parameter cannot be told, where that of the literal can; each place says so in its
            // own way.
        }
        final StatementRewriter plain = new StatementRewriter(false, text.placeholders());
        final Bound bound = bound(rewritten(planning.parse(text.sql()), plain), plain, parameters, timeoutMs);
        if (bound == null) {
            throw new SqlException(
                    SqlException.Kind.INVALID,
                    "SQL parameter error: " + parameters.size()
                            + " values were given, of which one has another type than its placeholder");
        }
        return bound;
    }

    private static SqlNode rewritten(SqlNode parsed, StatementRewriter rewriter) {
        final SqlNode rewritten = parsed.accept(rewriter);
        if (rewritten == null) {
            throw StatementRewriter.refused("there is no statement");
        }
        return rewritten;
    }

    /** Null = a value is of another type than the plan takes. */
    private @Nullable Bound bound(
            SqlNode statement, StatementRewriter rewriter, List<? extends @Nullable Object> own, long timeoutMs) {
        final List<@Nullable Object> values = new ArrayList<>();
        for (final StatementRewriter.Parameter parameter : rewriter.parameters()) {
            if (parameter.placeholder() == 0) {
                values.add(parameter.literal());
                continue;
            }
            final Object value = own.get(parameter.placeholder() - 1);
            final boolean isStatus = rewriter.statusPlaceholders().contains(parameter.placeholder());
            values.add(isStatus && value instanceof String name ? DisplayStatus.canonical(name) : value);
        }
        final String key = statement.toString();
        Plan plan = plans.get(key);
        if (plan == null) {
            plan = planning.plan(statement, timeoutMs);
            plans.put(key, plan);
        }
        final Map<String, @Nullable Object> parameters = plan.bind(values);
        return parameters == null ? null : new Bound(plan, parameters);
    }
}
