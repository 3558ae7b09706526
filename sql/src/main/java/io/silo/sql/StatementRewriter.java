package io.silo.sql;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
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
import org.apache.calcite.sql.SqlSelect;
import org.apache.calcite.sql.SqlUnresolvedFunction;
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
            SqlKind.GREATER_THAN_OR_EQUAL);

    /** The planner tries orders of joins: of more it would try too many. */
    private static final int JOINS_MAX = 6;

    /** Longer integers are compared as decimals. */
    private static final int LIFTED_DIGITS_MAX = 18;

    private final boolean lifts;
    private final List<Integer> placeholders;
    private final List<Parameter> parameters = new ArrayList<>();
    private final Set<Integer> statusPlaceholders = new HashSet<>();
    private int depthOfWhere;
    private int joins;

    /**
     * Rewrites.
     *
     * @param lifts whether literals become parameters.
     * @param placeholders as {@link StatementText} has them.
     */
    StatementRewriter(boolean lifts, List<Integer> placeholders) {
        this.lifts = lifts;
        this.placeholders = placeholders;
    }

    /**
     * Where a parameter's value comes from.
     *
     * @param placeholder number of the statement's own, from 1; 0 = it was a literal.
     * @param literal its value.
     */
    record Parameter(int placeholder, @Nullable Object literal) {}

    /** The parameters in the order of the rewritten statement, own and lifted: one text means one order. */
    List<Parameter> parameters() {
        return parameters;
    }

    boolean hasLifted() {
        return parameters.stream().anyMatch(parameter -> parameter.placeholder() == 0);
    }

    /** Numbers of placeholders that are compared with a status: their values are names of statuses in any case. */
    Set<Integer> statusPlaceholders() {
        return statusPlaceholders;
    }

    @Override
    public @Nullable SqlNode visit(SqlCall call) {
        if (call instanceof SqlWith with && with.withList.stream().anyMatch(StatementRewriter::isRecursive)) {
            throw refused("WITH RECURSIVE may never end");
        }
        if (call instanceof SqlSelect select) {
            return select(select);
        }
        switch (call.getKind()) {
            case INSERT, UPDATE, DELETE, MERGE ->
                throw refused("statements only read: jobs are changed by the calls for that");
            case COLLECTION_TABLE, MATCH_RECOGNIZE, TABLESAMPLE -> throw refused(call.getKind() + " is not there");
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
        copy.setOrderBy((SqlNodeList) visited(select.getOrderList()));
        copy.setOffset(visited(select.getOffset()));
        copy.setFetch(visited(select.getFetch()));
        return copy;
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
            final boolean isNamed = item instanceof SqlIdentifier || item.getKind() == SqlKind.AS;
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

    private SqlNode comparison(SqlCall call) {
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
        if (node instanceof SqlDynamicParam parameter) {
            if (isStatus) {
                statusPlaceholders.add(placeholders.get(parameter.getIndex()));
            }
            return visit(parameter);
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
        return added(new Parameter(placeholders.get(own.getIndex()), null), own.getParserPosition());
    }

    private SqlDynamicParam parameter(Object value, SqlParserPos pos) {
        return added(new Parameter(0, value), pos);
    }

    private SqlDynamicParam added(Parameter parameter, SqlParserPos pos) {
        parameters.add(parameter);
        return new SqlDynamicParam(parameters.size() - 1, pos);
    }
}
