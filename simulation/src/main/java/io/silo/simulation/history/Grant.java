package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** One lease of a history, however often it was shown. Filled in by {@link Timeline} alone. */
final class Grant {
    /** As the broker granted them, for leases of one job or one shard. */
    static final Comparator<Grant> BY_TOKEN = (a, b) -> compare(a.lease, b.lease);

    final Lease lease;
    final String worker;

    /** Index of the first entry that shows it: it was granted before. */
    final int index;

    /** Time of that entry. */
    final long atNs;

    /** Whether it is known to survive a loss of power. */
    boolean durable;

    /** Index of the first entry from which on it may have ended before its time: a report, a return, the end of a session. */
    int endIndex = Integer.MAX_VALUE;

    /** As {@link #endIndex}, but only for what gives the attempt back unspent. */
    int returnIndex = Integer.MAX_VALUE;

    /** Another showing of the same token that contradicts the first; null if there is none. */
    Entry.@Nullable Granted contradiction;

    /** It was not granted before this time. {@link Long#MIN_VALUE} where nothing is known. */
    long grantedAfterNs = Long.MIN_VALUE;

    /** It was granted by this time: it, or something behind it in the log, was seen then. */
    long grantedBeforeNs = Long.MAX_VALUE;

    /** As first granted, the lease did not run out before this time. {@link Long#MIN_VALUE} where nothing is known. */
    long heldUntilNs = Long.MIN_VALUE;

    /** By its heartbeats, it did not run out before this time. */
    long renewedUntilNs = Long.MIN_VALUE;

    /** As {@link #renewedUntilNs}, by heartbeats answered before the first loss of power of the job's life. */
    long renewedBeforeLossUntilNs = Long.MIN_VALUE;

    Grant(Lease lease, String worker, int index, long atNs) {
        this.lease = lease;
        this.worker = worker;
        this.index = index;
        this.atNs = atNs;
    }

    static int compare(Lease a, Lease b) {
        final int byEpoch = Long.compareUnsigned(a.epoch(), b.epoch());
        return byEpoch != 0 ? byEpoch : Long.compareUnsigned(a.token(), b.token());
    }

    static LogPlace place(Lease lease) {
        return new LogPlace(lease.shard(), lease.epoch(), LeaseToken.position(lease.token()));
    }

    /** Takes note of another showing of the same token. */
    void shownAgain(Entry.Granted again) {
        final Lease other = again.lease();
        if (!again.worker().equals(worker)
                || other.jobKey() != lease.jobKey()
                || other.attempt() != lease.attempt()
                || other.payloadCrc() != lease.payloadCrc()) {
            contradiction = again;
        }
    }

    /**
     * Whether this lease lived when a later one was granted. That was before the entry that shows the later one, and no end of this
     * one was even begun by then. A later lease that power took may have come after this one ran out, and a heartbeat after this one
     * came back.
     */
    boolean isHeldAt(Grant later) {
        final long renewedNs = later.durable ? renewedUntilNs : renewedBeforeLossUntilNs;
        return later.atNs < Math.max(heldUntilNs, renewedNs) && later.index < endIndex;
    }

    /** No lease received at this time or later, by an entry at this index or later, finds this one alive. */
    boolean isOver(int fromIndex, long fromNs) {
        return endIndex <= fromIndex || Math.max(heldUntilNs, renewedUntilNs) <= fromNs;
    }

    /** For sentences. */
    @Override
    public String toString() {
        return "attempt " + lease.attempt() + " under token " + Long.toUnsignedString(lease.epoch()) + ":"
                + Long.toUnsignedString(lease.token()) + " for worker " + worker + " (entry " + index + ")";
    }
}
