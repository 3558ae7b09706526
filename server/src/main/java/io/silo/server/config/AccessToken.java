package io.silo.server.config;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * A token that a client may present, and what it opens. Never shown. Immutable; any thread.
 *
 * @param name for operators and log lines.
 * @param secret the token itself.
 * @param tenant the only tenant it opens; empty = all.
 * @param verbs what it allows.
 */
public record AccessToken(String name, String secret, String tenant, Set<Verb> verbs) {
    /** What a token can allow. */
    public enum Verb {
        /** Create jobs. */
        ENQUEUE,
        /** Lease tasks, renew leases, report outcomes. */
        WORK,
        /** Read jobs and results. */
        READ;

        /** As it stands in a configuration file. */
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Bound on the length of a token, in characters: it travels in one small message. */
    public static final int SECRET_CHARACTERS_MAX = 1_024;

    public AccessToken {
        verbs = Set.copyOf(verbs);
    }

    /** Every verb. */
    public static Set<Verb> allVerbs() {
        return EnumSet.copyOf(Arrays.asList(Verb.values()));
    }

    @Override
    public String toString() {
        return "AccessToken[" + name + "]";
    }
}
