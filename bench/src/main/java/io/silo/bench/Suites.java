package io.silo.bench;

import io.silo.bench.micro.CarryBenchmark;
import io.silo.bench.micro.CleaningBenchmark;
import io.silo.bench.micro.LimitGrantBenchmark;
import io.silo.bench.micro.LogAppendBenchmark;
import io.silo.bench.micro.LogReplayBenchmark;
import io.silo.bench.micro.LogSyncBenchmark;
import io.silo.bench.micro.ShardLifecycleBenchmark;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.annotations.Mode;

/**
 * The suites of benchmarks.
 *
 * <ul>
 *   <li>quick: one row or two of each question, in one process each, under six minutes on two cores. It finds what got much slower.
 *   <li>full: everything with all its parameters, for a quiet machine and an evening.
 * </ul>
 *
 * <p>A claim is a ratio: a row's score against that of its {@link SuiteEntry#baseline()}, the row of the same class, run and
 * parameters. Scores alone are those of a machine on a day.
 */
public final class Suites {
    private static final Effort QUICK = new Effort(1, 1, 2, 1_000);
    private static final Effort QUICK_SHOTS = new Effort(1, 2, 3, 1_000);
    private static final Effort FULL = new Effort(3, 3, 5, 3_000);
    private static final Effort FULL_SHOTS = new Effort(2, 3, 5, 3_000);

    private Suites() {}

    /** Under six minutes. */
    public static List<SuiteEntry> quick() {
        return List.of(
                entry(
                        "log.append",
                        LogAppendBenchmark.class,
                        "log|plainFile",
                        Map.of("payloadBytes", List.of("256")),
                        Mode.Throughput,
                        Baseline.method("plainFile"),
                        QUICK),
                entry(
                        "log.sync",
                        LogSyncBenchmark.class,
                        "log|plainFile",
                        Map.of("payloadBytes", List.of("256"), "recordsPerSync", List.of("1", "256")),
                        Mode.SampleTime,
                        Baseline.method("plainFile"),
                        QUICK),
                entry(
                        "log.replay",
                        LogReplayBenchmark.class,
                        "replay|plainRead",
                        Map.of(),
                        Mode.SingleShotTime,
                        Baseline.method("plainRead"),
                        QUICK_SHOTS),
                entry(
                        "shard.lifecycle",
                        ShardLifecycleBenchmark.class,
                        "lifecycle|plainFile",
                        Map.of("durability", List.of("APPENDED")),
                        Mode.Throughput,
                        Baseline.method("plainFile"),
                        QUICK),
                entry(
                        "limit.grant",
                        LimitGrantBenchmark.class,
                        "lifecycle",
                        Map.of("waiting", List.of("NONE", "ONE_KEY_1M")),
                        Mode.AverageTime,
                        Baseline.param("waiting", "NONE"),
                        QUICK));
    }

    /** All of it. */
    public static List<SuiteEntry> full() {
        return List.of(
                entry(
                        "log.append",
                        LogAppendBenchmark.class,
                        "log|plainFile|plainMapping",
                        Map.of(),
                        Mode.Throughput,
                        Baseline.method("plainFile"),
                        FULL),
                entry(
                        "log.sync",
                        LogSyncBenchmark.class,
                        "log|plainFile|plainMapping",
                        Map.of(),
                        Mode.SampleTime,
                        Baseline.method("plainFile"),
                        FULL),
                entry(
                        "log.replay",
                        LogReplayBenchmark.class,
                        "replay|plainRead|plainMapping",
                        Map.of(),
                        Mode.SingleShotTime,
                        Baseline.method("plainRead"),
                        FULL_SHOTS),
                entry(
                        "shard.lifecycle",
                        ShardLifecycleBenchmark.class,
                        "lifecycle|plainFile",
                        Map.of(),
                        Mode.Throughput,
                        Baseline.method("plainFile"),
                        FULL),
                entry(
                        "shard.carry",
                        CarryBenchmark.class,
                        "carry|lifecycle",
                        Map.of(),
                        Mode.SingleShotTime,
                        Baseline.method("lifecycle"),
                        FULL_SHOTS),
                entry(
                        "shard.cleaning",
                        CleaningBenchmark.class,
                        "lifecycle",
                        Map.of(),
                        Mode.Throughput,
                        Baseline.param("cleans", "false"),
                        FULL),
                entry(
                        "limit.grant",
                        LimitGrantBenchmark.class,
                        "lifecycle",
                        Map.of(),
                        Mode.AverageTime,
                        Baseline.param("waiting", "NONE"),
                        FULL),
                entry(
                        "limit.next",
                        LimitGrantBenchmark.class,
                        "oneByOne",
                        Map.of(),
                        Mode.SampleTime,
                        Baseline.param("waiting", "NONE"),
                        FULL));
    }

    private static SuiteEntry entry(
            String name,
            Class<?> benchmark,
            String methods,
            Map<String, List<String>> params,
            Mode mode,
            Baseline baseline,
            Effort effort) {
        final String include = "^" + benchmark.getName().replace(".", "\\.") + "\\.(" + methods + ")$";
        return new SuiteEntry(name, include, params, mode, baseline, effort);
    }
}
