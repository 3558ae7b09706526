package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.PauseKind;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.WaitingReport;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Why a job does not run, in each of its situations. */
class ExplainTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestVerbs verbs = new TestVerbs(client);
    private final TestLimits limits = new TestLimits(client);

    private static Item item(String id, String key, int max) {
        Item item = new Item(id);
        item.limits.put(key, max);
        return item;
    }

    private void enqueue(Item... items) {
        for (Item item : items) {
            assertThat(client.enqueue(item)).containsExactly(RejectReason.OK);
        }
    }

    @Test
    void shouldTellWhatABucketLacks() {
        Item first = new Item("first");
        first.rates.add(new TestRate("api", "c", 3, 60_000));
        first.rates.get(0).hits = 2;
        Item second = new Item("second");
        second.rates.add(first.rates.get(0));
        Item third = new Item("third");
        third.rates.add(first.rates.get(0));
        Item never = new Item("never");
        never.rates.add(new TestRate("api", "c", 3, 60_000));
        never.rates.get(0).hits = 4;
        enqueue(first, second, third, never);
        client.lease("w", "g", 9, 0);
        harness.advance(10_000);
        harness.run();
        assertThat(limits.situation("third")).isEqualTo("RATE_LIMITED");
        assertThat(limits.<Long>explain("third", reply -> reply.hits())).isEqualTo(2);
        assertThat(limits.<Long>explain("third", reply -> reply.hitsAvailable()))
                .isEqualTo(1);
        assertThat(limits.<Long>explain("third", reply -> reply.enoughInMs())).isEqualTo(50_000);
        assertThat(limits.<Long>explain("third", reply -> reply.before())).isEqualTo(1);
        assertThat(limits.<Long>explain("never", reply -> reply.enoughInMs())).isEqualTo(-1);
        // A bucket is no key that an operator could set.
        assertThat(limits.list(10)).isEmpty();
    }

    @Test
    void shouldTellThatATenantHasAllThatItMay() {
        new TestTenants(client).set("", TestTenants.change().runningMax(1));
        enqueue(new Item("a"), new Item("b"));
        client.lease("w", "g", 9, 0);
        assertThat(limits.situation("b")).isEqualTo("TENANT_CAPPED");
    }

    @Test
    void shouldTellHowAJobEnded() {
        enqueue(new Item("a"), new Item("b"));
        client.succeed(client.lease("w", 1).get(0), "");
        verbs.cancel("b");
        assertThat(limits.situation("a")).isEqualTo("ENDED");
        assertThat(limits.<String>explain("a", reply -> reply.status().name())).isEqualTo("SUCCEEDED");
        assertThat(limits.<String>explain("b", reply -> reply.status().name())).isEqualTo("CANCELLED");
        assertThat(limits.names("a")).isEqualTo("[] [] g   ");
        assertThat(limits.explainCode("nobody")).isEqualTo(RejectReason.JOB_NOT_FOUND.code());
    }

    @Test
    void shouldTellWhoRunsAJobAndHowLong() {
        Item item = item("a", "k", 1);
        item.limits.put("l", 1);
        item.leaseMs = 10_000;
        enqueue(item);
        client.lease("worker", "g", 1, 0);
        long leasedAt = harness.wallMs;
        harness.advance(4_000);
        verbs.cancel("a");
        assertThat(limits.situation("a")).isEqualTo("RUNNING");
        assertThat(limits.<Long>explain("a", reply -> reply.leasedAtMs())).isEqualTo(leasedAt);
        assertThat(limits.<Long>explain("a", reply -> reply.leaseLeftMs())).isEqualTo(6_000);
        assertThat(limits.<Long>explain("a", reply -> reply.cancelRequestedAtMs()))
                .isEqualTo(harness.wallMs);
        assertThat(limits.names("a")).isEqualTo("[k, l] [] g worker  ");
    }

    @Test
    void shouldTellWhenAJobStarts() {
        Item item = new Item("a");
        item.startAtMs = harness.wallMs + 5_000;
        enqueue(item);
        assertThat(limits.situation("a")).isEqualTo("STARTS_LATER");
        assertThat(limits.<Long>explain("a", reply -> reply.startAtMs())).isEqualTo(item.startAtMs);
        harness.advance(5_000);
        assertThat(limits.situation("a")).isEqualTo("READY");
    }

    @Test
    void shouldTellWhatIsPaused() {
        enqueue(item("a", "k", 0));
        verbs.setPaused(PauseKind.TENANT, "-", true);
        assertThat(limits.situation("a")).isEqualTo("TENANT_PAUSED");
        verbs.setPaused(PauseKind.TASK_GROUP, "g", true);
        assertThat(limits.situation("a")).isEqualTo("GROUP_PAUSED");
        assertThat(limits.<Short>explain("a", reply -> reply.tenantPaused())).isEqualTo((short) 1);
        verbs.setPaused(PauseKind.TENANT, "-", false);
        verbs.setPaused(PauseKind.TASK_GROUP, "g", false);
        assertThat(limits.situation("a")).isEqualTo("LIMITED");
    }

    @Test
    void shouldTellWhichLimitAJobWaitsForAndWhoHoldsIt() {
        for (int i = 0; i < 8; i++) {
            Item item = item("j" + i, "k", 2);
            item.priority = 50;
            enqueue(item);
        }
        client.lease("w1", "g", 1, 0);
        client.lease("w2", "g", 1, 0);
        assertThat(client.lease("w3", "g", 1, 0)).isEmpty();
        assertThat(limits.situation("j4")).isEqualTo("LIMITED");
        assertThat(limits.<String>explain("j4", ExplainTest::line)).isEqualTo("max 2 set 0 holders 2 before 2 more 0");
        assertThat(limits.names("j4")).isEqualTo("[] [j0@w1, j1@w2] g  k ");
        assertThat(limits.set("k", 1)).isZero();
        assertThat(limits.<String>explain("j2", ExplainTest::line)).isEqualTo("max 1 set 1 holders 2 before 0 more 0");
        // One that came out of order stands before the others.
        Item urgent = item("urgent", "k", 2);
        urgent.priority = 1;
        enqueue(urgent);
        Item second = item("second", "k", 2);
        second.priority = 2;
        enqueue(second);
        assertThat(limits.<String>explain("second", ExplainTest::line)).contains("before 1 ");
        assertThat(limits.<String>explain("j7", ExplainTest::line)).contains("before 7 ");
    }

    private static String line(io.silo.protocol.reply.ExplainReplyDecoder reply) {
        return "max " + reply.limitMax() + " set " + reply.isMaxSet() + " holders " + reply.holderCount() + " before "
                + reply.before() + " more " + reply.isMoreBefore();
    }

    /** A lowered maximum keeps back what was ready, though nobody has looked at it since. */
    @Test
    void shouldTellOfAReadyTaskThatItsLimitIsFullByNow() {
        enqueue(item("a", "k", 1));
        assertThat(limits.situation("a")).isEqualTo("READY");
        limits.set("k", 0);
        assertThat(limits.situation("a")).isEqualTo("LIMITED");
        assertThat(limits.<String>explain("a", ExplainTest::line)).isEqualTo("max 0 set 1 holders 0 before 0 more 0");
        limits.unset("k");
        assertThat(limits.situation("a")).isEqualTo("READY");
    }

    @Test
    void shouldCountThoseBeforeUpToABound() {
        enqueue(item("running", "k", 1));
        client.lease("w", "g", 1, 0);
        for (int i = 0; i <= WaitingReport.COUNTED_MAX; i++) {
            enqueue(item("j" + i, "k", 1), new Item("free" + i));
        }
        String last = String.valueOf(WaitingReport.COUNTED_MAX - 1);
        assertThat(limits.<String>explain("j" + last, ExplainTest::line)).endsWith("before 1023 more 0");
        assertThat(limits.<String>explain("j" + WaitingReport.COUNTED_MAX, ExplainTest::line))
                .endsWith("before 1024 more 1");
        assertThat(limits.<String>explain("free" + WaitingReport.COUNTED_MAX, ExplainTest::line))
                .endsWith("before 1024 more 1");
    }

    @Test
    void shouldTellWhomSlotsAreKeptFor() {
        Item both = item("both", "a", 1);
        both.limits.put("b", 1);
        enqueue(item("a0", "a", 1), item("b0", "b", 1));
        List<Task> running = new ArrayList<>(client.lease("w", "g", 2, 0));
        enqueue(both);
        String keptFor = "";
        for (int round = 1; round < 100 && keptFor.isEmpty(); round++) {
            Task ends = running.remove(0);
            String key = ends.id().substring(0, 1);
            enqueue(item(key + round, key, 1));
            client.succeed(ends, "");
            running.addAll(client.lease("w", "g", 9, 0));
            String waits = key + round;
            keptFor = limits.situation(waits).equals("LIMITED")
                    ? limits.names(waits).replaceAll(".* ", "")
                    : "";
        }
        assertThat(keptFor).isEqualTo("both");
    }

    @Test
    void shouldTellThePlaceOfAReadyJobAndWhoWantsIt() {
        for (int i = 0; i < 3; i++) {
            for (String tenant : List.of("one", "two", "three")) {
                Item item = new Item(tenant + i);
                item.tenant = tenant;
                item.priority = 5;
                enqueue(item);
            }
        }
        Item urgent = new Item("urgent");
        urgent.priority = 4;
        Item idle = new Item("idle");
        idle.priority = 70;
        enqueue(urgent, idle);
        client.tenant = "three";
        assertThat(limits.<String>explain("three2", ExplainTest::place))
                .isEqualTo("priorities 1 tenants 2 before 2 subscriptions 0 credits 0 calls 0");
        client.tenant = "";
        assertThat(limits.<String>explain("idle", ExplainTest::place)).startsWith("priorities 2 tenants 0 before 0 ");
        // Subscriptions of another group or tenant do not count.
        TestClient other = new TestClient(harness, 2);
        other.tenant = "nobody";
        other.subscribe(1, "w", "g", 9);
        other.sendLease("w", "g", 1, 20_000, 0);
        other.tenant = "";
        other.subscribe(2, "w", "another", 9);
        harness.run();
        assertThat(limits.<String>explain("idle", ExplainTest::place)).endsWith("subscriptions 0 credits 0 calls 0");
    }

    @Test
    void shouldCountSubscriptionsThatMayGetTheJob() {
        client.subscribe(1, "w1", "g", 1);
        client.subscribe(2, "w2", "g", 5);
        client.sendLease("w3", "g", 1, 20_000, 0);
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            items.add(new Item("j" + i));
        }
        enqueue(items.toArray(new Item[0]));
        harness.run();
        assertThat(limits.situation("j7")).isEqualTo("READY");
        assertThat(limits.<String>explain("j7", ExplainTest::place))
                .isEqualTo("priorities 0 tenants 0 before 0 subscriptions 2 credits 0 calls 0");
    }

    private static String place(io.silo.protocol.reply.ExplainReplyDecoder reply) {
        return "priorities " + reply.prioritiesBefore() + " tenants " + reply.tenantsBefore() + " before "
                + reply.before() + " subscriptions " + reply.subscriptions() + " credits " + reply.credits()
                + " calls " + reply.waitingCalls();
    }
}
