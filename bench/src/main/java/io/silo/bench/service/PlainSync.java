package io.silo.bench.service;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;

/** A plain file that records are written to and synced: what nobody who promises durability can be faster than. One thread. */
final class PlainSync implements AutoCloseable {
    private static final int FILE_BYTES_MAX = 64 << 20;

    private final FileChannel file;
    private final ByteBuffer record;
    private long end;

    PlainSync(Path directory, int recordBytes) {
        record = ByteBuffer.allocateDirect(recordBytes);
        final byte[] bytes = new byte[recordBytes];
        ThreadLocalRandom.current().nextBytes(bytes); // random: a disk that compresses must not look fast
        record.put(bytes);
        try {
            file = FileChannel.open(directory.resolve("plain"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Appends one record. Returns the file's length. */
    long append() {
        try {
            if (end > FILE_BYTES_MAX) {
                file.truncate(0);
                end = 0;
            }
            record.clear();
            while (record.hasRemaining()) {
                end += file.write(record, end);
            }
            return end;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Appends one record and syncs it. Returns the file's length. */
    long appendAndSync() {
        append();
        try {
            file.force(false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return end;
    }

    @Override
    public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
