package io.silo.client;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job with its history, to be brought in from another system. Without attempts it is scheduled; else its last attempt says where it
 * stands: succeeded, cancelled, or, of a failure, scheduled again at {@link JobRequest.Builder#startAt} if its retry policy has an
 * attempt left, and failed if not.
 *
 * @param job what it is made of. Its request id plays no part: the job id alone says whether it exists.
 * @param enqueuedAt when the other system accepted it; null = now.
 * @param attempts at most 100, ascending; all but the last failed.
 */
public record ImportedJob(JobRequest job, @Nullable Instant enqueuedAt, List<ImportedAttempt> attempts) {
    public ImportedJob {
        attempts = List.copyOf(attempts);
    }
}
