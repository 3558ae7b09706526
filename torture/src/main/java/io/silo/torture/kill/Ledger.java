package io.silo.torture.kill;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What a child asked of its shard and what it was told, in a mapped file: it lies in the page cache and outlives the child, whatever
 * kills it, and an entry counts only once it is whole. An entry is its length, then a kind and numbers, all of them longs. One thread.
 *
 * <pre>
 *   RECOVERED  epoch, digest, jobs
 *   ASKED      index, verb, numbers of the jobs it is about ...
 *   LEASED     index, job, attempt, token epoch, token
 *   TOLD       index, code of the whole, code of each item ...; with CANCEL code and status of each
 * </pre>
 */
final class Ledger implements AutoCloseable {
    static final long RECOVERED = 1;
    static final long ASKED = 2;
    static final long LEASED = 3;
    static final long TOLD = 4;

    /** The child is done, and closes its shard: what it asked was all answered. */
    static final long CLOSING = 5;

    private static final int LEDGER_BYTES = 16 * 1024 * 1024;

    /** Most that one entry takes: a batch with two numbers an item. */
    private static final int ENTRY_BYTES_MAX = 8 * 1024;

    private final MappedByteBuffer mapped;
    private final UnsafeBuffer buffer;
    private int end;

    Ledger(Path file) {
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, LEDGER_BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        buffer = new UnsafeBuffer(mapped);
    }

    /** Whether there is room for a duty cycle's entries. */
    boolean hasRoom() {
        return end < LEDGER_BYTES - 256 * ENTRY_BYTES_MAX;
    }

    void write(long kind, long... numbers) {
        int at = end + Long.BYTES;
        buffer.putLong(at, kind, ByteOrder.LITTLE_ENDIAN);
        for (long number : numbers) {
            at += Long.BYTES;
            buffer.putLong(at, number, ByteOrder.LITTLE_ENDIAN);
        }
        // The length last: before it stands there is no entry.
        buffer.putLongOrdered(end, 1L + numbers.length);
        end = at + Long.BYTES;
    }

    /** What a child left behind: each entry with its kind first. */
    static List<long[]> read(Path file) throws IOException {
        final List<long[]> entries = new ArrayList<>();
        if (!Files.exists(file)) {
            return entries;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            final ByteBuffer bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN);
            while (bytes.remaining() > Long.BYTES) {
                final int count = (int) bytes.getLong();
                if (count == 0) {
                    break;
                }
                final long[] entry = new long[count];
                for (int i = 0; i < count; i++) {
                    entry[i] = bytes.getLong();
                }
                entries.add(entry);
            }
        }
        return entries;
    }

    @Override
    public void close() {
        buffer.wrap(0, 0);
    }
}
