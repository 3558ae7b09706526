package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.ReadEventsEncoder;
import io.silo.protocol.reply.JobEventsReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.agrona.MutableDirectBuffer;

/**
 * Reads what happened to jobs, shard by shard, in the order of the log: each change once, and only what is durable. Who keeps
 * {@link EventPage#nextPosition} and {@link EventPage#nextIndex} goes on there later, after a restart of the server too. Any thread.
 */
public final class ShardEvents {
    /** Instead of a position: the first record that is still in the log. */
    public static final long FIRST = -1;

    /** Instead of a position: behind all that is durable now. */
    public static final long END = -2;

    /** Events of a page, at most. */
    public static final int PAGE_EVENTS_MAX = 256;

    /** Events of a record, at most: no index is higher. */
    public static final int INDEX_MAX = 65_535;

    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private final SiloClient client;

    public ShardEvents(SiloClient client) {
        this.client = client;
    }

    /**
     * Reads a page. One from the end is empty and tells where the end is.
     *
     * <p>Fails with POSITION_TRIMMED if the log was cleaned of the position meanwhile; the message says where it begins now. With
     * POSITION_AHEAD if the log ends before it: it is another's, or was reset or restored from a backup.
     *
     * @param tenantHash any that the shard holds.
     * @param tenant empty = all that this client may see.
     * @param position 0 or more, {@link #FIRST} or {@link #END}.
     * @param index event of that record to begin with, 0 to {@link #INDEX_MAX}; behind its last one = the next record.
     * @param eventsMax 0 to {@link #PAGE_EVENTS_MAX}; with 0 only positions are told.
     */
    public CompletableFuture<EventPage> page(long tenantHash, String tenant, long position, int index, int eventsMax) {
        return client.withMap()
                .thenCompose(map -> {
                    final ShardMap.Target shard = map.target(tenantHash);
                    return shard == null
                            ? CompletableFuture.<EventPage>failedFuture(new SiloException(RejectReason.NOT_OWNER))
                            : client.submit(new ReadEvents(
                                    shard.shard(), tenant, position, index, eventsMax, client.deadlineNs()));
                })
                .exceptionallyCompose(failed -> isTrimmed(failed)
                        ? page(tenantHash, tenant, FIRST, 0, 0)
                                .thenCompose(now -> CompletableFuture.failedFuture(new SiloException(
                                        RejectReason.POSITION_TRIMMED,
                                        "The log no longer reaches back to position " + position
                                                + "; its first position is " + now.firstPosition() + ".")))
                        : CompletableFuture.failedFuture(failed));
    }

    private static boolean isTrimmed(Throwable failed) {
        final Throwable cause = failed instanceof CompletionException ? failed.getCause() : failed;
        return cause instanceof SiloException refused && refused.reason() == RejectReason.POSITION_TRIMMED;
    }

    private static final class ReadEvents extends ShardCall<EventPage> {
        private final String tenant;
        private final long position;
        private final int index;
        private final int eventsMax;

        ReadEvents(int shard, String tenant, long position, int index, int eventsMax, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.tenant = tenant;
            this.position = position;
            this.index = index;
            this.eventsMax = eventsMax;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ReadEventsEncoder command = codecs.readEvents.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.fromPosition(position).fromIndex(index).eventsMax(eventsMax).tenant(tenant);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobEventsReply(JobEventsReplyDecoder reply) {
            final long nextPosition = reply.nextPosition();
            final int nextIndex = (int) reply.nextIndex();
            final boolean isAtEnd = reply.isAtEnd() != 0;
            final List<JobEvent> events = new ArrayList<>();
            for (final JobEventsReplyDecoder.EventsDecoder event : reply.events()) {
                events.add(event(event));
            }
            if (!isAtEnd && eventsMax > 0 && nextPosition == position && nextIndex <= index) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            succeed(new EventPage(
                    events, nextPosition, nextIndex, reply.firstPosition(), reply.durablePosition(), isAtEnd));
        }

        private static JobEvent event(JobEventsReplyDecoder.EventsDecoder event) {
            final JobEventKind kind = kind(event);
            final String tenant = event.tenant();
            final String taskGroup = event.taskGroup();
            final String jobId = event.jobId();
            final String workerId = event.workerId();
            final String errorCode = event.errorCode();
            return new JobEvent(
                    event.position(),
                    (int) event.index(),
                    event.timeMs(),
                    event.jobKey(),
                    kind,
                    event.isKnown() != 0,
                    tenant,
                    jobId,
                    taskGroup,
                    event.priority(),
                    kind == JobEventKind.DELETED ? null : JobStatus.values()[event.statusRaw()],
                    LeaseEndCause.values()[event.causeRaw()],
                    (int) event.attempt(),
                    event.startedAtMs(),
                    event.nextStartMs(),
                    workerId,
                    errorCode);
        }

        private static JobEventKind kind(JobEventsReplyDecoder.EventsDecoder event) {
            return JobEventKind.values()[event.kindRaw()];
        }
    }
}
