package io.silo.sql;

import io.silo.client.JobRows;
import io.silo.client.JobScan;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import org.agrona.collections.LongHashSet;
import org.jspecify.annotations.Nullable;

/** The jobs that a read wants, of one shard after the other. One thread. */
final class JobStream {
    /** Rows that are scanned in one piece, and those before others are scanned beside them. */
    private static final int STRAND_ROWS_MIN = 8_192;

    /** Pages that one shard is asked for at a time: four slices of 100 us in a duty cycle. */
    private static final int STRANDS = 4;

    /** Where a tenant has so large a part of all jobs, all are looked at: rows side by side are read ten times as fast as a chain. */
    private static final int LARGE_PART = 4;

    /** Chains of so many tenants are merged where the latest of all are wanted. */
    private static final int MERGED_TENANTS_MAX = 16;

    private final Execution execution;
    private final ReadSpec.Use use;
    private final Bounds bounds;
    private final int columns;

    /** Of counts, which are asked for where all rows are looked at; 0 = jobs are wanted one by one. */
    private final int grouped;

    private final boolean limitedOnly;
    private final Deque<QueryShard> shards;
    private final Deque<JobPages> live = new ArrayDeque<>();
    private final List<JobPages> heads = new ArrayList<>();
    private @Nullable JobPages current;
    private Phase phase = Phase.NEXT_SHARD;
    private boolean isMerged;
    private @Nullable QueryShard shard;
    private @Nullable JobStrategy chosen;
    private @Nullable LongHashSet seen;
    private @Nullable JobPages firstPiece;
    private final List<JobPages> begun = new ArrayList<>();

    private enum Phase {
        /** Go to the next shard. */
        NEXT_SHARD,
        /** Rows of a first piece; then those behind it. */
        FIRST_ROWS,
        /** The scans of the strategy. */
        SCANS,
        /** What moved while the chains were walked. */
        MOVED
    }

    JobStream(Execution execution, ReadSpec spec, Bounds bounds, int columns, boolean limitedOnly) {
        this.execution = execution;
        this.use = spec.use();
        this.bounds = bounds;
        final boolean isGrouped = (columns & JobScan.GROUPED) != 0;
        this.columns = isGrouped ? 0 : columns;
        this.grouped = isGrouped ? columns : 0;
        this.limitedOnly = limitedOnly;
        this.shards = new ArrayDeque<>(execution.options().shards());
    }

    /** Goes to the next job; false = there is none. */
    boolean next() {
        while (true) {
            final JobPages stepped = isMerged ? nextMerged() : nextInTurn();
            if (stepped != null) {
                current = stepped;
                return true;
            }
            if (!advance()) {
                return false;
            }
        }
    }

    /** The page of the job. */
    JobRows page() {
        return currentPages().page();
    }

    /** Its number in the page. */
    int row() {
        return currentPages().row();
    }

    QueryShard shard() {
        return currentPages().shard();
    }

    private JobPages currentPages() {
        if (current == null) {
            throw new IllegalStateException("no job was reached");
        }
        return current;
    }

    /** One page of each scan in turn, so that each has one on its way. */
    private @Nullable JobPages nextInTurn() {
        while (!live.isEmpty()) {
            final JobPages first = live.peekFirst();
            final boolean turns = live.size() > 1 && first.isAtEndOfPage() && chosen != null && !chosen.isMoving();
            if (turns && first == current) {
                live.addLast(live.removeFirst());
                current = null;
                continue;
            }
            if (first.next()) {
                return first;
            }
            live.removeFirst();
        }
        return null;
    }

    /** The job that changed last of those that the scans are at. */
    private @Nullable JobPages nextMerged() {
        if (current != null && !current.next()) {
            heads.remove(current);
        }
        current = null;
        JobPages latest = null;
        for (final JobPages head : heads) {
            if (latest == null || changedAtMs(head) > changedAtMs(latest)) {
                latest = head;
            }
        }
        return latest;
    }

    private static long changedAtMs(JobPages pages) {
        return pages.page().changedAtMs(pages.row());
    }

    /** Goes to what is to be read next. */
    private boolean advance() {
        current = null;
        switch (phase) {
            case FIRST_ROWS -> strands();
            case SCANS -> moved();
            default -> {
                if (shards.isEmpty()) {
                    return false;
                }
                begin(shards.removeFirst());
            }
        }
        return true;
    }

    private void begin(QueryShard next) {
        shard = next;
        seen = null;
        isMerged = false;
        heads.clear();
        chosen = chosen(next);
        if (chosen.scans().isEmpty()
                || !execution.holds(next, chosen.scans().get(0).tenant())) {
            phase = Phase.NEXT_SHARD;
            return;
        }
        if (chosen.isMoving()) {
            seen = new LongHashSet(-1);
        }
        begun.clear();
        final boolean isOfRows = chosen.scans().get(0).path() == JobScan.Path.ROWS;
        if (isOfRows) {
            phase = Phase.FIRST_ROWS;
            firstPiece = pages(chosen.scans().get(0).copy().untilRow(STRAND_ROWS_MIN), JobRows.Cursor.START);
            live.add(firstPiece);
            return;
        }
        phase = Phase.SCANS;
        isMerged = chosen.scans().size() > 1 && chosen.isMoving() && (use.isNewestFirst() || use.firstRows() > 0);
        for (final JobScan scan : chosen.scans()) {
            final JobPages pages = pages(scan, JobRows.Cursor.START);
            begun.add(pages);
            if (isMerged) {
                pages.begin();
                heads.add(pages);
            } else {
                live.add(pages);
            }
        }
        if (isMerged) {
            heads.removeIf(pages -> !pages.next());
        }
    }

