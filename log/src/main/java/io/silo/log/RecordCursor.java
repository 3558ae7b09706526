package io.silo.log;

import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;

/** Walks the records of one started cycle and checks each against the chain. One thread. */
final class RecordCursor {
    /** What {@link #next} found. */
    enum Found {
        /** A record that continues the chain. */
        RECORD,
        /** Nothing was written here yet. */
        END,
        /** A document that is not complete. */
        INCOMPLETE,
        /** Bytes that are no record, or not the next one. */
        DAMAGED,
        /** The file ends. */
        FILE_END
    }

    private final DocumentCursor documents;
    private final RecordLayout layout = new RecordLayout();
    private final long epoch;
    private final int key;
    private long position;
    private int crc;
    private int chain;

    RecordCursor(CycleFile file, CycleHeader header, ByteBuffer window) {
        CyclePreamble preamble = header.requirePreamble();
        CycleStarted started = header.requireStarted();
        documents = new DocumentCursor(file, window);
        documents.seek(header.recordsOffset());
        epoch = started.epoch();
        key = layout.key(preamble.saltHigh(), preamble.saltLow());
        position = started.firstPosition() - 1;
        crc = started.previousCrc();
        chain = layout.seed(preamble.saltHigh(), preamble.saltLow(), crc);
    }

    /** Goes to the next record; stays where it is on everything else. */
    Found next() {
        long at = documents.nextOffset();
        Found found = switch (documents.next()) {
            case DOCUMENT -> judge();
            case END -> Found.END;
            case INCOMPLETE -> Found.INCOMPLETE;
            case DAMAGED -> Found.DAMAGED;
            case FILE_END -> Found.FILE_END;
        };
        if (found == Found.DAMAGED) {
            documents.seek(at);
        }
        return found;
    }

    /** Position of the current record; before the first one, the last position of the cycles before. */
    long position() {
        return position;
    }

    /** CRC of the record at {@link #position}. */
    int crc() {
        return crc;
    }

    /** File offset of the header that {@link #next} will look at. */
    long nextOffset() {
        return documents.nextOffset();
    }

    /** File offset of the current record. */
    long recordOffset() {
        return documents.payloadOffset();
    }

    DirectBuffer buffer() {
        return documents.buffer();
    }

    int index() {
        return documents.index();
    }

    int length() {
        return documents.length();
    }

    int kind() {
        return RecordLayout.kind(documents.buffer(), documents.index());
    }

    /** Forgets what was read ahead, so that the next call sees what was written meanwhile. */
    void refresh() {
        documents.refresh();
    }

    void deliver(RecordHandler handler) {
        DirectBuffer buffer = documents.buffer();
        int index = documents.index();
        handler.onRecord(
                position,
                epoch,
                RecordLayout.timeMs(buffer, index),
                RecordLayout.eventCount(buffer, index),
                buffer,
                index + EventLog.HEADER_BYTES,
                documents.length() - EventLog.HEADER_BYTES);
    }

    private Found judge() {
        int index = documents.index();
        int length = documents.length();
        if (!RecordLayout.isPlausible(documents.buffer(), index, length)
                || RecordLayout.position(documents.buffer(), index) != position + 1
                || RecordLayout.shardEpoch(documents.buffer(), index) != epoch
                || !layout.isChained(documents.buffer(), documents.bytes(), index, length, chain, key)) {
            return Found.DAMAGED;
        }
        position++;
        crc = RecordLayout.crc(documents.buffer(), index);
        chain = crc;
        return Found.RECORD;
    }
}
