package io.silo.bench.load;

/**
 * What an overload measured. Every job offered is in one of three counts, or was still on its way at the end. Immutable.
 *
 * @param offered jobs that were due.
 * @param heldBack of them those that were never sent: their producer's window, or its stream, was full.
 * @param refused of them those that the server refused for now; they are not sent again.
 * @param enqueued of them those that the server acknowledged.
 * @param lifecycles jobs whose outcome was acknowledged, whenever they were enqueued.
 * @param elapsedNs length of the measurement.
 * @param ackUs from sending a command to its acknowledgement.
 * @param refusalUs from sending a command to its refusal.
 * @param retryAfterMs what refusals said: when to come again.
 */
public record OverloadResult(
        long offered,
        long heldBack,
        long refused,
        long enqueued,
        long lifecycles,
        long elapsedNs,
        LoadResult.Latency ackUs,
        LoadResult.Latency refusalUs,
        LoadResult.Latency retryAfterMs) {
    /** Jobs a second, of any of the counts. */
    public double perSecond(long jobs) {
        return jobs * 1e9 / elapsedNs;
    }
}
