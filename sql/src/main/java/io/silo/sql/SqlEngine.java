package io.silo.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
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

    /** Characters of the texts of all plans that are kept: what a plan takes grows with its text. */
    private static final int PLAN_CHARACTERS_MAX = 512 * 1024;

    /** Looked at for a reason: the planner wraps one at each level of an expression. */
    private static final int CAUSES_MAX = 4_096;

    /** Of what the planner says of a statement that it fails with. */
    private static final int MESSAGE_CHARACTERS_MAX = 300;

    /** How Janino says that a method has more code than the JVM takes. */
    private static final String CODE_TOO_LARGE = "64 KB";

    /** What most clients ask first: the planner's classes are there after them, and so are these plans. */
    private static final List<String> WARM_UP = List.of(
            "SELECT * FROM jobs WHERE id = ''",
            "SELECT status_kind, COUNT(*) AS n FROM jobs GROUP BY status_kind",
            "SELECT id, metadata FROM jobs WHERE tenant = '' AND status_kind = 'Failed' AND element_at(metadata, '') = ''"
                    + " ORDER BY status_changed_at_ms DESC LIMIT 20",
            "SELECT COUNT(*) AS n FROM jobs JOIN tasks ON tasks.job_id = jobs.id WHERE jobs.id IN ('', '')");

    /** For each of them. Nobody waits for it, and the process may stand still or have little of a processor meanwhile. */
    private static final long WARM_UP_MS_MAX = 600_000;

    private final Planning planning = new Planning();
    private final BoundedCache<Plan> plans = new BoundedCache<>(PLANS_MAX, PLAN_CHARACTERS_MAX);

    /** A plan and the values of its parameters. */
    private record Bound(Plan plan, Map<String, @Nullable Object> parameters) {}

    /**
     * Plans what most clients ask first, so that the first of them need not wait for the planner to be loaded: a second or two of one thread.
     * Ends early if the thread is interrupted.
     */
    public void warmUp() {
        for (final String sql : WARM_UP) {
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            var unused = bind(StatementText.of(sql), List.of(), WARM_UP_MS_MAX);
        }
    }

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
            if (isWithin(failed, cause -> String.valueOf(cause.getMessage()).contains(CODE_TOO_LARGE))) {
                throw new SqlException(
                        SqlException.Kind.INVALID,
                        "SQL error: the statement is too large to be compiled; ask for less at once",
                        failed);
            }
            if (isWithin(failed, cause -> cause instanceof StackOverflowError)) {
                throw Planning.tooDeep(failed);
            }
            final String said = failed.toString();
            throw new SqlException(
                    SqlException.Kind.FAILED,
                    "Query planning failed: " + said.substring(0, Math.min(said.length(), MESSAGE_CHARACTERS_MAX)),
                    failed);
        } catch (StackOverflowError deep) {
            throw Planning.tooDeep(deep);
        }
        if (text.isExplain()) {
            return SqlResult.ofText(bound.plan().explain(options.tenant(), bound.parameters()));
        }
        final Execution execution =
                new Execution(options, planning.typeFactory(), bound.plan().stashed(), bound.parameters());
        return new SqlResult(bound.plan(), execution);
    }

    private static boolean isWithin(Throwable failed, Predicate<Throwable> test) {
        Throwable cause = failed;
        for (int depth = 0; cause != null && depth < CAUSES_MAX; depth++) {
            if (test.test(cause)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    /** With literals lifted, if the types allow it; else as the statement stands. */
    private Bound bind(StatementText text, List<? extends @Nullable Object> parameters, long timeoutMs) {
        final SqlNode parsed = planning.parse(text.sql());
        final StatementRewriter lifting = new StatementRewriter(true, text.placeholders(), List.of());
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
        final StatementRewriter plain = new StatementRewriter(false, text.placeholders(), List.of());
        Bound bound = bound(rewritten(planning.parse(text.sql()), plain), plain, parameters, timeoutMs);
        if (bound == null) {
            // A number may be too large for the type of what it is compared with, or have a fraction: as a literal it
            // has a type of its own.
            final StatementRewriter inlined = new StatementRewriter(false, text.placeholders(), parameters);
            bound = bound(rewritten(planning.parse(text.sql()), inlined), inlined, parameters, timeoutMs);
        }
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
            if (parameter.members().isEmpty()) {
                values.add(value(parameter, own));
                continue;
            }
            final List<@Nullable Object> members = new ArrayList<>();
            parameter.members().forEach(member -> members.add(value(member, own)));
            final ValueSet set = ValueSet.of(members);
            if (set == null) {
                return null;
            }
            values.add(set);
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

    private static @Nullable Object value(StatementRewriter.Parameter parameter, List<? extends @Nullable Object> own) {
        if (parameter.placeholder() == 0) {
            return parameter.literal();
        }
        final Object value = own.get(parameter.placeholder() - 1);
        if (parameter.rows() != RowCount.NONE) {
            return (long) parameter.rows().of(value);
        }
        return parameter.isStatus() && value instanceof String name ? DisplayStatus.canonical(name) : value;
    }
}
