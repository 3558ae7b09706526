package io.silo.shard.command;

import io.silo.protocol.event.ReturnReason;
import io.silo.shard.state.LeaseView;
import java.nio.charset.StandardCharsets;
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
        // [SILO-REAP-UNCLAIMED]
        if (leases.session(lease) == 0) {
            ends.returned(context, slot, ReturnReason.UNCLAIMED_AFTER_RESTART);
        } else {
            ends.result(WORKER_CRASHED, 0, 0, (short) 0, null);
            // [SILO-REAP-3]
            ends.failed(context, slot, WORKER_CRASHED, 0, WORKER_CRASHED.capacity(), true);
        }
    }

    /** Returns a lease of a session that was closed. */
    public void returnLease(CommandContext context, int lease) {
        ends.returned(context, context.view().leases().job(lease), ReturnReason.SESSION_CLOSED);
    }
}
