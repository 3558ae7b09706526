package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static io.silo.log.LogWorkbench.appendWhenRoom;
import static io.silo.log.LogWorkbench.collector;
import static io.silo.log.LogWorkbench.context;
import static io.silo.log.LogWorkbench.events;
import static io.silo.log.LogWorkbench.replay;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.CycleArchive;
import io.silo.log.CycleDirectory;
import io.silo.log.EventLog;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogReader;
import io.silo.log.LogWorkbench.Seen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Cycles that a log has let go of, compressed. */
@Tag("newest-jdk")
@Timeout(60)
class ArchiveTest {
    private static final int RECORDS = 300;
    private static final long HOUR_MS = 3_600_000;

    @TempDir
    private Path directory;

    private Path shard;
    private CycleArchive archive;
    private final List<Seen> written = new ArrayList<>();

    @BeforeEach
    void place() {
        shard = directory.resolve("shard");
        archive = new CycleArchive(shard);
    }

    private EventLog open(long boot) {
        var settings = context(boot, 1).historyRetentionMs(HOUR_MS);
        return EventLog.open(ChronicleCycleStore.open(shard, settings), IDENTITY, settings);
    }

    /** Writes records in several cycles, and lets all go but the active one. Returns the first position that is left. */
    private long writeAndTrim() {
        try (EventLog log = open(1)) {
            log.start(1);
            for (int i = 0; i < RECORDS; i++) {
                appendWhenRoom(log, written, events(1_000, i), i);
            }
            log.sync();
            int letGo = log.cycleCount() - 1;
            assertThat(letGo).isGreaterThan(2);
            log.trimBefore(log.activeFirstPosition());
            await(() -> archive.cycles().length == letGo);
            return log.firstPosition();
        }
    }

    private static void await(BooleanSupplier condition) {
        for (int tries = 0; !condition.getAsBoolean(); tries++) {
            assertThat(tries).isLessThan(3_000);
            LockSupport.parkNanos(10_000_000);
        }
    }

    private List<Seen> archived() {
        var seen = new ArrayList<Seen>();
        for (long cycle : archive.cycles()) {
            archive.read(cycle, collector(seen));
        }
        return seen;
    }

    @Test
    void shouldKeepWhatTheLogLetsGoOf() throws IOException {
        long first = writeAndTrim();
        assertThat(archived())
                .isEqualTo(written.stream()
                        .filter(record -> record.position() < first)
                        .toList());
        long[] cycles = archive.cycles();
        assertThat(new CycleDirectory(shard).cycles()).doesNotContain(cycles);
        assertThat(Files.size(archive.file(cycles[0])))
                .as("random bytes, and no holes of the file")
                .isLessThan(160 * 1024);
        try (EventLog log = open(2)) {
            assertThat(replay(log).get(0).position()).isGreaterThanOrEqualTo(first);
        }
    }

    @Test
    void shouldDeleteWhatIsOlderThanTheRetention() throws IOException {
        writeAndTrim();
        long[] cycles = archive.cycles();
        FileTime old = FileTime.from(Instant.now().minus(Duration.ofMinutes(61)));
        Files.setLastModifiedTime(archive.file(cycles[0]), old);
        Files.setLastModifiedTime(archive.file(cycles[1]), old);
        try (EventLog log = open(2)) {
            log.start(1);
            await(() -> archive.cycles().length == cycles.length - 2);
        }
        assertThat(archive.cycles()).isEqualTo(Arrays.copyOfRange(cycles, 2, cycles.length));
    }

    /** The process died while it wrote: at the next opening the cycle is archived as if nothing had been. */
    @Test
    void shouldArchiveAgainWhatWasInterrupted() throws IOException {
        long first;
        try (EventLog log = open(1)) {
            log.start(1);
            for (int i = 0; i < RECORDS; i++) {
                appendWhenRoom(log, written, events(1_000, i), i);
            }
            log.sync();
            try (LogReader reader = log.newReader()) {
                assertThat(reader.read(0, collector(new ArrayList<>()))).isTrue();
                log.trimBefore(log.oldestCycleLastPosition() + 1);
                first = log.firstPosition();
                log.close();
            }
        }
        long cycle = new CycleDirectory(shard).cycles()[0];
        Files.createDirectories(archive.path());
        Files.write(archive.partFile(cycle), new byte[] {31, -117, 8});
        assertThat(archive.cycles()).isEmpty();
        try (EventLog log = open(2)) {
            log.start(1);
            await(() -> archive.cycles().length == 1 && !Files.exists(new CycleDirectory(shard).cyclePath(cycle)));
            assertThat(log.firstPosition()).isEqualTo(first);
        }
        assertThat(archive.partFile(cycle)).doesNotExist();
        assertThat(archived())
                .isEqualTo(written.stream()
                        .filter(record -> record.position() < first)
                        .toList());
    }

    @Test
    void shouldSayWhichFileIsDamaged() throws IOException {
        writeAndTrim();
        Path file = archive.file(archive.cycles()[1]);
        byte[] good = Files.readAllBytes(file);
        var damaged = new ArrayList<byte[]>();
        damaged.add(Arrays.copyOf(good, good.length - 9));
        damaged.add(Arrays.copyOf(good, 3));
        for (int at = 10; at < good.length; at += good.length / 50) {
            byte[] flipped = good.clone();
            flipped[at] ^= 0x10;
            damaged.add(flipped);
        }
        var whole = new ArrayList<Seen>();
        archive.read(archive.cycles()[1], collector(whole));
        int noticed = 0;
        for (byte[] bytes : damaged) {
            Files.write(file, bytes);
            var seen = new ArrayList<Seen>();
            try {
                archive.read(archive.cycles()[1], collector(seen));
                // The distance of a copy among zeros means nothing, nor do the bits that fill a byte up.
                assertThat(seen).isEqualTo(whole);
            } catch (LogException e) {
                assertThat(e.code()).isEqualTo(LogErrorCode.RECORD_DAMAGED);
                assertThat(e).hasMessageContaining(file.toString());
                noticed++;
            }
        }
        assertThat(noticed).isGreaterThan(damaged.size() / 2);
    }

    /** One cycle that cannot be read does not keep the others from their turn. */
    @Test
    void shouldGoOnBehindACycleThatCannotBeArchived() throws IOException {
        try (EventLog log = open(1)) {
            log.start(1);
            for (int i = 0; i < RECORDS; i++) {
                appendWhenRoom(log, written, events(1_000, i), i);
            }
            log.sync();
            CycleDirectory cycles = new CycleDirectory(shard);
            long second = cycles.cycles()[1];
            Files.write(cycles.cyclePath(second).resolve("second.cq4"), new byte[1]);
            int letGo = log.cycleCount() - 1;
            log.trimBefore(log.activeFirstPosition());
            await(() -> archive.cycles().length == letGo - 1 && !Files.exists(cycles.cyclePath(second)));
            assertThat(archive.cycles()).doesNotContain(second);
        }
    }

    /** The log comes first: what cannot be archived goes all the same. */
    @Test
    void shouldLetGoOfWhatCannotBeArchived() throws IOException {
        Files.createDirectories(shard);
        Files.write(archive.path(), new byte[1]);
        try (EventLog log = open(1)) {
            log.start(1);
            for (int i = 0; i < RECORDS; i++) {
                appendWhenRoom(log, written, events(1_000, i), i);
            }
            log.sync();
            log.trimBefore(log.activeFirstPosition());
            await(() -> new CycleDirectory(shard).cycles().length <= 2);
        }
        assertThat(archive.cycles()).isEmpty();
    }
}
