package io.silo.shard.state;

import java.util.Arrays;

/** Bytes of each tenant's jobs that have not ended, by the tenant's number. Shard thread only. */
final class TenantBytes {
    /** Tenants per chunk; growth copies only the table of chunks. */
    private static final int CHUNK = 4_096;

    private long[][] bytes = new long[0][];

    void add(int tenant, long change) {
        final int chunk = tenant / CHUNK;
        while (chunk >= bytes.length) {
            bytes = Arrays.copyOf(bytes, bytes.length + 1);
            bytes[bytes.length - 1] = new long[CHUNK];
        }
        bytes[chunk][tenant % CHUNK] += change;
    }

    /** @param tenant -1 = one that is not known. */
    long of(int tenant) {
        return tenant >= 0 && tenant / CHUNK < bytes.length ? bytes[tenant / CHUNK][tenant % CHUNK] : 0;
    }

    /** Bytes held here. */
    long bytes() {
        return (long) bytes.length * CHUNK * Long.BYTES;
    }
}
