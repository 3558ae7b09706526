package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.agrona.collections.IntHashSet;
import org.agrona.collections.Long2ObjectHashMap;

/**
 * The subscriptions of a client, by the ids that the server knows them by: thousands share its sessions, and a duty cycle looks at none
 * that nothing happened to. Net thread only.
 */
final class SubscriptionTable {
    // 100 ms, as a worker's.
    private static final long RETRY_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(100);

    private final Set<TaskSubscription> open = new LinkedHashSet<>();
    private final Long2ObjectHashMap<TaskSubscription> byId = new Long2ObjectHashMap<>();
    private final Set<TaskSubscription> refusedForNow = new LinkedHashSet<>();
    private final IntHashSet lostThreads = new IntHashSet();
    private long retryNs;

    boolean isEmpty() {
        return open.isEmpty();
    }

    void add(TaskSubscription subscription) {
        open.add(subscription);
    }

    void remove(TaskSubscription subscription) {
        open.remove(subscription);
        refusedForNow.remove(subscription);
    }

    void put(long subscriptionId, TaskSubscription subscription) {
        byId.put(subscriptionId, subscription);
    }

    void remove(long subscriptionId) {
        byId.remove(subscriptionId);
    }

    /** Has it deal its credits out again, soon. */
    void retry(TaskSubscription subscription) {
        if (refusedForNow.isEmpty()) {
            retryNs = System.nanoTime() + RETRY_DELAY_NS;
        }
        refusedForNow.add(subscription);
    }

    int doWork(long nowNs) {
        if (refusedForNow.isEmpty() || nowNs - retryNs < 0) {
            return 0;
        }
        final List<TaskSubscription> again = new ArrayList<>(refusedForNow);
        refusedForNow.clear();
        again.forEach(TaskSubscription::deal);
        return again.size();
    }

    /** A link was told of the shards: it is open, for the first time, again, or as before. */
    void onMap(ShardLink link, boolean isNewSession) {
        // A server that began anew may give the number of a session that was lost.
        if (lostThreads.remove(link.thread()) || isNewSession) {
            List.copyOf(open).forEach(subscription -> subscription.onLinkOpen(link));
        }
    }

    void onLinkLost(ShardLink link) {
        lostThreads.add(link.thread());
        List.copyOf(open).forEach(subscription -> subscription.onLinkLost(link));
    }

    void onRefused(RejectReason reason) {
        if (!reason.isTransient()) { // else the session is asked for again, and its subscriptions with it
            List.copyOf(open).forEach(subscription -> subscription.refuse(new SiloException(reason)));
        }
    }

    /** The client is closed, and all its sessions with it. */
    void onClosed() {
        List.copyOf(open).forEach(TaskSubscription::onClosed);
    }

    /** False if the tasks are for nobody here. */
    boolean onTasksLeased(ShardLink link, TasksLeasedDecoder reply) {
        final TaskSubscription subscription = byId.get(reply.subscriptionId());
        if (subscription == null) {
            return false;
        }
        subscription.onTasksLeased(link, reply);
        return true;
    }
}
