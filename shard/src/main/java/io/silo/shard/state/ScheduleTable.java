package io.silo.shard.state;

import io.silo.shard.schedule.FiringTimes;
import java.util.Comparator;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** The schedules of a shard, by tenant and id, by key and by when they fire. They are few, so they are objects. Shard thread only. */
public final class ScheduleTable {
    /** Bound of a shard. */
    public static final int SCHEDULES_MAX = 16_384;

    /** Bound on what all schedules of a shard hold together. */
    public static final long BYTES_MAX = 64L << 20;

    private record Name(String tenant, String id) {}

    private static final Comparator<Name> BY_NAME =
            Comparator.comparing(Name::tenant).thenComparing(Name::id);
    private static final Comparator<Schedule> BY_FIRING =
            Comparator.comparingLong(Schedule::nextFireMs).thenComparingLong(Schedule::key);

    private final TreeMap<Name, Schedule> byName = new TreeMap<>(BY_NAME);
    private final Long2ObjectHashMap<Schedule> byKey = new Long2ObjectHashMap<>();
    private final TreeSet<Schedule> due = new TreeSet<>(BY_FIRING);
    private long digest;
    private long bytes;

    // ---- events
    // -------------------------------------------------------------------------------------------------------------

    /** A schedule as an event says it is; one with its key is replaced. */
    void set(Schedule.Image image, long position) {
        final Schedule before = byKey.get(image.key());
        if (before != null) {
            remove(before);
        }
        final Schedule schedule = new Schedule(image.key(), image.spec(), image.template());
        schedule.nextFireMs = image.nextFireMs();
        schedule.lastFireMs = image.lastFireMs();
        schedule.paused = image.paused();
        schedule.position = position;
        byKey.put(schedule.key(), schedule);
        byName.put(new Name(schedule.tenant(), schedule.id()), schedule);
        bytes += schedule.bytes();
        enter(schedule);
    }

    void fired(Schedule schedule, long nominalMs, long nextFireMs) {
        leave(schedule);
        schedule.lastFireMs = nominalMs;
        schedule.nextFireMs = nextFireMs;
        enter(schedule);
    }

    void paused(Schedule schedule, boolean paused, long nextFireMs) {
        leave(schedule);
        schedule.paused = paused;
        schedule.nextFireMs = nextFireMs;
        enter(schedule);
    }

    void remove(Schedule schedule) {
        leave(schedule);
        byKey.remove(schedule.key());
        // In a trimmed log the image of a successor may stand before the end of this one.
        byName.remove(new Name(schedule.tenant(), schedule.id()), schedule);
        bytes -= schedule.bytes();
    }

    private void leave(Schedule schedule) {
        digest -= schedule.hash();
        due.remove(schedule);
    }

    private void enter(Schedule schedule) {
        digest += schedule.hash();
        if (!schedule.isPaused() && schedule.nextFireMs() != FiringTimes.NEVER) {
            due.add(schedule);
        }
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------------

    public @Nullable Schedule find(String tenant, String id) {
        return byName.get(new Name(tenant, id));
    }

    public @Nullable Schedule findByKey(long key) {
        return byKey.get(key);
    }

    /** The one that fires next, or null. */
    public @Nullable Schedule first() {
        return due.isEmpty() ? null : due.first();
    }

    /** When {@link #first} fires, or {@link Long#MAX_VALUE}. */
    public long nextFireMs() {
        return due.isEmpty() ? Long.MAX_VALUE : due.first().nextFireMs();
    }

    /** Shows schedules behind this name, in order, until {@code visitor} answers false. */
    public void forEachAfter(String tenant, String id, Predicate<Schedule> visitor) {
        for (Map.Entry<Name, Schedule> entry :
                byName.tailMap(new Name(tenant, id), false).entrySet()) {
            if (!visitor.test(entry.getValue())) {
                return;
            }
        }
    }

    public int count() {
        return byKey.size();
    }

    /** Whether one more of this template length finds room. */
    public boolean hasRoom(int templateBytes) {
        return byKey.size() < SCHEDULES_MAX && bytes + templateBytes <= BYTES_MAX;
    }

    public long bytes() {
        return bytes;
    }

    public long digest() {
        return digest;
    }

    /** For tests and the slow recount. */
    void checkInvariants() {
        long sum = 0;
        long held = 0;
        int firing = 0;
        for (Schedule schedule : byKey.values()) {
            sum += schedule.hash();
            held += schedule.bytes();
            firing += !schedule.isPaused() && schedule.nextFireMs() != FiringTimes.NEVER ? 1 : 0;
            Invariant.check(find(schedule.tenant(), schedule.id()) == schedule, "schedule is not found by its name");
        }
        Invariant.check(sum == digest, "digest of the schedules differs from its recount");
        Invariant.check(held == bytes, "bytes of the schedules differ from their recount");
        Invariant.check(firing == due.size(), "schedules due differ from the schedules");
        Invariant.check(byName.size() == byKey.size(), "a name stands for no schedule");
    }
}
