package io.silo.transport;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.ExplainReplyDecoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.HelloReplyDecoder;
import io.silo.protocol.reply.HoldersDroppedReplyDecoder;
import io.silo.protocol.reply.ImportReplyDecoder;
import io.silo.protocol.reply.JobCountsReplyDecoder;
import io.silo.protocol.reply.JobEventsReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobResultReplyDecoder;
import io.silo.protocol.reply.JobRowsReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import io.silo.protocol.reply.LimitReplyDecoder;
import io.silo.protocol.reply.LimitSetReplyDecoder;
import io.silo.protocol.reply.LimitsReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.PausedReplyDecoder;
import io.silo.protocol.reply.PausesReplyDecoder;
import io.silo.protocol.reply.RefreshReportedDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import io.silo.protocol.reply.ScheduleReplyDecoder;
import io.silo.protocol.reply.SchedulesChangedReplyDecoder;
import io.silo.protocol.reply.SchedulesReplyDecoder;
import io.silo.protocol.reply.SubscribeReplyDecoder;
import io.silo.protocol.reply.TaskGroupReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.protocol.reply.TenantCountsReplyDecoder;
import io.silo.protocol.reply.TenantSetReplyDecoder;
import io.silo.protocol.reply.TenantsReplyDecoder;
import io.silo.protocol.reply.UploadReplyDecoder;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ShardClient} tells its owner, on the thread that polls it. Each decoder stands at the start of its message, is
 * valid during the call only, and has the correlation id and the code in {@code header()}. What throws here ends the poll and
 * reaches its caller; the message counts as delivered.
 */
public interface ReplyHandler {
    /** The session is open; {@code reply} names limits and shards. Comes again after each reconnect, and after a repeated Hello. */
    default void onConnected(HelloReplyDecoder reply) {}

    /** The session is gone; each command in flight got {@link #onUnknownOutcome} first. A new one is on its way unless closed. */
    default void onDisconnected() {}

    /** The server refused the session for good; the client does not try again. */
    default void onRefused(RejectReason reason) {}

    /**
     * A command was refused as a whole.
     *
     * @param reason null for a code of a newer release.
     * @param code wire number of the reason.
     * @param retryAfterMs with BUSY when there is room for the command; 0 = the server did not say.
     */
    default void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {}

    /**
     * No answer came in time, or the session was lost first: the command may have taken effect or not. Its late answer, should it
     * come, is thrown away.
     */
    default void onUnknownOutcome(long correlationId) {}

    default void onEnqueueReply(EnqueueReplyDecoder reply) {}

    default void onUploadReply(UploadReplyDecoder reply) {}

    default void onSubscribeReply(SubscribeReplyDecoder reply) {}

    /** A push (correlation id 0) or the answer to LeaseTasks. */
    default void onTasksLeased(TasksLeasedDecoder reply) {}

    default void onHeartbeatReply(HeartbeatReplyDecoder reply) {}

    default void onOutcomeReply(OutcomeReplyDecoder reply) {}

    default void onJobReply(JobReplyDecoder reply) {}

    default void onJobResultReply(JobResultReplyDecoder reply) {}

    default void onBytesReply(BytesReplyDecoder reply) {}

    default void onTaskGroupReply(TaskGroupReplyDecoder reply) {}

    default void onJobsChangedReply(JobsChangedReplyDecoder reply) {}

    default void onImportReply(ImportReplyDecoder reply) {}

    default void onSchedulesChangedReply(SchedulesChangedReplyDecoder reply) {}

    default void onSchedulesReply(SchedulesReplyDecoder reply) {}

    default void onScheduleReply(ScheduleReplyDecoder reply) {}

    default void onPausedReply(PausedReplyDecoder reply) {}

    default void onBulkReply(BulkReplyDecoder reply) {}

    default void onJobRowsReply(JobRowsReplyDecoder reply) {}

    default void onJobEventsReply(JobEventsReplyDecoder reply) {}

    default void onTenantCountsReply(TenantCountsReplyDecoder reply) {}

    default void onJobsReply(JobsReplyDecoder reply) {}

    default void onJobCountsReply(JobCountsReplyDecoder reply) {}

    default void onPausesReply(PausesReplyDecoder reply) {}

    default void onLimitsReply(LimitsReplyDecoder reply) {}

    default void onLimitReply(LimitReplyDecoder reply) {}

    /** Floating limits that the caller is to find out. */
    default void onRefreshesLeased(RefreshesLeasedDecoder reply) {}

    /** Answers a report or a renewal. */
    default void onRefreshReported(RefreshReportedDecoder reply) {}

    default void onLimitSetReply(LimitSetReplyDecoder reply) {}

    default void onHoldersDroppedReply(HoldersDroppedReplyDecoder reply) {}

    default void onExplainReply(ExplainReplyDecoder reply) {}

    default void onTenantSetReply(TenantSetReplyDecoder reply) {}

    default void onTenantsReply(TenantsReplyDecoder reply) {}
}
