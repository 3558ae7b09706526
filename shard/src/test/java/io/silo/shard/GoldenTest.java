package io.silo.shard;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.simulated.SimulatedDisk;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.EventFrames;
import io.silo.shard.event.Replayer;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardState;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * The log of this version, for ever: its files as text, the events in it, and what they replay to. Logs outlive releases, so bytes
 * that were written once are read by every later build.
 *
 * <p>When this fails, the format of the log changed. Append optional fields to an event, or add a new event version beside the old
 * one and keep its applier; then the old files still pass. Before the first release, and only then, write them anew:
 * {@code mvn -pl shard -am test -Dtest=GoldenTest -Dsurefire.failIfNoSpecifiedTests=false -Dsilo.golden.write=true}.
 */
class GoldenTest {
    private static final String WHAT_TO_DO = "the log format changed: append optional fields to the event, or add a new"
            + " event version and keep the old applier (see the comment of GoldenTest)";
    private static final long CYCLE_BYTES = 64 * 1024;
    private static final int LINE_BYTES = 64;
    private static final HexFormat HEX = HexFormat.of();

    /** A fixed run that writes every event, carries all of it and trims, then writes every event again. */
    private static ShardHarness run() {
        ShardHarness harness =
                new ShardHarness(7, List.of(ShardSettings.whole(0)), CYCLE_BYTES, made -> made.cleans = false);
        writeEveryEnd(harness, new TestClient(harness, 1), "");
        harness.close();
        harness.kill();
        TestClient client = new TestClient(harness, 2);
        client.heartbeat("worker-1");
        long until = harness.log.appendedPosition();
        for (int i = 0; harness.log.firstPosition() <= until; i++) {
            client.enqueue("filler" + i);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        writeEveryEnd(harness, client, "late-");
        harness.close();
        harness.kill();
        harness.close();
        return harness;
    }

    private static void writeEveryEnd(ShardHarness harness, TestClient client, String prefix) {
        for (String id : List.of("done", "retried", "cancelled", "returned", "expired", "running", "future")) {
            Item item = new Item(prefix + id);
            item.tenant = id.startsWith("r") ? "tenant-ü" : "";
            item.taskGroup = prefix + "g";
            item.requestId = id.hashCode();
            item.retryCount = id.equals("retried") ? 5 : 0;
            item.jitter = true;
            item.priority = id.length();
            item.metadata = Map.of("key", "value of " + id);
            item.limits.put("limit of " + id, 2);
            if (id.startsWith("r")) {
                TestFloating floating = new TestFloating(prefix + "floating", 0, 100_000);
                floating.metadata.put("for", id);
                item.floating.add(floating);
            }
            if (id.equals("done") || id.equals("returned")) {
                item.rates.add(new TestRate("rate", prefix + id, 5, id.equals("done") ? 100 : 1_000_000));
            }
            item.leaseMs = id.equals("expired") ? 500 : 0;
            item.startAtMs = id.equals("future") ? harness.wallMs + 1_000_000 : 0;
            client.enqueue(item);
        }
        findOut(harness, client, prefix);
        for (Task task : client.lease("worker-1", prefix + "g", 10, 9 + prefix.length())) {
            switch (task.id().substring(prefix.length())) {
                case "done" -> client.succeed(task, "result");
                case "retried" -> client.fail(task, "E_CODE");
                case "cancelled" -> client.report(task, Outcome.CANCELLED, "", new byte[0], 0, 0);
                case "returned" -> client.giveBack("worker-1", task);
                default -> {
                    // Runs on, or runs out.
                }
            }
        }
        harness.advance(500);
        harness.run();
        change(harness, client, prefix);
        client.upload(5, "in three parts".getBytes(UTF_8), 5);
        Item chunked = new Item(prefix + "chunked");
        chunked.uploadId = 5;
        chunked.payload = new byte[0];
        client.enqueue(chunked);
    }

    /** A maximum, once in vain, and one that is forgotten again. */
    private static void findOut(ShardHarness harness, TestClient client, String prefix) {
        TestFloating.fail(client, TestFloating.lease(client, prefix + "g", 1).get(0), "E_REFRESH");
        harness.advance(1_000);
        harness.run();
        TestFloating.report(client, TestFloating.lease(client, prefix + "g", 1).get(0), 9);
        new TestLimits(client).setFloating("forgotten", 3);
        new TestLimits(client).setFloating("forgotten", -1);
    }

    private static void change(ShardHarness harness, TestClient client, String prefix) {
        TestVerbs verbs = new TestVerbs(client);
        for (String id : List.of("called-off", "stopped", "gone", "late", "snoozed")) {
            Item item = new Item(prefix + id);
            item.taskGroup = prefix + "verbs";
            item.requestId = id.hashCode();
            item.maxRunMs = 60_000;
            item.uniqueKey = prefix + "only " + id;
            item.startDeadlineMs = id.equals("late") ? harness.wallMs + 50 : 0;
            client.enqueue(item);
        }
        verbs.cancel(prefix + "called-off");
        Task stopped = verbs.lease(prefix + "stopped", "worker-1", 3);
        verbs.cancel(prefix + "stopped");
        client.succeed(verbs.lease(prefix + "gone", "worker-1", 4), "r");
        verbs.delete(prefix + "gone");
        client.giveBack("worker-1", verbs.lease(prefix + "snoozed", "worker-1", 5), 100_000);
        verbs.expedite(prefix + "snoozed");
        verbs.restart(prefix + "called-off");
        harness.advance(51);
        harness.run();
        client.heartbeat("worker-1", stopped);
        TestSchedules schedules = new TestSchedules(client);
        for (String id : List.of("runs", "rests", "goes")) {
            TestSchedules.Wish wish = TestSchedules.Wish.every(prefix + id, 100_000);
            wish.taskGroup = prefix + "recurring";
            schedules.put(wish);
        }
        schedules.pause(prefix + "rests");
        verbs.setPaused(PauseKind.TENANT, prefix + "quiet", true);
        verbs.setPaused(PauseKind.TASK_GROUP, prefix + "quiet", true);
        TestLimits limits = new TestLimits(client);
        limits.set(prefix + "set", 3);
        client.tenant = "tenant-ü";
        limits.drop("limit of running");
        client.tenant = "";
        new TestTenants(client)
                .set(
                        prefix + "heavy",
                        TestTenants.change()
                                .weight(3)
                                .runningMax(5)
                                .queuedMax(1_000)
                                .bytesMax(1L << 40));
        schedules.delete(prefix + "goes");
        TestBulks.Where where = TestBulks.Where.status(JobState.SCHEDULED)
                .group(prefix + "bulk")
                .metadata(Map.of("to go", "yes"));
        Item unwanted = new Item(prefix + "unwanted");
        unwanted.taskGroup = where.taskGroup;
        unwanted.metadata = where.metadata;
        client.enqueue(unwanted);
        new TestBulks(client).change(BulkVerb.CANCEL, where);
        verbs.importJob(new Item(prefix + "imported"), TestVerbs.Ended.failed(1, "E"));
        verbs.importJob(new Item(prefix + "imported"), TestVerbs.Ended.failed(1, "E"), TestVerbs.Ended.cancelled(9));
    }

    // ---- what is compared
    // ---------------------------------------------------------------------------------------------------------

    /** Files of the disk as text: a name, its length, and every line that is not zero throughout, by offset. */
    private static List<String> filesOf(SimulatedDisk disk) {
        List<String> lines = new ArrayList<>();
        for (String name : disk.list("shard/")) {
            int length = (int) disk.length(name);
            byte[] bytes = new byte[length];
            disk.read(name, 0, ByteBuffer.wrap(bytes));
            lines.add("file " + name + " " + length);
            for (int at = 0; at < length; at += LINE_BYTES) {
                int end = Math.min(length, at + LINE_BYTES);
                String hex = HEX.formatHex(bytes, at, end);
                if (!hex.chars().allMatch(c -> c == '0')) {
                    lines.add(Integer.toHexString(at) + " " + hex);
                }
            }
        }
        return lines;
    }

    private static SimulatedDisk diskOf(List<String> lines) {
        Map<String, byte[]> files = new TreeMap<>();
        byte[] bytes = new byte[0];
        for (String line : lines) {
            String[] words = line.split(" ", -1);
            if (words[0].equals("file")) {
                bytes = new byte[Integer.parseInt(words[2])];
                files.put(words[1], bytes);
            } else {
                byte[] part = HEX.parseHex(words[1]);
                System.arraycopy(part, 0, bytes, Integer.parseInt(words[0], 16), part.length);
            }
        }
        SimulatedDisk disk = new SimulatedDisk();
        files.forEach((name, content) -> {
            disk.create(name);
            disk.write(name, 0, content, 0, content.length);
        });
        return disk;
    }

    /** State and events that a log replays to. */
    private record Replayed(List<String> state, List<String> events) {}

    private static Replayed replay(SimulatedDisk disk) {
        ShardState state =
                new ShardState(99, new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10));
        Map<Integer, String> first = new TreeMap<>();
        List<String> lines = new ArrayList<>();
        try (var log = ShardHarness.openLog(disk, 3, 1, CYCLE_BYTES)) {
            log.replay((position, epoch, timeMs, count, buffer, offset, length) ->
                    EventFrames.forEach(buffer, offset, length, (index, b, at, eventLength) -> {
                        byte[] event = new byte[eventLength];
                        b.getBytes(at, event);
                        int template = new UnsafeBuffer(event).getShort(2) & 0xFFFF;
                        if (eventLength < 2_000) {
                            first.putIfAbsent(template, template + " " + HEX.formatHex(event));
                        }
                    }));
            Replayer replayer = new Replayer(state, new EventAppliers(), log.firstPosition());
            log.replay(replayer);
            replayer.finish();
            lines.add("events " + replayer.events());
        }
        state.checkInvariants();
        lines.add("digest " + Long.toHexString(state.digest()));
        JobView jobs = state.jobs();
        UnsafeBuffer id = new UnsafeBuffer(0, 0);
        Map<Long, String> byKey = new TreeMap<>();
        for (int slot = 0; slot < jobs.slotLimit(); slot++) {
            if (jobs.isLive(slot)) {
                jobs.wrapId(slot, id);
                byte[] name = new byte[id.capacity()];
                id.getBytes(0, name);
                byKey.put(
                        jobs.jobKey(slot),
                        "job " + jobs.jobKey(slot) + " " + new String(name, UTF_8) + " " + jobs.state(slot)
                                + " attempt " + jobs.attempt(slot) + " priority " + jobs.priority(slot) + " start "
                                + jobs.startMs(slot) + " changed " + jobs.changedAtMs(slot) + " token "
                                + jobs.token(slot));
            }
        }
        lines.addAll(byKey.values());
        state.close();
        return new Replayed(lines, List.copyOf(first.values()));
    }

