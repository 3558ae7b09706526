package io.silo.simulation.model;

import io.silo.shard.state.JobState;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Buckets of rate limits as their last events left them. */
final class ModelRates {
    private final Map<ModelEvent.BucketId, ModelEvent.Bucket> buckets = new HashMap<>();
    private final Map<ModelEvent.BucketId, Long> positions = new HashMap<>();

    /** Judges what the start of a job took. */
    void check(ModelJob job, List<ModelEvent.BucketSet> hits) {
        int next = 0;
        for (ModelLimit limit : job.definition.limitsOnce()) {
            final ModelRate rate = limit.rate();
            if (rate == null || rate.hits() == 0) {
                continue;
            }
            Claim.check(next < hits.size(), "%s took nothing of %s: %s", job, limit, hits);
            final ModelEvent.BucketSet event = hits.get(next++);
            Claim.equal(id(job, limit, rate), event.id(), "bucket that hits are taken of by", job);
            rate.check(find(event.id()), event.bucket());
        }
        Claim.equal(next, hits.size(), "buckets that hits are taken of by", job);
    }

    /** Judges a bucket that no start changed: its image, or one that a waiting job emptied. */
    void checkAlone(ModelEvent.BucketSet event, Iterable<ModelJob> jobs) {
        final ModelEvent.Bucket before = find(event.id());
        if (event.bucket().equals(before)) {
            return;
        }
        for (ModelJob job : jobs) {
            for (ModelLimit limit : job.definition.limitsOnce()) {
                final ModelRate rate = limit.rate();
                if (rate != null
                        && rate.has(ModelRate.DRAIN)
                        && rate.hits() > 0
                        && rate.isOf(event.bucket())
                        && id(job, limit, rate).equals(event.id())
                        && job.state == JobState.SCHEDULED) {
                    Claim.equal(0L, event.bucket().remainingMicros(), "what is left in", event);
                    return;
                }
            }
        }
        throw new AssertionError("no job that waits empties its bucket: " + event);
    }

    private static ModelEvent.BucketId id(ModelJob job, ModelLimit limit, ModelRate rate) {
        return new ModelEvent.BucketId(job.definition.tenant(), rate.name(), limit.key());
    }

    private ModelEvent.@Nullable Bucket find(ModelEvent.BucketId id) {
        return buckets.get(id);
    }

    boolean contains(ModelEvent.BucketId id) {
        return buckets.containsKey(id);
    }

    void apply(ModelEvent.BucketSet event) {
        buckets.put(event.id(), event.bucket());
        positions.put(event.id(), event.place().position());
    }

    void apply(ModelEvent.BucketDropped event) {
        buckets.remove(event.id());
        positions.remove(event.id());
    }

    /** Where the records lie that are needed. */
    Map<ModelEvent.BucketId, Long> positions() {
        return positions;
    }

    void copyFrom(ModelRates other) {
        buckets.putAll(other.buckets);
        positions.putAll(other.positions);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelRates rebuilt) {
        Claim.equal(buckets, rebuilt.buckets, "buckets of rate limits in the log");
    }
}
