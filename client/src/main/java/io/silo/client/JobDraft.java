package io.silo.client;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobResultReplyDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A job as one reply holds it: payload and result may be cut, and are not checked yet.
 *
 * @param payload what the reply held, and what it is cut from.
 * @param result as {@code payload}.
 */
record JobDraft(Job job, Content payload, Content result) {
    /** {@code outcome} of an attempt that runs. */
    private static final int OUTCOME_RUNNING = 255;

    /**
     * Bytes that may be cut.
     *
     * @param crc CRC32C of all of them.
     */
    record Content(
            String tenant,
            String jobId,
            long jobKey,
            boolean isResult,
            byte[] begun,
            int totalBytes,
            long crc,
            int encoding) {
        boolean isWhole() {
            return begun.length >= totalBytes;
        }

        Payload checked(byte[] all) {
            Crc.check(all, crc, (isResult ? "result of job " : "payload of job ") + jobId);
            return new Payload(all, Encoding.ofCode(encoding));
        }
    }

    /** An outcome as one reply holds it. */
    record ResultDraft(
            JobStatus status,
            int attempt,
            long finishedAtMs,
            @Nullable String errorCode,
            long jobKey,
            byte[] begun,
            int totalBytes,
            long crc,
            int encoding) {
        static ResultDraft of(JobResultReplyDecoder reply) {
            final long jobKey = reply.jobKey();
            final String errorCode = reply.errorCode();
            final byte[] begun = new byte[reply.resultLength()];
            reply.getResult(begun, 0, begun.length);
            return new ResultDraft(
                    jobStatus(reply.statusRaw()),
                    (int) reply.attempt(),
                    reply.finishedAtMs(),
                    emptyToNull(errorCode),
                    jobKey,
                    begun,
                    (int) reply.resultBytes(),
                    reply.resultCrc(),
                    reply.resultEncodingRaw());
        }

        Content content(String tenant, String jobId) {
            return new Content(tenant, jobId, jobKey, true, begun, totalBytes, crc, encoding);
        }

        JobResult with(Payload result) {
            return new JobResult(status, attempt, Instant.ofEpochMilli(finishedAtMs), errorCode, result);
        }
    }

    static JobDraft of(JobReplyDecoder reply) {
        final List<Limit> limits = limits(reply);
        final Map<String, String> metadata = new LinkedHashMap<>();
        for (final JobReplyDecoder.MetadataDecoder entry : reply.metadata()) {
            final String key = entry.key();
            metadata.put(key, entry.value());
        }
        final List<Attempt> attempts = attempts(reply);
        final String tenant = reply.tenant();
        final long tenantHash = ShardMap.hash(tenant);
        attempts.replaceAll(attempt -> attempt.at(tenantHash));
        final String taskGroup = reply.taskGroup();
        final String jobId = reply.jobId();
        final String uniqueKey = reply.uniqueKey();
        final String errorCode = reply.errorCode();
        final byte[] payload = new byte[reply.payloadLength()];
        reply.getPayload(payload, 0, payload.length);
        final byte[] result = new byte[reply.resultLength()];
        reply.getResult(result, 0, result.length);
        final Job job = new Job(
                tenant,
                jobId,
                taskGroup,
                jobStatus(reply.statusRaw()),
                reply.priority(),
                Instant.ofEpochMilli(reply.enqueuedAtMs()),
                Instant.ofEpochMilli(reply.startAtMs()),
                Instant.ofEpochMilli(reply.changedAtMs()),
                instant(reply.nextStartMs()),
                instant(reply.startDeadlineMs()),
                instant(reply.cancelledAtMs()),
                (int) reply.attempt(),
                (int) reply.relativeAttempt(),
                duration(reply.leaseMs()),
                duration(reply.maxRunMs()),
                new RetryPolicy(
                        (int) reply.retryCount(),
                        Duration.ofMillis(reply.retryInitialIntervalMs()),
                        Duration.ofMillis(reply.retryMaxIntervalMs()),
                        reply.retryBackoffPermille() / 1_000.0,
                        reply.retryJitter() == 1),
                Map.copyOf(metadata),
                limits,
                emptyToNull(uniqueKey),
                Payload.EMPTY,
                emptyToNull(errorCode),
                null,
                List.copyOf(attempts));
        final long jobKey = reply.jobKey();
        return new JobDraft(
                job,
                new Content(
                        tenant,
                        jobId,
                        jobKey,
                        false,
                        payload,
                        (int) reply.payloadBytes(),
                        reply.payloadCrc(),
                        reply.payloadEncodingRaw()),
                new Content(
                        tenant,
                        jobId,
                        jobKey,
                        true,
                        result,
                        (int) reply.resultBytes(),
                        reply.resultCrc(),
                        reply.resultEncodingRaw()));
    }

