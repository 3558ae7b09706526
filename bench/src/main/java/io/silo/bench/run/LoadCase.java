package io.silo.bench.run;

import io.silo.bench.history.BenchRun;
import java.util.List;

/** A canonical run of {@code silo load}, and which of its figures is the score. */
public enum LoadCase {
    /** Lifecycles, each command of them durable. */
    DURABLE("load.durable", "durable", "", false),
    /** Lifecycles, each command of them appended. */
    APPENDED("load.appended", "appended", "", false),
    /** One enqueue after the other, each durable: what a caller waits for. */
    ENQUEUE("load.enqueue", "durable", "--window 1 --batch 1", true);

    private final String benchmark;
    private final String durability;
    private final String options;
    private final boolean isLatency;

    LoadCase(String benchmark, String durability, String options, boolean isLatency) {
        this.benchmark = benchmark;
        this.durability = durability;
        this.options = options;
        this.isLatency = isLatency;
    }

    /** Its name in histories. */
    public String benchmark() {
        return benchmark;
    }

    String durability() {
        return durability;
    }

    /** Options of the command, but for server and length. */
    List<String> options() {
        return options.isEmpty() ? List.of() : List.of(options.split(" "));
    }

    /** True if the acknowledgement's median is the score, and the lifecycles a second are not. */
    boolean isLatency() {
        return isLatency;
    }

    String mode() {
        return isLatency ? "sample" : BenchRun.THROUGHPUT;
    }

    String unit() {
        return isLatency ? "us" : "lifecycles/s";
    }

    /** What the server's bare disk did in the same run. */
    String baseline() {
        return benchmark + (isLatency ? ".bareSync" : ".bareAppend");
    }

    String baselineUnit() {
        return isLatency ? "us" : "appends/s";
    }
}
