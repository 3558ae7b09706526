package io.silo.server;

import io.silo.gateway.ServedNode;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.agrona.concurrent.ManyToManyConcurrentArrayQueue;
import org.jspecify.annotations.Nullable;

/**
 * What other threads want done on a shard thread, which does it between two duty cycles. Bounded by {@value #ORDERS_MAX}; each order is
 * answered within its time, done or not. One that was told to be late is not begun any more.
 */
final class Orders {
    /** Orders that wait at most: operators give them, by hand. */
    static final int ORDERS_MAX = 64;

    /** Longest wait for an answer. */
    static final long ANSWER_MS_MAX = 10_000;

    private final ManyToManyConcurrentArrayQueue<Order<?>> waiting = new ManyToManyConcurrentArrayQueue<>(ORDERS_MAX);
    private final long answerMsMax;
    private volatile boolean closed;

    private record Order<T>(Callable<T> call, CompletableFuture<T> answer) {
        void run() {
            if (answer.isDone()) {
                return;
            }
            try {
                answer.complete(call.call());
            } catch (Exception | Error failed) {
                // Told to who gave the order. The thread goes on: a shard closes itself on failures of its own.
                answer.completeExceptionally(failed);
            }
        }
    }

    Orders() {
        this(ANSWER_MS_MAX);
    }

    /** For tests. */
    Orders(long answerMsMax) {
        this.answerMsMax = answerMsMax;
    }

    /**
     * Gives an order. Any thread.
     *
     * @return what the call returned or threw; fails with {@link ServedNode.Refused} if it was not taken, or not done in its time.
     */
    <T> CompletableFuture<T> give(Callable<T> call) {
        final CompletableFuture<T> answer = new CompletableFuture<>();
        if (closed) {
            return CompletableFuture.failedFuture(stopped());
        }
        if (!waiting.offer(new Order<>(call, answer))) {
            return CompletableFuture.failedFuture(
                    new ServedNode.Refused(true, "Too many orders wait for the shard; try again shortly."));
        }
        if (closed) {
            // The thread may have looked for the last time just before.
            refuseAll();
        }
        return answer.orTimeout(answerMsMax, TimeUnit.MILLISECONDS).exceptionallyCompose(Orders::refusal);
    }

    private static <T> CompletableFuture<T> refusal(@Nullable Throwable failed) {
        return CompletableFuture.failedFuture(
                failed instanceof TimeoutException
                        ? new ServedNode.Refused(false, "The shard's thread did not take the order in time.")
                        : failed);
    }

    /** Does what was ordered, {@value #ORDERS_MAX} at most. Shard thread only; does not allocate while nothing was. Returns a work count. */
    int run() {
        int count = 0;
        Order<?> order = null;
        while (count < ORDERS_MAX && (order = waiting.poll()) != null) {
            order.run();
            count++;
        }
        return count;
    }

    /** Takes no more; those that wait are refused. Any thread. */
    void close() {
        closed = true;
        refuseAll();
    }

    private void refuseAll() {
        for (Order<?> order = waiting.poll(); order != null; order = waiting.poll()) {
            order.answer().completeExceptionally(stopped());
        }
    }

    private static ServedNode.Refused stopped() {
        return new ServedNode.Refused(false, "The shard's thread has stopped.");
    }
}
