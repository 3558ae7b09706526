package io.silo.shard.state;

import org.agrona.DirectBuffer;

/** Read-only face of the live task leases. Shard thread only. */
public interface LeaseView {
    int count();

    /** Slot of the job in {@link JobView}. */
    int job(int lease);

    /** Points {@code view} at the worker id's bytes. */
    void wrapWorker(int lease, DirectBuffer view);

    boolean isWorker(int lease, DirectBuffer worker, int offset, int length);

    long startedAtMs(int lease);

    /** Length in ms: how far a heartbeat moves the deadline. */
    int leaseMs(int lease);

    long requestIdHigh(int lease);

    long requestIdLow(int lease);

    /** Volatile: monotonic ms after which the lease expires. */
    long deadlineMs(int lease);

    /** Volatile: the session that subscribed or last renewed; 0 = none since the shard was opened. */
    long session(int lease);

    /** Volatile: monotonic ms at which the lease ends whatever is renewed; {@link Long#MAX_VALUE} = never. */
    long runDeadlineMs(int lease);

    /** When it was asked to cancel the job; 0 = it was not. */
    long cancelRequestedAtMs(int lease);

    /** First lease of a worker, or {@link RowSlab#NULL_SLOT}. */
    int firstOf(DirectBuffer worker, int offset, int length);

    /** Next lease of the same worker, or {@link RowSlab#NULL_SLOT}. */
    int nextOfWorker(int lease);
}
