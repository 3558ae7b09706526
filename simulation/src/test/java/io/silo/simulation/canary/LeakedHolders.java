package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.OutcomeReplyEncoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.simulation.broker.SimParts;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Leaked holders: a report is answered as accepted now and then and never decided, so that its leases stay. */
final class LeakedHolders extends SimParts {
    private static final int REPORTS_PER_LEAK = 4;

    private @Nullable ReplySink sink;

    /** Epoch and position of the last answer of each shard. */
    private final Map<Integer, Place> places = new HashMap<>();

    private record Place(long epoch, long position) {}

    @Override
    public ReplySink replies(ReplySink replies) {
        sink = replies;
        return new Places(replies);
    }

    /** Learns what a true answer would name. */
    private final class Places extends ReplyBug {
        private final ReplyHeaderDecoder header = new ReplyHeaderDecoder();

        Places(ReplySink sink) {
            super(sink);
        }

        @Override
        void reply(Session session, int templateId, UnsafeBuffer reply) {
            header.wrap(reply, MessageHeaderEncoder.ENCODED_LENGTH);
            if (header.position() >= 0) {
                places.put(header.shard(), new Place(header.shardEpoch(), header.position()));
            }
            pass(session, reply);
        }
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return new Reports(consumer, Objects.requireNonNull(sink, "sinks are made first"));
    }

    private final class Reports extends CommandBug {
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
            Place place = places.get(report.header().shard());
            if (place == null) {
                return pass(session, command);
            }
            OutcomeReplyEncoder reply =
                    new OutcomeReplyEncoder().wrapAndApplyHeader(out, 0, new MessageHeaderEncoder());
            reply.header()
                    .correlationId(report.header().correlationId())
                    .position(place.position())
                    .shardEpoch(place.epoch())
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
