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
    private static final BigInteger THOUSAND = BigInteger.valueOf(1_000);

    /** Asserts that a delay is the capped product, rounded down, and whole where less than a thousandth is missing. */
    private static void check(long delay, long initialMs, long maxMs, int permille, int attempt) {
        final BigInteger cap = BigInteger.valueOf(maxMs == 0 ? Bounds.RETRY_INTERVAL_MS_MAX : maxMs);
        final BigInteger divisor = THOUSAND.pow(attempt - 1);
        final BigInteger product = BigInteger.valueOf(initialMs)
                .multiply(BigInteger.valueOf(permille).pow(attempt - 1));
        final BigInteger least = product.divide(divisor).min(cap);
        final BigInteger most = product.multiply(THOUSAND)
                .add(divisor)
                .divide(divisor.multiply(THOUSAND))
                .min(cap);
        assertThat(BigInteger.valueOf(delay))
                .as("initial %s max %s factor %s attempt %s", initialMs, maxMs, permille, attempt)
                .isBetween(least, most);
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
                int attempt = i < 18 ? i + 1 : 1 + (int) random(random, 30_000);
                check(policies.delayMs(policy, attempt), initial, max, permille, attempt);
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

    @Test
    void shouldBeExactToTheEndOfTheSlowestGrowth() {
        RetryPolicies policies = new RetryPolicies(1 << 10);
        for (long initial : new long[] {1, 1_000}) {
            int slow = policies.acquire(Bounds.RETRY_COUNT_MAX, initial, 0, 1_001, false);
            for (int attempt = 2; attempt < 25_000; attempt += 499) {
                check(policies.delayMs(slow, attempt), initial, 0, 1_001, attempt);
            }
            assertThat(policies.delayMs(slow, Bounds.RETRY_COUNT_MAX)).isEqualTo(Bounds.RETRY_INTERVAL_MS_MAX);
        }
        policies.close();
    }

    /** Products that are whole come out whole, though the factor is none of a computer's. */
    @Test
    void shouldHitWholeMilliseconds() {
        RetryPolicies policies = new RetryPolicies(1 << 10);
        int tenth = policies.acquire(10, 1_000_000, 0, 1_100, false);
        assertThat(policies.delayMs(tenth, 2)).isEqualTo(1_100_000);
        assertThat(policies.delayMs(tenth, 7)).isEqualTo(1_771_561);
        int third = policies.acquire(10, 1_000, 0, 1_333, false);
        assertThat(policies.delayMs(third, 2)).isEqualTo(1_333);
        assertThat(policies.delayMs(third, 3)).isEqualTo(1_776);
        policies.close();
    }

    /** Squaring, not a step for each attempt: a batch of the costliest failures takes no longer than any other. */
    @Test
    void shouldTakeTheSameTimeForEveryAttempt() {
        RetryPolicies policies = new RetryPolicies(1 << 10);
        int slow = policies.acquire(Bounds.RETRY_COUNT_MAX, 1_000, 0, 1_001, false);
        Assertions.assertTimeout(Duration.ofSeconds(2), () -> {
            long sum = 0;
            for (int i = 0; i < 1_000_000; i++) {
                sum += policies.delayMs(slow, 17_000);
            }
            assertThat(sum).isPositive();
        });
        policies.close();
    }
}
