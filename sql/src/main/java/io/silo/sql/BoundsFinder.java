package io.silo.sql;

import java.math.BigDecimal;
import java.util.List;
import java.util.function.Function;
import org.apache.calcite.rel.type.RelDataType;
import org.apache.calcite.rex.RexBuilder;
import org.apache.calcite.rex.RexCall;
import org.apache.calcite.rex.RexDynamicParam;
import org.apache.calcite.rex.RexInputRef;
import org.apache.calcite.rex.RexLiteral;
import org.apache.calcite.rex.RexNode;
import org.apache.calcite.rex.RexUtil;
import org.apache.calcite.sql.SqlKind;
import org.apache.calcite.sql.fun.SqlStdOperatorTable;
import org.apache.calcite.sql.type.SqlTypeName;
import org.jspecify.annotations.Nullable;

/** Reads {@link Bounds} off a filter over the columns of a table, for the parameters of one execution. Any thread. */
final class BoundsFinder {
    /** Whatever is further from the epoch bounds nothing: it may not be a long. */
    private static final double MS_MAX = 1L << 60;

    private final RexBuilder rexBuilder;

    /** Names of the columns that input references of the filter mean. */
    private final List<String> fields;

    /** Value of a parameter by its name. */
    private final Function<String, @Nullable Object> parameters;

    BoundsFinder(RexBuilder rexBuilder, List<String> fields, Function<String, @Nullable Object> parameters) {
        this.rexBuilder = rexBuilder;
        this.fields = fields;
        this.parameters = parameters;
    }

    Bounds find(RexNode filter) {
        return of(RexUtil.expandSearch(rexBuilder, null, filter));
    }

    private Bounds of(RexNode node) {
        if (node.isAlwaysFalse()) {
            return Bounds.NOTHING;
        }
        if (!(node instanceof RexCall call)) {
            return Bounds.ANY;
        }
        return switch (call.getKind()) {
            case AND -> call.getOperands().stream().map(this::of).reduce(Bounds.ANY, Bounds::and);
            case OR -> call.getOperands().stream().map(this::of).reduce(Bounds.NOTHING, Bounds::or);
            case EQUALS, NOT_EQUALS, LESS_THAN, LESS_THAN_OR_EQUAL, GREATER_THAN, GREATER_THAN_OR_EQUAL ->
                comparison(call);
            case IS_TRUE -> of(call.getOperands().get(0));
            case NOT -> not(call.getOperands().get(0));
            case OTHER_FUNCTION -> function(call);
            default -> Bounds.ANY;
        };
    }

    /** Only of a status: what is not one is one of the others. */
    private Bounds not(RexNode node) {
        if (node instanceof RexCall call && call.getKind() == SqlKind.EQUALS) {
            return comparison((RexCall) rexBuilder.makeCall(SqlStdOperatorTable.NOT_EQUALS, call.getOperands()));
        }
        if (node instanceof RexCall call
                && call.getOperator().getName().equals(SqlFunctions.AMONG)
                && bare(call.getOperands().get(0)) instanceof RexInputRef column
                && fields.get(column.getIndex()).equals("status_kind")
                && value(bare(call.getOperands().get(1))) instanceof ValueSet set) {
            return Bounds.ofStatuses(DisplayStatus.ALL & ~bits(set));
        }
        if (node instanceof RexCall call && call.getKind() == SqlKind.OR) {
            return call.getOperands().stream().map(this::not).reduce(Bounds.ANY, Bounds::and);
        }
        return Bounds.ANY;
    }

    private Bounds comparison(RexCall call) {
        RexNode left = bare(call.getOperands().get(0));
        RexNode right = bare(call.getOperands().get(1));
        SqlKind kind = call.getKind();
        if (isValue(left) && !isValue(right)) {
            final RexNode swapped = left;
            left = right;
            right = swapped;
            kind = kind.reverse();
        }
        if (!isValue(right)) {
            return Bounds.ANY;
        }
        final Object value = value(right);
        if (value == null) {
            // A comparison with null is never true.
            return Bounds.NOTHING;
        }
        final String key = metadataKey(left);
        if (key != null) {
            return kind == SqlKind.EQUALS && value instanceof String text
                    ? Bounds.ofMetadata(key, text, false)
                    : Bounds.ANY;
        }
        return left instanceof RexInputRef column ? comparison(fields.get(column.getIndex()), kind, value) : Bounds.ANY;
    }

    private static Bounds comparison(String column, SqlKind kind, Object value) {
        if (column.equals("status_changed_at_ms") && value instanceof Number number) {
            return changed(kind, number);
        }
        if (!(value instanceof String text)) {
            return Bounds.ANY;
        }
        if (column.equals("status_kind")) {
            final int bit = DisplayStatus.bit(text);
            return switch (kind) {
                case EQUALS -> Bounds.ofStatuses(bit);
                case NOT_EQUALS -> Bounds.ofStatuses(DisplayStatus.ALL & ~bit);
                default -> Bounds.ANY;
            };
        }
        if (kind != SqlKind.EQUALS) {
            return Bounds.ANY;
        }
        return switch (column) {
            case "id", "job_id" -> Bounds.ofId(text);
            case "tenant" -> Bounds.ofTenant(text);
            case "task_group" -> Bounds.ofTaskGroup(text);
            default -> Bounds.ANY;
        };
    }

