package io.silo.sql;

import io.silo.client.JobRows;
import io.silo.client.JobScan;
import io.silo.client.JobScans;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/**
 * The rows of a scan of one shard, page after page; the next one is asked for when one is begun. A job that comes twice, because it moved
 * meanwhile, is left out the second time. One thread.
 */
final class JobPages {
    /** A filter may name what no tenant and no task group can be called: then it finds nothing. */
    static final Set<RejectReason> NO_SUCH_NAME = Set.of(
            RejectReason.INVALID_TENANT,
            RejectReason.TENANT_NOT_ALLOWED,
            RejectReason.TENANT_REQUIRED,
            RejectReason.INVALID_TASK_GROUP,
            RejectReason.TASK_GROUP_TOO_LONG,
            RejectReason.INVALID_FILTER);

    private static final int FIRST_ROWS = 256;

    /** Each page has so many times the rows of the one before. */
    private static final int GROWTH = 8;

    private final Execution execution;
    private final QueryShard shard;
    private final JobScan scan;
    private final @Nullable LongHashSet seen;
    private JobRows.Cursor cursor;
    private int rowsMax;
    private @Nullable CompletableFuture<JobRows> next;
    private @Nullable JobRows page;
    private int row = -1;
    private boolean isNothing;
    private long beganAtMs = Long.MAX_VALUE;

    /**
     * Begins a scan.
     *
     * @param start where.
     * @param rowsWanted how many may be enough; 0 = nothing is known.
     * @param seen keys of jobs that are not shown again, which grows; null = none comes twice.
     */
    JobPages(
            Execution execution,
            QueryShard shard,
            JobScan scan,
            JobRows.Cursor start,
            int rowsWanted,
            @Nullable LongHashSet seen) {
        this.execution = execution;
        this.shard = shard;
        this.scan = scan;
        this.seen = seen;
        this.cursor = start;
        this.rowsMax = rowsWanted > 0 ? Math.min(rowsWanted, JobScans.PAGE_ROWS_MAX) : FIRST_ROWS;
    }

    QueryShard shard() {
        return shard;
    }

    /** Asks for the first page, without waiting. */
    void begin() {
        if (page == null && next == null) {
            request();
        }
    }

    private void request() {
        next = execution.scans().page(shard.tenantHash(), scan, cursor, rowsMax);
        rowsMax = (int) Math.min(JobScans.PAGE_ROWS_MAX, (long) rowsMax * GROWTH);
    }

    /** Goes to the next row; false = there is none. */
    boolean next() {
        while (!isNothing) {
            if (page != null && ++row < page.count()) {
                if (seen == null || seen.add(page.key(row))) {
                    return true;
                }
                continue;
            }
            if (page != null && page.isLast()) {
                return false;
            }
            advance();
        }
        return false;
    }

    private void advance() {
        if (next == null) {
            request();
        }
        final CompletableFuture<JobRows> asked = next;
        if (asked == null) {
            throw new IllegalStateException("no page was asked for");
        }
        final JobRows arrived;
        try {
            arrived = execution.await(asked);
        } catch (SiloException refused) {
            if (!NO_SUCH_NAME.contains(refused.reason())) {
                throw refused;
            }
            isNothing = true;
            return;
        }
        execution.onPage(arrived.scanned());
        beganAtMs = Math.min(beganAtMs, arrived.asOfMs());
        page = arrived;
        cursor = arrived.next();
        row = -1;
        next = null;
        if (!arrived.isLast()) {
            request();
        }
    }

    /** Whether the next row is one of another page. */
    boolean isAtEndOfPage() {
        return page == null || row + 1 >= page.count();
    }

    /** When its first page was read, by the shard's clock, ms; {@link Long#MAX_VALUE} = none was. */
    long beganAtMs() {
        return beganAtMs;
    }

    /** Whether a page came. */
    boolean hasPage() {
        return page != null;
    }

    /** The page of the row. */
    JobRows page() {
        if (page == null) {
            throw new IllegalStateException("no row was reached");
        }
        return page;
    }

    /** Number of the row in its page. */
    int row() {
        return row;
    }
}
