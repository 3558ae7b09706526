package io.silo.gateway;

import java.util.HexFormat;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A shard as clients address it.
 *
 * @param id of the shard map.
 * @param rangeFirst lowest hash of a tenant in it, unsigned.
 * @param rangeLast highest, unsigned.
 * @param createdAtMs Unix epoch ms of its first opening; 0 = not known. Any thread.
 * @param storage what its log takes now; any thread.
 * @param compact orders that its log is cleaned of everything dead; tells whether the shard is open, so that it will be. Any thread; fails
 *     with {@link ServedNode.Refused}.
 */
public record ServedShard(
        UUID id,
        long rangeFirst,
        long rangeLast,
        LongSupplier createdAtMs,
        Supplier<Storage> storage,
        Supplier<CompletableFuture<Boolean>> compact) {
    /**
     * What a log takes.
     *
     * @param cycles files of it, the one that is written too.
     * @param bytes of the records in them.
     */
    public record Storage(long cycles, long bytes) {}

    private static final HexFormat HEX = HexFormat.of();

    boolean holds(long hash) {
        return holds(rangeFirst, rangeLast, hash);
    }

    static boolean holds(long rangeFirst, long rangeLast, long hash) {
        return Long.compareUnsigned(hash, rangeFirst) >= 0 && Long.compareUnsigned(hash, rangeLast) <= 0;
    }

    /** First hash as 16 hexadecimal digits; empty = from the lowest. */
    static String rangeStart(long rangeFirst) {
        return rangeFirst == 0 ? "" : HEX.toHexDigits(rangeFirst);
    }

    /** First hash behind the highest; empty = there is none. */
    static String rangeEnd(long rangeLast) {
        return rangeLast == -1 ? "" : HEX.toHexDigits(rangeLast + 1);
    }

    /** The range as messages show it. */
    String range() {
        return "[" + (rangeFirst == 0 ? "-∞" : rangeStart(rangeFirst)) + ", "
                + (rangeLast == -1 ? "+∞" : rangeEnd(rangeLast)) + ")";
    }
}
