package io.silo.sql;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The values of a list of {@code IN}, all texts or all numbers: a parameter of its plan, so that lists of any length share one. Immutable;
 * any thread.
 *
 * @param hasNull whether null is one of them: then what is not among the others may be or not.
 */
record ValueSet(Set<String> texts, Set<Long> numbers, boolean hasNull) {
    ValueSet {
        texts = Set.copyOf(texts);
        numbers = Set.copyOf(numbers);
    }

    /** @return null if they are not all texts, or all whole numbers. */
    static @Nullable ValueSet of(List<@Nullable Object> values) {
        final Set<String> texts = new HashSet<>();
        final Set<Long> numbers = new HashSet<>();
        boolean hasNull = false;
        for (final Object value : values) {
            if (value == null) {
                hasNull = true;
            } else if (value instanceof String text) {
                texts.add(text);
            } else if (value instanceof Long number) {
                numbers.add(number);
            } else {
                return null;
            }
        }
        return texts.isEmpty() || numbers.isEmpty() ? new ValueSet(texts, numbers, hasNull) : null;
    }

    /**
     * Whether a value is one of them; null = it cannot be told. A text is compared with numbers as the number that it is.
     *
     * @throws IllegalArgumentException if it is none.
     */
    @Nullable
    Boolean has(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        final boolean found;
        if (value instanceof String text) {
            found = numbers.isEmpty() ? texts.contains(text) : has(number(text));
        } else if (value instanceof Number number) {
            found = texts.isEmpty()
                    ? has(number(number.toString()))
                    : texts.stream().anyMatch(text -> number(text).compareTo(number(number.toString())) == 0);
        } else {
            throw new IllegalArgumentException(value + " cannot be compared with the values of IN");
        }
        return found || !hasNull ? (Boolean) found : null;
    }

    private boolean has(BigDecimal number) {
        return number.signum() == 0
                ? numbers.contains(0L)
                : number.stripTrailingZeros().scale() <= 0
                        && number.precision() - number.scale() < 20
                        && number.toBigInteger().bitLength() < Long.SIZE
                        && numbers.contains(number.longValue());
    }

    private static BigDecimal number(String text) {
        try {
            return new BigDecimal(text.strip());
        } catch (NumberFormatException none) {
            throw new IllegalArgumentException("'" + text + "' is no number", none);
        }
    }
}
