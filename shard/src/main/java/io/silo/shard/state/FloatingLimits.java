package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What workers found out for floating limits, by key of a tenant. The maximum lies in the limit's row too, where the lines read it. A limit
 * and its tenant's name stay while something is known of it, whether jobs name it or not. Changed once a refresh interval and key; shard
 * thread only; allocates for each change.
 */
public final class FloatingLimits {
    /** Keys of which something is known. */
    public static final int FINDINGS_MAX = 1 << 20;

    /** Nothing was found out yet. */
    public static final int NONE = LimitTable.NO_MAX;

    /** Shortest time from one answer to the next question, whatever the jobs say: a worker that answers at once must not be kept busy by it. */
    static final long INTERVAL_MS_MIN = 100;

    private static final int NULL = RowSlab.NULL_SLOT;
    private static final long SALT = 0xC2B2AE3D27D4EB4FL;

    /**
     * What is known of one key.
     *
     * @param max holders of jobs that name it as a floating limit, or {@link #NONE}: each job's own counts.
     * @param intervalMs of the job for which it was asked.
     * @param refreshedAtMs when the maximum was found out; 0 = never.
     * @param retryAtMs after failures: not before; else 0.
     * @param failures in a row.
     * @param errorCode of the last failure; empty if none.
     */
    public record Finding(
            int max, long intervalMs, long refreshedAtMs, long retryAtMs, int failures, String errorCode) {
        /** Unix epoch ms from which on the maximum is to be found out again, while jobs wait. */
        public long dueMs() {
            final long nextMs = refreshedAtMs == 0 ? 0 : refreshedAtMs + Math.max(INTERVAL_MS_MIN, intervalMs);
            return Math.max(nextMs, retryAtMs);
        }

        private long hash() {
            final UnsafeBuffer code = new UnsafeBuffer(errorCode.getBytes(StandardCharsets.UTF_8));
            long hash = Xxh64.hash(code, 0, code.capacity());
            hash = Xxh64.mix(hash + max);
            hash = Xxh64.mix(hash + intervalMs);
            hash = Xxh64.mix(hash + refreshedAtMs);
            hash = Xxh64.mix(hash + retryAtMs);
            return Xxh64.mix(hash + failures);
        }
    }

    private record Known(Finding finding, long position) {}

    private final LimitTable limits;
    private final LimitLines lines;
    private final NameTable tenants;
    private final Refreshes refreshes;

    /** Never iterated: its order is that of a hash table. */
    private final Int2ObjectHashMap<Known> byLimit = new Int2ObjectHashMap<>();

    private long digest;

    FloatingLimits(LimitTable limits, LimitLines lines, NameTable tenants) {
        this.limits = limits;
        this.lines = lines;
        this.tenants = tenants;
        refreshes = new Refreshes(limits, lines, tenants, this);
    }

    /** Who is to find them out, and when; volatile. */
    public Refreshes refreshes() {
        return refreshes;
    }

    /** Sets what is known of a key. */
    void set(DirectBuffer tenantName, DirectBuffer key, Finding finding, long position) {
        int limit = find(tenantName, key);
        if (limit == NULL || !byLimit.containsKey(limit)) {
            final int tenant = tenants.acquire(tenantName, 0, tenantName.capacity());
            Invariant.check(tenant >= 0, "name table overflow");
            limit = limits.acquire(tenant, key, 0, key.capacity());
        } else {
            digest -= hash(limit);
        }
        byLimit.put(limit, new Known(finding, position));
        limits.floatingMax(limit, finding.max());
        digest += hash(limit);
        refreshes.onFinding(limit);
        lines.onMaxChanged(limit);
    }

    /** Forgets what is known of a key. */
    void forget(DirectBuffer tenantName, DirectBuffer key) {
        final int limit = find(tenantName, key);
        if (limit == NULL || !byLimit.containsKey(limit)) {
            return;
        }
        digest -= hash(limit);
        byLimit.remove(limit);
        limits.floatingMax(limit, NONE);
        refreshes.onFinding(limit);
        lines.onMaxChanged(limit);
        final int tenant = limits.tenant(limit);
        limits.release(limit);
        tenants.release(tenant);
    }

    /** What is known of a tenant's key, or null. */
    public @Nullable Finding of(DirectBuffer tenantName, DirectBuffer key) {
        final int limit = find(tenantName, key);
        return limit == NULL ? null : of(limit);
    }

    /** What is known of a limit, or null. */
    public @Nullable Finding of(int limit) {
        final Known known = byLimit.get(limit);
        return known == null ? null : known.finding;
    }

    /** Keys of which something is known. */
    public int count() {
        return byLimit.size();
    }

    /**
     * The first limit from {@code from} on, and before {@code end}, whose finding lies at or before {@code position}, or {@link
     * RowSlab#NULL_SLOT}.
     */
    public int nextUntil(long position, int from, int end) {
        for (int limit = from; limit < end && count() > 0; limit++) {
            final Known known = byLimit.get(limit);
            if (known != null && known.position <= position) {
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
        final Finding finding = byLimit.get(limit).finding;
        return Xxh64.mix(Xxh64.mix(name + limits.keyHash(limit)) + finding.hash());
    }

    long digest() {
        return digest;
    }

    /** About what a finding takes on the heap. */
    long bytes() {
        return 160L * byLimit.size() + refreshes.bytes();
    }

    void checkInvariants() {
        long sum = 0;
        int known = 0;
        for (int limit = 0; limit < limits.limitEnd(); limit++) {
            final Finding finding = of(limit);
            if (!limits.isLive(limit)) {
                Invariant.check(finding == null, "something is known of a limit that is not there");
                continue;
            }
            Invariant.check(
                    limits.floatingMax(limit) == (finding == null ? NONE : finding.max()),
                    "the maximum in a limit's row is not what was found out");
            if (finding != null) {
                sum += hash(limit);
                known++;
            }
        }
        Invariant.check(known == count(), "findings differ from their count");
        Invariant.check(sum == digest, "digest of findings differs from its recount");
        refreshes.checkInvariants();
    }
}
