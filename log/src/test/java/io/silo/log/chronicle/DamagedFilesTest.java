package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.CycleDirectory;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogIdentity;
import io.silo.log.LogVerifier;
import io.silo.log.LogWorkbench;
import io.silo.log.LogWorkbench.Seen;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damage of every kind to the real files of a log: it is refused with a sentence that says what to run, or it changes nothing: never a
 * shorter or another log. {@link io.silo.log.simulated.DamageTest} does the same to the simulated disk; here are Chronicle's own bytes too.
 */
@Tag("newest-jdk")
@Timeout(300)
class DamagedFilesTest {
    private static final long BOOT = 1;

    /** Behind the last byte that is used: what is there is never read as a record. */
    private static final int BEHIND_BYTES = 64;

    /** Every how many-th byte of what nobody reads: Chronicle's own headers and index pages. 1 flips all of them. */
    private static final int FOREIGN_STEP = Integer.getInteger("silo.log.damage.step", 97);

    private static final int OPENINGS = 2;

    @TempDir
    private Path directory;

    private Path shard;
    private final List<Seen> expected = new ArrayList<>();

    /** What became of the damage that was tried. */
    private int refused;

    private int harmless;

    /** Every opening begins a cycle; the last one is closed in order. */
    @BeforeEach
    void build() {
        shard = directory.resolve("shard");
        build(shard, IDENTITY, expected);
    }

    private static void build(Path path, LogIdentity identity, List<Seen> appended) {
        for (int opening = 0; opening < OPENINGS; opening++) {
            EventLogContext context = LogWorkbench.context(3 + opening, BOOT);
            try (EventLog log = EventLog.open(ChronicleCycleStore.open(path, context), identity, context)) {
                log.start(1);
                for (int i = 0; i < 4; i++) {
                    LogWorkbench.appendWhenRoom(log, appended, LogWorkbench.events(20 + i, i), 1);
                }
                log.sync();
            }
        }
    }