    private static Bounds changed(SqlKind kind, Number number) {
        final double value = number.doubleValue();
        if (Math.abs(value) > MS_MAX) {
            return Bounds.ANY;
        }
        final long low = (long) Math.floor(value);
        final long high = (long) Math.ceil(value);
        if (low == high) {
            final long ms = number instanceof BigDecimal decimal ? decimal.longValue() : number.longValue();
            return switch (kind) {
                case EQUALS -> Bounds.ofChanged(ms, ms);
                case LESS_THAN -> Bounds.ofChanged(Long.MIN_VALUE, ms - 1);
                case LESS_THAN_OR_EQUAL -> Bounds.ofChanged(Long.MIN_VALUE, ms);
                case GREATER_THAN -> Bounds.ofChanged(ms + 1, Long.MAX_VALUE);
                case GREATER_THAN_OR_EQUAL -> Bounds.ofChanged(ms, Long.MAX_VALUE);
                default -> Bounds.ANY;
            };
        }
        return switch (kind) {
            case LESS_THAN, LESS_THAN_OR_EQUAL -> Bounds.ofChanged(Long.MIN_VALUE, low);
            case GREATER_THAN, GREATER_THAN_OR_EQUAL -> Bounds.ofChanged(high, Long.MAX_VALUE);
            default -> Bounds.ANY;
        };
    }

    /** One of a list of texts. */
    private Bounds among(RexCall call) {
        final RexNode wanted = bare(call.getOperands().get(1));
        if (!(bare(call.getOperands().get(0)) instanceof RexInputRef column)
                || !isValue(wanted)
                || !(value(wanted) instanceof ValueSet set)
                || !set.numbers().isEmpty()) {
            return Bounds.ANY;
        }
        return switch (fields.get(column.getIndex())) {
            case "id", "job_id" -> Bounds.ofIds(set.texts());
            case "tenant" -> Bounds.ofTenants(set.texts());
            case "task_group" -> Bounds.ofTaskGroups(set.texts());
            case "status_kind" -> Bounds.ofStatuses(bits(set));
            default -> Bounds.ANY;
        };
    }

    private static int bits(ValueSet set) {
        return set.texts().stream().mapToInt(DisplayStatus::bit).reduce(0, (one, other) -> one | other);
    }

    private Bounds function(RexCall call) {
        final String name = call.getOperator().getName();
        if (name.equals(SqlFunctions.AMONG)) {
            return among(call);
        }
        final boolean isLike = name.equals(SqlFunctions.LIKE);
        if (!isLike && !name.equals(SqlFunctions.STARTS_WITH)) {
            return Bounds.ANY;
        }
        final String key = metadataKey(bare(call.getOperands().get(0)));
        final RexNode wanted = bare(call.getOperands().get(1));
        if (key == null || !isValue(wanted)) {
            return Bounds.ANY;
        }
        final Object text = value(wanted);
        if (!(text instanceof String pattern)) {
            return text == null ? Bounds.NOTHING : Bounds.ANY;
        }
        if (!isLike) {
            return Bounds.ofMetadata(key, pattern, true);
        }
        final RexNode escape = bare(call.getOperands().get(2));
        final Object escaped = isValue(escape) ? value(escape) : null;
        if (!(escaped instanceof String character)) {
            return Bounds.ANY;
        }
        final String prefix = SqlFunctions.prefix(pattern, character);
        return prefix.isEmpty() ? Bounds.ANY : Bounds.ofMetadata(key, prefix, true);
    }

    /** The key of an entry of the metadata, or null. */
    private @Nullable String metadataKey(RexNode node) {
        if (node instanceof RexCall call
                && call.getKind() == SqlKind.ITEM
                && bare(call.getOperands().get(0)) instanceof RexInputRef map
                && fields.get(map.getIndex()).equals("metadata")) {
            final RexNode key = bare(call.getOperands().get(1));
            return isValue(key) && value(key) instanceof String text ? text : null;
        }
        return null;
    }

    /** Without what changes a value's type and not the value. */
    private static RexNode bare(RexNode node) {
        RexNode bare = node;
        while (bare instanceof RexCall call && call.getKind() == SqlKind.CAST && isSameFamily(call)) {
            bare = call.getOperands().get(0);
        }
        return bare;
    }

    /** A text that is cut off is another one, and so is a number that loses its fraction. */
    private static boolean isSameFamily(RexCall cast) {
        final RelDataType from = cast.getOperands().get(0).getType();
        final RelDataType to = cast.getType();
        if (SqlTypeName.CHAR_TYPES.contains(from.getSqlTypeName())
                && SqlTypeName.CHAR_TYPES.contains(to.getSqlTypeName())) {
            return to.getPrecision() < 0 || from.getPrecision() >= 0 && to.getPrecision() >= from.getPrecision();
        }
        return SqlTypeName.INT_TYPES.contains(from.getSqlTypeName())
                && SqlTypeName.NUMERIC_TYPES.contains(to.getSqlTypeName());
    }

    private static boolean isValue(RexNode node) {
        return node instanceof RexLiteral || node instanceof RexDynamicParam;
    }

    private @Nullable Object value(RexNode node) {
        if (node instanceof RexDynamicParam parameter) {
            return parameters.apply(parameter.getName());
        }
        final RexLiteral literal = (RexLiteral) node;
        if (literal.isNull()) {
            return null;
        }
        return switch (literal.getType().getSqlTypeName()) {
            case CHAR, VARCHAR -> literal.getValueAs(String.class);
            case TINYINT, SMALLINT, INTEGER, BIGINT, DECIMAL, DOUBLE, FLOAT, REAL ->
                literal.getValueAs(BigDecimal.class);
            case BOOLEAN -> literal.getValueAs(Boolean.class);
            default -> literal;
        };
    }
}
