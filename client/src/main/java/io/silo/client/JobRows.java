package io.silo.client;

import io.silo.protocol.reply.JobRowsReplyDecoder;
import io.silo.protocol.reply.LimitKind;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/** A page of a scan: rows by number, from 0, and where the next page begins. Immutable. */
public final class JobRows {
    /** Where a page begins. Got from the page before, and good for its scan alone. */
    public record Cursor(long place, long placeAtMs, long asOfMs, long maxChangedAtMs) {
        /** Of a scan's first page. */
        public static final Cursor START = new Cursor(-1, 0, 0, Long.MAX_VALUE);

        /** Of a scan of rows that begins at one. */
        public static Cursor atRow(int row, long asOfMs) {
            return new Cursor(row, 0, asOfMs, Long.MAX_VALUE);
        }
    }

    /**
     * A limit that a job names.
     *
     * @param kind what it is.
     * @param max the job's own: leases, or hits in a duration.
     * @param durationMs of a rate limit.
     * @param isHeld whether the job's lease takes a slot.
     */
    public record Claim(Kind kind, String key, long max, long durationMs, boolean isHeld) {
        /** What a limit is. */
        public enum Kind {
            CONCURRENCY,
            FLOATING,
            RATE
        }
    }

    /** A running job's lease. */
    public record Lease(long epoch, long token, long startedAtMs) {}

    /**
     * What the log tells of a job.
     *
     * @param payload null = it is to be read by itself, or was not asked for.
     */
    public record Definition(
            long enqueuedAtMs,
            SortedMap<String, String> metadata,
            int payloadBytes,
            Encoding encoding,
            byte @Nullable [] payload) {}

    private static final Claim[] NO_CLAIMS = {};
    private static final long[] NO_LONGS = {};
    private static final int[] NO_INTS = {};
    private static final byte[] NO_BYTES = {};

    private final int count;
    private final long[] keys;
    private final long[] changedAtMs;
    private final long[] startAtMs;
    private final int[] attempts;
    private final byte[] statuses;
    private final byte[] priorities;
    private final byte[] awaited;
    private final String[] tenants;
    private final String[] taskGroups;
    private final String @Nullable [] ids;
    private final Claim[] @Nullable [] claims;
    private final @Nullable Lease @Nullable [] leases;
    private final @Nullable Definition @Nullable [] definitions;
    private final int @Nullable [] jobs;
    private final Cursor next;
    private final boolean isLast;
    private final int scanned;
    private final int rowEnd;

    static JobRows of(JobRowsReplyDecoder reply, int columns) {
        return (columns & JobScan.GROUPED) == 0 ? new JobRows(reply, columns) : new JobRows(reply);
    }

    /** Counts instead of rows. */
    @SuppressWarnings("NullAway") // every place of the arrays is filled in the loop
    private JobRows(JobRowsReplyDecoder reply) {
        next = next(reply);
        isLast = reply.isLast() != 0;
        scanned = (int) reply.scanned();
        rowEnd = rowEnd(reply);
        var unused = reply.rows();
        final Int2ObjectHashMap<String> tenantNames = tenantNames(reply);
        final Int2ObjectHashMap<String> groupNames = groupNames(reply);
        final JobRowsReplyDecoder.CountsDecoder counts = reply.counts();
        count = counts.count();
        startAtMs = new long[count];
        statuses = new byte[count];
        tenants = new String[count];
        taskGroups = new String[count];
        jobs = new int[count];
        for (int i = 0; i < count; i++) {
            counts.next();
            tenants[i] = named(tenantNames, (int) counts.tenant());
            taskGroups[i] = named(groupNames, (int) counts.taskGroup());
            statuses[i] = (byte) counts.statusRaw();
            startAtMs[i] = counts.isWaiting() != 0 ? asOfMs() : Long.MAX_VALUE;
            jobs[i] = (int) counts.jobs();
        }
        keys = NO_LONGS;
        changedAtMs = NO_LONGS;
        attempts = NO_INTS;
        priorities = NO_BYTES;
        awaited = NO_BYTES;
        ids = null;
        claims = null;
        leases = null;
        definitions = null;
    }

