package io.silo.client;

import java.time.Duration;

/**
 * When a failed job is tried again.
 *
 * @param retries attempts beyond the first, 0 to 1,000,000.
 * @param initialInterval before the first retry.
 * @param maxInterval no delay is longer; zero = no cap.
 * @param backoff factor between one delay and the next, 1 to 100, kept to a thousandth.
 * @param jitter whether each delay is lengthened by a random part of itself.
 */
public record RetryPolicy(int retries, Duration initialInterval, Duration maxInterval, double backoff, boolean jitter) {
    /** One attempt only. */
    public static final RetryPolicy NONE = new RetryPolicy(0, Duration.ZERO, Duration.ZERO, 1, false);

    /** Delays that double from {@code initialInterval}, with jitter, capped at an hour. */
    public static RetryPolicy exponential(int retries, Duration initialInterval) {
        return new RetryPolicy(retries, initialInterval, Duration.ofHours(1), 2, true);
    }

    /** Equal delays. */
    public static RetryPolicy fixed(int retries, Duration interval) {
        return new RetryPolicy(retries, interval, Duration.ZERO, 1, false);
    }

    int backoffPermille() {
        return (int) Math.round(backoff * 1_000);
    }
}
