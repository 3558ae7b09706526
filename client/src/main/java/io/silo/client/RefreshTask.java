package io.silo.client;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A floating limit that is to be found out.
 *
 * @param tenant {@code -} if it is of none.
 * @param max in force now.
 * @param refreshedAt when it was last found out; null = never.
 * @param metadata of the limit, as the job says it that waits first.
 */
public record RefreshTask(
        String tenant, String key, int max, @Nullable Instant refreshedAt, Map<String, String> metadata) {}
