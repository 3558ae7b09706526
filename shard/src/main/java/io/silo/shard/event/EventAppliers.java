package io.silo.shard.event;

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
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.LimitSetDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.PauseSetDecoder;
import io.silo.protocol.event.PayloadChunkDecoder;
import io.silo.protocol.event.RateBucketDroppedDecoder;
import io.silo.protocol.event.RateBucketSetDecoder;
import io.silo.protocol.event.RequestRememberedDecoder;
import io.silo.protocol.event.ScheduleDeletedDecoder;
import io.silo.protocol.event.ScheduleFiredDecoder;
import io.silo.protocol.event.SchedulePausedDecoder;
import io.silo.protocol.event.ScheduleSetDecoder;
import io.silo.protocol.event.ShardOpenedDecoder;
import io.silo.protocol.event.SlotsDroppedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.protocol.event.TenantSetDecoder;
import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** Template id to applier: the event half of the shard's catalogue. One per shard. */
public final class EventAppliers {
    /** Event ids start here; commands and replies lie below (see the schemas). */
    private static final int FIRST_ID = 201;

    private final EventApplier[] appliers = new EventApplier[64];
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();

    public EventAppliers() {
        put(ShardOpenedDecoder.TEMPLATE_ID, new ShardOpenedApplier());
        put(DigestRecordedDecoder.TEMPLATE_ID, new DigestRecordedApplier());
        put(CarriedThroughDecoder.TEMPLATE_ID, new CarriedThroughApplier());
        put(PayloadChunkDecoder.TEMPLATE_ID, new PayloadChunkApplier());
        put(JobEnqueuedDecoder.TEMPLATE_ID, new JobEnqueuedApplier());
        put(TaskLeasedDecoder.TEMPLATE_ID, new TaskLeasedApplier());
        put(LeaseReturnedDecoder.TEMPLATE_ID, new LeaseReturnedApplier());
        put(AttemptSucceededDecoder.TEMPLATE_ID, new AttemptSucceededApplier());
        put(AttemptFailedDecoder.TEMPLATE_ID, new AttemptFailedApplier());
        put(AttemptCancelledDecoder.TEMPLATE_ID, new AttemptCancelledApplier());
        put(AttemptRefusedDecoder.TEMPLATE_ID, new AttemptRefusedApplier());
        put(JobCancelledDecoder.TEMPLATE_ID, new JobCancelledApplier());
        put(CancelRequestedDecoder.TEMPLATE_ID, new CancelRequestedApplier());
        put(JobRestartedDecoder.TEMPLATE_ID, new JobRestartedApplier());
        put(JobExpeditedDecoder.TEMPLATE_ID, new JobExpeditedApplier());
        put(JobImportedDecoder.TEMPLATE_ID, new JobImportedApplier());
        put(JobDeletedDecoder.TEMPLATE_ID, new JobDeletedApplier());
        put(JobImageDecoder.TEMPLATE_ID, new JobImageApplier());
        put(RequestRememberedDecoder.TEMPLATE_ID, new RequestRememberedApplier());
        put(PauseSetDecoder.TEMPLATE_ID, new PauseSetApplier());
        put(LimitSetDecoder.TEMPLATE_ID, new LimitSetApplier());
        put(FloatingLimitSetDecoder.TEMPLATE_ID, new FloatingLimitSetApplier());
        put(SlotsDroppedDecoder.TEMPLATE_ID, new SlotsDroppedApplier());
        put(BulkStartedDecoder.TEMPLATE_ID, new BulkStartedApplier());
        put(BulkProgressedDecoder.TEMPLATE_ID, new BulkProgressedApplier());
        put(BulkFinishedDecoder.TEMPLATE_ID, new BulkFinishedApplier());
        put(ScheduleSetDecoder.TEMPLATE_ID, new ScheduleSetApplier());
        put(ScheduleFiredDecoder.TEMPLATE_ID, new ScheduleFiredApplier());
        put(SchedulePausedDecoder.TEMPLATE_ID, new SchedulePausedApplier());
        put(ScheduleDeletedDecoder.TEMPLATE_ID, new ScheduleDeletedApplier());
        put(RateBucketSetDecoder.TEMPLATE_ID, new RateBucketSetApplier());
        put(RateBucketDroppedDecoder.TEMPLATE_ID, new RateBucketDroppedApplier());
        put(TenantSetDecoder.TEMPLATE_ID, new TenantSetApplier());
    }

    /** Whether an applier is there for this event. */
    public boolean knows(int templateId) {
        final int index = templateId - FIRST_ID;
        return index >= 0 && index < appliers.length && appliers[index] != null;
    }

    /** Whether an event is a change of a job: an image is none, it says what is so already. */
    public static boolean isOfJob(int templateId) {
        return switch (templateId) {
            case JobEnqueuedDecoder.TEMPLATE_ID,
                    JobImportedDecoder.TEMPLATE_ID,
                    TaskLeasedDecoder.TEMPLATE_ID,
                    LeaseReturnedDecoder.TEMPLATE_ID,
                    AttemptSucceededDecoder.TEMPLATE_ID,
                    AttemptFailedDecoder.TEMPLATE_ID,
                    AttemptCancelledDecoder.TEMPLATE_ID,
                    AttemptRefusedDecoder.TEMPLATE_ID,
                    JobCancelledDecoder.TEMPLATE_ID,
                    CancelRequestedDecoder.TEMPLATE_ID,
                    JobRestartedDecoder.TEMPLATE_ID,
                    JobExpeditedDecoder.TEMPLATE_ID,
                    SlotsDroppedDecoder.TEMPLATE_ID,
                    JobDeletedDecoder.TEMPLATE_ID -> true;
            default -> false;
        };
    }

    /**
     * Applies the event at {@code offset}.
     *
     * @throws InvariantViolation for an event that no applier knows: a newer release wrote it, or the log is damaged.
     */
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        header.wrap(buffer, offset);
        final int templateId = header.templateId();
        if (!knows(templateId)) {
            throw new InvariantViolation("unknown event " + templateId + " at position " + place.position());
        }
        appliers[templateId - FIRST_ID].apply(state, place, buffer, offset);
    }

    private void put(int templateId, EventApplier applier) {
        appliers[templateId - FIRST_ID] = applier;
    }
}
