package io.silo.client;

/**
 * What is paused.
 *
 * @param kind whose tasks wait.
 * @param name of the task group, or of the tenant; {@code -} means jobs of none.
 */
public record Pause(Kind kind, String name) implements Comparable<Pause> {
    /** Whose tasks wait. */
    public enum Kind {
        /** Those of a task group, of all tenants. */
        TASK_GROUP,
        /** Those of a tenant, in all task groups. */
        TENANT
    }

    /** By kind, then name. */
    @Override
    public int compareTo(Pause other) {
        return kind == other.kind ? name.compareTo(other.name) : kind.compareTo(other.kind);
    }
}
