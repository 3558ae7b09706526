package io.silo.gateway;

import io.silo.sql.Column;
import io.silo.sql.ColumnType;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.BitVector;
import org.apache.arrow.vector.FieldVector;
import org.apache.arrow.vector.Float8Vector;
import org.apache.arrow.vector.IntVector;
import org.apache.arrow.vector.UInt1Vector;
import org.apache.arrow.vector.UInt4Vector;
import org.apache.arrow.vector.VarCharVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.MapVector;
import org.apache.arrow.vector.complex.impl.UnionMapWriter;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.jspecify.annotations.Nullable;

/** A batch of rows in Arrow's vectors, filled and emptied again and again. One thread. */
final class ArrowBatch implements AutoCloseable {
    private static final int BITS_8 = 8;
    private static final int BITS_32 = 32;
    private static final int BITS_64 = 64;

    private final List<Column> columns;
    private final BufferAllocator allocator = new RootAllocator();
    private final VectorSchemaRoot root;
    private int rows;

    ArrowBatch(List<Column> columns) {
        this.columns = columns;
        final List<Field> fields = new ArrayList<>();
        columns.forEach(column -> fields.add(field(column)));
        root = VectorSchemaRoot.create(new Schema(fields), allocator);
    }

    private static Field field(Column column) {
        if (column.type() == ColumnType.MAP) {
            final ArrowType text = new ArrowType.Utf8();
            final Field entries = new Field(
                    MapVector.DATA_VECTOR_NAME,
                    FieldType.notNullable(new ArrowType.Struct()),
                    List.of(
                            new Field(MapVector.KEY_NAME, FieldType.notNullable(text), null),
                            new Field(MapVector.VALUE_NAME, FieldType.nullable(text), null)));
            return new Field(column.name(), new FieldType(true, new ArrowType.Map(false), null), List.of(entries));
        }
        return new Field(column.name(), new FieldType(column.isNullable(), type(column.type()), null), null);
    }

    private static ArrowType type(ColumnType type) {
        return switch (type) {
            case INT64 -> new ArrowType.Int(BITS_64, true);
            case INT32 -> new ArrowType.Int(BITS_32, true);
            case UINT32 -> new ArrowType.Int(BITS_32, false);
            case UINT8 -> new ArrowType.Int(BITS_8, false);
            case FLOAT64 -> new ArrowType.FloatingPoint(FloatingPointPrecision.DOUBLE);
            case BOOLEAN -> new ArrowType.Bool();
            case NULL, UTF8, MAP -> new ArrowType.Utf8();
        };
    }

    int rows() {
        return rows;
    }

    void add(@Nullable Object[] row) {
        for (int i = 0; i < row.length; i++) {
            set(root.getVector(i), columns.get(i).type(), row[i]);
        }
        rows++;
    }

    private void set(FieldVector vector, ColumnType type, @Nullable Object value) {
        if (value == null) {
            vector.setNull(rows);
            return;
        }
        switch (type) {
            case INT64 -> ((BigIntVector) vector).setSafe(rows, (Long) value);
            case INT32 -> ((IntVector) vector).setSafe(rows, (Integer) value);
            case UINT32 -> ((UInt4Vector) vector).setSafe(rows, (Integer) value);
            case UINT8 -> ((UInt1Vector) vector).setSafe(rows, (Integer) value);
            case FLOAT64 -> ((Float8Vector) vector).setSafe(rows, (Double) value);
            case BOOLEAN -> ((BitVector) vector).setSafe(rows, (Boolean) value ? 1 : 0);
            case MAP -> setMap((MapVector) vector, (Map<?, ?>) value);
            case UTF8, NULL ->
                ((VarCharVector) vector).setSafe(rows, value.toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private void setMap(MapVector vector, Map<?, ?> map) {
        final UnionMapWriter writer = vector.getWriter();
        writer.setPosition(rows);
        writer.startMap();
        map.forEach((key, value) -> {
            writer.startEntry();
            writer.key().varChar().writeVarChar(String.valueOf(key));
            writer.value().varChar().writeVarChar(String.valueOf(value));
            writer.endEntry();
        });
        writer.endMap();
    }

    /** The rows as a stream of their own: schema, one batch, end. The batch is empty then. */
    byte[] finish() throws IOException {
        root.setRowCount(rows);
        final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ArrowStreamWriter writer = new ArrowStreamWriter(root, null, bytes)) {
            writer.start();
            writer.writeBatch();
            writer.end();
        }
        rows = 0;
        // The writer closes its vectors' buffers, which fill anew.
        root.getFieldVectors().forEach(FieldVector::reset);
        return bytes.toByteArray();
    }

    @Override
    public void close() {
        root.close();
        allocator.close();
    }
}
