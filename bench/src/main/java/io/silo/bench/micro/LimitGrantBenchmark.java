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
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.BenchmarkParams;

/**
 * Question: what does a grant cost while many jobs wait for concurrency limits? Each finished job lets the next of its key start, and another
 * comes to wait. Expected: the same whether a thousand or a million wait, for one key or for a hundred thousand, and whether they wait for a
 * limit or for a worker (`NONE`, the baseline). {@code oneByOne} has one job in flight: the time from the report of one to the start of the
 * next, under 100 us.
 */
@State(Scope.Thread)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
@SuppressWarnings("NullAway.Init") // JMH calls the set-up before anything else.
public class LimitGrantBenchmark {
    private static final int JOBS = 1_024;

    /** Who waits for what. */
    public enum Waiting {
        /** A million for a worker: no limits. */
        NONE(0, 1_000_000),
        /** A thousand for one key. */
        ONE_KEY_1K(1, 1_000),
        /** A million for one key. */
        ONE_KEY_1M(1, 1_000_000),
        /** Ten for each of a hundred keys. */
        KEYS_100_BY_10(100, 1_000),
        /** Ten for each of a hundred thousand keys. */
        KEYS_100K_BY_10(100_000, 1_000_000);

        private final int keys;
        private final int jobs;

        Waiting(int keys, int jobs) {
            this.keys = keys;
            this.jobs = jobs;
        }

        /** As many run as the keys allow together, up to 64. */
        private int running() {
            return keys == 0 ? 64 : Math.min(64, keys * max());
        }

        private int max() {
            return keys == 1 ? 64 : 1;
        }
    }

    @Param
    public Waiting waiting = Waiting.NONE;

    private Path directory;
    private LifecycleShard shard;

    @Setup(Level.Trial)
    public void open(BenchmarkParams benchmark) {
        final boolean isOneByOne = benchmark.getBenchmark().endsWith("oneByOne");
        directory = BenchDirectory.create();
        shard = new LifecycleShard(
                directory,
                Durability.APPENDED,
                new LifecycleShard.Work(
                        isOneByOne ? 1 : waiting.running(),
                        waiting.jobs,
                        waiting.keys,
                        isOneByOne ? 1 : waiting.max()));
    }

    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OperationsPerInvocation(JOBS)
    public void lifecycle() {
        shard.run(JOBS);
    }

    @Benchmark
    @BenchmarkMode(Mode.SampleTime)
    public void oneByOne() {
        shard.run(1);
    }

    @TearDown(Level.Trial)
    public void close() {
        shard.close();
        BenchDirectory.delete(directory);
    }
}
