package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.Replayer;
import io.silo.shard.state.ShardState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Random work on one shard, with kills, power losses, carry-forward and trimming at random. After every step the state rebuilt from
 * the log equals the live one; whatever was acknowledged as durable is found again.
 */
class ShardReplayPropertyTest {
    private static final int STEPS = 120;

    @Test
    void shouldReplayToTheLiveStateAfterEveryStep() {
        int[] trimmed = new int[1];
        int[] changes = new int[1];
        Seeds.forEach(30, seed -> {
            Run run = new Run(seed);
            run.go();
            trimmed[0] += run.harness.log.firstPosition() > 0 ? 1 : 0;
            changes[0] += run.changes;
        });
        if (Long.getLong("silo.seed") == null) {
            assertThat(trimmed[0]).as("runs that trimmed their log").isGreaterThan(20);
            assertThat(changes[0]).as("changes and imports accepted").isGreaterThan(100);
        }
    }

    /** One seed's world. */
    private static final class Run {
        private final SplittableRandom random;
        private final ShardHarness harness;
        private TestClient client;
        private long sessions = 1;
        private final List<Task> live = new ArrayList<>();
        private final Map<String, String> acknowledged = new HashMap<>();
        private final Set<String> results = new HashSet<>();
        private final List<Integer> large = new ArrayList<>();
        private final Map<String, List<TestVerbs.Ended>> imported = new HashMap<>();
        private int jobs;
        private int changes;
        private long uploads = 1;

        Run(long seed) {
            random = new SplittableRandom(seed);
            harness = new ShardHarness(seed, ShardSettings.whole(0), 192 * 1024);
            client = new TestClient(harness, sessions);
        }

        void go() {
            for (int step = 0; step < STEPS; step++) {
                act(random.nextInt(100));
                harness.run();
                harness.shard.checkInvariants();
                compareWithReplay();
            }
            for (String id : acknowledged.keySet()) {
                assertThat(client.get(id).code()).as("job %s", id).isZero();
            }
        }

        private void act(int dice) {
            if (dice < 30) {
                enqueueSome();
            } else if (dice < 50) {
                live.addAll(client.lease("w" + random.nextInt(3), "g" + random.nextInt(2), 1 + random.nextInt(5), 0));
            } else if (dice < 68) {
                end();
            } else if (dice < 70) {
                giveBack();
            } else if (dice < 71) {
                limit();
            } else if (dice < 74) {
                change();
            } else if (dice < 76) {
                importSome();
            } else if (dice < 77) {
                schedule();
                limit();
            } else if (dice < 79) {
                client.heartbeat("w" + random.nextInt(3));
            } else if (dice < 84) {
                harness.advance(random.nextInt(6_000));
            } else if (dice < 91) {
                // Syncs what was only appended, and lets a carry under way settle.
                harness.shard.carryOldestCycle();
                harness.advance(60);
            } else if (dice < 94) {
                enqueueLarge();
            } else if (dice < 97) {
                harness.kill();
                reconnect();
            } else {
                harness.loseUnsynced(random);
                reconnect();
            }
        }

        private void reconnect() {
            live.clear();
            client = new TestClient(harness, ++sessions);
            for (String id : acknowledged.keySet()) {
                assertThat(client.get(id).code())
                        .as("job %s after a restart", id)
                        .isZero();
            }
            for (String id : results) {
                assertThat(client.get(id).result()).as("result of %s", id).isEqualTo("r" + id);
            }
        }

        private void enqueueSome() {
            Item[] items = new Item[1 + random.nextInt(4)];
            for (int i = 0; i < items.length; i++) {
                items[i] = item("j" + jobs++);
                items[i].payload = new byte[random.nextInt(6_000)];
            }
            List<Integer> codes = client.enqueue(items);
            for (int i = 0; i < items.length; i++) {
                if (codes.get(i) == RejectReason.OK) {
                    acknowledged.put(items[i].id, items[i].tenant);
                }
            }
        }

