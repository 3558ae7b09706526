package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.OutcomeReplyEncoder;
import io.silo.simulation.broker.SimParts;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Leaked holders: a report is answered as accepted now and then and never decided, so that its leases stay. */
final class LeakedHolders extends SimParts {
    private static final int REPORTS_PER_LEAK = 4;

    private @Nullable ReplySink sink;

    @Override
    public ReplySink replies(ReplySink replies) {
        sink = replies;
        return replies;
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return new Reports(consumer, Objects.requireNonNull(sink, "sinks are made first"));
    }

    private static final class Reports extends CommandBug {
        private final ReplySink sink;
        private final MessageHeaderDecoder header = new MessageHeaderDecoder();
        private final ReportOutcomeDecoder report = new ReportOutcomeDecoder();
        private final UnsafeBuffer out = new UnsafeBuffer(new byte[64 * 1024]);
        private int reports;

        Reports(CommandConsumer agent, ReplySink sink) {
            super(agent);
            this.sink = sink;
        }

        @Override
        Disposition command(Session session, int templateId, UnsafeBuffer command) {
            if (templateId != ReportOutcomeDecoder.TEMPLATE_ID || ++reports % REPORTS_PER_LEAK != 0) {
                return pass(session, command);
            }
            report.wrapAndApplyHeader(command, 0, header);
            OutcomeReplyEncoder reply =
                    new OutcomeReplyEncoder().wrapAndApplyHeader(out, 0, new MessageHeaderEncoder());
            reply.header()
                    .correlationId(report.header().correlationId())
                    .position(0)
                    .shardEpoch(report.header().shardEpoch())
                    .shard(report.header().shard())
                    .code(0)
                    .durability(Durability.DURABLE);
            ReportOutcomeDecoder.ItemsDecoder items = report.items();
            OutcomeReplyEncoder.ResultsEncoder results = reply.resultsCount(items.count());
            for (ReportOutcomeDecoder.ItemsDecoder item : items) {
                results.next().jobKey(item.jobKey()).code(0);
                item.sbeSkip();
            }
            sink.send(session, out, 0, MessageHeaderEncoder.ENCODED_LENGTH + reply.encodedLength());
            return Disposition.CONSUMED;
        }
    }
}
