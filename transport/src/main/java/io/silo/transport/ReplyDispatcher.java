package io.silo.transport;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.ErrorReplyDecoder;
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
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.PausedReplyDecoder;
import io.silo.protocol.reply.PausesReplyDecoder;
import io.silo.protocol.reply.RefreshReportedDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
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
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Turns one reply into one typed call. One thread; does not allocate. */
final class ReplyDispatcher {
    private static final long PUSH_CORRELATION_ID = 0;

    private final ReplyHandler handler;
    private final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder();
    private final ReplyHeaderDecoder replyHeader = new ReplyHeaderDecoder();
    private final HelloReplyDecoder helloReply = new HelloReplyDecoder();
    private final EnqueueReplyDecoder enqueueReply = new EnqueueReplyDecoder();
    private final UploadReplyDecoder uploadReply = new UploadReplyDecoder();
    private final SubscribeReplyDecoder subscribeReply = new SubscribeReplyDecoder();
    private final TasksLeasedDecoder tasksLeased = new TasksLeasedDecoder();
    private final HeartbeatReplyDecoder heartbeatReply = new HeartbeatReplyDecoder();
    private final OutcomeReplyDecoder outcomeReply = new OutcomeReplyDecoder();
    private final JobReplyDecoder jobReply = new JobReplyDecoder();
    private final JobResultReplyDecoder jobResultReply = new JobResultReplyDecoder();
    private final BytesReplyDecoder bytesReply = new BytesReplyDecoder();
    private final TaskGroupReplyDecoder taskGroupReply = new TaskGroupReplyDecoder();
    private final JobsChangedReplyDecoder jobsChangedReply = new JobsChangedReplyDecoder();
    private final ImportReplyDecoder importReply = new ImportReplyDecoder();
    private final SchedulesChangedReplyDecoder schedulesChangedReply = new SchedulesChangedReplyDecoder();
    private final SchedulesReplyDecoder schedulesReply = new SchedulesReplyDecoder();
    private final ScheduleReplyDecoder scheduleReply = new ScheduleReplyDecoder();
    private final BulkReplyDecoder bulkReply = new BulkReplyDecoder();
    private final JobsReplyDecoder jobsReply = new JobsReplyDecoder();
    private final JobCountsReplyDecoder jobCountsReply = new JobCountsReplyDecoder();
    private final PausesReplyDecoder pausesReply = new PausesReplyDecoder();
    private final PausedReplyDecoder pausedReply = new PausedReplyDecoder();
    private final LimitsReplyDecoder limitsReply = new LimitsReplyDecoder();
    private final LimitReplyDecoder limitReply = new LimitReplyDecoder();
    private final RefreshesLeasedDecoder refreshesLeased = new RefreshesLeasedDecoder();
    private final RefreshReportedDecoder refreshReported = new RefreshReportedDecoder();
    private final LimitSetReplyDecoder limitSetReply = new LimitSetReplyDecoder();
    private final HoldersDroppedReplyDecoder holdersDroppedReply = new HoldersDroppedReplyDecoder();
    private final ExplainReplyDecoder explainReply = new ExplainReplyDecoder();
    private final TenantSetReplyDecoder tenantSetReply = new TenantSetReplyDecoder();
    private final TenantsReplyDecoder tenantsReply = new TenantsReplyDecoder();
    private final JobRowsReplyDecoder jobRowsReply = new JobRowsReplyDecoder();
    private final JobEventsReplyDecoder jobEventsReply = new JobEventsReplyDecoder();
    private final TenantCountsReplyDecoder tenantCountsReply = new TenantCountsReplyDecoder();
    private final ErrorReplyDecoder errorReply = new ErrorReplyDecoder();
    private DirectBuffer buffer = new UnsafeBuffer(0, 0);
    private int offset;

    ReplyDispatcher(ReplyHandler handler) {
        this.handler = handler;
    }

    /** Reads the headers of a reply. False if it is none this client knows: newer, and not asked for. */
    boolean accept(DirectBuffer replyBuffer, int replyOffset, int length) {
        if (length < MessageHeaderDecoder.ENCODED_LENGTH + ReplyHeaderDecoder.ENCODED_LENGTH) {
            return false;
        }
        buffer = replyBuffer;
        offset = replyOffset;
        messageHeader.wrap(replyBuffer, replyOffset);
        replyHeader.wrap(replyBuffer, replyOffset + MessageHeaderDecoder.ENCODED_LENGTH);
        return messageHeader.schemaId() == MessageHeaderDecoder.SCHEMA_ID;
    }

    long correlationId() {
        return replyHeader.correlationId();
    }

    int code() {
        return replyHeader.code();
    }

    boolean isHelloReply() {
        return messageHeader.templateId() == HelloReplyDecoder.TEMPLATE_ID;
    }

    boolean isPush() {
        return replyHeader.correlationId() == PUSH_CORRELATION_ID
                && messageHeader.templateId() == TasksLeasedDecoder.TEMPLATE_ID;
    }

