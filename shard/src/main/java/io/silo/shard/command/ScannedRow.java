package io.silo.shard.command;

import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.reply.JobRowsReplyEncoder;
import io.silo.protocol.reply.JobRowsReplyEncoder.RowsEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.LimitKind;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ScanReport;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What a scan takes along of a job, so that its reply can be made later, on another thread. */
final class ScannedRow {
    // Bits of the columns that are asked for.
    static final int IDS = 1;
    static final int LIMITS = 2;
    static final int LEASES = 4;
    static final int DEFINITIONS = 8;
    static final int PAYLOADS = 16;

    /** A row without its id, limits and definition. */
    private static final int ROW_BYTES = 80;

    private static final int LIMIT_BYTES = 24;

    /** A limit that the job names. */
    private record Claim(long max, long durationMs, LimitKind kind, boolean isHeld, byte[] key) {}

    private static final byte[] NONE = new byte[0];

    long cursor;
    long cursorAtMs;
    private long jobKey;
    private long changedAtMs;
    private long startAtMs;
    private int attempt;
    private int tenant;
    private int taskGroup;
    private JobState state = JobState.SCHEDULED;
    private int priority;
    private int awaited = -1;
    private final List<Claim> claims = new ArrayList<>(0);
    private boolean isLeased;
    private long tokenEpoch;
    private long token;
    private long leasedAtMs;
    private byte[] id = NONE;
    private int idLength;
    private long definitionPosition;
    private int definitionOffset;
    private int definitionLength;

    /** Takes the row of a job. Shard thread only. */
    void take(ShardView view, int slot, int columns, UnsafeBuffer scratch) {
        final JobView jobs = view.jobs();
        jobKey = jobs.jobKey(slot);
        changedAtMs = jobs.changedAtMs(slot);
        state = jobs.state(slot);
        startAtMs = state == JobState.SCHEDULED || jobs.isCancelledPending(slot) ? jobs.startMs(slot) : 0;
        attempt = jobs.attempt(slot);
        tenant = jobs.tenant(slot);
        taskGroup = jobs.taskGroup(slot);
        priority = jobs.priority(slot);
        idLength = 0;
        if ((columns & IDS) != 0) {
            jobs.wrapId(slot, scratch);
            idLength = scratch.capacity();
            if (id.length < idLength) {
                id = new byte[idLength];
            }
            scratch.getBytes(0, id, 0, idLength);
        }
        if (!claims.isEmpty()) {
            claims.clear();
        }
        awaited = -1;
        if ((columns & LIMITS) != 0) {
            takeClaims(view.scanReport(), slot, scratch);
        }
        final int lease = (columns & LEASES) == 0 ? RowSlab.NULL_SLOT : jobs.lease(slot);
        isLeased = lease != RowSlab.NULL_SLOT;
        if (isLeased) {
            final LeaseView leases = view.leases();
            tokenEpoch = jobs.tokenEpoch(slot);
            token = jobs.token(slot);
            leasedAtMs = leases.startedAtMs(lease);
        }
        if ((columns & (DEFINITIONS | PAYLOADS)) != 0) {
            definitionPosition = jobs.definitionPosition(slot);
            definitionOffset = jobs.definitionOffset(slot);
            definitionLength = jobs.definitionLength(slot);
        }
    }

    private void takeClaims(ScanReport report, int slot, UnsafeBuffer scratch) {
        for (int claim = report.first(slot); claim != ScanReport.NONE; claim = report.next(claim)) {
            report.wrapKey(claim, scratch);
            final byte[] key = new byte[scratch.capacity()];
            scratch.getBytes(0, key);
            final LimitKind kind = report.isRate(claim)
                    ? LimitKind.RATE
                    : report.isFloating(claim) ? LimitKind.FLOATING : LimitKind.CONCURRENCY;
            claims.add(new Claim(report.max(claim), report.durationMs(claim), kind, report.isHeld(claim), key));
        }
        awaited = claims.isEmpty() ? -1 : report.awaited(slot);
    }

