package io.silo.torture.image;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.RecordHandler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Finds out what an image holds. The log's own, or one that a canary test planted. */
@FunctionalInterface
interface Recovery {
    /** Cluster and shard of all images. */
    LogIdentity IDENTITY = new LogIdentity(0xC1, 0xC2, 0x51, 0x52);

    /** The log's own: opened and replayed, not started. */
    Recovery OF_THE_LOG = (directory, context) -> {
        try (EventLog log = EventLog.open(new ReadOnlyCycleStore(directory), IDENTITY, context)) {
            return replay(log);
        }
    };

    /** What was found: the first position that is retained, and the records from there on. */
    record Found(long firstPosition, List<Written> records) {}

    /** Recovers an image; throws what the log throws. */
    Found recover(Path directory, EventLogContext context);

    /** Everything in a log that is open. */
    static Found replay(EventLog log) {
        var records = new ArrayList<Written>();
        log.replay(into(records));
        return new Found(log.firstPosition(), records);
    }

    private static RecordHandler into(List<Written> records) {
        return (position, epoch, timeMs, eventCount, buffer, offset, length) -> {
            byte[] events = new byte[length];
            buffer.getBytes(offset, events);
            records.add(new Written(position, epoch, timeMs, eventCount, events));
        };
    }
}
