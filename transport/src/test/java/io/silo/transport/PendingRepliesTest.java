package io.silo.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class PendingRepliesTest {
    private static final int BOUND = 1 << 16;

    /** Against a queue of arrays: what comes out is what went in, and only the bound refuses. */
    @Test
    void shouldKeepOrderAndBytesWhateverComesAndGoes() {
        final long seed = 11;
        final Random random = new Random(seed);
        final BufferPool pool = new BufferPool(BOUND, 4L * BOUND);
        final PendingReplies pending = new PendingReplies(pool);
        final ArrayDeque<byte[]> model = new ArrayDeque<>();
        int refused = 0;
        for (int i = 0; i < 20_000; i++) {
            if (random.nextInt(5) < 3) {
                final byte[] reply = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 20_000 : 300)];
                random.nextBytes(reply);
                if (pending.add(new UnsafeBuffer(reply), 0, reply.length)) {
                    model.add(reply);
                } else {
                    refused++;
                    assertThat(pending.sizeBytes() + reply.length + 8)
                            .as("seed %d", seed)
                            .isGreaterThan(BOUND);
                }
            } else if (!model.isEmpty()) {
                final byte[] expected = model.remove();
                final byte[] actual = new byte[pending.firstLength()];
                pending.buffer().getBytes(pending.firstOffset(), actual);
                assertThat(actual).as("seed %d", seed).isEqualTo(expected);
                pending.removeFirst();
            }
            assertThat(pending.isEmpty()).isEqualTo(model.isEmpty());
            assertThat(pool.bytesInUse()).isLessThanOrEqualTo(BOUND);
        }
        assertThat(refused).isPositive();
        pending.clear();
        assertThat(pool.bytesInUse()).isZero();
    }

    @Test
    void shouldBoundAllSessionsTogether() {
        final BufferPool pool = new BufferPool(BOUND, 2L * BOUND);
        final UnsafeBuffer reply = new UnsafeBuffer(new byte[BOUND - 8]);
        final PendingReplies first = new PendingReplies(pool);
        final PendingReplies second = new PendingReplies(pool);
        final PendingReplies third = new PendingReplies(pool);
        assertThat(first.add(reply, 0, reply.capacity())).isTrue();
        assertThat(second.add(reply, 0, reply.capacity())).isTrue();
        assertThat(third.add(reply, 0, 10)).isFalse();
        first.removeFirst();
        assertThat(third.add(reply, 0, 10)).isTrue();
    }
}
