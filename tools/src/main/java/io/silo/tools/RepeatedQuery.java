package io.silo.tools;

import io.silo.client.SiloClient;
import io.silo.sql.QueryOptions;
import io.silo.sql.SqlEngine;
import io.silo.sql.SqlException;
import io.silo.sql.SqlResult;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Asks the same query once a second, from a thread of its own, whenever it is not paused. The first answer is awaited and not counted: it takes
 * the time of the planner.
 */
final class RepeatedQuery implements AutoCloseable {
    private static final long INTERVAL_NS = TimeUnit.SECONDS.toNanos(1);

    private static final Duration TIMEOUT = Duration.ofSeconds(60);

    private final SqlEngine engine = new SqlEngine();
    private final QueryOptions options;
    private final String sql;
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
        this.options = QueryCommand.options(client, "", TIMEOUT);
        this.sql = sql;
        ask();
        thread = new Thread(this::run, "silo-query");
        thread.setDaemon(true);
        thread.start();
    }

    private long ask() {
        long read = 0;
        try (SqlResult result = engine.query(sql, List.of(), options)) {
            while (result.next() != null) {
                read++;
            }
        }
        return read;
    }

    private void run() {
        try {
            long dueNs = 0;
            while (begin(dueNs)) {
                final long beginNs = System.nanoTime();
                final long read = ask();
                end(read, System.nanoTime() - beginNs);
                dueNs = beginNs + INTERVAL_NS;
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException failed) {
            synchronized (lock) {
                failure = failed;
                asking = false;
                lock.notifyAll();
            }
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
     * @throws RuntimeException what the query failed with.
     */
    void pause() {
        synchronized (lock) {
            paused = true;
            boolean interrupted = false;
            while (asking) {
                try {
                    lock.wait();
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
