package io.silo.shard.command;

/**
 * Who on the shard's thread wants tasks of a task group.
 *
 * @param subscriptions that may get them.
 * @param credits tasks that those may still get.
 * @param waitingCalls that wait for one.
 */
public record Demand(int subscriptions, long credits, int waitingCalls) {
    /** Nobody does. */
    public static final Demand NONE = new Demand(0, 0, 0);
}
