package io.silo.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as it stood when it was read. Payload and result were checked against their checksums.
 *
 * @param tenant {@code -} if it has none.
 * @param id unique in its tenant.
 * @param taskGroup whose workers run it.
 * @param status where it stands.
 * @param priority 0 (first) to 99.
 * @param enqueuedAt when it was accepted.
 * @param startAt when it was to start first.
 * @param changedAt when its status changed last.
 * @param nextStartAt when it may start next; null unless it is scheduled, or was cancelled while it was.
 * @param startDeadline latest start of its first attempt; null = none.
 * @param cancelledAt when it was cancelled, or, while it runs, when that was asked for; null = it was not.
 * @param attempt number of the pending, running or last attempt; 0 = none yet.
 * @param relativeAttempt as {@code attempt}, counted from 1 again after each restart.
 * @param leaseDuration of its leases; null = the server's.
 * @param maxRun longest run of one attempt; null = no bound.
 * @param retryPolicy what follows a failure.
 * @param metadata names and values given by its producer.
 * @param limits that it runs within.
 * @param uniqueKey that no other job of the tenant has that has not ended; null = none.
 * @param payload given by its producer.
 * @param errorCode of the last failure; null if the last attempt did not fail.
 * @param result of the last ended attempt: of a success, or data of a failure; null before.
 * @param attempts ascending; empty unless asked for.
 */
public record Job(
        String tenant,
        String id,
        String taskGroup,
        JobStatus status,
        int priority,
        Instant enqueuedAt,
        Instant startAt,
        Instant changedAt,
        @Nullable Instant nextStartAt,
        @Nullable Instant startDeadline,
        @Nullable Instant cancelledAt,
        int attempt,
        int relativeAttempt,
        @Nullable Duration leaseDuration,
        @Nullable Duration maxRun,
        RetryPolicy retryPolicy,
        Map<String, String> metadata,
        List<Limit> limits,
        @Nullable String uniqueKey,
        Payload payload,
        @Nullable String errorCode,
        @Nullable Payload result,
        List<Attempt> attempts) {}
