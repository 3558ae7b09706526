package io.silo.protocol.session;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What the holder of a token may do. Immutable; any thread. */
public final class Grant {
    private final String name;
    private final @Nullable DirectBuffer tenantScope;
    private final BitSet templates = new BitSet();

    Grant(String name, @Nullable String tenant, Set<Verb> verbs) {
        this.name = name;
        this.tenantScope = tenant == null ? null : new UnsafeBuffer(tenant.getBytes(StandardCharsets.UTF_8));
        verbs.forEach(verb -> verb.allowIn(templates));
    }

    /** Name of the token, for operators; never the token. */
    public String name() {
        return name;
    }

    /** The only tenant allowed, UTF-8; null for all. */
    public @Nullable DirectBuffer tenantScope() {
        return tenantScope;
    }

    /** Whether a command is allowed. Does not allocate. */
    public boolean allows(int templateId) {
        return templates.get(templateId);
    }
}
