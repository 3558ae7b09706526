package io.silo.bench.micro;

import io.silo.protocol.command.Durability;
import java.io.IOException;
import java.nio.file.Files;
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
 * `APPENDED` means that the shard, not the wire, is what to work on.
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

    @Param({"APPENDED", "DURABLE"})
    public Durability durability = Durability.APPENDED;

    @Param("1024")
    public int window = 1_024;

    private Path directory;
    private LifecycleShard shard;

    @Setup(Level.Iteration)
    public void open() throws IOException {
        directory = Files.createTempDirectory(Path.of("."), "silo-bench-");
        shard = new LifecycleShard(directory, durability, LifecycleShard.Work.window(window));
    }

    @Benchmark
    @OperationsPerInvocation(JOBS)
    public void lifecycle() {
        shard.run(JOBS);
    }

    @TearDown(Level.Iteration)
    public void close() throws IOException {
        shard.close();
        LifecycleShard.delete(directory);
    }
}
