package io.silo.log;

import static io.silo.log.LogWorkbench.IDENTITY;
import static io.silo.log.LogWorkbench.appendWhenRoom;
import static io.silo.log.LogWorkbench.collector;
import static io.silo.log.LogWorkbench.context;
import static io.silo.log.LogWorkbench.events;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.log.LogWorkbench.Seen;
import io.silo.log.chronicle.ChronicleCycleStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A log that is emptied, killed at every step, and emptied again. */
@Timeout(120)
class EmptyLogTest {
    private static final long FLOOR = 9;

    @TempDir
    private Path directory;

    private static final class Killed extends Error {
        private static final long serialVersionUID = 1;
    }

    private static EventLog open(Path path, long boot) {
        EventLogContext settings = context(boot, boot);
        return EventLog.open(ChronicleCycleStore.open(path, settings), IDENTITY, settings);
    }

    /** Opened twice, with several cycles, something archived and something unknown. */
    private static long write(Path shard) throws IOException {
        for (int opening = 1; opening <= 2; opening++) {
            try (EventLog log = open(shard, opening)) {
                log.start(opening);
                var written = new ArrayList<Seen>();
                for (int i = 0; i < 150; i++) {
                    appendWhenRoom(log, written, events(1_000, i), 1);
                }
            }
        }
        Files.createDirectories(shard.resolve("archive"));
        Files.writeString(shard.resolve("archive/0000000000.cq4.gz"), "archived");
        Files.writeString(shard.resolve("unknown"), "unknown");
        try (EventLog log = open(shard, 3)) {
            assertThat(log.cycleFirstPositions()).hasSizeGreaterThan(3);
            return log.shardEpoch();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file)));
            }
        }
    }

    private static void assertEmpty(Path shard, long boot) {
        try (EventLog log = open(shard, boot)) {
            assertThat(log.shardEpoch()).isEqualTo(FLOOR);
            var seen = new ArrayList<Seen>();
            log.replay(collector(seen));
            assertThat(seen).isEmpty();
            log.start(boot);
            assertThat(log.shardEpoch()).isEqualTo(FLOOR + 1);
            appendWhenRoom(log, seen, events(1_000, 1), 1);
        }
        try (EventLog log = open(shard, boot + 1)) {
            assertThat(log.shardEpoch()).isEqualTo(FLOOR + 1);
        }
    }

    @Test
    void shouldBeEmptyWhereverItWasKilledBefore() throws IOException {
        Path shard = directory.resolve("shard");
        long epoch = write(shard);
        assertThat(epoch).isLessThan(FLOOR);
        List<String> died = new ArrayList<>();
        while (died.isEmpty() || !died.get(died.size() - 1).equals("empty.marked")) {
            Path killed = directory.resolve("killed" + died.size());
            copy(shard, killed);
            int[] left = {died.size() + 1};
            assertThat(catchThrowableOfType(
                            Killed.class,
                            () -> EmptyLog.make(killed, FLOOR, site -> {
                                if (--left[0] == 0) {
                                    died.add(site);
                                    throw new Killed();
                                }
                            })))
                    .isNotNull();
            if (!died.get(died.size() - 1).equals("empty.marked")) {
                assertThat(knownEpoch(killed)).as("what is taken for a log").isLessThan(epoch);
            }
            EmptyLog.make(killed, FLOOR, FaultPlan.NONE);
            assertEmpty(killed, 10);
        }
        assertThat(died).startsWith("empty.unmarked", "empty.deleting").endsWith("empty.deleted", "empty.marked");
        assertThat(died).hasSizeGreaterThan(10);
    }

    /** Epoch of a log that opens; -1 for one that is refused as damaged. Looks at a copy, for opening one writes. */
    private long knownEpoch(Path killed) throws IOException {
        Path looked = directory.resolve("looked-" + killed.getFileName());
        copy(killed, looked);
        try (EventLog log = open(looked, 5)) {
            return log.shardEpoch();
        } catch (LogException damaged) {
            assertThat(damaged.code().isCorruption()).isTrue();
            return -1;
        }
    }

    @Test
    void shouldFollowNoLinkOutOfTheDirectory() throws IOException {
        Path shard = Files.createDirectories(directory.resolve("shard"));
        Path other = Files.createDirectories(directory.resolve("other"));
        Files.writeString(other.resolve("kept"), "kept");
        Files.createSymbolicLink(shard.resolve("link"), other);
        EmptyLog.make(shard, FLOOR, FaultPlan.NONE);
        assertThat(other.resolve("kept")).exists();
        assertThat(shard.resolve("link")).doesNotExist();
        assertEmpty(shard, 1);
    }
}
