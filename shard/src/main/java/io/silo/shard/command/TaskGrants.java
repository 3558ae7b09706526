package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.LeaseToken;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.TaskLeasedEncoder;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.protocol.reply.TasksLeasedEncoder;
import io.silo.shard.event.RateBucketEvents;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Gives ready tasks to a worker: TaskLeased for each, and the TasksLeased message that tells it. Used for pushes and for LeaseTasks
 * alike, so that both draw on one index. One per shard; does not allocate.
 */
public final class TaskGrants {
    /** No tenant filter. */
    public static final int ANY_TENANT = ShardView.ANY_TENANT;

    /** Fixed part of a task in the message, groups and lengths included; names, metadata and payload come on top. */
    private static final int TASK_BYTES = TasksLeasedEncoder.TasksEncoder.sbeBlockLength() + 64;

    /** Fixed part of a TaskLeased event and its headers; the worker id comes on top. */
    private static final int EVENT_BYTES = TaskLeasedEncoder.BLOCK_LENGTH + 16;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder definition = new JobEnqueuedDecoder();
    private final MessageHeaderEncoder eventHeader = new MessageHeaderEncoder();
    private final TaskLeasedEncoder event = new TaskLeasedEncoder();
    private final TasksLeasedEncoder message = new TasksLeasedEncoder();
    private final LeaseEnds lates;
    private final RateHits hits = new RateHits();

    /** @param lates ends jobs that are found too late. */
    public TaskGrants(LeaseEnds lates) {
        this.lates = lates;
    }

    /**
     * Leases up to {@code tasksMax} ready tasks and encodes them as the reply.
     *
     * @param subscriptionId of the push; 0 for a call.
     * @param tenant only this one, or {@link #ANY_TENANT}.
     * @param tasksMax at most {@link Bounds#TASKS_PER_CALL_MAX}.
     * @return tasks leased; fewer than asked when no more are ready or the message is full.
     */
    public int grant(
            CommandContext context,
            long subscriptionId,
            long sessionId,
            int taskGroup,
            int tenant,
            int tasksMax,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        final ShardView view = context.view();
        message.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .subscriptionId(subscriptionId);
        final TasksLeasedEncoder.TasksEncoder tasks = message.tasksCount(tasksMax);
        int granted = 0;
        while (granted < tasksMax) {
            // [SILO-DEQ-1]
            final int slot = peek(view, taskGroup, tenant);
            if (slot == RowSlab.NULL_SLOT) {
                view.rates().want(taskGroup, tasksMax - granted);
                break;
            }
            if (LeaseEnds.isLate(context, slot)) {
                if (!lates.hasRoom(context)) {
                    break;
                }
                lates.refuseLate(context, slot);
                continue;
            }
            if (!view.hasRoomForLeases(1)
                    || !hasRoom(context, slot, workerLength)
                    || !encodeIfRoom(
                            context, tasks, slot, granted > 0, context.record().eventCount())) {
                break;
            }
            context.readAhead().onGranted(slot);
            // [SILO-LIMIT-1] All the slots that its limits ask for, in the event that leases it.
            final int held = context.view().jobs().limitBits(slot);
            lease(context, slot, held, requestIdHigh, requestIdLow, worker, workerOffset, workerLength);
            hits.take(context, slot);
            begin(context, slot, sessionId);
            granted++;
        }
        tasks.resetCountToIndex();
        context.replied(message.limit());
        context.readAhead().onGrantEnd(taskGroup, tenant);
        return granted;
    }

    private static boolean hasRoom(CommandContext context, int slot, int workerLength) {
        final int hits = RateHits.eventsMax(context, slot);
        return context.record().hasRoom(EVENT_BYTES + workerLength + hits * RateBucketEvents.BYTES_MAX, 1 + hits);
    }

    /** Encodes live leases of a worker that an earlier call with this request id granted. Returns how many. */
    int repeat(
            CommandContext context,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        final ShardView view = context.view();
        final LeaseView leases = view.leases();
        message.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .subscriptionId(0);
        final TasksLeasedEncoder.TasksEncoder tasks = message.tasksCount(Bounds.TASKS_PER_CALL_MAX);
        int repeated = 0;
        for (int lease = leases.firstOf(worker, workerOffset, workerLength);
                lease != RowSlab.NULL_SLOT && repeated < Bounds.TASKS_PER_CALL_MAX;
                lease = leases.nextOfWorker(lease)) {
            final int slot = leases.job(lease);
            if (leases.requestIdHigh(lease) == requestIdHigh
                    && leases.requestIdLow(lease) == requestIdLow
                    && LeaseLookup.isVisible(context, slot)) {
                if (!encodeIfRoom(context, tasks, slot, repeated > 0, -1)) {
                    break;
                }
                context.touch(LeaseToken.position(view.jobs().token(slot)));
                context.renewLease(lease, context.session().id());
                repeated++;
            }
        }
        tasks.resetCountToIndex();
        context.replied(message.limit());
        return repeated;
    }

