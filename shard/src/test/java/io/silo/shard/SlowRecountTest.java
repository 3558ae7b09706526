package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.shard.TestClient.Item;
import io.silo.shard.state.Tampering;
import org.junit.jupiter.api.Test;

/** The recount of a shard in production. */
class SlowRecountTest {
    private final ShardHarness harness = new ShardHarness(1);
    private final TestClient client = new TestClient(harness, 1);

    private void enqueue(int count) {
        for (int i = 0; i < count; i++) {
            Item item = new Item("j" + i);
            item.limits.put("k" + i % 7, 3);
            client.enqueue(item);
        }
    }

    private void pass(int cycles) {
        for (int i = 0; i < cycles; i++) {
            harness.advance(1);
            harness.run();
        }
    }

    @Test
    void shouldLookAtEveryRowAgainAndAgain() {
        enqueue(300);
        client.lease("w", "g", 10, 0);
        long before = Tampering.recounts(harness.shard.view());
        for (int i = 0; i < 100; i++) {
            client.enqueue(new Item("more" + i));
            pass(1);
        }
        assertThat(Tampering.recounts(harness.shard.view())).isGreaterThan(before + 5);
    }

    @Test
    void shouldLookAtOneInSixteenWhereNothingHappens() {
        enqueue(300);
        pass(50);
        long before = Tampering.recounts(harness.shard.view());
        pass(800);
        // Of 50 slices 7 are a round, of jobs, limits and leases.
        assertThat(Tampering.recounts(harness.shard.view()) - before).isBetween(5L, 9L);
    }

    @Test
    void shouldStopTheShardWhenASlotIsHeldThatNobodyHas() {
        enqueue(300);
        pass(50);
        Tampering.hold(harness.shard.view(), 250);
        assertThatThrownBy(() -> pass(400)).cause().hasMessageContaining("a slot is held without a lease");
    }
}
