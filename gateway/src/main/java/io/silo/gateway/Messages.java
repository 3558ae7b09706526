package io.silo.gateway;

import com.google.protobuf.ByteString;
import io.silo.client.Attempt;
import io.silo.client.ConcurrencyLimit;
import io.silo.client.FloatingLimit;
import io.silo.client.Job;
import io.silo.client.JobRequest;
import io.silo.client.JobResult;
import io.silo.client.Limit;
import io.silo.client.Payload;
import io.silo.client.RateLimit;
import io.silo.client.RetryPolicy;
import io.silo.grpc.v1.AttemptStatus;
import io.silo.grpc.v1.EnqueueRequest;
import io.silo.grpc.v1.FloatingConcurrencyLimit;
import io.silo.grpc.v1.GetJobResponse;
import io.silo.grpc.v1.GetJobResultResponse;
import io.silo.grpc.v1.GubernatorAlgorithm;
import io.silo.grpc.v1.GubernatorBehavior;
import io.silo.grpc.v1.GubernatorRateLimit;
import io.silo.grpc.v1.ImportJobRequest;
import io.silo.grpc.v1.JobAttempt;
import io.silo.grpc.v1.JobCancelled;
import io.silo.grpc.v1.JobFailure;
import io.silo.grpc.v1.JobStatus;
import io.silo.grpc.v1.RateLimitRetryPolicy;
import io.silo.grpc.v1.SerializedBytes;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Between the messages of {@code silo.v1} and {@code silo.v2} and the types of the Java client. Stateless. */
final class Messages {
    /** By their number in {@code duration_ms}, as Gubernator counts them. */
    private static final List<ChronoUnit> CALENDAR = RateLimit.CALENDAR_UNITS;

    private static final Duration RATE_INITIAL_BACKOFF = Duration.ofMillis(100);
    private static final Duration RATE_MAX_BACKOFF = Duration.ofSeconds(30);
    private static final double RATE_BACKOFF = 2;

    /** What a shard takes for a request without an id. */
    private static final UUID NO_REQUEST = new UUID(0, 0);

    private Messages() {}

    // ---- what clients ask for

    static JobRequest job(EnqueueRequest request, String tenant) {
        final JobRequest.Builder builder = JobRequest.to(request.getTaskGroup())
                .tenant(tenant)
                .priority(bounded(request.getPriority()))
                .metadata(request.getMetadataMap())
                .payload(payload(request.getPayload()));
        if (!request.getId().isEmpty()) {
            builder.id(request.getId());
        }
        if (request.getStartAtMs() > 0) {
            builder.startAt(Instant.ofEpochMilli(request.getStartAtMs()));
        }
        if (request.hasRetryPolicy()) {
            builder.retry(retry(request.getRetryPolicy()));
        }
        limits(builder, request.getLimitsList());
        return builder.build();
    }

    /** What an import says of the job itself, as if it were enqueued. */
    static JobRequest job(ImportJobRequest request, String tenant) {
        final EnqueueRequest.Builder same = EnqueueRequest.newBuilder()
                .setTaskGroup(request.getTaskGroup())
                .setId(request.getId())
                .setPriority(request.getPriority())
                .setStartAtMs(request.getStartAtMs())
                .putAllMetadata(request.getMetadataMap())
                .setPayload(request.getPayload())
                .addAllLimits(request.getLimitsList());
        if (request.hasRetryPolicy()) {
            same.setRetryPolicy(request.getRetryPolicy());
        }
        return job(same.build(), tenant);
    }

