package io.silo.shard.command;

import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.MetadataIndex;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardView;
import org.agrona.DirectBuffer;

/**
 * Walks the jobs of a scan, a slice at a time, along one of its paths. Which jobs come first, and where the next slice begins, is told by
 * a cursor that stays good whatever changes between slices. One per decider; shard thread only.
 */
final class ScanWalk {
    /** Rows looked at in a row, a slice: about 50 us. */
    static final int ROWS_PER_SLICE = 4_096;

    /** Rows looked at along a chain or an index, each somewhere else in memory: about 50 us too. */
    static final int STEPS_PER_SLICE = 512;

    private static final int NULL = RowSlab.NULL_SLOT;

    /** A row and the low bits of its job's key: together they are not used twice. */
    private static final int KEY_BITS = 39;

    private static final long KEY_MASK = (1L << KEY_BITS) - 1;

    /** Takes the jobs that match. */
    @FunctionalInterface
    interface Visitor {
        /**
         * A job that matches.
         *
         * @param cursor of a slice that begins with this job.
         * @return false = no room now: the slice ends before this job.
         */
        boolean visit(int slot, long cursor, long cursorAtMs);
    }

    private long nextCursor;
    private long nextCursorAtMs;
    private long maxChangedAtMs;
    private boolean isLast;
    private int looked;

    long nextCursor() {
        return nextCursor;
    }

    long nextCursorAtMs() {
        return nextCursorAtMs;
    }

    /** As the next slice is to have it: lower, if this one began at the latest change again. */
    long maxChangedAtMs() {
        return maxChangedAtMs;
    }

    boolean isLast() {
        return isLast;
    }

    /** Rows that were looked at. */
    int looked() {
        return looked;
    }

    private void begin(ScanRequest request) {
        nextCursor = request.cursor;
        nextCursorAtMs = request.cursorAtMs;
        maxChangedAtMs = request.maxChangedAtMs;
        isLast = false;
        looked = 0;
    }

    /** Nothing can match. */
    void nothing(ScanRequest request) {
        begin(request);
        isLast = true;
    }

    private void end() {
        isLast = true;
    }

    private void stopAt(long cursor, long cursorAtMs) {
        nextCursor = cursor;
        nextCursorAtMs = cursorAtMs;
    }

    /** All rows from the cursor on. */
    void rows(ShardView view, ScanRequest request, Visitor visitor) {
        begin(request);
        final JobView jobs = view.jobs();
        final int rowEnd = Math.min(jobs.slotLimit(), request.untilRow);
        final int first = (int) Math.max(0, Math.min(rowEnd, request.cursor));
        final int end = (int) Math.min(rowEnd, (long) first + ROWS_PER_SLICE);
        for (int slot = first; slot < end; slot++) {
            looked++;
            if (jobs.isLive(slot) && request.matches(view, slot) && !visitor.visit(slot, slot, 0)) {
                stopAt(slot, 0);
                return;
            }
        }
        stopAt(end, 0);
        isLast = end >= rowEnd;
    }

    /** The chain of a tenant and a status, latest change first. */
    void chain(ShardView view, ScanRequest request, Visitor visitor) {
        begin(request);
        final JobView jobs = view.jobs();
        int slot = firstInChain(view, request);
        while (slot != NULL) {
            if (jobs.changedAtMs(slot) < request.minChangedAtMs) {
                break;
            }
            if (looked == STEPS_PER_SLICE) {
                return;
            }
            looked++;
            if (request.matches(view, slot) && !visitor.visit(slot, nextCursor, nextCursorAtMs)) {
                return;
            }
            stopAt((long) slot << KEY_BITS | jobs.jobKey(slot) & KEY_MASK, jobs.changedAtMs(slot));
            slot = jobs.older(slot);
        }
        end();
    }

    private int firstInChain(ShardView view, ScanRequest request) {
        final JobView jobs = view.jobs();
        final JobState state = JobState.of((byte) request.chain());
        if (request.cursor != ScanRequest.START) {
            final int last = (int) (request.cursor >>> KEY_BITS);
            final boolean isInPlace = jobs.isLive(last)
                    && (jobs.jobKey(last) & KEY_MASK) == (request.cursor & KEY_MASK)
                    && jobs.changedAtMs(last) == request.cursorAtMs
                    && jobs.state(last) == state
                    && jobs.tenant(last) == request.tenant;
            if (isInPlace) {
                return jobs.older(last);
            }
            // It changed meanwhile: begin again, without what is later than it was.
            maxChangedAtMs = Math.min(maxChangedAtMs, request.cursorAtMs);
            request.maxChangedAtMs = maxChangedAtMs;
        }
        return view.newestJob(request.tenant, state);
    }

