package io.silo.sql;

import org.jspecify.annotations.Nullable;

/** Functions that plans call by name. Public because compiled plans are elsewhere; any thread. */
public final class SqlFunctions {
    /** Name of {@link #startsWith} in statements. */
    static final String STARTS_WITH = "starts_with";

    /** Names by which {@code LIKE} and {@code ILIKE} are called, which no statement needs to know. */
    static final String LIKE = "like_matches";

    static final String ILIKE = "ilike_matches";
    static final String AMONG = "among";

    private static final int NO_ESCAPE = -1;

    /** Longer patterns of LIKE are refused: one may be compared with each character of a long payload. */
    private static final int PATTERN_MAX = 1_024;

    private SqlFunctions() {}

    /** Whether a text begins with another; null if one of them is. */
    public static @Nullable Boolean startsWith(@Nullable String text, @Nullable String prefix) {
        return text == null || prefix == null ? null : (Boolean) text.startsWith(prefix);
    }

    /**
     * Whether a text is as a pattern of {@code %} and {@code _} says; null if one of them is. In time proportional to their lengths' product at most, whatever the
     * pattern.
     *
     * @param escape a character that makes the next one mean itself, or empty.
     */
    public static @Nullable Boolean like(@Nullable String text, @Nullable String pattern, @Nullable String escape) {
        return like(text, pattern, escape, false);
    }

    private static @Nullable Boolean like(
            @Nullable String text, @Nullable String pattern, @Nullable String escape, boolean ignoresCase) {
        if (text == null || pattern == null || escape == null) {
            return null;
        }
        if (pattern.length() > PATTERN_MAX) {
            throw new SqlException(
                    SqlException.Kind.INVALID, "SQL error: a pattern has at most " + PATTERN_MAX + " characters.");
        }
        if (escape.length() > 1) {
            throw new SqlException(SqlException.Kind.INVALID, "SQL error: ESCAPE takes one character.");
        }
        return matches(text, pattern, escape.isEmpty() ? NO_ESCAPE : escape.charAt(0), ignoresCase);
    }

    /** As {@link #like}, whatever the case. */
    public static @Nullable Boolean ilike(@Nullable String text, @Nullable String pattern, @Nullable String escape) {
        return like(text, pattern, escape, true);
    }

    /** Whether a value is one of a {@link ValueSet}; null if it cannot be told. */
    public static @Nullable Boolean among(@Nullable Object value, Object set) {
        return ((ValueSet) set).has(value);
    }

    private static boolean matches(String text, String pattern, int escape, boolean ignoresCase) {
        int t = 0;
        int p = 0;
        int afterPercent = -1;
        int retryFrom = 0;
        while (t < text.length()) {
            if (p < pattern.length() && pattern.charAt(p) == '%' && '%' != escape) {
                p++;
                afterPercent = p;
                retryFrom = t;
                continue;
            }
            final int width = p < pattern.length() ? one(text, t, pattern, p, escape, ignoresCase) : 0;
            if (width > 0) {
                p += width;
                t++;
            } else if (afterPercent >= 0) {
                // The last % takes one more; those before it need not be tried again.
                retryFrom++;
                t = retryFrom;
                p = afterPercent;
            } else {
                return false;
            }
        }
        while (p < pattern.length() && pattern.charAt(p) == '%' && '%' != escape) {
            p++;
        }
        return p == pattern.length();
    }

    /** Characters of the pattern that the text's next one matches; 0 = it does not. */
    private static int one(String text, int t, String pattern, int p, int escape, boolean ignoresCase) {
        final char wanted = pattern.charAt(p);
        if (wanted == escape && p + 1 < pattern.length()) {
            return isSame(pattern.charAt(p + 1), text.charAt(t), ignoresCase) ? 2 : 0;
        }
        return wanted == '_' || isSame(wanted, text.charAt(t), ignoresCase) ? 1 : 0;
    }

    private static boolean isSame(char one, char other, boolean ignoresCase) {
        return one == other
                || ignoresCase
                        && Character.toLowerCase(Character.toUpperCase(one))
                                == Character.toLowerCase(Character.toUpperCase(other));
    }

    /** What all matches of a pattern begin with. */
    static String prefix(String pattern, String escape) {
        int end = 0;
        while (end < pattern.length() && pattern.charAt(end) != '%' && pattern.charAt(end) != '_') {
            if (!escape.isEmpty() && pattern.charAt(end) == escape.charAt(0)) {
                break;
            }
            end++;
        }
        return pattern.substring(0, end);
    }
}