        private Item item(String id) {
            Item item = new Item(id);
            item.tenant = "";
            item.taskGroup = "g" + random.nextInt(2);
            item.priority = random.nextInt(3);
            item.startAtMs = random.nextInt(4) == 0 ? harness.wallMs + random.nextInt(5_000) : 0;
            item.retryCount = random.nextInt(3);
            item.jitter = random.nextBoolean();
            item.retryInitialMs = random.nextInt(2_000);
            item.leaseMs = random.nextBoolean() ? 0 : 500 + random.nextInt(5_000);
            item.requestId = random.nextLong();
            item.uniqueKey = random.nextInt(3) == 0 ? "key" + random.nextInt(12) : "";
            item.maxRunMs = random.nextInt(4) == 0 ? 1_000 + random.nextInt(9_000) : 0;
            item.startDeadlineMs =
                    random.nextInt(4) == 0 ? Math.max(item.startAtMs, harness.wallMs) + random.nextInt(9_000) : 0;
            if (random.nextInt(3) == 0) {
                item.limits.put("limit" + random.nextInt(2), random.nextInt(3));
            }
            if (random.nextInt(6) == 0) {
                item.limits.put("limit" + random.nextInt(4), 1 + random.nextInt(2));
            }
            item.metadata = random.nextBoolean() ? Map.of() : Map.of("k", "v" + id);
            return item;
        }

        private void enqueueLarge() {
            byte[] payload = new byte[40_000 + random.nextInt(60_000)];
            for (int i = 0; i < payload.length; i += 7) {
                payload[i] = (byte) (payload.length + i);
            }
            if (client.upload(uploads, payload, 20_000) == RejectReason.OK) {
                Item item = item("large" + payload.length + "-" + jobs++);
                item.payload = new byte[0];
                item.uploadId = uploads;
                if (client.enqueue(item).get(0) == RejectReason.OK) {
                    acknowledged.put(item.id, "");
                    large.add(payload.length);
                }
            }
            uploads++;
        }

        private void end() {
            if (live.isEmpty()) {
                return;
            }
            Task task = live.remove(random.nextInt(live.size()));
            Outcome outcome = Outcome.get((short) random.nextInt(3));
            String errorCode = outcome == Outcome.FAILED ? "E" : "";
            int code = client.report(task, outcome, errorCode, "r" + task.id());
            if (code == RejectReason.OK && outcome == Outcome.SUCCEEDED) {
                results.add(task.id());
            }
        }

        private void giveBack() {
            if (!live.isEmpty()) {
                Task task = live.remove(random.nextInt(live.size()));
                client.giveBack("w" + random.nextInt(3), task, random.nextInt(3) * 700L);
            }
        }

        /** Cancels, restarts, expedites, deletes or leases by id, up to five jobs of those that may be there. */
        private void change() {
            TestVerbs verbs = new TestVerbs(client);
            if (random.nextInt(5) == 0) {
                Task task = verbs.lease(anyId(), "w" + random.nextInt(3), 0);
                if (task != null) {
                    live.add(task);
                }
                return;
            }
            if (random.nextInt(5) == 0) {
                changeMany();
                return;
            }
            TestVerbs.Verb verb = TestVerbs.Verb.values()[random.nextInt(4)];
            String[] ids = new String[1 + random.nextInt(5)];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = anyId();
            }
            List<String> answers = verbs.apply(verb, ids);
            for (int i = 0; i < ids.length; i++) {
                if (verb == TestVerbs.Verb.DELETE && answers.get(i).equals("OK")) {
                    acknowledged.remove(ids[i]);
                    results.remove(ids[i]);
                }
            }
            changes += answers.contains("OK") ? 1 : 0;
        }

        private void limit() {
            TestLimits limits = new TestLimits(client);
            String key = "limit" + random.nextInt(4);
            switch (random.nextInt(4)) {
                case 0 -> limits.unset(key);
                case 1 -> limits.drop(random.nextBoolean() ? "" : key);
                default -> limits.set(key, random.nextInt(4));
            }
        }

