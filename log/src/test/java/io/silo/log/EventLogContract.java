package io.silo.log;

import static io.silo.log.LogWorkbench.IDENTITY;
import static io.silo.log.LogWorkbench.append;
import static io.silo.log.LogWorkbench.appendWhenRoom;
import static io.silo.log.LogWorkbench.collector;
import static io.silo.log.LogWorkbench.content;
import static io.silo.log.LogWorkbench.events;
import static io.silo.log.LogWorkbench.replay;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.log.LogWorkbench.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a log promises, whatever it is stored on. */
@Timeout(60)
public abstract class EventLogContract {
    /** Settings for one opening; the same boot each time. */
    protected EventLogContext context() {
        return LogWorkbench.context(11, 1);
    }

    /** Opens the store of the test's one directory. */
    protected abstract CycleStore openStore(EventLogContext context);

    private EventLog open() {
        EventLogContext context = context();
        return EventLog.open(openStore(context), IDENTITY, context);
    }

    private EventLog started() {
        EventLog log = open();
        log.start(1);
        return log;
    }

    @Test
    void shouldBeginEmpty() {
        try (EventLog log = open()) {
            assertThat(replay(log)).isEmpty();
            log.start(1);
            assertThat(log.nextPosition()).isZero();
            assertThat(log.appendedPosition()).isEqualTo(EventLog.NULL_POSITION);
            assertThat(log.durablePosition()).isEqualTo(EventLog.NULL_POSITION);
            assertThat(log.shardEpoch()).isEqualTo(1);
            assertThat(log.isDirty()).isFalse();
        }
    }

    @Test
    void shouldGivePositionsInOrderAndMakeThemDurableBySync() {
        try (EventLog log = started()) {
            assertThat(append(log, 10)).isZero();
            assertThat(append(log, 0)).isEqualTo(1);
            assertThat(log.isDirty()).isTrue();
            assertThat(log.durablePosition()).isEqualTo(EventLog.NULL_POSITION);
            log.sync();
            assertThat(log.durablePosition()).isEqualTo(1);
            assertThat(log.isDirty()).isFalse();
            append(log, 20);
            log.beginSync();
            log.awaitSync();
            assertThat(log.durablePosition()).isEqualTo(2);
        }
    }

    @Test
    void shouldReplayWhatWasAppendedUnderAHigherEpoch() {
        var expected = new ArrayList<Seen>();
        for (int opening = 1; opening <= 4; opening++) {
            try (EventLog log = open()) {
                assertThat(replay(log)).isEqualTo(expected);
                log.start(opening);
                assertThat(log.shardEpoch()).isEqualTo(opening);
                for (int i = 0; i < 5; i++) {
                    byte[] events = events(i * 37, opening * 100L + i);
                    long position = append(log, events, i, opening * 1000L + i);
                    expected.add(new Seen(position, opening, opening * 1000L + i, i, content(events)));
                }
            }
        }
        assertThat(expected.get(19).position()).isEqualTo(19);
    }

    @Test
    void shouldRaiseTheEpochAboveTheFloor() {
        try (EventLog log = open()) {
            log.start(1, 41);
            assertThat(log.shardEpoch()).isEqualTo(42);
        }
        try (EventLog log = open()) {
            log.start(1, 7);
            assertThat(log.shardEpoch()).isEqualTo(43);
        }
    }

    @Test
    void shouldFillTheCallersHeader() {
        try (EventLog log = started()) {
            var buffer = new UnsafeBuffer(new byte[256]);
            buffer.putBytes(16 + EventLog.HEADER_BYTES, events(20, 3));
            long position = log.append(buffer, 16, EventLog.HEADER_BYTES + 20, 2, 77);
            assertThat(RecordLayout.position(buffer, 16)).isEqualTo(position);
            assertThat(RecordLayout.shardEpoch(buffer, 16)).isEqualTo(1);
            assertThat(RecordLayout.timeMs(buffer, 16)).isEqualTo(77);
            assertThat(RecordLayout.eventCount(buffer, 16)).isEqualTo(2);
            assertThat(RecordLayout.length(buffer, 16)).isEqualTo(EventLog.HEADER_BYTES + 20);
        }
    }

    @Test
    void shouldRollAndReplayAcrossCycles() {
        var expected = new ArrayList<Seen>();
        long rolled;
        try (EventLog log = started()) {
            for (int i = 0; i < 400; i++) {
                appendWhenRoom(log, expected, events(1000, i), i);
                if (i % 7 == 0) {
                    log.sync();
                }
            }
            rolled = log.retainedBytes();
            assertThat(log.oldestCycleLastPosition()).isPositive();
            assertThat(log.oldestCycleBytes()).isLessThanOrEqualTo(64 * 1024);
            assertThat(expected.get(399).position())
                    .as("control records take positions")
                    .isGreaterThan(399);
        }
        try (EventLog log = open()) {
            assertThat(replay(log)).isEqualTo(expected);
            assertThat(log.retainedBytes()).isEqualTo(rolled);
        }
    }

