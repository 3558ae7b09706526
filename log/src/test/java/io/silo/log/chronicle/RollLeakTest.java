package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogWorkbench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that is rolled and trimmed again and again holds no more files, mappings and threads than at its beginning. */
@Timeout(3_600)
@Tag("newest-jdk")
class RollLeakTest {
    /** {@code -Dsilo.log.rolls=10000} for a long run. */
    private static final int ROLLS = Integer.getInteger("silo.log.rolls", 300);

    /** Before the first count: what is loaded and started once. */
    private static final int ROLLS_TO_WARM_UP = 30;

    /** Two fill a cycle. */
    private static final int RECORD_BYTES = 25_000;

    /** A cycle has three open files and three mappings; this many come and go while one is made ahead and one is retired. */
    private static final int FILES_SLACK = 8;

    /** The collector and the compiler of the JVM map and unmap what they like. */
    private static final int MAPPINGS_SLACK = 40;

    @TempDir
    private Path directory;

    private record Held(long files, long filesOfLog, long mappingsOfLog, long mappings, int threads) {}

    @Test
    void shouldHoldNoMoreAfterManyRolls() throws IOException {
        EventLogContext context = LogWorkbench.context(1, 1);
        byte[] events = LogWorkbench.events(RECORD_BYTES, 1);
        Path shard = directory.resolve("shard");
        Held before = null;
        Held after = null;
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(shard, context), IDENTITY, context)) {
            log.start(1);
            for (int roll = 0; roll < ROLLS; roll++) {
                if (roll == ROLLS_TO_WARM_UP) {
                    before = held(log);
                }
                long first = log.firstPosition();
                while (log.oldestCycleLastPosition() == EventLog.NULL_POSITION) {
                    appendWhenRoom(log, events);
                }
                log.sync();
                log.trimBefore(log.oldestCycleLastPosition() + 1);
                assertThat(log.firstPosition()).isGreaterThan(first);
            }
            after = held(log);
        }
        System.out.printf("%d rolls: %s, then %s%n", ROLLS, before, after);
        assertThat(before).isNotNull();
        assertThat(after.filesOfLog()).as("files of the log").isLessThanOrEqualTo(before.filesOfLog() + FILES_SLACK);
        assertThat(after.files()).as("open files").isLessThanOrEqualTo(before.files() + FILES_SLACK);
        assertThat(after.mappingsOfLog())
                .as("mappings of the log")
                .isLessThanOrEqualTo(before.mappingsOfLog() + FILES_SLACK);
        assertThat(after.mappings()).as("mappings").isLessThanOrEqualTo(before.mappings() + MAPPINGS_SLACK);
        assertThat(after.threads()).as("threads").isLessThanOrEqualTo(before.threads() + 1);
        assertThat(open(shard.toString())).as("files of a closed log").isZero();
    }

    private static void appendWhenRoom(EventLog log, byte[] events) {
        while (!log.hasRoom(EventLog.HEADER_BYTES + events.length)) {
            log.doWork(System.nanoTime());
            LockSupport.parkNanos(200_000);
        }
        LogWorkbench.append(log, events, 1, 1);
    }

    /** Counts once the helper has retired what it was given. */
    private Held held(EventLog log) throws IOException {
        for (int i = 0; i < 50; i++) {
            log.doWork(System.nanoTime());
            LockSupport.parkNanos(5_000_000);
        }
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            var all = maps.toList();
            return new Held(
                    open(""),
                    open(directory.toString()),
                    all.stream()
                            .filter(line -> line.contains(directory.toString()))
                            .count(),
                    all.size(),
                    Thread.activeCount());
        }
    }

    /** Open files whose path holds the text. */
    private static long open(String text) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
            return files.filter(file -> {
                        try {
                            return Files.readSymbolicLink(file).toString().contains(text);
                        } catch (IOException closed) {
                            return false;
                        }
                    })
                    .count();
        }
    }
}
