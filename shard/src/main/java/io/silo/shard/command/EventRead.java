package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.log.LogException;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.JobEventsReplyEncoder;
import io.silo.shard.history.EventReader;
import io.silo.shard.history.JobEvent;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.JobView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A page of events. They are read by the reading thread; whose the jobs are is looked up in the shard's rows, on its thread; what is not
 * there any more is looked for in the log, by the reading thread again. It ends early where the reply is full.
 */
final class EventRead extends ColdRead {
    /** Records that are read to find whose jobs are that are gone, before the page ends. */
    private static final int CHAIN_READS_MAX = 256;

    /** Five texts with their lengths. */
    private static final int EVENT_BYTES = JobEventsReplyEncoder.EventsEncoder.sbeBlockLength() + 5 * 2;

    /** How many a shard has. Shard thread only. */
    static final class UnderWay {
        int count;
    }

    private enum Step {
        TO_READ,
        TO_NAME,
        TO_SEARCH,
        DONE
    }

    private final UnderWay underWay;
    private final byte @Nullable [] tenant;
    private final long from;
    private final int fromIndex;
    private final long durable;
    private final int eventsMax;
    private final Map<Long, JobEvent.Identity> known = new HashMap<>();
    private List<JobEvent> events = List.of();
    private long nextPosition;
    private int nextIndex;
    private long firstPosition;
    private Step step = Step.TO_READ;
    private boolean isCounted;

    /**
     * @param tenant whose events alone are told; null = everybody's.
     * @param durable last record that may be told of, at or behind {@code from}.
     */
    EventRead(
            Asked asked,
            UnderWay underWay,
            byte @Nullable [] tenant,
            long from,
            int fromIndex,
            long durable,
            int eventsMax) {
        super(asked);
        this.underWay = underWay;
        this.tenant = tenant;
        this.from = from;
        this.fromIndex = fromIndex;
        this.durable = durable;
        this.eventsMax = eventsMax;
    }

    /** Is one of the reads under way from now on. */
    void enter() {
        isCounted = true;
        underWay.count++;
    }

    /** Makes room for another read, once. */
    void leave() {
        if (isCounted) {
            isCounted = false;
            underWay.count--;
        }
    }

    /** What it tells is durable already. */
    @Override
    public long touchedPosition() {
        return EventLog.NULL_POSITION;
    }

    @Override
    public @Nullable ColdRead again(ShardView view) {
        leave();
        return null;
    }

    @Override
    public void perform(JobReader reader) {
        try {
            if (step == Step.TO_SEARCH) {
                search(reader.events());
                encode();
                return;
            }
            reply.wrap(new byte[Bounds.MESSAGE_BYTES_MAX]);
            events = reader.events().read(from, fromIndex, durable, eventsMax);
            nextPosition = reader.events().nextPosition();
            nextIndex = reader.events().nextIndex();
            step = Step.TO_NAME;
        } catch (LogException e) {
            step = Step.DONE;
            refuse(RejectReason.SHARD_CLOSED);
        }
    }

    @Override
    public @Nullable ColdRead proceed(ShardView view, long logFirstPosition) {
        leave();
        if (step == Step.DONE) {
            return null;
        }
        if (step != Step.TO_NAME) {
            // Its thread could not perform it.
            reply.wrap(new byte[Bounds.MESSAGE_BYTES_MAX]);
            step = Step.DONE;
            refuse(RejectReason.SHARD_CLOSED);
            return null;
        }
        firstPosition = logFirstPosition;
        if (from < firstPosition) {
            // Trimmed under the read, which may have missed records.
            step = Step.DONE;
            refuse(RejectReason.POSITION_TRIMMED);
            return null;
        }
        if (!name(view)) {
            step = Step.TO_SEARCH;
            return this;
        }
        encode();
        return null;
    }

    /** Says whose the jobs are, as far as this page or the rows tell. Returns whether all are known. */
    private boolean name(ShardView view) {
        for (final JobEvent event : events) {
            if (event.identity() != null) {
                known.put(event.jobKey(), event.identity());
            }
        }
        final JobView jobs = view.jobs();
        final UnsafeBuffer scratch = new UnsafeBuffer(0, 0);
        boolean isAllKnown = true;
        for (final JobEvent event : events) {
            if (event.identity() != null) {
                continue;
            }
            JobEvent.Identity identity = known.get(event.jobKey());
            if (identity == null) {
                final int slot = jobs.findByKey(event.jobKey());
                if (slot == RowSlab.NULL_SLOT) {
                    isAllKnown = false;
                    continue;
                }
                identity = identity(view, slot, scratch);
                known.put(event.jobKey(), identity);
            }
            event.identity(identity);
        }
        return isAllKnown;
    }

