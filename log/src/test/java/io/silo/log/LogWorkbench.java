package io.silo.log;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;

/** What the log's tests share: an identity, small settings, records with recognisable content, and reading them all back. */
public final class LogWorkbench {
    /** Cluster and shard of the tests. */
    public static final LogIdentity IDENTITY = new LogIdentity(0xC1, 0xC2, 0x51, 0x52);

    private static final UnsafeBuffer BUFFER = new UnsafeBuffer(new byte[EventLog.RECORD_BYTES_MAX]);

    private LogWorkbench() {}

    /** One record as a handler saw it. */
    public record Seen(long position, long epoch, long timeMs, int eventCount, ByteBuffer events) {}

    /** Settings with small cycles, a fixed boot and seeded salts. */
    public static EventLogContext context(long seed, long boot) {
        var random = new Random(seed);
        return new EventLogContext()
                .cycleBytes(64 * 1024)
                .tailCacheBytes(16 * 1024)
                .lowWaterBytes(0)
                .floorBytes(0)
                .bootId(boot, 7)
                .random(random::nextLong);
    }

    /** Events of a length that tell the seed. */
    public static byte[] events(int length, long seed) {
        byte[] events = new byte[length];
        new Random(seed).nextBytes(events);
        return events;
    }

    /** Appends these events as one record. */
    public static long append(EventLog log, byte[] events, int eventCount, long timeMs) {
        BUFFER.putBytes(EventLog.HEADER_BYTES, events);
        return log.append(BUFFER, 0, EventLog.HEADER_BYTES + events.length, eventCount, timeMs);
    }

    /** Appends a record of this length whose content follows from it. */
    public static long append(EventLog log, int length) {
        return append(log, events(length, length), 1, 1000 + length);
    }

    /** Appends once there is room; the next cycle may still be under construction. */
    public static void appendWhenRoom(EventLog log, List<Seen> expected, byte[] events, int count) {
        for (int tries = 0; !log.hasRoom(EventLog.HEADER_BYTES + events.length); tries++) {
            if (tries == 10_000) {
                throw new AssertionError("no room after ten seconds");
            }
            log.doWork(System.nanoTime());
            LockSupport.parkNanos(1_000_000);
        }
        long position = append(log, events, count, 1000L + count);
        expected.add(new Seen(position, log.shardEpoch(), 1000L + count, count, content(events)));
    }

    /** Replays everything. */
    public static List<Seen> replay(EventLog log) {
        var seen = new ArrayList<Seen>();
        log.replay(collector(seen));
        return seen;
    }

    /** A handler that keeps copies. */
    public static RecordHandler collector(List<Seen> seen) {
        return (position, epoch, timeMs, eventCount, buffer, offset, length) -> {
            byte[] events = new byte[length];
            buffer.getBytes(offset, events);
            seen.add(new Seen(position, epoch, timeMs, eventCount, content(events)));
        };
    }

    /** For comparison by content. */
    public static ByteBuffer content(byte[] bytes) {
        return ByteBuffer.wrap(bytes);
    }
}
