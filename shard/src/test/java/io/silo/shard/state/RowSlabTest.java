package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class RowSlabTest {
    @Test
    void shouldKeepEachRowApartFromItsNeighbours() {
        Seeds.forEach(20, seed -> {
            var random = new Random(seed);
            int rowsPerChunk = 1 << random.nextInt(9);
            var model = new TreeMap<Integer, Long>();
            try (var slab = new RowSlab(24, rowsPerChunk, 2_000)) {
                for (int step = 0; step < 5_000; step++) {
                    if (model.isEmpty() || random.nextInt(5) < 3 && model.size() < 1_000) {
                        int slot = slab.allocate();
                        assertThat(slab.getLong(slot, 0) | slab.getLong(slot, 8) | slab.getLong(slot, 16))
                                .isZero();
                        write(slab, slot, step);
                        assertThat(model.put(slot, (long) step)).isNull();
                    } else {
                        int slot = any(model, random);
                        check(slab, slot, requireNonNull(model.remove(slot)));
                        slab.free(slot);
                        assertThat(slab.isLive(slot)).isFalse();
                    }
                }
                assertThat(slab.count()).isEqualTo(model.size());
                model.forEach((slot, value) -> check(slab, slot, value));
                assertThat(scan(slab)).containsExactlyElementsOf(model.keySet());
            }
        });
    }

    @Test
    void shouldFindNextLiveInsideTheSliceOnly() {
        try (var slab = new RowSlab(8, 256, 1_000)) {
            for (int i = 0; i < 600; i++) {
                assertThat(slab.allocate()).isEqualTo(i);
            }
            for (int i = 0; i < 600; i++) {
                if (i != 130 && i != 599) {
                    slab.free(i);
                }
            }
            assertThat(slab.nextLive(0, 130)).isEqualTo(RowSlab.NULL_SLOT);
            assertThat(slab.nextLive(0, 131)).isEqualTo(130);
            assertThat(slab.nextLive(131, Integer.MAX_VALUE)).isEqualTo(599);
            assertThat(slab.nextLive(600, Integer.MAX_VALUE)).isEqualTo(RowSlab.NULL_SLOT);
            assertThat(slab.nextLive(-5, 200)).isEqualTo(130);
        }
    }

    @Test
    void shouldRefuseMoreRowsThanItsBound() {
        try (var slab = new RowSlab(8, 4, 6)) {
            for (int i = 0; i < 6; i++) {
                slab.allocate();
            }
            assertThatThrownBy(slab::allocate).isInstanceOf(IllegalStateException.class);
            slab.free(3);
            assertThat(slab.allocate()).isEqualTo(3);
        }
    }

    @Test
    void shouldRefuseToFreeARowTwice() {
        try (var slab = new RowSlab(8, 4, 6)) {
            int slot = slab.allocate();
            slab.free(slot);
            assertThatThrownBy(() -> slab.free(slot)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> slab.free(-1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> slab.free(Integer.MAX_VALUE)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void shouldRefuseShapesThatDoNotFit() {
        assertThatThrownBy(() -> new RowSlab(12, 4, 6)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RowSlab(8, 3, 6)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RowSlab(8, 4, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RowSlab(8, 4, Integer.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new RowSlab(1 << 20, 1 << 20, 6)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldHoldOneBitARowBesideTheRows() {
        try (var slab = new RowSlab(64, 1_024, 10_000)) {
            slab.allocate();
            assertThat(slab.bytes()).isEqualTo(1_024 * 64 + 1_024 / 8);
            assertThat(slab.chunkCount()).isEqualTo(1);
            assertThat(slab.capacity()).isEqualTo(1_024);
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        try (var slab = new RowSlab(64, 1_024, 10_000)) {
            Runnable churn = () -> {
                for (int i = 0; i < 100_000; i++) {
                    int slot = slab.allocate();
                    slab.putLong(slot, 8, i);
                    slab.free(slot);
                }
            };
            churn.run();
            assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
        }
    }

    private static void write(RowSlab slab, int slot, long value) {
        slab.putLong(slot, 0, value * 31);
        slab.putInt(slot, 8, (int) value);
        slab.putShort(slot, 12, (short) value);
        slab.putByte(slot, 14, (byte) value);
        slab.putLong(slot, 16, ~value);
    }

    private static void check(RowSlab slab, int slot, long value) {
        assertThat(slab.getLong(slot, 0)).isEqualTo(value * 31);
        assertThat(slab.getInt(slot, 8)).isEqualTo((int) value);
        assertThat(slab.getShort(slot, 12)).isEqualTo((short) value);
        assertThat(slab.getByte(slot, 14)).isEqualTo((byte) value);
        assertThat(slab.getLong(slot, 16)).isEqualTo(~value);
    }

    private static int any(NavigableMap<Integer, Long> model, Random random) {
        Integer key = model.ceilingKey(random.nextInt(model.lastKey() + 1));
        return key == null ? model.firstKey() : key;
    }

    private static List<Integer> scan(RowSlab slab) {
        var slots = new ArrayList<Integer>();
        int slot = slab.nextLive(0, slab.slotEnd());
        while (slot != RowSlab.NULL_SLOT) {
            slots.add(slot);
            slot = slab.nextLive(slot + 1, slab.slotEnd());
        }
        return slots;
    }
}
