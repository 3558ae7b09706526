package io.silo.shard.command;

import io.silo.protocol.event.ReturnReason;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Internal commands that end leases nobody reported: expiry, and the explicit close of a session. One per shard. */
public final class LeaseEnds {
    /** Error code of an attempt whose lease ran out (REAP-2). */
    private static final UnsafeBuffer WORKER_CRASHED =
            new UnsafeBuffer("WORKER_CRASHED".getBytes(StandardCharsets.UTF_8));

    /** Longest event of either kind: fixed fields and the error code. */
    private static final int EVENT_BYTES = 192;

    private final AttemptEnds ends;

    public LeaseEnds(AttemptEnds ends) {
        this.ends = ends;
    }

    /** Whether one more lease can end in this record. */
    public boolean hasRoom(CommandContext context) {
        return context.record().hasRoom(EVENT_BYTES);
    }

    /** Ends an expired lease: as a failure, or, if nobody claimed it since the shard was opened, by returning it unspent. */
    public void expire(CommandContext context, int lease) {
        final LeaseView leases = context.view().leases();
        final int slot = leases.job(lease);
        if (leases.session(lease) == 0) {
            ends.returned(context, slot, ReturnReason.UNCLAIMED_AFTER_RESTART);
        } else {
            ends.result(WORKER_CRASHED, 0, 0, (short) 0, null);
            ends.failed(context, slot, WORKER_CRASHED, 0, WORKER_CRASHED.capacity(), true);
        }
    }

    /**
     * Returns the leases of a worker that belong to a session that was closed.
     *
     * @return false if the record is full: append it and call again.
     */
    public boolean returnLeases(CommandContext context, DirectBuffer worker, int offset, int length, long sessionId) {
        final LeaseView leases = context.view().leases();
        int lease = leases.firstOf(worker, offset, length);
        while (lease != RowSlab.NULL_SLOT) {
            final int next = leases.nextOfWorker(lease);
            if (leases.session(lease) == sessionId) {
                if (!hasRoom(context)) {
                    return false;
                }
                ends.returned(context, leases.job(lease), ReturnReason.SESSION_CLOSED);
            }
            lease = next;
        }
        return true;
    }
}
