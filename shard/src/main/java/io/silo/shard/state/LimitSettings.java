package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;

/**
 * Maxima that were set for keys of tenants, each in place of the own maximum of every job that names the key. The number lies in the
 * limit's row, where the lines read it; a limit and its tenant's name stay while it is set, whether jobs name them or not. Few, and
 * changed by operators only. Shard thread only.
 */
public final class LimitSettings {
    /** An operator sets them by hand or by script; a script that sets more than this has gone wrong. */
    public static final int SETTINGS_MAX = 65_536;

    /** No maximum is set. */
    public static final int NONE = LimitTable.NO_MAX;

    private static final int NULL = RowSlab.NULL_SLOT;

    /** Keeps the hash of a setting apart from those of other things that are made of a tenant and a key. */
    private static final long SALT = 0x9E3779B97F4A7C15L;

    private final LimitTable limits;
    private final LimitLines lines;
    private final NameTable tenants;

    /** Where the event lies that set it, by limit. Never iterated: its order is that of a hash table. */
    private final Long2LongHashMap positions = new Long2LongHashMap(Long.MAX_VALUE);

    private long digest;

    LimitSettings(LimitTable limits, LimitLines lines, NameTable tenants) {
        this.limits = limits;
        this.lines = lines;
        this.tenants = tenants;
    }

    /** Sets a maximum, or with {@link #NONE} lets each job's own count again. */
    void set(DirectBuffer tenantName, DirectBuffer key, int max, long position) {
        int limit = find(tenantName, key);
        if (max == NONE) {
            unset(limit);
            return;
        }
        if (limit == NULL || limits.setMax(limit) == NONE) {
            final int tenant = tenants.acquire(tenantName, 0, tenantName.capacity());
            Invariant.check(tenant >= 0, "name table overflow");
            limit = limits.acquire(tenant, key, 0, key.capacity());
        } else {
            digest -= hash(limit);
        }
        limits.setMax(limit, max);
        digest += hash(limit);
        positions.put(limit, position);
        lines.onMaxChanged(limit);
    }

    private void unset(int limit) {
        if (limit == NULL || limits.setMax(limit) == NONE) {
            return;
        }
        digest -= hash(limit);
        limits.setMax(limit, NONE);
        positions.remove(limit);
        lines.onMaxChanged(limit);
        final int tenant = limits.tenant(limit);
        limits.release(limit);
        tenants.release(tenant);
    }

    /** The maximum that is set for a tenant's key, or {@link #NONE}. */
    public int max(DirectBuffer tenantName, DirectBuffer key) {
        final int limit = find(tenantName, key);
        return limit == NULL ? NONE : limits.setMax(limit);
    }

    /** How many are set. */
    public int count() {
        return positions.size();
    }

    /**
     * The first limit from {@code from} on, and before {@code end}, that was set by an event at or before {@code position}, or {@link
     * RowSlab#NULL_SLOT}. {@link LimitReport} tells what it is.
     */
    public int nextSetUntil(long position, int from, int end) {
        for (int limit = from; limit < end && count() > 0; limit++) {
            if (limits.isLive(limit) && limits.setMax(limit) != NONE && positions.get(limit) <= position) {
                return limit;
            }
        }
        return NULL;
    }

    private int find(DirectBuffer tenantName, DirectBuffer key) {
        final int tenant = tenants.find(tenantName, 0, tenantName.capacity());
        return tenant < 0 ? NULL : limits.find(tenant, key, 0, key.capacity());
    }

    private long hash(int limit) {
        final long name = Xxh64.mix(tenants.hash(limits.tenant(limit)) + SALT);
        return Xxh64.mix(Xxh64.mix(name + limits.keyHash(limit)) + limits.setMax(limit));
    }

    long digest() {
        return digest;
    }

    long bytes() {
        return 2L * Long.BYTES * positions.capacity();
    }

    void checkInvariants() {
        long sum = 0;
        int set = 0;
        for (int limit = 0; limit < limits.limitEnd(); limit++) {
            if (limits.isLive(limit) && limits.setMax(limit) != NONE) {
                Invariant.check(limits.setMax(limit) >= 0, "a maximum below zero is set");
                Invariant.check(positions.containsKey(limit), "a limit that is set has no event");
                sum += hash(limit);
                set++;
            }
        }
        Invariant.check(set == count(), "limits that are set differ from their count");
        Invariant.check(sum == digest, "digest of what is set differs from its recount");
    }
}
