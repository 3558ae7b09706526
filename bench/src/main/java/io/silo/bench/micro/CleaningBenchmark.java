package io.silo.bench.micro;

import io.silo.protocol.command.Durability;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
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
 * Question: what does cleaning cost a shard that works as fast as it can, while every cycle of its log is half dead, since
 * every second job is deleted as soon as it has ended? Expected: {@code cleans=true} within 10 % of {@code false}, the baseline; the
 * bytes carried show that it did clean.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(2)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 4, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class CleaningBenchmark {
    private static final int JOBS = 4_096;

    /** So many jobs are there before, so that there is something to carry. */
    @Param("300000")
    public int stored = 300_000;

    @Param({"false", "true"})
    public boolean cleans;

    @Param({"APPENDED", "DURABLE"})
    public Durability durability = Durability.APPENDED;

    private Path directory;
    private LifecycleShard shard;

    /** What the cleaner did meanwhile. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Carried {
        public long bytes;
    }

    @Setup(Level.Iteration)
    public void open() {
        directory = BenchDirectory.create();
        shard = new LifecycleShard(
                directory, durability, LifecycleShard.Work.window(1_024).forgettingHalf());
        shard.holdCleaning(true);
        shard.run(stored);
        shard.holdCleaning(!cleans);
    }

    @Benchmark
    @OperationsPerInvocation(JOBS)
    public void lifecycle(Carried carried) {
        final long before = shard.carriedBytes();
        shard.run(JOBS);
        carried.bytes += shard.carriedBytes() - before;
    }

    @TearDown(Level.Iteration)
    public void close() {
        shard.close();
        BenchDirectory.delete(directory);
    }
}
