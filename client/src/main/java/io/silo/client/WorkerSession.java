package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A worker's side of its sessions: subscriptions, credits and outcomes, one set for each shard thread. Net thread only, but for
 * what says otherwise.
 *
 * <p>A credit is out from the grant of a task until its outcome is answered; a report carries as many credits as outcomes. What a
 * session that was lost owed is nobody's: the next subscription begins with the share less the tasks still held.
 */
final class WorkerSession {
    private static final Logger LOGGER = LoggerFactory.getLogger(WorkerSession.class);

    // 100 ms: a full disk or a missing server does not change faster, and ten tries a second cost nothing.
    private static final long RETRY_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(100);

    // 10 s: often enough to go on soon after a refusal was mended, seldom enough for a log.
    private static final long REFUSED_DELAY_NS = TimeUnit.SECONDS.toNanos(10);

    // Reports wait for their lease, not for a clock: the server's answer ends them.
    private static final long REPORT_TIMEOUT_NS = TimeUnit.HOURS.toNanos(24);

    private static final int REPORT_OVERHEAD_BYTES = 256;

    /** Of the subscriptions of all workers of the process, so that none of a session has the id of another. */
    static final AtomicLong NEXT_SUBSCRIPTION_ID = new AtomicLong(1);

    private static final String RESULT_REFUSED = "RESULT_REFUSED";

    private final NetAgent agent;
    private final SiloWorkerBuilder settings;
    private final long requestTimeoutNs;
    private final Predicate<HeldTask> runner;
    private final Consumer<WorkerCalls.Report> uploader;
    private final Map<HeldTask.Key, HeldTask> held = new ConcurrentHashMap<>();
    private final Map<Integer, Membership> memberships = new HashMap<>();
    private final CompletableFuture<Boolean> subscribed = new CompletableFuture<>();
    private final List<CompletableFuture<Boolean>> returns = new ArrayList<>();
    private volatile long activeAtNs = System.nanoTime();
    private boolean stopping;

    /** The subscription on one shard thread. */
    private static final class Membership {
        final Map<Integer, ReportQueue> reports = new HashMap<>();
        long subscriptionId;
        boolean open;
        int held;
        int creditsOwed;
        long subscribeAgainNs = System.nanoTime();
    }

    /** Outcomes for one shard; one message is on its way at a time, and the next takes all that came meanwhile. */
    private static final class ReportQueue {
        final ArrayDeque<WorkerCalls.Report> waiting = new ArrayDeque<>();
        final ShardMap.Target target;
        boolean inFlight;
        long notBeforeNs = System.nanoTime();

        ReportQueue(ShardMap.Target target) {
            this.target = target;
        }
    }

    /**
     * @param runner takes a granted task, or says that it cannot; must not wait.
     * @param uploader takes an outcome whose uploaded result the server gave up; must not wait.
     */
    WorkerSession(
            NetAgent agent,
            SiloWorkerBuilder settings,
            long requestTimeoutNs,
            Predicate<HeldTask> runner,
            Consumer<WorkerCalls.Report> uploader) {
        this.agent = agent;
        this.settings = settings;
        this.requestTimeoutNs = requestTimeoutNs;
        this.runner = runner;
        this.uploader = uploader;
    }

    /** Leases held now. Any thread. */
    Collection<HeldTask> held() {
        return held.values();
    }

    /** When a task last came or ended. Any thread. */
    long activeAtNs() {
        return activeAtNs;
    }

    /** Done with the first answer to a subscription. Any thread. */
    CompletableFuture<Boolean> subscribed() {
        return subscribed;
    }

    long requestTimeoutNs() {
        return requestTimeoutNs;
    }

    Durability durability() {
        return settings.durability;
    }

    boolean owns(ShardLink link, long subscriptionId) {
        final Membership membership = memberships.get(link.thread());
        return membership != null && membership.subscriptionId == subscriptionId;
    }

    /** Subscription that credits go back to, or 0. */
    long subscriptionId(ShardLink link) {
        final Membership membership = membership(link.thread());
        return membership.open && !stopping ? membership.subscriptionId : 0;
    }

    void onLinkOpen(ShardLink link) {
        final Membership membership = membership(link.thread());
        membership.open = false;
        membership.creditsOwed = 0;
        // First the leases of the session before: named by their tokens, they are this worker's again.
        final List<HeldTask> claimed = new ArrayList<>();
        for (final HeldTask task : held.values()) {
            if (task.target.thread() == link.thread()) {
                claimed.add(task);
            }
        }
        heartbeat(claimed);
    }

