package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has tasks pushed to a {@link TaskListener} for as many credits as were added, over the sessions that the client has anyway: it needs no
 * thread. Got from {@link Leases#subscribe}. Public methods may be called from any thread.
 *
 * <p>Credits are dealt out to the server's shard threads, evenly, and a thread has one at least while any is left. So with fewer credits
 * than threads more tasks may be leased than there are credits for; what goes beyond is given back at once and told to nobody.
 */
public final class TaskSubscription {
    private static final Logger LOGGER = LoggerFactory.getLogger(TaskSubscription.class);

    private final SiloClient client;
    private final TaskFeed feed;
    private final TaskListener listener;
    private final SubscriptionTable table;
    private final CompletableFuture<Void> stopped = new CompletableFuture<>();

    /** Batches and single tasks on their way to the listener. */
    private final AtomicInteger undelivered = new AtomicInteger();

    private volatile boolean unsubscribed;

    // ---- net thread

    private final List<Lent> threads = new ArrayList<>();
    private CompletableFuture<?> delivered = CompletableFuture.completedFuture(null);
    private int credits;
    private boolean stopping;

    /** What one shard thread was lent: a subscription there, and credits that no task has come for. */
    private static final class Lent {
        long subscriptionId;
        int credits;

        /** Subscribe calls without an answer. */
        int asked;

        boolean confirmed;
        boolean leaving;

        boolean isOpen() {
            return subscriptionId != 0;
        }
    }

    TaskSubscription(SiloClient client, TaskFeed feed, TaskListener listener) {
        this.client = client;
        this.feed = feed;
        this.listener = listener;
        this.table = client.agent().subscriptions();
    }

    /** Lets so many tasks more be pushed. */
    public void addCredits(int count) {
        client.agent().execute(() -> {
            credits += count;
            deal();
        });
    }

    /**
     * Asks for no more tasks. The listener is told of those that are on their way. Idempotent.
     *
     * @return done when it was told the last, or the client was closed; it never fails.
     */
    public CompletableFuture<Void> stop() {
        client.agent().execute(this::leaveAll);
        return stopped;
    }

    private void leaveAll() {
        stopping = true;
        threads.forEach(this::leave);
        endIfGone();
    }

    private Lent lent(int thread) {
        while (threads.size() <= thread) {
            threads.add(new Lent());
        }
        return threads.get(thread);
    }

    /** Lends what is not lent yet, to those who have least. */
    void deal() {
        if (stopping) {
            return;
        }
        final NetAgent agent = client.agent();
        final int count = agent.threadCount();
        final int[] more = new int[count];
        int spare = credits;
        for (int thread = 0; thread < count; thread++) {
            spare -= lent(thread).credits;
        }
        for (int poorest = poorest(more); spare > 0 && poorest >= 0; poorest = poorest(more), spare--) {
            more[poorest]++;
        }
        for (int thread = 0; thread < count; thread++) {
            final ShardLink link = agent.link(thread);
            if (link != null && link.isOpen()) {
                final boolean isLeftOut = credits > 0 && lent(thread).credits + more[thread] == 0;
                subscribe(link, lent(thread), isLeftOut ? 1 : more[thread]);
            }
        }
    }

    private int poorest(int[] more) {
        int poorest = -1;
        for (int thread = 0; thread < more.length; thread++) {
            final ShardLink link = client.agent().link(thread);
            if (link != null
                    && link.isOpen()
                    && (poorest < 0 || lent(thread).credits + more[thread] < lent(poorest).credits + more[poorest])) {
                poorest = thread;
            }
        }
        return poorest;
    }

    private void subscribe(ShardLink link, Lent lent, int count) {
        if (count == 0) {
            return;
        }
        if (!lent.isOpen()) {
            lent.subscriptionId = WorkerSession.NEXT_SUBSCRIPTION_ID.getAndIncrement();
            table.put(lent.subscriptionId, this);
        }
        lent.credits += count;
        lent.asked++;
        final long id = lent.subscriptionId;
        final WorkerCalls.Subscribe call = new WorkerCalls.Subscribe(
                link,
                WorkerSession.threadTarget(link),
                id,
                count,
                feed,
                client.settings().durability,
                client.deadlineNs());
        client.agent().enqueueInternal(call, (done, failure) -> {
            if (lent.subscriptionId == id) {
                lent.asked--;
                onSubscribed(lent, count, failure);
            }
        });
    }

    private void onSubscribed(Lent lent, int count, @Nullable SiloException failure) {
        if (failure == null) {
            lent.confirmed = true;
        } else {
            lent.credits = Math.max(0, lent.credits - count);
            final boolean hasNoRoom = failure.reason() == RejectReason.TOO_MANY_SUBSCRIPTIONS;
            if (!lent.confirmed && lent.asked == 0) {
                forget(lent);
            }
            if (!failure.isTransient() || hasNoRoom) {
                refuse(failure);
            } else if (!stopping) {
                table.retry(this);
            }
        }
        if (stopping) {
            leave(lent);
            endIfGone();
        }
    }

    /** The server will have none of it. */
    void refuse(SiloException why) {
        if (stopping) {
            return;
        }
        deliver(() -> listener.onRefused(why));
        leaveAll();
    }

    /** Unsubscribes, once the server has answered what it was asked before: an answer that came later would open it again. */
    private void leave(Lent lent) {
        final int thread = threads.indexOf(lent);
        final ShardLink link = client.agent().link(thread);
        if (!lent.isOpen() || lent.leaving || lent.asked > 0) {
            return;
        }
        if (link == null || !link.isOpen()) {
            forget(lent);
            return;
        }
        lent.leaving = true;
        final long id = lent.subscriptionId;
        final WorkerCalls.Unsubscribe call =
                new WorkerCalls.Unsubscribe(link, WorkerSession.threadTarget(link), id, client.deadlineNs());
        client.agent().enqueueInternal(call, (done, failure) -> {
            // Refused or not: a subscription whose session went is gone as well.
            if (lent.subscriptionId == id) {
                forget(lent);
                endIfGone();
            }
        });
    }

    private void forget(Lent lent) {
        table.remove(lent.subscriptionId);
        lent.subscriptionId = 0;
        lent.credits = 0;
        lent.asked = 0;
        lent.confirmed = false;
        lent.leaving = false;
    }

    private void endIfGone() {
        if (stopping && threads.stream().noneMatch(Lent::isOpen)) {
            table.remove(this);
            unsubscribed = true;
            endIfDelivered();
        }
    }

    private void endIfDelivered() {
        if (unsubscribed && undelivered.get() == 0 && !stopped.isDone()) {
            try {
                client.agent().callbacks().execute(() -> stopped.complete(null));
            } catch (RejectedExecutionException e) { // the client is closed: there is no other thread to tell on
                stopped.complete(null);
            }
        }
    }

    void onClosed() {
        stopping = true;
        threads.forEach(this::forget);
        endIfGone();
    }

    void onLinkOpen(ShardLink link) {
        onLinkLost(link);
        deal();
    }

    /** Its subscription is gone with the session; the credits are not. */
    void onLinkLost(ShardLink link) {
        final Lent lent = lent(link.thread());
        if (lent.isOpen()) {
            forget(lent);
            endIfGone();
        }
    }

    void onTasksLeased(ShardLink link, TasksLeasedDecoder reply) {
        final Lent lent = lent(link.thread());
        final List<TaskData> accepted = new ArrayList<>();
        final List<LeaseId> surplus = new ArrayList<>();
        for (final TasksLeasedDecoder.TasksDecoder granted : reply.tasks()) {
            final TaskData task = TaskData.of(granted);
            lent.credits = Math.max(0, lent.credits - 1);
            if (credits > 0) {
                credits--;
                accepted.add(task);
            } else {
                surplus.add(task.leaseId());
            }
        }
        if (!accepted.isEmpty()) {
            deliver(() -> read(accepted));
        }
        if (!surplus.isEmpty()) {
            final WorkerCalls.ReturnLeases call = new WorkerCalls.ReturnLeases(
                    new ShardMap.Target(link.thread(), reply.header().shard(), 0),
                    surplus,
                    feed.workerId(),
                    client.deadlineNs());
            client.agent().enqueueInternal(call, (done, failure) -> {
                // Refused or not: what could not be returned runs out.
            });
        }
        deal();
    }

    // ---- callback threads

    /** Net thread: does something where it may take a while, behind what was to be done before. */
    private void deliver(Runnable step) {
        undelivered.incrementAndGet();
        delivered = delivered.handleAsync(
                (before, failed) -> {
                    try {
                        step.run();
                    } catch (RuntimeException e) { // the listener's: those behind it are told all the same
                        LOGGER.error("The listener to tasks of {} failed", feed.taskGroup(), e);
                    } finally {
                        delivered();
                    }
                    return null;
                },
                client.agent().callbacks());
    }

    private void delivered() {
        if (undelivered.decrementAndGet() == 0) {
            endIfDelivered();
        }
    }

    /** Tells of those that are whole together, and of each other when its payload was fetched. */
    private void read(List<TaskData> tasks) {
        final List<LeasedTask> whole = new ArrayList<>(tasks.size());
        for (final TaskData task : tasks) {
            final CompletableFuture<Optional<LeasedTask>> read = client.leases().readable(task, feed.workerId());
            if (task.payload().isWhole() && read.isDone()) {
                read.join().ifPresentOrElse(whole::add, this::onUnreadable);
            } else {
                undelivered.incrementAndGet();
                var unused = read.handle((found, failed) -> {
                    try {
                        if (failed != null || found.isEmpty()) {
                            onUnreadable();
                        } else {
                            listener.onTasks(List.of(found.get()));
                        }
                    } finally {
                        delivered();
                    }
                    return null;
                });
            }
        }
        if (!whole.isEmpty()) {
            listener.onTasks(whole);
        }
    }

    /** It was ended or given back, and took no room of the listener's. */
    private void onUnreadable() {
        addCredits(1);
    }
}
