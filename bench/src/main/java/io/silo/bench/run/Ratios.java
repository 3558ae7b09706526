package io.silo.bench.run;

import io.silo.bench.Baseline;
import io.silo.bench.SuiteEntry;
import io.silo.bench.history.BenchRun.Score;
import io.silo.bench.history.Statistics;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Divides the rows of an entry by their baselines. Filled by one thread. */
final class Ratios {
    final List<Score> scores = new ArrayList<>();
    final List<Score> baselines = new ArrayList<>();

    /** Adds the rows of an entry, measured together. */
    void add(SuiteEntry entry, List<Score> rows) {
        final Map<String, Score> byKey = new HashMap<>();
        rows.forEach(row -> byKey.put(row.key(), row));
        final Set<String> used = new HashSet<>();
        rows.forEach(row -> used.add(baselineOf(entry, row).key()));
        for (Score row : rows) {
            if (used.contains(row.key())) {
                baselines.add(row);
            } else {
                final Score wanted = baselineOf(entry, row);
                final @Nullable Score base = byKey.get(wanted.key());
                scores.add(
                        base == null
                                ? row
                                : row.with(Statistics.ratio(
                                        named(entry.baseline(), base), row.figures(), base.figures())));
            }
        }
    }

    /** Adds a row and what it is divided by. */
    void add(Score row, @Nullable Score baseline) {
        if (baseline == null) {
            scores.add(row);
        } else {
            baselines.add(baseline);
            scores.add(row.with(Statistics.ratio(baseline.benchmark(), row.figures(), baseline.figures())));
        }
    }

    /** The row with the name and parameters of its baseline. */
    private static Score baselineOf(SuiteEntry entry, Score row) {
        final Baseline baseline = entry.baseline();
        final TreeMap<String, String> params = new TreeMap<>(row.params());
        params.putAll(baseline.params());
        final String benchmark = baseline.method().isEmpty() ? row.benchmark() : entry.name() + "." + baseline.method();
        return new Score(benchmark, params, row.mode(), row.unit(), row.durability(), row.figures(), null);
    }

    private static String named(Baseline baseline, Score base) {
        final String params = new TreeMap<>(baseline.params())
                .entrySet().stream()
                        .map(param -> param.getKey() + "=" + param.getValue())
                        .collect(Collectors.joining(", "));
        return params.isEmpty() ? base.benchmark() : base.benchmark() + " (" + params + ")";
    }
}
