package io.silo.torture.image;

import io.silo.log.CycleStore;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import io.silo.log.chronicle.ChronicleCycleStore;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.agrona.concurrent.UnsafeBuffer;

/** One opening of a log on real files, beside the history of what it was given. One thread; sites are reached on the log's threads too. */
final class Life {
    /** Second half of every boot id of the tester: a real kernel's is random in both. */
    private static final long BOOT_LOW = 7;

    private static final int ROOM_TRIES_MAX = 30_000;

    private final History history;
    private final SplittableRandom random;
    private final CycleStore store;
    private final EventLog log;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[EventLog.RECORD_BYTES_MAX]);
    private long nowNs;

    /** Opens what is there and replays it; {@link #start} follows. */
    Life(
            Path directory,
            DiskShadow shadow,
            History history,
            SplittableRandom random,
            long boot,
            FaultPlan sites,
            UnaryOperator<CycleStore> planted) {
        this.history = history;
        this.random = random;
        EventLogContext context = context(boot, random.nextLong()).faults(sites).diskObserver(shadow);
        store = ChronicleCycleStore.open(directory, context);
        log = EventLog.open(planted.apply(store), Recovery.IDENTITY, context);
    }

    /** Settings with the smallest cycles. */
    static EventLogContext context(long boot, long seed) {
        var salts = new SplittableRandom(seed);
        return new EventLogContext()
                .cycleBytes(EventLogContext.CYCLE_BYTES_MIN)
                .tailCacheBytes(16 * 1024)
                .lowWaterBytes(0)
                .floorBytes(0)
                .bootId(boot, BOOT_LOW)
                .random(salts::nextLong);
    }

    EventLog log() {
        return log;
    }

    Recovery.Found replay() {
        return Recovery.replay(log);
    }

    void start() {
        log.start(1);
        history.started(log.shardEpoch());
        acknowledge();
    }

    /** Appends a record of this many bytes of events; waits for the cycle that it may need. */
    void append(int length) {
        for (int tries = 0; !log.reserve(EventLog.HEADER_BYTES + length, 1); tries++) {
            if (tries == ROOM_TRIES_MAX) {
                throw new IllegalStateException("no room after thirty seconds");
            }
            log.doWork(nowNs);
            LockSupport.parkNanos(1_000_000);
        }
        byte[] events = new byte[length];
        random.nextBytes(events);
        int count = random.nextInt(100);
        long timeMs = random.nextInt(1_000_000);
        history.writing(new Written(log.nextPosition(), log.shardEpoch(), timeMs, count, events));
        buffer.putBytes(EventLog.HEADER_BYTES, events);
        log.append(buffer, 0, EventLog.HEADER_BYTES + length, count, timeMs);
        acknowledge();
    }

    void write() {
        log.write();
        acknowledge();
    }

    void sync() {
        log.sync();
        acknowledge();
    }

    void syncBeside() {
        log.beginSync();
        log.awaitSync();
        acknowledge();
    }

    void work(long elapsedNs) {
        nowNs += elapsedNs;
        log.doWork(nowNs);
        acknowledge();
    }

    void trim() {
        long last = log.oldestCycleLastPosition();
        if (last != EventLog.NULL_POSITION && last <= log.durablePosition()) {
            history.trimming(last + 1);
            log.trimBefore(last + 1);
        }
    }

    void close() {
        log.close();
        history.acknowledged(history.lastWritten());
    }

    /** As a kill: nothing is synced, no mark is written; only threads and descriptors end. */
    void abandon() {
        store.close();
    }

    private void acknowledge() {
        history.acknowledged(log.durablePosition());
        history.kept(log.writtenPosition());
    }
}