    /** Leases one job, which is SCHEDULED, for the context's session and encodes it as the reply. */
    void grantJob(
            CommandContext context,
            int slot,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        message.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .subscriptionId(0);
        encodeIfRoom(
                context, message.tasksCount(1), slot, false, context.record().eventCount());
        context.replied(message.limit());
        // [SILO-LIMIT-2] Past its limits: it takes no slot.
        lease(context, slot, 0, requestIdHigh, requestIdLow, worker, workerOffset, workerLength);
        begin(context, slot, context.session().id());
    }

    /** The run of a task that was just leased begins. */
    private static void begin(CommandContext context, int slot, long sessionId) {
        final JobView jobs = context.view().jobs();
        context.boundRun(jobs.lease(slot), jobs.maxRunMs(slot));
        context.renewLease(jobs.lease(slot), sessionId);
    }

    private static int peek(ShardView view, int taskGroup, int tenant) {
        return tenant == ANY_TENANT ? view.peekReady(taskGroup) : view.peekReady(taskGroup, tenant);
    }

    private void lease(
            CommandContext context,
            int slot,
            int heldLimits,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        final RecordBuffer record = context.record();
        final JobView jobs = context.view().jobs();
        event.wrapAndApplyHeader(record.buffer(), record.offset(), eventHeader)
                .jobKey(jobs.jobKey(slot))
                .previousPosition(jobs.lastPosition(slot))
                .requestIdHigh(requestIdHigh)
                .requestIdLow(requestIdLow)
                .attempt(jobs.attempt(slot))
                .leaseMs(leaseMs(context, slot))
                .heldLimits(heldLimits)
                .putWorkerId(worker, workerOffset, workerLength);
        record.commit(event.limit());
    }

    private static int leaseMs(CommandContext context, int slot) {
        final int own = context.view().jobs().leaseMs(slot);
        return own == 0 ? context.settings().leaseMs() : own;
    }

    /**
     * Appends one task to the message, or answers false if it does not fit behind others. A task that is alone always fits: its
     * payload is left out then, and the worker fetches it.
     *
     * @param eventIndex of the TaskLeased event about to be written, or -1 if the lease lives already.
     */
    private boolean encodeIfRoom(
            CommandContext context,
            TasksLeasedEncoder.TasksEncoder tasks,
            int slot,
            boolean behindOthers,
            int eventIndex) {
        final JobView jobs = context.view().jobs();
        final DirectBuffer source = context.definition(slot);
        definition.wrapAndApplyHeader(source, 0, header);
        final int variableBytes = source.capacity() - definition.limit();
        final int room = Bounds.MESSAGE_BYTES_MAX - message.limit() - TASK_BYTES;
        if (variableBytes > room && behindOthers) {
            return false;
        }
        final boolean isNew = eventIndex >= 0;
        final int policyRetries = context.view().retryPolicies().retryCount(jobs.retryPolicy(slot));
        tasks.next()
                .jobKey(jobs.jobKey(slot))
                .tokenEpoch(isNew ? context.record().shardEpoch() : jobs.tokenEpoch(slot))
                .token(isNew ? LeaseToken.of(context.record().position(), eventIndex) : jobs.token(slot))
                .enqueuedAtMs(definition.enqueuedAtMs())
                .startAtMs(jobs.startMs(slot))
                .attempt(jobs.attempt(slot))
                .relativeAttempt(jobs.relativeAttempt(slot))
                .leaseMs(leaseMs(context, slot))
                .maxRunMs(jobs.maxRunMs(slot))
                .payloadBytes(definition.payloadBytes())
                .payloadCrc(definition.payloadCrc())
                .priority((short) jobs.priority(slot))
                .isLastAttempt((short) (jobs.relativeAttempt(slot) > policyRetries ? 1 : 0))
                .payloadEncoding(PayloadEncoding.get(definition.payloadEncodingRaw()));
        copyVariablePart(context, source, variableBytes <= room);
        return true;
    }

    /** Limits, metadata, tenant, task group, id and payload have one layout in event and message: copied as they are. */
    private void copyVariablePart(CommandContext context, DirectBuffer source, boolean withPayload) {
        final int from = definition.limit();
        int to = source.capacity();
        if (!withPayload) {
            JobLimits.skip(definition);
            for (final JobEnqueuedDecoder.MetadataDecoder entry = definition.metadata(); entry.hasNext(); ) {
                entry.next();
                entry.skipKey();
                entry.skipValue();
            }
            definition.skipTenant();
            definition.skipTaskGroup();
            definition.skipJobId();
            definition.skipUniqueKey();
            to = definition.limit();
        }
        final int at = message.limit();
        context.reply().putBytes(at, source, from, to - from);
        message.limit(at + to - from);
        if (!withPayload) {
            context.reply().putInt(message.limit(), 0, ByteOrder.LITTLE_ENDIAN);
            message.limit(message.limit() + JobEnqueuedDecoder.payloadHeaderLength());
        }
    }
}
