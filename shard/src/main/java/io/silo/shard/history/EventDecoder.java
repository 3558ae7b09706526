package io.silo.shard.history;

import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptRefusedDecoder;
import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.CancelRequestedDecoder;
import io.silo.protocol.event.JobCancelledDecoder;
import io.silo.protocol.event.JobDeletedDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobExpeditedDecoder;
import io.silo.protocol.event.JobImportedDecoder;
import io.silo.protocol.event.JobRestartedDecoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.ReturnReason;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.protocol.reply.EventKind;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.LeaseEndCause;
import io.silo.shard.event.EventAppliers;
import org.agrona.DirectBuffer;

/** Tells events of jobs as they are shown: what happened, without payloads and results. One thread per instance. */
final class EventDecoder {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder enqueued = new JobEnqueuedDecoder();
    private final JobImportedDecoder imported = new JobImportedDecoder();
    private final TaskLeasedDecoder leased = new TaskLeasedDecoder();
    private final LeaseReturnedDecoder returned = new LeaseReturnedDecoder();
    private final AttemptSucceededDecoder succeeded = new AttemptSucceededDecoder();
    private final AttemptFailedDecoder failed = new AttemptFailedDecoder();
    private final AttemptCancelledDecoder cancelled = new AttemptCancelledDecoder();
    private final AttemptRefusedDecoder refused = new AttemptRefusedDecoder();
    private final JobCancelledDecoder jobCancelled = new JobCancelledDecoder();
    private final CancelRequestedDecoder cancelRequested = new CancelRequestedDecoder();
    private final JobRestartedDecoder restarted = new JobRestartedDecoder();
    private final JobExpeditedDecoder expedited = new JobExpeditedDecoder();
    private final SlotsDroppedDecoder slotsDropped = new SlotsDroppedDecoder();
    private final JobDeletedDecoder deleted = new JobDeletedDecoder();
    private long position;
    private int index;
    private long timeMs;

    /** @param at where an event lies that is {@linkplain EventAppliers#isOfJob one of a job}. */
    JobEvent decode(long recordPosition, int eventIndex, long recordTimeMs, DirectBuffer buffer, int at) {
        position = recordPosition;
        index = eventIndex;
        timeMs = recordTimeMs;
        return switch (header.wrap(buffer, at).templateId()) {
            case JobEnqueuedDecoder.TEMPLATE_ID -> {
                enqueued.wrapAndApplyHeader(buffer, at, header);
                final JobEvent event = event(enqueued.jobKey(), EventKind.ENQUEUED, JobStatus.SCHEDULED, -1);
                event.nextStartMs = enqueued.startAtMs();
                yield event;
            }
            case JobImportedDecoder.TEMPLATE_ID -> imported(buffer, at);
            case TaskLeasedDecoder.TEMPLATE_ID -> leased(buffer, at);
            case LeaseReturnedDecoder.TEMPLATE_ID -> returned(buffer, at);
            case AttemptSucceededDecoder.TEMPLATE_ID -> {
                succeeded.wrapAndApplyHeader(buffer, at, header);
                final JobEvent event = event(
                        succeeded.jobKey(), EventKind.SUCCEEDED, JobStatus.SUCCEEDED, succeeded.previousPosition());
                event.attempt = (int) succeeded.attempt();
                event.startedAtMs = succeeded.startedAtMs();
                event.cause = LeaseEndCause.REPORTED;
                yield event;
            }
            case AttemptFailedDecoder.TEMPLATE_ID -> failed(buffer, at);
            case AttemptCancelledDecoder.TEMPLATE_ID -> {
                cancelled.wrapAndApplyHeader(buffer, at, header);
                final JobEvent event = event(
                        cancelled.jobKey(), EventKind.CANCELLED, JobStatus.CANCELLED, cancelled.previousPosition());
                event.attempt = (int) cancelled.attempt();
                event.startedAtMs = cancelled.startedAtMs();
                event.cause = cause(cancelled.leaseEnd());
                yield event;
            }
            case AttemptRefusedDecoder.TEMPLATE_ID -> refused(buffer, at);
            default -> change(buffer, at);
        };
    }

