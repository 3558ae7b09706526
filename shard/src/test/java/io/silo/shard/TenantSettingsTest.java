package io.silo.shard;

import static io.silo.shard.TestTenants.change;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestSchedules.Wish;
import io.silo.shard.TestVerbs.Ended;
import io.silo.shard.state.ShardState;
import io.silo.shard.state.TenantSettings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** What operators set for a tenant: its weight, the cap on its running jobs, its quotas. */
class TenantSettingsTest {
    private static final int QUOTA = RejectReason.TENANT_QUOTA.code();

    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);
    private TestVerbs verbs = new TestVerbs(client);
    private TestTenants tenants = new TestTenants(client);

    private static Item item(String id, String tenant) {
        Item item = new Item(id);
        item.tenant = tenant;
        return item;
    }

    private int enqueue(String id, String tenant) {
        return client.enqueue(item(id, tenant)).get(0);
    }

    private void backlog(String tenant, String group, int jobs) {
        for (int i = 0; i < jobs; i++) {
            Item item = item(tenant + "-" + group + i, tenant);
            item.taskGroup = group;
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
    }

    private List<Task> lease(String group, int most) {
        return client.lease("w", group, most, 0);
    }

    private List<String> ids(String group, int most) {
        return lease(group, most).stream().map(Task::id).toList();
    }

    @Test
    void shouldKeepWhatIsNotNamedAndForgetATenantWithTheDefaults() {
        assertThat(tenants.get("a")).isEqualTo("a 1/-1/-1/-1/-1: 0+0 jobs, 0");
        assertThat(tenants.set("a", change().weight(3))).isZero();
        assertThat(tenants.set("a", change().runningMax(5).bytesMax(1_000))).isZero();
        assertThat(tenants.set("b", change().queuedMax(7).enqueuesPerSecond(9))).isZero();
        assertThat(tenants.get("a")).isEqualTo("a 3/5/-1/1000/-1: 0+0 jobs, 0");
        assertThat(tenants.list()).containsExactly("a 3/5/-1/1000/-1: 0+0 jobs, 0", "b 1/-1/7/-1/9: 0+0 jobs, 0");
        long before = harness.log.appendedPosition();
        assertThat(tenants.set("a", change().weight(3))).as("as it is").isZero();
        assertThat(harness.log.appendedPosition()).isEqualTo(before);
        tenants.set("a", change().weight(1).runningMax(-1).bytesMax(-1));
        assertThat(tenants.list()).containsExactly("b 1/-1/7/-1/9: 0+0 jobs, 0");
        assertThat(harness.shard.view().findTenant(new UnsafeBuffer(new byte[] {'a'}), 0, 1))
                .as("its name is not held any more")
                .isNegative();
        harness.shard.checkInvariants();
    }

    @Test
    void shouldRefuseWhatIsOutOfRange() {
        int invalid = RejectReason.INVALID_TENANT_SETTING.code();
        assertThat(tenants.set("a", change())).as("nothing named").isEqualTo(invalid);
        assertThat(tenants.set("a", change().weight(2).fields(33))).isEqualTo(invalid);
        assertThat(tenants.set("a", change().weight(0))).isEqualTo(invalid);
        assertThat(tenants.set("a", change().weight(Bounds.TENANT_WEIGHT_MAX + 1)))
                .isEqualTo(invalid);
        assertThat(tenants.set("a", change().runningMax(0))).isEqualTo(invalid);
        assertThat(tenants.set("a", change().runningMax(Bounds.TENANT_RUNNING_MAX + 1)))
                .isEqualTo(invalid);
        assertThat(tenants.set("a", change().queuedMax(-2))).isEqualTo(invalid);
        assertThat(tenants.set("a", change().bytesMax(Bounds.TENANT_BYTES_MAX + 1)))
                .isEqualTo(invalid);
        assertThat(tenants.set("a", change().enqueuesPerSecond(0))).isEqualTo(invalid);
        assertThat(tenants.list()).isEmpty();
        assertThat(tenants.set(
                        "a",
                        change().weight(Bounds.TENANT_WEIGHT_MAX)
                                .runningMax(Bounds.TENANT_RUNNING_MAX)
                                .queuedMax(Bounds.TENANT_QUEUED_MAX)
                                .bytesMax(Bounds.TENANT_BYTES_MAX)
                                .enqueuesPerSecond(Bounds.TENANT_ENQUEUES_PER_SECOND_MAX)))
                .isZero();
    }

    /** What tenants may have is not theirs to say; what it is, they may know. */
    @Test
    void shouldLetATenantSeeItsOwnSettingsAndSetNone() {
        Session own = new Session(9, new UnsafeBuffer("own".getBytes(StandardCharsets.UTF_8)));
        TestTenants scoped = new TestTenants(new TestClient(harness, own));
        int denied = RejectReason.PERMISSION_DENIED.code();
        tenants.set("own", change().weight(2));
        tenants.set("other", change().weight(3));
        assertThat(scoped.set("own", change().weight(9))).isEqualTo(denied);
        assertThat(scoped.set("other", change().weight(9))).isEqualTo(denied);
        assertThat(scoped.get("own")).startsWith("own 2/");
        assertThat(scoped.get("other")).isEqualTo("PERMISSION_DENIED");
        assertThat(scoped.list()).containsExactly("own 2/-1/-1/-1/-1: 0+0 jobs, 0");
        tenants.set("own", change().weight(1));
        assertThat(scoped.list()).isEmpty();
    }

    @Test
    void shouldListManyPageByPage() {
        List<String> expected = new ArrayList<>();
        String longest = "\uD83D\uDE80".repeat(60);
        for (int i = 100; i < 800; i++) {
            String name = i % 2 == 0 ? longest + i : "t" + i;
            tenants.set(name, change().weight(2));
            expected.add(name + " 2/-1/-1/-1/-1: 0+0 jobs, 0");
        }
        expected.sort(null);
        assertThat(tenants.list()).isEqualTo(expected);
    }

    @Test
    void shouldBoundTenantsThatHaveSettings() {
        harness = new ShardHarness(
                1, List.of(harness.settings), 4 * 1024 * 1024, h -> h.capacity = ShardState.Capacity.DEFAULT);
        tenants = new TestTenants(new TestClient(harness, 1));
        for (int i = 0; i < TenantSettings.ENTRIES_MAX; i++) {
            assertThat(tenants.set("t" + i, change().weight(2))).isZero();
        }
        assertThat(tenants.set("one more", change().weight(2))).isEqualTo(RejectReason.MEMORY_FULL.code());
        assertThat(tenants.set("t0", change().weight(3)))
                .as("one that has some")
                .isZero();
        assertThat(tenants.set("t0", change().weight(1))).isZero();
        assertThat(tenants.set("one more", change().weight(2))).isZero();
    }

    // ---- cap
    // ----------------------------------------------------------------------------------------------------------------

    @Test
    void shouldRunNoMoreOfATenantInEachGroupThanItsCap() {
        backlog("a", "g", 5);
        backlog("a", "h", 5);
        backlog("b", "g", 5);
        tenants.set("a", change().runningMax(2));
        assertThat(client.taskGroup("g")).as("what workers could be given").startsWith("7/");
        assertThat(ids("g", 100)).containsExactlyInAnyOrder("a-g0", "a-g1", "b-g0", "b-g1", "b-g2", "b-g3", "b-g4");
        assertThat(client.taskGroup("g")).startsWith("0/");
        List<Task> other = lease("h", 100);
        assertThat(other).extracting(Task::id).containsExactly("a-h0", "a-h1");
        client.tenant = "a";
        assertThat(ids("g", 100)).as("asked for by name").isEmpty();
        harness.shard.checkInvariants();
        // Whatever ends a lease makes room for one more.
        client.succeed(other.get(0), "");
        assertThat(ids("h", 100)).containsExactly("a-h2");
        client.giveBack("w", other.get(1));
        assertThat(ids("h", 100)).containsExactly("a-h1");
        assertThat(ids("h", 100)).isEmpty();
        harness.advance(11_000);
        harness.run();
        assertThat(ids("h", 100)).as("after all leases ran out").hasSize(2);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldPushToSubscribersAsTheCapLets() {
        tenants.set("a", change().runningMax(1));
        client.subscribe(1, "pushed", "g", 5);
        backlog("a", "g", 3);
        List<Task> pushed = client.pushed();
        assertThat(pushed).extracting(Task::id).containsExactly("a-g0");
        client.succeed(pushed.get(0), "");
        assertThat(client.pushed()).extracting(Task::id).containsExactly("a-g1");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldSetLowerAndLiftTheCapWhileJobsRun() {
        backlog("a", "g", 10);
        List<Task> running = lease("g", 4);
        tenants.set("a", change().runningMax(3));
        assertThat(ids("g", 100)).as("four run already").isEmpty();
        client.succeed(running.get(0), "");
        assertThat(ids("g", 100)).isEmpty();
        client.succeed(running.get(1), "");
        assertThat(ids("g", 100)).hasSize(1);
        tenants.set("a", change().runningMax(5));
        assertThat(ids("g", 100)).hasSize(2);
        harness.shard.checkInvariants();
        tenants.set("a", change().runningMax(-1));
        assertThat(ids("g", 100)).hasSize(3);
        harness.shard.checkInvariants();
    }

    /** An operator who leases by id passes the cap, and what he leases counts. */
    @Test
    void shouldCountALeaseByIdAndNotKeepItBack() {
        backlog("a", "g", 4);
        tenants.set("a", change().runningMax(1));
        List<Task> running = lease("g", 100);
        client.tenant = "a";
        Task byId = verbs.lease("a-g3", "w", 0);
        assertThat(byId).isNotNull();
        assertThat(tenants.get("a")).contains("2+2 jobs");
        client.tenant = "";
        client.succeed(running.get(0), "");
        assertThat(ids("g", 100)).as("one still runs").isEmpty();
        client.succeed(byId, "");
        assertThat(ids("g", 100)).containsExactly("a-g1");
        harness.shard.checkInvariants();
    }

    @Test
    void shouldKeepAPausedTenantBackWhateverItsCapLets() {
        backlog("a", "g", 5);
        tenants.set("a", change().runningMax(1));
        Task first = lease("g", 100).get(0);
        verbs.setPaused(PauseKind.TENANT, "a", true);
        client.succeed(first, "");
        assertThat(ids("g", 100)).as("below its cap, and paused").isEmpty();
        assertThat(client.taskGroup("g")).startsWith("0/");
        harness.shard.checkInvariants();
        verbs.setPaused(PauseKind.TENANT, "a", false);
        Task second = lease("g", 100).get(0);
        verbs.setPaused(PauseKind.TENANT, "a", true);
        verbs.setPaused(PauseKind.TENANT, "a", false);
        assertThat(ids("g", 100)).as("at its cap, and not paused").isEmpty();
        harness.shard.checkInvariants();
        client.succeed(second, "");
        assertThat(ids("g", 100)).containsExactly("a-g2");
    }

    /**
     * A candidate for a limit's slots holds none: those of a group where its tenant is at the cap take nothing from the tenant's other
     * groups, and nothing at all from other tenants.
     */
    @Test
    void shouldNotStarveAnotherGroupByCandidatesOfACappedTenant() {
        tenants.set("a", change().runningMax(1));
        for (String group : List.of("g", "h")) {
            for (int i = 0; i < 100; i++) {
                Item item = item(group + i, "a");
                item.taskGroup = group;
                item.limits.put("k", 2);
                client.enqueue(item);
            }
        }
        Task capped = lease("g", 100).get(0);
        assertThat(ids("g", 100)).as("at its cap, with candidates waiting").isEmpty();
        for (int i = 0; i < 50; i++) {
            List<Task> other = lease("h", 100);
            assertThat(other).extracting(Task::id).containsExactly("h" + i);
            client.succeed(other.get(0), "");
        }
        harness.shard.checkInvariants();
        client.succeed(capped, "");
        assertThat(ids("g", 100)).containsExactly("g1");
        harness.shard.checkInvariants();
    }

    /** A task that was passed over often has a slot kept for it, but not while its tenant may not run it. */
    @Test
    void shouldKeepNoSlotForATaskWhoseTenantIsAtItsCap() {
        Item both = item("both", "a");
        both.taskGroup = "g";
        both.limits.put("x", 1);
        both.limits.put("y", 1);
        for (int i = 0; i < 40; i++) {
            for (String key : List.of("x", "y")) {
                Item one = item(key + i, "a");
                one.taskGroup = "h";
                one.limits.put(key, 1);
                client.enqueue(one);
            }
        }
        List<Task> running = new ArrayList<>(lease("h", 100));
        client.enqueue(both);
        // Whenever x has a slot, y has none, and so on: passed over until one is kept for it.
        for (int i = 0; i < 20; i++) {
            client.succeed(running.remove(0), "");
            List<Task> more = lease("h", 100);
            running.addAll(more);
            if (more.isEmpty()) {
                break;
            }
        }
        assertThat(running).as("a slot is kept for the task of the other group").hasSize(1);
        backlog("a", "g", 1);
        tenants.set("a", change().runningMax(1));
        client.tenant = "a";
        Task fills = verbs.lease("a-g0", "w", 0);
        client.tenant = "";
        // Its cap in h is full by the one that runs there.
        assertThat(running.remove(0)).satisfies(task -> client.succeed(task, ""));
        assertThat(lease("h", 100)).as("nothing is kept while the cap is full").hasSize(1);
        harness.shard.checkInvariants();
        client.succeed(fills, "");
        harness.shard.checkInvariants();
    }

    // ---- quotas
    // -------------------------------------------------------------------------------------------------------------

    @Test
    void shouldTakeJobsExactlyUpToTheQuota() {
        tenants.set("a", change().queuedMax(3));
        List<Integer> codes =
                client.enqueue(item("1", "a"), item("2", "a"), item("x", "b"), item("3", "a"), item("4", "a"));
        assertThat(codes).containsExactly(0, 0, 0, 0, QUOTA);
        Task running = lease("g", 1).get(0);
        assertThat(enqueue("5", "a")).as("what runs counts").isEqualTo(QUOTA);
        client.succeed(running, "");
        assertThat(enqueue("1", "a")).as("a job that exists").isEqualTo(RejectReason.JOB_EXISTS.code());
        assertThat(enqueue("6", "a")).isZero();
        assertThat(enqueue("7", "a")).isEqualTo(QUOTA);
        assertThat(tenants.get("a")).startsWith("a 1/-1/3/-1/-1: 3+0 jobs");
        tenants.set("a", change().queuedMax(1));
        assertThat(tenants.get("a")).as("nothing is evicted").contains(": 3+0 jobs");
        tenants.set("a", change().queuedMax(-1));
        assertThat(enqueue("7", "a")).isZero();
        harness.shard.checkInvariants();
    }

    @Test
    void shouldTakeBytesExactlyUpToTheQuota() {
        enqueue("12", "a");
        int each = bytes("a");
        tenants.set("a", change().bytesMax(3L * each));
        assertThat(client.enqueue(item("34", "a"), item("56", "a"), item("78", "a")))
                .containsExactly(0, 0, QUOTA);
        assertThat(bytes("a")).isEqualTo(3 * each);
        Item longer = item("78", "a");
        longer.payload = new byte[2];
        client.succeed(lease("g", 1).get(0), "");
        assertThat(client.enqueue(longer)).as("one byte too long").containsExactly(QUOTA);
        assertThat(enqueue("90", "a")).isZero();
        tenants.set("a", change().bytesMax(0));
        assertThat(enqueue("00", "a")).isEqualTo(QUOTA);
        harness.shard.checkInvariants();
    }

    @Test
    void shouldCountTheBytesOfAnUploadedPayload() {
        client.upload(5, new byte[100_000], 20_000);
        Item big = item("big", "a");
        big.uploadId = 5;
        big.payload = new byte[0];
        tenants.set("a", change().bytesMax(100_000));
        assertThat(client.enqueue(big)).containsExactly(QUOTA);
        tenants.set("a", change().bytesMax(101_000));
        assertThat(client.enqueue(big)).as("the upload is still there").containsExactly(RejectReason.OK);
        assertThat(bytes("a")).isBetween(100_001, 101_000);
        int bytes = bytes("a");
        harness.shard.checkInvariants();
        harness.kill();
        tenants = new TestTenants(new TestClient(harness, 2));
        assertThat(bytes("a")).isEqualTo(bytes);
        harness.shard.checkInvariants();
    }

    /** A tenant that names none is counted under its own name. */
    @Test
    void shouldHoldJobsWithoutATenantToTheirQuota() {
        enqueue("12", "");
        int each = bytes("");
        assertThat(tenants.get("")).startsWith("- 1/-1/-1/-1/-1: 1+0 jobs");
        tenants.set("", change().bytesMax(2L * each));
        assertThat(client.enqueue(item("34", ""), item("56", ""))).containsExactly(0, QUOTA);
        client.succeed(lease("g", 1).get(0), "");
        assertThat(client.enqueue(item("56", "-"), item("78", ""))).containsExactly(0, QUOTA);
        tenants.set("-", change().bytesMax(-1).queuedMax(2));
        assertThat(enqueue("78", "")).isEqualTo(QUOTA);
    }

    @Test
    void shouldLimitHowManyComeInASecond() {
        tenants.set("a", change().enqueuesPerSecond(4));
        for (int i = 0; i < 4; i++) {
            assertThat(enqueue("a" + i, "a")).isZero();
        }
        assertThat(enqueue("a4", "a")).isEqualTo(QUOTA);
        harness.advance(249);
        assertThat(enqueue("a4", "a")).isEqualTo(QUOTA);
        harness.advance(1);
        assertThat(enqueue("a4", "a")).isZero();
        assertThat(enqueue("a5", "a")).isEqualTo(QUOTA);
        harness.advance(60_000);
        int taken = 0;
        while (enqueue("later" + taken, "a") == 0) {
            taken++;
        }
        assertThat(taken).as("no more than one second's is saved up").isEqualTo(4);
        tenants.set("a", change().enqueuesPerSecond(1_000));
        harness.advance(1);
        assertThat(enqueue("faster", "a")).isZero();
        assertThat(enqueue("b", "b")).isZero();
        harness.shard.checkInvariants();
    }

    @Test
    void shouldHoldRestartsAndImportsToTheQuota() {
        client.tenant = "a";
        enqueue("ended", "a");
        verbs.cancel("ended");
        assertThat(verbs.importJob(item("imported", "a"), Ended.failed(1, "E"))).isEqualTo("FAILED");
        enqueue("waiting", "a");
        tenants.set("a", change().queuedMax(1));
        assertThat(verbs.restart("ended")).isEqualTo("TENANT_QUOTA");
        assertThat(verbs.importJob(item("new", "a"))).startsWith("TENANT_QUOTA");
        Item more = item("imported", "a");
        more.retryCount = 5;
        assertThat(verbs.importJob(more, Ended.failed(1, "E"), Ended.failed(2, "E")))
                .startsWith("TENANT_QUOTA");
        assertThat(verbs.importJob(item("past", "a"), Ended.failed(1, "E")))
                .as("one that has ended counts for nothing")
                .isEqualTo("FAILED");
        verbs.cancel("waiting");
        assertThat(verbs.restart("ended")).isEqualTo("OK");
        assertThat(verbs.importJob(more, Ended.failed(1, "E"), Ended.failed(2, "E")))
                .startsWith("TENANT_QUOTA");
        tenants.set("a", change().queuedMax(2));
        assertThat(verbs.importJob(more, Ended.failed(1, "E"), Ended.failed(2, "E")))
                .isEqualTo("SCHEDULED");
        harness.shard.checkInvariants();
    }

    /** Its own firing is left out; those of other tenants go on. */
    @Test
    void shouldLeaveOutAFiringThatMeetsTheQuota() {
        TestSchedules schedules = new TestSchedules(client);
        for (String tenant : List.of("a", "b")) {
            client.tenant = tenant;
            Wish wish = Wish.every("s", 10_000);
            wish.tenant = tenant;
            schedules.put(wish);
        }
        tenants.set("a", change().queuedMax(2));
        for (int i = 0; i < 5; i++) {
            harness.advance(10_000);
            harness.run();
        }
        assertThat(tenants.get("a")).contains(": 2+0 jobs");
        assertThat(tenants.get("b")).contains(": 6+0 jobs");
        tenants.set("a", change().queuedMax(10));
        harness.advance(10_000);
        harness.run();
        assertThat(tenants.get("a")).as("what was left out does not come later").contains(": 3+0 jobs");
        harness.shard.checkInvariants();
    }

    // ---- restarts
    // -----------------------------------------------------------------------------------------------------------

    @Test
    void shouldKeepAllOfItOverARestartAndATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        client = new TestClient(harness, 1);
        tenants = new TestTenants(client);
        tenants.set("a", change().weight(3).runningMax(2).queuedMax(5).bytesMax(4_000));
        tenants.set("nobody yet", change().weight(7));
        tenants.set("gone", change().weight(7));
        tenants.set("gone", change().weight(1));
        backlog("a", "g", 5);
        Task first = lease("g", 1).get(0);
        String before = tenants.get("a");
        for (int i = 0; harness.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            client.heartbeat("w", first);
            harness.shard.carryOldestCycle();
            harness.advance(60);
            harness.run();
        }
        long digest = harness.shard.view().digest();
        assertThat(tenants.get("a"))
                .as("images are as long as what they stand for")
                .isEqualTo(before);
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        harness.shard.checkInvariants();
        client = new TestClient(harness, 2);
        tenants = new TestTenants(client);
        assertThat(tenants.get("a")).isEqualTo(before);
        assertThat(tenants.list()).hasSize(2);
        assertThat(enqueue("one more", "a")).isEqualTo(QUOTA);
        assertThat(ids("g", 100)).as("one runs already").hasSize(1);
        harness.shard.checkInvariants();
    }

    private int bytes(String tenant) {
        return Integer.parseInt(tenants.get(tenant).replaceAll(".*, ", ""));
    }
}
