package io.silo.simulation.model;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Bulk changes of a shard: those under way, and the last that are over. */
final class ModelBulks {
    /** Bound of those under way. */
    static final int RUNNING_MAX = 16;

    /** Those that are over and still told of. */
    private static final int FINISHED_MAX = 256;

    private final TreeMap<Long, ModelBulk> byKey = new TreeMap<>();

    /** @param isLenient whether events of unknown bulk changes are skipped: their images follow. */
    void apply(ModelEvent event, boolean isLenient) {
        final ModelEvent.Place place = event.place();
        if (event instanceof ModelEvent.BulkStarted started) {
            final ModelBulk said = started.bulk();
            final ModelBulk before = byKey.get(said.key());
            byKey.put(
                    said.key(),
                    said.at(place.position(), before == null ? place.position() : before.changedPosition()));
        } else if (event instanceof ModelEvent.BulkProgressed progressed) {
            final ModelBulk bulk = known(progressed.bulkKey(), event, isLenient);
            if (bulk != null) {
                byKey.put(bulk.key(), bulk.progressed(progressed.changed(), place.position()));
            }
        } else if (event instanceof ModelEvent.BulkFinished finished) {
            final ModelBulk bulk = known(finished.bulkKey(), event, isLenient);
            if (bulk != null) {
                byKey.put(bulk.key(), bulk.finished(finished.changed(), finished.skipped(), place));
            }
        }
        forget();
    }

    private @Nullable ModelBulk known(long key, ModelEvent event, boolean isLenient) {
        final ModelBulk bulk = byKey.get(key);
        Claim.check(bulk != null || isLenient, "%s names an unknown bulk change", event);
        return bulk;
    }

    private void forget() {
        final List<ModelBulk> over =
                byKey.values().stream().filter(ModelBulk::isFinished).toList();
        if (over.size() > FINISHED_MAX) {
            byKey.remove(over.get(0).key());
        }
    }

    @Nullable
    ModelBulk find(long key) {
        return byKey.get(key);
    }

    /** The one that a request about a tenant began, or null. */
    @Nullable
    ModelBulk find(RequestId requestId, String tenant) {
        if (!requestId.isNone()) {
            for (ModelBulk bulk : byKey.values()) {
                if (bulk.requestId().equals(requestId) && bulk.filter().tenant().equals(tenant)) {
                    return bulk;
                }
            }
        }
        return null;
    }

    /** The one that is worked on, or null. */
    @Nullable
    ModelBulk first() {
        return byKey.values().stream()
                .filter(bulk -> !bulk.isFinished())
                .findFirst()
                .orElse(null);
    }

    boolean hasRoom() {
        return byKey.values().stream().filter(bulk -> !bulk.isFinished()).count() < RUNNING_MAX;
    }

    List<ModelBulk> all() {
        return new ArrayList<>(byKey.values());
    }

    void copyFrom(ModelBulks other) {
        byKey.putAll(other.byKey);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelBulks rebuilt) {
        for (ModelBulk bulk : byKey.values()) {
            final ModelBulk found = rebuilt.byKey.get(bulk.key());
            Claim.check(found != null && found.hasLogOf(bulk), "the log says\n  %s\nright is\n  %s", found, bulk);
        }
        Claim.equal(byKey.size(), rebuilt.byKey.size(), "bulk changes in the log");
    }
}
