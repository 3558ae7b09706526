package io.silo.shard;

import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.limit.MessageHeaderEncoder;
import io.silo.protocol.limit.RateLimitEncoder;
import io.silo.shard.TestClient.Item;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** A rate limit as a job of a test names it. */
final class TestRate {
    static final long MINUTE_MS = 60_000;

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

    /** Of one name and key. */
    static TestRate rate(long hitsMax, long durationMs) {
        return new TestRate("api", "customer", hitsMax, durationMs);
    }

    /** A job with rate limits, whose lease outlives any test. */
    static Item item(String id, TestRate... rates) {
        Item item = new Item(id);
        item.rates.addAll(List.of(rates));
        item.leaseMs = 3_600_000;
        return item;
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