    /** The job with an id: of one tenant, or tenant by tenant. */
    void job(
            ShardView view,
            ScanRequest request,
            DirectBuffer id,
            int idOffset,
            int idLength,
            DirectBuffer scratch,
            Visitor visitor) {
        begin(request);
        final int tenantEnd = view.scanReport().tenantEnd();
        final int first = request.tenant == ScanRequest.ANY ? (int) Math.max(0, request.cursor) : request.tenant;
        final int end = request.tenant == ScanRequest.ANY
                ? (int) Math.min(tenantEnd, (long) first + STEPS_PER_SLICE)
                : first + 1;
        for (int tenant = first; tenant < end; tenant++) {
            if (!view.scanReport().isTenant(tenant)) {
                continue;
            }
            view.wrapTenant(tenant, scratch);
            looked++;
            final int slot = view.jobs().find(scratch, 0, scratch.capacity(), id, idOffset, idLength);
            if (slot != NULL && request.matches(view, slot) && !visitor.visit(slot, tenant, 0)) {
                stopAt(tenant, 0);
                return;
            }
        }
        stopAt(end, 0);
        isLast = request.tenant != ScanRequest.ANY || end >= tenantEnd;
    }

    /** Jobs with an entry of this key and value, tenant by tenant, those that came last first. */
    void metadata(ShardView view, ScanRequest request, int keyHash, int valueHash, Visitor visitor) {
        begin(request);
        final MetadataIndex index = view.scanReport().metadata();
        final boolean isOfAll = request.tenant == ScanRequest.ANY;
        final int tenantEnd = isOfAll ? view.scanReport().tenantEnd() : request.tenant + 1;
        final boolean isFirst = request.cursor == ScanRequest.START;
        int tenant = isOfAll ? isFirst ? 0 : Math.max(0, (int) (request.cursor >>> Integer.SIZE)) : request.tenant;
        int entry = isFirst ? NULL : (int) request.cursor;
        for (; tenant < tenantEnd; tenant++) {
            if (looked == STEPS_PER_SLICE) {
                stopAt(cursor(tenant, NULL), 0);
                return;
            }
            looked++;
            if (entry == NULL || !index.isOf(entry, tenant, keyHash, valueHash)) {
                // The entry left meanwhile: what was shown of this tenant comes again, and its reader knows it.
                entry = view.scanReport().isTenant(tenant) ? index.newest(tenant, keyHash, valueHash) : NULL;
            }
            while (entry != NULL) {
                final int slot = index.job(entry);
                if (looked == STEPS_PER_SLICE
                        || request.matches(view, slot) && !visitor.visit(slot, cursor(tenant, entry), 0)) {
                    stopAt(cursor(tenant, entry), 0);
                    return;
                }
                looked++;
                entry = index.older(entry);
            }
        }
        end();
    }

    private static long cursor(int tenant, int entry) {
        return (long) tenant << Integer.SIZE | entry & 0xFFFF_FFFFL;
    }

    /** Jobs with an entry of this key whose value may begin with a text, in no order that means anything. */
    void metadataPrefix(ShardView view, ScanRequest request, int keyHash, long head, int length, Visitor visitor) {
        begin(request);
        final MetadataIndex index = view.scanReport().metadata();
        final int first = (int) Math.max(0, request.cursor);
        final int end = (int) Math.min(index.entryEnd(), (long) first + ROWS_PER_SLICE);
        for (int entry = first; entry < end; entry++) {
            looked++;
            if (index.mayBegin(entry, keyHash, head, length)
                    && request.matches(view, index.job(entry))
                    && !visitor.visit(index.job(entry), entry, 0)) {
                stopAt(entry, 0);
                return;
            }
        }
        stopAt(Math.max(first, end), 0);
        isLast = end >= index.entryEnd();
    }
}
