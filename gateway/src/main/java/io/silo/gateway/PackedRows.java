package io.silo.gateway;

import io.silo.sql.Column;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.msgpack.core.MessageBufferPacker;
import org.msgpack.core.MessagePack;

/** Rows of a result as MessagePack maps of column to value (behaviour QUERY-6). One thread. */
final class PackedRows {
    private final List<Column> columns;
    private final MessageBufferPacker packer = MessagePack.newDefaultBufferPacker();

    PackedRows(List<Column> columns) {
        this.columns = columns;
    }

    byte[] pack(@Nullable Object[] row) {
        try {
            packer.clear();
            packer.packMapHeader(row.length);
            for (int i = 0; i < row.length; i++) {
                packer.packString(columns.get(i).name());
                pack(row[i]);
            }
            return packer.toByteArray();
        } catch (IOException impossible) { // it writes to memory
            throw new UncheckedIOException(impossible);
        }
    }

    private void pack(@Nullable Object value) throws IOException {
        if (value == null) {
            packer.packNil();
        } else if (value instanceof Integer number) {
            packer.packInt(number);
        } else if (value instanceof Long number) {
            packer.packLong(number);
        } else if (value instanceof Double number) {
            packer.packDouble(number);
        } else if (value instanceof Boolean truth) {
            packer.packBoolean(truth);
        } else if (value instanceof Map<?, ?> map) {
            packer.packString(display(map));
        } else {
            packer.packString(value.toString());
        }
    }

    /** A map as text: clients of this answer know no other. */
    static String display(Map<?, ?> map) {
        final StringBuilder text = new StringBuilder("{");
        map.forEach((key, value) -> text.append(text.length() > 1 ? ", " : "")
                .append(key)
                .append(": ")
                .append(value));
        return text.append('}').toString();
    }
}
