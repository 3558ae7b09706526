package io.silo.shard.state;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Which jobs a list or a bulk change is about. Immutable.
 *
 * @param statuses bit set by {@link JobState#ordinal}; 0 = any.
 * @param minAgeMs time since the status last changed, at least.
 * @param tenant empty = any; so for the task group.
 * @param metadata entries that a job must all have.
 */
public record JobFilter(
        int statuses, long minAgeMs, String tenant, String taskGroup, SortedMap<String, String> metadata) {
    /** Bit of every status. */
    public static final int ALL_STATUSES = (1 << JobState.values().length) - 1;

    public JobFilter {
        metadata = new TreeMap<>(metadata);
    }

    /** Whether nothing at all is asked. */
    public boolean isEmpty() {
        return statuses == 0 && minAgeMs == 0 && tenant.isEmpty() && taskGroup.isEmpty() && metadata.isEmpty();
    }

    /** Whether a status is among those asked for. */
    public boolean has(JobState state) {
        return statuses == 0 || (statuses & 1 << state.ordinal()) != 0;
    }

    @Override
    public SortedMap<String, String> metadata() {
        return new TreeMap<>(metadata);
    }

    /** Bytes that it holds, about. */
    long bytes() {
        long bytes = 256L + 2L * (tenant.length() + taskGroup.length());
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            bytes += 128L + 2L * (entry.getKey().length() + entry.getValue().length());
        }
        return bytes;
    }
}
