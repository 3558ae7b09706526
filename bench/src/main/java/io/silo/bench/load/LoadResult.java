package io.silo.bench.load;

import org.HdrHistogram.Histogram;

/**
 * What a load measured, warm-up left out. Immutable.
 *
 * @param lifecycles jobs enqueued, started and reported, all acknowledged.
 * @param elapsedNs length of the measurement.
 * @param ackUs from the time a job was to be sent to its acknowledgement.
 * @param startUs from the same time to the arrival of its first attempt at the worker.
 * @param enqueueCommands commands that carried the jobs.
 * @param refusedForNow jobs that the server refused for now, and that were sent again.
 * @param failedAttempts attempts that were reported as failed, and retried.
 */
public record LoadResult(
        long lifecycles,
        long elapsedNs,
        Latency ackUs,
        Latency startUs,
        long enqueueCommands,
        long refusedForNow,
        long failedAttempts) {
    /** Percentiles, mostly in µs. */
    public record Latency(double p50, double p99, double p999, double max) {
        static Latency of(Histogram values, double unit) {
            return new Latency(
                    values.getValueAtPercentile(50) / unit,
                    values.getValueAtPercentile(99) / unit,
                    values.getValueAtPercentile(99.9) / unit,
                    values.getMaxValue() / unit);
        }
    }

    /** Lifecycles a second. */
    public double lifecyclesPerSecond() {
        return lifecycles * 1e9 / elapsedNs;
    }

    /** Jobs a command, on average. */
    public double jobsPerCommand() {
        return enqueueCommands == 0 ? 0 : (double) lifecycles / enqueueCommands;
    }
}
