package io.silo.simulation;

import io.silo.simulation.world.Fault;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.TreeMap;

/** What many runs add up to. Any thread may add a report. */
public final class SimTotals {
    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private final Map<String, Long> seedsByScenario = new TreeMap<>();
    private long seeds;
    private long passed;
    private long failed;
    private long voids;
    private long simulatedMs;
    private long jobs;
    private long lives;
    private long messages;
    private long checks;

    public synchronized void add(SimReport report) {
        seeds++;
        seedsByScenario.merge(report.plan().scenario().name(), 1L, Long::sum);
        switch (report.verdict()) {
            case PASSED -> passed++;
            case FAILED -> failed++;
            case VOID -> voids++;
        }
        simulatedMs += report.simulatedMs();
        jobs += report.finished();
        lives += report.lives();
        messages += report.messages();
        checks += report.checks();
        report.faults().forEach((fault, count) -> faults.merge(fault, count, Long::sum));
    }

    public synchronized long seeds() {
        return seeds;
    }

    public synchronized long passed() {
        return passed;
    }

    public synchronized long failed() {
        return failed;
    }

    /** Runs that did too little to prove anything. */
    public synchronized long voids() {
        return voids;
    }

    /** Virtual time of all runs together. */
    public synchronized long simulatedMs() {
        return simulatedMs;
    }

    /** Jobs seen terminal. */
    public synchronized long jobs() {
        return jobs;
    }

    /** Lives of brokers' processes. */
    public synchronized long lives() {
        return lives;
    }

    /** Messages that arrived. */
    public synchronized long messages() {
        return messages;
    }

    /** Invariants looked at. */
    public synchronized long checks() {
        return checks;
    }

    /** How often each fault struck. */
    public synchronized Map<Fault, Long> faults() {
        return Collections.unmodifiableMap(new EnumMap<>(faults));
    }

    /** Runs of each scenario, by name. */
    public synchronized Map<String, Long> seedsByScenario() {
        return Collections.unmodifiableMap(new TreeMap<>(seedsByScenario));
    }
}