    void onLinkLost(ShardLink link) {
        membership(link.thread()).open = false;
    }

    void onRefused(RejectReason reason) {
        subscribed.completeExceptionally(new SiloException(reason));
    }

    private Membership membership(int thread) {
        return memberships.computeIfAbsent(thread, key -> new Membership());
    }

    private int share() {
        final int threads = agent.threadCount();
        return Math.max(1, (settings.concurrency + threads - 1) / threads);
    }

    int doWork(long nowNs) {
        int workCount = 0;
        for (int thread = 0; thread < agent.threadCount(); thread++) {
            final ShardLink link = agent.link(thread);
            if (link == null || !link.isOpen()) {
                continue;
            }
            final Membership membership = membership(thread);
            for (final ReportQueue queue : membership.reports.values()) {
                if (!queue.waiting.isEmpty() && !queue.inFlight && nowNs - queue.notBeforeNs >= 0) {
                    report(link, membership, queue);
                    workCount++;
                }
            }
            if (!stopping && nowNs - membership.subscribeAgainNs >= 0) {
                workCount += subscribe(link, membership);
            }
        }
        return workCount;
    }

    /** Opens a subscription, or adds credits that no report took along. */
    private int subscribe(ShardLink link, Membership membership) {
        final int credits;
        if (!membership.open) {
            credits = Math.min(Bounds.CREDITS_MAX, share() - membership.held);
        } else {
            credits = membership.creditsOwed;
        }
        if (credits <= 0) {
            return 0;
        }
        if (!membership.open) {
            membership.subscriptionId = NEXT_SUBSCRIPTION_ID.getAndIncrement();
            membership.open = true;
        }
        membership.creditsOwed = 0;
        final long subscriptionId = membership.subscriptionId;
        final WorkerCalls.Subscribe call = new WorkerCalls.Subscribe(
                link,
                threadTarget(link),
                subscriptionId,
                credits,
                new TaskFeed(settings.tenant, settings.taskGroup, settings.workerId),
                settings.durability,
                System.nanoTime() + requestTimeoutNs);
        agent.enqueueInternal(call, (done, failure) -> {
            if (failure == null) {
                subscribed.complete(true);
            } else {
                onNotSubscribed(membership, subscriptionId, failure);
            }
        });
        return 1;
    }

    private void onNotSubscribed(Membership membership, long subscriptionId, SiloException failure) {
        if (membership.subscriptionId == subscriptionId) {
            membership.open = false;
            membership.subscribeAgainNs = System.nanoTime() + RETRY_DELAY_NS;
        }
        if (!failure.isTransient()) {
            if (subscribed.completeExceptionally(failure)) {
                stopping = true;
            } else {
                // It was allowed before: an operator may mend it, and then the worker goes on.
                LOGGER.error("Worker {} cannot subscribe again to {}", settings.workerId, settings.taskGroup, failure);
                membership.subscribeAgainNs = System.nanoTime() + REFUSED_DELAY_NS;
            }
        }
    }

    static ShardMap.Target threadTarget(ShardLink link) {
        return new ShardMap.Target(link.thread(), ShardMap.Target.SHARD_THREAD, 0);
    }

    void onTasksLeased(ShardLink link, TasksLeasedDecoder reply) {
        final ShardMap.Target target =
                new ShardMap.Target(link.thread(), reply.header().shard(), 0);
        final Membership membership = membership(link.thread());
        activeAtNs = System.nanoTime();
        for (final TasksLeasedDecoder.TasksDecoder granted : reply.tasks()) {
            final HeldTask task = new HeldTask(TaskData.of(granted), target);
            if (held.putIfAbsent(task.key(), task) == null) {
                membership.held++;
                if (!runner.test(task)) {
                    giveBack(List.of(task));
                }
            }
        }
    }

    /** An outcome to report. */
    void report(WorkerCalls.Report report) {
        queue(report).waiting.addLast(report);
    }

    private ReportQueue queue(WorkerCalls.Report report) {
        final ShardMap.Target target = report.task().target;
        return membership(target.thread()).reports.computeIfAbsent(target.shard(), shard -> new ReportQueue(target));
    }

