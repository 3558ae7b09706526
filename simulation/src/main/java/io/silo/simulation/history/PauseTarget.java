package io.silo.simulation.history;

/**
 * What can be paused.
 *
 * @param ofTenant whether it is a tenant; else a task group.
 * @param shard on which: a task group is paused on each by itself.
 */
public record PauseTarget(boolean ofTenant, String name, int shard) {
    /** Whether a task is of it. */
    boolean holds(Lease lease) {
        return lease.shard() == shard && name.equals(ofTenant ? lease.job().tenant() : lease.taskGroup());
    }
}
