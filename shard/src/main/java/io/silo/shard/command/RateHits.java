package io.silo.shard.command;

import io.silo.shard.event.RateBucketEvents;
import io.silo.shard.state.RateBucket;
import io.silo.shard.state.RateView;

/** What starts take from the buckets of rate limits, and what time gives back. One per user; does not allocate. */
public final class RateHits {
    private final RateBucketEvents events = new RateBucketEvents();

    /** Events that a start of the job writes at most, each of {@link RateBucketEvents#BYTES_MAX}. */
    static int eventsMax(CommandContext context, int slot) {
        final RateView rates = context.view().rates();
        int events = 0;
        for (int claim = rates.firstClaim(slot); claim != 0; claim = rates.nextClaim(claim)) {
            events++;
        }
        return events;
    }

    /** A task is leased: it takes the hits of each of its rate limits, which are there. */
    void take(CommandContext context, int slot) {
        final RateView rates = context.view().rates();
        for (int claim = rates.firstClaim(slot); claim != 0; claim = rates.nextClaim(claim)) {
            if (rates.hits(claim) > 0) {
                final RateBucket bucket = rates.bucket(claim);
                // [SILO-RATE-2] In the record of the lease, as the slots.
                bucket.take(rates.hits(claim));
                // What is left is told, not what was taken: a replay computes nothing.
                events.set(context.record(), context.view(), rates.limit(claim), bucket);
            }
        }
    }

    /** Whether one more event of a bucket finds room. */
    public boolean hasRoom(CommandContext context) {
        return context.record().hasRoom(RateBucketEvents.BYTES_MAX);
    }

    /** A bucket is full again. */
    public void drop(CommandContext context, int limit) {
        events.dropped(context.record(), context.view(), limit);
    }

    /** The bucket of a claim that it lacks hits of is emptied. */
    public void drain(CommandContext context, int claim) {
        final RateView rates = context.view().rates();
        final RateBucket bucket = rates.bucket(claim);
        bucket.drain();
        events.set(context.record(), context.view(), rates.limit(claim), bucket);
    }
}
