package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.LeaseToken;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder.ItemsDecoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.reply.OutcomeReplyEncoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * ReportOutcome: AttemptSucceeded, AttemptFailed or AttemptCancelled for each lease that still lives. Whoever knows the token may
 * report. A repeat under the same token is told ALREADY_REPORTED; a report after expiry or return, LEASE_NOT_FOUND.
 */
final class ReportOutcomeDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReportOutcomeDecoder command = new ReportOutcomeDecoder();
    private final OutcomeReplyEncoder reply = new OutcomeReplyEncoder();
    private final AttemptEnds ends;

    ReportOutcomeDecider(AttemptEnds ends) {
        this.ends = ends;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final ItemsDecoder items = command.items();
        if (items.count() > Bounds.BATCH_ITEMS_MAX) {
            context.reject(RejectReason.BATCH_TOO_LARGE);
            return;
        }
        reply.wrapAndApplyHeader(context.reply(), 0, context.replyMessageHeader());
        final OutcomeReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
        while (items.hasNext()) {
            items.next();
            final RejectReason refusal = decideItem(context, buffer, items);
            results.next().jobKey(items.jobKey()).code(refusal == null ? RejectReason.OK : refusal.code());
        }
        context.replied(reply.limit());
    }

    private @Nullable RejectReason decideItem(CommandContext context, DirectBuffer buffer, ItemsDecoder item) {
        final int errorLength = item.errorCodeLength();
        final int errorOffset = command.limit() + ItemsDecoder.errorCodeHeaderLength();
        item.skipErrorCode();
        final int resultLength = item.resultLength();
        final int resultOffset = command.limit() + ItemsDecoder.resultHeaderLength();
        item.skipResult();
        if (item.outcomeRaw() > Outcome.CANCELLED.value()
                || item.resultEncodingRaw() > PayloadEncoding.MSGPACK.value()) {
            return RejectReason.MALFORMED_FRAME;
        }
        if (resultLength > Bounds.INLINE_BYTES_MAX) {
            return RejectReason.PAYLOAD_TOO_LARGE;
        }
        final Outcome outcome = item.outcome();
        if (outcome == Outcome.FAILED) {
            final RejectReason refusal = NameChecks.errorCode(buffer, errorOffset, errorLength);
            if (refusal != null) {
                return refusal;
            }
        }
        if (item.uploadId() != 0 && resultLength > 0) {
            return RejectReason.INVALID_UPLOAD;
        }
        final JobView jobs = context.view().jobs();
        final int slot = LeaseLookup.find(context, item.jobKey(), item.tokenEpoch(), item.token());
        if (slot == RowSlab.NULL_SLOT || item.token() == LeaseToken.NULL_TOKEN) {
            return RejectReason.LEASE_NOT_FOUND;
        }
        if (jobs.state(slot) != JobState.RUNNING) {
            context.touch(jobs.lastPosition(slot));
            // [SILO-REPORT-1]
            return jobs.isReported(slot) ? RejectReason.ALREADY_REPORTED : RejectReason.LEASE_NOT_FOUND;
        }
        Uploads.@Nullable Upload upload = null;
        if (item.uploadId() != 0) {
            upload = context.uploads().find(context.session().id(), item.uploadId());
            if (upload == null || !upload.isComplete()) {
                return RejectReason.UPLOAD_NOT_FOUND;
            }
        }
        ends.result(buffer, resultOffset, resultLength, item.resultEncodingRaw(), upload);
        switch (outcome) {
            case SUCCEEDED -> ends.succeeded(context, slot);
            case FAILED -> ends.failed(context, slot, buffer, errorOffset, errorLength, LeaseEnd.REPORTED);
            case CANCELLED -> ends.cancelled(context, slot, LeaseEnd.REPORTED);
            case NULL_VAL -> throw new IllegalStateException("checked above");
        }
        if (upload != null) {
            context.uploads().remove(upload);
        }
        return null;
    }
}