    /** A job of {@code silo.v2}: the same, but for what only that tells. */
    static JobRequest job(io.silo.grpc.v2.Job job) {
        final JobRequest.Builder builder = JobRequest.to(job.getTaskGroup())
                .tenant(job.getTenant().isEmpty() ? ShardAddresses.NO_TENANT : job.getTenant())
                .priority(bounded(job.getPriority()))
                .metadata(job.getMetadataMap())
                .payload(payload(job.getPayload()))
                .lease(Duration.ofMillis(job.getLeaseMs()))
                .uniqueKey(job.getUniqueKey());
        final UUID requestId = requestId(job.getRequestId());
        if (requestId != null) {
            // A repeat has to find the job of the first.
            builder.requestId(requestId).id(requestId.toString());
        }
        if (!job.getId().isEmpty()) {
            builder.id(job.getId());
        }
        if (job.getStartAtMs() > 0) {
            builder.startAt(Instant.ofEpochMilli(job.getStartAtMs()));
        }
        if (job.hasRetryPolicy()) {
            builder.retry(retry(job.getRetryPolicy()));
        }
        limits(builder, job.getLimitsList());
        return builder.build();
    }

    private static @Nullable UUID requestId(ByteString bytes) {
        if (bytes.isEmpty()) {
            return null;
        }
        if (bytes.size() == 2 * Long.BYTES) {
            final ByteBuffer halves = bytes.asReadOnlyByteBuffer();
            final UUID id = new UUID(halves.getLong(), halves.getLong());
            if (!id.equals(NO_REQUEST)) {
                return id;
            }
        }
        throw Refusals.invalid("request_id must have 16 bytes that are not all 0");
    }

    private static void limits(JobRequest.Builder builder, List<io.silo.grpc.v1.Limit> limits) {
        for (final io.silo.grpc.v1.Limit limit : limits) {
            switch (limit.getLimitCase()) {
                case CONCURRENCY ->
                    builder.limit(new ConcurrencyLimit(
                            limit.getConcurrency().getKey(),
                            bounded(limit.getConcurrency().getMaxConcurrency())));
                case FLOATING_CONCURRENCY -> builder.limit(floating(limit.getFloatingConcurrency()));
                case RATE_LIMIT -> builder.limit(rate(limit.getRateLimit()));
                case LIMIT_NOT_SET -> {
                    // One of a kind that is not known here yet, or of none: left out, as it always was.
                }
            }
        }
    }

    /** The largest int for what is larger: no bound lets either pass. */
    static int bounded(int unsigned) {
        return unsigned < 0 ? Integer.MAX_VALUE : unsigned;
    }

    static Payload payload(SerializedBytes bytes) {
        return Payload.msgpack(bytes.getMsgpack().toByteArray());
    }

    private static RetryPolicy retry(io.silo.grpc.v1.RetryPolicy policy) {
        return new RetryPolicy(
                bounded(policy.getRetryCount()),
                Duration.ofMillis(policy.getInitialIntervalMs()),
                Duration.ofMillis(policy.getMaxIntervalMs()),
                policy.getBackoffFactor(),
                policy.getRandomizeInterval());
    }

    private static FloatingLimit floating(FloatingConcurrencyLimit limit) {
        return new FloatingLimit(
                limit.getKey(),
                bounded(limit.getDefaultMaxConcurrency()),
                Duration.ofMillis(limit.getRefreshIntervalMs()),
                limit.getMetadataMap());
    }

    private static RateLimit rate(GubernatorRateLimit limit) {
        final int behavior = limit.getBehavior();
        final boolean isCalendar = has(behavior, GubernatorBehavior.GUBERNATOR_BEHAVIOR_DURATION_IS_GREGORIAN);
        final RateLimitRetryPolicy retry = limit.getRetryPolicy();
        final boolean hasRetry = limit.hasRetryPolicy();
        return new RateLimit(
                limit.getName(),
                limit.getUniqueKey(),
                limit.getLimit(),
                isCalendar ? Duration.ZERO : Duration.ofMillis(limit.getDurationMs()),
                isCalendar ? calendar(limit.getDurationMs()) : null,
                limit.getHits(),
                limit.getAlgorithm() == GubernatorAlgorithm.GUBERNATOR_ALGORITHM_LEAKY_BUCKET,
                0,
                has(behavior, GubernatorBehavior.GUBERNATOR_BEHAVIOR_RESET_REMAINING),
                has(behavior, GubernatorBehavior.GUBERNATOR_BEHAVIOR_DRAIN_OVER_LIMIT),
                hasRetry ? bounded(retry.getMaxRetries()) : 0,
                hasRetry ? Duration.ofMillis(retry.getInitialBackoffMs()) : RATE_INITIAL_BACKOFF,
                hasRetry ? Duration.ofMillis(retry.getMaxBackoffMs()) : RATE_MAX_BACKOFF,
                hasRetry ? retry.getBackoffMultiplier() : RATE_BACKOFF);
    }

