package io.silo.server.metrics;

import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;

/**
 * Measures what the disk under the data directory can do without a broker: the yardstick beside every figure of `silo load`.
 * Runs only while the server is idle, one at a time, for about a second; any thread.
 */
public final class BaselineMeasurement {
    /** Smallest and largest record that is measured. */
    public static final int RECORD_BYTES_MIN = 16;

    public static final int RECORD_BYTES_MAX = 1024 * 1024;

    /** The server counts as idle if nothing happened for this long. */
    private static final long IDLE_MS = 250;

    /** Length of each of the two measurements; 2,000 syncs of a fast disk, a few of a slow one. */
    private static final long PHASE_NS = TimeUnit.MILLISECONDS.toNanos(400);

    private static final int SYNCS_MAX = 4_000; // bounds memory for samples
    private static final long FILE_BYTES_MAX = 256L * 1024 * 1024; // of appends; then the file is begun again
    private static final String FILE = "baseline.tmp";

    private final Path dataDirectory;
    private final LongSupplier activity;
    private final AtomicBoolean running = new AtomicBoolean();

    /**
     * What was measured.
     *
     * @param recordBytes length of each record.
     * @param syncUsP50 median of appending one record and syncing it, µs.
     * @param syncUsP99 99th percentile of the same.
     * @param appendsPerSecond records appended one by one to the page cache, not synced.
     */
    public record Baseline(int recordBytes, double syncUsP50, double syncUsP99, double appendsPerSecond) {}

    /**
     * @param activity a number that changes whenever the server does something.
     */
    public BaselineMeasurement(Path dataDirectory, LongSupplier activity) {
        this.dataDirectory = dataDirectory;
        this.activity = activity;
    }

    /**
     * Measures; takes about a second.
     *
     * @throws ServerException BASELINE_BUSY if the server is at work, BASELINE_FAILED if another measurement runs or the disk
     *     refuses.
     */
    public Baseline measure(int recordBytes) {
        if (recordBytes < RECORD_BYTES_MIN || recordBytes > RECORD_BYTES_MAX) {
            throw new ServerException(
                    ServerErrorCode.BASELINE_FAILED,
                    "record_bytes must be between " + RECORD_BYTES_MIN + " and " + RECORD_BYTES_MAX + ", not "
                            + recordBytes + ".",
                    "Leave it out for 256 bytes.");
        }
        if (!running.compareAndSet(false, true)) {
            throw new ServerException(
                    ServerErrorCode.BASELINE_FAILED, "A measurement is running already.", "Try again in two seconds.");
        }
        final Path file = dataDirectory.resolve(FILE);
        try {
            final long before = activity.getAsLong();
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(IDLE_MS));
            if (activity.getAsLong() != before) {
                throw new ServerException(
                        ServerErrorCode.BASELINE_BUSY,
                        "The server is at work; its disk can only be measured while it is idle.",
                        "Stop the producers and workers, or measure before they start.");
            }
            return measure(file, recordBytes);
        } catch (IOException failed) {
            throw new ServerException(
                    ServerErrorCode.BASELINE_FAILED,
                    "The disk refused the measurement: " + failed.getMessage() + ".",
                    "Check the free space of the data directory.",
                    failed);
        } finally {
            running.set(false);
            try {
                Files.deleteIfExists(file);
            } catch (IOException left) {
                // The next measurement begins the same file again, and nothing else reads it.
            }
        }
    }

    private static Baseline measure(Path file, int recordBytes) throws IOException {
        final ByteBuffer record = ByteBuffer.allocateDirect(recordBytes);
        for (int i = 0; i < recordBytes; i++) {
            record.put(i, (byte) i); // not zero: a disk may answer zeros without storing them
        }
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            final long[] samplesNs = new long[SYNCS_MAX];
            int samples = 0;
            final long syncStart = System.nanoTime();
            while (samples < SYNCS_MAX && (samples == 0 || System.nanoTime() - syncStart < PHASE_NS)) {
                final long begin = System.nanoTime();
                append(channel, record);
                channel.force(false);
                samplesNs[samples++] = System.nanoTime() - begin;
            }
            final long[] sorted = Arrays.copyOf(samplesNs, samples);
            Arrays.sort(sorted);

            long appends = 0;
            long fileBytes = 0;
            final long appendStart = System.nanoTime();
            long elapsedNs = 0;
            while (elapsedNs < PHASE_NS) {
                for (int i = 0; i < 64; i++) { // the clock is read once in 64 appends: it costs a tenth of one
                    append(channel, record);
                }
                appends += 64;
                fileBytes += 64L * recordBytes;
                if (fileBytes >= FILE_BYTES_MAX) {
                    channel.position(0);
                    fileBytes = 0;
                }
                elapsedNs = System.nanoTime() - appendStart;
            }
            return new Baseline(
                    recordBytes,
                    sorted[samples / 2] / 1e3,
                    sorted[Math.min(samples - 1, samples * 99 / 100)] / 1e3,
                    appends * 1e9 / elapsedNs);
        }
    }

    private static void append(FileChannel channel, ByteBuffer record) throws IOException {
        record.clear();
        while (record.hasRemaining()) {
            channel.write(record);
        }
    }
}
