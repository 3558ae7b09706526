package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportRefreshDecoder;
import io.silo.protocol.reply.RefreshReportedEncoder;
import io.silo.shard.event.FloatingLimitSets;
import io.silo.shard.state.FloatingLimits;
import io.silo.shard.state.Refreshes;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** ReportRefresh: FloatingLimitSet with what a worker found out, or with the back-off after it could not. */
final class ReportRefreshDecider implements CommandDecider {
    /** Back-off after the first failure in a row; it doubles each time. */
    private static final long BACKOFF_MS = 1_000;

    private static final long BACKOFF_MS_MAX = 60_000;

    /** From here on the back-off is the longest. */
    private static final int DOUBLINGS_MAX = 6;

    /** Where no more keys find room, what was found out is lost, and the next comes after this. */
    private static final long NO_ROOM_MS = 60_000;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReportRefreshDecoder command = new ReportRefreshDecoder();
    private final RefreshReportedEncoder reply = new RefreshReportedEncoder();
    private final FloatingLimitSets events = new FloatingLimitSets();
    private final UnsafeBuffer tenant = new UnsafeBuffer(0, 0);
    private final UnsafeBuffer key = new UnsafeBuffer(0, 0);

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final boolean isFailure = command.isFailure() != 0;
        final int codeLength = command.errorCodeLength();
        final int codeOffset = command.limit() + ReportRefreshDecoder.errorCodeHeaderLength();
        final boolean isGood = isFailure
                ? NameChecks.errorCode(buffer, codeOffset, codeLength) == null
                : codeLength == 0 && command.maxConcurrency() <= Integer.MAX_VALUE;
        if (!isGood) {
            context.reject(RejectReason.INVALID_FLOATING_LIMIT);
            return;
        }
        final Refreshes.Refresh refresh = find(context, command.tokenEpoch(), command.token());
        if (refresh == null) {
            context.reject(RejectReason.LEASE_NOT_FOUND);
            return;
        }
        final FloatingLimits limits = context.view().floatingLimits();
        final FloatingLimits.Finding before = limits.of(refresh.limit());
        if (before == null && limits.count() >= FloatingLimits.FINDINGS_MAX) {
            context.refreshes().endLease(refresh, context.nowMs() + NO_ROOM_MS);
            context.reject(RejectReason.TOO_MANY_LIMITS);
            return;
        }
        final FloatingLimits.Finding finding = isFailure ? failed(context, refresh, before) : found(context, refresh);
        context.refreshes().wrapTenant(refresh, tenant);
        context.refreshes().wrapKey(refresh, key);
        events.write(context.record(), tenant, key, finding);
        context.refreshes().onReported(refresh, isFailure);
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader())
                .dueMs(finding.dueMs());
        context.replied(reply.limit());
    }

    /** The refresh that is leased under a token and may be seen, or null. */
    static Refreshes.@Nullable Refresh find(CommandContext context, long tokenEpoch, long token) {
        final Refreshes.Refresh refresh = tokenEpoch == context.record().shardEpoch()
                ? context.refreshes().find(token)
                : null;
        return refresh != null && TenantFilter.isVisible(context, refresh.tenant()) ? refresh : null;
    }

    private FloatingLimits.Finding found(CommandContext context, Refreshes.Refresh refresh) {
        return new FloatingLimits.Finding(
                (int) command.maxConcurrency(), refresh.intervalMs(), context.nowMs(), 0, 0, "");
    }

    private FloatingLimits.Finding failed(
            CommandContext context, Refreshes.Refresh refresh, FloatingLimits.@Nullable Finding before) {
        final int failures = before == null ? 0 : before.failures();
        final long backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS << Math.min(failures, DOUBLINGS_MAX));
        return new FloatingLimits.Finding(
                before == null ? FloatingLimits.NONE : before.max(),
                refresh.intervalMs(),
                before == null ? 0 : before.refreshedAtMs(),
                context.nowMs() + backoffMs,
                Math.min(failures, Bounds.RETRY_COUNT_MAX) + 1,
                command.errorCode());
    }
}
