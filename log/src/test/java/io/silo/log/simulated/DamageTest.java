package io.silo.log.simulated;

import static io.silo.log.LogWorkbench.IDENTITY;
import static io.silo.log.LogWorkbench.content;
import static io.silo.log.LogWorkbench.events;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogIdentity;
import io.silo.log.LogVerifier;
import io.silo.log.LogWorkbench;
import io.silo.log.LogWorkbench.Seen;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Damage of every kind to a log that was durable: it is found and named, or it changes nothing. Never a shorter or another log. */
@Timeout(300)
class DamageTest {
    private static final String DIRECTORY = "shard";
    private static final long BOOT = 1;

    private final List<Seen> expected = new ArrayList<>();

    /** Three openings, a roll in the second, a few short records each. */
    private SimulatedDisk build(boolean isClosed) {
        var disk = new SimulatedDisk();
        long nowNs = 0;
        for (int opening = 0; opening < 3; opening++) {
            EventLog log = open(disk, IDENTITY, BOOT);
            log.start(1);
            for (int i = 0; i < 4; i++) {
                append(log, 20 + i);
            }
            if (opening == 1) {
                append(log, 40_000);
                append(log, 40_000);
            }
            log.sync();
            append(log, 3);
            log.sync();
            if (isClosed || opening < 2) {
                log.close();
            } else {
                log.doWork(nowNs);
                log.doWork(nowNs + EventLogContext.MARK_IDLE_NS_DEFAULT);
                return disk.processKill();
            }
        }
        return disk;
    }

    private void append(EventLog log, int length) {
        byte[] events = events(length, length);
        assertThat(log.hasRoom(EventLog.HEADER_BYTES + length)).isTrue();
        long position = LogWorkbench.append(log, events, 1, 1);
        expected.add(new Seen(position, log.shardEpoch(), 1, 1, content(events)));
    }

    private static EventLog open(SimulatedDisk disk, LogIdentity identity, long boot) {
        EventLogContext context = LogWorkbench.context(3, boot).tailCacheBytes(4096);
        return EventLog.open(SimulatedCycleStore.open(disk, DIRECTORY, context), identity, context);
    }

    private static String cycle(long number) {
        return SimulatedCycleStore.fileName(DIRECTORY, number);
    }

    @Test
    void shouldFindEveryFlippedByteOfAClosedLog() {
        SimulatedDisk disk = build(true);
        int detected = flipEveryByte(disk, BOOT);
        assertThat(detected).as("flips that were found").isGreaterThan(1000);
    }

    @Test
    void shouldFindEveryFlippedByteOfAMarkedLogOnAnotherBoot() {
        SimulatedDisk disk = build(false);
        int detected = flipEveryByte(disk, BOOT + 1);
        assertThat(detected).as("flips that were found").isGreaterThan(1000);
    }

    private int flipEveryByte(SimulatedDisk disk, long boot) {
        int detected = 0;
        var random = new Random(9);
        for (String name : disk.list(DIRECTORY)) {
            long end = lastNonZero(disk, name) + 64;
            for (long at = 0; at < end; at += isInLongPayload(at, end) ? 997 : 1) {
                byte before = read(disk, name, at);
                byte flipped = (byte) (before ^ (1 << random.nextInt(8)));
                write(disk, name, at, flipped);
                if (isFoundOrHarmless(disk, boot, name, at)) {
                    detected++;
                }
                write(disk, name, at, before);
            }
        }
        return detected;
    }

    /** The two long payloads lie in the middle of the only file of that length; their bytes are all alike to the checks. */
    private static boolean isInLongPayload(long at, long end) {
        return end > 40_000 && at > 1_500 && at < end - 1_500;
    }

    private boolean isFoundOrHarmless(SimulatedDisk disk, long boot, String name, long at) {
        EventLog log = null;
        try {
            log = open(disk, IDENTITY, boot);
            List<Seen> found = LogWorkbench.replay(log);
            assertThat(found).as("flip in %s at %d", name, at).isEqualTo(expected);
            return false;
        } catch (LogException e) {
            assertThat(e.code().isCorruption())
                    .as("flip in %s at %d: %s", name, at, e.getMessage())
                    .isTrue();
            assertThat(e).hasMessageContaining("./silo log verify shard");
            return true;
        } finally {
            if (log != null) {
                log.close();
            }
        }
    }

    @Test
    void shouldNameEveryFileThatIsMissing() {
        SimulatedDisk whole = build(true);
        for (String name : whole.list(DIRECTORY)) {
            SimulatedDisk disk = whole.processKill();
            disk.remove(name);
            boolean isPreparedAhead = !isStarted(whole, name);
            if (isPreparedAhead) {
                reopen(disk);
            } else {
                checkCorrupt(disk, name.endsWith("mark") ? LogErrorCode.MARK_DAMAGED : LogErrorCode.CYCLE_MISSING);
            }
        }
    }

