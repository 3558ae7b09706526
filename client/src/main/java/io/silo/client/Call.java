package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.transport.ReplyHandler;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One command on its way: made by any thread, then the net thread's alone. It is sent, and sent again after a lost session or a
 * BUSY, until it has an answer or its deadline passes: every command of this client may be repeated.
 */
abstract class Call<T> implements ReplyHandler {
    private static final long BACKOFF_NS = TimeUnit.MILLISECONDS.toNanos(5);
    private static final long BACKOFF_NS_MAX = TimeUnit.MILLISECONDS.toNanos(500);

    // By up to a quarter longer than the server said, so that those refused together do not come back together.
    private static final int SPREAD = 4;

    // 4 hops: one for each way the map can be old, and one more; a map that is still wrong then is the server's
    // mistake.
    private static final int REROUTES_MAX = 4;

    /** Told of the end of a call on the net thread. */
    interface Completion<T> {
        /** @param failure null if there is a value. */
        void onDone(@Nullable T value, @Nullable SiloException failure);
    }

    private final CompletableFuture<T> future = new CompletableFuture<>();
    final long deadlineNs;
    private @Nullable Completion<T> completion;
    private @Nullable CallWindow room;
    private @Nullable Executor callbacks;
    private @Nullable RejectReason lastRefusal;
    private boolean repeatsBusy = true;
    private long lastRetryAfterMs;
    private boolean wasSent;
    private boolean done;
    private boolean mapIsOld;
    private int reroutes;
    private long notBeforeNs = System.nanoTime();
    private long backoffNs = BACKOFF_NS;

    Call(long deadlineNs) {
        this.deadlineNs = deadlineNs;
    }

    /** Whom it addresses, or null if the map does not say. */
    abstract ShardMap.@Nullable Target target(ShardMap map);

    /**
     * Encodes message header and message.
     *
     * @return length in bytes.
     */
    abstract int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target);

    /** Whether its answer is of a few bytes, so that the net thread of a non-blocking client may tell of it itself. */
    boolean isAnswerShort() {
        return false;
    }

    /**
     * Bytes that it holds while it waits for room: of what it is to send, whole if that goes in parts, or to read; 0 = a few names. What
     * was uploaded for it before does not count: the window bounds that, and it would be in vain if the call were refused. Any thread,
     * before it is sent.
     */
    long heldBytes() {
        return 0;
    }

    /** How long one sending may wait for its answer. */
    long answerTimeoutNs(long nowNs) {
        return Math.max(1, deadlineNs - nowNs);
    }

    final CompletableFuture<T> future() {
        return future;
    }

    /** Where it is told of, and the window that has room again when it is done. */
    final void bind(Executor executor, @Nullable CallWindow window, boolean busyIsRepeated) {
        callbacks = executor;
        room = window;
        repeatsBusy = busyIsRepeated;
    }

    /** As above, for a caller on the net thread, who bounds its calls itself. */
    final void bind(Completion<T> onDone) {
        completion = onDone;
    }

    final boolean isDone() {
        return done;
    }

    final boolean isReady(long nowNs) {
        return nowNs - notBeforeNs >= 0;
    }

    final void sent() {
        wasSent = true;
    }

    /** Whether the map must be fetched anew before it is sent again; asked once. */
    final boolean takeMapIsOld() {
        final boolean old = mapIsOld;
        mapIsOld = false;
        return old;
    }

    final void succeed(T value) {
        finish(value, null);
    }

    final void fail(SiloException cause) {
        finish(null, cause);
    }

    private void finish(@Nullable T value, @Nullable SiloException failure) {
        if (done) {
            return;
        }
        done = true;
        if (room != null) {
            room.release();
        }
        if (completion != null) {
            completion.onDone(value, failure);
        } else if (callbacks != null) {
            try {
                callbacks.execute(() -> complete(value, failure));
            } catch (RejectedExecutionException e) { // the client is closed: there is no other thread to tell on
                complete(value, failure);
            }
        }
    }

    private void complete(@Nullable T value, @Nullable SiloException failure) {
        if (failure != null) {
            future.completeExceptionally(failure);
        } else {
            future.complete(value);
        }
    }

    final void again(long delayNs) {
        notBeforeNs = System.nanoTime() + delayNs;
    }

    /** The deadline has passed. */
    void onDeadline(String address) {
        if (lastRefusal != null) {
            fail(new SiloException(lastRefusal, lastRetryAfterMs));
        } else if (wasSent) {
            fail(new SiloException(RejectReason.UNKNOWN_OUTCOME));
        } else {
            fail(new SiloException(RejectReason.UNREACHABLE, "No server answers at " + address + "."));
        }
    }

    @Override
    public void onError(long correlationId, @Nullable RejectReason reason, int code, long retryAfterMs) {
        if (reason == null) {
            fail(new SiloException(
                    RejectReason.UNSUPPORTED, "The server refused the call with the unknown code " + code + "."));
            return;
        }
        switch (reason) {
            case NOT_OWNER, STALE_EPOCH, TENANT_NOT_IN_SHARD -> {
                if (reroutes++ < REROUTES_MAX) {
                    mapIsOld = true;
                    backOff(reason, 0);
                } else {
                    fail(new SiloException(reason));
                }
            }
            case BUSY, TOO_MANY_SUBSCRIPTIONS -> {
                if (repeatsBusy) {
                    backOff(reason, retryAfterMs);
                } else {
                    fail(new SiloException(reason, retryAfterMs));
                }
            }
            default -> fail(new SiloException(reason));
        }
    }

    /** Waits as long as the server said, or longer each time if it did not. */
    private void backOff(RejectReason reason, long retryAfterMs) {
        lastRefusal = reason;
        lastRetryAfterMs = retryAfterMs;
        if (retryAfterMs > 0) {
            final long toldNs = TimeUnit.MILLISECONDS.toNanos(retryAfterMs);
            again(toldNs + ThreadLocalRandom.current().nextLong(toldNs / SPREAD + 1));
            return;
        }
        again(backoffNs);
        backoffNs = Math.min(BACKOFF_NS_MAX, backoffNs * 2);
    }

    /** The session went, or no answer came: it is sent again while its deadline allows. */
    @Override
    public void onUnknownOutcome(long correlationId) {
        lastRefusal = null;
        again(0);
    }
}
