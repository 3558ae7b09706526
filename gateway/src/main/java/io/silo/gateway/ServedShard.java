package io.silo.gateway;

import java.util.HexFormat;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * A shard as clients address it.
 *
 * @param id of the shard map.
 * @param rangeFirst lowest hash of a tenant in it, unsigned.
 * @param rangeLast highest, unsigned.
 * @param storage what its log takes now; any thread.
 */
public record ServedShard(UUID id, long rangeFirst, long rangeLast, Supplier<Storage> storage) {
    /**
     * What a log takes.
     *
     * @param cycles files of it, the one that is written too.
     * @param bytes of the records in them.
     */
    public record Storage(long cycles, long bytes) {}

    private static final HexFormat HEX = HexFormat.of();

    boolean holds(long hash) {
        return Long.compareUnsigned(hash, rangeFirst) >= 0 && Long.compareUnsigned(hash, rangeLast) <= 0;
    }

    /** First hash as 16 hexadecimal digits; empty = from the lowest. */
    String rangeStart() {
        return rangeFirst == 0 ? "" : HEX.toHexDigits(rangeFirst);
    }

    /** First hash behind the shard; empty = to the highest. */
    String rangeEnd() {
        return rangeLast == -1 ? "" : HEX.toHexDigits(rangeLast + 1);
    }

    /** The range as messages show it. */
    String range() {
        return "[" + (rangeFirst == 0 ? "-∞" : rangeStart()) + ", " + (rangeLast == -1 ? "+∞" : rangeEnd()) + ")";
    }
}
