package io.silo.shard.event;

import static java.nio.ByteOrder.LITTLE_ENDIAN;

import io.silo.log.EventLog;
import io.silo.protocol.LeaseToken;
import io.silo.shard.state.Invariant;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardState;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The events of one command, encoded back to back and applied as they come, so that the next decision of the same command sees
 * them. Room for the log's header stands in front. Shard thread only; does not allocate.
 *
 * <p>Use: encode an event at {@link #offset()} of {@link #buffer()}, then {@link #commit}.
 */
public final class RecordBuffer {
    private final ByteBuffer bytes = ByteBuffer.allocateDirect(EventLog.RECORD_BYTES_MAX);
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private final CRC32C crc32c = new CRC32C();
    private final EventPlace place = new EventPlace();
    private final EventAppliers appliers;
    private final ShardState state;
    private final ShardCounters counters;
    private int end = EventLog.HEADER_BYTES;
    private int eventCount;
    private int limit = EventLog.RECORD_BYTES_MAX;

    public RecordBuffer(EventAppliers appliers, ShardState state, ShardCounters counters) {
        this.appliers = appliers;
        this.state = state;
        this.counters = counters;
    }

    /**
     * Starts a record that will lie at {@code position}.
     *
     * @param position where the log will put it: beyond the record before, unless that one had no events. A record with events
     *     that was not appended is in the state and in no log: the shard has to stop, as no replay would bring its state back.
     * @param bytesMax what the log reserved for it, header included.
     */
    public void begin(long position, long shardEpoch, long timeMs, int bytesMax) {
        Invariant.check(
                eventCount == 0 || position > place.position(),
                "the record before was decided and applied, but not appended to the log");
        limit = bytesMax;
        place.record(position, shardEpoch, timeMs);
        end = EventLog.HEADER_BYTES;
        eventCount = 0;
    }

    public MutableDirectBuffer buffer() {
        return buffer;
    }

    /** Where the next event's SBE message header goes. */
    public int offset() {
        return end + EventFrames.LENGTH_BYTES;
    }

    /** Whether one more event of at most {@code eventBytes} fits. */
    public boolean hasRoom(int eventBytes) {
        return hasRoom(eventBytes, 1);
    }

    /** Whether several events of so many bytes together fit. */
    public boolean hasRoom(int eventBytes, int events) {
        return eventCount + events <= LeaseToken.EVENTS_PER_RECORD_MAX
                && end + events * EventFrames.LENGTH_BYTES + eventBytes <= limit;
    }

    /**
     * Ends the event that was encoded at {@link #offset()} and applies it.
     *
     * @param limit of the encoder: one past the event's last byte.
     */
    public void commit(int limit) {
        final int offset = offset();
        Invariant.check(eventCount < LeaseToken.EVENTS_PER_RECORD_MAX, "too many events in a record");
        Invariant.check(limit <= this.limit, "record is longer than was reserved");
        buffer.putInt(end, limit - offset, LITTLE_ENDIAN);
        place.event(eventCount, offset - EventLog.HEADER_BYTES, limit - offset);
        end = limit;
        eventCount++;
        appliers.apply(state, place, buffer, offset);
        // Second field of the message header (see types.xml).
        counters.countEvent(buffer.getShort(offset + 2, LITTLE_ENDIAN) & 0xFFFF);
    }

    /** CRC32C of bytes that were encoded into {@link #buffer()}. */
    public int crc32c(int offset, int length) {
        bytes.limit(offset + length).position(offset);
        crc32c.reset();
        crc32c.update(bytes);
        bytes.clear();
        return (int) crc32c.getValue();
    }

    /** Events committed since {@link #begin}. */
    public int eventCount() {
        return eventCount;
    }

    /** Length of header room and events. */
    public int length() {
        return end;
    }

    /** Position that the record will have. */
    public long position() {
        return place.position();
    }

    public long shardEpoch() {
        return place.shardEpoch();
    }

    /** Place of the event committed last. */
    public EventPlace place() {
        return place;
    }
}
