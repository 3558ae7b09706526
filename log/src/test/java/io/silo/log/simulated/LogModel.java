package io.silo.log.simulated;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import io.silo.log.LogReader;
import io.silo.log.LogVerifier;
import io.silo.log.LogWorkbench;
import io.silo.log.LogWorkbench.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/**
 * A log on a simulated disk beside a list of what it must hold. Every opening checks the list: what was durable is there, what is there
 * is a prefix of what was written, after a process kill all of it.
 */
final class LogModel {
    private static final int RECORD_EVENTS_MAX = 3_000;

    private final Random random;
    private final List<Seen> written = new ArrayList<>();
    private SimulatedDisk disk = new SimulatedDisk();
    private @Nullable EventLog log;
    private FaultPlan faults = FaultPlan.NONE;
    private long boot = 1;
    private long nowNs;
    private long durable = EventLog.NULL_POSITION;
    private long trimmedBefore;
    private long highestEpoch;
    private int openings;

    LogModel(long seed) {
        random = new Random(seed);
    }

    /** Last record that outlives the process. */
    private long kept = EventLog.NULL_POSITION;

    void faults(FaultPlan plan) {
        faults = plan;
    }

    private EventLogContext context() {
        return LogWorkbench.context(random.nextLong(), boot).faults(faults);
    }

    List<Seen> written() {
        return written;
    }

    EventLog log() {
        return java.util.Objects.requireNonNull(log);
    }

    SimulatedDisk disk() {
        return disk;
    }

    /** Opens, checks what is there, starts. */
    void open(boolean isAllThere) {
        EventLogContext context = context();
        log = EventLog.open(SimulatedCycleStore.open(disk, "shard", context), LogWorkbench.IDENTITY, context);
        check(isAllThere);
        long before = log.shardEpoch();
        log.start(++openings);
        assertThat(log.shardEpoch()).isGreaterThan(before).isGreaterThan(highestEpoch);
        highestEpoch = log.shardEpoch();
        durable = log.durablePosition();
    }

    private void check(boolean isAllThere) {
        List<Seen> found = LogWorkbench.replay(log());
        List<Seen> expected = new ArrayList<>(written);
        long first = log().firstPosition();
        assertThat(first).as("nothing but trimmed records is gone").isLessThanOrEqualTo(trimmedBefore);
        expected.removeIf(record -> record.position() < first);
        assertThat(found.size()).isLessThanOrEqualTo(expected.size());
        assertThat(found).isEqualTo(expected.subList(0, found.size()));
        expected.subList(0, found.size()).clear();
        if (isAllThere) {
            assertThat(expected).as("everything written").allMatch(record -> record.position() > kept);
        } else {
            assertThat(expected).as("nothing durable is gone").allMatch(record -> record.position() > durable);
        }
        written.removeAll(expected);
    }

    /** One random step of normal work. */
    void step() {
        EventLog current = log();
        switch (random.nextInt(12)) {
            case 0, 1, 2, 3, 4, 5 -> appendOne();
            case 6, 7 -> {
                current.sync();
                durable = current.durablePosition();
            }
            case 8 -> {
                current.beginSync();
                current.awaitSync();
                durable = current.durablePosition();
            }
            case 9 -> {
                nowNs += random.nextInt(80_000_000);
                current.doWork(nowNs);
                durable = current.durablePosition();
            }
            case 10 -> readOne();
            default -> trim();
        }
        durable = Math.max(durable, current.durablePosition());
    }

    private void appendOne() {
        byte[] events = LogWorkbench.events(random.nextInt(RECORD_EVENTS_MAX), random.nextLong());
        if (!log().hasRoom(EventLog.HEADER_BYTES + events.length)) {
            return;
        }
        long expectedFrom = log().nextPosition();
        // In the list first: a crash in the middle of the append may leave the record there.
        int count = random.nextInt(100);
        written.add(new Seen(expectedFrom, log().shardEpoch(), 5, count, LogWorkbench.content(events)));
        long position = LogWorkbench.append(log(), events, count, 5);
        if (position != expectedFrom) {
            Seen guess = written.remove(written.size() - 1);
            written.add(new Seen(position, guess.epoch(), 5, count, guess.events()));
        }
    }

    private void readOne() {
        if (written.isEmpty()) {
            return;
        }
        Seen record = written.get(random.nextInt(written.size()));
        if (record.position() < log().firstPosition()) {
            return;
        }
        byte[] events = new byte[record.events().remaining()];
        if (random.nextBoolean()) {
            log().write();
        }
        log().read(record.position(), 0, events.length).getBytes(0, events);
        assertThat(LogWorkbench.content(events)).isEqualTo(record.events());
        var seen = new ArrayList<Seen>();
        boolean isWritten = record.position() <= log().writtenPosition();
        try (LogReader reader = log().newReader()) {
            assertThat(reader.read(record.position(), LogWorkbench.collector(seen)))
                    .isEqualTo(isWritten);
        }
        if (isWritten) {
            assertThat(seen).containsExactly(record);
        }
    }

    private void trim() {
        if (random.nextInt(6) == 0 && log().oldestCycleLastPosition() <= durable) {
            long before = Math.max(0, log().oldestCycleLastPosition() + 1);
            trimmedBefore = Math.max(trimmedBefore, before);
            log().trimBefore(before);
        }
    }

    /** The power goes: unsynced bytes and names survive or not, and the next boot begins. */
    void powerLoss() {
        forget();
        disk = disk.powerLoss(random);
        boot++;
    }

    /** The process is killed: everything that was written is there. */
    void processKill() {
        kept = log == null ? durable : log.writtenPosition();
        forget();
        disk = disk.processKill();
    }

    /** As a halt in the middle of a call: the log is gone, unsaid whether the last append took place. */
    void forget() {
        log = null;
    }

    void close() {
        log().close();
        durable = written.isEmpty() ? durable : written.get(written.size() - 1).position();
        kept = durable;
        log = null;
    }

    /** What the verifier says about the disk as it is. */
    void verify() {
        var report = LogVerifier.verify(
                new SimulatedSource(disk), LogWorkbench.IDENTITY, context(), false, (p, e, t, c, b, o, l) -> {});
        assertThat(report.findings()).isEmpty();
    }

    /** Reads the disk without its lock. */
    record SimulatedSource(SimulatedDisk disk) implements io.silo.log.CycleSource {
        @Override
        public String name() {
            return "shard";
        }

        @Override
        public long[] cycles() {
            return SimulatedCycleStore.cycles(disk, "shard");
        }

        @Override
        public io.silo.log.CycleFile open(long cycle) {
            return new SimulatedCycleFile(disk, SimulatedCycleStore.fileName("shard", cycle));
        }

        @Override
        public int readMark(int slot, java.nio.ByteBuffer target) {
            return SimulatedCycleStore.readMark(disk, "shard", slot, target);
        }
    }
}
