package io.silo.simulation;

import io.silo.simulation.broker.SimParts;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.FaultFilter;
import io.silo.simulation.world.FaultFilter.Range;
import io.silo.simulation.world.Feature;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Makes a failed run smaller: leaves out kinds of faults, features, single faults and jobs as long as the same invariant is broken.
 * What is left is what a person has to understand.
 */
public final class Shrinker {
    /** Runs that one failure may cost: about a minute. */
    private static final int RUNS_MAX = 300;

    private final SimParts parts;
    private final String invariant;
    private SimReport smallest;
    private int runs;

    private Shrinker(SimReport failed, SimParts parts) {
        this.smallest = failed;
        this.invariant = Objects.requireNonNull(failed.invariant(), "only a failure can be shrunk");
        this.parts = parts;
    }

    /** The smallest run found that breaks the same invariant; the failed one itself if none is smaller. */
    public static SimReport shrink(SimReport failed) {
        return shrink(failed, SimParts.REAL);
    }

    /** As {@link #shrink(SimReport)}, on parts of the caller's choice. */
    public static SimReport shrink(SimReport failed, SimParts parts) {
        Shrinker shrinker = new Shrinker(failed, parts);
        shrinker.leaveOutFaults();
        shrinker.leaveOutFeatures();
        shrinker.leaveOutJobs();
        shrinker.leaveOutSingleFaults();
        shrinker.leaveOutJobs();
        return shrinker.smallest;
    }

    private FaultFilter filter() {
        return smallest.plan().filter();
    }

    private boolean stillFails(FaultFilter smaller) {
        if (runs >= RUNS_MAX) {
            return false;
        }
        runs++;
        SimReport report = Simulation.run(smallest.plan().with(smaller), parts);
        boolean isSame = report.verdict() == SimReport.Verdict.FAILED && invariant.equals(report.invariant());
        if (isSame) {
            smallest = report;
        }
        return isSame;
    }

    private void leaveOutFaults() {
        for (Fault fault : List.copyOf(smallest.faults().keySet())) {
            Set<Fault> without = EnumSet.of(fault);
            without.addAll(filter().withoutFaults());
            FaultFilter smaller =
                    new FaultFilter(without, filter().withoutFeatures(), filter().skipped(), filter().jobsMax());
            stillFails(smaller);
        }
    }

    private void leaveOutFeatures() {
        for (Feature feature : Feature.values()) {
            Set<Feature> without = EnumSet.of(feature);
            without.addAll(filter().withoutFeatures());
            FaultFilter smaller =
                    new FaultFilter(filter().withoutFaults(), without, filter().skipped(), filter().jobsMax());
            stillFails(smaller);
        }
    }

    /** Halves, then smaller and smaller parts of the faults that are left. */
    private void leaveOutSingleFaults() {
        long count = smallest.faultCount();
        for (long size = Math.max(1, count / 2); ; size /= 2) {
            for (long first = 0; first < count && runs < RUNS_MAX; first += size) {
                Range range = new Range(first, first + size - 1);
                if (isNew(range)) {
                    stillFails(new FaultFilter(
                            filter().withoutFaults(), filter().withoutFeatures(), merged(range), filter().jobsMax()));
                }
            }
            if (size == 1 || runs >= RUNS_MAX) {
                return;
            }
        }
    }

    private boolean isNew(Range range) {
        return filter().skipped().stream()
                .noneMatch(skipped -> skipped.first() <= range.first() && skipped.last() >= range.last());
    }

    private List<Range> merged(Range added) {
        List<Range> sorted = new ArrayList<>(filter().skipped());
        sorted.add(added);
        sorted.sort(Comparator.comparingLong(Range::first));
        List<Range> joined = new ArrayList<>();
        for (Range range : sorted) {
            Range last = joined.isEmpty() ? null : joined.get(joined.size() - 1);
            if (last != null && range.first() <= last.last() + 1) {
                joined.set(joined.size() - 1, new Range(last.first(), Math.max(last.last(), range.last())));
            } else {
                joined.add(range);
            }
        }
        return joined;
    }

    private void leaveOutJobs() {
        for (int jobs = 16; jobs >= 1; jobs /= 2) {
            if (jobs < filter().jobsMax()) {
                FaultFilter smaller =
                        new FaultFilter(filter().withoutFaults(), filter().withoutFeatures(), filter().skipped(), jobs);
                if (!stillFails(smaller)) {
                    return;
                }
            }
        }
    }
}
