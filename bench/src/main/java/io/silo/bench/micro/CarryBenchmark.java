package io.silo.bench.micro;

import io.silo.protocol.command.Durability;
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
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Question: what does it cost to carry one ended job (256-byte payload, one attempt) out of a cycle that goes: to find it, to read its
 * events, to append its image? Expected: a few microseconds, a fraction of what its lifecycle cost, which is the baseline.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3)
@Measurement(iterations = 5)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class CarryBenchmark {
    private static final int JOBS = 4_096;

    private Path directory;
    private LifecycleShard shard;

    @Setup(Level.Iteration)
    public void open() {
        directory = BenchDirectory.create();
        try (LifecycleShard first =
                new LifecycleShard(directory, Durability.APPENDED, LifecycleShard.Work.window(1_024))) {
            first.run(JOBS);
        }
        // Opened anew, so that all of it lies in cycles that can go.
        shard = new LifecycleShard(directory, Durability.APPENDED, LifecycleShard.Work.window(1));
    }

    @Benchmark
    @OperationsPerInvocation(JOBS)
    public void carry() {
        shard.carryAll();
    }

    /** Baseline: as many jobs enqueued, leased and reported, each alone in the window. */
    @Benchmark
    @OperationsPerInvocation(JOBS)
    public void lifecycle() {
        shard.run(JOBS);
    }

    @TearDown(Level.Iteration)
    public void close() {
        shard.close();
        BenchDirectory.delete(directory);
    }
}
