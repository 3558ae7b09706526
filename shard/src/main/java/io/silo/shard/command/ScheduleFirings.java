package io.silo.shard.command;

import io.silo.protocol.event.CatchUp;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.JobEnqueuedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.protocol.event.ScheduleFiredEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.schedule.FiringTimes;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.Schedule;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The internal command of schedules that are due: ScheduleFired for each firing that is over, behind the JobEnqueued event that it
 * brings. A job's id is {@code scheduleId@nominalTime}, so a firing can happen only once. One per shard; allocates, once a firing.
 */
public final class ScheduleFirings {
    /** A firing later than this was missed, and the catch-up policy says what becomes of it: 1 minute. */
    static final long MISSED_MS = 60_000;

    /** ScheduleFired, and what a JobEnqueued event has beyond its template. */
    private static final int EVENT_BYTES = 128;

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final ScheduleFiredEncoder fired = new ScheduleFiredEncoder();
    private final JobEnqueuedEncoder enqueued = new JobEnqueuedEncoder();
    private final UnsafeBuffer id = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);

    /** Whether the next firing of a schedule fits the record. */
    public boolean hasRoom(CommandContext context, Schedule schedule) {
        return context.record().hasRoom(EVENT_BYTES)
                && context.record()
                        .hasRoom(2 * EVENT_BYTES + schedule.template().capacity());
    }

    /** Ends the firing that a schedule is due for; of several that were missed, what its policy says. */
    public void fire(CommandContext context, Schedule schedule) {
        final long nowMs = context.nowMs();
        final boolean wantsAll = schedule.spec().catchUp() == CatchUp.ALL;
        final long last = wantsAll ? FiringTimes.NEVER : schedule.times().lastUntil(nowMs);
        final long nominalMs = Math.max(last, schedule.nextFireMs());
        final boolean isLeftOut = schedule.spec().catchUp() == CatchUp.SKIP && nowMs - nominalMs > MISSED_MS;
        final long jobKey = isLeftOut ? -1 : enqueue(context, schedule, nominalMs);
        final RecordBuffer record = context.record();
        fired.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                .scheduleKey(schedule.key())
                .nominalMs(nominalMs)
                .nextFireMs(schedule.times().nextAfter(nominalMs))
                .jobKey(jobKey);
        record.commit(fired.limit());
    }

    /** Key of the job, or -1 if its id or its unique key is taken, or the tenant has all that it may: other tenants' firings do not wait for that. */
    private long enqueue(CommandContext context, Schedule schedule, long nominalMs) {
        final JobView jobs = context.view().jobs();
        final RecordBuffer record = context.record();
        final DirectBuffer template = schedule.template();
        final JobEnqueuedDecoder job = schedule.job();
        final int groupsOffset = job.limit();
        JobLimits.skip(job);
        for (final JobEnqueuedDecoder.MetadataDecoder entry = job.metadata(); entry.hasNext(); ) {
            entry.next();
            entry.skipKey();
            entry.skipValue();
        }
        final int tenantLength = job.tenantLength();
        final int tenantOffset = job.limit() + JobEnqueuedDecoder.tenantHeaderLength();
        job.skipTenant();
        job.skipTaskGroup();
        final int idHeaderOffset = job.limit();
        job.skipJobId();
        final int uniqueKeyHeaderOffset = job.limit();
        final int uniqueKeyLength = job.uniqueKeyLength();
        final int uniqueKeyOffset = uniqueKeyHeaderOffset + JobEnqueuedDecoder.uniqueKeyHeaderLength();
        tenant.wrap(template, tenantOffset, tenantLength);
        id.wrap((schedule.id() + "@" + Instant.ofEpochMilli(nominalMs)).getBytes(StandardCharsets.UTF_8));
        if (jobs.find(tenant, 0, tenantLength, id, 0, id.capacity()) != RowSlab.NULL_SLOT
                || (uniqueKeyLength > 0
                        && jobs.findUnique(tenant, 0, tenantLength, template, uniqueKeyOffset, uniqueKeyLength)
                                != RowSlab.NULL_SLOT)) {
            return -1;
        }
        final int idBytes = JobEnqueuedEncoder.jobIdHeaderLength() + id.capacity();
        final int bytes = MessageHeaderEncoder.ENCODED_LENGTH
                + JobEnqueuedEncoder.BLOCK_LENGTH
                + (idHeaderOffset - groupsOffset)
                + idBytes
                + (template.capacity() - uniqueKeyHeaderOffset);
        final int tenantNumber = context.view().findTenant(tenant, 0, tenantLength);
        if (TenantQuotas.refusalOfNew(context, tenantNumber, bytes) != null) {
            return -1;
        }
        final long jobKey = context.view().nextJobKey();
        final MutableDirectBuffer target = record.buffer();
        target.putBytes(record.offset(), template, 0, groupsOffset);
        enqueued.wrapAndApplyHeader(target, record.offset(), header)
                .jobKey(jobKey)
                .enqueuedAtMs(context.nowMs())
                .startAtMs(nominalMs)
                .startDeadlineMs(startDeadlineMs(schedule, nominalMs));
        int at = enqueued.limit();
        target.putBytes(at, template, groupsOffset, idHeaderOffset - groupsOffset);
        enqueued.limit(at + idHeaderOffset - groupsOffset);
        enqueued.putJobId(id, 0, id.capacity());
        at = enqueued.limit();
        final int rest = template.capacity() - uniqueKeyHeaderOffset;
        target.putBytes(at, template, uniqueKeyHeaderOffset, rest);
        record.commit(at + rest);
        return jobKey;
    }

    private static long startDeadlineMs(Schedule schedule, long nominalMs) {
        return schedule.spec().startWithinMs() == 0
                ? 0
                : nominalMs + schedule.spec().startWithinMs();
    }
}