    @Test
    void shouldNoticeEveryFlippedByteOrNotCare() throws IOException {
        var random = new Random(9);
        for (Path file : files(shard)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                byte[] whole = used(channel);
                for (int at = 0; at < whole.length; at += step(file, whole, at)) {
                    write(channel, at, (byte) (whole[at] ^ (1 << random.nextInt(8))));
                    check("flip in " + shard.relativize(file) + " at " + at);
                    write(channel, at, whole[at]);
                }
            }
        }
        System.out.printf("flips of single bytes: %,d refused, %,d harmless%n", refused, harmless);
        assertThat(refused).isGreaterThan(800);
        assertThat(replay()).isEqualTo(expected);
    }

    @Test
    void shouldNoticeRangesOfZeroesOrNotCare() throws IOException {
        for (Path file : files(shard)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                byte[] whole = used(channel);
                for (int length : new int[] {32, 512, 4096}) {
                    for (int at = 0; at < whole.length; at += length) {
                        int count = Math.min(length, whole.length - at);
                        write(channel, at, new byte[count]);
                        check(count + " zeroes in " + shard.relativize(file) + " at " + at);
                        write(channel, at, java.util.Arrays.copyOfRange(whole, at, at + count));
                    }
                }
            }
        }
        System.out.printf("ranges of zeroes: %,d refused, %,d harmless%n", refused, harmless);
        assertThat(refused).isGreaterThan(30);
    }

    @Test
    void shouldNoticeFilesThatAreCutOffOrMissing() throws IOException {
        for (Path file : files(shard)) {
            Path aside = directory.resolve("aside");
            Files.copy(file, aside, StandardCopyOption.REPLACE_EXISTING);
            int used;
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                used = used(channel).length;
            }
            for (int length : new int[] {0, 4, 100, used / 3, used / 2, used - BEHIND_BYTES - 1, used}) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    channel.truncate(Math.max(0, length));
                }
                check(shard.relativize(file) + " cut to " + length);
                Files.copy(aside, file, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.delete(file);
            check(shard.relativize(file) + " missing");
            Files.copy(aside, file, StandardCopyOption.REPLACE_EXISTING);
        }
        for (Path cycle : cycles(shard)) {
            Path aside = directory.resolve("cycle");
            Files.move(cycle, aside);
            check(shard.relativize(cycle) + " missing");
            Files.move(aside, cycle);
        }
        Path aside = directory.resolve("cycles");
        Files.move(shard.resolve("cycles"), aside);
        Files.createDirectory(shard.resolve("cycles"));
        checkRefused("all cycles missing", null);
        System.out.printf("files cut off or missing: %,d refused, %,d harmless%n", refused, harmless);
        assertThat(refused).isGreaterThan(10);
    }

    @Test
    void shouldNoticeFilesThatAreSwappedDoubledOrForeign() throws IOException {
        List<Path> cycles = cycles(shard);
        for (int one = 0; one < OPENINGS; one++) {
            for (int other = one + 1; other < OPENINGS; other++) {
                swap(file(cycles.get(one)), file(cycles.get(other)));
                checkRefused("cycles " + one + " and " + other + " swapped", LogErrorCode.CYCLE_FOREIGN);
                swap(file(cycles.get(one)), file(cycles.get(other)));
            }
        }
        Path doubled = new CycleDirectory(shard).cyclePath(77);
        copy(cycles.get(1), doubled);
        checkRefused("cycle 1 also as 77", LogErrorCode.CYCLE_FOREIGN);
        delete(doubled);
        Path second = cycles.get(1).resolve("19700102.cq4");
        Files.copy(file(cycles.get(1)), second);
        checkRefused("two files in cycle 1", LogErrorCode.CYCLE_FOREIGN);
        Files.delete(second);

        Map<String, LogIdentity> others = new HashMap<>();
        others.put("another shard", new LogIdentity(0xC1, 0xC2, 0x51, 0x53));
        others.put("another cluster", new LogIdentity(0xC1, 0xC3, 0x51, 0x52));
        for (Map.Entry<String, LogIdentity> other : others.entrySet()) {
            Path path = directory.resolve(other.getKey());
            build(path, other.getValue(), new ArrayList<>());
            for (int cycle = 0; cycle < OPENINGS; cycle++) {
                swap(file(cycles.get(cycle)), file(cycles(path).get(cycle)));
                checkRefused("cycle " + cycle + " of " + other.getKey(), LogErrorCode.CYCLE_FOREIGN);
                swap(file(cycles.get(cycle)), file(cycles(path).get(cycle)));
            }
            swap(shard.resolve("durable.mark"), path.resolve("durable.mark"));
            check("mark of " + other.getKey());
            swap(shard.resolve("durable.mark"), path.resolve("durable.mark"));
            swap(shard, path);
            checkRefused("everything of " + other.getKey(), LogErrorCode.CYCLE_FOREIGN);
            swap(shard, path);
        }
        assertThat(replay()).isEqualTo(expected);
    }

    /** A cycle whose format this release does not know is not judged by what this release would make of it. */
    @Test
    void shouldRefuseACycleOfANewerRelease() throws IOException {
        for (Path cycle : cycles(shard)) {
            try (FileChannel channel =
                    FileChannel.open(file(cycle), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
                // The magic, little-endian; the format follows.
                int magic = new String(used(channel), StandardCharsets.ISO_8859_1).indexOf("LCYCOLIS");
                assertThat(magic).isPositive();
                write(channel, magic + 8, (byte) 2);
                checkRefused("cycle " + cycle + " of format 2", LogErrorCode.FORMAT_UNKNOWN);
                write(channel, magic + 8, (byte) 1);
            }
        }
        assertThat(replay()).isEqualTo(expected);
    }

    /** Refused with the sentence, or the same records; and what is refused for its bytes, the verifier finds too. */
    private void check(String what) {
        LogException found = judge(what);
        if (found == null) {
            harmless++;
            return;
        }
        refused++;
        checkSentence(what, found);
    }

    private void checkRefused(String what, @Nullable LogErrorCode code) {
        LogException found = judge(what);
        assertThat(found).as(what).isNotNull();
        checkSentence(what, Objects.requireNonNull(found));
        if (code != null) {
            assertThat(found.code()).as(what).isEqualTo(code);
        }
        refused++;
    }

    private void checkSentence(String what, LogException found) {
        assertThat(found.code().isCorruption()).as("%s: %s", what, found).isTrue();
        assertThat(found).as(what).hasMessageContaining("./silo log verify " + shard);
        var report = LogVerifier.verify(
                new CycleDirectory(shard),
                IDENTITY,
                LogWorkbench.context(1, BOOT),
                false,
                (position, epoch, timeMs, count, buffer, offset, length) -> {});
        assertThat(report.findings()).as("findings of %s", what).isNotEmpty();
    }

    /** Why the log was refused, or null if it replays as it was written. */
    private @Nullable LogException judge(String what) {
        try {
            assertThat(replay()).as(what).isEqualTo(expected);
            return null;
        } catch (LogException e) {
            return e;
        }
    }

    private List<Seen> replay() {
        EventLogContext context = LogWorkbench.context(1, BOOT).tailCacheBytes(4096);
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(shard, context), IDENTITY, context)) {
            return LogWorkbench.replay(log);
        }
    }

    /** Each byte that says something, of all files but Chronicle's table, which nothing here opens. */
    private static int step(Path file, byte[] whole, int at) {
        if (file.toString().endsWith(".cq4t")) {
            return FOREIGN_STEP;
        }
        boolean isEmpty = whole[at] == 0;
        for (int i = at; isEmpty && i < Math.min(whole.length, at + FOREIGN_STEP); i++) {
            isEmpty = whole[i] == 0;
        }
        return isEmpty ? FOREIGN_STEP : 1;
    }

    /** Bytes up to the last that is not zero, and a few more. */
    private static byte[] used(FileChannel channel) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(channel.size(), 256 * 1024));
        channel.read(bytes, 0);
        int end = bytes.position();
        while (end > 0 && bytes.get(end - 1) == 0) {
            end--;
        }
        return java.util.Arrays.copyOf(bytes.array(), (int) Math.min(channel.size(), end + BEHIND_BYTES));
    }

    private static void write(FileChannel channel, long at, byte... bytes) throws IOException {
        channel.write(ByteBuffer.wrap(bytes), at);
    }

    private static List<Path> files(Path path) throws IOException {
        try (Stream<Path> walk = Files.walk(path)) {
            return walk.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static List<Path> cycles(Path path) throws IOException {
        try (Stream<Path> list = Files.list(new CycleDirectory(path).cyclesPath())) {
            return list.sorted().toList();
        }
    }

    private static Path file(Path cycle) throws IOException {
        try (Stream<Path> list = Files.list(cycle)) {
            return list.filter(file -> file.toString().endsWith(".cq4"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private void swap(Path one, Path other) throws IOException {
        Path aside = directory.resolve("swapped");
        Files.move(one, aside);
        Files.move(other, one);
        Files.move(aside, other);
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectory(to);
        for (Path file : files(from)) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    private static void delete(Path path) throws IOException {
        for (Path file : files(path)) {
            Files.delete(file);
        }
        Files.delete(path);
    }
}
