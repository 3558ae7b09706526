package io.silo.bench;

import io.silo.bench.micro.CarryBenchmark;
import io.silo.bench.micro.CleaningBenchmark;
import io.silo.bench.micro.CodecBenchmark;
import io.silo.bench.micro.CommandBenchmark;
import io.silo.bench.micro.LimitGrantBenchmark;
import io.silo.bench.micro.LogAppendBenchmark;
import io.silo.bench.micro.LogReplayBenchmark;
import io.silo.bench.micro.LogSyncBenchmark;
import io.silo.bench.micro.ReadyQueueBenchmark;
import io.silo.bench.micro.ShardLifecycleBenchmark;
import io.silo.bench.micro.TimerQueueBenchmark;
import io.silo.bench.service.BigShardBenchmark;
import io.silo.bench.service.GatewayBenchmark;
import io.silo.bench.service.NoisyNeighborBenchmark;
import io.silo.bench.service.PayloadReadBenchmark;
import io.silo.bench.service.RoundTripBenchmark;
import io.silo.bench.service.ShardThroughputBenchmark;
import io.silo.bench.service.SqlBenchmark;
import java.util.ArrayList;
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
    private static final Effort FULL_SHOTS = new Effort(2, 20, 20, 1_000);

    /** Where filling a shard takes longer than looking at it. */
    private static final Effort FULL_FILLED = new Effort(1, 3, 5, 3_000);

    /** Where one shot takes seconds. */
    private static final Effort FULL_LONG_SHOTS = new Effort(2, 3, 5, 3_000);

    private Suites() {}

    /** Under six minutes. */
    public static List<SuiteEntry> quick() {
        final List<SuiteEntry> suite = new ArrayList<>();
        addQuickLog(suite);
        addQuickShard(suite);
        addQuickStructures(suite);
        addQuickCalls(suite);
        addQuickReads(suite);
        addQuickNeighbors(suite);
        return List.copyOf(suite);
    }

    private static void addQuickLog(List<SuiteEntry> suite) {
        suite.add(entry(
                "log.append",
                LogAppendBenchmark.class,
                "log|plainFile",
                Map.of("payloadBytes", List.of("256"), "batch", List.of("1")),
                Mode.Throughput,
                Baseline.method("plainFile"),
                QUICK));
        suite.add(entry(
                "log.sync",
                LogSyncBenchmark.class,
                "log|plainFile",
                Map.of("payloadBytes", List.of("256"), "recordsPerSync", List.of("1", "256")),
                Mode.SampleTime,
                Baseline.method("plainFile"),
                QUICK));
        suite.add(entry(
                "log.replay",
                LogReplayBenchmark.class,
                "replay|plainRead",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("plainRead"),
                QUICK_SHOTS));
    }

    private static void addQuickShard(List<SuiteEntry> suite) {
        suite.add(entry(
                "shard.command",
                CommandBenchmark.class,
                "command|bareLog",
                Map.of("command", List.of("ENQUEUE", "LEASE", "COMPLETE", "CANCEL")),
                Mode.SingleShotTime,
                Baseline.method("bareLog"),
                QUICK_SHOTS));
        suite.add(entry(
                "shard.lifecycle",
                ShardLifecycleBenchmark.class,
                "lifecycle|plainFile",
                Map.of("durability", List.of("APPENDED")),
                Mode.Throughput,
                Baseline.method("plainFile"),
                QUICK));
        suite.add(entry(
                "limit.grant",
                LimitGrantBenchmark.class,
                "lifecycle",
                Map.of("waiting", List.of("NONE", "ONE_KEY_1M")),
                Mode.AverageTime,
                Baseline.param("waiting", "NONE"),
                QUICK));
    }

    private static void addQuickStructures(List<SuiteEntry> suite) {
        suite.add(entry(
                "queue.ready",
                ReadyQueueBenchmark.class,
                "addAndPoll|ring",
                Map.of("depth", List.of("1000000"), "tenants", List.of("64")),
                Mode.AverageTime,
                Baseline.method("ring"),
                QUICK));
        suite.add(entry(
                "queue.timers",
                TimerQueueBenchmark.class,
                "addAndPoll|addAndCancel|heap",
                Map.of("depth", List.of("1000000")),
                Mode.AverageTime,
                Baseline.method("heap"),
                QUICK));
        suite.add(entry(
                "codec",
                CodecBenchmark.class,
                "encodeEnqueue|decodeGrant|arraycopy",
                Map.of("payloadBytes", List.of("256")),
                Mode.AverageTime,
                Baseline.method("arraycopy"),
                QUICK));
    }

    private static void addQuickCalls(List<SuiteEntry> suite) {
        suite.add(entry(
                "call.durable",
                RoundTripBenchmark.class,
                "enqueue|plainSync",
                Map.of("transport", List.of("IPC"), "durability", List.of("DURABLE")),
                Mode.SampleTime,
                Baseline.method("plainSync"),
                QUICK));
        suite.add(entry(
                "call.appended",
                RoundTripBenchmark.class,
                "enqueue|echo",
                Map.of("transport", List.of("IPC"), "durability", List.of("APPENDED")),
                Mode.SampleTime,
                Baseline.method("echo"),
                QUICK));
        suite.add(entry(
                "gateway.enqueue",
                GatewayBenchmark.class,
                "v1Enqueue|clientEnqueue",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientEnqueue"),
                QUICK));
        suite.add(entry(
                "gateway.lifecycle",
                GatewayBenchmark.class,
                "v1Lifecycle|clientLifecycle",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientLifecycle"),
                QUICK));
        suite.add(entry(
                "gateway.batches",
                GatewayBenchmark.class,
                "v2Lifecycle|clientBatches",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientBatches"),
                QUICK));
    }

    private static void addQuickReads(List<SuiteEntry> suite) {
        suite.add(entry(
                "sql.lookup",
                SqlBenchmark.class,
                "lookup|getJob",
                Map.of("stored", List.of("50000")),
                Mode.SampleTime,
                Baseline.method("getJob"),
                QUICK));
        suite.add(entry(
                "sql.page",
                SqlBenchmark.class,
                "failedPage|listFailed",
                Map.of("stored", List.of("50000")),
                Mode.SampleTime,
                Baseline.method("listFailed"),
                QUICK));
        suite.add(entry(
                "sql.group",
                SqlBenchmark.class,
                "allCounts|walkJobs",
                Map.of("stored", List.of("50000")),
                Mode.SampleTime,
                Baseline.method("walkJobs"),
                QUICK));
        suite.add(entry(
                "payload",
                PayloadReadBenchmark.class,
                "hot|cold|plainRead",
                Map.of("stored", List.of("20000"), "payloadBytes", List.of("256")),
                Mode.SampleTime,
                Baseline.method("plainRead"),
                QUICK));
    }

    private static void addQuickNeighbors(List<SuiteEntry> suite) {
        suite.add(entry(
                "big-shard",
                BigShardBenchmark.class,
                "getJob|enqueue",
                Map.of("stored", List.of("1000", "50000")),
                Mode.SampleTime,
                Baseline.param("stored", "1000"),
                QUICK));
        suite.add(entry(
                "shard.callers",
                ShardThroughputBenchmark.class,
                "enqueue|plainSync",
                Map.of("shape", List.of("4x50")),
                Mode.SingleShotTime,
                Baseline.method("plainSync"),
                QUICK_SHOTS));
        suite.add(entry(
                "neighbor",
                NoisyNeighborBenchmark.class,
                "alone|beside",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("alone"),
                QUICK_SHOTS));
    }

    /** All of it. */
    public static List<SuiteEntry> full() {
        final List<SuiteEntry> suite = new ArrayList<>();
        addFullLog(suite);
        addFullShard(suite);
        addFullStructures(suite);
        addFullCalls(suite);
        addFullReads(suite);
        addFullNeighbors(suite);
        return List.copyOf(suite);
    }

    private static void addFullLog(List<SuiteEntry> suite) {
        suite.add(entry(
                "log.append",
                LogAppendBenchmark.class,
                "log|plainFile|plainMapping",
                Map.of(),
                Mode.Throughput,
                Baseline.method("plainFile"),
                FULL));
        suite.add(entry(
                "log.sync",
                LogSyncBenchmark.class,
                "log|plainFile|plainMapping",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("plainFile"),
                FULL));
        suite.add(entry(
                "log.replay",
                LogReplayBenchmark.class,
                "replay|plainRead|plainMapping",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("plainRead"),
                FULL_LONG_SHOTS));
    }

    private static void addFullShard(List<SuiteEntry> suite) {
        suite.add(entry(
                "shard.command",
                CommandBenchmark.class,
                "command|bareLog",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("bareLog"),
                FULL_SHOTS));
        suite.add(entry(
                "shard.lifecycle",
                ShardLifecycleBenchmark.class,
                "lifecycle|plainFile",
                Map.of(),
                Mode.Throughput,
                Baseline.method("plainFile"),
                FULL));
        suite.add(entry(
                "shard.carry",
                CarryBenchmark.class,
                "carry|lifecycle",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("lifecycle"),
                FULL_LONG_SHOTS));
        suite.add(entry(
                "shard.cleaning",
                CleaningBenchmark.class,
                "lifecycle",
                Map.of(),
                Mode.Throughput,
                Baseline.param("cleans", "false"),
                FULL));
        suite.add(entry(
                "limit.grant",
                LimitGrantBenchmark.class,
                "lifecycle",
                Map.of(),
                Mode.AverageTime,
                Baseline.param("waiting", "NONE"),
                FULL_FILLED));
        suite.add(entry(
                "limit.next",
                LimitGrantBenchmark.class,
                "oneByOne",
                Map.of(),
                Mode.SampleTime,
                Baseline.param("waiting", "NONE"),
                FULL_FILLED));
    }

    private static void addFullStructures(List<SuiteEntry> suite) {
        suite.add(entry(
                "queue.ready",
                ReadyQueueBenchmark.class,
                "addAndPoll|ring",
                Map.of(),
                Mode.AverageTime,
                Baseline.method("ring"),
                FULL));
        suite.add(entry(
                "queue.timers",
                TimerQueueBenchmark.class,
                "addAndPoll|addAndCancel|heap",
                Map.of(),
                Mode.AverageTime,
                Baseline.method("heap"),
                FULL));
        suite.add(entry(
                "codec", CodecBenchmark.class, ".*", Map.of(), Mode.AverageTime, Baseline.method("arraycopy"), FULL));
    }

    private static void addFullCalls(List<SuiteEntry> suite) {
        suite.add(entry(
                "gateway.enqueue",
                GatewayBenchmark.class,
                "v1Enqueue|v1EnqueueAsync|clientEnqueue",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientEnqueue"),
                FULL));
        suite.add(entry(
                "gateway.lifecycle",
                GatewayBenchmark.class,
                "v1Lifecycle|clientLifecycle",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientLifecycle"),
                FULL));
        suite.add(entry(
                "gateway.batches",
                GatewayBenchmark.class,
                "v2Lifecycle|clientBatches",
                Map.of(),
                Mode.Throughput,
                Baseline.method("clientBatches"),
                FULL));
        suite.add(entry(
                "call.durable",
                RoundTripBenchmark.class,
                "enqueue|plainSync",
                Map.of("durability", List.of("DURABLE")),
                Mode.SampleTime,
                Baseline.method("plainSync"),
                FULL));
        suite.add(entry(
                "call.appended",
                RoundTripBenchmark.class,
                "enqueue|getJob|echo",
                Map.of("durability", List.of("APPENDED")),
                Mode.SampleTime,
                Baseline.method("echo"),
                FULL));
    }

    private static void addFullReads(List<SuiteEntry> suite) {
        suite.add(entry(
                "sql.lookup",
                SqlBenchmark.class,
                "lookup|getJob",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("getJob"),
                FULL_FILLED));
        suite.add(entry(
                "sql.page",
                SqlBenchmark.class,
                "failedPage|listFailed",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("listFailed"),
                FULL_FILLED));
        suite.add(entry(
                "sql.counts",
                SqlBenchmark.class,
                "tenantCounts|countJobs",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("countJobs"),
                FULL_FILLED));
        suite.add(entry(
                "sql.group",
                SqlBenchmark.class,
                "allCounts|walkJobs",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("walkJobs"),
                FULL_FILLED));
        suite.add(entry(
                "payload",
                PayloadReadBenchmark.class,
                "hot|cold|plainRead",
                Map.of(),
                Mode.SampleTime,
                Baseline.method("plainRead"),
                FULL_FILLED));
    }

    private static void addFullNeighbors(List<SuiteEntry> suite) {
        suite.add(entry(
                "big-shard",
                BigShardBenchmark.class,
                ".*",
                Map.of(),
                Mode.SampleTime,
                Baseline.param("stored", "1000"),
                FULL_FILLED));
        suite.add(entry(
                "shard.callers",
                ShardThroughputBenchmark.class,
                "enqueue|dequeue|plainSync",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("plainSync"),
                FULL_SHOTS));
        suite.add(entry(
                "neighbor",
                NoisyNeighborBenchmark.class,
                "alone|beside",
                Map.of(),
                Mode.SingleShotTime,
                Baseline.method("alone"),
                FULL_SHOTS));
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