    /** What an operator or a client did to the job, with no attempt that ended. */
    private JobEvent change(DirectBuffer buffer, int at) {
        return switch (header.templateId()) {
            case JobCancelledDecoder.TEMPLATE_ID -> {
                jobCancelled.wrapAndApplyHeader(buffer, at, header);
                yield event(
                        jobCancelled.jobKey(),
                        EventKind.CANCELLED,
                        JobStatus.CANCELLED,
                        jobCancelled.previousPosition());
            }
            case CancelRequestedDecoder.TEMPLATE_ID -> {
                cancelRequested.wrapAndApplyHeader(buffer, at, header);
                yield event(
                        cancelRequested.jobKey(),
                        EventKind.CANCEL_REQUESTED,
                        JobStatus.RUNNING,
                        cancelRequested.previousPosition());
            }
            case JobRestartedDecoder.TEMPLATE_ID -> {
                restarted.wrapAndApplyHeader(buffer, at, header);
                final JobEvent event = event(
                        restarted.jobKey(), EventKind.RESTARTED, JobStatus.SCHEDULED, restarted.previousPosition());
                event.attempt = (int) restarted.attempt();
                event.nextStartMs = restarted.startMs();
                yield event;
            }
            case JobExpeditedDecoder.TEMPLATE_ID -> {
                expedited.wrapAndApplyHeader(buffer, at, header);
                final JobEvent event = event(
                        expedited.jobKey(), EventKind.EXPEDITED, JobStatus.SCHEDULED, expedited.previousPosition());
                event.nextStartMs = expedited.startMs();
                yield event;
            }
            case SlotsDroppedDecoder.TEMPLATE_ID -> {
                slotsDropped.wrapAndApplyHeader(buffer, at, header);
                yield event(
                        slotsDropped.jobKey(),
                        EventKind.SLOTS_DROPPED,
                        JobStatus.RUNNING,
                        slotsDropped.previousPosition());
            }
            case JobDeletedDecoder.TEMPLATE_ID -> {
                deleted.wrapAndApplyHeader(buffer, at, header);
                yield event(deleted.jobKey(), EventKind.DELETED, JobStatus.SCHEDULED, deleted.previousPosition());
            }
            default -> throw new IllegalArgumentException("event " + header.templateId() + " is none of a job");
        };
    }

    private JobEvent imported(DirectBuffer buffer, int at) {
        imported.wrapAndApplyHeader(buffer, at, header);
        final JobEvent event = event(
                imported.jobKey(),
                EventKind.IMPORTED,
                JobStatus.get(imported.statusRaw()),
                imported.previousPosition());
        event.attempt = (int) imported.attempt();
        event.nextStartMs = Math.max(0, imported.nextStartMs());
        return event;
    }

    private JobEvent leased(DirectBuffer buffer, int at) {
        leased.wrapAndApplyHeader(buffer, at, header);
        final JobEvent event = event(leased.jobKey(), EventKind.LEASED, JobStatus.RUNNING, leased.previousPosition());
        event.attempt = (int) leased.attempt();
        event.workerId = new byte[leased.workerIdLength()];
        leased.getWorkerId(event.workerId, 0, event.workerId.length);
        return event;
    }

    private JobEvent returned(DirectBuffer buffer, int at) {
        returned.wrapAndApplyHeader(buffer, at, header);
        final JobEvent event =
                event(returned.jobKey(), EventKind.LEASE_RETURNED, JobStatus.SCHEDULED, returned.previousPosition());
        event.attempt = (int) returned.attempt();
        event.nextStartMs = Math.max(0, returned.nextStartMs());
        event.cause = cause(returned.reason());
        return event;
    }

    private JobEvent failed(DirectBuffer buffer, int at) {
        failed.wrapAndApplyHeader(buffer, at, header);
        final JobEvent event =
                event(failed.jobKey(), EventKind.FAILED, JobStatus.get(failed.statusRaw()), failed.previousPosition());
        event.attempt = (int) failed.attempt();
        event.startedAtMs = failed.startedAtMs();
        event.nextStartMs = Math.max(0, failed.nextStartMs());
        event.cause = cause(failed.leaseEnd());
        event.errorCode = new byte[failed.errorCodeLength()];
        failed.getErrorCode(event.errorCode, 0, event.errorCode.length);
        return event;
    }

    private JobEvent refused(DirectBuffer buffer, int at) {
        refused.wrapAndApplyHeader(buffer, at, header);
        final JobStatus status = refused.nextStartMs() < 0 ? JobStatus.FAILED : JobStatus.SCHEDULED;
        final JobEvent event = event(refused.jobKey(), EventKind.REFUSED, status, refused.previousPosition());
        event.attempt = (int) refused.attempt();
        event.startedAtMs = timeMs;
        event.nextStartMs = Math.max(0, refused.nextStartMs());
        event.errorCode = new byte[refused.errorCodeLength()];
        refused.getErrorCode(event.errorCode, 0, event.errorCode.length);
        return event;
    }

    private JobEvent event(long jobKey, EventKind kind, JobStatus status, long previousPosition) {
        final JobEvent event = new JobEvent(position, index, timeMs, jobKey, kind, status);
        event.previousPosition = previousPosition;
        return event;
    }

    private static LeaseEndCause cause(LeaseEnd end) {
        return switch (end) {
            case REPORTED -> LeaseEndCause.REPORTED;
            case EXPIRED -> LeaseEndCause.EXPIRED;
            case OVERRAN -> LeaseEndCause.OVERRAN;
            case RETURNED -> LeaseEndCause.RETURNED;
            case NULL_VAL -> LeaseEndCause.NONE;
        };
    }

    private static LeaseEndCause cause(ReturnReason reason) {
        return switch (reason) {
            case BY_WORKER -> LeaseEndCause.RETURNED;
            case SESSION_CLOSED -> LeaseEndCause.SESSION_CLOSED;
            case UNCLAIMED_AFTER_RESTART -> LeaseEndCause.UNCLAIMED_AFTER_RESTART;
            case SNOOZED -> LeaseEndCause.SNOOZED;
            case NULL_VAL -> LeaseEndCause.NONE;
        };
    }
}
