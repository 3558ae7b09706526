package io.silo.protocol;

import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * An authenticated session, as a shard sees it. Made by the session logic, read by deciders on the shard thread.
 * Immutable but for nothing; compared by identity.
 */
public final class Session {
    private final long id;
    private final @Nullable DirectBuffer tenantScope;

    /**
     * @param id unique while the server process lives, above 0.
     * @param tenantScope the only tenant this session may touch, UTF-8; null for an operator, who sees all.
     */
    public Session(long id, @Nullable DirectBuffer tenantScope) {
        this.id = id;
        this.tenantScope = tenantScope;
    }

    public long id() {
        return id;
    }

    /** The only tenant this session may touch, or null for all. */
    public @Nullable DirectBuffer tenantScope() {
        return tenantScope;
    }
}
