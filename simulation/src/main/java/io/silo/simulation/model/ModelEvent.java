package io.silo.simulation.model;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.BulkFinishedDecoder;
import io.silo.protocol.event.BulkProgressedDecoder;
import io.silo.protocol.event.BulkStartedDecoder;
import io.silo.protocol.event.CancelRequestedDecoder;
import io.silo.protocol.event.CarriedThroughDecoder;
import io.silo.protocol.event.DigestRecordedDecoder;
import io.silo.protocol.event.FloatingLimitSetDecoder;
import io.silo.protocol.event.JobCancelledDecoder;
import io.silo.protocol.event.JobDeletedDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobExpeditedDecoder;
import io.silo.protocol.event.JobImageDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.JobRestartedDecoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.LimitSetDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.Outcome;
import io.silo.protocol.event.PauseSetDecoder;
import io.silo.protocol.event.PayloadChunkDecoder;
import io.silo.protocol.event.RateBucketDroppedDecoder;
import io.silo.protocol.event.RateBucketSetDecoder;
import io.silo.protocol.event.RequestRememberedDecoder;
import io.silo.protocol.event.ReturnReason;
import io.silo.protocol.event.ScheduleDeletedDecoder;
import io.silo.protocol.event.ScheduleFiredDecoder;
import io.silo.protocol.event.SchedulePausedDecoder;
import io.silo.protocol.event.ScheduleSetDecoder;
import io.silo.protocol.event.ShardOpenedDecoder;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.protocol.event.TenantSetDecoder;
import io.silo.shard.state.JobState;
import io.silo.simulation.model.ShardTap.LoggedEvent;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** An event of the log, decoded. */
sealed interface ModelEvent {
    /** Where it lies. */
    record Place(long epoch, long position, long timeMs, int index) {
        long token() {
            return LeaseToken.of(position, index);
        }
    }

    Place place();

    record Opened(Place place, long epoch) implements ModelEvent {}

    record Digest(Place place, long jobCount) implements ModelEvent {}

    record CarriedThrough(Place place, long firstPosition, long nextArrival, long lastTimeMs) implements ModelEvent {}

    record Chunk(Place place, long uploadId, long previousPosition, long totalBytes, long chunkOffset, String bytes)
            implements ModelEvent {}

    record Enqueued(Place place, JobDefinition definition) implements ModelEvent {}

    record Leased(
            Place place,
            long jobKey,
            long previousPosition,
            RequestId requestId,
            long attempt,
            long leaseMs,
            int heldLimits,
            String worker,
            List<BucketSet> hits)
            implements ModelEvent {
        Leased with(BucketSet hit) {
            final List<BucketSet> all = new ArrayList<>(hits);
            all.add(hit);
            return new Leased(
                    place, jobKey, previousPosition, requestId, attempt, leaseMs, heldLimits, worker, List.copyOf(all));
        }
    }

    /** Whose bucket. */
    record BucketId(String tenant, String name, String key) {}

    /** What is in a bucket. */
    record Bucket(
            long remainingMicros,
            long startMs,
            long hitsMax,
            long durationMs,
            long burst,
            int algorithm,
            int calendar) {}

    record BucketSet(Place place, BucketId id, Bucket bucket) implements ModelEvent {}

    record BucketDropped(Place place, BucketId id) implements ModelEvent {}

    /** The events of a record; what a start took of buckets belongs to its event. */
    static List<ModelEvent> decode(List<LoggedEvent> record) {
        final List<ModelEvent> events = new ArrayList<>();
        for (LoggedEvent logged : record) {
            final ModelEvent event = decode(logged);
            final int last = events.size() - 1;
            if (event instanceof BucketSet hit && last >= 0 && events.get(last) instanceof Leased leased) {
                events.set(last, leased.with(hit));
            } else {
                events.add(event);
            }
        }
        return events;
    }

    /** @param nextStartMs of a snoozed task; -1 where its start stays. */
    record Returned(
            Place place, long jobKey, long previousPosition, long nextStartMs, long attempt, ReturnReason reason)
            implements ModelEvent {}