    private static boolean has(int behavior, GubernatorBehavior flag) {
        return (behavior & flag.getNumber()) != 0;
    }

    private static ChronoUnit calendar(long number) {
        if (number < 0 || number >= CALENDAR.size()) {
            throw Refusals.invalid("A calendar rate limit has a duration_ms of 0 (minutes) to 5 (years).");
        }
        return CALENDAR.get((int) number);
    }

    // ---- what clients are told

    static GetJobResponse job(Job job) {
        final GetJobResponse.Builder builder = GetJobResponse.newBuilder()
                .setId(job.id())
                .setPriority(job.priority())
                .setEnqueueTimeMs(job.enqueuedAt().toEpochMilli())
                .setPayload(bytes(job.payload()))
                .putAllMetadata(job.metadata())
                .setStatus(status(job.status()))
                .setStatusChangedAtMs(job.changedAt().toEpochMilli())
                .setTaskGroup(job.taskGroup());
        if (!job.retryPolicy().equals(RetryPolicy.NONE)) {
            builder.setRetryPolicy(retry(job.retryPolicy()));
        }
        job.limits().forEach(limit -> builder.addLimits(limit(limit)));
        if (job.nextStartAt() != null) {
            builder.setNextAttemptStartsAfterMs(job.nextStartAt().toEpochMilli());
        }
        if (job.status() == io.silo.client.JobStatus.SUCCEEDED && job.result() != null) {
            builder.setResult(bytes(job.result()));
        }
        job.attempts().forEach(attempt -> builder.addAttempts(attempt(job, attempt)));
        return builder.build();
    }

    private static JobAttempt attempt(Job job, Attempt attempt) {
        final JobAttempt.Builder builder = JobAttempt.newBuilder()
                .setJobId(job.id())
                .setTaskId(TaskIds.text(job, attempt))
                .setAttemptNumber(attempt.number())
                .setStartedAtMs(attempt.startedAt().toEpochMilli())
                .setStatus(
                        switch (attempt.status()) {
                            case RUNNING -> AttemptStatus.ATTEMPT_STATUS_RUNNING;
                            case SUCCEEDED -> AttemptStatus.ATTEMPT_STATUS_SUCCEEDED;
                            case FAILED -> AttemptStatus.ATTEMPT_STATUS_FAILED;
                            case CANCELLED -> AttemptStatus.ATTEMPT_STATUS_CANCELLED;
                        });
        if (attempt.finishedAt() != null) {
            builder.setFinishedAtMs(attempt.finishedAt().toEpochMilli());
        }
        if (attempt.status() == io.silo.client.AttemptStatus.SUCCEEDED) {
            builder.setResult(bytes(attempt.result()));
        }
        if (attempt.errorCode() != null) {
            builder.setErrorCode(attempt.errorCode()).setErrorData(bytes(attempt.result()));
        }
        return builder.build();
    }

    static GetJobResultResponse result(String id, JobResult result) {
        final long finishedAtMs = result.finishedAt().toEpochMilli();
        final GetJobResultResponse.Builder builder = GetJobResultResponse.newBuilder()
                .setId(id)
                .setStatus(status(result.status()))
                .setFinishedAtMs(finishedAtMs);
        switch (result.status()) {
            case SUCCEEDED -> builder.setSuccessData(bytes(result.result()));
            case FAILED ->
                builder.setFailure(JobFailure.newBuilder()
                        .setErrorCode(result.errorCode() == null ? "" : result.errorCode())
                        .setErrorData(bytes(result.result())));
            default -> builder.setCancelled(JobCancelled.newBuilder().setCancelledAtMs(finishedAtMs));
        }
        return builder.build();
    }

