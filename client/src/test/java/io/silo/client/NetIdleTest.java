package io.silo.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class NetIdleTest {
    private static final long TURN_NS = 1_000;
    private static final long SHORT_PARK_NS = 100_000;
    private static final long LONG_PARK_NS = 10_000_000;
    private static final long EXPECTING_PARK_NS = 1_000_000;

    private final List<Long> parks = new ArrayList<>();
    private long nowNs;
    private final NetIdle idle = new NetIdle(Thread.currentThread(), () -> nowNs, this::park);

    private void park(long ns) {
        parks.add(ns);
        nowNs += ns;
    }

    /** Turns without work until so long has passed. */
    private void idleFor(long ns, boolean expecting) {
        final long endNs = nowNs + ns;
        while (nowNs < endNs) {
            nowNs += TURN_NS;
            idle.idle(0, expecting);
        }
    }

    @Test
    void shouldNotParkWhileAnAnswerIsDueSoon() {
        idleFor(200_000, true);

        assertThat(parks).isEmpty();
    }

    @Test
    void shouldParkForMomentsWhileAnAnswerTakesLonger() {
        idleFor(TimeUnit.MILLISECONDS.toNanos(1), true);

        assertThat(parks).isNotEmpty().containsOnly(1_000L);
    }

    @Test
    void shouldParkSoonWhenNothingIsDue() {
        idleFor(TimeUnit.MILLISECONDS.toNanos(500), false);

        assertThat(parks).isNotEmpty().containsOnly(SHORT_PARK_NS);
    }

    @Test
    void shouldParkLongerTheLongerNothingHappens() {
        idleFor(TimeUnit.SECONDS.toNanos(3), false);

        assertThat(parks).isSorted().last().isEqualTo(LONG_PARK_NS);
    }

    @Test
    void shouldLookEachMillisecondWhileALongPollWaits() {
        idleFor(TimeUnit.SECONDS.toNanos(3), true);

        assertThat(parks).last().isEqualTo(EXPECTING_PARK_NS);
        assertThat(parks).allMatch(ns -> ns <= EXPECTING_PARK_NS);
    }

    @Test
    void shouldBeginAnewAfterWorkAndWhenACallIsHandedOver() {
        idleFor(TimeUnit.SECONDS.toNanos(3), false);
        parks.clear();

        idle.idle(1, false);
        idleFor(SHORT_PARK_NS, false);
        assertThat(parks).containsOnly(SHORT_PARK_NS);
        parks.clear();

        idleFor(TimeUnit.SECONDS.toNanos(3), false);
        parks.clear();
        idle.wake();
        idle.idle(0, false);
        assertThat(parks).isEmpty();
        idleFor(SHORT_PARK_NS, false);
        assertThat(parks).containsOnly(SHORT_PARK_NS);
    }
}
