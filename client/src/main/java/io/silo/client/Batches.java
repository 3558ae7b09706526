package io.silo.client;

import io.silo.protocol.Bounds;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/** Splits what does not fit one message, and puts the answers into the order of the items. Stateless. */
final class Batches {
    // The message's own block and the groups' headers; the rest is counted item by item.
    private static final int OVERHEAD_BYTES = 256;

    /** Bytes of items that one message holds. */
    static final int ROOM_BYTES = Bounds.MESSAGE_BYTES_MAX - OVERHEAD_BYTES;

    private Batches() {}

    /**
     * Sends items in as few messages as they fit.
     *
     * @param key what the items of one message have in common.
     * @param length bytes of an item in a message.
     * @param itemsMax items of one message.
     * @param sender answers one result an item, in order.
     */
    @SuppressWarnings("unchecked")
    static <I, R> CompletableFuture<List<R>> send(
            List<I> items,
            Function<I, ?> key,
            ToIntFunction<I> length,
            int itemsMax,
            Function<List<I>, CompletableFuture<List<R>>> sender) {
        final List<List<Integer>> batches = split(items, key, length, itemsMax);
        if (batches.size() == 1) {
            return sender.apply(items);
        }
        final R[] results = (R[]) new Object[items.size()];
        final List<CompletableFuture<?>> sent = new ArrayList<>(batches.size());
        for (final List<Integer> batch : batches) {
            sent.add(sender.apply(batch.stream().map(items::get).toList()).thenAccept(answers -> {
                for (int i = 0; i < answers.size(); i++) {
                    results[batch.get(i)] = answers.get(i);
                }
            }));
        }
        return CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]))
                .thenApply(done -> Arrays.asList(results));
    }

    /** Places of the items, message by message. */
    static <I> List<List<Integer>> split(List<I> items, Function<I, ?> key, ToIntFunction<I> length, int itemsMax) {
        final Map<Object, List<Integer>> open = new HashMap<>();
        final Map<Object, Integer> lengths = new HashMap<>();
        final List<List<Integer>> batches = new ArrayList<>();
        for (int place = 0; place < items.size(); place++) {
            final I item = items.get(place);
            final Object of = key.apply(item);
            final int own = length.applyAsInt(item);
            final int sum = lengths.getOrDefault(of, 0) + own;
            List<Integer> batch = open.get(of);
            if (batch == null || batch.size() == itemsMax || sum > ROOM_BYTES) {
                batch = new ArrayList<>();
                open.put(of, batch);
                batches.add(batch);
                lengths.put(of, own);
            } else {
                lengths.put(of, sum);
            }
            batch.add(place);
        }
        return batches;
    }
}
