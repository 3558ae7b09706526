package io.silo.sql;

import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What every row that a filter lets pass has: never less than the truth, so that a scan may go by it and the filter itself be applied
 * behind. Immutable.
 *
 * @param ids of jobs; null = any.
 * @param tenants null = any.
 * @param taskGroups null = any.
 * @param statuses bits of {@link DisplayStatus}.
 * @param minChangedAtMs of the status, at least.
 * @param maxChangedAtMs of the status, at most.
 * @param metadata an entry that it has, or null.
 */
record Bounds(
        @Nullable Set<String> ids,
        @Nullable Set<String> tenants,
        @Nullable Set<String> taskGroups,
        int statuses,
        long minChangedAtMs,
        long maxChangedAtMs,
        @Nullable Metadata metadata) {
    static final Bounds ANY = new Bounds(null, null, null, DisplayStatus.ALL, Long.MIN_VALUE, Long.MAX_VALUE, null);
    static final Bounds NOTHING =
            new Bounds(Set.of(), null, null, DisplayStatus.ALL, Long.MIN_VALUE, Long.MAX_VALUE, null);

    /** An entry whose value is, or begins with, a text. */
    record Metadata(String key, String value, boolean isPrefix) {}

    static Bounds ofId(String id) {
        return ofIds(Set.of(id));
    }

    static Bounds ofIds(Set<String> ids) {
        return new Bounds(ids, null, null, DisplayStatus.ALL, Long.MIN_VALUE, Long.MAX_VALUE, null);
    }

    static Bounds ofTenant(String tenant) {
        return ofTenants(Set.of(tenant));
    }

    static Bounds ofTenants(Set<String> tenants) {
        return new Bounds(null, tenants, null, DisplayStatus.ALL, Long.MIN_VALUE, Long.MAX_VALUE, null);
    }

    static Bounds ofTaskGroup(String group) {
        return ofTaskGroups(Set.of(group));
    }

    static Bounds ofTaskGroups(Set<String> groups) {
        return new Bounds(null, null, groups, DisplayStatus.ALL, Long.MIN_VALUE, Long.MAX_VALUE, null);
    }

    static Bounds ofStatuses(int bits) {
        return new Bounds(null, null, null, bits, Long.MIN_VALUE, Long.MAX_VALUE, null);
    }

    static Bounds ofChanged(long minMs, long maxMs) {
        return new Bounds(null, null, null, DisplayStatus.ALL, minMs, maxMs, null);
    }

    static Bounds ofMetadata(String key, String value, boolean isPrefix) {
        return new Bounds(
                null,
                null,
                null,
                DisplayStatus.ALL,
                Long.MIN_VALUE,
                Long.MAX_VALUE,
                new Metadata(key, value, isPrefix));
    }

    /** Whether no row passes. */
    boolean isNothing() {
        return ids != null && ids.isEmpty()
                || tenants != null && tenants.isEmpty()
                || taskGroups != null && taskGroups.isEmpty()
                || statuses == 0
                || minChangedAtMs > maxChangedAtMs;
    }

    Bounds and(Bounds other) {
        return new Bounds(
                both(ids, other.ids),
                both(tenants, other.tenants),
                both(taskGroups, other.taskGroups),
                statuses & other.statuses,
                Math.max(minChangedAtMs, other.minChangedAtMs),
                Math.min(maxChangedAtMs, other.maxChangedAtMs),
                better(metadata, other.metadata));
    }

    Bounds or(Bounds other) {
        if (isNothing()) {
            return other;
        }
        if (other.isNothing()) {
            return this;
        }
        return new Bounds(
                either(ids, other.ids),
                either(tenants, other.tenants),
                either(taskGroups, other.taskGroups),
                statuses | other.statuses,
                Math.min(minChangedAtMs, other.minChangedAtMs),
                Math.max(maxChangedAtMs, other.maxChangedAtMs),
                metadata != null && metadata.equals(other.metadata) ? metadata : null);
    }

    private static @Nullable Set<String> both(@Nullable Set<String> one, @Nullable Set<String> other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        final Set<String> both = new HashSet<>(one);
        both.retainAll(other);
        return both;
    }

    private static @Nullable Set<String> either(@Nullable Set<String> one, @Nullable Set<String> other) {
        if (one == null || other == null) {
            return null;
        }
        final Set<String> either = new HashSet<>(one);
        either.addAll(other);
        return either;
    }

    /** An exact entry names fewer jobs than a prefix; a longer prefix fewer than a shorter one. */
    private static @Nullable Metadata better(@Nullable Metadata one, @Nullable Metadata other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        if (one.isPrefix() != other.isPrefix()) {
            return one.isPrefix() ? other : one;
        }
        return one.value().length() >= other.value().length() ? one : other;
    }
}
