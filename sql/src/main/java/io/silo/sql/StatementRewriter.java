package io.silo.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import org.apache.calcite.sql.SqlBasicCall;
import org.apache.calcite.sql.SqlCall;
import org.apache.calcite.sql.SqlCharStringLiteral;
import org.apache.calcite.sql.SqlDynamicParam;
import org.apache.calcite.sql.SqlFunctionCategory;
import org.apache.calcite.sql.SqlIdentifier;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.SqlLiteral;
import org.apache.calcite.sql.SqlNode;
import org.apache.calcite.sql.SqlNodeList;
import org.apache.calcite.sql.SqlNumericLiteral;
import org.apache.calcite.sql.SqlOperator;
import org.apache.calcite.sql.SqlOrderBy;
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlStarExclude;
import org.apache.calcite.sql.SqlUnresolvedFunction;
import org.apache.calcite.sql.SqlUtil;
import org.apache.calcite.sql.SqlWith;
import org.apache.calcite.sql.SqlWithItem;
import org.apache.calcite.sql.SqlWriterConfig;
import org.apache.calcite.sql.fun.SqlLikeOperator;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.parser.SqlParserPos;
import org.apache.calcite.sql.util.SqlShuttle;
import org.jspecify.annotations.Nullable;

/**
 * Makes of a parsed statement the one that is planned: functions by which clients look into metadata become what they mean, literals of
 * comparisons become parameters, so that statements that differ in nothing else share a plan, and what could run for ever is refused.
 * One per statement.
 */
final class StatementRewriter extends SqlShuttle {
    private static final Set<SqlKind> COMPARISONS = Set.of(
            SqlKind.EQUALS,
            SqlKind.NOT_EQUALS,
            SqlKind.LESS_THAN,
            SqlKind.LESS_THAN_OR_EQUAL,
            SqlKind.GREATER_THAN,
            SqlKind.GREATER_THAN_OR_EQUAL,
            SqlKind.IS_DISTINCT_FROM,
            SqlKind.IS_NOT_DISTINCT_FROM);

    /** The planner tries orders of joins: of more it would try too many. */
    private static final int JOINS_MAX = 6;

    /** Longer integers are compared as decimals. */
    private static final int LIFTED_DIGITS_MAX = 18;

    /** Longer lists of IN are looked up, where they need not be to share a plan. */
    private static final int LIST_MAX = 64;

    /** The planner looks at each condition with each other, and its code has to fit methods of the JVM. */
    private static final int CALLS_MAX = 500;

    /** Rows of VALUES are code, too. */
    private static final int ROWS_MAX = 1_000;

    /** Place of the named windows among the operands of a SELECT. */
    private static final int WINDOWS = 6;

    private final boolean lifts;
    private final List<Integer> placeholders;
    private final List<? extends @Nullable Object> numbers;
    private final List<Parameter> parameters = new ArrayList<>();
    private int depthOfWhere;
    private int joins;
    private int calls;
    private int rows;

    /**
     * Rewrites.
     *
     * @param lifts whether literals become parameters.
     * @param placeholders as {@link StatementText} has them.
     * @param numbers values of the placeholders, of which numbers are to stand in the statement itself; empty = none are.
     */
    StatementRewriter(boolean lifts, List<Integer> placeholders, List<? extends @Nullable Object> numbers) {
        this.lifts = lifts;
        this.placeholders = placeholders;
        this.numbers = numbers;
    }

    /**
     * Where a parameter's value comes from.
     *
     * @param placeholder number of the statement's own, from 1; 0 = it was a literal.
     * @param literal its value.
     * @param rows what count of rows it is.
     * @param isStatus whether it is compared with a status: a text is the name of one in any case.
     * @param members of a list of values; empty = it is one value.
     */
    record Parameter(
            int placeholder, @Nullable Object literal, RowCount rows, boolean isStatus, List<Parameter> members) {
        static Parameter own(int placeholder, RowCount rows, boolean isStatus) {
            return new Parameter(placeholder, null, rows, isStatus, List.of());
        }

        static Parameter of(@Nullable Object literal) {
            return new Parameter(0, literal, RowCount.NONE, false, List.of());
        }
    }

    /** The parameters in the order of the rewritten statement, own and lifted: one text means one order. */
    List<Parameter> parameters() {
        return parameters;
    }

    boolean hasLifted() {
        return parameters.stream().anyMatch(parameter -> parameter.placeholder() == 0);
    }

