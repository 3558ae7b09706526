package io.silo.bench.history;

import io.silo.bench.history.BenchRun.Commit;
import io.silo.bench.history.BenchRun.Jvm;
import io.silo.bench.history.BenchRun.LeftOut;
import io.silo.bench.history.BenchRun.Score;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Runs as tests want them. */
final class Runs {
    static final Instant BEGIN = Instant.parse("2026-11-01T12:00:00Z");
    static final Machine MACHINE = Machine.of(2, "Model 7", 16_000, "Linux 6.1", "ext4");

    private Runs() {}

    /** The run of a commit of some day, with a throughput, a time and the baseline of each. */
    static BenchRun run(int day, Machine machine, double throughput) {
        final Score base = score("log.append.plainFile", "thrpt", 4_000, 4_020);
        final Score log = score("log.append.log", "thrpt", throughput, throughput * 1.01);
        final Score time = score("log.sync.log", "sample", 150, 152);
        return new BenchRun(
                BEGIN.plus(Duration.ofDays(day)).plusSeconds(60),
                "quick",
                new Commit(
                        String.format("%040x", day + 1), "log: day " + day, BEGIN.plus(Duration.ofDays(day)), day == 2),
                machine,
                new Jvm("25.0.3+9-LTS", "Somebody", List.of("-XX:+UseG1GC")),
                List.of(log.with(Statistics.ratio("log.append.plainFile", log.figures(), base.figures())), time),
                List.of(base),
                List.of(new LeftOut("limit.next", "It has no such benchmark, or it failed.")));
    }

    private static Score score(String name, String mode, double... samples) {
        return new Score(
                name,
                new TreeMap<>(Map.of("payloadBytes", "256")),
                mode,
                mode.equals("thrpt") ? "ops/s" : "us/op",
                "appended",
                Statistics.figures(
                        java.util.Arrays.stream(samples).boxed().toList(),
                        mode.equals("sample") ? Map.of("50", 149.0, "99.9", 900.0) : Map.of()),
                null);
    }
}