    /**
     * Any of AttemptSucceeded, AttemptFailed, AttemptCancelled.
     *
     * @param nextStartMs -1 where none follows.
     * @param status of the job, from here on.
     */
    record Ended(
            Place place,
            long jobKey,
            long previousPosition,
            Outcome outcome,
            long attempt,
            long startedAtMs,
            long nextStartMs,
            long chunkPosition,
            long chunkFirstPosition,
            long resultBytes,
            long resultCrc,
            int resultEncoding,
            LeaseEnd leaseEnd,
            JobState status,
            String errorCode,
            String result)
            implements ModelEvent {}

    record Cancelled(Place place, long jobKey, long previousPosition) implements ModelEvent {}

    record CancelRequested(Place place, long jobKey, long previousPosition) implements ModelEvent {}

    record Restarted(Place place, long jobKey, long previousPosition, long startMs, long attempt)
            implements ModelEvent {}

    record Expedited(Place place, long jobKey, long previousPosition, long startMs) implements ModelEvent {}

    record Deleted(Place place, long jobKey, long previousPosition, RequestId requestId, long jobIdHash)
            implements ModelEvent {}

    /** An attempt that ended before it began. */
    record Refused(Place place, long jobKey, long previousPosition, long nextStartMs, long attempt, String errorCode)
            implements ModelEvent {}

    /**
     * A job with its history, or what is added to one.
     *
     * @param previousPosition -1 = the job is new.
     * @param nextStartMs -1 = it has ended.
     * @param attempts that are new.
     * @param chunkPositions last chunks of their results; -1 = inline.
     */
    record Imported(
            Place place,
            long jobKey,
            long previousPosition,
            long nextStartMs,
            long chunkFirstPosition,
            long attempt,
            long relativeAttempt,
            JobState status,
            List<ModelAttempt> attempts,
            List<Long> chunkPositions,
            List<String> results,
            JobDefinition definition)
            implements ModelEvent {}

    /** Image of the memory of a request whose job is gone. */
    record Remembered(Place place, RequestId requestId, long jobKey, long jobIdHash, long removedAtMs)
            implements ModelEvent {}

    /** A schedule as it is from here on; its positions are those of the event. */
    record ScheduleSet(Place place, ModelSchedule schedule) implements ModelEvent {}

    /** @param jobKey -1 = it brought none. */
    record ScheduleFired(Place place, long scheduleKey, long nominalMs, long nextFireMs, long jobKey)
            implements ModelEvent {}

    record SchedulePaused(Place place, long scheduleKey, long nextFireMs, boolean paused) implements ModelEvent {}

    record ScheduleDeleted(Place place, long scheduleKey) implements ModelEvent {}

    record TenantSet(Place place, ModelTenants.Settings settings, String tenant) implements ModelEvent {}

    record PauseSet(Place place, int kind, boolean paused, String name) implements ModelEvent {}

    /** @param max null = each job's own counts again. */
    record LimitSet(
            Place place,
            String tenant,
            String key,
            @Nullable Long max) implements ModelEvent {}

    /** @param finding null = nothing is known any more. */
    record FloatingLimitSet(Place place, String tenant, String key, ModelFloating.@Nullable Finding finding)
            implements ModelEvent {}

    /** @param heldLimits that the lease still holds. */
    record SlotsDropped(Place place, long jobKey, long previousPosition, int heldLimits) implements ModelEvent {}

    /** A bulk change as it is from here on; its positions are those of the event. */
    record BulkStarted(Place place, ModelBulk bulk) implements ModelEvent {}

    /** @param changed by this record. */
    record BulkProgressed(Place place, long bulkKey, long changed) implements ModelEvent {}

    /** @param changed altogether. */
    record BulkFinished(Place place, long bulkKey, long changed, long skipped) implements ModelEvent {}

    /** The job as its image has it. */
    record Image(Place place, ModelJob job) implements ModelEvent {}