    @Override
    public @Nullable SqlNode visit(SqlCall call) {
        count(call);
        if (call instanceof SqlWith with && with.withList.stream().anyMatch(StatementRewriter::isRecursive)) {
            throw refused("WITH RECURSIVE may never end");
        }
        if (call instanceof SqlSelect select) {
            return select(select);
        }
        if (call instanceof SqlOrderBy ordered) {
            return ordered(ordered);
        }
        switch (call.getKind()) {
            case INSERT, UPDATE, DELETE, MERGE ->
                throw refused("statements only read: jobs are changed by the calls for that");
            case COLLECTION_TABLE, MATCH_RECOGNIZE, TABLESAMPLE, PIVOT, UNPIVOT ->
                throw refused(call.getKind() + " is not there");
            case JOIN -> {
                joins++;
                if (joins > JOINS_MAX) {
                    throw refused("a statement joins at most " + JOINS_MAX + " times");
                }
            }
            case POSIX_REGEX_CASE_SENSITIVE, POSIX_REGEX_CASE_INSENSITIVE ->
                throw refused("regular expressions are not there: write LIKE, or starts_with(text, prefix)");
            case SIMILAR -> throw refused("SIMILAR TO is not there: write LIKE, or starts_with(text, prefix)");
            case LIKE -> {
                return like(call);
            }
            case OTHER_FUNCTION -> {
                final SqlNode meant = function(call);
                if (meant != null) {
                    return meant;
                }
            }
            default -> {}
        }
        return COMPARISONS.contains(call.getKind()) || isIn(call) ? comparison(call) : super.visit(call);
    }

    private void count(SqlCall call) {
        if (call.getKind() == SqlKind.ROW) {
            rows++;
        } else if (call.getKind() != SqlKind.AS) {
            calls++;
        }
        if (calls > CALLS_MAX) {
            throw refused("a statement has at most " + CALLS_MAX
                    + " operators and functions; many values of one column go into IN (...)");
        }
        if (rows > ROWS_MAX) {
            throw refused("a statement has at most " + ROWS_MAX + " rows of VALUES");
        }
    }

    private static boolean isRecursive(SqlNode item) {
        return item instanceof SqlWithItem with && with.recursive.booleanValue();
    }

    private static boolean isIn(SqlCall call) {
        return (call.getKind() == SqlKind.IN || call.getKind() == SqlKind.NOT_IN)
                && call.operand(1) instanceof SqlNodeList;
    }

    static SqlException refused(String sentence) {
        return new SqlException(SqlException.Kind.INVALID, "SQL error: " + sentence + ".");
    }

    /** Literals are lifted in WHERE alone: elsewhere they may be ordinals, or what a group goes by. */
    private SqlNode select(SqlSelect select) {
        final SqlSelect copy = (SqlSelect) select.clone(select.getParserPosition());
        copy.setSelectList((SqlNodeList) named(select.getSelectList()).accept(this));
        copy.setFrom(visited(select.getFrom()));
        depthOfWhere++;
        copy.setWhere(visited(select.getWhere()));
        depthOfWhere--;
        copy.setGroupBy((SqlNodeList) visited(select.getGroup()));
        copy.setHaving(visited(select.getHaving()));
        copy.setOperand(WINDOWS, visited(select.getWindowList()));
        copy.setQualify(visited(select.getQualify()));
        copy.setOrderBy((SqlNodeList) visited(select.getOrderList()));
        copy.setOffset(count(select.getOffset(), RowCount.OFFSET));
        copy.setFetch(count(select.getFetch(), RowCount.LIMIT));
        return copy;
    }

    private SqlNode ordered(SqlOrderBy ordered) {
        return new SqlOrderBy(
                ordered.getParserPosition(),
                Objects.requireNonNull(ordered.query.accept(this)),
                (SqlNodeList) Objects.requireNonNull(visited(ordered.orderList)),
                count(ordered.offset, RowCount.OFFSET),
                count(ordered.fetch, RowCount.LIMIT));
    }

    /** A count of rows as plans take it: no more than an int, which no result has more rows than. */
    private @Nullable SqlNode count(@Nullable SqlNode node, RowCount rows) {
        if (node instanceof SqlDynamicParam own) {
            return added(Parameter.own(placeholders.get(own.getIndex()), rows, false), own.getParserPosition());
        }
        if (node instanceof SqlNumericLiteral number) {
            return SqlLiteral.createExactNumeric(
                    Integer.toString(rows.of(number.bigDecimalValue())), number.getParserPosition());
        }
        return visited(node);
    }

