package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.util.HashMap;
import java.util.Random;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class BytesSlabPropertyTest {
    @Test
    void shouldKeepEveryStringUnderRandomAddsAndRemovals() {
        Seeds.forEach(10, seed -> {
            var random = new Random(seed);
            int lengthMax = 1 + random.nextInt(BytesSlab.LENGTH_MAX);
            var model = new HashMap<Integer, byte[]>();
            var refs = new IntArrayList();
            try (var slab = new BytesSlab(seed % 2 == 0 ? BytesSlab.BYTES_MAX : 1 << 26)) {
                for (int step = 0; step < 20_000; step++) {
                    // Waves, so that chunks empty and change their row size.
                    boolean isGrowing = step / 4_000 % 2 == 0;
                    if (refs.isEmpty() || random.nextInt(10) < (isGrowing ? 7 : 2)) {
                        byte[] bytes = new byte[random.nextInt(lengthMax + 1)];
                        random.nextBytes(bytes);
                        int ref = slab.add(new UnsafeBuffer(bytes), 0, bytes.length);
                        assertThat(ref).isNotNegative();
                        assertThat(model.put(ref, bytes)).isNull();
                        refs.addInt(ref);
                    } else {
                        int ref = refs.fastUnorderedRemove(random.nextInt(refs.size()));
                        check(slab, ref, requireNonNull(model.remove(ref)));
                        slab.remove(ref);
                        assertThatThrownBy(() -> slab.remove(ref)).isInstanceOf(IllegalStateException.class);
                    }
                }
                assertThat(slab.count()).isEqualTo(model.size());
                model.forEach((ref, bytes) -> check(slab, ref, bytes));
                refs.forEach(slab::remove);
                assertThat(slab.usedBytes()).isZero();
                assertThat(slab.count()).isZero();
            }
        });
    }

    @Test
    void shouldKeepEveryLength() {
        try (var slab = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var source = new UnsafeBuffer(new byte[BytesSlab.LENGTH_MAX + 3]);
            source.setMemory(0, source.capacity(), (byte) 0xFF);
            for (int length = 0; length <= BytesSlab.LENGTH_MAX; length++) {
                int ref = slab.add(source, 3, length);
                assertThat(slab.length(ref)).isEqualTo(length);
                assertThat(slab.equals(ref, source, 1, length)).isTrue();
            }
            assertThatThrownBy(() -> slab.add(source, 0, BytesSlab.LENGTH_MAX + 1))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> slab.add(source, 0, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void shouldReuseEmptiedChunksForOtherLengths() {
        try (var slab = new BytesSlab(4 * BytesSlab.BYTES_MIN)) {
            var source = new UnsafeBuffer(new byte[BytesSlab.LENGTH_MAX]);
            for (int length : new int[] {36, 1_024, 0, 7, 8, 500}) {
                var refs = new IntArrayList();
                while (slab.canAdd(length)) {
                    refs.addInt(slab.add(source, 0, length));
                }
                assertThatThrownBy(() -> slab.add(source, 0, length)).isInstanceOf(IllegalStateException.class);
                int rowBytes = (length + 8) / 8 * 8;
                assertThat(refs).hasSize(4 * (BytesSlab.BYTES_MIN / rowBytes));
                refs.forEach(slab::remove);
            }
            assertThat(slab.bytes()).isEqualTo(4 * BytesSlab.BYTES_MIN);
        }
    }

    @Test
    void shouldGrowBySmallChunksWhenItsBoundIsSmall() {
        assertThat(new BytesSlab(1L << 60).chunkBytes()).isEqualTo(1 << 17);
        assertThat(new BytesSlab(1L << 32).chunkBytes()).isEqualTo(1 << 16);
        assertThat(new BytesSlab((1L << 32) + 1).chunkBytes()).isEqualTo(1 << 17);
        assertThat(new BytesSlab(BytesSlab.BYTES_MIN).chunkBytes()).isEqualTo(1 << 13);
        assertThatThrownBy(() -> new BytesSlab(BytesSlab.BYTES_MIN - 1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldFillTheGapsOfFullChunksBeforeItGrows() {
        try (var slab = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var source = new UnsafeBuffer(new byte[36]);
            int rowsPerChunk = slab.chunkBytes() / 40;
            var refs = new IntArrayList();
            for (int i = 0; i < 5 * rowsPerChunk; i++) {
                refs.addInt(slab.add(source, 0, 36));
            }
            assertThat(slab.bytes()).isEqualTo(5L * slab.chunkBytes());
            for (int i = 0; i < refs.size(); i += 3) {
                slab.remove(refs.getInt(i));
            }
            for (int i = 0; i < refs.size(); i += 3) {
                slab.add(source, 0, 36);
            }
            assertThat(slab.bytes()).isEqualTo(5L * slab.chunkBytes());
        }
    }

    @Test
    void shouldTakeAtMostEightBytesBesideAString() {
        try (var slab = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var source = new UnsafeBuffer(new byte[36]);
            for (int i = 0; i < 100_000; i++) {
                slab.add(source, 0, 36);
            }
            assertThat(slab.usedBytes()).isEqualTo(100_000 * 40);
            assertThat(slab.bytes()).isLessThan(slab.usedBytes() + 2L * slab.chunkBytes());
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        try (var slab = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var source = new UnsafeBuffer(new byte[128]);
            var view = new UnsafeBuffer(0, 0);
            Runnable churn = () -> {
                for (int i = 0; i < 100_000; i++) {
                    int ref = slab.add(source, 0, i & 127);
                    slab.wrap(ref, view);
                    if (!slab.equals(ref, view, 0, i & 127)) {
                        throw new AssertionError(i);
                    }
                    slab.remove(ref);
                }
            };
            churn.run();
            assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
        }
    }

    private static void check(BytesSlab slab, int ref, byte[] bytes) {
        assertThat(slab.length(ref)).isEqualTo(bytes.length);
        assertThat(slab.equals(ref, new UnsafeBuffer(bytes), 0, bytes.length)).isTrue();
        var view = new UnsafeBuffer(0, 0);
        slab.wrap(ref, view);
        byte[] copy = new byte[view.capacity()];
        view.getBytes(0, copy);
        assertThat(copy).isEqualTo(bytes);
        if (bytes.length > 0) {
            byte[] other = bytes.clone();
            other[bytes.length / 2] ^= 1;
            assertThat(slab.equals(ref, new UnsafeBuffer(other), 0, other.length))
                    .isFalse();
            assertThat(slab.equals(ref, new UnsafeBuffer(bytes), 0, bytes.length - 1))
                    .isFalse();
        }
    }
}