    private void report(ShardLink link, Membership membership, ReportQueue queue) {
        final List<WorkerCalls.Report> reports = new ArrayList<>();
        int length = REPORT_OVERHEAD_BYTES;
        for (WorkerCalls.Report next = queue.waiting.peekFirst();
                next != null && reports.size() < Bounds.BATCH_ITEMS_MAX;
                next = queue.waiting.peekFirst()) {
            length += next.inlineLength();
            if (!reports.isEmpty() && length > Bounds.MESSAGE_BYTES_MAX) {
                break;
            }
            reports.add(queue.waiting.removeFirst());
        }
        final int owed = membership.creditsOwed;
        final int credits = Math.max(0, reports.size() + owed);
        membership.creditsOwed = 0;
        queue.inFlight = true;
        final WorkerCalls.ReportOutcome call = new WorkerCalls.ReportOutcome(
                link, queue.target, this, reports, credits, System.nanoTime() + REPORT_TIMEOUT_NS);
        agent.enqueueInternal(call, (done, failure) -> {
            queue.inFlight = false;
            if (failure != null) {
                membership.creditsOwed += owed;
                onNotReported(membership, queue, reports, failure);
            }
        });
    }

    private void onNotReported(
            Membership membership, ReportQueue queue, List<WorkerCalls.Report> reports, SiloException failure) {
        queue.notBeforeNs = System.nanoTime() + RETRY_DELAY_NS;
        if (failure.reason() == RejectReason.SUBSCRIPTION_NOT_FOUND) {
            membership.open = false;
        } else if (!failure.isTransient()) {
            LOGGER.error("Outcomes of {} tasks were refused; their leases will run out", reports.size(), failure);
            reports.forEach(report -> release(report.task(), 1));
            return;
        }
        for (int i = reports.size() - 1; i >= 0; i--) {
            queue.waiting.addFirst(reports.get(i));
        }
    }

    /** The server's answer to one outcome. */
    void onReported(ShardLink link, WorkerCalls.Report report, int code) {
        final HeldTask task = report.task();
        final RejectReason reason = JobCalls.reason(code);
        if (reason == null || reason == RejectReason.ALREADY_REPORTED) {
            tell(task, reason);
            release(task, 0);
            return;
        }
        switch (reason) {
            case LEASE_NOT_FOUND, LEASE_OWNER_MISMATCH, JOB_NOT_FOUND -> {
                LOGGER.warn("The outcome of job {} came too late: {}", task.data.jobId(), reason.sentence());
                task.lose();
                tell(task, reason);
                release(task, 0);
            }
            case UPLOAD_NOT_FOUND -> {
                membership(link.thread()).creditsOwed--;
                uploader.accept(report);
            }
            default -> {
                // The message gave this task's credit back already, and its next one will do so again.
                membership(link.thread()).creditsOwed--;
                if (reason.isTransient()) {
                    report(report);
                    queue(report).notBeforeNs = System.nanoTime() + RETRY_DELAY_NS;
                } else if (report.result().errorCode.equals(RESULT_REFUSED)) {
                    LOGGER.error("The outcome of job {} was refused: {}", task.data.jobId(), reason);
                    release(task, 1);
                } else {
                    LOGGER.warn("The result of job {} was refused: {}", task.data.jobId(), reason);
                    report(new WorkerCalls.Report(
                            task, TaskResult.fail(RESULT_REFUSED, reason + ": " + reason.sentence()), 0));
                }
            }
        }
    }

    private void tell(HeldTask task, @Nullable RejectReason refused) {
        final Task given = task.task();
        if (given == null) {
            return;
        }
        try {
            settings.outcomeListener.onAnswered(given, refused);
        } catch (RuntimeException e) { // the application's: it must not end the network thread
            LOGGER.error("The outcome listener failed for job {}", given.id(), e);
        }
    }

    /** The task is over: its handler is done, and nobody is to be told, or everybody was. */
    private void release(HeldTask task, int credits) {
        if (held.remove(task.key(), task)) {
            activeAtNs = System.nanoTime();
            final Membership membership = membership(task.target.thread());
            membership.held--;
            membership.creditsOwed += membership.open ? credits : 0;
        }
    }

    /** The handler ended after the lease was lost: only its credit is left to give back. */
    void drop(HeldTask task) {
        release(task, 1);
    }

