package io.silo.simulation.model;

import java.util.Map;

/**
 * A schedule as the model sees it: what a ScheduleSet event says. Times of firings are counted out, not calculated.
 *
 * @param zone of {@code cron}; an interval ignores it.
 * @param template of its jobs; the job id is the schedule's, the key its own.
 * @param nextFireMs nominal; stands still while it is paused.
 * @param lastFireMs nominal; 0 = never.
 * @param position record of its last full event.
 * @param changedPosition record of its last change, which an image is not.
 */
record ModelSchedule(
        long key,
        long intervalMs,
        long firstAtMs,
        long startWithinMs,
        int catchUp,
        String cron,
        String zone,
        JobDefinition template,
        long nextFireMs,
        long lastFireMs,
        boolean paused,
        long position,
        long changedPosition) {
    /** What becomes of missed firings, by its number on the wire. */
    static final int SKIP = 0;

    static final int ONE = 1;
    static final int ALL = 2;

    /** A firing later than this was missed. */
    static final long MISSED_MS = 60_000;

    /** Cron expressions that are as good as an interval since 1970 in every zone below; the model reads no others. */
    private static final Map<String, Long> CRON_INTERVALS_MS =
            Map.of("* * * * *", 60_000L, "*/5 * * * *", 300_000L, "0 * * * *", 3_600_000L);

    private static final Map<String, Boolean> ZONES = Map.of("", true, "UTC", true, "Europe/Berlin", true);

    static boolean isCron(String cron) {
        return CRON_INTERVALS_MS.containsKey(cron);
    }

    static boolean isZone(String zone) {
        return ZONES.containsKey(zone);
    }

    private long stepMs() {
        return intervalMs != 0 ? intervalMs : CRON_INTERVALS_MS.getOrDefault(cron, 0L);
    }

    /** The earliest nominal time behind a moment. */
    long nextAfter(long ms) {
        final long stepMs = stepMs();
        if (intervalMs != 0 && ms < firstAtMs) {
            return firstAtMs;
        }
        final long fromMs = Math.max(ms, firstAtMs - 1);
        long at = intervalMs != 0 ? firstAtMs : 0;
        at += Math.max(0, (fromMs - at) / stepMs - 1) * stepMs;
        while (at <= fromMs) {
            at += stepMs;
        }
        return at;
    }

    /** The nominal time that a firing at a moment is for: with ALL the next, else the last that has come. */
    long nominalMs(long nowMs) {
        // Counted from a little before that moment: the clock may have jumped by years, of a firing a second.
        long nominal = catchUp == ALL ? nextFireMs : Math.max(nextFireMs, nextAfter(nowMs - 3 * stepMs()));
        while (catchUp != ALL && nextAfter(nominal) <= nowMs) {
            nominal = nextAfter(nominal);
        }
        return nominal;
    }

    boolean isLeftOut(long nominalMs, long nowMs) {
        return catchUp == SKIP && nowMs - nominalMs > MISSED_MS;
    }

    boolean isDue(long nowMs) {
        return !paused && nextFireMs != 0 && nextFireMs <= nowMs;
    }

    ModelSchedule fired(long nominalMs, long nextMs, long at) {
        return changed(nextMs, nominalMs, paused, at);
    }

    ModelSchedule paused(boolean isPaused, long nextMs, long at) {
        return changed(nextMs, lastFireMs, isPaused, at);
    }

    private ModelSchedule changed(long nextMs, long lastMs, boolean isPaused, long at) {
        return new ModelSchedule(
                key,
                intervalMs,
                firstAtMs,
                startWithinMs,
                catchUp,
                cron,
                zone,
                template,
                nextMs,
                lastMs,
                isPaused,
                position,
                at);
    }

    /** The same in a full event elsewhere. */
    ModelSchedule at(long fullPosition, long lastChange) {
        return new ModelSchedule(
                key,
                intervalMs,
                firstAtMs,
                startWithinMs,
                catchUp,
                cron,
                zone,
                template,
                nextFireMs,
                lastFireMs,
                paused,
                fullPosition,
                lastChange);
    }

    /** Whether the log says the same of both. */
    boolean hasLogOf(ModelSchedule other) {
        return at(position, 0).equals(other.at(other.position, 0));
    }

    String tenant() {
        return template.tenant();
    }

    String id() {
        return template.jobId();
    }
}