    @BeforeAll
    static void writeIfAsked() throws IOException {
        if (Boolean.getBoolean("silo.golden.write")) {
            SimulatedDisk written = run().disk;
            Replayed replayed = replay(written.processKill());
            write("log-v0.hex", filesOf(written));
            write("log-v0.state", replayed.state());
            write("events-v0.hex", replayed.events());
        }
    }

    // ---- tests
    // --------------------------------------------------------------------------------------------------------------------

    @Test
    void shouldReplayTheLogOfThisVersion() throws IOException {
        assertThat(replay(diskOf(read("log-v0.hex"))).state()).as(WHAT_TO_DO).isEqualTo(read("log-v0.state"));
    }

    @Test
    void shouldWriteTheSameBytesAsEver() throws IOException {
        assertThat(filesOf(run().disk)).as(WHAT_TO_DO).isEqualTo(read("log-v0.hex"));
    }

    /** One event of each kind, in its bytes; each is decoded by the replay above. */
    @Test
    void shouldEncodeEveryEventAsEver() throws IOException {
        assertThat(replay(diskOf(read("log-v0.hex"))).events()).as(WHAT_TO_DO).isEqualTo(read("events-v0.hex"));
    }

    /** A new event belongs into the run above: then the golden log holds its first version. */
    @Test
    void shouldHoldEveryEvent() throws Exception {
        assertThat(read("events-v0.hex"))
                .extracting(line -> Integer.valueOf(line.substring(0, line.indexOf(' '))))
                .containsExactlyInAnyOrderElementsOf(
                        CatalogueTest.templates("events.xml").values());
    }

    @Test
    void shouldMakeTheSameRunTwice() {
        assertThat(filesOf(run().disk)).isEqualTo(filesOf(run().disk));
    }

    private static List<String> read(String name) throws IOException {
        if (Boolean.getBoolean("silo.golden.write")) {
            return Files.readAllLines(directory().resolve(name));
        }
        try (InputStream in =
                Objects.requireNonNull(GoldenTest.class.getResourceAsStream("/golden/" + name), "no golden " + name)) {
            return new String(in.readAllBytes(), UTF_8).lines().toList();
        }
    }

    private static void write(String name, List<String> lines) throws IOException {
        Files.createDirectories(directory());
        Files.write(directory().resolve(name), lines);
    }

    /** Surefire runs in the module's directory. */
    private static Path directory() {
        return Path.of("src", "test", "resources", "golden");
    }
}
