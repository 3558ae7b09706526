package io.silo.bench.micro;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
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
 * What does an append cost that nobody waits for, against the same bytes copied into a plain mapping or written to a plain file?
 *
 * <p>Durability: appended. The log syncs as in service, at 8 MiB, on the same thread; the baselines never do. One operation is a
 * batch. Expected of batches of one: near one write call, and nothing allocated but the index, 4 bytes a record ({@code -prof gc}). Less than half the plain file would mean that
 * something on the path is wrong.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class LogAppendBenchmark {
    private static final int SYNC_CHECK_INTERVAL = 256;

    /** Bytes of a record's events. */
    @Param({"100", "256", "1024"})
    public int payloadBytes;

    /** Records of an operation: the plain file takes them in one call. */
    @Param({"1", "16", "256"})
    public int batch = 1;

    private LogFiles files;
    private int count;

    /** Creates the files. */
    @Setup
    public void setUp() {
        files = new LogFiles(payloadBytes);
    }

    /** The log. */
    @Benchmark
    public long log() {
        long position = 0;
        for (int i = 0; i < batch; i++) {
            position = files.appendToLog();
            if (++count % SYNC_CHECK_INTERVAL == 0) {
                files.log().doWork(System.nanoTime());
            }
        }
        files.log().write();
        return position;
    }

    /** Baseline: one write call. */
    @Benchmark
    public long plainFile() throws IOException {
        return files.writeToFile(batch);
    }

    /** Baseline: one copy into a mapping a record. */
    @Benchmark
    public long plainMapping() throws IOException {
        long offset = 0;
        for (int i = 0; i < batch; i++) {
            offset = files.copyToMapping();
        }
        return offset;
    }

    /** Removes the files. */
    @TearDown
    public void tearDown() {
        files.close();
    }
}
