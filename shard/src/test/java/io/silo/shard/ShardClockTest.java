package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** The wall may do what it likes; time of a shard does not run backwards and durations are true. */
class ShardClockTest {
    private static final long HOUR_MS = 3_600_000;
    private static final long YEARS_50_MS = 50 * 365 * 24 * HOUR_MS;
    private static final long START_MS = 2 * YEARS_50_MS;

    private final Ports ports = new Ports();
    private final ShardClock clock = new ShardClock(ports, HOUR_MS);

    private static final class Ports implements Clock {
        long wallMs = START_MS;
        long nanos = -5;

        @Override
        public long wallMs() {
            return wallMs;
        }

        @Override
        public long nanoTime() {
            return nanos;
        }

        void elapse(long ms) {
            wallMs += ms;
            nanos += ms * 1_000_000;
        }
    }

    @Test
    void shouldFollowTheWall() {
        clock.update();
        assertThat(clock.nowMs()).isEqualTo(START_MS);
        assertThat(clock.monotonicMs()).isZero();
        ports.elapse(17);
        clock.update();
        assertThat(clock.nowMs()).isEqualTo(START_MS + 17);
        assertThat(clock.monotonicMs()).isEqualTo(17);
    }

    @Test
    void shouldGoOnAtMonotonicRateWhileTheWallIsBehind() {
        for (long back : new long[] {HOUR_MS, YEARS_50_MS}) {
            Ports behind = new Ports();
            ShardClock tested = new ShardClock(behind, HOUR_MS);
            tested.update();
            behind.wallMs -= back;
            for (int i = 1; i <= 10; i++) {
                behind.elapse(250);
                tested.update();
                long expected = Math.max(START_MS + 250L * i, behind.wallMs);
                assertThat(tested.nowMs()).as("%s ms back", back).isEqualTo(expected);
                assertThat(tested.isStepHeld()).isFalse();
            }
            behind.wallMs += back;
            tested.update();
            assertThat(tested.nowMs()).isEqualTo(behind.wallMs);
        }
    }

    @Test
    void shouldFollowAStepForwardWithinTheBoundAndHoldALongerOne() {
        clock.update();
        ports.wallMs += HOUR_MS / 2;
        clock.update();
        assertThat(clock.nowMs()).isEqualTo(START_MS + HOUR_MS / 2);
        ports.wallMs += HOUR_MS;
        clock.update();
        assertThat(clock.isStepHeld()).isFalse();
        long before = clock.nowMs();
        ports.wallMs += 2 * HOUR_MS;
        clock.update();
        assertThat(clock.isStepHeld()).isTrue();
        assertThat(clock.nowMs()).isEqualTo(before);
        ports.elapse(1_000);
        clock.update();
        assertThat(clock.isStepHeld()).isTrue();
        assertThat(clock.nowMs()).isEqualTo(before + 1_000);
        clock.acceptStep();
        clock.update();
        assertThat(clock.isStepHeld()).isFalse();
        assertThat(clock.nowMs()).isEqualTo(ports.wallMs);
    }

    @Test
    void shouldLetGoOfAHeldStepThatTheWallTakesBack() {
        clock.update();
        ports.wallMs += YEARS_50_MS;
        clock.update();
        assertThat(clock.isStepHeld()).isTrue();
        ports.wallMs -= YEARS_50_MS;
        ports.elapse(10);
        clock.update();
        assertThat(clock.isStepHeld()).isFalse();
        assertThat(clock.nowMs()).isEqualTo(START_MS + 10);
    }

    @Test
    void shouldTellNothingFromBeforeTheLog() {
        clock.notBefore(START_MS + YEARS_50_MS);
        clock.update();
        assertThat(clock.nowMs()).isEqualTo(START_MS + YEARS_50_MS);
        ports.elapse(9);
        clock.update();
        assertThat(clock.nowMs()).isEqualTo(START_MS + YEARS_50_MS + 9);
    }

    @Test
    void shouldCountFractionsOfAMillisecond() {
        clock.update();
        for (int i = 0; i < 10_000; i++) {
            ports.nanos += 333_333;
            clock.update();
        }
        assertThat(clock.monotonicMs()).isEqualTo(3_333);
    }

    @Test
    void shouldNeverRunBackwardsWhateverTheWallDoes() {
        Seeds.forEach(50, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            Ports wild = new Ports();
            ShardClock tested = new ShardClock(wild, HOUR_MS);
            tested.update();
            long start = wild.nanos;
            for (int i = 0; i < 500; i++) {
                long now = tested.nowMs();
                long step = random.nextInt(2_000);
                wild.nanos += step * 1_000_000;
                wild.wallMs = START_MS + random.nextLong(-YEARS_50_MS, YEARS_50_MS) / (1L << random.nextInt(30));
                tested.update();
                assertThat(tested.nowMs()).isGreaterThanOrEqualTo(now);
                assertThat(tested.nowMs()).isLessThanOrEqualTo(now + step + HOUR_MS);
                assertThat(tested.monotonicMs()).isEqualTo((wild.nanos - start) / 1_000_000);
            }
        });
    }

    /** Leases run by monotonic time, start times by the wall. */
    @Test
    void shouldExpireNoLeaseBecauseOfTheWall() {
        ShardHarness harness = new ShardHarness(1);
        TestClient client = new TestClient(harness, 1);
        harness.wallMs = START_MS;
        client.enqueue("leased");
        assertThat(client.lease("w", 1)).hasSize(1);
        TestClient.Item later = new TestClient.Item("later");
        later.startAtMs = START_MS + HOUR_MS / 2;
        client.enqueue(later);
        for (long wall : new long[] {START_MS - HOUR_MS, START_MS - YEARS_50_MS, START_MS + YEARS_50_MS}) {
            harness.wallMs = wall;
            harness.run();
            assertThat(client.get("leased").status()).isEqualTo("RUNNING");
            assertThat(client.lease("w", 1)).isEmpty();
        }
        harness.wallMs = START_MS + HOUR_MS / 2;
        harness.run();
        assertThat(client.get("leased").status()).isEqualTo("RUNNING");
        assertThat(client.lease("w", 1)).extracting(TestClient.Task::id).containsExactly("later");
        harness.wallMs = START_MS - YEARS_50_MS;
        harness.nanos += 5_000 * 1_000_000L; // in two steps: one would be a standstill, after which leases begin anew
        harness.run();
        harness.nanos += 4_999 * 1_000_000L;
        harness.run();
        assertThat(client.get("leased").status()).isEqualTo("RUNNING");
        harness.nanos += 1_000_000L;
        harness.run();
        assertThat(client.get("leased").errorCode()).isEqualTo("WORKER_CRASHED");
    }
}