    @SuppressWarnings("NullAway") // every place of the arrays is filled in the loop
    private JobRows(JobRowsReplyDecoder reply, int columns) {
        next = next(reply);
        isLast = reply.isLast() != 0;
        scanned = (int) reply.scanned();
        rowEnd = rowEnd(reply);
        jobs = null;
        final JobRowsReplyDecoder.RowsDecoder rows = reply.rows();
        count = rows.count();
        keys = new long[count];
        changedAtMs = new long[count];
        startAtMs = new long[count];
        attempts = new int[count];
        statuses = new byte[count];
        priorities = new byte[count];
        awaited = new byte[count];
        tenants = new String[count];
        taskGroups = new String[count];
        ids = (columns & JobScan.IDS) == 0 ? null : new String[count];
        claims = (columns & JobScan.LIMITS) == 0 ? null : new Claim[count][];
        leases = (columns & JobScan.LEASES) == 0 ? null : new Lease[count];
        definitions = (columns & (JobScan.DEFINITIONS | JobScan.PAYLOADS)) == 0 ? null : new Definition[count];
        final int[] tenantNumbers = new int[count];
        final int[] groupNumbers = new int[count];
        for (int i = 0; i < count; i++) {
            rows.next();
            tenantNumbers[i] = (int) rows.tenant();
            groupNumbers[i] = (int) rows.taskGroup();
            read(rows, i, (columns & JobScan.PAYLOADS) != 0);
        }
        resolve(tenantNames(reply), tenantNumbers, tenants);
        resolve(groupNames(reply), groupNumbers, taskGroups);
    }

    private static Cursor next(JobRowsReplyDecoder reply) {
        return new Cursor(reply.nextCursor(), reply.nextCursorAtMs(), reply.nowMs(), reply.maxChangedAtMs());
    }

    private static int rowEnd(JobRowsReplyDecoder reply) {
        return (int) Math.min(Integer.MAX_VALUE, reply.rowEnd());
    }

    private static Int2ObjectHashMap<String> tenantNames(JobRowsReplyDecoder reply) {
        final Int2ObjectHashMap<String> names = new Int2ObjectHashMap<>();
        for (final JobRowsReplyDecoder.TenantsDecoder name : reply.tenants()) {
            names.put((int) name.number(), name.name());
        }
        return names;
    }

    private static Int2ObjectHashMap<String> groupNames(JobRowsReplyDecoder reply) {
        final Int2ObjectHashMap<String> names = new Int2ObjectHashMap<>();
        for (final JobRowsReplyDecoder.TaskGroupsDecoder name : reply.taskGroups()) {
            names.put((int) name.number(), name.name());
        }
        return names;
    }

    private void read(JobRowsReplyDecoder.RowsDecoder row, int i, boolean withPayloads) {
        keys[i] = row.jobKey();
        changedAtMs[i] = row.changedAtMs();
        startAtMs[i] = row.startAtMs();
        attempts[i] = (int) row.attempt();
        statuses[i] = (byte) row.statusRaw();
        priorities[i] = (byte) row.priority();
        awaited[i] = row.awaited();
        final JobRowsReplyDecoder.RowsDecoder.LimitsDecoder limits = row.limits();
        final Claim[] named = limits.count() == 0 ? NO_CLAIMS : new Claim[limits.count()];
        for (int place = 0; place < named.length; place++) {
            limits.next();
            final Claim.Kind kind = limits.kindRaw() == LimitKind.RATE.value()
                    ? Claim.Kind.RATE
                    : limits.kindRaw() == LimitKind.FLOATING.value() ? Claim.Kind.FLOATING : Claim.Kind.CONCURRENCY;
            final long max = limits.max();
            final long durationMs = limits.durationMs();
            final boolean isHeld = limits.isHeld() != 0;
            named[place] = new Claim(kind, limits.key(), max, durationMs, isHeld);
        }
        if (claims != null) {
            claims[i] = named;
        }
        for (final JobRowsReplyDecoder.RowsDecoder.LeasesDecoder lease : row.leases()) {
            if (leases != null) {
                leases[i] = new Lease(lease.tokenEpoch(), lease.token(), lease.startedAtMs());
            }
        }
        for (final JobRowsReplyDecoder.RowsDecoder.DefinitionsDecoder definition : row.definitions()) {
            final Definition read = read(definition, withPayloads);
            if (definitions != null) {
                definitions[i] = read;
            }
        }
        if (ids != null) {
            ids[i] = row.jobId();
        } else {
            row.skipJobId();
        }
    }

