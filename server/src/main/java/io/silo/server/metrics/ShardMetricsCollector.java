package io.silo.server.metrics;

import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntSupplier;

/** Turns the shards' numbers into Prometheus metrics when somebody asks. Reads only; any thread. */
public final class ShardMetricsCollector implements MultiCollector {
    private final List<ShardMetrics> shards;
    private final IntSupplier shardsOwned;

    /**
     * @param shardsOwned shards that are served now.
     */
    public ShardMetricsCollector(List<ShardMetrics> shards, IntSupplier shardsOwned) {
        this.shards = List.copyOf(shards);
        this.shardsOwned = shardsOwned;
    }

    @Override
    public MetricSnapshots collect() {
        final Map<String, List<ShardMetric>> byName = new LinkedHashMap<>();
        for (ShardMetric metric : ShardMetric.values()) {
            byName.computeIfAbsent(metric.metricName(), name -> new ArrayList<>())
                    .add(metric);
        }
        final List<MetricSnapshot> snapshots = new ArrayList<>();
        for (Map.Entry<String, List<ShardMetric>> family : byName.entrySet()) {
            snapshots.add(
                    switch (family.getValue().get(0).kind()) {
                        case COUNTER -> counter(family.getKey(), family.getValue());
                        case GAUGE -> gauge(family.getKey(), family.getValue());
                    });
        }
        snapshots.add(syncHistogram());
        snapshots.add(GaugeSnapshot.builder()
                .name("silo_shards_owned")
                .help("Shards served by this node.")
                .dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .value(shardsOwned.getAsInt())
                        .build())
                .build());
        return MetricSnapshots.of(snapshots.toArray(new MetricSnapshot[0]));
    }

    private CounterSnapshot counter(String name, List<ShardMetric> family) {
        final CounterSnapshot.Builder builder =
                CounterSnapshot.builder().name(name).help(family.get(0).help());
        for (ShardMetrics shard : shards) {
            for (ShardMetric metric : family) {
                builder.dataPoint(CounterSnapshot.CounterDataPointSnapshot.builder()
                        .labels(labels(shard, metric))
                        .value((double) shard.value(metric))
                        .build());
            }
        }
        return builder.build();
    }

    private GaugeSnapshot gauge(String name, List<ShardMetric> family) {
        final GaugeSnapshot.Builder builder =
                GaugeSnapshot.builder().name(name).help(family.get(0).help());
        for (ShardMetrics shard : shards) {
            for (ShardMetric metric : family) {
                builder.dataPoint(GaugeSnapshot.GaugeDataPointSnapshot.builder()
                        .labels(labels(shard, metric))
                        .value((double) shard.value(metric))
                        .build());
            }
        }
        return builder.build();
    }

    private HistogramSnapshot syncHistogram() {
        final long[] boundsUs = ShardMetrics.syncBoundsUs();
        final double[] boundsSeconds = new double[boundsUs.length + 1];
        for (int i = 0; i < boundsUs.length; i++) {
            boundsSeconds[i] = boundsUs[i] / 1e6;
        }
        boundsSeconds[boundsUs.length] = Double.POSITIVE_INFINITY;
        final HistogramSnapshot.Builder builder =
                HistogramSnapshot.builder().name("silo_log_sync_seconds").help("Time of a sync of the shard's log.");
        for (ShardMetrics shard : shards) {
            builder.dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                    .labels(Labels.of("shard", shard.shard()))
                    .classicHistogramBuckets(ClassicHistogramBuckets.of(
                            boundsSeconds,
                            Arrays.stream(shard.syncCounts()).boxed().toArray(Number[]::new)))
                    .sum((double) shard.syncSumNs() / 1e9)
                    .build());
        }
        return builder.build();
    }

    private static Labels labels(ShardMetrics shard, ShardMetric metric) {
        return metric.labelName().isEmpty()
                ? Labels.of("shard", shard.shard())
                : Labels.of("shard", shard.shard(), metric.labelName(), metric.labelValue());
    }
}