    @Test
    void shouldTakeTheLongestRecord() {
        byte[] events = events(EventLog.RECORD_BYTES_MAX - EventLog.HEADER_BYTES, 5);
        var expected = new ArrayList<Seen>();
        try (EventLog log = started()) {
            for (int i = 0; i < 4; i++) {
                appendWhenRoom(log, expected, events, i);
                appendWhenRoom(log, new ArrayList<>(), events(3, i), i);
                assertThat(log.read(expected.get(i).position(), 1, events.length - 1)
                                .getByte(0))
                        .isEqualTo(events[1]);
            }
            var buffer = new UnsafeBuffer(new byte[EventLog.RECORD_BYTES_MAX + 1]);
            assertThatThrownBy(() -> log.append(buffer, 0, EventLog.RECORD_BYTES_MAX + 1, 1, 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> log.append(buffer, 0, EventLog.HEADER_BYTES - 1, 1, 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        try (EventLog log = open()) {
            assertThat(replay(log)).containsAll(expected).hasSize(8);
        }
    }

    @Test
    void shouldReadRecentAndOldRecords() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started()) {
            for (int i = 0; i < 300; i++) {
                appendWhenRoom(log, expected, events(500, i), i);
            }
            assertThat(log.isRecent(expected.get(299).position())).isTrue();
            assertThat(log.isRecent(expected.get(0).position())).isFalse();
            for (Seen record : expected) {
                checkRead(log, record, 100, 200);
            }
            assertThatThrownBy(() -> log.read(expected.get(299).position(), 400, 101))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> log.read(expected.get(0).position(), 400, 101))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertCode(LogErrorCode.POSITION_UNKNOWN, () -> log.read(log.nextPosition(), 0, 1));
        }
        try (EventLog log = open()) {
            replay(log);
            for (Seen record : expected) {
                checkRead(log, record, 0, 500);
            }
        }
    }

    @Test
    void shouldReadWholeRecordsOnAReader() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started();
                LogReader reader = log.newReader()) {
            for (int i = 0; i < 300; i++) {
                appendWhenRoom(log, expected, events(i * 3, i), i);
            }
            assertThat(reader.read(log.appendedPosition(), collector(new ArrayList<>())))
                    .as("a record that is not written yet")
                    .isFalse();
            log.write();
            for (Seen record : expected) {
                var seen = new ArrayList<Seen>();
                assertThat(reader.read(record.position(), collector(seen))).isTrue();
                assertThat(seen).containsExactly(record);
            }
            assertThat(reader.read(log.nextPosition(), collector(new ArrayList<>())))
                    .isFalse();
        }
    }

    /** Records that are read again and again come from where they are kept, long ones and those of many cycles too. */
    @Test
    void shouldReadTheSameRecordsAgainOnAScanningReader() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started();
                LogReader reader = log.newScanningReader()) {
            for (int i = 0; i < 300; i++) {
                appendWhenRoom(log, expected, events(i % 50 == 0 ? 80_000 : 400 + i % 7 * 300, i), i);
            }
            log.sync();
            log.readAheadOldest();
            assertThat(log.cycleCount()).isGreaterThan(6);
            for (int stride : new int[] {1, 1, 64, 101}) {
                for (int i = 0; i < 300; i++) {
                    Seen record = expected.get(i * stride % 300);
                    var seen = new ArrayList<Seen>();
                    assertThat(reader.read(record.position(), collector(seen))).isTrue();
                    assertThat(reader.read(record.position(), collector(seen))).isTrue();
                    assertThat(seen).containsExactly(record, record);
                }
            }
            assertThat(reader.read(0, collector(new ArrayList<>()))).isTrue();
            log.trimBefore(log.oldestCycleLastPosition() + 1);
            assertThat(reader.read(0, collector(new ArrayList<>())))
                    .as("trimmed for everybody")
                    .isFalse();
            reader.unpin();
            log.doWork(1);
        }
    }

    /** Records that are appended after a neighbour was read are read as they are, not as they were not. */
    @Test
    void shouldReadWhatIsAppendedMeanwhileOnAScanningReader() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started();
                LogReader reader = log.newScanningReader()) {
            for (int i = 0; i < 500; i++) {
                appendWhenRoom(log, expected, events(100 + i % 5 * 70, i), i);
                log.write();
                Seen last = expected.get(i);
                Seen earlier = expected.get(i / 2);
                var seen = new ArrayList<Seen>();
                assertThat(reader.read(last.position(), collector(seen))).isTrue();
                assertThat(reader.read(earlier.position(), collector(seen))).isTrue();
                assertThat(seen).containsExactly(last, earlier);
            }
        }
    }

    @Test
    void shouldTellTheEndOfItsOldestCycles() {
        try (EventLog log = started()) {
            assertThat(log.oldestCyclesLastPosition(1)).isEqualTo(EventLog.NULL_POSITION);
            for (int i = 0; i < 300; i++) {
                appendWhenRoom(log, new ArrayList<>(), events(1000, i), i);
            }
            long[] firsts = log.cycleFirstPositions();
            assertThat(firsts).hasSize(log.cycleCount()).isSorted().hasSizeGreaterThan(3);
            assertThat(firsts[firsts.length - 1]).isEqualTo(log.activeFirstPosition());
            assertThat(log.oldestCyclesLastPosition(0)).isEqualTo(firsts[1] - 1);
            assertThat(log.oldestCyclesLastPosition(log.oldestCycleBytes())).isEqualTo(firsts[1] - 1);
            assertThat(log.oldestCyclesLastPosition(log.oldestCycleBytes() + 1)).isEqualTo(firsts[2] - 1);
            assertThat(log.oldestCyclesLastPosition(Long.MAX_VALUE)).isEqualTo(log.activeFirstPosition() - 1);
        }
        try (EventLog log = open()) {
            assertThat(log.cycleFirstPositions()).as("before a replay too").hasSizeGreaterThan(3);
        }
    }

    @Test
    void shouldTrimWholeCyclesAndReplayTheRest() {
        var expected = new ArrayList<Seen>();
        long first;
        try (EventLog log = started()) {
            for (int i = 0; i < 400; i++) {
                appendWhenRoom(log, expected, events(1000, i), i);
            }
            log.sync();
            long last = log.oldestCycleLastPosition();
            log.trimBefore(last);
            assertThat(log.firstPosition())
                    .as("the cycle still holds the position")
                    .isZero();
            log.trimBefore(last + 1);
            first = log.firstPosition();
            assertThat(first).isEqualTo(last + 1);
            assertCode(LogErrorCode.POSITION_UNKNOWN, () -> log.read(last, 0, 1));
            log.trimBefore(log.durablePosition() + 1);
            assertThat(log.oldestCycleLastPosition()).isEqualTo(EventLog.NULL_POSITION);
            first = log.firstPosition();
            assertThatThrownBy(() -> log.trimBefore(log.nextPosition() + 1))
                    .isInstanceOf(IllegalArgumentException.class);
        }
        long from = first;
        expected.removeIf(record -> record.position() < from);
        assertThat(expected).isNotEmpty();
        try (EventLog log = open()) {
            assertThat(replay(log)).isEqualTo(expected);
            assertThat(log.firstPosition()).isEqualTo(from);
            log.start(9);
            append(log, 4);
        }
    }

    @Test
    void shouldKeepTrimmedCyclesThatAreRead() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started()) {
            for (int i = 0; i < 200; i++) {
                appendWhenRoom(log, expected, events(1000, i), i);
            }
            log.sync();
            try (LogReader reader = log.newReader()) {
                assertThat(reader.read(0, collector(new ArrayList<>()))).isTrue();
                log.trimBefore(log.durablePosition());
                assertThat(reader.read(0, collector(new ArrayList<>())))
                        .as("trimmed for everybody")
                        .isFalse();
            }
            log.doWork(1);
        }
        try (EventLog log = open()) {
            assertThat(replay(log).get(0).position()).isPositive();
        }
    }

    /** It checks and hands over nothing; what counts is that it neither fails nor holds a trimmed cycle back. */
    @Test
    void shouldReadAheadWhatIsThereAndLetGoOfIt() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started();
                LogReader reader = log.newReader()) {
            for (int i = 0; i < 200; i++) {
                appendWhenRoom(log, expected, events(1000, i), i);
            }
            log.sync();
            Seen first = expected.get(0);
            assertThat(reader.readAhead(first.position(), 900, 100)).isTrue();
            assertThat(reader.readAhead(log.appendedPosition(), 0, 100)).isTrue();
            assertThat(reader.readAhead(log.nextPosition(), 0, 100)).isFalse();
            assertThat(reader.readAhead(first.position(), 0, 1000)).isTrue();
            log.trimBefore(log.durablePosition());
            assertThat(reader.readAhead(first.position(), 0, 1000))
                    .as("trimmed for everybody")
                    .isFalse();
            log.doWork(1);
            reader.unpin();
            log.doWork(2);
            assertThat(reader.readAhead(log.appendedPosition(), 0, 100))
                    .as("read again after letting go")
                    .isTrue();
        }
        try (EventLog log = open()) {
            assertThat(replay(log).get(0).position()).isPositive();
        }
    }

    @Test
    void shouldTruncateAfterAPosition() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started()) {
            for (int i = 0; i < 300; i++) {
                appendWhenRoom(log, expected, events(1000, i), i);
            }
        }
        for (int kept : List.of(250, 249, 100, 1)) {
            long position = expected.get(kept - 1).position();
            EventLogContext context = context();
            EventLog.truncateAfter(openStore(context), IDENTITY, context, position, 5);
            expected.subList(kept, expected.size()).clear();
            try (EventLog log = open()) {
                assertThat(replay(log)).isEqualTo(expected);
                assertThat(log.appendedPosition()).isEqualTo(position);
                long before = log.shardEpoch();
                log.start(6);
                assertThat(log.shardEpoch()).isEqualTo(before + 1);
                appendWhenRoom(log, expected, events(8, kept), 3);
            }
        }
        EventLogContext context = context();
        assertCode(
                LogErrorCode.POSITION_UNKNOWN,
                () -> EventLog.truncateAfter(openStore(context), IDENTITY, context, 1_000_000, 5));
        EventLog.truncateAfter(openStore(context), IDENTITY, context, EventLog.NULL_POSITION, 5);
        try (EventLog log = open()) {
            assertThat(replay(log)).isEmpty();
            log.start(1);
            assertThat(append(log, 1)).isZero();
        }
    }

    @Test
    void shouldSyncWhatWasOnlyAppended() {
        try (EventLog log = started()) {
            append(log, 1);
            log.doWork(1_000);
            assertThat(log.isDirty()).isTrue();
            log.doWork(1_000 + EventLogContext.APPENDED_SYNC_DELAY_NS_DEFAULT);
            awaitDurable(log, 0);
            assertThat(log.isDirty()).isFalse();
        }
    }

    @Test
    void shouldAppendWhileASyncIsUnderWay() {
        var expected = new ArrayList<Seen>();
        try (EventLog log = started()) {
            appendWhenRoom(log, expected, events(100, 1), 1);
            log.beginSync();
            appendWhenRoom(log, expected, events(100, 2), 1);
            log.awaitSync();
            assertThat(log.durablePosition())
                    .as("what was appended before the sync")
                    .isZero();
            log.beginSync();
            appendWhenRoom(log, expected, events(100, 3), 1);
            log.sync();
            assertThat(log.durablePosition()).isEqualTo(2);
            // Over the end of cycles, too.
            for (int i = 0; i < 300; i++) {
                log.beginSync();
                appendWhenRoom(log, expected, events(900, i), 1);
            }
            log.beginSync();
        }
        try (EventLog log = open()) {
            assertThat(replay(log)).isEqualTo(expected);
        }
    }

    private static void awaitDurable(EventLog log, long position) {
        for (int tries = 0; log.durablePosition() < position; tries++) {
            assertThat(tries).isLessThan(10_000);
            log.doWork(1_000 + EventLogContext.APPENDED_SYNC_DELAY_NS_DEFAULT);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void shouldRefuseUseOutOfOrder() {
        EventLog log = open();
        assertThatThrownBy(() -> append(log, 1)).isInstanceOf(IllegalStateException.class);
        log.start(1);
        assertThatThrownBy(() -> log.start(2)).isInstanceOf(IllegalStateException.class);
        log.close();
        log.close();
        assertCode(LogErrorCode.LOG_CLOSED, () -> append(log, 1));
        assertCode(LogErrorCode.LOG_CLOSED, log::sync);
    }

    @Test
    void shouldRefuseASecondOpener() {
        try (EventLog log = started()) {
            append(log, 1);
            assertCode(LogErrorCode.LOCKED, () -> openStore(context()).close());
        }
        open().close();
    }

    private void checkRead(EventLog log, Seen record, int offset, int length) {
        byte[] read = new byte[length];
        log.read(record.position(), offset, length).getBytes(0, read);
        assertThat(content(read)).isEqualTo(record.events().slice(offset, length));
    }

    /** Expects a failure with this code. */
    protected static void assertCode(LogErrorCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        LogException.class,
                        e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
    }

    @Test
    void shouldGiveAReservedRecordThePositionThatWasPromised() {
        int longest = 20_000;
        try (EventLog log = started()) {
            int rolls = 0;
            for (int i = 0; i < 40; i++) {
                for (int tries = 0; !log.reserve(EventLog.HEADER_BYTES + longest, i); tries++) {
                    assertThat(tries).as("waits for a cycle").isLessThan(30_000);
                    LockSupport.parkNanos(1_000_000);
                }
                long promised = log.nextPosition();
                assertThat(append(log, events(i % 2 == 0 ? longest : 10, i), 1, i))
                        .isEqualTo(promised);
                rolls += promised > i + rolls ? 1 : 0;
            }
            assertThat(rolls).as("cycles rolled").isPositive();
        }
    }
}
