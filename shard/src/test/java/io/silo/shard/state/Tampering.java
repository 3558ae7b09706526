package io.silo.shard.state;

/** Puts the state of a shard out of order, as only a bug could. */
public final class Tampering {
    private Tampering() {}

    /** A job that does not run holds a slot of its first limit. */
    public static void hold(ShardView view, int job) {
        final ShardState state = (ShardState) view;
        state.limits.hold(state.jobs.firstClaim(job), 1);
    }

    /** Times that every row was recounted. */
    public static long recounts(ShardView view) {
        return ((ShardState) view).recounts();
    }
}
