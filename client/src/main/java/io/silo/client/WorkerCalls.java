package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.SubscribeReplyDecoder;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls of a worker. Each addresses a shard that is known, not one to be found by a tenant. */
final class WorkerCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private WorkerCalls() {}

    abstract static class Fixed<T> extends Call<T> {
        private final ShardMap.Target target;

        Fixed(ShardMap.Target target, long deadlineNs) {
            super(deadlineNs);
            this.target = target;
        }

        @Override
        ShardMap.Target target(ShardMap map) {
            return target;
        }
    }

    /** Belongs to one session: of no use in the next, and so not sent again. */
    abstract static class OfSession<T> extends Fixed<T> {
        private final ShardLink link;
        private final long sessionId;

        OfSession(ShardLink link, ShardMap.Target target, long deadlineNs) {
            super(target, deadlineNs);
            this.link = link;
            this.sessionId = link.sessionId();
        }

        @Override
        ShardMap.Target target(ShardMap map) {
            if (link.sessionId() != sessionId || !link.isOpen()) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME));
            }
            return super.target(map);
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            if (link.isOpen() && link.sessionId() == sessionId) {
                // No answer in a session that lives: whether the credits count is not known. A new session knows.
                link.reconnect();
            }
            fail(new SiloException(RejectReason.UNKNOWN_OUTCOME));
        }
    }

    static final class Subscribe extends OfSession<Boolean> {
        private final long subscriptionId;
        private final int credits;
        private final TaskFeed feed;
        private final Durability durability;

        Subscribe(
                ShardLink link,
                ShardMap.Target target,
                long subscriptionId,
                int credits,
                TaskFeed feed,
                Durability durability,
                long deadlineNs) {
            super(link, target, deadlineNs);
            this.subscriptionId = subscriptionId;
            this.credits = credits;
            this.feed = feed;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.subscribe.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.subscriptionId(subscriptionId)
                    .credits(credits)
                    .tenant(feed.tenant())
                    .taskGroup(feed.taskGroup())
                    .workerId(feed.workerId());
            return HEADER + command.encodedLength();
        }

        @Override
        public void onSubscribeReply(SubscribeReplyDecoder reply) {
            succeed(true);
        }
    }

    static final class Unsubscribe extends OfSession<Boolean> {
        private final long subscriptionId;

        Unsubscribe(ShardLink link, ShardMap.Target target, long subscriptionId, long deadlineNs) {
            super(link, target, deadlineNs);
            this.subscriptionId = subscriptionId;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.unsubscribe.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.subscriptionId(subscriptionId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onSubscribeReply(SubscribeReplyDecoder reply) {
            succeed(true);
        }
    }

    /** Renews leases named one by one, so that the answer tells which are lost. */
    static final class Heartbeat extends Fixed<Boolean> {
        private final List<HeldTask> tasks;
        private final String workerId;
        private final WorkerSession session;

        Heartbeat(
                ShardMap.Target target, List<HeldTask> tasks, WorkerSession session, String workerId, long deadlineNs) {
            super(target, deadlineNs);
            this.tasks = tasks;
            this.session = session;
            this.workerId = workerId;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final HeartbeatEncoder command = codecs.heartbeat.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            final HeartbeatEncoder.LeasesEncoder leases = command.leasesCount(tasks.size());
            for (final HeldTask task : tasks) {
                leases.next()
                        .jobKey(task.data.jobKey())
                        .tokenEpoch(task.data.tokenEpoch())
                        .token(task.data.token());
            }
            command.workerId(workerId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onHeartbeatReply(HeartbeatReplyDecoder reply) {
            int i = 0;
            for (final HeartbeatReplyDecoder.LeasesDecoder lease : reply.leases()) {
                final HeldTask task = tasks.get(i++);
                session.onRenewed(task, lease.code(), lease.cancelled() == 1);
            }
            succeed(true);
        }
    }

    /** An outcome to be reported. */
    record Report(HeldTask task, TaskResult result, long uploadId) {
        int inlineLength() {
            return 64 + 3 * result.errorCode.length() + (uploadId == 0 ? result.data.size() : 0);
        }
    }

    /** Encodes one outcome of the lease that the item names; a snooze is none. */
    static void encodeOutcome(ReportOutcomeEncoder.ItemsEncoder item, TaskResult result, long uploadId) {
        item.uploadId(uploadId)
                .outcome(outcome(result.kind))
                .resultEncoding(CommandCodecs.wire(result.data.encoding()))
                .errorCode(result.errorCode);
        final byte[] bytes = uploadId == 0 ? result.data.bytes() : Payload.EMPTY.bytes();
        item.putResult(bytes, 0, bytes.length);
    }

    private static Outcome outcome(TaskResult.Kind kind) {
        return switch (kind) {
            case SUCCESS -> Outcome.SUCCEEDED;
            case FAILURE -> Outcome.FAILED;
            case CANCELLED -> Outcome.CANCELLED;
            case SNOOZE -> throw new IllegalStateException("a snoozed lease is returned");
        };
    }

    /** Encodes ReturnLeases; at most {@link Bounds#BATCH_ITEMS_MAX} leases. */
    static int encodeReturn(
            CommandCodecs codecs,
            MutableDirectBuffer buffer,
            ShardMap.Target target,
            Durability durability,
            List<LeaseId> named,
            long snoozeMs,
            String workerId) {
        final ReturnLeasesEncoder command = codecs.returnLeases.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
        CommandCodecs.fill(command.header(), target, durability);
        final ReturnLeasesEncoder.LeasesEncoder leases = command.leasesCount(named.size());
        for (final LeaseId lease : named) {
            leases.next()
                    .jobKey(lease.jobKey())
                    .tokenEpoch(lease.tokenEpoch())
                    .token(lease.token())
                    .snoozeMs(snoozeMs);
        }
        command.workerId(workerId);
        return HEADER + command.encodedLength();
    }

    /** Reports outcomes of one shard, and gives the credits of the subscription back. */
    static final class ReportOutcome extends OfSession<Boolean> {
        private final List<Report> reports;
        private final WorkerSession session;
        private final ShardLink link;
        private final long subscriptionId;
        private final int credits;

        ReportOutcome(
                ShardLink link,
                ShardMap.Target target,
                WorkerSession session,
                List<Report> reports,
                int credits,
                long deadlineNs) {
            super(link, target, deadlineNs);
            this.link = link;
            this.session = session;
            this.reports = reports;
            this.credits = credits;
            this.subscriptionId = session.subscriptionId(link);
        }

        /** The report itself waits for ever; one sending of it does not. */
        @Override
        long answerTimeoutNs(long nowNs) {
            return session.requestTimeoutNs();
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ReportOutcomeEncoder command =
                    codecs.reportOutcome.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, session.durability());
            command.subscriptionId(subscriptionId).credits(subscriptionId == 0 ? 0 : credits);
            final ReportOutcomeEncoder.ItemsEncoder items = command.itemsCount(reports.size());
            for (final Report report : reports) {
                final TaskData data = report.task.data;
                items.next().jobKey(data.jobKey()).tokenEpoch(data.tokenEpoch()).token(data.token());
                encodeOutcome(items, report.result, report.uploadId);
            }
            return HEADER + command.encodedLength();
        }

        @Override
        public void onOutcomeReply(OutcomeReplyDecoder reply) {
            int i = 0;
            for (final OutcomeReplyDecoder.ResultsDecoder result : reply.results()) {
                session.onReported(link, reports.get(i++), result.code());
            }
            succeed(true);
        }

        @Override
        public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
            if (reason != null && reason.isTransient()) {
                fail(new SiloException(reason));
            } else {
                super.onError(correlationId, reason, code, retryAfterMs);
            }
        }
    }

    /** Gives leases back unspent. */
    static final class ReturnLeases extends Fixed<Boolean> {
        private final List<LeaseId> named;
        private final String workerId;

        /** @param named at most {@link Bounds#BATCH_ITEMS_MAX}. */
        ReturnLeases(ShardMap.Target target, List<LeaseId> named, String workerId, long deadlineNs) {
            super(target, deadlineNs);
            this.named = named;
            this.workerId = workerId;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            return encodeReturn(codecs, buffer, target, Durability.APPENDED, named, 0, workerId);
        }

        @Override
        public void onOutcomeReply(OutcomeReplyDecoder reply) {
            succeed(true);
        }
    }

    /**
     * Snoozes a task. Sent until the server has answered, as an outcome is: a lease that ran out instead would count as a crash. Its
     * value is the wire number of the answer.
     */
    static final class Snooze extends Fixed<Integer> {
        private final HeldTask task;
        private final WorkerSession session;
        private final long snoozeMs;
        private final String workerId;
        private boolean mayHaveTakenEffect;

        Snooze(HeldTask task, WorkerSession session, long snoozeMs, String workerId, long deadlineNs) {
            super(task.target, deadlineNs);
            this.task = task;
            this.session = session;
            this.snoozeMs = snoozeMs;
            this.workerId = workerId;
        }

        @Override
        long answerTimeoutNs(long nowNs) {
            return session.requestTimeoutNs();
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            return encodeReturn(
                    codecs, buffer, target, session.durability(), List.of(task.data.leaseId()), snoozeMs, workerId);
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            mayHaveTakenEffect = true;
            super.onUnknownOutcome(correlationId);
        }

        @Override
        public void onOutcomeReply(OutcomeReplyDecoder reply) {
            for (final OutcomeReplyDecoder.ResultsDecoder result : reply.results()) {
                final int code = result.code();
                succeed(mayHaveTakenEffect && code == RejectReason.LEASE_NOT_FOUND.code() ? RejectReason.OK : code);
            }
        }

        @Override
        public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
            if (reason != null && reason.isTransient()) {
                again(session.retryDelayNs());
            } else {
                super.onError(correlationId, reason, code, retryAfterMs);
            }
        }
    }
}
