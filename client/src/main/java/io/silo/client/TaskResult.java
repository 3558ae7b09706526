package io.silo.client;

import io.silo.protocol.Bounds;
import java.time.Duration;

/** How an attempt ended, as its handler says. Immutable; any thread. */
public final class TaskResult {
    enum Kind {
        SUCCESS,
        FAILURE,
        CANCELLED,
        SNOOZE
    }

    final Kind kind;
    final String errorCode;
    final Payload data;
    final long snoozeMs;

    private TaskResult(Kind kind, String errorCode, Payload data) {
        this(kind, errorCode, data, 0);
    }

    private TaskResult(Kind kind, String errorCode, Payload data, long snoozeMs) {
        this.kind = kind;
        this.errorCode = errorCode;
        this.data = data;
        this.snoozeMs = snoozeMs;
    }

    /** The attempt succeeded, without a result. */
    public static TaskResult success() {
        return success(Payload.EMPTY);
    }

    /** The attempt succeeded with a text as its result. */
    public static TaskResult success(String text) {
        return success(Payload.text(text));
    }

    /** The attempt succeeded with a result. */
    public static TaskResult success(Payload result) {
        return new TaskResult(Kind.SUCCESS, "", result);
    }

    /**
     * The attempt failed; the job's retry policy says what follows.
     *
     * @param errorCode 1 to 256 bytes of UTF-8 without control characters, for programs.
     * @param data for people.
     */
    public static TaskResult fail(String errorCode, Payload data) {
        return new TaskResult(Kind.FAILURE, errorCode, data);
    }

    /** As {@link #fail(String, Payload)}, with text. */
    public static TaskResult fail(String errorCode, String data) {
        return fail(errorCode, Payload.text(data));
    }

    /** The attempt was given up because its job is to be cancelled. */
    public static TaskResult cancelled() {
        return new TaskResult(Kind.CANCELLED, "", Payload.EMPTY);
    }

    /**
     * Not now: the task is given back and is ready again after a while. No attempt is spent, so this may be said any number of times;
     * of a job that is to be cancelled it is the end.
     *
     * @param delay 1 ms to 400 days; rounded up to milliseconds.
     * @throws IllegalArgumentException if it is anything else.
     */
    public static TaskResult snooze(Duration delay) {
        final boolean inRange = delay.compareTo(Duration.ZERO) > 0
                && delay.compareTo(Duration.ofMillis(Bounds.RETRY_INTERVAL_MS_MAX)) <= 0;
        if (!inRange) {
            throw new IllegalArgumentException("Expected a delay of 1 ms to 400 days, but it is " + delay + ".");
        }
        return new TaskResult(
                Kind.SNOOZE, "", Payload.EMPTY, delay.plusNanos(999_999).toMillis());
    }

    @Override
    public String toString() {
        return "TaskResult[" + kind + (errorCode.isEmpty() ? "" : " " + errorCode) + ", " + data + "]";
    }
}