        /** A bulk change that deletes nothing, so that what was acknowledged stays; at random it is cut short. */
        private void changeMany() {
            TestBulks.Where where = new TestBulks.Where();
            where.statuses = 1 + random.nextInt(31);
            where.taskGroup = random.nextBoolean() ? "" : "g" + random.nextInt(2);
            TestBulks bulks = new TestBulks(client);
            bulks.send(BulkVerb.get((short) random.nextInt(3)), where, random.nextInt(4) == 0, 1 + random.nextInt(20));
            if (random.nextInt(3) == 0) {
                harness.agent.doWork();
                harness.kill();
                reconnect();
            }
            changes++;
        }

        private String anyId() {
            return "j" + random.nextInt(Math.max(1, jobs));
        }

        private void schedule() {
            TestSchedules schedules = new TestSchedules(client);
            String id = "s" + random.nextInt(3);
            switch (random.nextInt(10)) {
                case 9 ->
                    new TestTenants(client)
                            .set(
                                    "-",
                                    TestTenants.change()
                                            .weight(1 + random.nextInt(2))
                                            .runningMax(random.nextBoolean() ? -1 : 1 + random.nextInt(4)));
                case 8 ->
                    new TestTenants(client)
                            .set(
                                    "t" + random.nextInt(3),
                                    TestTenants.change()
                                            .weight(1 + random.nextInt(2))
                                            .bytesMax(random.nextInt(3) - 1));
                case 6 -> new TestVerbs(client).setPaused(PauseKind.TASK_GROUP, "imported", random.nextBoolean());
                case 7 -> new TestVerbs(client).setPaused(PauseKind.TENANT, "-", random.nextInt(4) == 0);
                case 0 -> schedules.pause(id);
                case 1 -> schedules.resume(id);
                case 2 -> schedules.delete(id);
                default -> {
                    TestSchedules.Wish wish = TestSchedules.Wish.every(id, 1_000 + random.nextInt(9_000));
                    wish.catchUp = CatchUp.get((short) random.nextInt(3));
                    wish.uniqueKey = random.nextBoolean() ? "" : "key" + random.nextInt(12);
                    wish.payload = new byte[random.nextInt(3_000)];
                    changes += schedules.put(wish) == RejectReason.OK ? 1 : 0;
                }
            }
        }

        /** A new job, or one more attempt for one that was imported before. */
        private void importSome() {
            String id = "i" + random.nextInt(3);
            List<TestVerbs.Ended> history = imported.computeIfAbsent(id, key -> new ArrayList<>());
            List<TestVerbs.Ended> longer = new ArrayList<>(history);
            longer.add(
                    random.nextInt(4) == 0
                            ? TestVerbs.Ended.cancelled(history.size())
                            : TestVerbs.Ended.failed(history.size(), "E" + "x".repeat(random.nextInt(200))));
            Item item = item(id);
            item.taskGroup = "imported";
            item.payload = new byte[random.nextInt(6_000)];
            String answer = new TestVerbs(client).importJob(item, longer.toArray(new TestVerbs.Ended[0]));
            if (List.of("SCHEDULED", "FAILED", "CANCELLED").contains(answer)) {
                imported.put(id, longer);
                acknowledged.put(id, "");
                changes++;
            }
        }

        /** Rebuilds the state from a copy of the disk, as a process that starts now would. */
        private void compareWithReplay() {
            ShardState rebuilt = new ShardState(
                    random.nextLong(), new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10));
            try (EventLog log = ShardHarness.openLog(
                    harness.disk.processKill(), random.nextLong(), harness.boot, harness.cycleBytes)) {
                Replayer replayer = new Replayer(rebuilt, new EventAppliers(), log.firstPosition());
                log.replay(replayer);
                replayer.finish();
            }
            rebuilt.checkInvariants();
            assertThat(rebuilt.jobs().count())
                    .isEqualTo(harness.shard.view().jobs().count());
            assertThat(rebuilt.digest())
                    .as("digest after replay")
                    .isEqualTo(harness.shard.view().digest());
            rebuilt.close();
        }
    }
}
