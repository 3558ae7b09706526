package io.silo.shard.event;

import io.silo.log.RecordHandler;
import io.silo.protocol.event.CarriedThroughDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/**
 * Rebuilds a state from a log: the appliers of live work, from the first retained record to the tail. Shard thread only.
 *
 * <p>A log that was trimmed starts in the middle. Until its governing CarriedThrough, the one that names the first retained
 * position, events of unknown entities are skipped: an image of each that is still live stands before it.
 */
public final class Replayer implements RecordHandler {
    /** In smaller records there is too little to overlap. */
    private static final int TOUCHED_EVENTS_MIN = 4;

    private static final int PLACES_MAX = 64;

    private final ShardState state;
    private final EventAppliers appliers;
    private final EventPlace place = new EventPlace();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final CarriedThroughDecoder carriedThrough = new CarriedThroughDecoder();
    private final JobDefinition definition = new JobDefinition();
    private final EventFrames.FrameHandler note = this::note;
    private final long[] places = new long[PLACES_MAX];
    private final long firstPosition;

    /** Written so that reads which only warm the cache are not left out. */
    @SuppressWarnings("UnusedVariable")
    private long touched;

    private int placeCount;

    private long events;
    private long lastJobChange;

    /** @param firstPosition of the log: 0 if it was never trimmed. */
    public Replayer(ShardState state, EventAppliers appliers, long firstPosition) {
        this.state = state;
        this.appliers = appliers;
        this.firstPosition = firstPosition;
        this.lastJobChange = firstPosition - 1;
        place.lenient(firstPosition > 0);
    }

    @Override
    public void onRecord(
            long position, long shardEpoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        place.record(position, shardEpoch, timeMs);
        if (eventCount >= TOUCHED_EVENTS_MIN) {
            EventFrames.forEach(buffer, offset, length, note);
            touch();
        }
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            place.event(index, at - offset, eventLength);
            govern(b, at);
            appliers.apply(state, place, b, at);
            if (EventAppliers.isOfJob(header.wrap(b, at).templateId())) {
                lastJobChange = position;
            }
            events++;
        });
        state.recordApplied(timeMs);
        state.finished().clear();
    }

    /**
     * To be called behind the last record.
     *
     * @throws InvariantViolation if the log was trimmed and the CarriedThrough that allowed it is not there.
     */
    public void finish() {
        if (place.isLenient()) {
            throw new InvariantViolation("the log begins at position " + firstPosition
                    + " but no CarriedThrough names that position: cycles are missing");
        }
    }

    /** Events applied. */
    public long events() {
        return events;
    }

    /** Last record that changes a job, or may have: what was trimmed is not known. -1 = none. */
    public long lastJobChange() {
        return lastJobChange;
    }

    private void note(int index, DirectBuffer buffer, int at, int length) {
        if (header.wrap(buffer, at).templateId() == JobEnqueuedDecoder.TEMPLATE_ID) {
            places[placeCount++] = definition.place(state, buffer, at);
            if (placeCount == PLACES_MAX) {
                touch();
            }
        }
    }

    private void touch() {
        touched += state.jobs().touch(places, placeCount);
        placeCount = 0;
    }

    private void govern(DirectBuffer buffer, int at) {
        if (place.isLenient() && header.wrap(buffer, at).templateId() == CarriedThroughDecoder.TEMPLATE_ID) {
            carriedThrough.wrapAndApplyHeader(buffer, at, header);
            if (carriedThrough.firstPosition() == firstPosition) {
                place.lenient(false);
                state.imagesComplete();
            }
        }
    }
}
