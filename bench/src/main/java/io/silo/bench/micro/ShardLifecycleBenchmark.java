package io.silo.bench.micro;

import io.silo.protocol.command.Durability;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Question: how many full lifecycles (enqueue, lease, report; 256-byte payload) does one shard do in a second, without a transport?
 * Expected: well above what the wire can bring, 250,000 with `APPENDED`; with `DURABLE` the sync decides. A figure under 200,000 with
 * `APPENDED` means that the shard, not the wire, is what to work on. The baseline writes the bytes of three records a job to a plain file,
 * and with `DURABLE` syncs them once a window.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(3)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class ShardLifecycleBenchmark {
    private static final int JOBS = 4_096;
    private static final int RECORDS_PER_JOB = 3;
    private static final int PAYLOAD_BYTES = 256;

    @Param({"APPENDED", "DURABLE"})
    public Durability durability = Durability.APPENDED;

    @Param("1024")
    public int window = 1_024;

    private Path directory;
    private LifecycleShard shard;
    private LogFiles files;

    /** Creates the baseline's file. */
    @Setup
    public void createFiles() {
        files = new LogFiles(PAYLOAD_BYTES);
    }

    @Setup(Level.Iteration)
    public void open() {
        directory = BenchDirectory.create();
        shard = new LifecycleShard(directory, durability, LifecycleShard.Work.window(window));
    }

    @Benchmark
    @OperationsPerInvocation(JOBS)
    public void lifecycle() {
        shard.run(JOBS);
    }

    /** Baseline: as many records of the payload's size written to a plain file, a window of jobs in one call. */
    @Benchmark
    @OperationsPerInvocation(JOBS)
    public long plainFile() throws IOException {
        long end = 0;
        for (int done = 0; done < JOBS; done += window) {
            end = files.writeToFile(Math.min(window, JOBS - done) * RECORDS_PER_JOB);
            if (durability == Durability.DURABLE) {
                files.forceFile();
            }
        }
        return end;
    }

    @TearDown(Level.Iteration)
    public void close() {
        shard.close();
        BenchDirectory.delete(directory);
    }

    /** Removes the baseline's file. */
    @TearDown
    public void deleteFiles() {
        files.close();
    }
}
