package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.protocol.Xxh64;
import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SlotIndexPropertyTest {
    @Test
    void shouldAgreeWithAMapUnderRandomPutsAndRemovals() {
        Seeds.forEach(12, seed -> {
            var random = new Random(seed);
            // Few distinct hashes make long runs of equal ones, many make splits; key i has slot i.
            long hashMask = seed % 4 == 0 ? 0x3FF : seed % 4 == 1 ? 0x7F_0000_0000L : -1L;
            int keys = 1 << (4 + random.nextInt(12));
            var index = new SlotIndex();
            var model = new HashMap<Integer, Long>();
            for (int step = 0; step < 60_000; step++) {
                int slot = random.nextInt(keys);
                long hash = Xxh64.mix(slot * 7L + seed) & hashMask;
                Long known = model.get(slot);
                assertThat(index.find(hash, s -> s == slot)).isEqualTo(known == null ? RowSlab.NULL_SLOT : slot);
                if (random.nextBoolean() && known == null) {
                    index.put(hash, slot);
                    model.put(slot, hash);
                } else {
                    assertThat(index.remove(hash, slot)).isEqualTo(known != null);
                    model.remove(slot);
                }
                assertThat(index.size()).isEqualTo(model.size());
            }
            checkAll(index, model);
        });
    }

    @Test
    void shouldWalkAllCandidatesOfAHash() {
        Seeds.forEach(20, seed -> {
            var random = new Random(seed);
            var index = new SlotIndex();
            var model = new HashMap<Long, List<Integer>>();
            for (int slot = 0; slot < 3_000; slot++) {
                long hash = Xxh64.mix(random.nextInt(500));
                index.put(hash, slot);
                model.computeIfAbsent(hash, h -> new ArrayList<>()).add(slot);
            }
            model.forEach((hash, slots) -> {
                var found = new ArrayList<Integer>();
                for (long c = index.firstCandidate(hash);
                        c != SlotIndex.NULL_CANDIDATE;
                        c = index.nextCandidate(hash, c)) {
                    found.add((int) c);
                }
                assertThat(found).containsExactlyInAnyOrderElementsOf(slots);
            });
        });
    }

    @Test
    void shouldMoveAtMostOneSegmentAPutAndHoldAMillionWithinThirteenBytesEach() {
        var index = new SlotIndex();
        for (int slot = 0; slot < 2_000_000; slot++) {
            index.put(Xxh64.mix(slot), slot);
            if (slot >= 100_000 && slot % 10_000 == 0) {
                assertThat(index.bytes() / (double) index.size()).isLessThan(slot < 1_000_000 ? 18.0 : 12.5);
            }
        }
        assertThat(index.movedMax()).isLessThanOrEqualTo(SlotIndex.PLACES_MAX);
        for (int slot = 0; slot < 2_000_000; slot += 997) {
            int wanted = slot;
            assertThat(index.find(Xxh64.mix(slot), s -> s == wanted)).isEqualTo(slot);
        }
    }

    @Test
    void shouldStayRightWhenHashesAgreeInAllButTheirLastBits() {
        // 5,000 keys in one leaf of the deepest directory: beyond what segments are made for.
        var index = new SlotIndex();
        var model = new HashMap<Integer, Long>();
        for (int slot = 0; slot < 5_000; slot++) {
            index.put(0x1234_5600L | slot & 0xF, slot);
            model.put(slot, 0x1234_5600L | slot & 0xF);
        }
        checkAll(index, model);
        var slots = new ArrayList<>(model.keySet());
        Collections.shuffle(slots, new Random(1));
        for (int slot : slots) {
            assertThat(index.remove(requireNonNull(model.remove(slot)), slot)).isTrue();
        }
        assertThat(index.size()).isZero();
    }

    @Test
    void shouldBeEmptyAndOfUseAfterItGaveItsMemoryBack() {
        var index = new SlotIndex();
        for (int round = 0; round < 3; round++) {
            for (int slot = 0; slot < 50_000; slot++) {
                index.put(Xxh64.mix(slot), slot);
            }
            assertThat(index.find(Xxh64.mix(49_999), slot -> slot == 49_999)).isEqualTo(49_999);
            index.close();
            assertThat(index.size()).isZero();
            assertThat(index.bytes()).isLessThan(2_048);
            assertThat(index.find(Xxh64.mix(49_999), slot -> true)).isEqualTo(RowSlab.NULL_SLOT);
            assertThat(index.remove(Xxh64.mix(49_999), 49_999)).isFalse();
        }
    }

    @Test
    void shouldRefuseANegativeSlot() {
        assertThatThrownBy(() -> new SlotIndex().put(1, -1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        var index = new SlotIndex();
        for (int slot = 0; slot < 100_000; slot++) {
            index.put(Xxh64.mix(slot), slot);
        }
        SlotIndex.KeyMatcher all = slot -> true;
        Runnable churn = () -> {
            for (int slot = 0; slot < 100_000; slot++) {
                long hash = Xxh64.mix(slot);
                if (index.find(hash, all) != slot || !index.remove(hash, slot)) {
                    throw new AssertionError(slot);
                }
                index.put(hash, slot);
            }
        };
        churn.run();
        assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
    }

    private static void checkAll(SlotIndex index, Map<Integer, Long> model) {
        assertThat(index.size()).isEqualTo(model.size());
        model.forEach(
                (slot, hash) -> assertThat(index.find(hash, s -> s == slot)).isEqualTo(slot));
    }
}
