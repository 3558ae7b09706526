package io.silo.log;

import static io.silo.log.LogWorkbench.IDENTITY;
import static io.silo.log.LogWorkbench.appendWhenRoom;
import static io.silo.log.LogWorkbench.collector;
import static io.silo.log.LogWorkbench.context;
import static io.silo.log.LogWorkbench.events;
import static io.silo.log.LogWorkbench.replay;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.log.CopiedLog.CopiedFile;
import io.silo.log.LogWorkbench.Seen;
import io.silo.log.chronicle.ChronicleCycleStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that is copied while it is appended to and trimmed, and what is made of the copy. */
@Timeout(60)
class LogCopyTest {
    private static final LogIdentity OTHER = new LogIdentity(0xD1, 0xD2, 0x51, 0x52);
    private static final long FLOOR = 1L << 33;

    @TempDir
    private Path directory;

    private Path shard;
    private Path copy;
    private Path restored;
    private final List<Seen> written = new ArrayList<>();
    private int made;

    @BeforeEach
    void place() {
        shard = directory.resolve("shard");
        copy = directory.resolve("copy");
        restored = directory.resolve("restored");
    }

    private static EventLog open(Path path, LogIdentity identity, long boot) {
        EventLogContext settings = context(boot, boot);
        return EventLog.open(ChronicleCycleStore.open(path, settings), identity, settings);
    }

    private void write(EventLog log, int records) {
        for (int i = 0; i < records; i++) {
            appendWhenRoom(log, written, events(1_000, made++), 1);
        }
        log.write();
    }

    private static List<Seen> read(Path path, LogIdentity identity) {
        var seen = new ArrayList<Seen>();
        LogReport report = LogVerifier.verify(path, identity, false, collector(seen));
        assertThat(report.findings()).isEmpty();
        assertThat(report.notes()).as("nothing is left to cut off").isEmpty();
        return seen;
    }

    private static LogErrorCode code(ThrowingCallable call) {
        LogException failed = catchThrowableOfType(LogException.class, call);
        assertThat(failed).isNotNull();
        return failed.code();
    }

