package io.silo.protocol.session;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A token as configured.
 *
 * @param name what operators see; the secret is never shown.
 * @param secret what the client sends; not empty.
 * @param tenant the only tenant it may touch; null for all.
 * @param verbs what it may do; not empty.
 */
public record AccessToken(
        String name, String secret, @Nullable String tenant, Set<Verb> verbs) {
    public AccessToken {
        verbs = Set.copyOf(verbs);
        if (secret.isEmpty()) {
            throw new IllegalArgumentException("Expected token '" + name + "' to have a secret, but it is empty.");
        }
        if (verbs.isEmpty()) {
            throw new IllegalArgumentException("Expected token '" + name + "' to allow a verb, but it allows none.");
        }
    }

    @Override
    public String toString() {
        return "AccessToken[name=" + name + ", tenant=" + tenant + ", verbs=" + verbs + "]";
    }
}
