package io.silo.shard.state;

/** What events do to schedules and bulk changes; called by appliers only. Shard thread only. */
public final class PlanChanges {
    private final ShardState state;

    PlanChanges(ShardState state) {
        this.state = state;
    }

    /** A schedule as an event says it is; one with its key is replaced. */
    public void scheduleSet(Schedule.Image image, long position) {
        state.keyUsed(image.key());
        state.schedules.set(image, position);
    }

    public void scheduleFired(Schedule schedule, long nominalMs, long nextFireMs) {
        state.schedules.fired(schedule, nominalMs, nextFireMs);
    }

    public void schedulePaused(Schedule schedule, boolean paused, long nextFireMs) {
        state.schedules.paused(schedule, paused, nextFireMs);
    }

    public void scheduleDeleted(Schedule schedule) {
        state.schedules.remove(schedule);
    }

    /** A bulk change as an event says it is. */
    public void bulkStarted(BulkChange.Image image, long position) {
        state.keyUsed(image.key());
        state.bulks.set(image, position);
    }

    public void bulkProgressed(BulkChange bulk, long changed) {
        state.bulks.progressed(bulk, changed);
    }

    public void bulkFinished(BulkChange bulk, long changed, long skipped, long nowMs) {
        state.bulks.finished(bulk, changed, skipped, nowMs);
    }
}