    void dispatch() {
        switch (messageHeader.templateId()) {
            case HelloReplyDecoder.TEMPLATE_ID ->
                handler.onConnected(helloReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case ErrorReplyDecoder.TEMPLATE_ID -> dispatchError();
            case EnqueueReplyDecoder.TEMPLATE_ID ->
                handler.onEnqueueReply(enqueueReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case UploadReplyDecoder.TEMPLATE_ID ->
                handler.onUploadReply(uploadReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case SubscribeReplyDecoder.TEMPLATE_ID ->
                handler.onSubscribeReply(subscribeReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case TasksLeasedDecoder.TEMPLATE_ID ->
                handler.onTasksLeased(tasksLeased.wrapAndApplyHeader(buffer, offset, messageHeader));
            case HeartbeatReplyDecoder.TEMPLATE_ID ->
                handler.onHeartbeatReply(heartbeatReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case OutcomeReplyDecoder.TEMPLATE_ID ->
                handler.onOutcomeReply(outcomeReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobReplyDecoder.TEMPLATE_ID ->
                handler.onJobReply(jobReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobResultReplyDecoder.TEMPLATE_ID ->
                handler.onJobResultReply(jobResultReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case BytesReplyDecoder.TEMPLATE_ID ->
                handler.onBytesReply(bytesReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case TaskGroupReplyDecoder.TEMPLATE_ID ->
                handler.onTaskGroupReply(taskGroupReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobsChangedReplyDecoder.TEMPLATE_ID ->
                handler.onJobsChangedReply(jobsChangedReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case ImportReplyDecoder.TEMPLATE_ID ->
                handler.onImportReply(importReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case SchedulesChangedReplyDecoder.TEMPLATE_ID ->
                handler.onSchedulesChangedReply(
                        schedulesChangedReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case SchedulesReplyDecoder.TEMPLATE_ID ->
                handler.onSchedulesReply(schedulesReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case ScheduleReplyDecoder.TEMPLATE_ID ->
                handler.onScheduleReply(scheduleReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            default -> dispatchOfMany();
        }
    }

    /** Answers about more than one job: lists, counts, limits and settings. */
    private void dispatchOfMany() {
        switch (messageHeader.templateId()) {
            case PausedReplyDecoder.TEMPLATE_ID ->
                handler.onPausedReply(pausedReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case BulkReplyDecoder.TEMPLATE_ID ->
                handler.onBulkReply(bulkReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobsReplyDecoder.TEMPLATE_ID ->
                handler.onJobsReply(jobsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobCountsReplyDecoder.TEMPLATE_ID ->
                handler.onJobCountsReply(jobCountsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case PausesReplyDecoder.TEMPLATE_ID ->
                handler.onPausesReply(pausesReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case LimitsReplyDecoder.TEMPLATE_ID ->
                handler.onLimitsReply(limitsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case LimitReplyDecoder.TEMPLATE_ID ->
                handler.onLimitReply(limitReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case RefreshesLeasedDecoder.TEMPLATE_ID ->
                handler.onRefreshesLeased(refreshesLeased.wrapAndApplyHeader(buffer, offset, messageHeader));
            case RefreshReportedDecoder.TEMPLATE_ID ->
                handler.onRefreshReported(refreshReported.wrapAndApplyHeader(buffer, offset, messageHeader));
            case LimitSetReplyDecoder.TEMPLATE_ID ->
                handler.onLimitSetReply(limitSetReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case HoldersDroppedReplyDecoder.TEMPLATE_ID ->
                handler.onHoldersDroppedReply(holdersDroppedReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case ExplainReplyDecoder.TEMPLATE_ID ->
                handler.onExplainReply(explainReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case TenantSetReplyDecoder.TEMPLATE_ID ->
                handler.onTenantSetReply(tenantSetReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobRowsReplyDecoder.TEMPLATE_ID ->
                handler.onJobRowsReply(jobRowsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case JobEventsReplyDecoder.TEMPLATE_ID ->
                handler.onJobEventsReply(jobEventsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case TenantCountsReplyDecoder.TEMPLATE_ID ->
                handler.onTenantCountsReply(tenantCountsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            case TenantsReplyDecoder.TEMPLATE_ID ->
                handler.onTenantsReply(tenantsReply.wrapAndApplyHeader(buffer, offset, messageHeader));
            default ->
                handler.onError(
                        replyHeader.correlationId(), RejectReason.UNSUPPORTED, RejectReason.UNSUPPORTED.code(), 0);
        }
    }

    private void dispatchError() {
        handler.onError(
                replyHeader.correlationId(),
                RejectReason.fromCode(replyHeader.code()),
                replyHeader.code(),
                errorReply.wrapAndApplyHeader(buffer, offset, messageHeader).retryAfterMs());
    }
}
