package io.silo.simulation.model;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All schedules of a shard. Looks through them each time: they are few. */
final class ModelSchedules {
    private final TreeMap<Long, ModelSchedule> byKey = new TreeMap<>();

    /** Records that deleted the last schedule of a name. */
    private final Map<String, Long> deletedAt = new HashMap<>();

    /** @param isLenient whether events of unknown schedules are skipped: their images follow. */
    void apply(ModelEvent event, boolean isLenient) {
        final long position = event.place().position();
        if (event instanceof ModelEvent.ScheduleSet set) {
            final ModelSchedule said = set.schedule();
            final ModelSchedule before = byKey.get(said.key());
            final boolean isImage = before != null && before.hasLogOf(said.at(before.position(), 0));
            byKey.put(said.key(), said.at(position, before != null && isImage ? before.changedPosition() : position));
        } else if (event instanceof ModelEvent.ScheduleFired fired) {
            final ModelSchedule schedule = known(fired.scheduleKey(), event, isLenient);
            if (schedule != null) {
                byKey.put(schedule.key(), schedule.fired(fired.nominalMs(), fired.nextFireMs(), position));
            }
        } else if (event instanceof ModelEvent.SchedulePaused paused) {
            final ModelSchedule schedule = known(paused.scheduleKey(), event, isLenient);
            if (schedule != null) {
                byKey.put(schedule.key(), schedule.paused(paused.paused(), paused.nextFireMs(), position));
            }
        } else if (event instanceof ModelEvent.ScheduleDeleted deleted) {
            final ModelSchedule schedule = known(deleted.scheduleKey(), event, isLenient);
            if (schedule != null) {
                byKey.remove(schedule.key());
                deletedAt.put(schedule.template().name(), position);
            }
        }
    }

    private @Nullable ModelSchedule known(long key, ModelEvent event, boolean isLenient) {
        final ModelSchedule schedule = byKey.get(key);
        Claim.check(schedule != null || isLenient, "%s names an unknown schedule", event);
        return schedule;
    }

    @Nullable
    ModelSchedule find(String tenant, String id) {
        for (ModelSchedule schedule : byKey.values()) {
            if (schedule.tenant().equals(tenant) && schedule.id().equals(id)) {
                return schedule;
            }
        }
        return null;
    }

    @Nullable
    ModelSchedule find(long key) {
        return byKey.get(key);
    }

    /** Record that deleted the schedule that last had a name; -1 if none is known. */
    long deletedAt(String tenant, String id) {
        return deletedAt.getOrDefault(JobDefinition.nameOf(tenant, id), -1L);
    }

    /** The one that fires next, or null: by its nominal time, then in the order in which they came to be. */
    @Nullable
    ModelSchedule first() {
        return byKey.values().stream()
                .filter(schedule -> !schedule.paused() && schedule.nextFireMs() != 0)
                .min(Comparator.comparingLong(ModelSchedule::nextFireMs).thenComparingLong(ModelSchedule::key))
                .orElse(null);
    }

    /** All by tenant and id. */
    List<ModelSchedule> byName() {
        final List<ModelSchedule> sorted = new ArrayList<>(byKey.values());
        sorted.sort(Comparator.comparing(ModelSchedule::tenant).thenComparing(ModelSchedule::id));
        return sorted;
    }

    void copyFrom(ModelSchedules other) {
        byKey.putAll(other.byKey);
        deletedAt.putAll(other.deletedAt);
    }

    /** Checks that what was rebuilt from the log is this. */
    void checkRebuilt(ModelSchedules rebuilt) {
        for (ModelSchedule schedule : byKey.values()) {
            final ModelSchedule found = rebuilt.byKey.get(schedule.key());
            Claim.check(
                    found != null && found.hasLogOf(schedule), "the log says\n  %s\nright is\n  %s", found, schedule);
        }
        Claim.equal(byKey.size(), rebuilt.byKey.size(), "schedules in the log");
    }
}
