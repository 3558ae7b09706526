package io.silo.shard;

import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.limit.MessageHeaderEncoder;
import io.silo.protocol.limit.RateLimitEncoder;
import org.agrona.concurrent.UnsafeBuffer;

/** A rate limit as a job of a test names it. */
final class TestRate {
    final String name;
    final String key;
    long hitsMax;
    long hits = 1;
    long durationMs;
    long burst;
    long initialBackoffMs = 100;
    long maxBackoffMs;
    int backoffPermille = 1_000;
    int maxRetries;
    int flags;
    boolean leaky;

    TestRate(String name, String key, long hitsMax, long durationMs) {
        this.name = name;
        this.key = key;
        this.hitsMax = hitsMax;
        this.durationMs = durationMs;
    }

    void encode(EnqueueEncoder.ItemsEncoder.LimitsEncoder limit) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[1_024]);
        RateLimitEncoder rate = new RateLimitEncoder()
                .wrapAndApplyHeader(buffer, 0, new MessageHeaderEncoder())
                .hitsMax(hitsMax)
                .hits(hits)
                .durationMs(durationMs)
                .burst(burst)
                .initialBackoffMs(initialBackoffMs)
                .maxBackoffMs(maxBackoffMs)
                .backoffPermille(backoffPermille)
                .maxRetries(maxRetries)
                .flags(flags)
                .algorithm((short) (leaky ? 1 : 0))
                .name(name);
        limit.maxConcurrency(0).key(key).putDetails(buffer, 0, rate.limit());
    }
}