    private @Nullable SqlNode visited(@Nullable SqlNode node) {
        if (node == null) {
            return null;
        }
        final int depth = depthOfWhere;
        // A sub-query in FROM begins anew.
        depthOfWhere = node instanceof SqlNodeList ? 0 : depth;
        final SqlNode result = node.accept(this);
        depthOfWhere = depth;
        return result;
    }

    /** Columns without a name are named as they are written. */
    private static SqlNodeList named(SqlNodeList items) {
        final SqlNodeList named = new SqlNodeList(items.getParserPosition());
        for (final SqlNode item : items) {
            final boolean isNamed =
                    item instanceof SqlIdentifier || item.getKind() == SqlKind.AS || item instanceof SqlStarExclude;
            named.add(
                    isNamed
                            ? item
                            : SqlStdOperatorTable.AS.createCall(
                                    item.getParserPosition(), item, new SqlIdentifier(text(item), SqlParserPos.ZERO)));
        }
        return named;
    }

    private static String text(SqlNode item) {
        return item.toSqlString(config -> config.withQuoteAllIdentifiers(false)
                        .withAlwaysUseParentheses(false)
                        .withLineFolding(SqlWriterConfig.LineFolding.WIDE))
                .getSql()
                .replace("`", "")
                .toLowerCase(Locale.ROOT);
    }

    private SqlNode like(SqlCall call) {
        final SqlLikeOperator operator = (SqlLikeOperator) call.getOperator();
        final SqlParserPos pos = call.getParserPosition();
        final SqlNode escape =
                call.operandCount() == 3 ? call.operand(2) : SqlLiteral.createCharString("", SqlParserPos.ZERO);
        final SqlNode matches = call(
                operator.isCaseSensitive() ? SqlFunctions.LIKE : SqlFunctions.ILIKE,
                pos,
                call.operand(0).accept(this),
                call.operand(1).accept(this),
                escape);
        return operator.isNegated() ? SqlStdOperatorTable.NOT.createCall(pos, matches) : matches;
    }

    private static SqlNode call(String name, SqlParserPos pos, @Nullable SqlNode... operands) {
        return new SqlBasicCall(
                new SqlUnresolvedFunction(
                        new SqlIdentifier(name, pos),
                        null,
                        null,
                        null,
                        null,
                        SqlFunctionCategory.USER_DEFINED_FUNCTION),
                List.of(operands),
                pos);
    }

    /** What a function of metadata means, or null if it is none. An entry is one text, whether it is looked at as a list or not. */
    private @Nullable SqlNode function(SqlCall call) {
        final String name = call.getOperator().getName().toLowerCase(Locale.ROOT);
        final SqlParserPos pos = call.getParserPosition();
        return switch (name) {
            case "element_at", "map_extract" -> {
                checkOperands(call, name, 2);
                yield SqlStdOperatorTable.ITEM.createCall(
                        pos, call.operand(0).accept(this), call.operand(1).accept(this));
            }
            case "array_contains", "array_has", "list_contains", "list_has" -> {
                checkOperands(call, name, 2);
                yield comparison(SqlStdOperatorTable.EQUALS.createCall(pos, call.operand(0), call.operand(1)));
            }
            case "array_any_value" -> {
                checkOperands(call, name, 1);
                yield call.operand(0).accept(this);
            }
            case "map_keys", "map_values", "map_entries", "cardinality", "array_length", "unnest" ->
                throw refused("function " + name + " is not there: name the entry, as metadata['key']");
            case "json_get", "json_get_str", "json_extract" ->
                throw refused("function " + name + " is not there: the payload is text, which LIKE can look into");
            default -> null;
        };
    }

    private static void checkOperands(SqlCall call, String name, int count) {
        if (call.operandCount() != count) {
            throw refused("function " + name + " takes " + count + " arguments, not " + call.operandCount());
        }
    }

