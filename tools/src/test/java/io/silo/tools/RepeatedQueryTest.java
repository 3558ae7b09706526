package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class RepeatedQueryTest {
    private static final long LONG_NS = TimeUnit.MINUTES.toNanos(1);

    private final CountDownLatch asked = new CountDownLatch(1);
    private final AtomicInteger asks = new AtomicInteger();

    /** The first answer is the one that is not counted. */
    private LongSupplier thenFor(LongSupplier later) {
        return () -> {
            if (asks.incrementAndGet() == 1) {
                return 3;
            }
            asked.countDown();
            return later.getAsLong();
        };
    }

    @Test
    void shouldCountWhatWasAskedBetweenResumeAndPause() throws InterruptedException {
        try (RepeatedQuery query = new RepeatedQuery(thenFor(() -> 7), LONG_NS)) {
            query.pause();
            assertThat(query.result().count()).isZero();
            query.resume();
            asked.await();
            query.pause();
            assertThat(query.result().count()).isEqualTo(1);
            assertThat(query.result().rows()).isEqualTo(7);
        }
    }

    @Test
    void shouldTellWhatTheQueryFailedWith() throws InterruptedException {
        LongSupplier failing = thenFor(() -> {
            throw new IllegalArgumentException("no such table");
        });
        try (RepeatedQuery query = new RepeatedQuery(failing, LONG_NS)) {
            query.resume();
            asked.await();
            assertThatThrownBy(query::pause).hasMessage("no such table");
        }
    }

    @Test
    void shouldNotWaitForAThreadThatDied() throws InterruptedException {
        LongSupplier dying = thenFor(() -> {
            Thread.currentThread().setUncaughtExceptionHandler((thread, error) -> {});
            throw new StackOverflowError();
        });
        try (RepeatedQuery query = new RepeatedQuery(dying, LONG_NS)) {
            query.resume();
            asked.await();
            assertThatThrownBy(query::pause)
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageContaining("thread of the query has ended");
        }
    }

    @Test
    void shouldNotWaitForAnAnswerThatIsOverdue() throws InterruptedException {
        CountDownLatch held = new CountDownLatch(1);
        LongSupplier slow = thenFor(() -> {
            try {
                held.await();
            } catch (InterruptedException closed) {
                Thread.currentThread().interrupt();
            }
            return 0;
        });
        try (RepeatedQuery query = new RepeatedQuery(slow, TimeUnit.MILLISECONDS.toNanos(20))) {
            query.resume();
            asked.await();
            assertThatThrownBy(query::pause)
                    .isInstanceOf(CommandFailure.class)
                    .hasMessageContaining("not answered in time");
        } finally {
            held.countDown();
        }
    }
}
