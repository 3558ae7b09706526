package io.silo.shard.event;

import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import org.agrona.DirectBuffer;

/** AttemptFailed: another attempt at the recorded time, or the end. */
public final class AttemptFailedApplier implements EventApplier {
    /** `nextStartMs` of a failure that nothing follows. */
    public static final long NO_NEXT_START = -1;

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final AttemptFailedDecoder decoder = new AttemptFailedDecoder();

    @Override
    public void apply(ShardState state, EventPlace place, DirectBuffer buffer, int offset) {
        decoder.wrapAndApplyHeader(buffer, offset, header);
        final int slot = KnownJob.slot(state, place, decoder.jobKey());
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        state.jobChunked(slot, decoder.chunkFirstPosition());
        state.liveBytes().attemptEnded(slot, decoder.attempt(), decoder.resultBytes());
        final boolean reported = decoder.leaseEnd() == LeaseEnd.REPORTED;
        final JobState status = JobState.of(decoder.status().value());
        if (status.isTerminal()) {
            state.attemptEnded(slot, place.position(), place.timeMs(), reported, status);
        } else {
            final boolean crashed = decoder.leaseEnd() == LeaseEnd.EXPIRED;
            state.attemptFailed(slot, place.position(), place.timeMs(), reported, crashed, decoder.nextStartMs());
        }
    }
}