    private static List<Limit> limits(JobReplyDecoder reply) {
        final List<Limit> limits = new ArrayList<>();
        for (final JobReplyDecoder.LimitsDecoder limit : reply.limits()) {
            final String key = limit.key();
            limits.add(LimitCodec.decode(key, limit.maxConcurrency(), limit.detailsLength(), limit::getDetails));
        }
        return List.copyOf(limits);
    }

    /** The tenant, which says where leases are, comes behind them. */
    private static List<Attempt> attempts(JobReplyDecoder reply) {
        final List<Attempt> attempts = new ArrayList<>();
        for (final JobReplyDecoder.AttemptsDecoder attempt : reply.attempts()) {
            final String workerId = attempt.workerId();
            final String errorCode = attempt.errorCode();
            final byte[] result = new byte[attempt.resultLength()];
            attempt.getResult(result, 0, result.length);
            final boolean running = attempt.outcome() == OUTCOME_RUNNING;
            attempts.add(new Attempt(
                    (int) attempt.attempt(),
                    running ? AttemptStatus.RUNNING : attemptStatus(attempt.outcome()),
                    attempt.token() == LeaseToken.NULL_TOKEN
                            ? null
                            : new LeaseId(0, reply.jobKey(), attempt.tokenEpoch(), attempt.token()),
                    workerId,
                    Instant.ofEpochMilli(attempt.startedAtMs()),
                    running ? null : Instant.ofEpochMilli(attempt.finishedAtMs()),
                    emptyToNull(errorCode),
                    new Payload(result, Encoding.ofCode(attempt.resultEncodingRaw()))));
        }
        return attempts;
    }

    /** The job with payload and result, both whole and checked. */
    Job with(Payload wholePayload, Payload wholeResult) {
        final boolean hasResult =
                result.totalBytes() > 0 || job.status() == JobStatus.SUCCEEDED || job.status() == JobStatus.FAILED;
        return new Job(
                job.tenant(),
                job.id(),
                job.taskGroup(),
                job.status(),
                job.priority(),
                job.enqueuedAt(),
                job.startAt(),
                job.changedAt(),
                job.nextStartAt(),
                job.startDeadline(),
                job.cancelledAt(),
                job.attempt(),
                job.relativeAttempt(),
                job.leaseDuration(),
                job.maxRun(),
                job.retryPolicy(),
                job.metadata(),
                job.limits(),
                job.uniqueKey(),
                wholePayload,
                job.errorCode(),
                hasResult ? wholeResult : null,
                attemptsWith(wholeResult));
    }

    /** The attempts, the last of them with the job's result, which a reply has more room for than for an attempt's. */
    private List<Attempt> attemptsWith(Payload wholeResult) {
        final List<Attempt> attempts = job.attempts();
        final Attempt last = attempts.isEmpty() ? null : attempts.get(attempts.size() - 1);
        if (last == null || !job.status().isTerminal() || last.result().size() > 0 || wholeResult.size() == 0) {
            return attempts;
        }
        final List<Attempt> completed = new ArrayList<>(attempts.subList(0, attempts.size() - 1));
        completed.add(new Attempt(
                last.number(),
                last.status(),
                last.lease(),
                last.workerId(),
                last.startedAt(),
                last.finishedAt(),
                last.errorCode(),
                wholeResult));
        return List.copyOf(completed);
    }

    static @Nullable Instant instant(long ms) {
        return ms == 0 ? null : Instant.ofEpochMilli(ms);
    }

    static @Nullable Duration duration(long ms) {
        return ms == 0 ? null : Duration.ofMillis(ms);
    }

    /** Number of a status on the wire. */
    static int wire(JobStatus status) {
        return switch (status) {
            case SCHEDULED -> 0;
            case RUNNING -> 1;
            case SUCCEEDED -> 2;
            case FAILED -> 3;
            case CANCELLED -> 4;
        };
    }

    static JobStatus jobStatus(int code) {
        return switch (code) {
            case 0 -> JobStatus.SCHEDULED;
            case 1 -> JobStatus.RUNNING;
            case 2 -> JobStatus.SUCCEEDED;
            case 3 -> JobStatus.FAILED;
            case 4 -> JobStatus.CANCELLED;
            default -> throw new IllegalStateException("Expected a job status of 0 to 4, but it is " + code + ".");
        };
    }

    private static AttemptStatus attemptStatus(int outcome) {
        return switch (outcome) {
            case 0 -> AttemptStatus.SUCCEEDED;
            case 1 -> AttemptStatus.FAILED;
            default -> AttemptStatus.CANCELLED;
        };
    }

    static @Nullable String emptyToNull(String text) {
        return text.isEmpty() ? null : text;
    }
}
