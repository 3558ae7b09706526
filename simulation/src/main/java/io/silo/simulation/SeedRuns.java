package io.silo.simulation;

import io.silo.simulation.scenario.Scenario;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Runs many seeds, each once, some side by side, until all were run or time is up. */
public final class SeedRuns {
    private SeedRuns() {}

    /**
     * What is run.
     *
     * @param firstSeed the seeds are this one and those after it.
     * @param count of seeds.
     * @param scenario the same for all; null = each seed picks its own.
     * @param parallel runs side by side, above 0.
     * @param deadlineNs {@link System#nanoTime} after which none is begun.
     */
    public record Options(
            long firstSeed, long count, @Nullable Scenario scenario, int parallel, long deadlineNs) {
        SimPlan plan(long seed) {
            return scenario == null ? SimPlan.of(seed) : SimPlan.of(seed, scenario);
        }
    }

    /**
     * Runs them.
     *
     * @param onReport called for each run as it ends, one at a time, on a thread of the runs.
     */
    public static SimTotals run(Options options, Consumer<SimReport> onReport) {
        SimTotals totals = new SimTotals();
        AtomicLong next = new AtomicLong(options.firstSeed());
        ExecutorService threads = Executors.newFixedThreadPool(options.parallel());
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < options.parallel(); i++) {
                running.add(threads.submit(() -> runSome(options, next, totals, onReport)));
            }
            for (Future<?> future : running) {
                future.get();
            }
        } catch (ExecutionException failure) {
            throw new IllegalStateException("a run ended by an exception that it should have reported", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } finally {
            threads.shutdownNow();
        }
        return totals;
    }

    private static void runSome(Options options, AtomicLong next, SimTotals totals, Consumer<SimReport> onReport) {
        long end = options.firstSeed() + options.count();
        for (long seed = next.getAndIncrement(); seed < end; seed = next.getAndIncrement()) {
            if (System.nanoTime() - options.deadlineNs() >= 0
                    || Thread.currentThread().isInterrupted()) {
                return;
            }
            SimReport report = Simulation.run(options.plan(seed));
            synchronized (totals) {
                totals.add(report);
                onReport.accept(report);
            }
        }
    }
}
