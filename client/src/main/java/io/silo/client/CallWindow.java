package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Bounds the calls on their way at once. Who calls beyond it waits for room, which slows a producer that is quicker than the server; a
 * client that is {@linkplain SiloClientBuilder#nonBlocking non-blocking} has the call wait instead, beside at most {@value #WAITING_MAX}
 * others and 64 MiB of theirs.
 *
 * <p>Any thread, unless a method says otherwise.
 */
final class CallWindow {
    /** Calls that wait for room: some hundred bytes each, and what they {@linkplain Call#heldBytes hold}. */
    private static final int WAITING_MAX = 16_384;

    /** What they hold together: four of the largest payloads. One that holds more is let in where nothing that counts waits. */
    static final long WAITING_BYTES_MAX = 4L * Bounds.PAYLOAD_BYTES_MAX;

    /**
     * A call that holds no more than these 4 KiB does not count. All of them together hold as much again at most, by their number, and a
     * renewal or a report is not refused because payloads wait.
     */
    private static final long SMALL_BYTES_MAX = WAITING_BYTES_MAX / WAITING_MAX;

    private final NetAgent agent;
    private final SiloClientBuilder settings;
    private final Semaphore permits;
    private final LinkedBlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>(WAITING_MAX);

    /** Sum over those in the queue, and over what is about to be put there. */
    private final AtomicLong waitingBytes = new AtomicLong();

    /** A call without a permit, what it counts for, and until when it waits for one. */
    private record Waiting(Call<?> call, long bytes, long untilNs) {}

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
        final long heldBytes = call.heldBytes();
        final long bytes = heldBytes <= SMALL_BYTES_MAX ? 0 : heldBytes;
        if (bytes > 0 && !tryAddBytes(bytes)) {
            call.fail(full());
        } else if (waiting.offer(new Waiting(call, bytes, System.nanoTime() + settings.windowTimeout.toNanos()))) {
            sendWaiting();
            if (agent.isClosing()) {
                // The net thread may have looked for the last time just before.
                failWaiting();
            }
        } else {
            waitingBytes.addAndGet(-bytes);
            call.fail(full());
        }
    }

    /** Not added and taken back: another call would be refused meanwhile that has room. */
    private boolean tryAddBytes(long bytes) {
        long before;
        do {
            before = waitingBytes.get();
            if (before > 0 && bytes > WAITING_BYTES_MAX - before) {
                return false;
            }
        } while (!waitingBytes.compareAndSet(before, before + bytes));
        return true;
    }

    /** The call of one that is no longer in the queue: its bytes are others'. */
    private Call<?> taken(Waiting from) {
        waitingBytes.addAndGet(-from.bytes);
        return from.call;
    }

    /** Bytes of the calls that wait, without small ones. */
    long waitingBytes() {
        return waitingBytes.get();
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
                agent.submit(taken(next), this);
            }
        }
    }

    /** Ends the calls that have waited for too long. Net thread. */
    void expire(long nowNs) {
        for (Waiting first = waiting.peek(); first != null && nowNs - first.untilNs >= 0; first = waiting.peek()) {
            // Somebody may have sent it just now; then there is another in front.
            if (waiting.remove(first)) {
                taken(first).fail(full());
            }
        }
    }

    /** Fails those that wait: the client is closed. */
    void failWaiting() {
        for (Waiting next = waiting.poll(); next != null; next = waiting.poll()) {
            taken(next).fail(NetAgent.closed());
        }
    }
}