    static ModelEvent decode(LoggedEvent logged) {
        final Place place = new Place(logged.epoch(), logged.position(), logged.timeMs(), logged.index());
        final DirectBuffer b = logged.bytes();
        final MessageHeaderDecoder h = new MessageHeaderDecoder().wrap(b, 0);
        return switch (h.templateId()) {
            case ShardOpenedDecoder.TEMPLATE_ID ->
                new Opened(
                        place,
                        new ShardOpenedDecoder().wrapAndApplyHeader(b, 0, h).shardEpoch());
            case DigestRecordedDecoder.TEMPLATE_ID ->
                new Digest(
                        place,
                        new DigestRecordedDecoder().wrapAndApplyHeader(b, 0, h).jobCount());
            case CarriedThroughDecoder.TEMPLATE_ID -> {
                final CarriedThroughDecoder d = new CarriedThroughDecoder().wrapAndApplyHeader(b, 0, h);
                yield new CarriedThrough(place, d.firstPosition(), d.nextArrival(), d.lastTimeMs());
            }
            case PayloadChunkDecoder.TEMPLATE_ID -> {
                final PayloadChunkDecoder d = new PayloadChunkDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Chunk(
                        place,
                        d.uploadId(),
                        d.previousPosition(),
                        d.totalBytes(),
                        d.chunkOffset(),
                        Text.of(d.chunkLength(), d::getChunk));
            }
            case JobEnqueuedDecoder.TEMPLATE_ID -> new Enqueued(place, JobDefinition.decode(b, 0));
            case TaskLeasedDecoder.TEMPLATE_ID -> {
                final TaskLeasedDecoder d = new TaskLeasedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Leased(
                        place,
                        d.jobKey(),
                        d.previousPosition(),
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        d.attempt(),
                        d.leaseMs(),
                        d.heldLimits(),
                        Text.of(d.workerIdLength(), d::getWorkerId),
                        List.of());
            }
            case LeaseReturnedDecoder.TEMPLATE_ID -> {
                final LeaseReturnedDecoder d = new LeaseReturnedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Returned(place, d.jobKey(), d.previousPosition(), d.nextStartMs(), d.attempt(), d.reason());
            }
            case AttemptSucceededDecoder.TEMPLATE_ID -> succeeded(place, b, h);
            case AttemptFailedDecoder.TEMPLATE_ID -> failed(place, b, h);
            case AttemptCancelledDecoder.TEMPLATE_ID -> cancelled(place, b, h);
            case JobImageDecoder.TEMPLATE_ID -> image(place, b, h);
            case JobImportedDecoder.TEMPLATE_ID -> imported(place, b, h);
            default -> change(place, b, h);
        };
    }

