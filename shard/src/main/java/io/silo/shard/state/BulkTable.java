package io.silo.shard.state;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Bulk changes of a shard: those under way, worked off in the order in which they began, and the last that are over. Shard thread only. */
public final class BulkTable {
    /** Bound of those under way. */
    public static final int RUNNING_MAX = 16;

    /** Those that are over and still told of. */
    private static final int FINISHED_MAX = 256;

    private final TreeMap<Long, BulkChange> running = new TreeMap<>();
    private final TreeMap<Long, BulkChange> finished = new TreeMap<>();
    private long digest;
    private long bytes;

    // ---- events
    // -------------------------------------------------------------------------------------------------------------

    /** One as an event says it is; one with its key is replaced. */
    void set(BulkChange.Image image, long position) {
        final BulkChange before = find(image.key());
        final BulkChange bulk = new BulkChange(image);
        bulk.position = position;
        if (before != null) {
            leave(before);
            bulk.goOnFrom(before);
        }
        enter(bulk);
    }

    void progressed(BulkChange bulk, long changed) {
        leave(bulk);
        bulk.changed += changed;
        enter(bulk);
    }

    void finished(BulkChange bulk, long changed, long skipped, long nowMs) {
        leave(bulk);
        bulk.changed = changed;
        bulk.skipped = skipped;
        bulk.finishedAtMs = nowMs;
        enter(bulk);
    }

    private void leave(BulkChange bulk) {
        digest -= bulk.hash();
        bytes -= bulk.spec().filter().bytes();
        running.remove(bulk.key());
        finished.remove(bulk.key());
    }

    private void enter(BulkChange bulk) {
        digest += bulk.hash();
        bytes += bulk.spec().filter().bytes();
        (bulk.isFinished() ? finished : running).put(bulk.key(), bulk);
        // They end in the order of their keys, so replay forgets the same ones.
        if (finished.size() > FINISHED_MAX) {
            leave(finished.firstEntry().getValue());
        }
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------------

    public @Nullable BulkChange find(long key) {
        final BulkChange bulk = running.get(key);
        return bulk != null ? bulk : finished.get(key);
    }

    /** The one that this request about this tenant began, or null: of another tenant's nothing may be told. */
    public @Nullable BulkChange findByRequest(long high, long low, String tenant) {
        if ((high | low) == 0) {
            return null;
        }
        for (Map<Long, BulkChange> bulks : List.of(running, finished)) {
            for (BulkChange bulk : bulks.values()) {
                final BulkChange.Spec spec = bulk.spec();
                if (spec.requestIdHigh() == high
                        && spec.requestIdLow() == low
                        && spec.filter().tenant().equals(tenant)) {
                    return bulk;
                }
            }
        }
        return null;
    }

    /** The one to be worked on, or null. */
    public @Nullable BulkChange first() {
        return running.isEmpty() ? null : running.firstEntry().getValue();
    }

    public boolean hasRoom() {
        return running.size() < RUNNING_MAX;
    }

    /** Those whose last full event lies at or before {@code position}. */
    public List<BulkChange> setUntil(long position) {
        final List<BulkChange> found = new ArrayList<>();
        for (Map<Long, BulkChange> bulks : List.of(running, finished)) {
            for (BulkChange bulk : bulks.values()) {
                if (bulk.position() <= position) {
                    found.add(bulk);
                }
            }
        }
        return found;
    }

    public int count() {
        return running.size() + finished.size();
    }

    long bytes() {
        return bytes;
    }

    long digest() {
        return digest;
    }

    /** For tests and the slow recount. */
    void checkInvariants() {
        long sum = 0;
        for (Map<Long, BulkChange> bulks : List.of(running, finished)) {
            for (BulkChange bulk : bulks.values()) {
                sum += bulk.hash();
                Invariant.check(
                        bulk.isFinished() == finished.containsKey(bulk.key()),
                        "bulk change is among those in another state");
            }
        }
        Invariant.check(sum == digest, "digest of the bulk changes differs from its recount");
    }
}
