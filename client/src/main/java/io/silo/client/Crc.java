package io.silo.client;

import io.silo.protocol.RejectReason;
import java.util.zip.CRC32C;

/** The checksum that travels with every payload and result. Stateless. */
final class Crc {
    private Crc() {}

    /**
     * Checks bytes that were read.
     *
     * @param crc CRC32C as an unsigned 32-bit number.
     * @throws SiloException {@code PAYLOAD_CORRUPT} if they are not what was written.
     */
    static void check(byte[] bytes, long crc, String what) {
        final CRC32C actual = new CRC32C();
        actual.update(bytes, 0, bytes.length);
        if (actual.getValue() != crc) {
            throw new SiloException(
                    RejectReason.PAYLOAD_CORRUPT,
                    "Expected the bytes of the " + what + " to have CRC32C " + Long.toHexString(crc)
                            + ", but they have " + Long.toHexString(actual.getValue()) + ".");
        }
    }
}
