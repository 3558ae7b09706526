package io.silo.shard;

import static io.silo.shard.TestSchedules.Wish.cron;
import static io.silo.shard.TestSchedules.Wish.every;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CatchUp;
import io.silo.shard.TestClient.Task;
import io.silo.shard.TestSchedules.Wish;
import io.silo.shard.command.ShardSettings;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Recurring jobs of a shard: firing, catching up, pausing, and that no firing happens twice. */
class ScheduleTest {
    private static final long MINUTE = 60_000;

    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);
    private final TestSchedules schedules = new TestSchedules(client);

    /** Time passes with duty cycles, as on a server that runs. */
    private void pass(long ms) {
        for (long left = ms; left > 0; left -= 1_000) {
            harness.standStill(Math.min(1_000, left));
            harness.run();
        }
    }

    /** The server is away for so long. */
    private void outage(long ms) {
        harness.shard.close();
        harness.wallMs += ms;
        harness.kill();
        harness.run();
    }

    private List<String> ids() {
        List<String> ids = new ArrayList<>();
        for (Task task : new TestClient(harness, 50).lease("w", 1_000)) {
            ids.add(task.id());
        }
        return ids;
    }

    private String firing(String id, long nominalMs) {
        return id + "@" + Instant.ofEpochMilli(nominalMs);
    }

    @Test
    void shouldEnqueueAJobEachTimeItFires() {
        long start = harness.wallMs;
        assertThat(schedules.put(every("s", 10_000))).isZero();
        pass(30_500);

        assertThat(ids())
                .containsExactly(
                        firing("s", start),
                        firing("s", start + 10_000),
                        firing("s", start + 20_000),
                        firing("s", start + 30_000));
        assertThat(schedules.firings("s", 2)).containsExactly(start + 40_000, start + 50_000);
        Task task = new TestVerbs(client).lease(firing("s", start + 30_000), "w", 0);
        assertThat(task).as("leased already").isNull();
        assertThat(client.get(firing("s", start)).payload()).isEqualTo("p");
        harness.shard.checkInvariants();
    }

    /** It fails when a subscription would get it, in a record that grants nothing. */
    @Test
    void shouldRememberThatAFiringCameTooLateToStart() {
        long start = harness.wallMs;
        Wish wish = every("s", 5 * MINUTE);
        wish.catchUp = CatchUp.ONE;
        wish.firstAtMs = start + 5 * MINUTE;
        wish.startWithinMs = 1_000;
        schedules.put(wish);
        harness.shard.close();
        harness.wallMs += 7 * MINUTE;
        harness.kill();
        TestClient worker = new TestClient(harness, 50);
        worker.subscribe(1, "w", "g", 10);
        harness.run();
        assertThat(worker.pushed()).isEmpty();
        assertThat(new TestClient(harness, 60)
                        .get(firing("s", start + 5 * MINUTE))
                        .status())
                .isEqualTo("FAILED");
        long digest = harness.shard.view().digest();
        harness.shard.close();
        harness.kill();
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(new TestClient(harness, 70)
                        .get(firing("s", start + 5 * MINUTE))
                        .status())
                .isEqualTo("FAILED");
    }

    /** A firing that comes up too late wakes the call, which finds nothing and waits for what is left of its time. */
    @Test
    void shouldAnswerAWaitingCallInItsTimeThoughAFiringCameTooLate() {
        Wish wish = every("s", 5 * MINUTE);
        wish.catchUp = CatchUp.ONE;
        wish.firstAtMs = harness.wallMs + 5 * MINUTE;
        wish.startWithinMs = 1_000;
        schedules.put(wish);
        TestClient worker = new TestClient(harness, 50);
        long call = worker.sendLease("w", "g", 1, 1_000, 0);
        harness.run();
        harness.advance(600);
        harness.wallMs += 7 * MINUTE;
        harness.run();
        assertThat(new TestClient(harness, 60).get(firing("s", wish.firstAtMs)).status())
                .isEqualTo("FAILED");
        harness.advance(450);
        harness.run();
        assertThat(worker.reply(call, TestClient::tasks)).isEmpty();
    }

    /** The server was away for five firings. */
    @Test
    void shouldCatchUpByPolicy() {
        for (CatchUp policy : List.of(CatchUp.SKIP, CatchUp.ONE, CatchUp.ALL)) {
            ScheduleTest world = new ScheduleTest();
            long start = world.harness.wallMs;
            Wish wish = every("s", 5 * MINUTE);
            wish.catchUp = policy;
            wish.firstAtMs = start + 5 * MINUTE;
            world.schedules.put(wish);
            world.outage(27 * MINUTE);
            List<String> ids = world.ids();
            switch (policy) {
                case SKIP -> assertThat(ids).isEmpty();
                case ONE -> assertThat(ids).containsExactly(world.firing("s", start + 25 * MINUTE));
                default -> assertThat(ids).hasSize(5).endsWith(world.firing("s", start + 25 * MINUTE));
            }
            TestClient after = new TestClient(world.harness, 60);
            assertThat(new TestSchedules(after).firings("s", 1)).containsExactly(start + 30 * MINUTE);
            world.harness.shard.checkInvariants();
        }
    }

    @Test
    void shouldCatchUpOnMoreThanARecordHolds() {
        Wish wish = every("s", 1_000);
        wish.catchUp = CatchUp.ALL;
        wish.payload = new byte[2_000];
        schedules.put(wish);
        outage(200_000);
        assertThat(harness.shard.view().jobs().count()).isEqualTo(201);
        assertThat(harness.failures).isEmpty();
    }

    /** A firing is one job, also when the server is killed around it and the job was there before. */
    @Test
    void shouldFireOnce() {
        long start = harness.wallMs;
        client.enqueue(firing("s", start));
        schedules.put(every("s", 10_000));
        pass(1_000);
        harness.kill();
        harness.run();
        assertThat(ids()).containsExactly(firing("s", start));
    }

    @Test
    void shouldNotOverlapWithAUniqueKey() {
        Wish wish = every("s", 10_000);
        wish.uniqueKey = "one at a time";
        schedules.put(wish);
        pass(30_500);
        assertThat(ids()).hasSize(1);
    }

    @Test
    void shouldLeaveOutWhatAPausedScheduleWouldHaveFired() {
        long start = harness.wallMs;
        Wish wish = every("s", 10_000);
        wish.catchUp = CatchUp.ALL;
        schedules.put(wish);
        assertThat(schedules.pause("s")).isZero();
        assertThat(schedules.pause("s")).as("again").isZero();
        assertThat(schedules.firings("s", 3)).isEmpty();
        pass(25_000);
        harness.kill();
        TestSchedules after = new TestSchedules(new TestClient(harness, 2));
        assertThat(after.resume("s")).isZero();
        pass(6_000);
        assertThat(ids()).containsExactly(firing("s", start), firing("s", start + 30_000));
    }

    @Test
    void shouldReplaceAndDelete() {
        schedules.put(every("s", 10_000));
        Wish other = every("s", 60_000);
        other.createOnly = true;
        assertThat(schedules.put(other)).isEqualTo(RejectReason.SCHEDULE_EXISTS.code());
        other.createOnly = false;
        other.firstAtMs = harness.wallMs + 500;
        assertThat(schedules.put(other)).isZero();
        assertThat(schedules.firings("s", 2)).containsExactly(harness.wallMs + 500, harness.wallMs + 60_500);

        assertThat(schedules.delete("s")).isZero();
        assertThat(schedules.delete("s")).as("again").isZero();
        assertThat(schedules.firings("s", 1)).containsExactly(-(long) RejectReason.SCHEDULE_NOT_FOUND.code());
        harness.shard.checkInvariants();
    }

    @Test
    void shouldListPageByPage() {
        for (String id : List.of("b", "a", "c")) {
            schedules.put(cron(id, "0 5 * * *", "Europe/Berlin"));
        }
        Wish foreign = every("a", 60_000);
        foreign.tenant = "t";
        schedules.put(foreign);
        String end = "/0 5 * * *Europe/Berlin";
        assertThat(schedules.page(2, "", "")).isEqualTo("[-/g/a" + end + ", -/g/b" + end + "]+");
        assertThat(schedules.page(2, "-", "b")).isEqualTo("[-/g/c" + end + ", t/g/a/].");
        client.tenant = "t";
        assertThat(schedules.page(2, "", "")).isEqualTo("[t/g/a/].");
    }

    /** A failing start deadline comes from the nominal time. */
    @Test
    void shouldBoundTheStartOfEachJob() {
        Wish wish = every("s", 10 * MINUTE);
        wish.startWithinMs = 5_000;
        long start = harness.wallMs;
        schedules.put(wish);
        pass(6_000);
        assertThat(client.get(firing("s", start)).errorCode()).isEqualTo("START_DEADLINE_EXCEEDED");
    }

    /** While the memory is full nothing fires; then the policy says what becomes of what was missed. */
    @Test
    void shouldWaitWhereNewWorkIsRefused() {
        var settings = new ShardSettings(
                0, 10_000, 5, 1_000, harness.shard.view().bytes() + 700_000, ShardSettings.Tenancy.OPTIONAL, 0, -1L);
        ShardHarness small = new ShardHarness(1, settings, 512 * 1024);
        TestClient user = new TestClient(small, 1);
        Wish wish = every("s", 10_000);
        wish.firstAtMs = small.wallMs + 10_000;
        new TestSchedules(user).put(wish);
        int filled = 0;
        while (user.enqueue("filler" + filled) == RejectReason.OK) {
            filled++;
        }
        for (int i = 0; i < 25; i++) {
            small.standStill(1_000);
            small.run();
        }
        assertThat(small.shard.view().jobs().count()).isEqualTo(filled);
        assertThat(small.failures).isEmpty();
    }

    /** Bad input. */
    @Test
    void shouldRefuseWhatNeverFires() {
        for (String bad : List.of("0 0 30 2 *", "* * * *", "61 * * * *", "every day", "0 0 0 0 0")) {
            assertThat(schedules.put(cron("s", bad, ""))).as(bad).isEqualTo(RejectReason.INVALID_SCHEDULE.code());
        }
        assertThat(schedules.put(cron("s", "0 5 * * *", "Mars/Olympus")))
                .isEqualTo(RejectReason.INVALID_TIME_ZONE.code());
        assertThat(schedules.put(every("s", 999))).isEqualTo(RejectReason.INVALID_SCHEDULE.code());
        Wish both = every("s", 10_000);
        both.cron = "0 5 * * *";
        assertThat(schedules.put(both)).isEqualTo(RejectReason.INVALID_SCHEDULE.code());
        assertThat(schedules.put(new Wish("s"))).as("neither").isEqualTo(RejectReason.INVALID_SCHEDULE.code());
        assertThat(schedules.put(every("x".repeat(201), 10_000))).isEqualTo(RejectReason.INVALID_SCHEDULE_ID.code());
        assertThat(schedules.put(every("x".repeat(257), 10_000))).isEqualTo(RejectReason.INVALID_SCHEDULE_ID.code());
        assertThat(schedules.put(every("", 10_000))).isEqualTo(RejectReason.INVALID_SCHEDULE_ID.code());
        assertThat(schedules.page(0, "", "")).isEqualTo("INVALID_LIMIT");
        assertThat(schedules.page(257, "", "")).isEqualTo("INVALID_LIMIT");
        assertThat(schedules.firings("s", 101)).containsExactly(-(long) RejectReason.INVALID_LIMIT.code());
        assertThat(schedules.pause("nobody")).isEqualTo(RejectReason.SCHEDULE_NOT_FOUND.code());
        assertThat(harness.shard.view().schedules().count()).isZero();
    }

    /** An image stands in for what was trimmed, firing state and all. */
    @Test
    void shouldCarrySchedulesForward() {
        ShardHarness small = new ShardHarness(1, harness.settings, 192 * 1024);
        TestClient user = new TestClient(small, 1);
        long start = small.wallMs;
        new TestSchedules(user).put(every("s", 1_000_000));
        Wish gone = every("gone", 1_000_000);
        new TestSchedules(user).put(gone);
        new TestSchedules(user).delete("gone");
        new TestSchedules(user).put(every("still", 1_000_000));
        new TestSchedules(user).pause("still");
        for (int i = 0; small.log.firstPosition() < 20; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            TestClient.Item filler = new TestClient.Item("filler" + i);
            filler.payload = new byte[20_000];
            user.enqueue(filler);
            small.shard.carryOldestCycle();
            small.advance(60);
            small.run();
        }
        long digest = small.shard.view().digest();
        small.kill();
        assertThat(small.shard.view().digest()).isEqualTo(digest);
        TestSchedules after = new TestSchedules(new TestClient(small, 2));
        assertThat(after.firings("s", 1)).containsExactly(start + 1_000_000);
        assertThat(after.firings("still", 1)).isEmpty();
        assertThat(after.page(9, "", "")).isEqualTo("[-/g/s/, -/g/still/].");
    }
}
