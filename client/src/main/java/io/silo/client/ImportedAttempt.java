package io.silo.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that another system made.
 *
 * @param status how it ended; {@code RUNNING} is refused.
 * @param startedAt when it began.
 * @param finishedAt when it ended.
 * @param errorCode of a failure, 1 to 256 bytes of UTF-8; else null.
 * @param result of a success, or data of a failure; a cancelled attempt has none.
 */
public record ImportedAttempt(
        AttemptStatus status,
        Instant startedAt,
        Instant finishedAt,
        @Nullable String errorCode,
        Payload result) {
    /** One that succeeded. */
    public static ImportedAttempt succeeded(Instant startedAt, Instant finishedAt, Payload result) {
        return new ImportedAttempt(AttemptStatus.SUCCEEDED, startedAt, finishedAt, null, result);
    }

    /** One that failed. */
    public static ImportedAttempt failed(Instant startedAt, Instant finishedAt, String errorCode, Payload data) {
        return new ImportedAttempt(AttemptStatus.FAILED, startedAt, finishedAt, errorCode, data);
    }

    /** One that was cancelled. */
    public static ImportedAttempt cancelled(Instant startedAt, Instant finishedAt) {
        return new ImportedAttempt(AttemptStatus.CANCELLED, startedAt, finishedAt, null, Payload.EMPTY);
    }
}
