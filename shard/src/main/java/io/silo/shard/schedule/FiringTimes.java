package io.silo.shard.schedule;

/** The nominal times at which a schedule fires, Unix epoch ms, ascending without end or to one. Immutable. */
public interface FiringTimes {
    /** No such time. */
    long NEVER = 0;

    /** The earliest time behind {@code ms}, or {@link #NEVER}. */
    long nextAfter(long ms);

    /** The latest time at or before {@code ms}, or {@link #NEVER}. */
    long lastUntil(long ms);

    /**
     * Times every so often, or by a cron expression.
     *
     * @param intervalMs 0 = by {@code cron}.
     * @param firstAtMs none before; the origin of an interval.
     * @throws IllegalArgumentException if the expression or the zone cannot be read.
     */
    static FiringTimes of(long intervalMs, long firstAtMs, String cron, String zone) {
        return intervalMs > 0
                ? new IntervalFiringTimes(intervalMs, firstAtMs)
                : new CronFiringTimes(cron, CronFiringTimes.zone(zone), firstAtMs);
    }

    /** Whether there is such a time zone; empty = UTC. */
    static boolean isZone(String name) {
        try {
            CronFiringTimes.zone(name);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
