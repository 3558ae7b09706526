package io.silo.client;

import io.silo.protocol.RejectReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Bounds the calls on their way at once. Who calls beyond it waits for room, which slows a producer that is quicker than the server; a
 * client that is {@linkplain SiloClientBuilder#nonBlocking non-blocking} has the call wait instead, behind at most {@value #WAITING_MAX}
 * others.
 *
 * <p>Any thread, unless a method says otherwise.
 */
final class CallWindow {
    /** Calls that wait for room: some hundred bytes each and their payloads. */
    private static final int WAITING_MAX = 16_384;

    private final NetAgent agent;
    private final SiloClientBuilder settings;
    private final Semaphore permits;
    private final LinkedBlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>(WAITING_MAX);

    /** A call without a permit, and until when it waits for one. */
    private record Waiting(Call<?> call, long untilNs) {}

    CallWindow(NetAgent agent, SiloClientBuilder settings) {
        this.agent = agent;
        this.settings = settings;
        this.permits = new Semaphore(settings.window);
    }

    <T> CompletableFuture<T> submit(Call<T> call) {
        if (permits.tryAcquire()) {
            agent.submit(call, this);
        } else if (settings.nonBlocking) {
            await(call);
        } else {
            try {
                // Permits come back from the net thread, which never waits here: so the callbacks' threads may.
                if (!permits.tryAcquire(settings.windowTimeout.toNanos(), TimeUnit.NANOSECONDS)) {
                    return CompletableFuture.failedFuture(full());
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return CompletableFuture.failedFuture(new SiloException(
                        RejectReason.BUSY, "The thread was interrupted before the call was sent.", e));
            }
            agent.submit(call, this);
        }
        return call.future();
    }

    private void await(Call<?> call) {
        agent.bind(call, null);
        if (waiting.offer(new Waiting(call, System.nanoTime() + settings.windowTimeout.toNanos()))) {
            sendWaiting();
            if (agent.isClosing()) {
                // The net thread may have looked for the last time just before.
                failWaiting();
            }
        } else {
            call.fail(full());
        }
    }

    private SiloException full() {
        return new SiloException(RejectReason.BUSY, "The client's window of " + settings.window + " calls is full.");
    }

    /** A call is done: its room is another's. */
    void release() {
        permits.release();
        sendWaiting();
    }

    /** Whoever adds a call or a permit looks for the other afterwards, so that none is left with both. */
    private void sendWaiting() {
        while (!waiting.isEmpty() && permits.tryAcquire()) {
            final Waiting next = waiting.poll();
            if (next == null) {
                permits.release();
            } else {
                agent.submit(next.call, this);
            }
        }
    }

    /** Ends the calls that have waited for too long. Net thread. */
    void expire(long nowNs) {
        for (Waiting first = waiting.peek(); first != null && nowNs - first.untilNs >= 0; first = waiting.peek()) {
            // Somebody may have sent it just now; then there is another in front.
            if (waiting.remove(first)) {
                first.call.fail(full());
            }
        }
    }

    /** Fails those that wait: the client is closed. */
    void failWaiting() {
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            next.call.fail(NetAgent.closed());
        }
    }
}
