package io.silo.shard;

import static io.silo.protocol.RejectReason.OK;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.reply.EventKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestEvents.Event;
import io.silo.shard.TestEvents.Page;
import io.silo.shard.TestVerbs.Ended;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What happened to jobs as a follower is told: everything once, in order, of its tenants alone, and only what is durable. */
class EventsTest {
    /** Its log is cleaned when a test says so: small cycles are gone at once else. */
    private final ShardHarness harness =
            new ShardHarness(1, List.of(ShardSettings.whole(0)), 192 * 1024, h -> h.cleans = false);

    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);
    private TestEvents events = new TestEvents(client);
    private int fillers;

    private static Item item(String id, int retries) {
        Item item = new Item(id);
        item.retryCount = retries;
        item.retryInitialMs = 0;
        return item;
    }

    /** Fills cycles, and carries until what was written before is known by images only. */
    private void carryEverything() {
        long until = harness.log.appendedPosition();
        while (harness.log.firstPosition() <= until) {
            Item filler = new Item("filler" + fillers++);
            filler.taskGroup = "filler";
            filler.payload = new byte[60_000];
            assertThat(client.enqueue(filler)).containsExactly(OK);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
    }

    private void reconnect() {
        client = new TestClient(harness, 99 + harness.boot + fillers++);
        verbs = new TestVerbs(client);
        events = new TestEvents(client);
    }

    private List<String> told(String id) {
        return events.all().stream()
                .filter(event -> event.jobId().equals(id))
                .map(Event::told)
                .toList();
    }

    private Task lease(String worker) {
        return client.lease(worker, 1).get(0);
    }

    @Test
    void shouldTellTheLifeOfAJob() {
        Item item = item("a", 3);
        item.tenant = "acme";
        item.priority = 7;
        client.enqueue(item);
        client.fail(lease("w1"), "E1");
        client.giveBack("w2", lease("w2"));
        client.giveBack("w3", lease("w3"), 5_000);
        harness.pass(5_000);
        client.succeed(lease("w4"), "done");
        assertThat(told("a"))
                .containsExactly(
                        "ENQUEUED SCHEDULED",
                        "LEASED RUNNING #1 by w1",
                        "FAILED SCHEDULED #1 E1 REPORTED",
                        "LEASED RUNNING #2 by w2",
                        "LEASE_RETURNED SCHEDULED #2 RETURNED",
                        "LEASED RUNNING #2 by w3",
                        "LEASE_RETURNED SCHEDULED #2 SNOOZED",
                        "LEASED RUNNING #2 by w4",
                        "SUCCEEDED SUCCEEDED #2 REPORTED");
        for (Event event : events.all()) {
            assertThat(event.isKnown()).isTrue();
            assertThat(event.tenant()).isEqualTo("acme");
            assertThat(event.taskGroup()).isEqualTo("g");
            assertThat(event.priority()).isEqualTo(7);
            assertThat(event.jobKey()).isEqualTo(harness.shard.view().jobs().jobKey(0));
            assertThat(event.timeMs()).isBetween(1_000_000L, harness.wallMs);
        }
    }

    @Test
    void shouldTellWhenAFailureIsTriedAgainAndWhenNot() {
        Item item = item("a", 1);
        item.retryInitialMs = 250;
        client.enqueue(item);
        client.fail(lease("w"), "E1");
        long failedAtMs = harness.wallMs;
        harness.pass(250);
        long startedAtMs = harness.wallMs;
        client.fail(lease("w"), "E2");
        List<Event> failures = events.all().stream()
                .filter(event -> event.kind() == EventKind.FAILED)
                .toList();
        assertThat(failures).extracting(Event::nextStartMs).containsExactly(failedAtMs + 250, 0L);
        assertThat(failures).extracting(Event::startedAtMs).containsExactly(failedAtMs, startedAtMs);
        assertThat(failures).extracting(Event::status).containsExactly("SCHEDULED", "FAILED");
    }

    @Test
    void shouldTellEveryKindOfEvent() {
        Item later = item("later", 0);
        later.startAtMs = harness.wallMs + 60_000;
        client.enqueueEach(later, item("cancelled", 0), item("deleted", 0));
        verbs.expedite("later");
        verbs.cancel("cancelled");
        verbs.restart("cancelled");
        Task running = verbs.lease("deleted", "w", 0);
        verbs.cancel("deleted");
        client.report(running, Outcome.CANCELLED, "", new byte[0], 0, 0);
        verbs.delete("deleted");
        verbs.importJob(item("imported", 0), Ended.failed(1, "E"));
        Item limited = item("limited", 0);
        limited.limits.put("key", 1);
        limited.taskGroup = "limited";
        client.enqueueEach(limited);
        Task holder = client.lease("w", "limited", 1, 0).get(0);
        assertThat(new TestLimits(client).drop("key")).isEqualTo(1);
        client.fail(holder, "E");
        TestRate none = TestRate.rate(1, TestRate.MINUTE_MS);
        none.maxRetries = 1;
        client.enqueueEach(TestRate.item("first", none), TestRate.item("refused", none));
        client.lease("w", 10).forEach(task -> client.succeed(task, "r"));
        Item late = item("late", 0);
        late.startDeadlineMs = harness.wallMs + 10;
        late.taskGroup = "nobody";
        client.enqueueEach(late);
        harness.pass(20);
        client.enqueueEach(item("returned", 0));
        client.giveBack("w", verbs.lease("returned", "w", 0));
        Set<EventKind> kinds = EnumSet.noneOf(EventKind.class);
        events.all().forEach(event -> kinds.add(event.kind()));
        assertThat(kinds).isEqualTo(EnumSet.complementOf(EnumSet.of(EventKind.NULL_VAL)));
        assertThat(told("later").subList(0, 2)).containsExactly("ENQUEUED SCHEDULED", "EXPEDITED SCHEDULED");
        assertThat(told("cancelled").subList(0, 3))
                .containsExactly("ENQUEUED SCHEDULED", "CANCELLED CANCELLED", "RESTARTED SCHEDULED #1");
        assertThat(told("deleted"))
                .containsExactly(
                        "ENQUEUED SCHEDULED",
                        "LEASED RUNNING #1 by w",
                        "CANCEL_REQUESTED RUNNING",
                        "CANCELLED CANCELLED #1 REPORTED",
                        "DELETED");
        assertThat(told("imported")).containsExactly("IMPORTED FAILED #1");
        assertThat(told("limited"))
                .containsExactly(
                        "ENQUEUED SCHEDULED",
                        "LEASED RUNNING #1 by w",
                        "SLOTS_DROPPED RUNNING",
                        "FAILED FAILED #1 E REPORTED");
        assertThat(told("late")).containsExactly("ENQUEUED SCHEDULED", "REFUSED FAILED #1 START_DEADLINE_EXCEEDED");
    }

    @Test
    void shouldTellWhatTheServerItselfEnds() {
        Item item = item("a", 1);
        item.leaseMs = 1_000;
        client.enqueue(item);
        lease("w1");
        harness.pass(1_001);
        lease("w2");
        harness.kill();
        reconnect();
        harness.pass(20_000);
        // Nobody waits for it: it is synced a little later.
        harness.pass(60);
        assertThat(told("a"))
                .contains("FAILED SCHEDULED #1 WORKER_CRASHED EXPIRED")
                .endsWith("LEASE_RETURNED SCHEDULED #2 UNCLAIMED_AFTER_RESTART");
    }

    /** A batch is one record: a page may end inside it, and the next begins there. */
    @Test
    void shouldPageInsideARecord() {
        Item[] items = new Item[100];
        for (int i = 0; i < items.length; i++) {
            items[i] = item("j" + i, 0);
        }
        client.enqueue(items);
        Page first = events.page(TestEvents.FIRST, 0, 30);
        assertThat(first.events()).hasSize(30);
        assertThat(first.nextIndex()).isEqualTo(30);
        assertThat(first.isAtEnd()).isFalse();
        assertThat(first.nextPosition()).isEqualTo(first.events().get(0).position());
        Page second = events.page(first.nextPosition(), first.nextIndex(), 256);
        assertThat(second.events()).hasSize(70);
        assertThat(second.isAtEnd()).isTrue();
        assertThat(second.nextIndex()).isZero();
        assertThat(second.nextPosition()).isEqualTo(harness.log.durablePosition() + 1);
        List<String> ids = new ArrayList<>();
        first.events().forEach(event -> ids.add(event.jobId()));
        second.events().forEach(event -> ids.add(event.jobId()));
        assertThat(ids).hasSize(100).startsWith("j0").endsWith("j99").doesNotHaveDuplicates();
        // By the last event seen, and one more; behind the record's last, the next record.
        assertThat(events.page(first.nextPosition(), 100, 256).events()).isEmpty();
        assertThat(events.page(first.nextPosition(), 99, 256).events()).hasSize(1);
    }

    @Test
    void shouldCutAPageWhereTheReplyIsFull() {
        Item[] items = new Item[200];
        for (int i = 0; i < items.length; i++) {
            items[i] = item(i + "x".repeat(250), 0);
            items[i].tenant = "é".repeat(64);
        }
        for (int from = 0; from < items.length; from += 50) {
            client.enqueue(java.util.Arrays.copyOfRange(items, from, from + 50));
        }
        for (Task task : client.lease("w".repeat(256), 200)) {
            client.fail(task, "e".repeat(256));
        }
        assertThat(events.page(TestEvents.FIRST, 0, 256).events()).hasSizeLessThan(256);
        List<Event> all = events.all();
        assertThat(all).hasSize(600);
        assertThat(new HashSet<>(all)).hasSize(600);
    }

    @Test
    void shouldTellOnlyWhatIsDurable() {
        client.enqueue("durable");
        client.durability = Durability.APPENDED;
        client.sendEnqueue(item("appended", 0));
        harness.agent.doWork();
        assertThat(harness.log.isDirty()).isTrue();
        long correlation = events.send(TestEvents.FIRST, 0, 256);
        harness.agent.doWork();
        harness.agent.doWork();
        Page page = client.reply(correlation, TestEvents::read);
        assertThat(page.events()).extracting(Event::jobId).containsExactly("durable");
        assertThat(page.isAtEnd()).isTrue();
        assertThat(page.nextPosition()).isEqualTo(page.durablePosition() + 1);
        // 50 ms later it is, and the page goes on where it ended.
        harness.pass(60);
        harness.pass(60);
        assertThat(events.page(page.nextPosition(), 0, 256).events())
                .extracting(Event::jobId)
                .containsExactly("appended");
    }

    @Test
    void shouldBeginAtTheEndAndTellWhatComesThen() {
        client.enqueue("before");
        Page end = events.page(TestEvents.END, 0, 256);
        assertThat(end.events()).isEmpty();
        assertThat(end.isAtEnd()).isTrue();
        assertThat(events.page(end.nextPosition(), 0, 256).events()).isEmpty();
        client.enqueue("behind");
        assertThat(events.page(end.nextPosition(), 0, 256).events())
                .extracting(Event::jobId)
                .containsExactly("behind");
        Page where = events.page(0, 0, 0);
        assertThat(where.events()).isEmpty();
        assertThat(where.isAtEnd()).isFalse();
        assertThat(where.nextPosition()).isZero();
    }

    @Test
    void shouldTellATenantsSessionOnlyOfThatTenant() {
        for (String tenant : List.of("own", "strange")) {
            Item item = item("j", 0);
            item.tenant = tenant;
            client.enqueueEach(item);
        }
        for (Task task : client.lease("w", 10)) {
            client.succeed(task, "r");
        }
        for (String tenant : List.of("own", "strange")) {
            client.tenant = tenant;
        }
        assertThat(events.all()).hasSize(6);
        TestClient scoped = new TestClient(harness, new Session(2, new UnsafeBuffer("own".getBytes(UTF_8))));
        List<Event> own = new TestEvents(scoped).all(TestEvents.FIRST, 2);
        assertThat(own).hasSize(3).extracting(Event::tenant).containsOnly("own");
        assertThat(new TestEvents(client).tenant("own").all()).isEqualTo(own);
        assertThat(new TestEvents(client).tenant("nobody").all()).isEmpty();
        assertThat(new TestEvents(scoped).tenant("strange").page(0, 0, 1).code())
                .isEqualTo(RejectReason.PERMISSION_DENIED.code());
    }

    /** Its own events lead back to the one that tells whose it was. */
    @Test
    void shouldTellWhoseADeletedJobWas() {
        Item item = item("gone", 0);
        item.tenant = "own";
        client.enqueue(item);
        client.succeed(lease("w"), "r");
        long key = harness.shard.view().jobs().jobKey(0);
        long deletedFrom = harness.log.nextPosition();
        new TestVerbs(tenantClient("own")).delete("gone");
        TestClient scoped = new TestClient(harness, new Session(2, new UnsafeBuffer("own".getBytes(UTF_8))));
        List<Event> tail = new TestEvents(scoped).all(deletedFrom, 256);
        assertThat(tail).hasSize(1);
        assertThat(tail.get(0).kind()).isEqualTo(EventKind.DELETED);
        assertThat(tail.get(0).jobId()).isEqualTo("gone");
        assertThat(tail.get(0).jobKey()).isEqualTo(key);
        // A page that begins behind the job's first event, too.
        assertThat(new TestEvents(scoped).all(tail.get(0).position() - 1, 256))
                .extracting(Event::jobId)
                .containsOnly("gone");
    }

    private TestClient tenantClient(String tenant) {
        TestClient named = new TestClient(harness, 3);
        named.tenant = tenant;
        return named;
    }

    /** A job whose first event was trimmed: while it lives its row tells, and its image once it is gone. */
    @Test
    void shouldTellWhoseAJobIsWhoseFirstEventIsTrimmed() {
        client.enqueueEach(item("old", 0));
        carryEverything();
        long from = harness.log.nextPosition();
        Task task = verbs.lease("old", "w", 0);
        assertThat(events.all(from, 256)).extracting(Event::jobId).containsExactly("old");
        client.succeed(task, "r");
        verbs.delete("old");
        assertThat(events.all(from, 256)).extracting(Event::jobId).containsExactly("old", "old", "old");
        assertThat(events.all(from, 256)).extracting(Event::isKnown).containsOnly(true);
        assertThat(events.all(from, 256).get(2).kind()).isEqualTo(EventKind.DELETED);
    }

    /** What nobody can tell any more is told by its key, and not to those who may see but one tenant. */
    @Test
    void shouldNameByItsKeyAloneAJobOfWhichNothingIsLeft() {
        client.enqueueEach(item("old", 0));
        long key = harness.shard.view().jobs().jobKey(0);
        long created = harness.log.appendedPosition();
        // Its first event lies in a cycle before that of its lease, which alone is trimmed.
        harness.log.tryRoll(harness.wallMs);
        Task task = verbs.lease("old", "w", 0);
        long leased = harness.log.appendedPosition();
        harness.shard.carryOldestCycle();
        for (int i = 0; i < 100 && harness.log.firstPosition() <= created; i++) {
            harness.pass(10);
        }
        client.succeed(task, "r");
        verbs.delete("old");
        assertThat(harness.log.firstPosition()).isGreaterThan(created).isLessThanOrEqualTo(leased);
        Event lease = events.page(leased, 0, 1).events().get(0);
        assertThat(lease.isKnown()).isFalse();
        assertThat(lease.jobId()).isEmpty();
        assertThat(lease.tenant()).isEmpty();
        assertThat(lease.jobKey()).isEqualTo(key);
        assertThat(lease.told()).isEqualTo("LEASED RUNNING #1 by w");
        Session scope = new Session(2, new UnsafeBuffer("-".getBytes(UTF_8)));
        assertThat(new TestEvents(new TestClient(harness, scope)).all(leased, 256))
                .isNotEmpty()
                .allMatch(Event::isKnown);
    }

    /** Many jobs that are gone are looked for a bounded number at a time: pages are short, and nothing is left out. */
    @Test
    void shouldTellOfManyDeletedJobs() {
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 100; i++) {
                client.enqueueEach(item("r" + round + "j" + i, 0));
            }
            for (Task task : client.lease("w", 100)) {
                client.succeed(task, "r");
            }
        }
        long from = harness.log.nextPosition();
        for (int round = 0; round < 6; round++) {
            for (int i = 0; i < 100; i++) {
                verbs.delete("r" + round + "j" + i);
            }
        }
        List<Event> deleted = events.all(from, 256);
        assertThat(deleted).hasSize(600).allMatch(Event::isKnown);
        assertThat(deleted.stream().map(Event::jobId).distinct()).hasSize(600);
        assertThat(events.page(from, 0, 256).events()).hasSizeLessThan(256);
    }

    @Test
    void shouldRefuseAPositionThatWasTrimmedOrNeverWas() {
        client.enqueueEach(item("old", 0));
        long seen = harness.log.nextPosition();
        carryEverything();
        assertThat(events.page(seen, 0, 256).code()).isEqualTo(RejectReason.POSITION_TRIMMED.code());
        Page first = events.page(TestEvents.FIRST, 0, 256);
        assertThat(first.firstPosition()).isEqualTo(harness.log.firstPosition());
        assertThat(events.page(first.firstPosition(), 0, 256).code()).isEqualTo(OK);
        assertThat(events.page(harness.log.appendedPosition() + 2, 0, 256).code())
                .isEqualTo(RejectReason.POSITION_AHEAD.code());
        // Images say what is so already.
        assertThat(events.all()).extracting(Event::kind).containsOnly(EventKind.ENQUEUED);
        assertThat(events.all()).extracting(Event::jobId).doesNotContain("old");
    }

    /** A restart begins a cycle, and the one before is cleaned, since it is small: who had seen all of it goes on, who had not is told. */
    @Test
    void shouldGoOnBehindASmallCycleThatARestartLeft() {
        client.enqueueEach(item("old", 0));
        long created = harness.log.appendedPosition();
        long seen = harness.log.nextPosition();
        harness.kill();
        reconnect();
        harness.shard.carryOldestCycle();
        for (int i = 0; i < 100 && harness.log.firstPosition() < seen; i++) {
            harness.pass(10);
        }
        long first = harness.log.firstPosition();
        assertThat(first).isGreaterThanOrEqualTo(seen);
        assertThat(events.all(seen, 256)).isEmpty();
        assertThat(events.page(created, 0, 256).code()).isEqualTo(RejectReason.POSITION_TRIMMED.code());
        client.enqueueEach(item("new", 0));
        Page page = events.page(seen, 0, 256);
        assertThat(page.events()).extracting(Event::jobId).containsExactly("new");
        assertThat(page.nextPosition()).isGreaterThan(first);

        // Beyond the cycle that the restart began nobody knows what lay there.
        carryEverything();
        assertThat(events.page(seen, 0, 256).code()).isEqualTo(RejectReason.POSITION_TRIMMED.code());
    }

    /** The reading thread passed over records that were no longer there: the page is not told. */
    @Test
    void shouldRefuseAPageThatWasTrimmedUnderItsRead() {
        client.enqueueEach(item("old", 0));
        long from = harness.log.appendedPosition();
        harness.holdReads = true;
        long correlation = events.send(from, 0, 256);
        harness.run();
        carryEverything();
        harness.releaseReads();
        harness.run();
        assertThat(client.reply(correlation, TestClient::code)).isEqualTo(RejectReason.POSITION_TRIMMED.code());
    }

    @Test
    void shouldReadSoManyPagesAtOnceAndNoMore() {
        client.enqueue("a");
        harness.holdReads = true;
        List<Long> sent = new ArrayList<>();
        for (int i = 0; i < 17; i++) {
            sent.add(events.send(TestEvents.FIRST, 0, 256));
        }
        harness.run();
        assertThat(client.reply(sent.get(16), TestClient::code)).isEqualTo(RejectReason.BUSY.code());
        harness.releaseReads();
        harness.run();
        for (int i = 0; i < 16; i++) {
            assertThat(client.reply(sent.get(i), TestEvents::read).events()).hasSize(1);
        }
        assertThat(events.all()).hasSize(1);
    }

    /**
     * Any load, restarts in its midst, pages of any size: the follower, who keeps nothing but its place, sees every change once, and the
     * attempts that follow from what it saw are those of GetJob.
     */
    @Test
    void shouldTellEverythingOnceUnderAnyLoad() {
        for (long seed = 1; seed <= 12; seed++) {
            new Run(seed).go();
        }
    }

    private static final class Run {
        private final SplittableRandom random;
        private final ShardHarness harness;
        private TestClient client;
        private final List<Event> seen = new ArrayList<>();
        private final List<Task> live = new ArrayList<>();
        private final Map<Long, String> ids = new HashMap<>();
        private long next = TestEvents.FIRST;
        private int nextIndex;
        private int jobs;
        private int sessions = 1;

        Run(long seed) {
            random = new SplittableRandom(seed);
            // One cycle: what is compared must all be there.
            harness = new ShardHarness(seed, List.of(ShardSettings.whole(0)), 64 * 1024 * 1024, h -> h.cleans = false);
            client = new TestClient(harness, sessions);
        }

        void go() {
            for (int step = 0; step < 250; step++) {
                act(random.nextInt(100));
                harness.run();
                if (random.nextInt(3) == 0) {
                    follow();
                }
            }
            // What time brought about is synced a little later.
            harness.pass(100);
            harness.pass(100);
            client.durability = Durability.DURABLE;
            client.enqueueEach(item("last", 0));
            do {
                follow();
            } while (next <= harness.log.durablePosition());
            compare();
        }

        private void follow() {
            Page page = new TestEvents(client).page(next, nextIndex, 1 + random.nextInt(20));
            assertThat(page.code()).isEqualTo(OK);
            seen.addAll(page.events());
            next = page.nextPosition();
            nextIndex = page.nextIndex();
        }

        private void act(int dice) {
            if (dice < 30) {
                Item[] items = new Item[1 + random.nextInt(6)];
                for (int i = 0; i < items.length; i++) {
                    items[i] = item("j" + jobs++, random.nextInt(4));
                    items[i].leaseMs = 500 + random.nextInt(4_000);
                    items[i].startDeadlineMs = random.nextInt(5) == 0 ? harness.wallMs + random.nextInt(3_000) : 0;
                }
                client.durability = random.nextBoolean() ? Durability.APPENDED : Durability.DURABLE;
                client.enqueue(items);
            } else if (dice < 50) {
                live.addAll(client.lease("w" + random.nextInt(3), 1 + random.nextInt(5)));
            } else if (dice < 75 && !live.isEmpty()) {
                end(live.remove(random.nextInt(live.size())));
            } else if (dice < 85) {
                String id = "j" + random.nextInt(jobs + 1);
                TestVerbs verbs = new TestVerbs(client);
                switch (random.nextInt(4)) {
                    case 0 -> verbs.cancel(id);
                    case 1 -> verbs.restart(id);
                    case 2 -> verbs.expedite(id);
                    default -> verbs.delete(id);
                }
            } else if (dice < 93) {
                harness.advance(random.nextInt(1_500));
            } else {
                if (dice < 97) {
                    harness.kill();
                } else {
                    harness.loseUnsynced(random);
                }
                live.clear();
                client = new TestClient(harness, ++sessions);
            }
        }

        private void end(Task task) {
            switch (random.nextInt(4)) {
                case 0 -> client.succeed(task, "r");
                case 1 -> client.fail(task, "E" + random.nextInt(3));
                case 2 -> client.report(task, Outcome.CANCELLED, "", new byte[0], 0, 0);
                default -> client.giveBack("w" + random.nextInt(3), task);
            }
        }

        private void compare() {
            assertThat(new TestEvents(client).all()).isEqualTo(seen);
            long lastPosition = -1;
            int lastIndex = -1;
            Map<Long, List<String>> attempts = new HashMap<>();
            Map<Long, String> workers = new HashMap<>();
            Map<Long, String> statuses = new HashMap<>();
            for (Event event : seen) {
                assertThat(event.position() > lastPosition
                                || event.position() == lastPosition && event.index() > lastIndex)
                        .isTrue();
                lastPosition = event.position();
                lastIndex = event.index();
                assertThat(event.isKnown()).isTrue();
                assertThat(ids.computeIfAbsent(event.jobKey(), key -> event.jobId()))
                        .isEqualTo(event.jobId());
                statuses.put(event.jobKey(), event.kind() == EventKind.DELETED ? "" : event.status());
                List<String> own = attempts.computeIfAbsent(event.jobKey(), key -> new ArrayList<>());
                String worker = workers.getOrDefault(event.jobKey(), "");
                switch (event.kind()) {
                    case LEASED -> workers.put(event.jobKey(), event.workerId());
                    case SUCCEEDED -> own.add(event.attempt() + ":0:" + worker + ":");
                    case FAILED -> own.add(event.attempt() + ":1:" + worker + ":" + event.errorCode());
                    case REFUSED -> own.add(event.attempt() + ":1::" + event.errorCode());
                    case CANCELLED -> {
                        if (event.attempt() > 0) {
                            own.add(event.attempt() + ":2:" + worker + ":");
                        }
                    }
                    default -> {}
                }
            }
            int alive = 0;
            for (Map.Entry<Long, String> status : statuses.entrySet()) {
                if (!status.getValue().isEmpty()) {
                    alive++;
                    TestClient.Job job = client.get(ids.get(status.getKey()));
                    assertThat(job.status()).isEqualTo(status.getValue());
                    assertThat(job.attempts().stream().filter(a -> !a.contains(":255:")))
                            .containsExactlyElementsOf(attempts.get(status.getKey()));
                }
            }
            assertThat(harness.shard.view().jobs().count()).isEqualTo(alive);
        }
    }
}
