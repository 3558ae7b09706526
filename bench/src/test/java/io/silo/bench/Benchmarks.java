package io.silo.bench;

import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.openjdk.jmh.runner.BenchmarkList;
import org.openjdk.jmh.runner.BenchmarkListEntry;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.VerboseMode;

/** All benchmarks that the annotation processor found. */
final class Benchmarks {
    private Benchmarks() {}

    static List<BenchmarkListEntry> all() {
        final var nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return List.copyOf(BenchmarkList.defaultList()
                .getAll(OutputFormatFactory.createFormatInstance(nowhere, VerboseMode.SILENT), List.of()));
    }

    /** Values of each parameter of a benchmark's class. */
    static Map<String, String[]> params(BenchmarkListEntry benchmark) {
        return benchmark.getParams().orElse(Map.of());
    }
}
