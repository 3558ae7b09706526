package io.silo.shard.state;

import org.agrona.DirectBuffer;

/**
 * What scans see of jobs beside their rows: the limits that each names, one claim for each in the order in which it names them, the index
 * of metadata, and which tenants there are. Reads what is volatile, and changes nothing. Shard thread only.
 */
public final class ScanReport {
    /** No claim. */
    public static final int NONE = LimitTable.NONE;

    private final JobTable jobs;
    private final LimitTable limits;
    private final TaskQueues queues;
    private final NameTable tenants;

    ScanReport(JobTable jobs, LimitTable limits, TaskQueues queues, NameTable tenants) {
        this.jobs = jobs;
        this.limits = limits;
        this.queues = queues;
        this.tenants = tenants;
    }

    public MetadataIndex metadata() {
        return jobs.metadata;
    }

    /** One past the highest number of a tenant. */
    public int tenantEnd() {
        return tenants.idEnd();
    }

    /** Whether a number is that of a tenant now. */
    public boolean isTenant(int tenant) {
        return tenants.isLive(tenant);
    }

    /** First claim of a job, or {@link #NONE}. */
    public int first(int slot) {
        return jobs.firstClaim(slot);
    }

    /** The next one of the same job, or {@link #NONE}. */
    public int next(int claim) {
        return limits.next(claim);
    }

    /** Whether it is one on the bucket of a rate limit. */
    public boolean isRate(int claim) {
        return limits.isRate(claim);
    }

    public boolean isFloating(int claim) {
        return limits.isFloating(claim);
    }

    /** Whether the job's lease takes a slot. */
    public boolean isHeld(int claim) {
        return limits.isHeld(claim);
    }

    /** What the job asks for itself: leases, or hits in a duration. */
    public long max(int claim) {
        return isRate(claim) ? limits.rateTerms().hitsMax(limits.terms(claim)) : limits.ownMax(claim);
    }

    /** Of a rate limit, ms; of a calendar one the number of its unit. */
    public long durationMs(int claim) {
        return isRate(claim) ? limits.rateTerms().durationMs(limits.terms(claim)) : 0;
    }

    /** Points {@code view} at the key as the job gives it, good until the next one is asked for. */
    public void wrapKey(int claim, DirectBuffer view) {
        limits.wrapKey(limits.limit(claim), view);
        if (isRate(claim)) {
            // Behind the name of the rate limit, which stands between two marks.
            int at = 1;
            while (view.getByte(at) != RateBuckets.KEY_MARK) {
                at++;
            }
            view.wrap(view, at + 1, view.capacity() - at - 1);
        }
    }

    /** Place, from 0, of the claim that a due task waits for; -1 = it waits for none. */
    public int awaited(int slot) {
        final int where = jobs.where(slot);
        if (where >= JobTable.IN_LINES) {
            return where - JobTable.IN_LINES;
        }
        if (where != JobTable.IN_ASKS && where != JobTable.IN_ASKED) {
            return -1;
        }
        final int awaited = queues.lines.asks().unpassed(slot);
        int place = 0;
        for (int claim = first(slot); claim != NONE; claim = next(claim)) {
            if (claim == awaited) {
                return place;
            }
            place++;
        }
        return -1;
    }
}