    /** Gives leases back unspent, so that others may have them at once. */
    void giveBack(List<HeldTask> tasks) {
        final Map<ShardMap.Target, List<HeldTask>> byTarget = new HashMap<>();
        for (final HeldTask task : tasks) {
            if (held.containsKey(task.key())) {
                byTarget.computeIfAbsent(task.target, key -> new ArrayList<>()).add(task);
                release(task, 1);
            }
        }
        byTarget.forEach((target, all) -> {
            for (int i = 0; i < all.size(); i += Bounds.BATCH_ITEMS_MAX) {
                final List<HeldTask> part =
                        List.copyOf(all.subList(i, Math.min(all.size(), i + Bounds.BATCH_ITEMS_MAX)));
                final CompletableFuture<Boolean> returned = new CompletableFuture<>();
                returns.removeIf(CompletableFuture::isDone);
                returns.add(returned);
                final WorkerCalls.ReturnLeases call = new WorkerCalls.ReturnLeases(
                        target,
                        part.stream().map(task -> task.data.leaseId()).toList(),
                        settings.workerId,
                        System.nanoTime() + requestTimeoutNs);
                // Refused or not: what could not be returned runs out.
                agent.enqueueInternal(call, (done, failure) -> returned.complete(failure == null));
            }
        });
    }

    /** Gives one lease back to be ready again later. Held, and so renewed, until the server has answered. */
    void snooze(HeldTask task, long snoozeMs) {
        final WorkerCalls.Snooze call =
                new WorkerCalls.Snooze(task, this, snoozeMs, settings.workerId, System.nanoTime() + REPORT_TIMEOUT_NS);
        agent.enqueueInternal(call, (code, failure) -> {
            final RejectReason refused = failure != null ? failure.reason() : JobCalls.reason(code == null ? 0 : code);
            if (refused != null) {
                LOGGER.warn("Job {} could not be snoozed: {}", task.data.jobId(), refused);
            }
            tell(task, refused);
            release(task, 1);
        });
    }

    long retryDelayNs() {
        return RETRY_DELAY_NS;
    }

    /** Asks for these leases to be renewed. */
    void heartbeat(Collection<HeldTask> tasks) {
        final Map<ShardMap.Target, List<HeldTask>> byTarget = new HashMap<>();
        for (final HeldTask task : tasks) {
            byTarget.computeIfAbsent(task.target, key -> new ArrayList<>()).add(task);
        }
        byTarget.forEach((target, all) -> {
            for (int i = 0; i < all.size(); i += Bounds.BATCH_ITEMS_MAX) {
                final List<HeldTask> part =
                        List.copyOf(all.subList(i, Math.min(all.size(), i + Bounds.BATCH_ITEMS_MAX)));
                final long leaseMs = part.stream()
                        .mapToLong(task -> task.data.leaseMs())
                        .min()
                        .orElse(0);
                final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(leaseMs) / 3;
                agent.enqueueInternal(
                        new WorkerCalls.Heartbeat(target, part, this, settings.workerId, deadlineNs),
                        (done, failure) -> {
                            // The next heartbeat says it again, and only the server can say that a lease is lost.
                        });
            }
        });
    }

    void onRenewed(HeldTask task, int code, boolean cancelled) {
        if (cancelled) {
            task.cancel(settings.interruptOnCancel);
        }
        final RejectReason reason = JobCalls.reason(code);
        final boolean gone = reason == RejectReason.LEASE_NOT_FOUND
                || reason == RejectReason.LEASE_OWNER_MISMATCH
                || reason == RejectReason.JOB_NOT_FOUND;
        // Of a handler that is done the answer to its report tells more.
        if (gone && !task.hasEnded() && held.get(task.key()) == task && task.lose()) {
            LOGGER.warn("Lost the lease of job {}: {}", task.data.jobId(), reason);
        }
    }

    /** Ends the subscriptions. Done when no task can come any more. */
    CompletableFuture<?> unsubscribe() {
        stopping = true;
        final List<CompletableFuture<?>> answers = new ArrayList<>();
        memberships.forEach((thread, membership) -> {
            final @Nullable ShardLink link = agent.link(thread);
            if (link != null && link.isOpen() && membership.open) {
                final CompletableFuture<Boolean> answered = new CompletableFuture<>();
                answers.add(answered);
                final WorkerCalls.Unsubscribe call = new WorkerCalls.Unsubscribe(
                        link, threadTarget(link), membership.subscriptionId, System.nanoTime() + requestTimeoutNs);
                // A subscription whose session went is gone as well.
                agent.enqueueInternal(call, (done, failure) -> answered.complete(true));
            }
            membership.open = false;
        });
        return CompletableFuture.allOf(answers.toArray(new CompletableFuture<?>[0]));
    }

    /** Done when every lease that was given back has its answer. */
    CompletableFuture<?> returned() {
        return CompletableFuture.allOf(returns.toArray(new CompletableFuture<?>[0]));
    }
}