    private static boolean isStarted(SimulatedDisk disk, String name) {
        var report = LogVerifier.verify(
                new LogModel.SimulatedSource(disk),
                IDENTITY,
                LogWorkbench.context(1, BOOT),
                false,
                (p, e, t, c, b, o, l) -> {});
        return name.endsWith("mark")
                || report.cycles().stream()
                        .anyMatch(cycle -> cycle(cycle.cycle()).equals(name)
                                && cycle.state() == io.silo.log.LogReport.CycleState.RETAINED);
    }

    @Test
    void shouldNameSwappedAndDuplicatedFiles() {
        SimulatedDisk whole = build(true);
        SimulatedDisk swapped = whole.processKill();
        swapped.copy(cycle(0), "aside");
        swapped.copy(cycle(1), cycle(0));
        swapped.copy("aside", cycle(1));
        checkCorrupt(swapped, LogErrorCode.CYCLE_FOREIGN);
        SimulatedDisk duplicated = whole.processKill();
        duplicated.copy(cycle(1), cycle(77));
        checkCorrupt(duplicated, LogErrorCode.CYCLE_FOREIGN);
    }

    @Test
    void shouldNameAnotherShardsFiles() {
        SimulatedDisk disk = build(true);
        var other = new LogIdentity(0xC1, 0xC2, 0x51, 0x53);
        assertThatThrownBy(() -> open(disk, other, BOOT))
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.code()).isEqualTo(LogErrorCode.CYCLE_FOREIGN));
    }

    @Test
    void shouldNameATruncatedFile() {
        SimulatedDisk whole = build(true);
        for (String name : whole.list(DIRECTORY + "/cycles/")) {
            if (!isStarted(whole, name)) {
                continue;
            }
            long end = lastNonZero(whole, name);
            for (long length : new long[] {0, 4, 300, end / 2, end - 1}) {
                SimulatedDisk disk = whole.processKill();
                disk.truncate(name, length);
                assertThatThrownBy(() -> LogWorkbench.replay(open(disk, IDENTITY, BOOT)))
                        .as("%s cut to %d", name, length)
                        .isInstanceOfSatisfying(
                                LogException.class,
                                e -> assertThat(e.code().isCorruption()).isTrue());
            }
        }
    }

    @Test
    void shouldIgnoreValidRecordsOfAnotherEpochBehindTheEnd() {
        SimulatedDisk disk = build(true);
        long stale = 1_000;
        byte[] bytes = new byte[(int) stale];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        disk.read(cycle(0), 340, buffer);
        String newest = newestStarted(disk);
        long end = (lastNonZero(disk, newest) + 4) & ~3L;
        disk.write(newest, end, bytes, 0, bytes.length);
        reopen(disk);
    }

    @Test
    void shouldRefuseLostRecordsOnTheSameBootButCutThemOffOnAnother() {
        SimulatedDisk disk = build(false);
        EventLog log = open(disk, IDENTITY, BOOT);
        log.start(1);
        String newest = newestStarted(disk);
        long from = (lastNonZero(disk, newest) + 4) & ~3L;
        for (int i = 0; i < 6; i++) {
            LogWorkbench.append(log, 100 + i);
        }
        log.write();
        long end = (lastNonZero(disk, newest) + 4) & ~3L;
        byte[] zeros = new byte[4096];
        for (int length : new int[] {4, 40, 56, 100, 250}) {
            SimulatedDisk lost = disk.processKill();
            lost.write(newest, from, zeros, 0, length);
            checkCorrupt(lost, LogErrorCode.RECORD_DAMAGED);
            lost = lost.processKill();
            try (EventLog recovered = open(lost, IDENTITY, BOOT + 1)) {
                assertThat(LogWorkbench.replay(recovered)).isEqualTo(expected);
                recovered.start(1);
            }
        }
        for (long behind : new long[] {4, 600, EventLog.RECORD_BYTES_MAX + 4096}) {
            SimulatedDisk stray = disk.processKill();
            stray.write(newest, end + behind, new byte[] {1}, 0, 1);
            checkCorrupt(stray, LogErrorCode.RECORD_DAMAGED);
        }
    }

    @Test
    void shouldCutOffTheWriteThatAKillInterrupted() {
        for (int length : new int[] {600, 2_000, 100_000}) {
            for (int units = 1; units <= length / 512; units = 2 * units) {
                try (EventLog recovered = open(torn(length, units, 0), IDENTITY, BOOT)) {
                    assertThat(LogWorkbench.replay(recovered)).isEqualTo(expected);
                    recovered.start(2);
                }
            }
        }
    }

    /** What a kill cannot leave: bytes behind the cut, or a document that no place to cut lies in. */
    @Test
    void shouldNotTakeDamageForAWriteThatAKillInterrupted() {
        checkCorrupt(torn(2_000, 2, 1_600), LogErrorCode.RECORD_DAMAGED);
        checkCorrupt(torn(2_000, 2, 200_000), LogErrorCode.RECORD_DAMAGED);
        checkCorrupt(torn(20, 1, 0), LogErrorCode.RECORD_DAMAGED);
    }

    /**
     * A log of one record whose next one was being written.
     *
     * @param units in how many pieces of what is written at once it was cut off.
     * @param strayBehind a byte that far behind the cut is not zero; 0 = there is none.
     */
    private SimulatedDisk torn(int length, int units, int strayBehind) {
        var disk = new SimulatedDisk();
        expected.clear();
        EventLogContext context = LogWorkbench.context(3, BOOT);
        SimulatedCycleStore store = SimulatedCycleStore.open(disk, DIRECTORY, context);
        EventLog log = EventLog.open(store, IDENTITY, context);
        log.start(1);
        append(log, 10);
        log.sync();
        byte[] document = events(Integer.BYTES + length, length);
        ByteBuffer.wrap(document).order(ByteOrder.LITTLE_ENDIAN).putInt(0, length);
        int toCut = (int) (512 - store.activeBytes() % 512) + 512 * (units - 1);
        store.tearAppend(document, Math.min(document.length, toCut));
        if (strayBehind > 0) {
            write(disk, newestStarted(disk), store.activeBytes() + toCut + strayBehind, (byte) 1);
        }
        return disk.processKill();
    }

    @Test
    void shouldReportAllDamageInOneRun() {
        SimulatedDisk disk = build(true);
        write(disk, cycle(0), 700, (byte) ~read(disk, cycle(0), 700));
        write(disk, cycle(1), 700, (byte) ~read(disk, cycle(1), 700));
        var seen = new ArrayList<Seen>();
        var report = LogVerifier.verify(
                new LogModel.SimulatedSource(disk),
                null,
                LogWorkbench.context(1, BOOT),
                false,
                LogWorkbench.collector(seen));
        assertThat(report.isSound()).isFalse();
        assertThat(report.identity()).isEqualTo(IDENTITY);
        assertThat(report.findings()).extracting(finding -> finding.cycle()).contains(0L, 1L);
        assertThat(seen).isNotEmpty().allMatch(expected::contains);
        assertThat(report.lastPosition())
                .isEqualTo(expected.get(expected.size() - 1).position());
    }

    @Test
    void shouldTakeTheTailOfALiveLogForInFlight() {
        var disk = new SimulatedDisk();
        EventLogContext context = LogWorkbench.context(3, BOOT);
        SimulatedCycleStore store = SimulatedCycleStore.open(disk, DIRECTORY, context);
        EventLog log = EventLog.open(store, IDENTITY, context);
        log.start(1);
        append(log, 10);
        log.sync();
        store.tearAppend(new byte[] {48, 0, 0, 0, 3, 1}, 6);
        var report = LogVerifier.verify(
                new LogModel.SimulatedSource(disk), null, context, true, (p, e, t, c, b, o, l) -> {});
        assertThat(report.findings()).isEmpty();
        assertThat(report.records()).isEqualTo(1);
        append(log, 20);
        log.sync();
        SimulatedDisk killed = disk.processKill();
        try (EventLog recovered = open(killed, IDENTITY, BOOT)) {
            assertThat(LogWorkbench.replay(recovered)).isEqualTo(expected);
        }
    }

    private void reopen(SimulatedDisk disk) {
        try (EventLog log = open(disk, IDENTITY, BOOT)) {
            assertThat(LogWorkbench.replay(log)).isEqualTo(expected);
            log.start(1);
            assertThat(LogWorkbench.append(log, 5)).isEqualTo(log.appendedPosition());
        }
    }

    private static void checkCorrupt(SimulatedDisk disk, LogErrorCode code) {
        assertThatThrownBy(() -> LogWorkbench.replay(open(disk, IDENTITY, BOOT)))
                .isInstanceOfSatisfying(LogException.class, e -> {
                    assertThat(e.code()).as(e.getMessage()).isEqualTo(code);
                    assertThat(e).hasMessageContaining("./silo log verify shard");
                });
    }

    private static String newestStarted(SimulatedDisk disk) {
        String newest = "";
        for (String name : disk.list(DIRECTORY + "/cycles/")) {
            newest = isStarted(disk, name) ? name : newest;
        }
        return newest;
    }

    private static long lastNonZero(SimulatedDisk disk, String name) {
        byte[] bytes = new byte[(int) disk.length(name)];
        disk.read(name, 0, ByteBuffer.wrap(bytes));
        int last = bytes.length - 1;
        while (last >= 0 && bytes[last] == 0) {
            last--;
        }
        return last;
    }

    private static byte read(SimulatedDisk disk, String name, long at) {
        ByteBuffer one = ByteBuffer.allocate(1);
        disk.read(name, at, one);
        return one.get(0);
    }

    private static void write(SimulatedDisk disk, String name, long at, byte value) {
        disk.write(name, at, new byte[] {value}, 0, 1);
    }
}
