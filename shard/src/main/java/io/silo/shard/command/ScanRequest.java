package io.silo.shard.command;

import io.silo.protocol.command.ScanPath;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ScanReport;
import io.silo.shard.state.ShardView;

/** What a page of a scan is asked for; the fields of the command, with names resolved. One per decider; shard thread only. */
final class ScanRequest {
    /** Bit of SCHEDULED jobs whose start time has come; {@link JobState#ordinal} gives the others. */
    static final int WAITING = 1 << 5;

    /** Cursor of the first page. */
    static final long START = -1;

    /** Stands for all tenants or task groups. */
    static final int ANY = TaskGrants.ANY_TENANT;

    /** Columns of rows. */
    private static final int ROW_COLUMNS = 0x1F;

    private static final int SCHEDULED = 1 << JobState.SCHEDULED.ordinal();

    ScanPath path = ScanPath.ROWS;
    long cursor;
    long cursorAtMs;
    long asOfMs;
    long minChangedAtMs;
    long maxChangedAtMs;
    int untilRow;
    int rowsMax;
    int columns;
    int statuses;
    boolean limitedOnly;
    boolean isPrefix;
    int tenant;
    int taskGroup;

    /** Whether a job is what is asked for. */
    boolean matches(ShardView view, int slot) {
        final JobView jobs = view.jobs();
        final long changedAtMs = jobs.changedAtMs(slot);
        return (tenant == ANY || jobs.tenant(slot) == tenant)
                && (taskGroup == ANY || jobs.taskGroup(slot) == taskGroup)
                && changedAtMs >= minChangedAtMs
                && changedAtMs <= maxChangedAtMs
                && (statuses == 0 || (statuses & statusBit(jobs, slot)) != 0)
                && (!limitedOnly || view.scanReport().first(slot) != ScanReport.NONE);
    }

    private int statusBit(JobView jobs, int slot) {
        final JobState state = jobs.state(slot);
        return state == JobState.SCHEDULED && jobs.startMs(slot) <= asOfMs ? WAITING : 1 << state.ordinal();
    }

    /** The status whose chain is walked, or -1 if they are of several. */
    int chain() {
        if (statuses != 0 && (statuses & ~(SCHEDULED | WAITING)) == 0) {
            return JobState.SCHEDULED.ordinal();
        }
        return Integer.bitCount(statuses) == 1 ? Integer.numberOfTrailingZeros(statuses) : -1;
    }

    boolean isGrouped() {
        return (columns & ScanGroups.GROUPED) != 0;
    }

    /** Whether what is asked for goes together: counts have no columns of rows, and only all rows are counted. */
    boolean isSound() {
        return isGrouped() ? (columns & ROW_COLUMNS) == 0 && path == ScanPath.ROWS : (columns & ~ROW_COLUMNS) == 0;
    }

    boolean needsLog() {
        return (columns & (ScannedRow.DEFINITIONS | ScannedRow.PAYLOADS)) != 0;
    }
}
