package io.silo.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import net.openhft.hashing.LongHashFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tenants go to shards by this hash, so every bit of it is fixed for ever. */
class Xxh64Test {
    private static final long PRIME_32 = 2_654_435_761L;

    @ParameterizedTest
    @CsvSource({"'', ef46db3751d8e999", "a, d24ec4f1a98c6e5b", "abc, 44bc2cf5ad770999"})
    void shouldHashKnownText(String text, String expected) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

        assertThat(Long.toHexString(Xxh64.hash(new UnsafeBuffer(bytes), 0, bytes.length)))
                .isEqualTo(expected);
    }

    /** The sanity vectors of the reference implementation (xxHash 0.8.1, tests/sanity_test.c). */
    @ParameterizedTest
    @CsvSource({
        "0, 0, ef46db3751d8e999",
        "0, 2654435761, ac75fda2929b17ef",
        "1, 0, e934a84adb052768",
        "1, 2654435761, 5014607643a9b4c3",
        "4, 0, 9136a0dca57457ee",
        "14, 0, 8282dcc4994e35c8",
        "14, 2654435761, c3bd6bf63deb6df0",
        "222, 0, b641ae8cb691c174",
        "222, 2654435761, 20cb8ab7ae10c14a"
    })
    void shouldMatchTheReferenceVectors(int length, long seed, String expected) {
        final byte[] bytes = new byte[222];
        long generator = PRIME_32;
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (generator >>> 56);
            generator *= 0x9E3779B185EBCA8DL;
        }

        assertThat(Long.toHexString(Xxh64.hash(new UnsafeBuffer(bytes), 0, length, seed)))
                .isEqualTo(expected);
    }

    @Test
    void shouldAgreeWithAnotherImplementationAtEveryLengthAndOffset() {
        final Random random = new Random(20_240_517);
        for (int length = 0; length <= 200; length++) {
            for (int offset = 0; offset < 9; offset++) {
                final byte[] bytes = new byte[offset + length + 3];
                random.nextBytes(bytes);
                final long seed = random.nextLong();
                final UnsafeBuffer buffer = new UnsafeBuffer(bytes);

                assertThat(Xxh64.hash(buffer, offset, length))
                        .as("length %s offset %s", length, offset)
                        .isEqualTo(LongHashFunction.xx().hashBytes(bytes, offset, length));
                assertThat(Xxh64.hash(buffer, offset, length, seed))
                        .as("length %s offset %s seed %s", length, offset, seed)
                        .isEqualTo(LongHashFunction.xx(seed).hashBytes(bytes, offset, length));
            }
        }
    }

    @Test
    void shouldMixNumbersWithoutCollisionAndSpreadThem() {
        // The finish of the hash is a bijection; neighbours must still land in all parts of a table.
        final int[] buckets = new int[64];
        for (long value = 0; value < 64_000; value++) {
            buckets[(int) (Xxh64.mix(value) >>> 58)]++;
        }

        // 1,000 expected in each bucket; 200 is over six standard deviations.
        for (final int count : buckets) {
            assertThat(count).isBetween(800, 1_200);
        }
    }
}
