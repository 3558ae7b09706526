package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class DecayingIdleStrategyTest {
    private static final long TURN_NS = 1_000;
    private static final long PARK_NS = 100_000;
    private static final long DECAY_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONE_DECAY_NS = TimeUnit.MILLISECONDS.toNanos(2);

    private final List<Long> parks = new ArrayList<>();
    private long nowNs;
    private final DecayingIdleStrategy idle =
            new DecayingIdleStrategy(DECAY_NS, LONE_DECAY_NS, () -> nowNs, this::park);

    private void park(long ns) {
        parks.add(ns);
        nowNs += ns;
    }

    /** Turns without work until so long has passed. */
    private void idleFor(long ns) {
        final long endNs = nowNs + ns;
        while (nowNs < endNs) {
            nowNs += TURN_NS;
            idle.idle(0);
        }
    }

    @Test
    void shouldParkSoonWhenNoWorkCameForLong() {
        idleFor(PARK_NS * 3);

        assertThat(parks).isNotEmpty().allMatch(ns -> ns == PARK_NS);
    }

    @Test
    void shouldNotParkBetweenCallsOfOneMillisecond() {
        idleFor(TimeUnit.MILLISECONDS.toNanos(1));
        idle.idle(1);
        parks.clear();

        for (int call = 0; call < 100; call++) {
            idleFor(TimeUnit.MILLISECONDS.toNanos(1));
            idle.idle(1);
        }

        assertThat(parks).isEmpty();
    }

    @Test
    void shouldParkAgainTwoMillisecondsAfterTheLastCall() {
        idleFor(TimeUnit.MILLISECONDS.toNanos(1));
        idle.idle(1);
        parks.clear();

        idleFor(TimeUnit.MILLISECONDS.toNanos(4));

        assertThat(parks).hasSizeBetween(15, 20);
    }

    @Test
    void shouldNotYieldLongerWhenTheLastWaitWasLong() {
        idleFor(TimeUnit.MILLISECONDS.toNanos(10));
        idle.idle(1);
        parks.clear();

        idleFor(TimeUnit.MILLISECONDS.toNanos(1));

        assertThat(parks).hasSizeBetween(8, 10);
    }

    @Test
    void shouldGoBackToSleepSoonerBehindWorkThatCameAlone() {
        idleFor(TimeUnit.SECONDS.toNanos(1));
        idle.idle(1);
        parks.clear();
        idleFor(TimeUnit.MILLISECONDS.toNanos(90));
        assertThat(parks).filteredOn(ns -> ns == PARK_NS).hasSizeBetween(18, 22);
        assertThat(parks).hasSizeLessThan(40);

        idle.idle(1);
        parks.clear();
        idleFor(TimeUnit.MILLISECONDS.toNanos(90));
        assertThat(parks).as("behind more of it").hasSizeGreaterThan(800).containsOnly(PARK_NS);
    }

    @Test
    void shouldParkTenMillisecondsInTheEndButNoLongerThanATimerAllows() {
        idleFor(TimeUnit.SECONDS.toNanos(3));
        assertThat(parks.get(parks.size() - 1)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(10));

        idle.parkAtMost(TimeUnit.MILLISECONDS.toNanos(3));
        idle.idle(0);
        assertThat(parks.get(parks.size() - 1)).isEqualTo(TimeUnit.MILLISECONDS.toNanos(3));

        idle.parkAtMost(1);
        idle.idle(0);
        assertThat(parks.get(parks.size() - 1)).isEqualTo(PARK_NS);
    }
}
