package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Names of tenants, task groups and the like as small ints: dense, counted, and reused when the last holder lets go. An
 * id means nothing outside the process and differs after a replay, so it is never recorded and never decides an order.
 *
 * <pre>
 *   row:  0 long: hash of the name | 8 int: ref of its bytes | 12 int: holders |
 * </pre>
 *
 * <p>At most {@code namesMax} names. Only the shard thread may touch it; nothing allocates but the growth by a chunk.
 */
public final class NameTable implements AutoCloseable {
    /** Stands for "no name". */
    public static final int NULL_ID = RowSlab.NULL_SLOT;

    private static final int HASH = 0;
    private static final int REF = 8;
    private static final int HOLDERS = 12;
    private static final int ROW_BYTES = 16;
    // 1,024: a slab's smallest growth is then 16 KiB, and 64 M names stay within its 65,536 chunks.
    private static final int ROWS_PER_CHUNK = 1_024;

    private final RowSlab rows;
    private final BytesSlab strings;
    private final long seed;
    private final SlotIndex index = new SlotIndex();
    private final UnsafeBuffer name = new UnsafeBuffer(0, 0);

    /**
     * A table whose names nobody outside can choose to harm it.
     *
     * @param namesMax bound on names, 1 to 64 Mi.
     */
    public NameTable(int namesMax) {
        this(namesMax, 0);
    }

    /**
     * A table whose index hashes with a seed, so that a client who does not know it cannot make up names that collide.
     *
     * @param namesMax bound on names, 1 to 64 Mi.
     * @param seed decides places in memory and nothing else: it may differ from run to run.
     */
    public NameTable(int namesMax, long seed) {
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, namesMax);
        // A chunk for each size in use is the most that lies beside the rows.
        long stringBytesMax = (long) namesMax * (BytesSlab.LENGTH_MAX + 8) + (1L << 24);
        strings = new BytesSlab(Math.min(stringBytesMax, BytesSlab.BYTES_MAX));
        this.seed = seed;
    }

    /**
     * Adds a holder to a name, and the name if it is new.
     *
     * @param length 0 to {@link BytesSlab#LENGTH_MAX} bytes.
     * @return the id, below the bound; {@link #NULL_ID} if the name is new and there is no room for it.
     */
    public int acquire(DirectBuffer buffer, int offset, int length) {
        long place = Xxh64.hash(buffer, offset, length, seed);
        int id = find(place, buffer, offset, length);
        if (id == NULL_ID) {
            if (rows.count() == rows.rowsMax() || !strings.canAdd(length)) {
                return NULL_ID;
            }
            int ref = strings.add(buffer, offset, length);
            id = rows.allocate();
            rows.putLong(id, HASH, Xxh64.hash(buffer, offset, length));
            rows.putInt(id, REF, ref);
            index.put(place, id);
        }
        rows.putInt(id, HOLDERS, Math.addExact(rows.getInt(id, HOLDERS), 1));
        return id;
    }

    /** Adds a holder to a name that has one. */
    public void acquire(int id) {
        checkLive(id);
        rows.putInt(id, HOLDERS, Math.addExact(rows.getInt(id, HOLDERS), 1));
    }

    /**
     * Takes a holder away; with the last one the name goes and its id may be given to another.
     *
     * @throws IllegalStateException if the id names nothing.
     */
    public void release(int id) {
        checkLive(id);
        int holders = rows.getInt(id, HOLDERS) - 1;
        if (holders > 0) {
            rows.putInt(id, HOLDERS, holders);
            return;
        }
        strings.wrap(rows.getInt(id, REF), name);
        long place = Xxh64.hash(name, 0, name.capacity(), seed);
        boolean isRemoved = index.remove(place, id);
        assert isRemoved : "name " + id + " was not indexed";
        strings.remove(rows.getInt(id, REF));
        rows.free(id);
    }

    /** The id of a name, or {@link #NULL_ID}; adds no holder. */
    public int find(DirectBuffer buffer, int offset, int length) {
        return find(Xxh64.hash(buffer, offset, length, seed), buffer, offset, length);
    }

    /** Lets {@code view} show the name's bytes, good until its last holder lets go. */
    public void wrap(int id, DirectBuffer view) {
        strings.wrap(rows.getInt(id, REF), view);
    }

    /** {@link Xxh64} of the name, seed 0. */
    public long hash(int id) {
        return rows.getLong(id, HASH);
    }

    /** Bytes of the name. */
    public int length(int id) {
        return strings.length(rows.getInt(id, REF));
    }

    /** Holders of the name. */
    public int holders(int id) {
        return rows.getInt(id, HOLDERS);
    }

    /** Whether {@code id}, which may be any int, names something. */
    public boolean isLive(int id) {
        return rows.isLive(id);
    }

    /** One past the highest id ever given. */
    public int idEnd() {
        return rows.slotEnd();
    }

    /** Names. */
    public int count() {
        return rows.count();
    }

    /** Bytes held, on heap and off. */
    public long bytes() {
        return rows.bytes() + strings.bytes() + index.bytes();
    }

    /** Gives the off-heap memory back; the table must not be used afterwards. */
    @Override
    public void close() {
        rows.close();
        strings.close();
        index.close();
    }

    private int find(long place, DirectBuffer buffer, int offset, int length) {
        for (long c = index.firstCandidate(place); c != SlotIndex.NULL_CANDIDATE; c = index.nextCandidate(place, c)) {
            int id = (int) c;
            if (strings.equals(rows.getInt(id, REF), buffer, offset, length)) {
                return id;
            }
        }
        return NULL_ID;
    }

    private void checkLive(int id) {
        if (!rows.isLive(id)) {
            throw new IllegalStateException("Expected id " + id + " to be a name, but it is free.");
        }
    }
}
