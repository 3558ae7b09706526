package io.silo.bench.load;

import org.HdrHistogram.Histogram;

/**
 * What a load measured, warm-up left out. Immutable.
 *
 * @param lifecycles jobs enqueued, started and reported, all acknowledged.
 * @param elapsedNs length of the measurement.
 * @param ackUs from the time a job was to be sent to its acknowledgement.
 * @param startUs from the same time to its task's arrival at the worker.
 * @param enqueueCommands commands that carried the jobs.
 * @param refusedForNow jobs that the server refused for now, and that were sent again.
 */
public record LoadResult(
        long lifecycles, long elapsedNs, Latency ackUs, Latency startUs, long enqueueCommands, long refusedForNow) {
    /** Percentiles in µs. */
    public record Latency(double p50, double p99, double p999, double max) {
        static Latency of(Histogram ns) {
            return new Latency(
                    ns.getValueAtPercentile(50) / 1e3,
                    ns.getValueAtPercentile(99) / 1e3,
                    ns.getValueAtPercentile(99.9) / 1e3,
                    ns.getMaxValue() / 1e3);
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
