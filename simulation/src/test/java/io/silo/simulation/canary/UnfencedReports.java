package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.simulation.broker.SimParts;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;

/** No fencing: a report under an old token counts for the job's newest lease. */
final class UnfencedReports extends SimParts {
    private record Token(long epoch, long token) {}

    /** The newest token of each job key, the highest of its shard's. */
    private final Map<Long, Token> newest = new HashMap<>();

    @Override
    public ReplySink replies(ReplySink replies) {
        newest.clear();
        return new Grants(replies);
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return new Reports(consumer);
    }

    /** Learns tokens. */
    private final class Grants extends ReplyBug {
        private final io.silo.protocol.reply.MessageHeaderDecoder header =
                new io.silo.protocol.reply.MessageHeaderDecoder();
        private final TasksLeasedDecoder grant = new TasksLeasedDecoder();

        Grants(ReplySink sink) {
            super(sink);
        }

        @Override
        void reply(Session session, int templateId, UnsafeBuffer reply) {
            if (templateId == TasksLeasedDecoder.TEMPLATE_ID) {
                grant.wrapAndApplyHeader(reply, 0, header);
                for (TasksLeasedDecoder.TasksDecoder task : grant.tasks()) {
                    newest.put(task.jobKey(), new Token(task.tokenEpoch(), task.token()));
                    task.sbeSkip();
                }
            }
            pass(session, reply);
        }
    }

    /** Rewrites tokens. */
    private final class Reports extends CommandBug {
        private final MessageHeaderDecoder header = new MessageHeaderDecoder();
        private final ReportOutcomeDecoder report = new ReportOutcomeDecoder();

        Reports(CommandConsumer agent) {
            super(agent);
        }

        @Override
        Disposition command(Session session, int templateId, UnsafeBuffer command) {
            if (templateId == ReportOutcomeDecoder.TEMPLATE_ID) {
                report.wrapAndApplyHeader(command, 0, header);
                ReportOutcomeDecoder.ItemsDecoder items = report.items();
                while (items.hasNext()) {
                    int at = report.limit();
                    items.next();
                    Token token = newest.get(items.jobKey());
                    if (token != null) {
                        int epochAt = at + ReportOutcomeDecoder.ItemsDecoder.tokenEpochEncodingOffset();
                        int tokenAt = at + ReportOutcomeDecoder.ItemsDecoder.tokenEncodingOffset();
                        command.putLong(epochAt, token.epoch(), ByteOrder.LITTLE_ENDIAN);
                        command.putLong(tokenAt, token.token(), ByteOrder.LITTLE_ENDIAN);
                    }
                    items.sbeSkip();
                }
            }
            return pass(session, command);
        }
    }
}
