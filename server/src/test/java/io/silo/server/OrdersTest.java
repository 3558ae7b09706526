package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.gateway.ServedNode;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OrdersTest {
    private static ServedNode.Refused refusal(CompletableFuture<?> answer) {
        final ExecutionException failed =
                catchThrowableOfType(ExecutionException.class, () -> answer.get(30, TimeUnit.SECONDS));
        assertThat(failed).isNotNull();
        assertThat(failed.getCause()).isInstanceOf(ServedNode.Refused.class);
        return (ServedNode.Refused) failed.getCause();
    }

    @Test
    void shouldRunOrdersInTurnOnTheThreadThatRunsThem() throws Exception {
        final Orders orders = new Orders();
        final List<String> done = new ArrayList<>();
        final CompletableFuture<String> first = orders.give(() -> {
            done.add("first");
            return Thread.currentThread().getName();
        });
        final CompletableFuture<Boolean> second = orders.give(() -> done.add("second"));
        assertThat(first).isNotDone();
        assertThat(done).isEmpty();
        assertThat(orders.run()).isEqualTo(2);
        assertThat(first.get(30, TimeUnit.SECONDS))
                .isEqualTo(Thread.currentThread().getName());
        assertThat(second.get(30, TimeUnit.SECONDS)).isTrue();
        assertThat(done).containsExactly("first", "second");
        assertThat(orders.run()).isZero();
    }

    @Test
    void shouldTellWhatAnOrderThrewAndGoOn() throws Exception {
        final Orders orders = new Orders();
        final CompletableFuture<Integer> wrong = orders.give(() -> {
            throw new IllegalStateException("wrong");
        });
        final CompletableFuture<Integer> right = orders.give(() -> 1);
        assertThat(orders.run()).isEqualTo(2);
        assertThat(catchThrowableOfType(ExecutionException.class, () -> wrong.get(30, TimeUnit.SECONDS)))
                .hasRootCauseMessage("wrong");
        assertThat(right.get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void shouldRefuseOrdersBeyondItsBound() {
        final Orders orders = new Orders();
        final AtomicInteger done = new AtomicInteger();
        for (int i = 0; i < Orders.ORDERS_MAX; i++) {
            assertThat(orders.give(done::incrementAndGet)).isNotDone();
        }
        assertThat(refusal(orders.give(done::incrementAndGet)).isFull()).isTrue();
        assertThat(orders.run()).isEqualTo(Orders.ORDERS_MAX);
        assertThat(done).hasValue(Orders.ORDERS_MAX);
        assertThat(orders.give(done::incrementAndGet)).isNotDone();
    }

    @Test
    void shouldNotBeginAnOrderThatWasToldToBeLate() {
        final Orders orders = new Orders(20);
        final AtomicInteger done = new AtomicInteger();
        final ServedNode.Refused late = refusal(orders.give(done::incrementAndGet));
        assertThat(late.isFull()).isFalse();
        assertThat(late).hasMessage("The shard's thread did not take the order in time.");
        orders.run();
        assertThat(done).hasValue(0);
    }

    @Test
    void shouldRefuseWhatWaitsAndWhatComesOnceItIsClosed() {
        final Orders orders = new Orders();
        final CompletableFuture<Integer> waits = orders.give(() -> 1);
        orders.close();
        for (CompletableFuture<?> answer : List.of(waits, orders.give(() -> 1))) {
            assertThat(refusal(answer)).hasMessage("The shard's thread has stopped.");
        }
        assertThat(orders.run()).isZero();
    }

    /** Whoever gives an order while the thread ends is answered. */
    @Test
    void shouldAnswerEveryOrderThatMeetsTheEnd() throws Exception {
        for (int round = 0; round < 2_000; round++) {
            final Orders orders = new Orders();
            final CountDownLatch begun = new CountDownLatch(1);
            final Thread ends = new Thread(() -> {
                begun.countDown();
                orders.run();
                orders.close();
            });
            ends.start();
            begun.await();
            final CompletableFuture<Integer> answer = orders.give(() -> 1);
            ends.join();
            assertThat(answer).as("round %s", round).isDone();
        }
    }
}
