package io.silo.client;

import java.time.Duration;
import java.util.Map;

/**
 * A concurrency limit whose maximum workers find out, again and again, while jobs wait for it: what another system can take just now. Set
 * {@link SiloWorkerBuilder#refreshHandler} where that can be asked. Who waits first tells the worker what it is about; jobs of one key need not
 * agree.
 *
 * @param key 1 to 256 bytes of UTF-8, shared by all jobs of the tenant that name it, whatever their task group.
 * @param defaultMax counts until a worker has found a maximum out; 0 = no job runs before that.
 * @param refreshInterval from one answer to the next question; zero to 400 days, and no less than 100 ms whatever it says.
 * @param metadata told to the worker; bounds as for a job's.
 */
public record FloatingLimit(String key, int defaultMax, Duration refreshInterval, Map<String, String> metadata)
        implements Limit {
    /** Keeps a copy of the metadata. */
    public FloatingLimit {
        metadata = Map.copyOf(metadata);
    }

    /** Without metadata. */
    public FloatingLimit(String key, int defaultMax, Duration refreshInterval) {
        this(key, defaultMax, refreshInterval, Map.of());
    }
}
