package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class InFlightTest {
    @Test
    void shouldFindEachIdOnceInAnyOrderAndNeverReuseOne() {
        final Random random = new Random(3);
        final InFlight inFlight = new InFlight(100);
        assertThat(inFlight.capacity()).isEqualTo(128);
        final List<Long> open = new ArrayList<>();
        final Set<Long> seen = new HashSet<>();
        for (int i = 0; i < 50_000; i++) {
            if (random.nextBoolean()) {
                final long id = inFlight.next();
                assertThat(id == InFlight.NONE).isEqualTo(open.size() == 128);
                if (id != InFlight.NONE) {
                    assertThat(id).isPositive();
                    assertThat(seen.add(id)).isTrue();
                    inFlight.add(id, i);
                    open.add(id);
                }
            } else if (!open.isEmpty()) {
                final long id = open.remove(random.nextInt(open.size()));
                assertThat(inFlight.remove(id)).isTrue();
                assertThat(inFlight.remove(id)).isFalse();
            }
            assertThat(inFlight.size()).isEqualTo(open.size());
        }
        assertThat(inFlight.remove(InFlight.NONE)).isFalse();
        assertThat(inFlight.remove(-5)).isFalse();
    }

    @Test
    void shouldTellWhatIsOverItsTime() {
        final InFlight inFlight = new InFlight(2);
        final long early = inFlight.next();
        inFlight.add(early, 10);
        final long late = inFlight.next();
        inFlight.add(late, 20);
        int expired = 0;
        for (int slot = 0; slot < inFlight.capacity(); slot++) {
            if (inFlight.isExpired(slot, 15)) {
                assertThat(inFlight.at(slot)).isEqualTo(early);
                expired++;
            }
        }
        assertThat(expired).isEqualTo(1);
    }
}