    private static Definition read(JobRowsReplyDecoder.RowsDecoder.DefinitionsDecoder definition, boolean withPayload) {
        final long enqueuedAtMs = definition.enqueuedAtMs();
        final int payloadBytes = (int) definition.payloadBytes();
        final Encoding encoding = Encoding.ofCode(definition.payloadEncodingRaw());
        final SortedMap<String, String> metadata = new TreeMap<>();
        for (final JobRowsReplyDecoder.RowsDecoder.DefinitionsDecoder.MetadataDecoder entry : definition.metadata()) {
            final String key = entry.key();
            metadata.put(key, entry.value());
        }
        final byte[] payload = new byte[definition.payloadLength()];
        definition.getPayload(payload, 0, payload.length);
        final boolean isThere = withPayload && payload.length == payloadBytes;
        return new Definition(enqueuedAtMs, metadata, payloadBytes, encoding, isThere ? payload : null);
    }

    /** Most rows have the name of the one before. */
    private static void resolve(Int2ObjectHashMap<String> names, int[] numbers, String[] texts) {
        for (int i = 0; i < numbers.length; i++) {
            texts[i] = i > 0 && numbers[i] == numbers[i - 1] ? texts[i - 1] : named(names, numbers[i]);
        }
    }

    private static String named(Int2ObjectHashMap<String> names, int number) {
        final String name = names.get(number);
        return name == null ? "" : name;
    }

    public int count() {
        return count;
    }

    /** Where the next page begins. */
    public Cursor next() {
        return next;
    }

    /** Whether there is no next page. */
    public boolean isLast() {
        return isLast;
    }

    /** Rows that the shard looked at. */
    public int scanned() {
        return scanned;
    }

    /** Rows of the shard. */
    public int rowEnd() {
        return rowEnd;
    }

    /** What tells waiting from scheduled jobs, ms. */
    public long asOfMs() {
        return next.asOfMs();
    }

    /** How many jobs a row stands for: 1, unless with {@link JobScan#GROUPED}, where a row has nothing but what it was grouped by. */
    public int jobs(int row) {
        return jobs == null ? 1 : jobs[row];
    }

    /** Names a job on its shard for ever. */
    public long key(int row) {
        return keys[row];
    }

    public String tenant(int row) {
        return tenants[row];
    }

    public String taskGroup(int row) {
        return taskGroups[row];
    }

    public int priority(int row) {
        return priorities[row];
    }

    public JobStatus status(int row) {
        return JobDraft.jobStatus(statuses[row]);
    }

    public long changedAtMs(int row) {
        return changedAtMs[row];
    }

    /** Start of the attempt that is pending, or was when the job was cancelled; 0 = none is. */
    public long startAtMs(int row) {
        return startAtMs[row];
    }

    /** Number of the pending, running or last attempt, from 1. */
    public int attempt(int row) {
        return attempts[row];
    }

    /** Place of the limit that a due task waits for; -1 = it waits for none. */
    public int awaited(int row) {
        return awaited[row];
    }

    /** With {@link JobScan#IDS}. */
    public String id(int row) {
        return ids == null ? "" : ids[row];
    }

    /** With {@link JobScan#LIMITS}, as the job names them. */
    public List<Claim> claims(int row) {
        return claims == null ? List.of() : List.of(claims[row]);
    }

    /** With {@link JobScan#LEASES}; null = the job does not run. */
    public @Nullable Lease lease(int row) {
        return leases == null ? null : leases[row];
    }

    /** With {@link JobScan#DEFINITIONS} or {@link JobScan#PAYLOADS}. */
    public @Nullable Definition definition(int row) {
        return definitions == null ? null : definitions[row];
    }
}
