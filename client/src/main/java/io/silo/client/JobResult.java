package io.silo.client;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How a job ended. The result was checked against its checksum.
 *
 * @param status one that is terminal.
 * @param attempt number of the last attempt; 0 if there was none.
 * @param finishedAt when it ended.
 * @param errorCode of a failure; else null.
 * @param result of a success, or data of a failure.
 */
public record JobResult(
        JobStatus status,
        int attempt,
        Instant finishedAt,
        @Nullable String errorCode,
        Payload result) {
    /** Whether the job succeeded. */
    public boolean isSuccess() {
        return status == JobStatus.SUCCEEDED;
    }
}
