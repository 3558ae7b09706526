package io.silo.shard.command;

import io.silo.log.LogException;
import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.reply.JobRowsReplyEncoder;
import io.silo.shard.history.JobReader;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** A page of a scan whose rows need their definitions. It ends early where the reply is full, or where a record is gone. */
final class ScanRead extends ColdRead {
    /** Rows of a page: each may be a read of the disk. */
    static final int ROWS_MAX = 256;

    /** Of a definition: what is not its metadata and its payload. */
    private static final int DEFINITION_BYTES = 64;

    /** Each metadata entry has two lengths. */
    private static final int ENTRY_BYTES = 4;

    private final List<ScannedRow> rows = new ArrayList<>();
    private final ScanPage page = new ScanPage();
    private final long touchedPosition;
    private final boolean withPayloads;
    private Head head = new Head(0, 0, 0, 0, 0, 0, true);

    /** What stands beside the rows of a page. */
    record Head(
            long nextCursor,
            long nextCursorAtMs,
            long nowMs,
            long maxChangedAtMs,
            int rowEnd,
            int scanned,
            boolean isLast) {
        static Head of(ScanWalk walk, ScanRequest request, ShardView view) {
            return new Head(
                    walk.nextCursor(),
                    walk.nextCursorAtMs(),
                    request.asOfMs,
                    walk.maxChangedAtMs(),
                    view.jobs().slotLimit(),
                    walk.looked(),
                    walk.isLast());
        }

        void write(JobRowsReplyEncoder reply) {
            reply.nextCursor(nextCursor)
                    .nextCursorAtMs(nextCursorAtMs)
                    .nowMs(nowMs)
                    .maxChangedAtMs(maxChangedAtMs)
                    .rowEnd(rowEnd)
                    .scanned(scanned)
                    .isLast((short) (isLast ? 1 : 0));
        }
    }

    /** @param touchedPosition the record up to which the rows speak of the state. */
    ScanRead(Asked asked, long touchedPosition, boolean withPayloads) {
        super(asked);
        this.touchedPosition = touchedPosition;
        this.withPayloads = withPayloads;
    }

    /** Takes a row along; false = the page is full. Shard thread only. */
    boolean add(ShardView view, int slot, int columns, long cursor, long cursorAtMs, UnsafeBuffer scratch) {
        if (rows.size() == ROWS_MAX) {
            return false;
        }
        final ScannedRow row = new ScannedRow();
        row.cursor = cursor;
        row.cursorAtMs = cursorAtMs;
        row.take(view, slot, columns, scratch);
        page.name(view, row, scratch);
        rows.add(row);
        return true;
    }

    void head(Head walked) {
        head = walked;
    }

    @Override
    public long touchedPosition() {
        return touchedPosition;
    }

    /** Its caller asks for the page again: with the names and rows of then. */
    @Override
    public @Nullable ColdRead again(ShardView view) {
        return null;
    }

    @Override
    public void perform(JobReader reader) {
        reply.wrap(new byte[Bounds.MESSAGE_BYTES_MAX]);
        final JobRowsReplyEncoder encoder = new JobRowsReplyEncoder();
        final JobRowsReplyEncoder.RowsEncoder items = ScanPage.begin(encoder, reply, messageHeader, rows.size());
        try {
            int count = 0;
            for (final ScannedRow row : rows) {
                final boolean isThere = reader.history()
                        .readDefinition(row.definitionPosition(), row.definitionOffset(), row.definitionLength());
                if (!isThere && count == 0) {
                    refuse(RejectReason.RESULT_GONE);
                    return;
                }
                if (!isThere || !write(items, encoder, row, reader, count == 0)) {
                    head = new Head(
                            row.cursor,
                            row.cursorAtMs,
                            head.nowMs(),
                            head.maxChangedAtMs(),
                            head.rowEnd(),
                            head.scanned(),
                            false);
                    break;
                }
                count++;
            }
            page.end(encoder, items);
            head.write(encoder);
            replied(encoder.limit());
        } catch (LogException e) {
            refuse(RejectReason.SHARD_CLOSED);
        }
    }

    /** Writes a row if it fits; the first one always does, without its payload if need be. */
    private boolean write(
            JobRowsReplyEncoder.RowsEncoder items,
            JobRowsReplyEncoder encoder,
            ScannedRow row,
            JobReader reader,
            boolean isFirst) {
        final JobEnqueuedDecoder job = new JobEnqueuedDecoder();
        job.wrapAndApplyHeader(reader.history().definition(), 0, new MessageHeaderDecoder());
        // The definition has them too, with no less between them.
        final int withoutPayload = row.bytes()
                + DEFINITION_BYTES
                + Bounds.METADATA_ENTRIES_MAX * ENTRY_BYTES
                + metadataBytes(reader.history().definition().capacity(), job);
        final int payload = withPayloads ? inlineBytes(job) : 0;
        if (page.hasRoom(encoder, withoutPayload + payload)) {
            row.write(encoder, items.next(), job, payload);
            return true;
        }
        if (!isFirst) {
            return false;
        }
        row.write(encoder, items.next(), job, 0);
        return true;
    }

    private static int inlineBytes(JobEnqueuedDecoder job) {
        return job.chunkPosition() >= 0 ? 0 : (int) job.payloadBytes();
    }

    private static int metadataBytes(int definitionLength, JobEnqueuedDecoder job) {
        return definitionLength - inlineBytes(job);
    }
}
