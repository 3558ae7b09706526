package io.silo.protocol.session;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The tokens a server takes. Compares SHA-256 digests of equal length, and always all of them, so that the time says nothing
 * about a token but its length. Immutable; any thread.
 */
public final class TokenTable {
    private final List<Entry> entries;

    private record Entry(byte[] digest, Grant grant) {}

    private TokenTable(List<Entry> entries) {
        this.entries = entries;
    }

    /** A table that takes every client, with or without a token, as an operator. */
    public static TokenTable open() {
        return new TokenTable(List.of());
    }

    /** A table that takes these tokens only. */
    public static TokenTable of(List<AccessToken> tokens) {
        if (tokens.isEmpty()) {
            throw new IllegalArgumentException("Expected at least one token, but there is none; say open() instead.");
        }
        final List<Entry> entries = new ArrayList<>();
        for (final AccessToken token : tokens) {
            entries.add(new Entry(
                    digest(token.secret().getBytes(StandardCharsets.UTF_8)),
                    new Grant(token.name(), token.tenant(), token.verbs())));
        }
        return new TokenTable(List.copyOf(entries));
    }

    /**
     * Finds what the holder of a token may do. Allocates; once a session.
     *
     * @param length of the token in bytes, 0 for none.
     * @return null if no such token is known.
     */
    public @Nullable Grant authenticate(DirectBuffer buffer, int offset, int length) {
        if (entries.isEmpty()) {
            return new Grant("open", null, Set.of(Verb.ADMIN));
        }
        final byte[] secret = new byte[length];
        buffer.getBytes(offset, secret);
        final byte[] digest = digest(secret);
        @Nullable Grant found = null;
        for (final Entry entry : entries) {
            if (MessageDigest.isEqual(digest, entry.digest)) {
                found = entry.grant;
            }
        }
        return found;
    }

    private static byte[] digest(byte[] secret) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(secret);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256.", e);
        }
    }
}
