package io.silo.client;

/** What keeps a job from running at once with others, or too often: a {@link ConcurrencyLimit}, a {@link FloatingLimit} or a {@link RateLimit}. */
public sealed interface Limit permits ConcurrencyLimit, FloatingLimit, RateLimit {
    /** Shared by all jobs of the tenant that name it, whatever their task group: 1 to 256 bytes of UTF-8. */
    String key();
}
