package io.silo.shard.state;

import org.agrona.DirectBuffer;

/** Read-only face of the jobs of a shard. A slot names a live job until the job is removed. Shard thread only. */
public interface JobView {
    /** Slot of the job with this tenant and id, or {@link RowSlab#NULL_SLOT}. */
    int find(DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer id, int idOffset, int idLength);

    /** Where {@link #find} will look first, for {@link #touch}. */
    long place(DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer id, int idOffset, int idLength);

    /** Reads the first {@code count} places, their cache misses side by side. What it returns means nothing. */
    long touch(long[] places, int count);

    /** Slot of the job with this key, or {@link RowSlab#NULL_SLOT}. */
    int findByKey(long jobKey);

    /** Slot of the job of this tenant that has this unique key and has not ended, or {@link RowSlab#NULL_SLOT}. */
    int findUnique(
            DirectBuffer tenant, int tenantOffset, int tenantLength, DirectBuffer key, int keyOffset, int keyLength);

    /** Slot of another job that holds the unique key of this one, or {@link RowSlab#NULL_SLOT}. */
    int findOtherHolder(int slot);

    int count();

    /** Shard-wide counter value at the job's creation: its name in events, and the tie-break of every order. */
    long jobKey(int slot);

    JobState state(int slot);

    int priority(int slot);

    int tenant(int slot);

    int taskGroup(int slot);

    /** Points {@code view} at the id's bytes, which are good until the next id is asked for. */
    void wrapId(int slot, DirectBuffer view);

    /** Number of the pending, running or last attempt, from 1. */
    int attempt(int slot);

    /** As {@link #attempt}, counted from 1 again after each restart. */
    int relativeAttempt(int slot);

    /** Lease length of this job in ms; 0 = the server's default. */
    int leaseMs(int slot);

    /** Longest run of an attempt in ms, whatever is renewed; 0 = no bound. */
    int maxRunMs(int slot);

    /** Latest start of the first attempt; 0 = none. */
    long startDeadlineMs(int slot);

    /** Whether the job fails if it is not leased by its latest start: until it is for the first time. */
    boolean isStartDeadlineInForce(int slot);

    /** A bit for each of its limits, by place. */
    int limitBits(int slot);

    /** Those in which its lease takes a slot. */
    int heldLimitBits(int slot);

    /** Row of the retry policy in {@link RetryPolicies}, or {@link RetryPolicies#NONE}. */
    int retryPolicy(int slot);

    long requestIdHigh(int slot);

    long requestIdLow(int slot);

    /** When the status last changed. */
    long changedAtMs(int slot);

    /** Start of the pending attempt; meaningful while SCHEDULED, and of a job cancelled before it ran. */
    long startMs(int slot);

    /** Record that holds the job's definition: its JobEnqueued event, or its last image. */
    long definitionPosition(int slot);

    /** Earliest record that the job needs: its definition, or the first chunk of its payload or a result. */
    long neededFrom(int slot);

    /** What a carry of each job would append. */
    LiveBytesView liveBytes();

    /** Offset of the JobEnqueued event, behind the header of its record. */
    int definitionOffset(int slot);

    int definitionLength(int slot);

    /** Bytes of the job's definition as it is logged, and of its payload where that was uploaded: what a tenant's quota counts. */
    long storedBytes(int slot);

    /** Bytes of the job's payload that lie in chunks. */
    int uploadedBytes(int slot);

    /** Record of the job's latest event: the end of its history chain. */
    long lastPosition(int slot);

    /** Last lease token; {@link io.silo.protocol.LeaseToken#NULL_TOKEN} if never leased. */
    long token(int slot);

    long tokenEpoch(int slot);

    /** Whether an outcome was reported under the last token; false while the lease lives, and after it expired or was returned. */
    boolean isReported(int slot);

    /** Whether the job was cancelled before its attempt ran: number and start of that attempt still stand in the row. */
    boolean isCancelledPending(int slot);

    /** Leases in a row that expired, since the last outcome or restart. */
    int crashes(int slot);

    /** Row in {@link LeaseView} while RUNNING, else {@link RowSlab#NULL_SLOT}. */
    int lease(int slot);

    /** The next older job of the same tenant and state, or {@link RowSlab#NULL_SLOT}. */
    int older(int slot);

    /** Slots ever used: a scan walks 0 to here and skips those that are not live. */
    int slotLimit();

    boolean isLive(int slot);

    /** Sum of entity hashes over logged fields: equal for equal state, whatever the order of events was. */
    long digest();
}
