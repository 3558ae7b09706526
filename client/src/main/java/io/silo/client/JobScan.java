package io.silo.client;

import org.jspecify.annotations.Nullable;

/**
 * Which jobs of a shard a scan reads, along which path, and what of them. Begins as all jobs with nothing but their rows; each setter
 * answers this. One thread until it is given to {@link JobScans}, and unchanged from then on.
 */
public final class JobScan {
    /** Ids are asked for. */
    public static final int IDS = 1;

    /** Limits are. */
    public static final int LIMITS = 2;

    /** Leases of running jobs are. */
    public static final int LEASES = 4;

    /** Metadata and the time of the enqueue are: they are read from the log. */
    public static final int DEFINITIONS = 8;

    /** And payloads. */
    public static final int PAYLOADS = 16;

    /** Instead of rows how many jobs there are, by status; only by {@link Path#ROWS}, and without the columns above. */
    public static final int GROUPED = 32;

    /** And by tenant. */
    public static final int BY_TENANT = 64;

    /** And by task group. */
    public static final int BY_TASK_GROUP = 128;

    /** Bit of SCHEDULED jobs whose start time has come; that of SCHEDULED then stands for the others. */
    public static final int WAITING = 1 << 5;

    /** Where jobs are looked for. */
    public enum Path {
        /** All rows of the shard, in no order that means anything. */
        ROWS,
        /** The jobs of a tenant in one status, latest change first. */
        STATUS,
        /** The job with an id, of a tenant or of each. */
        JOB,
        /** Jobs with a metadata entry. */
        METADATA
    }

    Path path = Path.ROWS;
    String tenant = "";
    String taskGroup = "";
    String jobId = "";
    String metadataKey = "";
    String metadataValue = "";
    boolean isPrefix;
    int statuses;
    boolean limitedOnly;
    long minChangedAtMs = Long.MIN_VALUE;
    long maxChangedAtMs = Long.MAX_VALUE;
    int untilRow = Integer.MAX_VALUE;
    int columns;

    /** A scan of the same. */
    public JobScan copy() {
        final JobScan copy = new JobScan();
        copy.path = path;
        copy.tenant = tenant;
        copy.taskGroup = taskGroup;
        copy.jobId = jobId;
        copy.metadataKey = metadataKey;
        copy.metadataValue = metadataValue;
        copy.isPrefix = isPrefix;
        copy.statuses = statuses;
        copy.limitedOnly = limitedOnly;
        copy.minChangedAtMs = minChangedAtMs;
        copy.maxChangedAtMs = maxChangedAtMs;
        copy.untilRow = untilRow;
        copy.columns = columns;
        return copy;
    }

    /** Bit of a status. */
    public static int bit(JobStatus status) {
        return 1 << status.ordinal();
    }

    public Path path() {
        return path;
    }

    /** Bits of {@link #bit} and {@link #WAITING}; 0 = any. */
    public int statuses() {
        return statuses;
    }

    /** Empty = all that the client may see. */
    public String tenant() {
        return tenant;
    }

    /** The status whose chain {@link Path#STATUS} can walk, or null if they are of several. */
    public @Nullable JobStatus chain() {
        final int scheduled = bit(JobStatus.SCHEDULED);
        if (statuses != 0 && (statuses & ~(scheduled | WAITING)) == 0) {
            return JobStatus.SCHEDULED;
        }
        return Integer.bitCount(statuses) == 1 ? JobStatus.values()[Integer.numberOfTrailingZeros(statuses)] : null;
    }

    /** Only jobs of a tenant. */
    public JobScan tenant(String name) {
        tenant = name;
        return this;
    }

    /** Only jobs of a task group. */
    public JobScan taskGroup(String name) {
        taskGroup = name;
        return this;
    }

    /** Only jobs of these statuses: bits of {@link #bit} and {@link #WAITING}; 0 = any. */
    public JobScan statuses(int bits) {
        statuses = bits;
        return this;
    }

    /** Along the chain of the tenant and the one status that were set. */
    public JobScan byStatus() {
        path = Path.STATUS;
        return this;
    }

    /** The job with this id. */
    public JobScan byJob(String id) {
        path = Path.JOB;
        jobId = id;
        return this;
    }

    /** Jobs with this metadata entry, or one that begins so. What comes may have another value: it is looked up by a hash. */
    public JobScan byMetadata(String key, String value, boolean prefix) {
        path = Path.METADATA;
        metadataKey = key;
        metadataValue = value;
        isPrefix = prefix;
        return this;
    }

    /** Only jobs whose status changed between two times, each included, ms. */
    public JobScan changed(long minMs, long maxMs) {
        minChangedAtMs = minMs;
        maxChangedAtMs = maxMs;
        return this;
    }

    /** Only jobs that name limits. */
    public JobScan limitedOnly() {
        limitedOnly = true;
        return this;
    }

    /** By {@link Path#ROWS} the scan ends before this row. */
    public JobScan untilRow(int row) {
        untilRow = row;
        return this;
    }

    /** What is asked for beside the rows: bits of {@link #IDS} and the others. */
    public JobScan columns(int bits) {
        columns = bits;
        return this;
    }
}
