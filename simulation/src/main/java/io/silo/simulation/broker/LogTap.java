package io.silo.simulation.broker;

import io.silo.log.EventLog;
import io.silo.log.LogReader;
import io.silo.log.RecordHandler;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.Shard;
import io.silo.shard.event.EventFrames;
import io.silo.simulation.model.ShardTap;
import io.silo.simulation.model.ShardTap.LoggedEvent;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Follows the log of one shard, record by record, and keeps the tap of its reference model. */
final class LogTap {
    private final SimWorld world;
    private final String actor;
    private final Shard shard;
    private final ShardTap tap;
    private final LogReader reader;
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final RecordHandler handler = this::onRecord;
    private List<LoggedEvent> events = new ArrayList<>();
    private long seenPosition;

    LogTap(SimWorld world, String actor, Shard shard, ShardTap tap) {
        this.world = world;
        this.actor = actor;
        this.shard = shard;
        this.tap = tap;
        this.reader = shard.log().newReader();
        this.seenPosition = shard.log().firstPosition() - 1;
    }

    ShardTap tap() {
        return tap;
    }

    Shard shard() {
        return shard;
    }

    /** Events of records appended since the last call, in order. */
    List<LoggedEvent> takeNew() {
        EventLog log = shard.log();
        events = new ArrayList<>();
        while (seenPosition < log.appendedPosition()) {
            seenPosition++;
            // False for records of the log's own.
            boolean isEvents = log.readRecent(seenPosition, handler) || reader.read(seenPosition, handler);
            if (!isEvents) {
                continue;
            }
            world.checked(1);
        }
        return events;
    }

    private void onRecord(
            long position,
            long epoch,
            long timeMs,
            int eventCount,
            org.agrona.DirectBuffer buffer,
            int offset,
            int length) {
        EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
            byte[] copy = new byte[eventLength];
            b.getBytes(at, copy);
            int template = header.wrap(b, at).templateId();
            world.trace(actor, "event " + epoch + '.' + position + '.' + index + ' ' + template + ' ' + eventLength);
            events.add(new LoggedEvent(epoch, position, timeMs, index, new UnsafeBuffer(copy)));
        });
    }

    void close() {
        reader.close();
    }
}
