package io.silo.shard.state;

import org.agrona.DirectBuffer;

/** What deciders read of rate limits. A claim is what one job asks of one bucket. Shard thread only. */
public interface RateView {
    /** First claim of a job on a bucket of this shard, or 0. */
    int firstClaim(int job);

    /** The next one of the same job, or 0. */
    int nextClaim(int claim);

    /** Hits that the start of the claim's job takes. */
    long hits(int claim);

    /** The claim's bucket by its terms and as of the duty cycle's time, to be changed and written; valid until the next call. */
    RateBucket bucket(int claim);

    /** The limit that a claim is on. */
    int limit(int claim);

    /** Tenant of a limit. */
    int tenant(int limit);

    /** Wraps the name of a rate limit. */
    void wrapName(int limit, DirectBuffer view);

    /** Wraps its key. */
    void wrapKey(int limit, DirectBuffer view);

    /** Workers would have so many more tasks of a group than are ready: rate limits that a service answers are asked for so many. Volatile. */
    void want(int taskGroup, int tasks);

    /** Whether tasks of a group wait until somebody wants them, to be asked for. */
    boolean isAskWaiting(int taskGroup);

    /** Buckets that are not full. */
    int count();

    /** One past the highest row of a bucket. */
    int slotLimit();

    /** Limit of the bucket in a row if its last event stands at or before a position, else {@link RowSlab#NULL_SLOT}. */
    int limitSetUntil(int row, long position);

    /** A bucket as its last event left it; valid until the next call. */
    RateBucket image(int limit);
}
