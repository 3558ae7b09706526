package io.silo.shard;

import static io.silo.shard.TestRate.MINUTE_MS;
import static io.silo.shard.TestRate.item;
import static io.silo.shard.TestRate.rate;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.shard.TestClient.Item;
import io.silo.shard.TestClient.Task;
import io.silo.shard.state.RateTerms;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Rate limits answered in the shard: token and leaky buckets, who passes and when, and what a restart leaves of it. */
class RateLimitTest {
    private ShardHarness harness = new ShardHarness(1);
    private TestClient client = new TestClient(harness, 1);

    private List<Task> lease(String group, int max) {
        List<Task> tasks = client.lease("w", group, max, 0);
        harness.shard.checkInvariants();
        return tasks;
    }

    private List<String> ids() {
        return lease("g", 100).stream().map(Task::id).toList();
    }

    private void passSlowly(long ms) {
        for (long left = ms; left > 0; left--) {
            harness.advance(1);
            harness.run();
        }
        harness.shard.checkInvariants();
    }

    /** RATE-3, RATE-10. */
    @Test
    void shouldStartNoMoreInAWindowThanTheLimit() {
        for (int i = 0; i < 7; i++) {
            client.enqueueEach(item("j" + i, rate(3, MINUTE_MS)));
        }
        assertThat(ids()).containsExactly("j0", "j1", "j2");
        harness.pass(MINUTE_MS - 1);
        assertThat(ids()).isEmpty();
        harness.pass(1);
        assertThat(ids()).containsExactly("j3", "j4", "j5");
        harness.pass(MINUTE_MS);
        assertThat(ids()).containsExactly("j6");
    }

    /** RATE-10: hits are taken once for each start, whatever becomes of it. */
    @Test
    void shouldNotGiveHitsBack() {
        client.enqueueEach(item("a", rate(2, MINUTE_MS)), item("b", rate(2, MINUTE_MS)), item("c", rate(2, MINUTE_MS)));
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("a", "b");
        client.succeed(running.get(0), "");
        client.giveBack("w", running.get(1));
        assertThat(ids()).isEmpty();
        harness.pass(MINUTE_MS);
        assertThat(ids()).containsExactly("b", "c");
    }

    @Test
    void shouldLeakAtASteadyRateAndHoldItsBurst() {
        TestRate leaky = rate(60, MINUTE_MS);
        leaky.leaky = true;
        leaky.burst = 2;
        for (int i = 0; i < 5; i++) {
            client.enqueueEach(item("j" + i, leaky));
        }
        assertThat(ids()).containsExactly("j0", "j1");
        harness.pass(999);
        assertThat(ids()).isEmpty();
        harness.pass(1);
        assertThat(ids()).containsExactly("j2");
        harness.pass(10_000);
        assertThat(ids()).containsExactly("j3", "j4");
    }

    /** 7 hits a minute: a hit each 8,571.43 ms, and nothing lost by rounding over a long time. */
    @Test
    void shouldNotLoseByRounding() {
        TestRate leaky = rate(7, MINUTE_MS);
        leaky.leaky = true;
        leaky.burst = 2;
        for (int i = 0; i < 100; i++) {
            client.enqueueEach(item("j" + i, leaky));
        }
        int started = 0;
        for (long ms = 0; ms <= 10 * MINUTE_MS; ms += 1_000) {
            started += ids().size();
            harness.pass(1_000);
        }
        assertThat(started).isBetween(71, 72);
    }

    @Test
    void shouldCountSeveralHitsOfOneStart() {
        TestRate three = rate(5, MINUTE_MS);
        three.hits = 3;
        TestRate one = rate(5, MINUTE_MS);
        TestRate none = rate(5, MINUTE_MS);
        none.hits = 0;
        client.enqueueEach(item("a", three), item("b", three), item("c", one), item("free", none));
        // b lacks one; c does not overtake it, and what takes nothing waits for nobody.
        assertThat(ids()).containsExactly("a", "free");
        harness.pass(MINUTE_MS);
        assertThat(ids()).containsExactly("b", "c");
    }