    private static JobEvent.Identity identity(ShardView view, int slot, UnsafeBuffer scratch) {
        final JobView jobs = view.jobs();
        view.wrapTenant(jobs.tenant(slot), scratch);
        final byte[] tenantName = copy(scratch);
        view.wrapTaskGroup(jobs.taskGroup(slot), scratch);
        final byte[] taskGroup = copy(scratch);
        jobs.wrapId(slot, scratch);
        return new JobEvent.Identity(tenantName, taskGroup, copy(scratch), jobs.priority(slot));
    }

    private static byte[] copy(UnsafeBuffer view) {
        final byte[] bytes = new byte[view.capacity()];
        view.getBytes(0, bytes);
        return bytes;
    }

    private void search(EventReader reader) {
        final List<JobEvent> named = new ArrayList<>();
        int reads = 0;
        for (final JobEvent event : events) {
            if (event.identity() == null) {
                JobEvent.Identity identity = known.get(event.jobKey());
                if (identity == null) {
                    if (reads >= CHAIN_READS_MAX) {
                        nextPosition = event.position();
                        nextIndex = event.index();
                        break;
                    }
                    identity = reader.identify(event);
                    reads += reader.chainReads();
                }
                if (identity != null) {
                    known.put(event.jobKey(), identity);
                    event.identity(identity);
                }
            }
            named.add(event);
        }
        events = named;
    }

    private void encode() {
        final JobEventsReplyEncoder encoder = new JobEventsReplyEncoder();
        encoder.wrapAndApplyHeader(reply, 0, messageHeader);
        final JobEventsReplyEncoder.EventsEncoder items = encoder.eventsCount(events.size());
        for (final JobEvent event : events) {
            final JobEvent.Identity identity = event.identity();
            if (tenant != null && (identity == null || !Arrays.equals(tenant, identity.tenant()))) {
                continue;
            }
            if (encoder.limit() + bytes(event, identity) > Bounds.MESSAGE_BYTES_MAX) {
                nextPosition = event.position();
                nextIndex = event.index();
                break;
            }
            encode(items.next(), event, identity);
        }
        items.resetCountToIndex();
        encoder.nextPosition(nextPosition)
                .firstPosition(firstPosition)
                .durablePosition(durable)
                .nextIndex(nextIndex)
                .isAtEnd((short) (nextPosition > durable ? 1 : 0));
        step = Step.DONE;
        replied(encoder.limit());
    }

    private static int bytes(JobEvent event, JobEvent.@Nullable Identity identity) {
        final int names =
                identity == null ? 0 : identity.tenant().length + identity.taskGroup().length + identity.jobId().length;
        return EVENT_BYTES + names + event.workerId().length + event.errorCode().length;
    }

    private static void encode(
            JobEventsReplyEncoder.EventsEncoder item, JobEvent event, JobEvent.@Nullable Identity identity) {
        item.position(event.position())
                .timeMs(event.timeMs())
                .jobKey(event.jobKey())
                .startedAtMs(event.startedAtMs())
                .nextStartMs(event.nextStartMs())
                .index(event.index())
                .attempt(event.attempt())
                .kind(event.kind())
                .status(event.status())
                .cause(event.cause())
                .isKnown((short) (identity == null ? 0 : 1))
                .priority((short) (identity == null ? 0 : identity.priority()));
        if (identity == null) {
            item.tenant("").taskGroup("").jobId("");
        } else {
            item.putTenant(identity.tenant(), 0, identity.tenant().length)
                    .putTaskGroup(identity.taskGroup(), 0, identity.taskGroup().length)
                    .putJobId(identity.jobId(), 0, identity.jobId().length);
        }
        item.putWorkerId(event.workerId(), 0, event.workerId().length)
                .putErrorCode(event.errorCode(), 0, event.errorCode().length);
    }
}
