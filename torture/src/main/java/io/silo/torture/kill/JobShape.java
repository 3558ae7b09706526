package io.silo.torture.kill;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.SplittableRandom;
import java.util.zip.CRC32C;

/**
 * What the job of a number is enqueued with: parent and child draw the same, so that the number says all.
 *
 * @param payloadBytes above {@link #INLINE_BYTES} it is uploaded in parts.
 * @param leaseMs {@link #LONG_LEASE_MS}, or so short that leases expire while the child runs.
 * @param limit number of its limit key; -1 = none.
 */
record JobShape(long number, int payloadBytes, int retries, int leaseMs, int priority, int limit) {
    static final int INLINE_BYTES = 16 * 1024;
    static final int LONG_LEASE_MS = 3_600_000;
    static final int LIMIT_KEYS = 4;

    /** Numbers with this remainder are large. */
    private static final long LARGE_EVERY = 64;

    private static final int SHORT_LEASE_MS = 120;

    static JobShape of(long number) {
        final SplittableRandom random = new SplittableRandom(number * 31);
        final int payloadBytes = isLarge(number)
                ? INLINE_BYTES + 1 + random.nextInt(80_000)
                : random.nextInt(random.nextInt(8) == 0 ? 9_000 : 600);
        return new JobShape(
                number,
                payloadBytes,
                random.nextInt(3),
                random.nextInt(8) == 0 ? SHORT_LEASE_MS : LONG_LEASE_MS,
                random.nextInt(3),
                random.nextInt(4) == 0 ? random.nextInt(LIMIT_KEYS) : -1);
    }

    static boolean isLarge(long number) {
        return number % LARGE_EVERY == 0;
    }

    boolean isShort() {
        return leaseMs != LONG_LEASE_MS;
    }

    byte[] payload() {
        final byte[] bytes = new byte[payloadBytes];
        final SplittableRandom random = new SplittableRandom(~number);
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) random.nextInt();
        }
        return bytes;
    }

    static int crc(byte[] bytes) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        return (int) crc.getValue();
    }

    static String id(long number) {
        return "j" + number;
    }

    static byte[] result(long number, long attempt) {
        return ("r" + number + "-" + attempt).getBytes(US_ASCII);
    }

    static String limitKey(int limit) {
        return "limit" + limit;
    }
}
