package io.silo.log.simulated;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogReader;
import io.silo.log.LogWorkbench;
import java.util.ArrayList;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A disk that fails or is full, while the log is in use. */
@Timeout(60)
class FailureTest {
    private final SimulatedDisk disk = new SimulatedDisk();

    private EventLog started(EventLogContext context) {
        EventLog log = EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
        log.start(1);
        return log;
    }

    @Test
    void shouldCloseForGoodAfterTheFirstFailedSync() {
        EventLog log = started(LogWorkbench.context(1, 1));
        LogWorkbench.append(log, 10);
        log.sync();
        long durable = log.durablePosition();
        LogWorkbench.append(log, 11);
        disk.failSyncs(true);
        checkFatal(LogErrorCode.SYNC_FAILED, log::sync);
        disk.failSyncs(false);
        checkFatal(LogErrorCode.LOG_CLOSED, log::sync);
        checkFatal(LogErrorCode.LOG_CLOSED, () -> LogWorkbench.append(log, 12));
        checkFatal(LogErrorCode.LOG_CLOSED, () -> log.doWork(1));
        checkFatal(LogErrorCode.LOG_CLOSED, () -> log.read(0, 0, 1));
        assertThat(log.durablePosition()).isEqualTo(durable);
        log.close();
        try (EventLog again = started(LogWorkbench.context(2, 1))) {
            assertThat(again.appendedPosition()).isGreaterThanOrEqualTo(durable);
        }
    }

    @Test
    void shouldFailTheSyncThatWasBegun() {
        EventLog log = started(LogWorkbench.context(1, 1));
        LogWorkbench.append(log, 10);
        log.beginSync();
        disk.failSyncs(true);
        checkFatal(LogErrorCode.SYNC_FAILED, log::awaitSync);
        checkFatal(LogErrorCode.LOG_CLOSED, log::awaitSync);
        log.close();
    }

    @Test
    void shouldNotCloseOnAFailedRead() {
        EventLogContext context = LogWorkbench.context(1, 1).tailCacheBytes(4096);
        try (EventLog log = started(context);
                LogReader reader = log.newReader()) {
            for (int i = 0; i < 20; i++) {
                LogWorkbench.append(log, 1000);
            }
            disk.failReads(true);
            assertThatThrownBy(() -> log.read(0, 0, 10)).isInstanceOfSatisfying(LogException.class, e -> {
                assertThat(e.code()).isEqualTo(LogErrorCode.STORE_FAILED);
                assertThat(e.isFatal()).isFalse();
            });
            assertThatThrownBy(() -> reader.read(0, LogWorkbench.collector(new ArrayList<>())))
                    .isInstanceOf(LogException.class);
            disk.failReads(false);
            assertThat(log.read(0, 0, 10).capacity()).isEqualTo(10);
        }
    }

    @Test
    void shouldNotMarkACycleWhoseStartIsNotDurable() {
        for (long seed = 0; seed < 64; seed++) {
            var random = new SplittableRandom(seed);
            EventLogContext context = LogWorkbench.context(seed, 1).markIdleNs(0);
            var crashing = new SimulatedDisk();
            EventLog log = EventLog.open(SimulatedCycleStore.open(crashing, "shard", context), IDENTITY, context);
            log.start(1);
            LogWorkbench.append(log, 10);
            log.sync();
            // Rolls for a record that is never appended: nothing is dirty, and the new cycle's start is not synced.
            long before = log.nextPosition();
            for (int tries = 0; log.nextPosition() == before && tries < 10; tries++) {
                log.doWork(tries);
                log.reserve(64 * 1024, 2);
            }
            assertThat(log.nextPosition()).isGreaterThan(before);
            if (random.nextBoolean()) {
                log.doWork(Long.MAX_VALUE / 2);
            } else {
                log.close();
            }
            SimulatedDisk afterPowerLoss = crashing.powerLoss(random);
            EventLogContext nextBoot = LogWorkbench.context(seed, 2);
            try (EventLog again =
                    EventLog.open(SimulatedCycleStore.open(afterPowerLoss, "shard", nextBoot), IDENTITY, nextBoot)) {
                assertThat(LogWorkbench.replay(again)).hasSize(1);
            }
        }
    }

    @Test
    void shouldRefuseWhatDoesNotFitOnTheDiskAndGoOnWhenThereIsSpace() {
        long capacity = 6L * 1024 * 1024;
        disk.capacityBytes(capacity);
        EventLogContext context = LogWorkbench.context(1, 1)
                .cycleBytes(1024 * 1024)
                .lowWaterBytes(3L * 1024 * 1024)
                .floorBytes(0);
        EventLog log = started(context);
        int appended = 0;
        boolean wasLow = false;
        byte[] events = LogWorkbench.events(10_000, 1);
        while (log.hasRoom(EventLog.HEADER_BYTES + events.length)) {
            LogWorkbench.append(log, events, 1, 1);
            wasLow |= log.diskState() == DiskState.LOW;
            appended++;
            assertThat(appended).isLessThan(10_000);
        }
        log.sync();
        assertThat(wasLow).isTrue();
        assertThat(appended).isGreaterThan(200);
        assertThatThrownBy(() -> LogWorkbench.append(log, events, 1, 1))
                .isInstanceOfSatisfying(LogException.class, e -> {
                    assertThat(e.code()).isEqualTo(LogErrorCode.DISK_FULL);
                    assertThat(e.isFatal()).isFalse();
                });
        assertThat(log.read(0, 0, 10_000).getByte(9_999)).isEqualTo(events[9_999]);
        disk.capacityBytes(2 * capacity);
        for (long nowNs = 0; !log.hasRoom(EventLog.HEADER_BYTES + events.length); nowNs += 50_000_000) {
            assertThat(nowNs).isLessThan(1_000_000_000L);
            log.doWork(nowNs);
        }
        LogWorkbench.append(log, events, 1, 1);
        log.close();
        try (EventLog again = started(LogWorkbench.context(2, 1))) {
            assertThat(LogWorkbench.events(10_000, 1)).isEqualTo(events);
            assertThat(again.appendedPosition()).isGreaterThanOrEqualTo(appended);
        }
    }

    @Test
    void shouldServeReadsWhenThereIsNoSpaceToStart() {
        EventLog log = started(LogWorkbench.context(1, 1));
        LogWorkbench.append(log, 10);
        log.close();
        disk.capacityBytes(0);
        EventLogContext context = LogWorkbench.context(2, 1);
        EventLog full = EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
        assertThat(LogWorkbench.replay(full)).hasSize(1);
        assertThatThrownBy(() -> full.start(1))
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.code()).isEqualTo(LogErrorCode.DISK_FULL));
        assertThat(full.read(0, 0, 10).capacity()).isEqualTo(10);
        disk.capacityBytes(Long.MAX_VALUE);
        full.start(1);
        LogWorkbench.append(full, 10);
        full.close();
    }

    private static void checkFatal(LogErrorCode code, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(LogException.class, e -> {
            assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
            assertThat(e.isFatal()).isTrue();
        });
    }
}
