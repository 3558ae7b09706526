package io.silo.shard.history;

import io.silo.log.EventLog;
import io.silo.log.LogReader;
import io.silo.log.RecordHandler;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.protocol.event.PayloadChunkDecoder;
import io.silo.shard.event.EventFrames;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.LongArrayList;

/**
 * Reads parts of a payload or result that lies in the log as a chain of PayloadChunk events. Remembers the chain read last, so that
 * a download walks it once. One thread per instance.
 */
public final class ChunkedBytes {
    private final LogReader reader;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final PayloadChunkDecoder chunk = new PayloadChunkDecoder();
    private final LongArrayList newestFirst = new LongArrayList();
    private final LongArrayList offsets = new LongArrayList();
    private final RecordHandler chainHandler = this::onChainRecord;
    private final RecordHandler copyHandler = this::onCopyRecord;
    private long chainEnd = EventLog.NULL_POSITION;
    private long next;
    private MutableDirectBuffer target;
    private int targetOffset;
    private int from;
    private int to;
    private int copied;

    public ChunkedBytes(LogReader reader, MutableDirectBuffer scratch) {
        this.reader = reader;
        this.target = scratch;
    }

    /**
     * Copies bytes {@code [offset, offset + length)} of the chain that ends at {@code lastPosition} to the target.
     *
     * @return bytes copied, or -1 if a chunk is no longer in the log.
     */
    public int copy(long lastPosition, int offset, int length, MutableDirectBuffer to0, int toOffset) {
        if (chainEnd != lastPosition && !walk(lastPosition)) {
            return -1;
        }
        target = to0;
        targetOffset = toOffset;
        from = offset;
        to = offset + length;
        copied = 0;
        for (int i = newestFirst.size() - 1; i >= 0; i--) {
            final long chunkEnd = i == 0 ? Long.MAX_VALUE : offsets.getLong(i - 1);
            if (chunkEnd > from && offsets.getLong(i) < to && !reader.read(newestFirst.getLong(i), copyHandler)) {
                return -1;
            }
        }
        return copied;
    }

    private boolean walk(long lastPosition) {
        chainEnd = EventLog.NULL_POSITION;
        newestFirst.clear();
        offsets.clear();
        next = lastPosition;
        while (next != EventLog.NULL_POSITION) {
            final long position = next;
            next = EventLog.NULL_POSITION;
            newestFirst.addLong(position);
            if (!reader.read(position, chainHandler)) {
                return false;
            }
        }
        chainEnd = lastPosition;
        return true;
    }

    private void onChainRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            if (header.wrap(b, at).templateId() == PayloadChunkDecoder.TEMPLATE_ID) {
                chunk.wrapAndApplyHeader(b, at, header);
                offsets.addLong(chunk.chunkOffset());
                next = chunk.previousPosition();
            }
        });
    }

    private void onCopyRecord(
            long position, long epoch, long timeMs, int eventCount, DirectBuffer buffer, int offset, int length) {
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            if (header.wrap(b, at).templateId() == PayloadChunkDecoder.TEMPLATE_ID) {
                chunk.wrapAndApplyHeader(b, at, header);
                final int start = (int) chunk.chunkOffset();
                final int chunkLength = chunk.chunkLength();
                final int first = Math.max(from, start);
                final int last = Math.min(to, start + chunkLength);
                if (last > first) {
                    final int bytesAt = chunk.limit() + PayloadChunkDecoder.chunkHeaderLength() + first - start;
                    target.putBytes(targetOffset + first - from, b, bytesAt, last - first);
                    copied += last - first;
                }
            }
        });
    }
}
