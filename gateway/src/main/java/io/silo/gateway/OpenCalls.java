package io.silo.gateway;

import io.grpc.Status;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** The calls that stay open until something comes: how many there may be, and their end when the server stops. Any thread. */
final class OpenCalls {
    /** A call that waits. */
    interface Waiting {
        /** Ends it as well as it may be: the server stops. */
        void onStop();
    }

    private final int max;
    private final String tooMany;
    private final Set<Waiting> calls = ConcurrentHashMap.newKeySet();
    private final AtomicInteger count = new AtomicInteger();
    private volatile boolean stopping;

    /** @param tooMany told at the bound. */
    OpenCalls(int max, String tooMany) {
        this.max = max;
        this.tooMany = tooMany;
    }

    /** @throws io.grpc.StatusRuntimeException at the bound, or if the server stops. */
    void add(Waiting call) {
        if (count.incrementAndGet() > max) {
            count.decrementAndGet();
            throw Status.RESOURCE_EXHAUSTED.withDescription(tooMany).asRuntimeException();
        }
        calls.add(call);
        if (stopping) {
            remove(call);
            throw stopping();
        }
    }

    /** Idempotent. */
    void remove(Waiting call) {
        if (calls.remove(call)) {
            count.decrementAndGet();
        }
    }

    static io.grpc.StatusRuntimeException stopping() {
        return Status.UNAVAILABLE.withDescription("the server is stopping").asRuntimeException();
    }

    /** Ends all that are open; those that come later are refused. */
    void stop() {
        stopping = true;
        List.copyOf(calls).forEach(Waiting::onStop);
    }
}
