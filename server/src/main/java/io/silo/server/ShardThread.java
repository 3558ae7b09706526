package io.silo.server;

import io.aeron.Aeron;
import io.silo.shard.ShardAgent;
import io.silo.transport.AeronIngress;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.agrona.concurrent.Agent;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the duty cycle of a shard thread until it is stopped. Not Agrona's runner: that interrupts a thread that is slow to stop,
 * and an interrupt in the middle of a sync closes the log's file.
 */
final class ShardThread {
    private static final Logger LOGGER = LoggerFactory.getLogger(ShardThread.class);

    /** A failing duty cycle is reported once in this time, not ten thousand times a second. */
    private static final long REPORT_INTERVAL_NS = TimeUnit.SECONDS.toNanos(10);

    private final Agent agent;
    private final AeronIngress ingress;
    private final Supplier<Aeron> aeron;
    private final Runnable renewLeases;
    private final DecayingIdleStrategy idle = DecayingIdleStrategy.ofShards();
    private final Orders orders = new Orders();
    private final CountDownLatch firstCycle = new CountDownLatch(1);
    private final Thread thread;
    private volatile boolean running = true;
    private long nextReportNs;
    private boolean isLost;

    /**
     * @param aeron the client of the driver that works now; asked again when the ingress has lost its own.
     * @param renewLeases called when nobody can reach the shards, and when they can again.
     */
    ShardThread(String name, Agent agent, AeronIngress ingress, Supplier<Aeron> aeron, Runnable renewLeases) {
        this.agent = agent;
        this.ingress = ingress;
        this.aeron = aeron;
        this.renewLeases = renewLeases;
        this.thread = new Thread(this::run, name);
    }

    /** Starts and waits for the first duty cycle: from then on calls are answered. */
    void start() {
        thread.start();
        try {
            firstCycle.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        nextReportNs = System.nanoTime();
        while (running) {
            int work = 0;
            try {
                work = agent.doWork();
                work += orders.run();
                if (ingress.isLost()) {
                    reattach();
                }
            } catch (Exception | Error failed) {
                // A shard closes itself on its own failures; what comes here is a bug beside the shards, which go on.
                report(failed);
            }
            firstCycle.countDown();
            idle.parkAtMost(timerWaitNs());
            idle.idle(work);
        }
        try {
            agent.onClose();
        } catch (Exception | Error failed) {
            LOGGER.error("The shards of {} did not close in order", thread.getName(), failed);
        } finally {
            orders.close();
        }
    }

    private long timerWaitNs() {
        return agent instanceof ShardAgent shards ? shards.timerWaitNs() : Long.MAX_VALUE;
    }

    private void reattach() {
        if (!isLost) {
            isLost = true;
            renewLeases.run();
        }
        final Aeron current = aeron.get();
        if (!current.isClosed()) {
            ingress.attach(current);
            isLost = false;
            renewLeases.run();
            LOGGER.warn("{} goes on with a new connection to the media driver", thread.getName());
        }
    }

    private void report(Throwable failed) {
        final long nowNs = System.nanoTime();
        if (nowNs - nextReportNs >= 0) {
            nextReportNs = nowNs + REPORT_INTERVAL_NS;
            LOGGER.error("A duty cycle of {} failed", thread.getName(), failed);
        }
    }

    /** Has something done on this thread soon. Any thread; see {@link Orders#give}. */
    <T> CompletableFuture<T> order(Callable<T> call) {
        final CompletableFuture<T> answer = orders.give(call);
        LockSupport.unpark(thread);
        return answer;
    }

    /** Asks the thread to take no more commands, finish what is decided and close its shards. */
    void stop() {
        running = false;
    }

    /**
     * Waits for the end.
     *
     * @return whether it came in time.
     */
    boolean await(long timeoutMs) {
        try {
            thread.join(Math.max(1, timeoutMs));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        return !thread.isAlive();
    }
}
