package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.CancelJobsDecoder;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.ExpediteJobsEncoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder.ResultsDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.simulation.broker.SimParts;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Set;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A cancel is acknowledged and forgotten: of jobs that wait, so that they stay in their queue, or of those that run, so that a failure
 * is tried again. In its place the job is expedited, which leaves its attempt alone.
 */
final class LostCancels extends SimParts {
    private final boolean ofRunning;

    /** Session and correlation id of each call that is not what its client believes. */
    private final Set<String> calls = new HashSet<>();

    private LostCancels(boolean ofRunning) {
        this.ofRunning = ofRunning;
    }

    static LostCancels ofWaiting() {
        return new LostCancels(false);
    }

    static LostCancels ofRunning() {
        return new LostCancels(true);
    }

    private static String name(Session session, long correlationId) {
        return session.id() + "." + correlationId;
    }

    @Override
    public ReplySink replies(ReplySink replies) {
        calls.clear();
        return new Answers(replies);
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return new Cancels(consumer);
    }

    /** Turns cancels into something else. */
    private final class Cancels extends CommandBug {
        private final CommandHeaderDecoder header = new CommandHeaderDecoder();

        Cancels(CommandConsumer agent) {
            super(agent);
        }

        @Override
        Disposition command(Session session, int templateId, UnsafeBuffer command) {
            if (templateId == CancelJobsDecoder.TEMPLATE_ID) {
                header.wrap(command, MessageHeaderDecoder.ENCODED_LENGTH);
                calls.add(name(session, header.correlationId()));
                new MessageHeaderEncoder().wrap(command, 0).templateId(ExpediteJobsEncoder.TEMPLATE_ID);
            }
            return pass(session, command);
        }
    }

    /** Says that they came true. */
    private final class Answers extends ReplyBug {
        private final io.silo.protocol.reply.MessageHeaderDecoder message =
                new io.silo.protocol.reply.MessageHeaderDecoder();
        private final ReplyHeaderDecoder header = new ReplyHeaderDecoder();
        private final JobsChangedReplyDecoder reply = new JobsChangedReplyDecoder();

        Answers(ReplySink sink) {
            super(sink);
        }

        @Override
        void reply(Session session, int templateId, UnsafeBuffer bytes) {
            header.wrap(bytes, io.silo.protocol.reply.MessageHeaderDecoder.ENCODED_LENGTH);
            if (templateId == JobsChangedReplyDecoder.TEMPLATE_ID
                    && calls.contains(name(session, header.correlationId()))) {
                reply.wrapAndApplyHeader(bytes, 0, message);
                ResultsDecoder results = reply.results();
                while (results.hasNext()) {
                    int at = reply.limit();
                    results.next();
                    answer(bytes, at, results.code());
                }
            }
            pass(session, bytes);
        }

        private void answer(UnsafeBuffer bytes, int at, int code) {
            boolean isRunning = code == RejectReason.JOB_RUNNING.code();
            boolean isWaiting = code == RejectReason.OK || code == RejectReason.JOB_ALREADY_READY.code();
            if (isRunning == ofRunning && (isRunning || isWaiting)) {
                JobStatus status = isRunning ? JobStatus.RUNNING : JobStatus.CANCELLED;
                bytes.putShort(at + ResultsDecoder.codeEncodingOffset(), (short) 0, ByteOrder.LITTLE_ENDIAN);
                bytes.putByte(at + ResultsDecoder.statusEncodingOffset(), (byte) status.value());
            } else if (isRunning || isWaiting) {
                int refused = RejectReason.JOB_TERMINAL.code();
                bytes.putShort(at + ResultsDecoder.codeEncodingOffset(), (short) refused, ByteOrder.LITTLE_ENDIAN);
            }
        }
    }
}