    /** What operators do to a job, and what follows from it. */
    private static ModelEvent change(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case JobCancelledDecoder.TEMPLATE_ID -> {
                final JobCancelledDecoder d = new JobCancelledDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Cancelled(place, d.jobKey(), d.previousPosition());
            }
            case CancelRequestedDecoder.TEMPLATE_ID -> {
                final CancelRequestedDecoder d = new CancelRequestedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new CancelRequested(place, d.jobKey(), d.previousPosition());
            }
            case JobRestartedDecoder.TEMPLATE_ID -> {
                final JobRestartedDecoder d = new JobRestartedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Restarted(place, d.jobKey(), d.previousPosition(), d.startMs(), d.attempt());
            }
            case JobExpeditedDecoder.TEMPLATE_ID -> {
                final JobExpeditedDecoder d = new JobExpeditedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Expedited(place, d.jobKey(), d.previousPosition(), d.startMs());
            }
            case JobDeletedDecoder.TEMPLATE_ID -> {
                final JobDeletedDecoder d = new JobDeletedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Deleted(
                        place,
                        d.jobKey(),
                        d.previousPosition(),
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        d.jobIdHash());
            }
            case AttemptRefusedDecoder.TEMPLATE_ID -> {
                final AttemptRefusedDecoder d = new AttemptRefusedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Refused(
                        place,
                        d.jobKey(),
                        d.previousPosition(),
                        d.nextStartMs(),
                        d.attempt(),
                        Text.of(d.errorCodeLength(), d::getErrorCode));
            }
            case RequestRememberedDecoder.TEMPLATE_ID -> {
                final RequestRememberedDecoder d = new RequestRememberedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new Remembered(
                        place,
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        d.jobKey(),
                        d.jobIdHash(),
                        d.removedAtMs());
            }
            default -> ofBucket(place, b, h);
        };
    }

    private static ModelEvent ofBucket(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case RateBucketSetDecoder.TEMPLATE_ID -> {
                final RateBucketSetDecoder d = new RateBucketSetDecoder().wrapAndApplyHeader(b, 0, h);
                final Bucket bucket = new Bucket(
                        d.remainingMicros(),
                        d.startMs(),
                        d.hitsMax(),
                        d.durationMs(),
                        d.burst(),
                        d.algorithm(),
                        d.calendar());
                yield new BucketSet(
                        place,
                        new BucketId(
                                Text.of(d.tenantLength(), d::getTenant),
                                Text.of(d.nameLength(), d::getName),
                                Text.of(d.keyLength(), d::getKey)),
                        bucket);
            }
            case RateBucketDroppedDecoder.TEMPLATE_ID -> {
                final RateBucketDroppedDecoder d = new RateBucketDroppedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new BucketDropped(
                        place,
                        new BucketId(
                                Text.of(d.tenantLength(), d::getTenant),
                                Text.of(d.nameLength(), d::getName),
                                Text.of(d.keyLength(), d::getKey)));
            }
            default -> ofSchedule(place, b, h);
        };
    }

    private static ModelEvent ofSchedule(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case ScheduleSetDecoder.TEMPLATE_ID -> {
                final ScheduleSetDecoder d = new ScheduleSetDecoder().wrapAndApplyHeader(b, 0, h);
                final String cron = Text.of(d.cronLength(), d::getCron);
                final String zone = Text.of(d.zoneLength(), d::getZone);
                final byte[] template = new byte[d.jobTemplateLength()];
                d.getJobTemplate(template, 0, template.length);
                yield new ScheduleSet(
                        place,
                        new ModelSchedule(
                                d.scheduleKey(),
                                d.intervalMs(),
                                d.firstAtMs(),
                                d.startWithinMs(),
                                d.catchUpRaw(),
                                cron,
                                zone,
                                JobDefinition.decode(new UnsafeBuffer(template), 0),
                                d.nextFireMs(),
                                d.lastFireMs(),
                                d.paused() != 0,
                                place.position(),
                                place.position()));
            }
            case ScheduleFiredDecoder.TEMPLATE_ID -> {
                final ScheduleFiredDecoder d = new ScheduleFiredDecoder().wrapAndApplyHeader(b, 0, h);
                yield new ScheduleFired(place, d.scheduleKey(), d.nominalMs(), d.nextFireMs(), d.jobKey());
            }
            case SchedulePausedDecoder.TEMPLATE_ID -> {
                final SchedulePausedDecoder d = new SchedulePausedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new SchedulePaused(place, d.scheduleKey(), d.nextFireMs(), d.paused() != 0);
            }
            case PauseSetDecoder.TEMPLATE_ID -> {
                final PauseSetDecoder d = new PauseSetDecoder().wrapAndApplyHeader(b, 0, h);
                yield new PauseSet(place, d.kindRaw(), d.paused() != 0, Text.of(d.nameLength(), d::getName));
            }
            case TenantSetDecoder.TEMPLATE_ID -> {
                final TenantSetDecoder d = new TenantSetDecoder().wrapAndApplyHeader(b, 0, h);
                yield new TenantSet(
                        place,
                        new ModelTenants.Settings(
                                d.weight(), d.runningMax(), d.queuedMax(), d.bytesMax(), d.enqueuesPerSecond()),
                        Text.of(d.tenantLength(), d::getTenant));
            }
            case ScheduleDeletedDecoder.TEMPLATE_ID ->
                new ScheduleDeleted(
                        place,
                        new ScheduleDeletedDecoder().wrapAndApplyHeader(b, 0, h).scheduleKey());
            default -> ofBulk(place, b, h);
        };
    }

    private static ModelEvent ofBulk(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case LimitSetDecoder.TEMPLATE_ID -> {
                final LimitSetDecoder d = new LimitSetDecoder().wrapAndApplyHeader(b, 0, h);
                final Long max = d.isSet() != 0 ? (Long) d.maxConcurrency() : null;
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                yield new LimitSet(place, tenant, Text.of(d.keyLength(), d::getKey), max);
            }
            case FloatingLimitSetDecoder.TEMPLATE_ID -> {
                final FloatingLimitSetDecoder d = new FloatingLimitSetDecoder().wrapAndApplyHeader(b, 0, h);
                final boolean isSet = d.isSet() != 0;
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                final String key = Text.of(d.keyLength(), d::getKey);
                final ModelFloating.Finding finding = new ModelFloating.Finding(
                        d.maxConcurrency(),
                        d.refreshIntervalMs(),
                        d.refreshedAtMs(),
                        d.retryAtMs(),
                        d.failures(),
                        Text.of(d.errorCodeLength(), d::getErrorCode));
                yield new FloatingLimitSet(place, tenant, key, isSet ? finding : null);
            }
            case SlotsDroppedDecoder.TEMPLATE_ID -> {
                final SlotsDroppedDecoder d = new SlotsDroppedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new SlotsDropped(place, d.jobKey(), d.previousPosition(), d.heldLimits());
            }
            case BulkStartedDecoder.TEMPLATE_ID -> bulkStarted(place, b, h);
            case BulkProgressedDecoder.TEMPLATE_ID -> {
                final BulkProgressedDecoder d = new BulkProgressedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new BulkProgressed(place, d.bulkKey(), d.changed());
            }
            case BulkFinishedDecoder.TEMPLATE_ID -> {
                final BulkFinishedDecoder d = new BulkFinishedDecoder().wrapAndApplyHeader(b, 0, h);
                yield new BulkFinished(place, d.bulkKey(), d.changed(), d.skipped());
            }
            default -> throw new AssertionError("the log holds an event of unknown template " + h.templateId());
        };
    }

    private static BulkStarted bulkStarted(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final BulkStartedDecoder d = new BulkStartedDecoder().wrapAndApplyHeader(b, 0, h);
        final List<String> metadata = new ArrayList<>();
        for (BulkStartedDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        final String tenant = Text.of(d.tenantLength(), d::getTenant);
        final String taskGroup = Text.of(d.taskGroupLength(), d::getTaskGroup);
        return new BulkStarted(
                place,
                new ModelBulk(
                        d.bulkKey(),
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        d.startedAtMs(),
                        d.finishedAtMs(),
                        d.changed(),
                        d.skipped(),
                        ModelCommand.Verb.valueOf(d.verb().name()),
                        d.dryRun() != 0,
                        new ModelFilter(d.statuses(), d.minAgeMs(), tenant, taskGroup, metadata),
                        place.position(),
                        place.position()));
    }

    private static Imported imported(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final JobImportedDecoder d = new JobImportedDecoder().wrapAndApplyHeader(b, 0, h);
        final List<ModelAttempt> attempts = new ArrayList<>();
        final List<Long> chunks = new ArrayList<>();
        final List<String> results = new ArrayList<>();
        for (JobImportedDecoder.AttemptsDecoder a : d.attempts()) {
            final long[] numbers = {a.attempt(), a.startedAtMs(), a.finishedAtMs(), a.resultBytes(), a.resultCrc()};
            final int outcome = a.outcomeRaw();
            final int encoding = a.resultEncodingRaw();
            chunks.add(a.chunkPosition());
            final String error = Text.of(a.errorCodeLength(), a::getErrorCode);
            results.add(Text.of(a.resultLength(), a::getResult));
            attempts.add(new ModelAttempt(
                    numbers[0], numbers[1], numbers[2], outcome, encoding, numbers[3], numbers[4], 0, 0, "", error));
        }
        final byte[] definition = new byte[d.definitionLength()];
        d.getDefinition(definition, 0, definition.length);
        return new Imported(
                place,
                d.jobKey(),
                d.previousPosition(),
                d.nextStartMs(),
                d.chunkFirstPosition(),
                d.attempt(),
                d.relativeAttempt(),
                JobState.valueOf(d.status().name()),
                attempts,
                chunks,
                results,
                JobDefinition.decode(new UnsafeBuffer(definition), 0));
    }

    private static Ended succeeded(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final AttemptSucceededDecoder d = new AttemptSucceededDecoder().wrapAndApplyHeader(b, 0, h);
        return new Ended(
                place,
                d.jobKey(),
                d.previousPosition(),
                Outcome.SUCCEEDED,
                d.attempt(),
                d.startedAtMs(),
                -1,
                d.chunkPosition(),
                d.chunkFirstPosition(),
                d.resultBytes(),
                d.resultCrc(),
                d.resultEncodingRaw(),
                LeaseEnd.REPORTED,
                JobState.SUCCEEDED,
                "",
                Text.of(d.resultLength(), d::getResult));
    }

    private static Ended failed(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final AttemptFailedDecoder d = new AttemptFailedDecoder().wrapAndApplyHeader(b, 0, h);
        return new Ended(
                place,
                d.jobKey(),
                d.previousPosition(),
                Outcome.FAILED,
                d.attempt(),
                d.startedAtMs(),
                d.nextStartMs(),
                d.chunkPosition(),
                d.chunkFirstPosition(),
                d.resultBytes(),
                d.resultCrc(),
                d.resultEncodingRaw(),
                d.leaseEnd(),
                JobState.valueOf(d.status().name()),
                Text.of(d.errorCodeLength(), d::getErrorCode),
                Text.of(d.resultLength(), d::getResult));
    }

    private static Ended cancelled(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final AttemptCancelledDecoder d = new AttemptCancelledDecoder().wrapAndApplyHeader(b, 0, h);
        return new Ended(
                place,
                d.jobKey(),
                d.previousPosition(),
                Outcome.CANCELLED,
                d.attempt(),
                d.startedAtMs(),
                -1,
                -1,
                -1,
                0,
                0,
                0,
                d.leaseEnd(),
                JobState.CANCELLED,
                "",
                "");
    }

    private static Image image(Place place, DirectBuffer b, MessageHeaderDecoder h) {
        final JobImageDecoder d = new JobImageDecoder().wrapAndApplyHeader(b, 0, h);
        final List<ModelAttempt> attempts = new ArrayList<>();
        for (JobImageDecoder.AttemptsDecoder a : d.attempts()) {
            final long[] numbers = {
                a.attempt(),
                a.startedAtMs(),
                a.finishedAtMs(),
                a.resultBytes(),
                a.resultCrc(),
                a.leaseEpoch(),
                a.leaseToken()
            };
            final int outcome = a.outcomeRaw();
            final int encoding = a.resultEncodingRaw();
            final String worker = Text.of(a.workerIdLength(), a::getWorkerId);
            final String error = Text.of(a.errorCodeLength(), a::getErrorCode);
            a.skipResult();
            attempts.add(new ModelAttempt(
                    numbers[0],
                    numbers[1],
                    numbers[2],
                    outcome,
                    encoding,
                    numbers[3],
                    numbers[4],
                    numbers[5],
                    numbers[6],
                    worker,
                    error));
        }
        final String worker = Text.of(d.workerIdLength(), d::getWorkerId);
        final byte[] definition = new byte[d.definitionLength()];
        d.getDefinition(definition, 0, definition.length);
        final ModelJob job = new ModelJob(JobDefinition.decode(new UnsafeBuffer(definition), 0));
        Claim.equal(d.jobKey(), job.key(), "job key of an image's definition");
        job.state = JobState.valueOf(d.status().name());
        job.changedAtMs = d.changedAtMs();
        job.startMs = d.nextStartMs();
        job.attempt = d.attempt();
        job.relativeAttempt = d.relativeAttempt();
        job.tokenEpoch = d.leaseEpoch();
        job.token = d.leaseToken();
        job.reported = d.reported() != 0;
        job.cancelledPending = d.cancelledPending() != 0;
        job.crashes = d.crashes();
        job.ended.addAll(attempts);
        if (job.state == JobState.RUNNING) {
            job.lease = new ModelLease(
                    worker,
                    d.leaseStartedAtMs(),
                    d.leaseMs(),
                    new RequestId(d.leaseRequestIdHigh(), d.leaseRequestIdLow()));
            job.lease.cancelRequestedAtMs = d.cancelRequestedAtMs();
            job.lease.heldLimits = d.heldLimits();
        }
        job.firstChunkPosition = d.chunkFirstPosition();
        return new Image(place, job);
    }
}