    /** {@code IN} of values, with all of them as one parameter; null if one is an expression. */
    private @Nullable SqlNode among(SqlCall call, SqlNodeList list) {
        final boolean isStatus = isStatus(call.operand(0));
        final List<Parameter> members = new ArrayList<>();
        for (final SqlNode node : list) {
            final Parameter member = member(node, isStatus);
            if (member == null) {
                return null;
            }
            members.add(member);
        }
        final SqlParserPos pos = call.getParserPosition();
        final SqlNode found = call(
                SqlFunctions.AMONG,
                pos,
                call.operand(0).accept(this),
                added(new Parameter(0, null, RowCount.NONE, false, List.copyOf(members)), pos));
        return call.getKind() == SqlKind.NOT_IN ? SqlStdOperatorTable.NOT.createCall(pos, found) : found;
    }

    private @Nullable Parameter member(SqlNode node, boolean isStatus) {
        if (node instanceof SqlDynamicParam own) {
            return Parameter.own(placeholders.get(own.getIndex()), RowCount.NONE, isStatus);
        }
        if (node instanceof SqlCharStringLiteral text) {
            final String value = text.getValueAs(String.class);
            return Parameter.of(isStatus ? DisplayStatus.canonical(value) : value);
        }
        if (node instanceof SqlNumericLiteral number && number.isInteger()) {
            final String digits = number.toValue();
            return digits == null || digits.length() > LIFTED_DIGITS_MAX ? null : Parameter.of(Long.parseLong(digits));
        }
        return SqlUtil.isNullLiteral(node, false) ? Parameter.of(null) : null;
    }

    private SqlNode comparison(SqlCall call) {
        if (isIn(call)) {
            final SqlNodeList list = call.operand(1);
            if (list.size() > (lifts && depthOfWhere > 0 ? 1 : LIST_MAX)) {
                final SqlNode among = among(call, list);
                if (among != null) {
                    return among;
                }
            }
        }
        final boolean isStatus = isStatus(call.operand(0)) || call.operandCount() > 1 && isStatus(call.operand(1));
        final List<SqlNode> operands = new ArrayList<>();
        for (final SqlNode operand : call.getOperandList()) {
            if (operand instanceof SqlNodeList list) {
                final SqlNodeList values = new SqlNodeList(list.getParserPosition());
                list.forEach(value -> values.add(value(value, isStatus, list.size())));
                operands.add(values);
            } else {
                operands.add(value(operand, isStatus, 1));
            }
        }
        final SqlOperator operator = call.getOperator();
        return operator.createCall(call.getParserPosition(), operands);
    }

    private static boolean isStatus(SqlNode node) {
        return node instanceof SqlIdentifier name
                && name.names.get(name.names.size() - 1).equals("status_kind");
    }

    private @Nullable SqlNode value(SqlNode node, boolean isStatus, int listSize) {
        if (node instanceof SqlDynamicParam own) {
            return own(own, isStatus);
        }
        if (node instanceof SqlCharStringLiteral text) {
            final String value = text.getValueAs(String.class);
            final String meant = isStatus ? DisplayStatus.canonical(value) : value;
            return lift(meant, listSize)
                    ? parameter(meant, text.getParserPosition())
                    : SqlLiteral.createCharString(meant, text.getParserPosition());
        }
        if (node instanceof SqlNumericLiteral number && number.isInteger()) {
            final String digits = number.toValue();
            if (digits != null && digits.length() <= LIFTED_DIGITS_MAX && lift(digits, listSize)) {
                return parameter(Long.parseLong(digits), number.getParserPosition());
            }
        }
        return node.accept(this);
    }

    private boolean lift(String value, int listSize) {
        return lifts && depthOfWhere > 0 && listSize == 1 && !value.isEmpty();
    }

    @Override
    public SqlNode visit(SqlDynamicParam own) {
        return own(own, false);
    }

    private SqlNode own(SqlDynamicParam own, boolean isStatus) {
        final int placeholder = placeholders.get(own.getIndex());
        final Object value = numbers.isEmpty() ? null : numbers.get(placeholder - 1);
        if (value instanceof Long whole) {
            return SqlLiteral.createExactNumeric(whole.toString(), own.getParserPosition());
        }
        if (value instanceof Double real && Double.isFinite(real)) {
            return SqlLiteral.createApproxNumeric(real.toString(), own.getParserPosition());
        }
        return added(Parameter.own(placeholder, RowCount.NONE, isStatus), own.getParserPosition());
    }

    private SqlDynamicParam parameter(Object value, SqlParserPos pos) {
        return added(Parameter.of(value), pos);
    }

    private SqlDynamicParam added(Parameter parameter, SqlParserPos pos) {
        parameters.add(parameter);
        return new SqlDynamicParam(parameters.size() - 1, pos);
    }
}
