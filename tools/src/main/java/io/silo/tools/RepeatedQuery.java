package io.silo.tools;

import io.silo.client.SiloClient;
import io.silo.sql.QueryOptions;
import io.silo.sql.SqlEngine;
import io.silo.sql.SqlException;
import io.silo.sql.SqlResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Asks the same query once a second, from a thread of its own, whenever it is not paused. The first answer is awaited and not counted: it takes
 * the time of the planner.
 */
final class RepeatedQuery implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    /** An answer is overdue: a query's own time and as much again. */
    private static final long ANSWER_NS_MAX = TIMEOUT.toNanos() * 2;

    private final LongSupplier ask;
    private final long answerNsMax;
    private final Histogram tookUs = new Histogram(TimeUnit.MINUTES.toMicros(2), 3);
    private final Object lock = new Object();
    private final Thread thread;

    // All under the lock.
    private boolean paused = true;
    private boolean closed;
    private boolean asking;
    private long rows;
    private @Nullable RuntimeException failure;

    /**
     * What was seen.
     *
     * @param count answers.
     * @param rows of the last one.
     * @param p50Ms half of them were not slower.
     * @param maxMs the slowest one.
     */
    record Result(long count, long rows, double p50Ms, double maxMs) {}

    /**
     * @param client stays open for as long as this.
     * @throws SqlException if the query cannot be answered.
     */
    RepeatedQuery(SiloClient client, String sql) {
        this(asking(client, sql), ANSWER_NS_MAX);
    }

    /**
     * @param ask the query; returns how many rows it read.
     * @param answerNsMax after which {@link #pause} waits no longer for its answer.
     */
    RepeatedQuery(LongSupplier ask, long answerNsMax) {
        this.ask = ask;
        this.answerNsMax = answerNsMax;
        rows = ask.getAsLong();
        thread = new Thread(this::run, "silo-query");
        thread.setDaemon(true);
        thread.start();
    }

    private static LongSupplier asking(SiloClient client, String sql) {
        final SqlEngine engine = new SqlEngine();
        final QueryOptions options = QueryCommand.options(client, "", TIMEOUT);
        return () -> {
            long read = 0;
            try (SqlResult result = engine.query(sql, List.of(), options)) {
                while (result.next() != null) {
                    read++;
                }
            }
            return read;
        };
    }

    private void run() {
        try {
            long dueNs = 0;
            while (begin(dueNs)) {
                final long beginNs = System.nanoTime();
                final long read = ask.getAsLong();
                end(read, System.nanoTime() - beginNs);
                dueNs = beginNs + INTERVAL_NS;
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failed) {
            fail(failed);
        } finally {
            // An Error goes on to the thread's handler; who waits for an answer must not wait for it.
            fail(failed("The thread of the query has ended."));
        }
    }

    private static CommandFailure failed(String sentence) {
        return new CommandFailure(ExitCode.REFUSED, "LOAD_FAILED", sentence, "");
    }

    private void fail(RuntimeException cause) {
        synchronized (lock) {
            if (failure == null) {
                failure = cause;
            }
            asking = false;
            lock.notifyAll();
        }
    }

    /** Waits until it is time for the next one. Returns false if there is none. */
    private boolean begin(long dueNs) throws InterruptedException {
        synchronized (lock) {
            while (!closed) {
                final long waitNs = dueNs == 0 ? 0 : dueNs - System.nanoTime();
                if (!paused && waitNs <= 0) {
                    asking = true;
                    return true;
                }
                lock.wait(paused ? 0 : waitNs / 1_000_000 + 1);
            }
            return false;
        }
    }

    private void end(long read, long ns) {
        synchronized (lock) {
            rows = read;
            tookUs.recordValue(Math.min(ns / 1_000, tookUs.getHighestTrackableValue()));
            asking = false;
            lock.notifyAll();
        }
    }

    /** Asks from now on. */
    void resume() {
        synchronized (lock) {
            paused = false;
            lock.notifyAll();
        }
    }

    /**
     * Asks no more; returns once the last one is answered.
     *
     * @throws RuntimeException what the query failed with, or that its answer is overdue.
     */
    void pause() {
        final long beginNs = System.nanoTime();
        synchronized (lock) {
            paused = true;
            boolean interrupted = false;
            while (asking) {
                final long leftNs = answerNsMax - (System.nanoTime() - beginNs);
                if (leftNs <= 0) {
                    fail(failed("The query was not answered in time."));
                    break;
                }
                try {
                    lock.wait(leftNs / 1_000_000 + 1);
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            if (failure != null) {
                throw failure;
            }
        }
    }

    Result result() {
        synchronized (lock) {
            return new Result(
                    tookUs.getTotalCount(), rows, tookUs.getValueAtPercentile(50) / 1e3, tookUs.getMaxValue() / 1e3);
        }
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
            lock.notifyAll();
        }
        thread.interrupt();
    }
}
