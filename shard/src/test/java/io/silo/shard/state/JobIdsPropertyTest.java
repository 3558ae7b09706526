package io.silo.shard.state;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.shard.Allocations;
import io.silo.shard.Seeds;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import org.agrona.collections.IntArrayList;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class JobIdsPropertyTest {
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);

    @Test
    void shouldReadBackEveryIdAsItWasAdded() {
        Seeds.forEach(10, seed -> {
            var random = new Random(seed);
            var model = new HashMap<Integer, String>();
            var refs = new IntArrayList();
            try (var strings = new BytesSlab(BytesSlab.BYTES_MAX)) {
                var ids = new JobIds(10_000, strings);
                for (int step = 0; step < 5_000; step++) {
                    if (refs.isEmpty() || random.nextInt(10) < 6) {
                        String id = anId(random);
                        int ref = ids.add(bytes(id), 0, id.length());
                        assertThat(model.put(ref, id)).isNull();
                        refs.addInt(ref);
                    } else {
                        int ref = refs.fastUnorderedRemove(random.nextInt(refs.size()));
                        assertThat(read(ids, ref)).isEqualTo(requireNonNull(model.remove(ref)));
                        ids.remove(ref);
                    }
                    String other = anId(random);
                    if (!refs.isEmpty()) {
                        int ref = refs.getInt(random.nextInt(refs.size()));
                        String own = requireNonNull(model.get(ref));
                        assertThat(ids.equals(ref, bytes("x" + own), 1, own.length()))
                                .isTrue();
                        assertThat(ids.equals(ref, bytes(other), 0, other.length()))
                                .isEqualTo(own.equals(other));
                    }
                }
                model.forEach((ref, id) -> assertThat(read(ids, ref)).isEqualTo(id));
                ids.close();
            }
        });
    }

    @Test
    void shouldKeepAUuidAs16Bytes() {
        try (var strings = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var ids = new JobIds(10_000, strings);
            var random = new Random(1);
            for (int i = 0; i < 2_048; i++) {
                String id = aUuid(random);
                ids.add(bytes(id), 0, id.length());
            }
            // And a bit a row that says it is live.
            assertThat(ids.bytes()).isEqualTo(2_048 * 16 + 2_048 / 8);
            assertThat(strings.count()).isZero();
            ids.close();
        }
    }

    /** What only looks like a UUID has to come back as it is: in upper case, with a dash or a digit out of place, of other length. */
    @Test
    void shouldKeepLookalikesApart() {
        String uuid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";
        try (var strings = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var ids = new JobIds(100, strings);
            int ref = ids.add(bytes(uuid), 0, uuid.length());
            for (int at = 0; at < uuid.length(); at++) {
                for (char character = 0; character < 128; character++) {
                    String other = uuid.substring(0, at) + character + uuid.substring(at + 1);
                    assertThat(ids.equals(ref, bytes(other), 0, other.length())).isEqualTo(other.equals(uuid));
                    int otherRef = ids.add(bytes(other), 0, other.length());
                    assertThat(read(ids, otherRef)).isEqualTo(other);
                    ids.remove(otherRef);
                }
            }
            ids.close();
        }
    }

    @Test
    void shouldNotAllocateInSteadyState() {
        try (var strings = new BytesSlab(BytesSlab.BYTES_MAX)) {
            var ids = new JobIds(100, strings);
            var uuid = bytes(aUuid(new Random(3)));
            Runnable churn = () -> {
                for (int i = 0; i < 100_000; i++) {
                    int ref = ids.add(uuid, 0, uuid.capacity());
                    ids.wrap(ref, view);
                    if (!ids.equals(ref, view, 0, view.capacity())) {
                        throw new AssertionError(i);
                    }
                    ids.remove(ref);
                }
            };
            churn.run();
            assertThat(Allocations.bytesDuring(churn)).isLessThan(1_024);
            ids.close();
        }
    }

    private static String anId(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> "job-" + random.nextInt(50);
            case 1 -> aUuid(random).toUpperCase(Locale.ROOT);
            case 2 -> aUuid(random).substring(random.nextInt(36));
            case 3 -> new UUID(0, random.nextInt(3)).toString();
            default -> aUuid(random);
        };
    }

    private static String aUuid(Random random) {
        return new UUID(random.nextLong(), random.nextLong()).toString();
    }

    private static UnsafeBuffer bytes(String id) {
        return new UnsafeBuffer(id.getBytes(StandardCharsets.US_ASCII));
    }

    private String read(JobIds ids, int ref) {
        ids.wrap(ref, view);
        return view.getStringWithoutLengthAscii(0, view.capacity());
    }
}