    private JobPages pages(JobScan scan, JobRows.Cursor start) {
        JobScan asked = limitedOnly ? scan.copy().limitedOnly() : scan;
        if (grouped != 0 && scan.path() == JobScan.Path.ROWS) {
            asked = asked.copy().columns(grouped);
        }
        return new JobPages(execution, shardAt(), asked, start, use.firstRows(), seen);
    }

    private QueryShard shardAt() {
        if (shard == null) {
            throw new IllegalStateException("no shard was begun");
        }
        return shard;
    }

    /** As the strategy, unless what the shard holds says otherwise. */
    private JobStrategy chosen(QueryShard next) {
        final JobStrategy strategy = JobStrategy.of(bounds, next.scope(execution.options()), columns);
        if (use.isNewestFirst()) {
            // The plan relies on the order of chains, and the filter names one tenant.
            final Set<String> tenants = bounds.tenants();
            return strategy.scans().isEmpty() || tenants == null || tenants.size() != 1
                    ? new JobStrategy("Nothing", List.of(), false)
                    : JobStrategy.chains(bounds, tenants.iterator().next(), columns);
        }
        if (strategy.isWholeTenant()
                && use.firstRows() == 0
                && execution.holds(next, strategy.scans().get(0).tenant())) {
            final String tenant = strategy.scans().get(0).tenant();
            final long[] jobs = {0, 0};
            execution.tenants(next, tenant, counted -> {
                jobs[0] += counted.jobs().total();
                return true;
            });
            if (jobs[0] == 0) {
                return strategy;
            }
            // Of all tenants, whether the client may see them or not.
            final int rows = execution
                    .await(execution
                            .scans()
                            .page(next.tenantHash(), strategy.scans().get(0), JobRows.Cursor.START, 1))
                    .rowEnd();
            return jobs[0] * LARGE_PART >= rows ? JobStrategy.rows(bounds, tenant, columns) : strategy;
        }
        final boolean isOfStatus = strategy.name().equals("Status")
                && strategy.scans().get(0).path() == JobScan.Path.ROWS
                && strategy.scans().get(0).chain() != null;
        return isOfStatus && use.firstRows() > 0 ? latestOfFewTenants(next, strategy) : strategy;
    }

    private JobStrategy latestOfFewTenants(QueryShard next, JobStrategy strategy) {
        final List<String> tenants = new ArrayList<>();
        execution.tenants(next, "", counted -> {
            tenants.add(counted.tenant());
            return tenants.size() <= MERGED_TENANTS_MAX;
        });
        if (tenants.size() > MERGED_TENANTS_MAX || tenants.isEmpty()) {
            return strategy;
        }
        final List<JobScan> scans = new ArrayList<>();
        for (final String tenant : tenants) {
            scans.addAll(JobStrategy.chains(bounds, tenant, columns).scans());
        }
        return new JobStrategy(strategy.name(), scans, true);
    }

    /** The rows behind the first piece, in several pieces if they are many. */
    private void strands() {
        phase = Phase.NEXT_SHARD;
        if (firstPiece == null || chosen == null || !firstPiece.hasPage()) {
            return;
        }
        final JobRows first = firstPiece.page();
        if (first.rowEnd() <= STRAND_ROWS_MIN) {
            return;
        }
        final JobScan scan = chosen.scans().get(0);
        final int rows = first.rowEnd() - STRAND_ROWS_MIN;
        final int strands = use.firstRows() > 0 || rows < STRANDS * STRAND_ROWS_MIN ? 1 : STRANDS;
        final int each = rows / strands + 1;
        for (int i = 0; i < strands; i++) {
            final int from = STRAND_ROWS_MIN + i * each;
            // Behind the last come those that are added meanwhile.
            final int until = i == strands - 1 ? Integer.MAX_VALUE : from + each;
            final JobPages pages = pages(scan.copy().untilRow(until), JobRows.Cursor.atRow(from, first.asOfMs()));
            pages.begin();
            live.add(pages);
        }
    }

    /** A job that went from a chain not yet walked to one that was is at the head of that by now. */
    private void moved() {
        phase = Phase.NEXT_SHARD;
        if (chosen == null || !chosen.isMoving() || chosen.scans().size() < 2 || use.isNewestFirst()) {
            return;
        }
        isMerged = false;
        // By the shard's clock: this one may be ahead of it.
        final long beganAtMs =
                begun.stream().mapToLong(JobPages::beganAtMs).min().orElse(Long.MIN_VALUE);
        final long sinceMs = Math.max(bounds.minChangedAtMs(), beganAtMs);
        for (final JobScan scan : chosen.scans()) {
            live.add(pages(scan.copy().changed(sinceMs, bounds.maxChangedAtMs()), JobRows.Cursor.START));
        }
    }
}
