package io.silo.sql;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A statement as clients write it, made ready for the parser: {@code $1} becomes {@code ?}, and a leading {@code EXPLAIN} is taken away.
 * Immutable.
 *
 * @param sql with a question mark for each placeholder.
 * @param placeholders numbers of the parameters, from 1, in the order of the question marks.
 * @param isExplain whether the plan is asked for, and not the rows.
 */
record StatementText(String sql, List<Integer> placeholders, boolean isExplain) {
    /** Longest statement, in characters. */
    static final int LENGTH_MAX = 256 * 1024;

    /** Most digits of a placeholder's number. */
    private static final int DIGITS_MAX = 4;

    static StatementText of(String text) {
        if (text.length() > LENGTH_MAX) {
            throw new SqlException(
                    SqlException.Kind.INVALID,
                    "SQL error: the statement has " + text.length() + " characters, more than " + LENGTH_MAX + ".");
        }
        final StringBuilder sql = new StringBuilder(text.length());
        final List<Integer> placeholders = new ArrayList<>();
        int at = 0;
        while (at < text.length()) {
            final int end = skipped(text, at);
            if (end > at) {
                sql.append(text, at, end);
                at = end;
            } else if (text.charAt(at) == '$' && at + 1 < text.length() && isDigit(text.charAt(at + 1))) {
                at = placeholder(text, at + 1, placeholders);
                sql.append('?');
            } else if (text.charAt(at) == '?') {
                throw new SqlException(
                        SqlException.Kind.INVALID, "SQL error: a placeholder is written $1, $2 and so on, not '?'.");
            } else {
                sql.append(text.charAt(at));
                at++;
            }
        }
        return withoutExplain(withoutEnd(sql.toString()), placeholders);
    }

    private static boolean isDigit(char character) {
        return character >= '0' && character <= '9';
    }

    private static int placeholder(String text, int from, List<Integer> placeholders) {
        int end = from;
        while (end < text.length() && isDigit(text.charAt(end)) && end - from < DIGITS_MAX) {
            end++;
        }
        placeholders.add(Integer.parseInt(text.substring(from, end)));
        return end;
    }

    /** Behind the literal, name or comment that begins here; here, if none does. */
    private static int skipped(String text, int at) {
        final char first = text.charAt(at);
        if (first == '\'' || first == '"') {
            final int end = text.indexOf(first, at + 1);
            return end < 0 ? text.length() : end + 1;
        }
        if (text.startsWith("--", at)) {
            final int end = text.indexOf('\n', at);
            return end < 0 ? text.length() : end;
        }
        if (text.startsWith("/*", at)) {
            final int end = text.indexOf("*/", at + 2);
            return end < 0 ? text.length() : end + 2;
        }
        return at;
    }

    /** The parser takes one statement, without what ends it. */
    private static String withoutEnd(String sql) {
        String trimmed = sql.strip();
        while (trimmed.endsWith(";")) {
            trimmed = trimmed.substring(0, trimmed.length() - 1).strip();
        }
        return trimmed;
    }

    private static StatementText withoutExplain(String sql, List<Integer> placeholders) {
        String rest = behind(sql, "EXPLAIN");
        if (rest.equals(sql)) {
            return new StatementText(sql, List.copyOf(placeholders), false);
        }
        final String plan = behind(rest, "PLAN");
        rest = plan.equals(rest) ? behind(rest, "VERBOSE") : behind(plan, "FOR");
        return new StatementText(rest, List.copyOf(placeholders), true);
    }

    private static String behind(String sql, String word) {
        return sql.toUpperCase(Locale.ROOT).startsWith(word)
                        && sql.length() > word.length()
                        && Character.isWhitespace(sql.charAt(word.length()))
                ? sql.substring(word.length()).strip()
                : sql;
    }
}
