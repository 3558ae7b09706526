package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.protocol.reply.ErrorReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A reply as it left. Immutable.
 *
 * @param durablePosition of the log when it left.
 */
record ModelReply(
        Session session,
        int templateId,
        long correlationId,
        long position,
        long shardEpoch,
        int code,
        boolean isDurable,
        long durablePosition,
        UnsafeBuffer bytes) {
    /** A task as a worker is told it. */
    record Task(
            long jobKey,
            long tokenEpoch,
            long token,
            long enqueuedAtMs,
            long startAtMs,
            long attempt,
            long relativeAttempt,
            long leaseMs,
            long maxRunMs,
            long payloadBytes,
            long payloadCrc,
            int priority,
            boolean isLastAttempt,
            int payloadEncoding,
            List<ModelLimit> limits,
            List<String> metadata,
            String tenant,
            String taskGroup,
            String jobId,
            String uniqueKey,
            String payload) {
        /** The same without its payload, which is left out where it does not fit. */
        Task withoutPayload() {
            return new Task(
                    jobKey,
                    tokenEpoch,
                    token,
                    enqueuedAtMs,
                    startAtMs,
                    attempt,
                    relativeAttempt,
                    leaseMs,
                    maxRunMs,
                    payloadBytes,
                    payloadCrc,
                    priority,
                    isLastAttempt,
                    payloadEncoding,
                    limits,
                    metadata,
                    tenant,
                    taskGroup,
                    jobId,
                    uniqueKey,
                    "");
        }
    }

    static ModelReply decode(Session session, DirectBuffer buffer, int offset, int length, long durablePosition) {
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        final MessageHeaderDecoder message = new MessageHeaderDecoder().wrap(copy, 0);
        final ReplyHeaderDecoder d = new ReplyHeaderDecoder().wrap(copy, MessageHeaderDecoder.ENCODED_LENGTH);
        return new ModelReply(
                session,
                message.templateId(),
                d.correlationId(),
                d.position(),
                d.shardEpoch(),
                d.code(),
                d.durabilityRaw() == 0,
                durablePosition,
                copy);
    }

    boolean isRefusal() {
        return templateId == ErrorReplyDecoder.TEMPLATE_ID;
    }

    boolean isTasks() {
        return templateId == TasksLeasedDecoder.TEMPLATE_ID;
    }

    long subscriptionId() {
        return new TasksLeasedDecoder()
                .wrapAndApplyHeader(bytes, 0, new MessageHeaderDecoder())
                .subscriptionId();
    }

    List<Task> tasks() {
        Claim.check(isTasks(), "%s is no TasksLeased", this);
        final TasksLeasedDecoder d = new TasksLeasedDecoder().wrapAndApplyHeader(bytes, 0, new MessageHeaderDecoder());
        final List<Task> tasks = new ArrayList<>();
        for (TasksLeasedDecoder.TasksDecoder t : d.tasks()) {
            final List<String> metadata = new ArrayList<>();
            final long[] head = {
                t.jobKey(),
                t.tokenEpoch(),
                t.token(),
                t.enqueuedAtMs(),
                t.startAtMs(),
                t.attempt(),
                t.relativeAttempt(),
                t.leaseMs(),
                t.maxRunMs(),
                t.payloadBytes(),
                t.payloadCrc()
            };
            final int priority = t.priority();
            final boolean isLast = t.isLastAttempt() != 0;
            final int encoding = t.payloadEncodingRaw();
            final List<ModelLimit> limits = new ArrayList<>();
            for (TasksLeasedDecoder.TasksDecoder.LimitsDecoder limit : t.limits()) {
                limits.add(new ModelLimit(
                        Text.of(limit.keyLength(), limit::getKey),
                        limit.maxConcurrency(),
                        Text.of(limit.detailsLength(), limit::getDetails)));
            }
            for (TasksLeasedDecoder.TasksDecoder.MetadataDecoder entry : t.metadata()) {
                metadata.add(Text.of(entry.keyLength(), entry::getKey));
                metadata.add(Text.of(entry.valueLength(), entry::getValue));
            }
            tasks.add(new Task(
                    head[0],
                    head[1],
                    head[2],
                    head[3],
                    head[4],
                    head[5],
                    head[6],
                    head[7],
                    head[8],
                    head[9],
                    head[10],
                    priority,
                    isLast,
                    encoding,
                    limits,
                    metadata,
                    Text.of(t.tenantLength(), t::getTenant),
                    Text.of(t.taskGroupLength(), t::getTaskGroup),
                    Text.of(t.jobIdLength(), t::getJobId),
                    Text.of(t.uniqueKeyLength(), t::getUniqueKey),
                    Text.of(t.payloadLength(), t::getPayload)));
        }
        return tasks;
    }

    @Override
    public String toString() {
        return "reply " + templateId + " to " + correlationId + " of session " + session.id() + " at " + position
                + (isDurable ? " durable" : " appended") + " code " + code;
    }
}
