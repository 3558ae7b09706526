package io.silo.shard.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.Bounds;
import io.silo.shard.Seeds;
import java.math.BigInteger;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;

/** Delays against arithmetic without bounds. */
class RetryPoliciesPropertyTest {
    private static BigInteger model(long initialMs, long maxMs, int permille, int attempt) {
        BigInteger cap = BigInteger.valueOf(maxMs == 0 ? Bounds.RETRY_INTERVAL_MS_MAX : maxMs);
        BigInteger delay = BigInteger.valueOf(initialMs).min(cap);
        for (int i = 1; i < attempt; i++) {
            delay = delay.multiply(BigInteger.valueOf(permille))
                    .divide(BigInteger.valueOf(1_000))
                    .min(cap);
        }
        return delay;
    }

    private static long random(SplittableRandom random, long max) {
        return random.nextLong(max + 1) >> random.nextInt(Long.SIZE - Long.numberOfLeadingZeros(max));
    }

    @Test
    void shouldDelayAsTheModelSays() {
        Seeds.forEach(300, seed -> {
            SplittableRandom random = new SplittableRandom(seed);
            RetryPolicies policies = new RetryPolicies(1 << 10);
            long initial = random(random, Bounds.RETRY_INTERVAL_MS_MAX);
            long max = random.nextBoolean() ? 0 : Math.max(initial, random.nextLong(Bounds.RETRY_INTERVAL_MS_MAX + 1));
            int permille = 1_000 + (int) random(random, Bounds.RETRY_BACKOFF_PERMILLE_MAX - 1_000);
            int policy = policies.acquire(Bounds.RETRY_COUNT_MAX, initial, max, permille, true);
            for (int i = 0; i < 20; i++) {
                int attempt = i < 12 ? i + 1 : 1 + random.nextInt(300);
                assertThat(BigInteger.valueOf(policies.delayMs(policy, attempt)))
                        .as("initial %s max %s factor %s attempt %s", initial, max, permille, attempt)
                        .isEqualTo(model(initial, max, permille, attempt));
            }
            policies.close();
        });
    }

    @Test
    void shouldFollowTheTable() {
        RetryPolicies policies = new RetryPolicies(1 << 10);
        int doubling = policies.acquire(10, 1_000, 5_000, 2_000, false);
        long[] expected = {1_000, 2_000, 4_000, 5_000, 5_000};
        for (int i = 0; i < expected.length; i++) {
            assertThat(policies.delayMs(doubling, i + 1)).isEqualTo(expected[i]);
        }
        int constant = policies.acquire(10, 700, 0, 1_000, false);
        assertThat(policies.delayMs(constant, 1_000_000)).isEqualTo(700);
        int none = policies.acquire(10, 0, 0, 100_000, false);
        assertThat(policies.delayMs(none, 1_000_000)).isZero();
        int capped = policies.acquire(10, Bounds.RETRY_INTERVAL_MS_MAX, 0, 100_000, false);
        assertThat(policies.delayMs(capped, 1_000_000)).isEqualTo(Bounds.RETRY_INTERVAL_MS_MAX);
        assertThat(policies.acquire(0, 1, 1, 1_000, false)).isEqualTo(RetryPolicies.NONE);
        assertThat(policies.retryCount(RetryPolicies.NONE)).isZero();
        assertThat(policies.acquire(10, 1_000, 5_000, 2_000, false)).isEqualTo(doubling);
        policies.close();
    }

    /** The slowest growth there is still ends: an attempt number of a million costs no more than the steps to the cap. */
    @Test
    void shouldBoundTheWorkOfOneDelay() {
        RetryPolicies policies = new RetryPolicies(1 << 10);
        int slow = policies.acquire(Bounds.RETRY_COUNT_MAX, 1_000, 0, 1_001, false);
        Assertions.assertTimeout(Duration.ofSeconds(1), () -> {
            assertThat(policies.delayMs(slow, Bounds.RETRY_COUNT_MAX)).isEqualTo(Bounds.RETRY_INTERVAL_MS_MAX);
        });
        policies.close();
    }
}
