package io.silo.client;

import io.aeron.Aeron;
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
import io.silo.transport.ReplyHandler;
import io.silo.transport.ShardClient;
import io.silo.transport.ShardClientContext;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** The session with one shard thread, and the calls that wait for its answers. Net thread only. */
final class ShardLink implements ReplyHandler {
    private static final int FRAGMENTS_MAX = 256;

    private final NetAgent agent;
    private final ShardClient client;
    private final Long2ObjectHashMap<Call<?>> calls = new Long2ObjectHashMap<>();
    private long sessionId;

    ShardLink(NetAgent agent, Aeron aeron, ShardClientContext context) {
        this.agent = agent;
        this.client = new ShardClient(aeron, context, this);
    }

    int thread() {
        return client.thread();
    }

    boolean isOpen() {
        return client.state() == ShardClient.State.OPEN;
    }

    /** Id of the session, another one after each reconnect; 0 before the first. */
    long sessionId() {
        return sessionId;
    }

    int poll() {
        return client.poll(FRAGMENTS_MAX);
    }

    int inFlightCount() {
        return client.inFlightCount();
    }

    void reconnect() {
        client.reconnect();
    }

    void attach(Aeron aeron) {
        client.attach(aeron);
    }

    boolean refreshMap() {
        return client.refreshShards();
    }

    void close() {
        client.close();
    }

    /** Sends a call. False if the stream is full or the session gone. */
    boolean offer(Call<?> call, MutableDirectBuffer buffer, int length, long nowNs) {
        final long correlationId = client.offer(buffer, 0, length, call.answerTimeoutNs(nowNs));
        if (correlationId < 0) {
            return false;
        }
        calls.put(correlationId, call);
        call.sent();
        return true;
    }

    /** The call that a reply answers; null if it was refused by the header, or is nobody's. */
    private @Nullable Call<?> take(ReplyHeaderDecoder header) {
        final Call<?> call = calls.remove(header.correlationId());
        if (call != null && header.code() != RejectReason.OK) {
            call.onError(header.correlationId(), RejectReason.fromCode(header.code()), header.code(), 0);
            agent.afterReply(call);
            return null;
        }
        return call;
    }

    @Override
    public void onConnected(HelloReplyDecoder reply) {
        // The same session id again answers a repeated Hello.
        final boolean isNew = reply.sessionId() != sessionId;
        sessionId = reply.sessionId();
        agent.onMap(this, ShardMap.of(reply), isNew);
    }

    @Override
    public void onDisconnected() {
        agent.onLinkLost(this);
    }

    @Override
    public void onRefused(RejectReason reason) {
        agent.onRefused(this, reason);
    }

    @Override
    public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
        final Call<?> call = calls.remove(correlationId);
        if (call != null) {
            call.onError(correlationId, reason, code, retryAfterMs);
            agent.afterReply(call);
        }
    }

    @Override
    public void onUnknownOutcome(long correlationId) {
        final Call<?> call = calls.remove(correlationId);
        if (call != null) {
            call.onUnknownOutcome(correlationId);
            agent.afterReply(call);
        }
    }

    @Override
    public void onEnqueueReply(EnqueueReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onEnqueueReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onUploadReply(UploadReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onUploadReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onSubscribeReply(SubscribeReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onSubscribeReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onTasksLeased(TasksLeasedDecoder reply) {
        if (reply.header().correlationId() == 0) {
            agent.onTasksLeased(this, reply);
            return;
        }
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onTasksLeased(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onHeartbeatReply(HeartbeatReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onHeartbeatReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onOutcomeReply(OutcomeReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onOutcomeReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobReply(JobReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobResultReply(JobResultReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobResultReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onTaskGroupReply(TaskGroupReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onTaskGroupReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobsChangedReply(JobsChangedReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobsChangedReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onImportReply(ImportReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onImportReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onSchedulesChangedReply(SchedulesChangedReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onSchedulesChangedReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onSchedulesReply(SchedulesReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onSchedulesReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onScheduleReply(ScheduleReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onScheduleReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onPausedReply(PausedReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onPausedReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onBulkReply(BulkReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onBulkReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobsReply(JobsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onPausesReply(PausesReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onPausesReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onTenantSetReply(TenantSetReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onTenantSetReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onTenantsReply(TenantsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onTenantsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobCountsReply(JobCountsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobCountsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobRowsReply(JobRowsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobRowsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onJobEventsReply(JobEventsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onJobEventsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onTenantCountsReply(TenantCountsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onTenantCountsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onBytesReply(BytesReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onBytesReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onLimitsReply(LimitsReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onLimitsReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onLimitReply(LimitReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onLimitReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onLimitSetReply(LimitSetReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onLimitSetReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onRefreshesLeased(RefreshesLeasedDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onRefreshesLeased(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onRefreshReported(RefreshReportedDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onRefreshReported(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onHoldersDroppedReply(HoldersDroppedReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onHoldersDroppedReply(reply);
            agent.afterReply(call);
        }
    }

    @Override
    public void onExplainReply(ExplainReplyDecoder reply) {
        final Call<?> call = take(reply.header());
        if (call != null) {
            call.onExplainReply(reply);
            agent.afterReply(call);
        }
    }
}
