package io.silo.simulation.model;

import java.util.zip.CRC32C;

/** CRC32C of payloads and results. Stateless. */
final class Checksum {
    private Checksum() {}

    static long of(String bytes) {
        final CRC32C crc = new CRC32C();
        crc.update(Text.bytes(bytes));
        return crc.getValue();
    }
}
