package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Looks at what lies behind the last good record of a cycle. Records there that are chained to each other under the cycle's key were
 * really written by this log, and what they say about durability holds whatever happened to the bytes before them.
 */
final class TailScan {
    /** Claim of a scan that met more look-alikes than it could check: taken for the worst. */
    static final long CLAIM_UNKNOWN = Long.MAX_VALUE;

    /**
     * Most bytes put through the checksum for candidates that turn out not to be chained: eight full cycles. Bytes that happen to look
     * like a record header are rare; more than this is somebody's doing.
     */
    private static final long FAILED_BYTES_MAX = 8 * EventLogContext.CYCLE_BYTES_DEFAULT;

    private static final int WINDOW_BYTES = 1 << 20;

    private final CycleFile file;
    private final ByteBuffer window = ByteBuffer.allocateDirect(WINDOW_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer zeros = ByteBuffer.allocateDirect(WINDOW_BYTES);
    private final RecordLayout layout = new RecordLayout();
    private final UnsafeBuffer view = new UnsafeBuffer(window);
    private long failedBytes;

    TailScan(CycleFile file) {
        this.file = file;
    }

    /** Whether the file has only zero bytes from this offset on. */
    boolean isZeroFrom(long fileOffset) {
        return firstNonZero(fileOffset) < 0;
    }

    /**
     * The highest position that a genuine record behind {@code fileOffset} says was durable when it was written, or
     * {@link EventLog#NULL_POSITION}. A record counts as genuine if it is chained to the one that lies before it.
     */
    long highestClaim(long fileOffset, CyclePreamble preamble, long lastGoodPosition, ByteBuffer documentWindow) {
        int key = layout.key(preamble.saltHigh(), preamble.saltLow());
        var documents = new DocumentCursor(file, documentWindow);
        long highest = EventLog.NULL_POSITION;
        long at = DocumentCursor.align(fileOffset);
        while ((at = nextCandidate(at, lastGoodPosition)) >= 0) {
            documents.seek(at);
            boolean isRun = false;
            if (documents.next() == DocumentCursor.Found.DOCUMENT) {
                while (isSuccessor(documents, key)) {
                    isRun = true;
                    long position = RecordLayout.position(documents.buffer(), documents.index());
                    long claim = RecordLayout.durableKnown(documents.buffer(), documents.index());
                    highest = Math.max(highest, Math.min(claim, position - 1));
                }
            }
            if (failedBytes > FAILED_BYTES_MAX) {
                return CLAIM_UNKNOWN;
            }
            at = isRun ? documents.nextOffset() : at + DocumentCursor.HEADER_BYTES;
        }
        return highest;
    }

    /**
     * Whether the document at this offset, the last one, may be the beginning of one that was being written when its process was killed:
     * from a place in it where a write can be cut off, only zeros follow, to the file's end.
     */
    boolean isCutShort(long fileOffset) {
        window.clear().limit(DocumentCursor.HEADER_BYTES);
        if (file.read(window, fileOffset) < DocumentCursor.HEADER_BYTES) {
            return false;
        }
        int length = view.getInt(0, ByteOrder.LITTLE_ENDIAN);
        if (length <= 0 || length > EventLog.RECORD_BYTES_MAX) {
            return false;
        }
        long end = DocumentCursor.align(fileOffset + DocumentCursor.HEADER_BYTES + length);
        long cut = (end - 1) / CycleStore.WRITE_UNIT_BYTES * CycleStore.WRITE_UNIT_BYTES;
        return cut > fileOffset && isZeroFrom(cut);
    }

    /** Goes to the next document if it is a record chained to the current one; else stands behind the current one. */
    private boolean isSuccessor(DocumentCursor documents, int key) {
        long position = RecordLayout.position(documents.buffer(), documents.index());
        long epoch = RecordLayout.shardEpoch(documents.buffer(), documents.index());
        int crc = RecordLayout.crc(documents.buffer(), documents.index());
        long resume = documents.nextOffset();
        if (documents.next() == DocumentCursor.Found.DOCUMENT
                && RecordLayout.isPlausible(documents.buffer(), documents.index(), documents.length())
                && RecordLayout.position(documents.buffer(), documents.index()) == position + 1
                && RecordLayout.shardEpoch(documents.buffer(), documents.index()) == epoch) {
            if (layout.isChained(
                    documents.buffer(), documents.bytes(), documents.index(), documents.length(), crc, key)) {
                return true;
            }
            failedBytes += documents.length();
        }
        documents.seek(resume);
        return false;
    }

    /** File offset of the next document header from here on whose payload looks like a later record, or -1. */
    private long nextCandidate(long from, long lastGoodPosition) {
        long at = from;
        while (true) {
            window.clear();
            int count = file.read(window, at);
            int last = count - DocumentCursor.HEADER_BYTES - EventLog.HEADER_BYTES;
            if (last < 0) {
                return -1;
            }
            for (int i = 0; i <= last; i += DocumentCursor.HEADER_BYTES) {
                int header = view.getInt(i, ByteOrder.LITTLE_ENDIAN);
                if (header >= EventLog.HEADER_BYTES
                        && header <= EventLog.RECORD_BYTES_MAX
                        && RecordLayout.isPlausible(view, i + DocumentCursor.HEADER_BYTES, header)
                        && RecordLayout.position(view, i + DocumentCursor.HEADER_BYTES) > lastGoodPosition) {
                    return at + i;
                }
            }
            at += last / DocumentCursor.HEADER_BYTES * DocumentCursor.HEADER_BYTES + DocumentCursor.HEADER_BYTES;
        }
    }

    /**
     * File offset of the first byte from here on that is not zero, or -1. Reads all of it: what a file system says of holes (SEEK_DATA)
     * leaves out, on ext4, what was written through a mapping and is not on the disk yet.
     */
    long firstNonZero(long from) {
        long at = from;
        while (true) {
            window.clear();
            int count = file.read(window, at);
            if (count <= 0) {
                return -1;
            }
            // In one call, which is quick in a process that has just begun, too.
            int nonZero = window.flip().mismatch(zeros.limit(count));
            if (nonZero >= 0) {
                return at + nonZero;
            }
            at += count;
        }
    }
}
