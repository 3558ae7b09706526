package io.silo.gateway;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** How much memory a row takes as Arrow holds it: what bounds of results are counted by. Stateless. */
final class RowBytes {
    /** Offset of a text, or of an entry's key and value. */
    private static final int OFFSET_BYTES = 4;

    private RowBytes() {}

    static long of(@Nullable Object[] row) {
        long bytes = 0;
        for (final Object value : row) {
            bytes += of(value);
        }
        return bytes;
    }

    private static long of(@Nullable Object value) {
        if (value instanceof String text) {
            return (long) OFFSET_BYTES + text.length();
        }
        if (value instanceof Map<?, ?> map) {
            long bytes = OFFSET_BYTES;
            for (final Map.Entry<?, ?> entry : map.entrySet()) {
                bytes += of(entry.getKey()) + of(entry.getValue());
            }
            return bytes;
        }
        return value instanceof Integer ? Integer.BYTES : Long.BYTES;
    }
}