    static SerializedBytes bytes(Payload payload) {
        return SerializedBytes.newBuilder().setMsgpack(MessagePack.of(payload)).build();
    }

    static JobStatus status(io.silo.client.JobStatus status) {
        return switch (status) {
            case SCHEDULED -> JobStatus.JOB_STATUS_SCHEDULED;
            case RUNNING -> JobStatus.JOB_STATUS_RUNNING;
            case SUCCEEDED -> JobStatus.JOB_STATUS_SUCCEEDED;
            case FAILED -> JobStatus.JOB_STATUS_FAILED;
            case CANCELLED -> JobStatus.JOB_STATUS_CANCELLED;
        };
    }

    private static io.silo.grpc.v1.RetryPolicy retry(RetryPolicy policy) {
        return io.silo.grpc.v1.RetryPolicy.newBuilder()
                .setRetryCount(policy.retries())
                .setInitialIntervalMs(policy.initialInterval().toMillis())
                .setMaxIntervalMs(policy.maxInterval().toMillis())
                .setRandomizeInterval(policy.jitter())
                .setBackoffFactor(policy.backoff())
                .build();
    }

    static io.silo.grpc.v1.Limit limit(Limit limit) {
        final io.silo.grpc.v1.Limit.Builder builder = io.silo.grpc.v1.Limit.newBuilder();
        if (limit instanceof ConcurrencyLimit fixed) {
            builder.setConcurrency(io.silo.grpc.v1.ConcurrencyLimit.newBuilder()
                    .setKey(fixed.key())
                    .setMaxConcurrency(fixed.max()));
        } else if (limit instanceof FloatingLimit floating) {
            builder.setFloatingConcurrency(FloatingConcurrencyLimit.newBuilder()
                    .setKey(floating.key())
                    .setDefaultMaxConcurrency(floating.defaultMax())
                    .setRefreshIntervalMs(floating.refreshInterval().toMillis())
                    .putAllMetadata(floating.metadata()));
        } else if (limit instanceof RateLimit rate) {
            builder.setRateLimit(rate(rate));
        }
        return builder.build();
    }

    private static GubernatorRateLimit rate(RateLimit rate) {
        int behavior = 0;
        behavior |=
                rate.calendar() == null ? 0 : GubernatorBehavior.GUBERNATOR_BEHAVIOR_DURATION_IS_GREGORIAN.getNumber();
        behavior |= rate.reset() ? GubernatorBehavior.GUBERNATOR_BEHAVIOR_RESET_REMAINING.getNumber() : 0;
        behavior |= rate.drain() ? GubernatorBehavior.GUBERNATOR_BEHAVIOR_DRAIN_OVER_LIMIT.getNumber() : 0;
        return GubernatorRateLimit.newBuilder()
                .setName(rate.name())
                .setUniqueKey(rate.key())
                .setLimit(rate.limit())
                .setDurationMs(rate.calendar() == null ? rate.duration().toMillis() : CALENDAR.indexOf(rate.calendar()))
                .setHits((int) Math.min(rate.hits(), Integer.MAX_VALUE))
                .setAlgorithm(
                        rate.leaky()
                                ? GubernatorAlgorithm.GUBERNATOR_ALGORITHM_LEAKY_BUCKET
                                : GubernatorAlgorithm.GUBERNATOR_ALGORITHM_TOKEN_BUCKET)
                .setBehavior(behavior)
                .setRetryPolicy(RateLimitRetryPolicy.newBuilder()
                        .setInitialBackoffMs(rate.initialBackoff().toMillis())
                        .setMaxBackoffMs(rate.maxBackoff().toMillis())
                        .setBackoffMultiplier(rate.backoff())
                        .setMaxRetries(rate.maxRetries()))
                .build();
    }
}
