package io.silo.bench.micro;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * What the log's benchmarks write to: a log on Chronicle, a plain file and a plain mapping, all in one {@link BenchDirectory}.
 */
final class LogFiles implements AutoCloseable {
    /** Plain files begin anew at this length, as a log rolls. */
    static final long FILE_BYTES = EventLogContext.CYCLE_BYTES_DEFAULT;

    private static final long APPEND_WAIT_NS = 20_000;

    private final Path directory;
    private final EventLogContext context = new EventLogContext().lowWaterBytes(0);
    private final EventLog log;
    private final FileChannel file;
    private final FileChannel mappedFile;
    private final UnsafeBuffer mapping;
    private final ByteBuffer batch = ByteBuffer.allocateDirect(EventLog.RECORD_BYTES_MAX);
    private final UnsafeBuffer record;
    private final int recordBytes;
    private long fileOffset;
    private long mappedOffset;

    LogFiles(int payloadBytes) {
        recordBytes = EventLog.HEADER_BYTES + payloadBytes;
        byte[] bytes = new byte[recordBytes];
        ThreadLocalRandom.current().nextBytes(bytes); // random: a disk that compresses must not look fast
        record = new UnsafeBuffer(bytes);
        try {
            directory = BenchDirectory.create();
            log = open();
            log.start(1);
            file = create("plain");
            mappedFile = create("mapped");
            mapping = new UnsafeBuffer(mappedFile.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    EventLog open() {
        return EventLog.open(
                ChronicleCycleStore.open(directory.resolve("shard"), context), new LogIdentity(1, 2, 3, 4), context);
    }

    EventLog log() {
        return log;
    }

    Path directory() {
        return directory;
    }

    private FileChannel create(String name) throws IOException {
        return FileChannel.open(
                directory.resolve(name), StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    }

    /** Appends one record, waiting for the next cycle when it is late. */
    long appendToLog() {
        while (!log.hasRoom(recordBytes)) {
            log.doWork(System.nanoTime());
            LockSupport.parkNanos(APPEND_WAIT_NS);
        }
        long position = log.append(record, 0, recordBytes, 1, 1);
        if (log.oldestCycleLastPosition() != EventLog.NULL_POSITION
                && log.oldestCycleLastPosition() <= log.durablePosition()) {
            log.trimBefore(log.oldestCycleLastPosition() + 1);
        }
        return position;
    }

    /** Writes the bytes of so many records to the plain file in one call. */
    long writeToFile(int records) throws IOException {
        int length = records * recordBytes;
        if (fileOffset + length > FILE_BYTES) {
            fileOffset = 0;
            file.truncate(0);
        }
        batch.clear();
        for (int i = 0; i < records; i++) {
            record.getBytes(0, batch, recordBytes);
        }
        batch.flip();
        while (batch.hasRemaining()) {
            fileOffset += file.write(batch, fileOffset);
        }
        return fileOffset;
    }

    /** Makes the plain file durable. */
    void forceFile() throws IOException {
        file.force(false);
    }

    /** Copies one record into the plain mapping. */
    long copyToMapping() throws IOException {
        if (mappedOffset + recordBytes > FILE_BYTES) {
            // Fresh pages, as a log has them: copying over pages that are there already measures the memory alone.
            mappedOffset = 0;
            IoUtil.unmap((MappedByteBuffer) mapping.byteBuffer());
            mappedFile.truncate(0);
            mapping.wrap(mappedFile.map(FileChannel.MapMode.READ_WRITE, 0, FILE_BYTES));
        }
        mapping.putBytes((int) mappedOffset, record, 0, recordBytes);
        mappedOffset += recordBytes;
        return mappedOffset;
    }

    /** Makes the plain mapping durable. */
    void forceMapping() throws IOException {
        mappedFile.force(false);
    }

    /** Bytes this process has caused to be written to disks so far; 0 where the kernel does not say. */
    static long deviceBytes() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/io"))) {
                if (line.startsWith("write_bytes:")) {
                    return Long.parseLong(
                            line.substring("write_bytes:".length()).trim());
                }
            }
            return 0;
        } catch (IOException e) {
            return 0;
        }
    }

    @Override
    public void close() {
        log.close();
        try {
            IoUtil.unmap((MappedByteBuffer) mapping.byteBuffer());
            file.close();
            mappedFile.close();
            BenchDirectory.delete(directory);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
