package io.silo.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.silo.protocol.RejectReason;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.transport.IngressCounters;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/**
 * Turns the plain numbers that shard threads keep into Prometheus metrics when somebody asks. Reads only, waits for nobody; any
 * thread.
 */
public final class ShardMetricsCollector implements MultiCollector {
    private final Supplier<Map<String, ShardCounters>> shards;
    private final List<IngressCounters> threads;
    private final IntSupplier shardsOwned;

    /**
     * @param shards by what their label is to say, in order; asked each time, as shards that are emptied count anew.
     * @param threads in order of their numbers.
     * @param shardsOwned shards that are served now.
     */
    public ShardMetricsCollector(
            Supplier<Map<String, ShardCounters>> shards, List<IngressCounters> threads, IntSupplier shardsOwned) {
        this.shards = shards;
        this.threads = List.copyOf(threads);
        this.shardsOwned = shardsOwned;
    }

    @Override
    public MetricSnapshots collect() {
        final Map<String, List<ShardMetric>> byName = new LinkedHashMap<>();
        for (ShardMetric metric : ShardMetric.ALL) {
            byName.computeIfAbsent(metric.name(), name -> new ArrayList<>()).add(metric);
        }
        final List<MetricSnapshot> snapshots = new ArrayList<>();
        for (Map.Entry<String, List<ShardMetric>> family : byName.entrySet()) {
            snapshots.add(
                    switch (family.getValue().get(0).kind()) {
                        case COUNTER -> counter(family.getKey(), family.getValue());
                        case GAUGE -> gauge(family.getKey(), family.getValue());
                    });
        }
        snapshots.add(refusals());
        snapshots.add(syncs());
        snapshots.add(gaugeOf("silo_shards_owned", "Shards served by this node.", shardsOwned::getAsInt));
        snapshots.add(ofThreads(
                "silo_sessions_opened",
                "Sessions authenticated.",
                c -> c.sessions().opened()));
        snapshots.add(ofThreads(
                "silo_sessions_refused",
                "Connections turned away.",
                c -> c.sessions().refused()));
        snapshots.add(ofThreads(
                "silo_frames_malformed",
                "Frames that are no command.",
                c -> c.sessions().malformed()));
        snapshots.add(ofThreads("silo_commands", "Commands taken off the wire.", IngressCounters::commands));
        snapshots.add(ofThreads("silo_commands_bytes", "Bytes of those commands.", IngressCounters::bytesIn));
        snapshots.add(ofThreads("silo_replies", "Replies sent.", IngressCounters::replies));
        snapshots.add(ofThreads(
                "silo_replies_dropped", "Replies to sessions that were gone.", IngressCounters::repliesDropped));
        snapshots.add(gaugeOf(
                "silo_sessions_open",
                "Sessions now.",
                () -> threads.stream().mapToLong(c -> c.sessions().open()).sum()));
        return MetricSnapshots.of(snapshots.toArray(new MetricSnapshot[0]));
    }

    private CounterSnapshot counter(String name, List<ShardMetric> family) {
        final CounterSnapshot.Builder builder =
                CounterSnapshot.builder().name(name).help(family.get(0).help());
        shards.get().forEach((shard, counters) -> {
            for (ShardMetric metric : family) {
                builder.dataPoint(point(labels(shard, metric), metric.reading().applyAsLong(counters)));
            }
        });
        return builder.build();
    }

    private GaugeSnapshot gauge(String name, List<ShardMetric> family) {
        final GaugeSnapshot.Builder builder =
                GaugeSnapshot.builder().name(name).help(family.get(0).help());
        shards.get().forEach((shard, counters) -> {
            for (ShardMetric metric : family) {
                builder.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(labels(shard, metric))
                        .value((double) metric.reading().applyAsLong(counters))
                        .build());
            }
        });
        return builder.build();
    }

    /** Only reasons that occurred: sixty names for each shard would hide the two that matter. */
    private CounterSnapshot refusals() {
        final CounterSnapshot.Builder builder =
                CounterSnapshot.builder().name("silo_commands_refused").help("Commands refused as a whole.");
        shards.get().forEach((shard, counters) -> {
            for (RejectReason reason : RejectReason.values()) {
                final long count = counters.refusals(reason.code());
                if (count > 0) {
                    final String name = reason.name().toLowerCase(Locale.ROOT);
                    builder.dataPoint(point(Labels.of("shard", shard, "reason", name), count));
                }
            }
        });
        return builder.build();
    }

    private SummarySnapshot syncs() {
        final SummarySnapshot.Builder builder = SummarySnapshot.builder()
                .name("silo_log_sync_seconds")
                .help("Syncs of the log and the time they took.");
        shards.get()
                .forEach((shard, counters) -> builder.dataPoint(SummarySnapshot.SummaryDataPointSnapshot.builder()
                        .labels(Labels.of("shard", shard))
                        .count(counters.get(Figure.SYNCS))
                        .sum(counters.get(Figure.SYNC_NS) / 1e9)
                        .build()));
        return builder.build();
    }

    private CounterSnapshot ofThreads(String name, String help, ToLongFunction<IngressCounters> reading) {
        final CounterSnapshot.Builder builder =
                CounterSnapshot.builder().name(name).help(help);
        for (int thread = 0; thread < threads.size(); thread++) {
            builder.dataPoint(
                    point(Labels.of("thread", Integer.toString(thread)), reading.applyAsLong(threads.get(thread))));
        }
        return builder.build();
    }

    private static GaugeSnapshot gaugeOf(String name, String help, LongSupplier reading) {
        return GaugeSnapshot.builder()
                .name(name)
                .help(help)
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value((double) reading.getAsLong())
                        .build())
                .build();
    }

    private static CounterSnapshot.CounterDataPointSnapshot point(Labels labels, long value) {
        return CounterSnapshot.CounterDataPointSnapshot.builder()
                .labels(labels)
                .value((double) value)
                .build();
    }

    private static Labels labels(String shard, ShardMetric metric) {
        return metric.labelName().isEmpty()
                ? Labels.of("shard", shard)
                : Labels.of("shard", shard, metric.labelName(), metric.labelValue());
    }
}
