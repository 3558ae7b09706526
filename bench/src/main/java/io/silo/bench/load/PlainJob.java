package io.silo.bench.load;

import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.PayloadEncoding;

/** A job with nothing special about it, as benchmarks enqueue it. */
public final class PlainJob {
    private static final short PRIORITY = 50; // in the middle

    private PlainJob() {}

    /** Sets the fields of the next item, up to its first group. Does not allocate. */
    public static void next(EnqueueEncoder.ItemsEncoder items) {
        items.next()
                .requestIdHigh(0)
                .requestIdLow(0)
                .startAtMs(0)
                .uploadId(0)
                .retryInitialIntervalMs(0)
                .retryMaxIntervalMs(0)
                .retryCount(0)
                .retryBackoffPermille(1_000)
                .startDeadlineMs(0)
                .leaseMs(0)
                .maxRunMs(0)
                .priority(PRIORITY)
                .retryJitter((short) 0)
                .payloadEncoding(PayloadEncoding.RAW);
    }
}
