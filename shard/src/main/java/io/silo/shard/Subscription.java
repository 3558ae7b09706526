package io.silo.shard;

import io.silo.protocol.Session;
import org.agrona.concurrent.UnsafeBuffer;

/** One worker's wish for tasks: a subscription with credits, or a LeaseTasks call that waits. Shard thread only. */
final class Subscription {
    /** `shard` of a subscription to all shards of the thread. */
    static final int ALL_SHARDS = -1;

    final Session session;

    /** What is pushed to the session, shared by its subscriptions. */
    final PushFlow flow;

    final long id;
    final UnsafeBuffer tenant;
    final UnsafeBuffer taskGroup;
    final UnsafeBuffer worker;
    final boolean appendedEnough;
    final int shard;

    /** Monotonic ms at which a waiting call is answered empty; {@link Long#MAX_VALUE} for a subscription. */
    final long deadlineMs;

    /** The waiting call; empty for a subscription. */
    final UnsafeBuffer call;

    /** Tasks that may still be pushed; changed by {@link Subscriptions} only, which counts who has some. */
    int credits;

    Subscription(
            Session session,
            long id,
            UnsafeBuffer tenant,
            UnsafeBuffer taskGroup,
            UnsafeBuffer worker,
            boolean appendedEnough,
            int credits,
            PushFlow flow) {
        this.session = session;
        this.flow = flow;
        this.id = id;
        this.tenant = tenant;
        this.taskGroup = taskGroup;
        this.worker = worker;
        this.appendedEnough = appendedEnough;
        this.shard = ALL_SHARDS;
        this.deadlineMs = Long.MAX_VALUE;
        this.call = new UnsafeBuffer(0, 0);
        this.credits = credits;
    }

    /** A LeaseTasks call that waits on one shard. */
    Subscription(
            Session session,
            int shard,
            UnsafeBuffer tenant,
            UnsafeBuffer taskGroup,
            UnsafeBuffer worker,
            long deadlineMs,
            UnsafeBuffer call) {
        this.session = session;
        this.flow = new PushFlow(session);
        this.id = 0;
        this.tenant = tenant;
        this.taskGroup = taskGroup;
        this.worker = worker;
        this.appendedEnough = false;
        this.shard = shard;
        this.deadlineMs = deadlineMs;
        this.call = call;
        this.credits = 1;
    }

    boolean isCall() {
        return call.capacity() > 0;
    }
}
