package io.silo.bench.micro;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * What does a group commit cost, and how many bytes reach the device for each byte of payload?
 *
 * <p>Durability: durable. One operation is so many records and one sync. Expected: one record near the plain file's write and force; at
 * 256 records under 2 device bytes a payload byte ({@code writtenBytes / payloadBytes} of the counters), where stores to a mapping write
 * up to 16.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class LogSyncBenchmark {
    /** Records for each sync. */
    @Param({"1", "16", "256"})
    public int recordsPerSync;

    /** Bytes of a record's events. */
    @Param({"100", "256", "1024"})
    public int payloadBytes;

    private LogFiles files;

    /** What reached the device, by {@code /proc/self/io}, next to what was to be stored. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.EVENTS)
    public static class Written {
        /** Bytes of events appended. */
        public long payloadBytes;

        /** Bytes this process caused to be written. */
        public long writtenBytes;

        private long before;

        /** Remembers where the kernel's counter stands. */
        @Setup(Level.Iteration)
        public void begin() {
            payloadBytes = 0;
            writtenBytes = 0;
            before = LogFiles.deviceBytes();
        }

        void add(long bytes) {
            payloadBytes += bytes;
        }

        /** Takes the difference. */
        @TearDown(Level.Iteration)
        public void end() {
            writtenBytes = LogFiles.deviceBytes() - before;
        }
    }

    /** Creates the files. */
    @Setup
    public void setUp() {
        files = new LogFiles(payloadBytes);
    }

    /** The log. */
    @Benchmark
    public long log(Written written) {
        for (int i = 0; i < recordsPerSync; i++) {
            files.appendToLog();
        }
        files.log().sync();
        written.add((long) recordsPerSync * payloadBytes);
        return files.log().durablePosition();
    }

    /** Baseline: one write call and one force. */
    @Benchmark
    public long plainFile(Written written) throws IOException {
        long offset = files.writeToFile(recordsPerSync);
        files.forceFile();
        written.add((long) recordsPerSync * payloadBytes);
        return offset;
    }

    /** Baseline: copies into a mapping and one force. */
    @Benchmark
    public long plainMapping(Written written) throws IOException {
        long offset = 0;
        for (int i = 0; i < recordsPerSync; i++) {
            offset = files.copyToMapping();
        }
        files.forceMapping();
        written.add((long) recordsPerSync * payloadBytes);
        return offset;
    }

    /** Removes the files. */
    @TearDown
    public void tearDown() {
        files.close();
    }
}