    int tenant() {
        return tenant;
    }

    int taskGroup() {
        return taskGroup;
    }

    long definitionPosition() {
        return definitionPosition;
    }

    int definitionOffset() {
        return definitionOffset;
    }

    int definitionLength() {
        return definitionLength;
    }

    /** Bytes of the row in a reply, at most, without its definition. */
    int bytes() {
        int bytes = ROW_BYTES + idLength;
        for (final Claim claim : claims) {
            bytes += LIMIT_BYTES + claim.key().length;
        }
        return bytes;
    }

    /**
     * Writes the row.
     *
     * @param reply that it is the next row of.
     * @param definition null = not asked for.
     * @param payloadBytesMax longer payloads are left out.
     */
    void write(
            JobRowsReplyEncoder reply, RowsEncoder row, @Nullable JobEnqueuedDecoder definition, int payloadBytesMax) {
        row.jobKey(jobKey)
                .changedAtMs(changedAtMs)
                .startAtMs(startAtMs)
                .attempt(attempt)
                .tenant(tenant)
                .taskGroup(taskGroup)
                .status(JobStatus.get((short) state.ordinal()))
                .priority((short) priority)
                .awaited((byte) awaited);
        final RowsEncoder.LimitsEncoder limits = row.limitsCount(claims.size());
        for (final Claim claim : claims) {
            limits.next()
                    .max(claim.max())
                    .durationMs(claim.durationMs())
                    .kind(claim.kind())
                    .isHeld((short) (claim.isHeld() ? 1 : 0))
                    .putKey(claim.key(), 0, claim.key().length);
        }
        final RowsEncoder.LeasesEncoder leases = row.leasesCount(isLeased ? 1 : 0);
        if (isLeased) {
            leases.next().tokenEpoch(tokenEpoch).token(token).startedAtMs(leasedAtMs);
        }
        final RowsEncoder.DefinitionsEncoder definitions = row.definitionsCount(definition == null ? 0 : 1);
        if (definition != null) {
            write(definitions.next(), definition, payloadBytesMax);
        }
        if (idLength > 0) {
            row.putJobId(id, 0, idLength);
        } else {
            // By hand: the copy of nothing was a third of the time of a row.
            reply.buffer().putShort(reply.limit(), (short) 0, JobRowsReplyEncoder.BYTE_ORDER);
            reply.limit(reply.limit() + RowsEncoder.jobIdHeaderLength());
        }
    }

    private static void write(RowsEncoder.DefinitionsEncoder item, JobEnqueuedDecoder definition, int payloadBytesMax) {
        item.enqueuedAtMs(definition.enqueuedAtMs())
                .payloadBytes(definition.payloadBytes())
                .payloadCrc(definition.payloadCrc())
                .payloadEncoding(PayloadEncoding.get(definition.payloadEncodingRaw()));
        JobLimits.skip(definition);
        final JobEnqueuedDecoder.MetadataDecoder metadata = definition.metadata();
        final RowsEncoder.DefinitionsEncoder.MetadataEncoder entries = item.metadataCount(metadata.count());
        for (final JobEnqueuedDecoder.MetadataDecoder entry : metadata) {
            final byte[] key = new byte[entry.keyLength()];
            entry.getKey(key, 0, key.length);
            final byte[] value = new byte[entry.valueLength()];
            entry.getValue(value, 0, value.length);
            entries.next().putKey(key, 0, key.length).putValue(value, 0, value.length);
        }
        definition.skipTenant();
        definition.skipTaskGroup();
        definition.skipJobId();
        definition.skipUniqueKey();
        final byte[] payload = new byte[definition.payloadLength() <= payloadBytesMax ? definition.payloadLength() : 0];
        definition.getPayload(payload, 0, payload.length);
        item.putPayload(payload, 0, payload.length);
    }
}
