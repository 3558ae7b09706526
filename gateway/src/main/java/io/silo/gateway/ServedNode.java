package io.silo.gateway;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The node whose shards a gateway speaks for.
 *
 * @param id told to clients.
 * @param shards that it owns.
 * @param map all shards and their owners as they are now, in the order of their ranges. Any thread, for each call that needs it.
 * @param resetShards deletes everything that they hold; tells how many serve afterwards, empty. Null = never. Any thread; fails with
 *     {@link Refused}.
 */
public record ServedNode(
        String id,
        List<ServedShard> shards,
        Supplier<List<MappedShard>> map,
        @Nullable Supplier<CompletableFuture<Integer>> resetShards) {
    /** Keeps a copy of the list. */
    public ServedNode {
        shards = List.copyOf(shards);
    }

    /** An order of an operator was not taken, or not done in its time. */
    public static final class Refused extends RuntimeException {
        private static final long serialVersionUID = 1;

        private final boolean isFull;

        /** @param isFull whether too many orders wait. */
        public Refused(boolean isFull, String sentence) {
            super(sentence);
            this.isFull = isFull;
        }

        /** Whether too many orders wait; else the node, or the shard, is busy or stops. */
        public boolean isFull() {
            return isFull;
        }
    }
}