    @Test
    void shouldCopyALogThatIsAppendedTo() {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 200);
            // Nothing was synced since and no mark names it: what was appended is copied all the same.
            CopiedLog copied = LogCopy.copy(shard, copy, false);
            assertThat(copied.files()).hasSizeGreaterThan(3);
            assertThat(copied.lastPosition()).isEqualTo(log.appendedPosition());
            assertThat(read(copy, IDENTITY)).isEqualTo(written);
            List<Seen> then = List.copyOf(written);
            write(log, 100);
            assertThat(read(copy, IDENTITY)).isEqualTo(then);
        }
        try (EventLog log = open(copy, IDENTITY, 1)) {
            log.start(1);
            write(log, 1);
        }
    }

    @Test
    void shouldKeepWhatIsTrimmedMeanwhile() {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 300);
            log.sync();
            List<Seen> before = List.copyOf(written);
            CopiedLog copied = LogCopy.copy(shard, copy, false, new LogCopy.Steps() {
                @Override
                public void onOpened() {
                    trim(log);
                    write(log, 200);
                }
            });
            assertThat(copied.firstPosition()).isZero();
            assertThat(read(copy, IDENTITY)).startsWith(before.toArray(Seen[]::new));
        }
    }

    /** Else its events would stand twice in what is restored. */
    @Test
    void shouldNotCopyTheArchiveOfWhatItCopiedOfTheLog() throws IOException {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 300);
            log.sync();
            final CycleArchive archive = new CycleArchive(shard);
            LogCopy.copy(shard, copy, true, new LogCopy.Steps() {
                @Override
                public void onOpened() {
                    try {
                        Files.createDirectories(archive.path());
                        Files.write(archive.file(0), new byte[] {1});
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }
            });
            assertThat(archive.cycles()).containsExactly(0);
            assertThat(new CycleArchive(copy).cycles()).isEmpty();
        }
    }

    @Test
    void shouldBeginAgainWhenACycleGoesWhileItIsOpened() {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 300);
            log.sync();
            int[] begun = {0};
            CopiedLog copied = LogCopy.copy(shard, copy, false, new LogCopy.Steps() {
                @Override
                public void onMarkRead() {
                    if (begun[0]++ < 3) {
                        trim(log);
                        write(log, 100);
                        log.sync();
                    }
                }
            });
            assertThat(begun[0]).isBetween(2, 4);
            assertThat(copied.firstPosition()).isPositive();
            List<Seen> left = written.stream()
                    .filter(record -> record.position() >= copied.firstPosition())
                    .toList();
            assertThat(read(copy, IDENTITY)).isEqualTo(left);
        }
    }

    @Test
    void shouldGiveUpAfterSomeAttempts() {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 100);
            int[] begun = {0};
            assertThat(code(() -> LogCopy.copy(shard, copy, false, new LogCopy.Steps() {
                        @Override
                        public void onMarkRead() {
                            begun[0]++;
                            write(log, 150);
                            log.sync();
                            trim(log);
                        }
                    })))
                    .isEqualTo(LogErrorCode.CYCLE_MISSING);
            assertThat(begun[0]).isEqualTo(LogCopy.ATTEMPTS_MAX);
        }
    }

    /** Lets all cycles go but the active one, and waits until they are gone. */
    private void trim(EventLog log) {
        log.trimBefore(log.activeFirstPosition());
        long active = log.activeFirstPosition();
        assertThat(log.firstPosition()).isEqualTo(active);
        for (int tries = 0; cyclesOf(shard) > 2; tries++) {
            assertThat(tries).isLessThan(3_000);
            LockSupport.parkNanos(1_000_000);
        }
    }

    private static int cyclesOf(Path path) {
        return new CycleDirectory(path).cycles().length;
    }

    /** Every prefix of the document that was being written when it was copied. */
    @Test
    void shouldCutOffWhatIsInFlight() throws IOException {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 80);
            CopiedLog copied = LogCopy.copy(shard, copy, false);
            CopiedFile last = copied.files().get(copied.files().size() - 1);
            ByteBuffer header = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(500 | 0x80000000).flip();
            try (FileChannel file = FileChannel.open(shard.resolve(last.name()), StandardOpenOption.WRITE)) {
                file.write(ByteBuffer.wrap(events(300, 7)), last.bytes() + 4);
                Path second = directory.resolve("second");
                assertThat(LogCopy.copy(shard, second, false)).isEqualTo(copied);
                file.write(header, last.bytes());
                Path third = directory.resolve("third");
                assertThat(LogCopy.copy(shard, third, false)).isEqualTo(copied);
                assertThat(read(third, IDENTITY)).isEqualTo(written);
            }
        }
    }

    @Test
    void shouldRestoreUnderAnotherIdentityAndAHigherEpoch() {
        CopiedLog copied;
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 100);
        }
        try (EventLog log = open(shard, IDENTITY, 2)) {
            log.start(2);
            write(log, 100);
            copied = LogCopy.copy(shard, copy, false);
            assertThat(copied.epoch()).isEqualTo(2);
        }
        LogRestore.restore(copy, restored, copied.files(), OTHER, FLOOR);
        assertThat(read(restored, OTHER)).isEqualTo(written);
        assertThat(code(() -> open(restored, IDENTITY, 3))).isEqualTo(LogErrorCode.CYCLE_FOREIGN);
        for (int opening = 1; opening <= 2; opening++) {
            try (EventLog log = open(restored, OTHER, 3)) {
                assertThat(replay(log)).isEqualTo(written);
                log.start(3);
                assertThat(log.shardEpoch()).isEqualTo(FLOOR + opening);
                write(log, 50);
            }
        }
        assertThat(read(restored, OTHER)).isEqualTo(written);
        // The copy is as it was, and restored a second time.
        LogRestore.restore(copy, directory.resolve("again"), copied.files(), OTHER, FLOOR);
        assertThat(read(directory.resolve("again"), OTHER)).hasSize(200);
    }

    @Test
    void shouldCopyAndRestoreALogThatWasNeverOpened() throws IOException {
        Files.createDirectories(shard);
        CopiedLog copied = LogCopy.copy(shard, copy, true);
        assertThat(copied).isEqualTo(new CopiedLog(0, -1, -1, 0, List.of()));
        LogRestore.restore(copy, restored, copied.files(), OTHER, FLOOR);
        try (EventLog log = open(restored, OTHER, 1)) {
            log.start(1);
            assertThat(log.shardEpoch()).isEqualTo(FLOOR + 1);
        }
    }

    @Test
    void shouldNotRestoreWhatIsNotAsItWasCopied() throws IOException {
        CopiedLog copied;
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 100);
            copied = LogCopy.copy(shard, copy, false);
        }
        Path file = copy.resolve(copied.files().get(0).name());
        byte[] good = Files.readAllBytes(file);
        int tries = 0;
        for (int at = 0; at < copied.files().get(0).bytes(); at += good.length / 20) {
            byte[] flipped = good.clone();
            flipped[at] ^= 0x10;
            Files.write(file, flipped);
            Path target = directory.resolve("try" + tries++);
            assertThat(code(() -> LogRestore.restore(copy, target, copied.files(), OTHER, FLOOR)))
                    .isEqualTo(LogErrorCode.RECORD_DAMAGED);
        }
        Files.write(file, java.util.Arrays.copyOf(good, good.length / 2));
        assertThat(code(() -> LogRestore.restore(copy, directory.resolve("cut"), copied.files(), OTHER, FLOOR)))
                .isEqualTo(LogErrorCode.RECORD_DAMAGED);
        Files.delete(file);
        assertThat(code(() -> LogRestore.restore(copy, directory.resolve("gone"), copied.files(), OTHER, FLOOR)))
                .isEqualTo(LogErrorCode.RECORD_DAMAGED);
    }

    @Test
    void shouldNotCopyADamagedLog() throws IOException {
        try (EventLog log = open(shard, IDENTITY, 1)) {
            log.start(1);
            write(log, 200);
            log.sync();
        }
        CycleDirectory cycles = new CycleDirectory(shard);
        for (long cycle : new long[] {cycles.cycles()[0], cycles.cycles()[1]}) {
            Path file = cycles.cycleFile(cycle);
            byte[] good = Files.readAllBytes(file);
            byte[] bad = good.clone();
            bad[40_000] ^= 1;
            Files.write(file, bad);
            assertThat(code(() -> LogCopy.copy(shard, directory.resolve("bad" + cycle), false)))
                    .isEqualTo(LogErrorCode.RECORD_DAMAGED);
            Files.write(file, good);
        }
        Files.delete(cycles.markPath());
        assertThat(code(() -> LogCopy.copy(shard, directory.resolve("unmarked"), false)))
                .isEqualTo(LogErrorCode.MARK_DAMAGED);
    }
}