    @Test
    void shouldKeepBucketsOfOtherNamesKeysAndTenantsApart() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", new TestRate("other", "customer", 1, MINUTE_MS)));
        client.enqueueEach(item("c", new TestRate("api", "other", 1, MINUTE_MS)));
        Item tenant = item("d", rate(1, MINUTE_MS));
        tenant.tenant = "t";
        client.enqueueEach(tenant, item("e", rate(1, MINUTE_MS)));
        assertThat(ids()).containsExactlyInAnyOrder("a", "b", "c", "d");
    }

    @Test
    void shouldFollowTheCalendar() {
        long toMinute = MINUTE_MS - harness.wallMs % MINUTE_MS;
        TestRate minute = rate(1, 0);
        minute.flags = RateTerms.CALENDAR;
        client.enqueueEach(item("a", minute), item("b", minute));
        assertThat(ids()).containsExactly("a");
        harness.pass(toMinute - 1);
        assertThat(ids()).isEmpty();
        harness.pass(1);
        assertThat(ids()).containsExactly("b");
    }

    /** A wall clock that is put forward fills no bucket of a duration. */
    @Test
    void shouldCountDurationsByMonotonicTime() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)), item("b", rate(1, MINUTE_MS)));
        assertThat(ids()).containsExactly("a");
        harness.wallMs += 50 * MINUTE_MS;
        harness.pass(1_000);
        assertThat(ids()).isEmpty();
        harness.pass(MINUTE_MS);
        assertThat(ids()).containsExactly("b");
    }

    @Test
    void shouldFillTheBucketFirstIfAsked() {
        TestRate reset = rate(1, MINUTE_MS);
        reset.flags = RateTerms.RESET;
        client.enqueueEach(
                item("a", rate(1, MINUTE_MS)), item("b", reset), item("c", reset), item("d", rate(1, MINUTE_MS)));
        assertThat(ids()).containsExactly("a", "b", "c");
    }

    @Test
    void shouldEmptyTheBucketOfOneThatLacksHitsIfAsked() {
        TestRate leaky = rate(60, MINUTE_MS);
        leaky.leaky = true;
        leaky.burst = 4;
        leaky.hits = 3;
        TestRate draining = rate(60, MINUTE_MS);
        draining.leaky = true;
        draining.burst = 4;
        draining.hits = 3;
        draining.flags = RateTerms.DRAIN;
        client.enqueueEach(item("a", leaky), item("b", draining));
        assertThat(ids()).containsExactly("a");
        // Without the flag b would start after 2 s, when the one that remained and two more are there.
        harness.pass(2_000);
        assertThat(ids()).isEmpty();
        harness.pass(1_000);
        assertThat(ids()).containsExactly("b");
    }

    /** RATE-4. */
    @Test
    void shouldEndAnAttemptWhoseChecksDidNotPassOftenEnough() {
        TestRate impatient = rate(1, 10 * MINUTE_MS);
        impatient.maxRetries = 3;
        impatient.initialBackoffMs = 1_000;
        impatient.backoffPermille = 2_000;
        impatient.maxBackoffMs = 60_000;
        Item last = item("last", impatient);
        Item again = item("again", impatient);
        again.retryCount = 1;
        again.retryInitialMs = 5_000;
        client.enqueueEach(item("a", rate(1, 10 * MINUTE_MS)), last, again);
        assertThat(ids()).containsExactly("a");
        passSlowly(1_000 + 2_000 + 4_000 - 1);
        assertThat(client.get("last").status()).isEqualTo("SCHEDULED");
        passSlowly(1);
        assertThat(client.get("last").status()).isEqualTo("FAILED");
        assertThat(client.get("last").errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
        assertThat(client.get("again").status()).isEqualTo("SCHEDULED");
        assertThat(client.get("again").attempt()).isEqualTo(2);
        passSlowly(5_000 + 7_000 - 1);
        assertThat(client.get("again").status()).isEqualTo("SCHEDULED");
        passSlowly(1);
        assertThat(client.get("again").status()).isEqualTo("FAILED");
    }

    /** RATE-5: the next check is when the bucket is full again, if that is near enough. */
    @Test
    void shouldWaitForTheWindowIfThatIsWithinTheLongestBackoff() {
        TestRate impatient = rate(1, MINUTE_MS);
        impatient.maxRetries = 1;
        impatient.initialBackoffMs = 1;
        impatient.maxBackoffMs = MINUTE_MS + 1;
        client.enqueueEach(item("a", impatient), item("b", impatient));
        assertThat(ids()).containsExactly("a");
        harness.pass(MINUTE_MS);
        assertThat(ids()).containsExactly("b");
    }

    @Test
    void shouldLetAHopelessJobWaitAndOthersPass() {
        TestRate hopeless = rate(2, MINUTE_MS);
        hopeless.hits = 3;
        client.enqueueEach(item("never", hopeless), item("a", rate(2, MINUTE_MS)));
        assertThat(ids()).containsExactly("a");
        harness.pass(10 * MINUTE_MS);
        assertThat(ids()).isEmpty();
    }

    /** The slowest bucket that can be asked for, emptied at once: what it lacks takes longer than numbers reach. */
    @Test
    @Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
    void shouldNotSearchForATimeThatNeverComes() {
        TestRate slow = rate(1, 400L * 24 * 60 * MINUTE_MS);
        slow.leaky = true;
        slow.burst = 1_000_000_000_000L;
        slow.hits = slow.burst;
        client.enqueueEach(item("a", slow), item("b", slow));
        assertThat(ids()).containsExactly("a");
        harness.pass(MINUTE_MS);
        assertThat(ids()).isEmpty();
        long digest = harness.shard.view().digest();
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
    }

    /** A back-off of nothing stays nothing, however often it grew. */
    @Test
    void shouldEndAnAttemptSoonWhoseBackoffIsNothing() {
        TestRate hasty = rate(1, 60 * MINUTE_MS);
        hasty.maxRetries = 1_200;
        hasty.initialBackoffMs = 0;
        hasty.backoffPermille = 2_000;
        hasty.maxBackoffMs = 60_000;
        client.enqueueEach(item("a", rate(1, 60 * MINUTE_MS)), item("b", hasty));
        assertThat(ids()).containsExactly("a");
        passSlowly(1_300);
        assertThat(client.get("b").errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
    }

    @Test
    void shouldTakeSlotAndHitsInOneStepOrNeither() {
        Item both = item("both", rate(1, MINUTE_MS));
        both.limits.put("k", 1);
        Item second = item("second", rate(1, MINUTE_MS));
        second.limits.put("k", 1);
        Item slot = new Item("slot");
        slot.limits.put("k", 1);
        slot.leaseMs = 3_600_000;
        client.enqueueEach(both, second, slot);
        List<Task> running = lease("g", 9);
        assertThat(running).extracting(Task::id).containsExactly("both");
        client.succeed(running.get(0), "");
        // second waits for the bucket and holds no slot meanwhile.
        assertThat(lease("g", 9)).extracting(Task::id).containsExactly("slot");
        harness.pass(MINUTE_MS);
        assertThat(ids()).isEmpty();
    }

    @Test
    void shouldGoOnAfterARestartAsIfNothingHadHappened() {
        for (int i = 0; i < 5; i++) {
            client.enqueueEach(item("j" + i, rate(2, MINUTE_MS)));
        }
        assertThat(ids()).containsExactly("j0", "j1");
        harness.pass(MINUTE_MS / 2);
        long digest = harness.shard.view().digest();
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(ids()).isEmpty();
        harness.pass(MINUTE_MS / 2);
        assertThat(ids()).containsExactly("j2", "j3");
    }

    /** How often a check did not pass is not logged: a restart gives all of them again. */
    @Test
    void shouldBeginChecksAnewAfterARestart() {
        TestRate impatient = rate(1, 60 * MINUTE_MS);
        impatient.maxRetries = 1;
        impatient.initialBackoffMs = 10_000;
        impatient.maxBackoffMs = 10_000;
        client.enqueueEach(item("a", impatient), item("b", impatient));
        assertThat(ids()).containsExactly("a");
        harness.pass(9_000);
        harness.kill();
        client = new TestClient(harness, 2);
        passSlowly(9_999);
        assertThat(client.get("b").status()).isEqualTo("SCHEDULED");
        passSlowly(2);
        assertThat(client.get("b").errorCode()).isEqualTo("RATE_LIMIT_EXCEEDED");
    }

    @Test
    void shouldKeepBucketsOfATrimmedLog() {
        harness = new ShardHarness(1, harness.settings, 192 * 1024);
        client = new TestClient(harness, 1);
        client.enqueueEach(item("first", rate(1, 60 * MINUTE_MS)), item("second", rate(1, 60 * MINUTE_MS)));
        client.succeed(lease("g", 9).get(0), "");
        for (int i = 0; harness.log.firstPosition() < 10; i++) {
            assertThat(i).as("rounds until the log is trimmed").isLessThan(1_000);
            Item filler = new Item("filler" + i);
            filler.taskGroup = "filler";
            filler.payload = new byte[20_000];
            client.enqueue(filler);
            harness.shard.carryOldestCycle();
            harness.pass(60);
        }
        long digest = harness.shard.view().digest();
        harness.kill();
        client = new TestClient(harness, 2);
        assertThat(harness.shard.view().digest()).isEqualTo(digest);
        assertThat(ids()).isEmpty();
        harness.pass(60 * MINUTE_MS);
        assertThat(ids()).containsExactly("second");
    }

    /** Nothing is kept of a bucket that is full. */
    @Test
    void shouldForgetAFullBucketThatNoJobNames() {
        client.enqueueEach(item("a", rate(1, MINUTE_MS)));
        client.succeed(lease("g", 1).get(0), "");
        assertThat(harness.shard.view().rates().count()).isEqualTo(1);
        harness.pass(MINUTE_MS);
        harness.pass(1);
        assertThat(harness.shard.view().rates().count()).isZero();
    }

    @Test
    void shouldRefuseTermsThatMakeNoSense() {
        assertThat(refusal(rate(-1, MINUTE_MS))).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        assertThat(refusal(rate(1, 0))).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        assertThat(refusal(rate(1L << 62, MINUTE_MS))).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        assertThat(refusal(new TestRate("", "k", 1, 1))).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        assertThat(refusal(new TestRate("a\u0001b", "k", 1, 1))).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        assertThat(refusal(new TestRate("n", "", 1, 1))).isEqualTo(RejectReason.INVALID_JOB_LIMIT);
        TestRate shrinking = rate(1, 1);
        shrinking.backoffPermille = 999;
        assertThat(refusal(shrinking)).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        TestRate unit = rate(1, 6);
        unit.flags = RateTerms.CALENDAR;
        assertThat(refusal(unit)).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        TestRate negative = rate(1, 1);
        negative.hits = -1;
        assertThat(refusal(negative)).isEqualTo(RejectReason.INVALID_RATE_LIMIT);
        Item twice = item("twice", rate(1, 1));
        twice.rates.add(rate(2, 2));
        assertThat(client.enqueue(twice)).containsExactly(RejectReason.INVALID_RATE_LIMIT.code());
    }

    private RejectReason refusal(TestRate rate) {
        return RejectReason.fromCode(client.enqueue(item("bad", rate)).get(0));
    }
}
