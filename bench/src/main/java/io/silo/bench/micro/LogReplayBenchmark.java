package io.silo.bench.micro;

import io.silo.log.CycleDirectory;
import io.silo.log.EventLog;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.agrona.IoUtil;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * How long does it take to read a log back, checksums and all, against reading the same file and touching every byte?
 *
 * <p>The page cache is warm. Expected: 2 million records a second and more. Under that a start with ten million jobs takes longer than
 * promised. One operation is the whole log.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@Fork(3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class LogReplayBenchmark {
    private static final int CHUNK_BYTES = 1 << 20;

    /** Records of the log; they fit one cycle. */
    @Param({"350000"})
    public int records;

    /** Bytes of a record's events. */
    @Param({"256"})
    public int payloadBytes;

    private final ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES);
    private LogFiles files;
    private Path cycleFile;
    private long endOffset;
    private long sum;

    /** Writes the log and closes it. */
    @Setup
    public void setUp() {
        files = new LogFiles(payloadBytes);
        for (int i = 0; i < records; i++) {
            files.appendToLog();
        }
        endOffset = files.log().retainedBytes();
        files.log().close();
        var directory = new CycleDirectory(files.directory().resolve("shard"));
        cycleFile = Objects.requireNonNull(directory.cycleFile(directory.cycles()[0]));
    }

    /** Opening, judging and replaying. */
    @Benchmark
    public long replay() {
        sum = 0;
        try (EventLog log = files.open()) {
            return log.replay((position, epoch, timeMs, eventCount, buffer, offset, length) ->
                            sum += buffer.getLong(offset))
                    + sum;
        }
    }

    /** Baseline: the file in chunks. */
    @Benchmark
    public long plainRead() throws IOException {
        long total = 0;
        try (FileChannel channel = FileChannel.open(cycleFile, StandardOpenOption.READ)) {
            for (long offset = 0; offset < endOffset; offset += CHUNK_BYTES) {
                chunk.clear();
                int count = channel.read(chunk, offset);
                for (int i = 0; i + Long.BYTES <= count; i += Long.BYTES) {
                    total += chunk.getLong(i);
                }
            }
        }
        return total;
    }

    /** Baseline: the file mapped. */
    @Benchmark
    public long plainMapping() throws IOException {
        long total = 0;
        try (FileChannel channel = FileChannel.open(cycleFile, StandardOpenOption.READ)) {
            var mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, endOffset);
            for (int i = 0; i + Long.BYTES <= mapped.capacity(); i += Long.BYTES) {
                total += mapped.getLong(i);
            }
            IoUtil.unmap(mapped);
        }
        return total;
    }

    /** Removes the files. */
    @TearDown
    public void tearDown() {
        files.close();
    }
}
