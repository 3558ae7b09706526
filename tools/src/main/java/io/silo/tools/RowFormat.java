package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.sql.Column;
import io.silo.sql.ColumnType;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How rows of a query are written. */
enum RowFormat {
    /** Columns below each other. */
    TABLE {
        @Override
        Rows open(List<Column> columns, PrintWriter out) {
            return new Table(columns, out);
        }
    },
    /** As RFC 4180 has it, with a line of names first. */
    CSV {
        @Override
        Rows open(List<Column> columns, PrintWriter out) {
            out.println(String.join(
                    ",",
                    QueryCommand.names(columns).stream().map(RowFormat::quoted).toList()));
            return row -> out.println(
                    String.join(",", texts(row).stream().map(RowFormat::quoted).toList()));
        }
    },
    /** One object a line. */
    JSON {
        @Override
        Rows open(List<Column> columns, PrintWriter out) {
            return row -> out.println(Output.line(object(columns, row)));
        }
    };

    /** Rows that are read before the widths of a table's columns are settled. */
    private static final int TABLE_ROWS = 1_000;

    private static final int WIDTH_MAX = 80;

    abstract Rows open(List<Column> columns, PrintWriter out);

    /** Takes the rows of a result. */
    @FunctionalInterface
    interface Rows {
        void add(@Nullable Object[] row);

        /** There are no more. */
        default void end() {}
    }

    private static List<String> texts(@Nullable Object[] row) {
        final List<String> texts = new ArrayList<>(row.length);
        for (final Object value : row) {
            texts.add(value == null ? "" : value instanceof Map<?, ?> map ? map.toString() : value.toString());
        }
        return texts;
    }

    private static String quoted(String text) {
        return text.chars().noneMatch(c -> c == ',' || c == '"' || c == '\n' || c == '\r')
                ? text
                : '"' + text.replace("\"", "\"\"") + '"';
    }

    private static ObjectNode object(List<Column> columns, @Nullable Object[] row) {
        final ObjectNode node = Output.object();
        for (int i = 0; i < row.length; i++) {
            final String name = columns.get(i).name();
            final Object value = row[i];
            if (value instanceof Map<?, ?> map) {
                final ObjectNode entries = node.putObject(name);
                map.forEach((key, entry) -> entries.put(String.valueOf(key), String.valueOf(entry)));
            } else {
                node.putPOJO(name, value);
            }
        }
        return node;
    }

    private static final class Table implements Rows {
        private final List<Column> columns;
        private final PrintWriter out;
        private final List<List<String>> waiting = new ArrayList<>();
        private final int[] widths;
        private boolean isBegun;
        private long count;

        Table(List<Column> columns, PrintWriter out) {
            this.columns = columns;
            this.out = out;
            this.widths = new int[columns.size()];
        }

        @Override
        public void add(@Nullable Object[] row) {
            count++;
            waiting.add(texts(row));
            if (waiting.size() == TABLE_ROWS) {
                flush();
            }
        }

        @Override
        public void end() {
            flush();
            out.println(count == 1 ? "(1 row)" : "(" + count + " rows)");
        }

        private void flush() {
            if (!isBegun) {
                isBegun = true;
                final List<String> names = QueryCommand.names(columns);
                widen(names);
                waiting.forEach(this::widen);
                write(names);
                write(names.stream().map(name -> "").toList(), '-');
            }
            waiting.forEach(this::write);
            waiting.clear();
        }

        private void widen(List<String> texts) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.min(WIDTH_MAX, Math.max(widths[i], texts.get(i).length()));
            }
        }

        private void write(List<String> texts) {
            write(texts, ' ');
        }

        private void write(List<String> texts, char fill) {
            final StringBuilder line = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                final String text = texts.get(i).replace('\n', ' ');
                final String blanks = String.valueOf(fill).repeat(Math.max(0, widths[i] - text.length()));
                final boolean isNumber = columns.get(i).type() != ColumnType.UTF8
                        && columns.get(i).type() != ColumnType.MAP;
                line.append(i == 0 ? "" : "  ").append(isNumber ? blanks + text : text + blanks);
            }
            out.println(line.toString().stripTrailing());
        }
    }
}
