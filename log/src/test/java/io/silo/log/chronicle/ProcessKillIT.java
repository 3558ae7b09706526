package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogVerifier;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that appends is killed with SIGKILL again and again; every position it called durable is found, every byte is right. */
@Timeout(180)
class ProcessKillIT {
    private static final int KILLS = Integer.getInteger("silo.log.kills", 6);

    @TempDir
    private Path directory;

    @Test
    void shouldFindEverythingDurableAfterEachKill() throws IOException, InterruptedException {
        Path shard = directory.resolve("shard");
        var random = new Random(1);
        long records = 0;
        for (int kill = 1; kill <= KILLS; kill++) {
            long durable = runAndKill(shard, 300 + random.nextInt(700), kill == 1);
            assertThat(durable).as("the process did work").isPositive();
            long found = replay(shard, durable, kill);
            assertThat(found).isGreaterThan(records);
            records = found;
        }
        var report = LogVerifier.verify(shard, IDENTITY, false, (p, e, t, c, b, o, l) -> {});
        assertThat(report.findings()).isEmpty();
        assertThat(report.records()).isGreaterThanOrEqualTo(records);
    }

    private static long runAndKill(Path shard, long afterMs, boolean isLockTried)
            throws IOException, InterruptedException {
        Process process = new ProcessBuilder(AppendingProcess.command(shard.toString(), "4000000", "4000", "forever"))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (var output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII))) {
            assertThat(output.readLine()).startsWith("started");
            if (isLockTried) {
                checkLocked(shard);
            }
            long killAtNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(afterMs);
            long durable = EventLog.NULL_POSITION;
            String line;
            while ((line = output.readLine()) != null) {
                durable = Long.parseLong(line.substring("durable ".length()));
                if (System.nanoTime() - killAtNs > 0) {
                    process.destroyForcibly();
                    break;
                }
            }
            return durable;
        } finally {
            process.destroyForcibly();
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private static void checkLocked(Path shard) {
        assertThat(LogVerifier.isOpen(shard)).isTrue();
        assertThatThrownBy(() -> ChronicleCycleStore.open(shard, new EventLogContext()))
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.code()).isEqualTo(LogErrorCode.LOCKED));
        var live = LogVerifier.verify(shard, IDENTITY, true, (p, e, t, c, b, o, l) -> {});
        assertThat(live.findings()).isEmpty();
    }

    private static long replay(Path shard, long durable, int epoch) {
        EventLogContext context = new EventLogContext().tailCacheBytes(1 << 20);
        long[] last = {EventLog.NULL_POSITION};
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(shard, context), IDENTITY, context)) {
            long count = log.replay((position, shardEpoch, timeMs, eventCount, buffer, offset, length) -> {
                assertThat(position).isGreaterThan(last[0]);
                assertThat(AppendingProcess.isGenuine(buffer, offset, length)).isTrue();
                last[0] = position;
            });
            assertThat(last[0]).isGreaterThanOrEqualTo(durable);
            assertThat(log.shardEpoch()).isEqualTo(epoch);
            return count;
        }
    }
}
