package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about many leases of one shard, each of which has an answer of its own. */
final class LeaseBatchCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    /** Bytes of a lease in a message, and what an outcome has beside its texts; a few more rather than less. */
    static final int LEASE_BYTES = 64;

    private LeaseBatchCalls() {}

    /** Bytes of an outcome in a message, a few more rather than less. */
    static int length(LeaseOutcome outcome) {
        final TaskResult result = outcome.result();
        return LEASE_BYTES + JobRequest.utf8Length(result.errorCode) + result.data.size();
    }

    static long length(List<LeaseOutcome> outcomes) {
        return outcomes.stream().mapToLong(LeaseBatchCalls::length).sum();
    }

    /** A batch for the shard of its first lease; all are of that shard. */
    abstract static class OfLeases extends JobCalls.TenantCall<List<LeaseAnswer>> {
        private final int count;

        /** What a lease that is gone may be told of, if an earlier sending of the same call ended it. */
        private final @Nullable RejectReason repeated;

        private boolean mayHaveTakenEffect;

        OfLeases(LeaseId first, int count, @Nullable RejectReason repeated, long deadlineNs) {
            super(first.tenantHash(), deadlineNs);
            this.count = count;
            this.repeated = repeated;
        }

        @Override
        long heldBytes() {
            return (long) count * LEASE_BYTES;
        }

        @Override
        public final void onUnknownOutcome(long correlationId) {
            mayHaveTakenEffect = true;
            super.onUnknownOutcome(correlationId);
        }

        @Override
        public final void onOutcomeReply(OutcomeReplyDecoder reply) {
            final List<LeaseAnswer> answers = new ArrayList<>(count);
            for (final OutcomeReplyDecoder.ResultsDecoder result : reply.results()) {
                final RejectReason refused = JobCalls.reason(result.code());
                answers.add(LeaseAnswer.of(mayHaveTakenEffect && refused == repeated ? null : refused));
            }
            end(answers);
        }

        final void end(List<LeaseAnswer> answers) {
            if (answers.size() == count) {
                succeed(answers);
            } else {
                fail(new SiloException(
                        RejectReason.UNKNOWN_OUTCOME,
                        "Expected " + count + " results, but the server sent " + answers.size() + "."));
            }
        }
    }

    /** Renews leases. */
    static final class Renew extends OfLeases {
        private final List<LeaseId> leases;
        private final String workerId;

        Renew(List<LeaseId> leases, String workerId, long deadlineNs) {
            super(leases.get(0), leases.size(), null, deadlineNs);
            this.leases = leases;
            this.workerId = workerId;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final HeartbeatEncoder command = codecs.heartbeat.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            final HeartbeatEncoder.LeasesEncoder group = command.leasesCount(leases.size());
            for (final LeaseId lease : leases) {
                group.next()
                        .jobKey(lease.jobKey())
                        .tokenEpoch(lease.tokenEpoch())
                        .token(lease.token());
            }
            command.workerId(workerId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onHeartbeatReply(HeartbeatReplyDecoder reply) {
            final List<LeaseAnswer> answers = new ArrayList<>(leases.size());
            for (final HeartbeatReplyDecoder.LeasesDecoder answer : reply.leases()) {
                final RejectReason refused = JobCalls.reason(answer.code());
                answers.add(
                        refused == null && answer.cancelled() == 1
                                ? LeaseAnswer.cancelled(Instant.ofEpochMilli(answer.cancelledAtMs()))
                                : LeaseAnswer.of(refused));
            }
            end(answers);
        }
    }

    /** Ends leases with outcomes, none of which has a result to be uploaded. */
    static final class Report extends OfLeases {
        private final List<LeaseOutcome> outcomes;
        private final Durability durability;

        Report(List<LeaseOutcome> outcomes, Durability durability, long deadlineNs) {
            super(outcomes.get(0).lease(), outcomes.size(), RejectReason.ALREADY_REPORTED, deadlineNs);
            this.outcomes = outcomes;
            this.durability = durability;
        }

        @Override
        long heldBytes() {
            return length(outcomes);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.reportOutcome.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.subscriptionId(0).credits(0);
            final ReportOutcomeEncoder.ItemsEncoder items = command.itemsCount(outcomes.size());
            for (final LeaseOutcome outcome : outcomes) {
                final LeaseId lease = outcome.lease();
                items.next()
                        .jobKey(lease.jobKey())
                        .tokenEpoch(lease.tokenEpoch())
                        .token(lease.token());
                WorkerCalls.encodeOutcome(items, outcome.result(), 0);
            }
            return HEADER + command.encodedLength();
        }
    }

    /** Gives leases back unspent. */
    static final class Return extends OfLeases {
        private final List<LeaseId> leases;
        private final String workerId;
        private final Durability durability;

        Return(List<LeaseId> leases, String workerId, Durability durability, long deadlineNs) {
            super(leases.get(0), leases.size(), RejectReason.LEASE_NOT_FOUND, deadlineNs);
            this.leases = leases;
            this.workerId = workerId;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            return WorkerCalls.encodeReturn(codecs, buffer, target, durability, leases, 0, workerId);
        }
    }
}
