package io.silo.log;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Walks the documents of a cycle's file through a window of memory. See {@link CycleStore} for the framing. Skips metadata. One thread.
 *
 * <p>It trusts nothing: every length is bounded before it is used, and it never reads beyond the file.
 */
final class DocumentCursor {
    /** Bits 0 to 29 of a document's header. */
    static final int LENGTH_MASK = 0x3FFFFFFF;

    static final int METADATA_FLAG = 0x40000000;
    static final int INCOMPLETE_FLAG = 0x80000000;
    static final int HEADER_BYTES = Integer.BYTES;

    /** Twice the longest document, so that a window always holds one whole, and reads stay large. */
    static final int WINDOW_BYTES = 2 * EventLog.RECORD_BYTES_MAX + 4096;

    /** What {@link #next} found. */
    enum Found {
        /** A data document: see {@link #buffer}, {@link #index}, {@link #length}. */
        DOCUMENT,
        /** A zero header: nothing was written here yet. */
        END,
        /** A header that says its document is not complete. */
        INCOMPLETE,
        /** A header that cannot be one. */
        DAMAGED,
        /** The file ends before the next header. */
        FILE_END
    }

    private final CycleFile file;
    private final ByteBuffer window;
    private final UnsafeBuffer view;
    private long windowStart;
    private int windowLength;
    private long nextOffset;
    private int index;
    private int length;

    DocumentCursor(CycleFile file, ByteBuffer window) {
        this.file = file;
        this.window = window.order(ByteOrder.LITTLE_ENDIAN);
        view = new UnsafeBuffer(window);
    }

    static ByteBuffer newWindow() {
        return ByteBuffer.allocateDirect(WINDOW_BYTES);
    }

    /** Goes on at this file offset. */
    void seek(long fileOffset) {
        nextOffset = fileOffset;
    }

    /** Forgets what was read ahead, so that what was written meanwhile is seen. */
    void refresh() {
        windowLength = 0;
    }

    /** Finds the next data document and stands behind it; stays where it is on everything else. */
    Found next() {
        while (true) {
            if (!fill(nextOffset, HEADER_BYTES)) {
                return Found.FILE_END;
            }
            int header = view.getInt((int) (nextOffset - windowStart), ByteOrder.LITTLE_ENDIAN);
            if (header == 0) {
                return Found.END;
            }
            if ((header & INCOMPLETE_FLAG) != 0) {
                return Found.INCOMPLETE;
            }
            int bytes = header & LENGTH_MASK;
            if ((header & METADATA_FLAG) != 0) {
                nextOffset = align(nextOffset + HEADER_BYTES + bytes);
                continue;
            }
            if (bytes > EventLog.RECORD_BYTES_MAX) {
                return Found.DAMAGED;
            }
            if (!fill(nextOffset, HEADER_BYTES + bytes)) {
                return Found.DAMAGED;
            }
            index = (int) (nextOffset - windowStart) + HEADER_BYTES;
            length = bytes;
            nextOffset = align(nextOffset + HEADER_BYTES + bytes);
            return Found.DOCUMENT;
        }
    }

    /** File offset of the header that {@link #next} will look at. */
    long nextOffset() {
        return nextOffset;
    }

    /** File offset of the current document's payload. */
    long payloadOffset() {
        return windowStart + index;
    }

    /** Holds the current document; valid until the next call of {@link #next}. */
    UnsafeBuffer buffer() {
        return view;
    }

    /** The same bytes. */
    ByteBuffer bytes() {
        return window;
    }

    int index() {
        return index;
    }

    int length() {
        return length;
    }

    static long align(long offset) {
        return (offset + 3) & ~3L;
    }

    /** Has these bytes in the window, or returns false if the file is too short. */
    private boolean fill(long offset, int bytes) {
        if (offset >= windowStart && offset + bytes <= windowStart + windowLength) {
            return true;
        }
        windowStart = offset;
        window.clear();
        windowLength = file.read(window, offset);
        window.clear();
        return windowLength >= bytes;
    }
}
