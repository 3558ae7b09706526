package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about leases that no subscription asked for. */
final class LeaseCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private LeaseCalls() {}

    /** Leases one job by its id. Its request id makes a repeat get the same lease. */
    static final class LeaseJob extends JobCalls.TenantCall<TaskData> {
        private final JobRef job;
        private final String workerId;
        private final Durability durability;
        private final long requestIdHigh = ThreadLocalRandom.current().nextLong() | 1;
        private final long requestIdLow = ThreadLocalRandom.current().nextLong();

        LeaseJob(JobRef job, String workerId, Durability durability, long deadlineNs) {
            super(ShardMap.hash(job.tenant()), deadlineNs);
            this.job = job;
            this.workerId = workerId;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.leaseJob.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.requestIdHigh(requestIdHigh)
                    .requestIdLow(requestIdLow)
                    .tenant(job.tenant())
                    .jobId(job.id())
                    .workerId(workerId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onTasksLeased(TasksLeasedDecoder reply) {
            for (final TasksLeasedDecoder.TasksDecoder task : reply.tasks()) {
                succeed(TaskData.of(task));
                return;
            }
            fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "Expected a task, but the server sent none."));
        }
    }

    /** Leases ready tasks. Its request id makes a repeat get the same leases. */
    static final class LeaseTasks extends JobCalls.TenantCall<List<TaskData>> {
        private final TaskPoll poll;
        private final Durability durability;
        private final long requestIdHigh = ThreadLocalRandom.current().nextLong() | 1;
        private final long requestIdLow = ThreadLocalRandom.current().nextLong();

        LeaseTasks(TaskPoll poll, Durability durability, long deadlineNs) {
            super(poll.tenantHash(), deadlineNs);
            this.poll = poll;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.leaseTasks.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.requestIdHigh(requestIdHigh)
                    .requestIdLow(requestIdLow)
                    .waitMs(poll.longPoll().toMillis())
                    .maxTasks(poll.max())
                    .tenant(poll.tenant())
                    .taskGroup(poll.taskGroup())
                    .workerId(poll.workerId());
            return HEADER + command.encodedLength();
        }

        @Override
        public void onTasksLeased(TasksLeasedDecoder reply) {
            final List<TaskData> leased = new ArrayList<>();
            for (final TasksLeasedDecoder.TasksDecoder task : reply.tasks()) {
                leased.add(TaskData.of(task));
            }
            succeed(List.copyOf(leased));
        }
    }

    /** A call about a lease that is held. */
    abstract static class LeaseCall<T> extends JobCalls.TenantCall<T> {
        final LeaseId lease;
        final String workerId;
        final Durability durability;
        private boolean mayHaveTakenEffect;

        LeaseCall(LeaseId lease, String workerId, Durability durability, long deadlineNs) {
            super(lease.tenantHash(), deadlineNs);
            this.lease = lease;
            this.workerId = workerId;
            this.durability = durability;
        }

        @Override
        final boolean isAnswerShort() {
            return true;
        }

        /** Whether it was sent before and had no answer: what it finds may be its own doing. */
        final boolean mayHaveTakenEffect() {
            return mayHaveTakenEffect;
        }

        @Override
        public void onUnknownOutcome(long correlationId) {
            mayHaveTakenEffect = true;
            super.onUnknownOutcome(correlationId);
        }

        final void end(T value, @Nullable RejectReason refused) {
            if (refused == null) {
                succeed(value);
            } else {
                fail(new SiloException(refused));
            }
        }
    }

    /** Renews a lease. Its value: when the job was asked to be cancelled. */
    static final class Renew extends LeaseCall<Optional<Instant>> {
        Renew(LeaseId lease, String workerId, long deadlineNs) {
            super(lease, workerId, Durability.DURABLE, deadlineNs);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.heartbeat.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.leasesCount(1)
                    .next()
                    .jobKey(lease.jobKey())
                    .tokenEpoch(lease.tokenEpoch())
                    .token(lease.token());
            command.workerId(workerId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onHeartbeatReply(HeartbeatReplyDecoder reply) {
            for (final HeartbeatReplyDecoder.LeasesDecoder answer : reply.leases()) {
                end(
                        answer.cancelled() == 1
                                ? Optional.of(Instant.ofEpochMilli(answer.cancelledAtMs()))
                                : Optional.empty(),
                        JobCalls.reason(answer.code()));
            }
        }
    }

    /** Ends a lease with an outcome. */
    static final class Report extends LeaseCall<Boolean> {
        private final TaskResult result;
        private final long uploadId;

        Report(LeaseId lease, TaskResult result, long uploadId, Durability durability, long deadlineNs) {
            super(lease, "", durability, deadlineNs);
            this.result = result;
            this.uploadId = uploadId;
        }

        @Override
        long heldBytes() {
            return uploadId == 0 ? result.data.size() : 0;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.reportOutcome.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.subscriptionId(0).credits(0);
            WorkerCalls.encodeOutcome(
                    command.itemsCount(1)
                            .next()
                            .jobKey(lease.jobKey())
                            .tokenEpoch(lease.tokenEpoch())
                            .token(lease.token()),
                    result,
                    uploadId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onOutcomeReply(OutcomeReplyDecoder reply) {
            for (final OutcomeReplyDecoder.ResultsDecoder answer : reply.results()) {
                final @Nullable RejectReason refused = JobCalls.reason(answer.code());
                end(true, mayHaveTakenEffect() && refused == RejectReason.ALREADY_REPORTED ? null : refused);
            }
        }
    }

    /** Gives a lease back unspent. */
    static final class Return extends LeaseCall<Boolean> {
        private final long snoozeMs;

        Return(LeaseId lease, String workerId, long snoozeMs, Durability durability, long deadlineNs) {
            super(lease, workerId, durability, deadlineNs);
            this.snoozeMs = snoozeMs;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            return WorkerCalls.encodeReturn(codecs, buffer, target, durability, List.of(lease), snoozeMs, workerId);
        }

        @Override
        public void onOutcomeReply(OutcomeReplyDecoder reply) {
            for (final OutcomeReplyDecoder.ResultsDecoder answer : reply.results()) {
                final @Nullable RejectReason refused = JobCalls.reason(answer.code());
                end(true, mayHaveTakenEffect() && refused == RejectReason.LEASE_NOT_FOUND ? null : refused);
            }
        }
    }
}
