package io.silo.client;

import io.silo.protocol.RejectReason;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the tasks of one group.
 *
 * <pre>{@code
 * try (SiloWorker worker = SiloWorker.with(client)
 *         .taskGroup("emails")
 *         .concurrency(8)
 *         .handler(task -> {
 *             send(task.payload().text());
 *             return TaskResult.success();
 *         })
 *         .start()) {
 *     untilShutdown.await();
 * }
 * }</pre>
 *
 * <p>Tasks are pushed by the server, never more than {@code concurrency} at once. Handlers run on threads of the worker; leases
 * are renewed from a thread of their own, at a third of their length, so that a busy handler keeps its lease. Outcomes are
 * reported until the server has answered, over reconnects and restarts. A handler whose lease is lost is told by
 * {@link Task#isLeaseLost} and an interrupt, one whose job is to be cancelled, or that has run for as long as it may, by
 * {@link Task#isCancelled} and {@link Task#onCancel}, within two seconds or a third of the lease. Methods may be called from any thread.
 */
public final class SiloWorker implements AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(SiloWorker.class);

    private static final long HEARTBEAT_SLEEP_NS_MAX = TimeUnit.SECONDS.toNanos(1);
    private static final long HEARTBEAT_SLEEP_NS_MIN = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long UPLOAD_RETRY_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int CANCELS_IDLE_SECONDS = 10;
    private static final String MAX_RUN_EXCEEDED = "MAX_RUN_EXCEEDED"; // as the server calls it
    private static final int ERROR_CODE_CHARACTERS_MAX = 64; // 256 bytes of UTF-8 whatever they are
    private static final int STACK_TRACE_BYTES_MAX = 16 * 1024;

    private final SiloWorkerBuilder settings;
    private final TaskHandler handler;
    private final SiloClient client;
    private final WorkerSession session;
    private final ThreadPoolExecutor pool;
    private final ThreadPoolExecutor cancels;
    private final Thread heartbeats;
    private final @Nullable LimitRefresher refresher;
    private final AtomicLong completed = new AtomicLong();
    private volatile boolean stopping;
    private volatile boolean stopped;

    SiloWorker(SiloWorkerBuilder settings, TaskHandler handler) {
        this.settings = settings;
        this.handler = handler;
        this.client = settings.client;
        this.session = new WorkerSession(
                client.agent(), settings, client.settings().requestTimeout.toNanos(), this::accept, this::uploadAgain);
        final AtomicInteger number = new AtomicInteger();
        // The credits bound the tasks; each shard thread may lend one more than its part, and an upload may come again.
        this.pool = new ThreadPoolExecutor(
                settings.concurrency,
                settings.concurrency,
                0,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(2 * settings.concurrency + 1_024),
                task -> new Thread(task, "silo-worker-" + settings.taskGroup + "-" + number.incrementAndGet()));
        // One entry for each task that is cancelled, of which there are no more than the pool has room for.
        this.cancels = new ThreadPoolExecutor(
                1,
                1,
                CANCELS_IDLE_SECONDS,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(3 * settings.concurrency + 1_024),
                task -> AeronAccess.daemon(task, "silo-cancel-" + settings.taskGroup),
                new ThreadPoolExecutor.DiscardPolicy()); // stopped: its handlers were interrupted
        cancels.allowCoreThreadTimeOut(true);
        final RefreshHandler refreshHandler = settings.refreshHandler;
        this.refresher = refreshHandler == null ? null : new LimitRefresher(client, settings, refreshHandler);
        this.heartbeats = AeronAccess.daemon(this::sendHeartbeats, "silo-heartbeat-" + settings.taskGroup);
    }

    /** Begins a worker that uses a client, which must be closed after it. */
    public static SiloWorkerBuilder with(SiloClient client) {
        return new SiloWorkerBuilder(client);
    }

    /** Id that its leases belong to. */
    public String workerId() {
        return settings.workerId;
    }

    /** Tasks held: leased, running, or waiting for the answer to their outcome. */
    public int heldCount() {
        return session.held().size();
    }

    /** Outcomes handed over so far. */
    public long completedCount() {
        return completed.get();
    }

    /** How long it has held no task; zero while it holds one. */
    public Duration idleTime() {
        return session.held().isEmpty() ? Duration.ofNanos(System.nanoTime() - session.activeAtNs()) : Duration.ZERO;
    }

    /**
     * Subscribes. Waits for the server's answer; later reconnects happen by themselves.
     *
     * @throws SiloException if the server refuses the subscription, or does not answer in the client's request time-out; the
     *     worker is closed then.
     */
    public void start() {
        try {
            SiloClient.join(client.withMap());
            client.agent().addWorker(session);
            heartbeats.start();
            session.subscribed().get(client.settings().requestTimeout.toNanos(), TimeUnit.NANOSECONDS);
            if (refresher != null) {
                refresher.start();
            }
        } catch (SiloException e) {
            close();
            throw e;
        } catch (ExecutionException e) {
            close();
            throw SiloClient.unwrap(e);
        } catch (TimeoutException e) {
            close();
            throw new SiloException(RejectReason.UNREACHABLE, "The server did not answer the subscription in time.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new SiloException(RejectReason.UNREACHABLE, "The thread was interrupted while it subscribed.", e);
        }
    }

    /** Net thread: a task was granted. False if there is no thread for it. */
    private boolean accept(HeldTask task) {
        try {
            pool.execute(new Run(task));
            if (TimeUnit.MILLISECONDS.toNanos(task.data.leaseMs()) / 3 < HEARTBEAT_SLEEP_NS_MAX
                    || task.runLeftNs(System.nanoTime()) < HEARTBEAT_SLEEP_NS_MAX) {
                LockSupport.unpark(heartbeats);
            }
            return true;
        } catch (RejectedExecutionException e) { // stopping, or a server that lends more than its credits
            return false;
        }
    }

    private final class Run implements Runnable {
        private final HeldTask task;

        Run(HeldTask task) {
            this.task = task;
        }

        @Override
        public void run() {
            final Payload payload;
            try {
                payload = SiloClient.join(client.whole(task.data.payload()));
            } catch (SiloException e) {
                onUnreadable(e);
                return;
            }
            final Task given = new Task(task.data, payload, cancels);
            if (!task.begin(given)) {
                drop();
                return;
            }
            final TaskResult result = given.isCancelled() ? TaskResult.cancelled() : runHandler(given);
            if (task.end()) {
                report(task, result);
            } else {
                drop();
            }
        }

        private void drop() {
            // What was abandoned is given back by the thread that stops the worker.
            if (!task.isAbandoned()) {
                client.agent().execute(() -> session.drop(task));
            }
        }

        private void onUnreadable(SiloException e) {
            if (e.reason() == RejectReason.PAYLOAD_CORRUPT) {
                // Lending it again would not mend it: the job fails where people see it.
                report(task, TaskResult.fail(e.reason().name(), String.valueOf(e.getMessage())));
            } else {
                LOGGER.warn("Could not fetch the payload of job {}", task.data.jobId(), e);
                client.agent().execute(() -> session.giveBack(List.of(task)));
            }
        }

        private TaskResult runHandler(Task given) {
            try {
                final TaskResult result = handler.run(given);
                return result == null ? TaskResult.fail("NO_RESULT", "The handler returned null.") : result;
            } catch (Throwable t) { // whatever a handler throws is the outcome of its attempt
                return failure(t);
            }
        }
    }

    /** The end of the name of its class, which a server takes as an error code. */
    static String errorCode(Throwable thrown) {
        final String name = thrown.getClass().getName();
        return name.length() <= ERROR_CODE_CHARACTERS_MAX
                ? name
                : name.substring(name.length() - ERROR_CODE_CHARACTERS_MAX);
    }

    private static TaskResult failure(Throwable thrown) {
        final StringWriter trace = new StringWriter();
        thrown.printStackTrace(new PrintWriter(trace));
        final byte[] bytes = trace.toString().getBytes(StandardCharsets.UTF_8);
        return TaskResult.fail(
                errorCode(thrown),
                new Payload(Arrays.copyOf(bytes, Math.min(bytes.length, STACK_TRACE_BYTES_MAX)), Encoding.TEXT));
    }

    /** A thread of the pool: hands an outcome over, a large result part by part first. */
    private void report(HeldTask task, TaskResult result) {
        if (result.kind == TaskResult.Kind.SNOOZE) {
            client.agent().execute(() -> session.snooze(task, result.snoozeMs));
        } else if (result.kind == TaskResult.Kind.CANCELLED && task.hasOnlyOverrun()) {
            // The server ends the lease at the same time: whoever is first, the retry policy has its say.
            reportOutcome(task, TaskResult.fail(MAX_RUN_EXCEEDED, "The attempt ran for as long as it may."));
        } else {
            reportOutcome(task, result);
        }
    }

    private void reportOutcome(HeldTask task, TaskResult result) {
        final ShardMap map = client.agent().map();
        long uploadId = 0;
        if (map != null && result.data.size() > map.inlineBytesMax() && result.data.size() <= map.payloadBytesMax()) {
            uploadId = upload(task, result.data.bytes());
            if (uploadId == 0) {
                client.agent().execute(() -> session.drop(task));
                return;
            }
        }
        completed.incrementAndGet();
        final TaskResult fitting = map != null && result.data.size() > map.payloadBytesMax()
                ? TaskResult.fail(
                        RejectReason.PAYLOAD_TOO_LARGE.name(),
                        "The result has " + result.data.size() + " bytes; at most " + map.payloadBytesMax()
                                + " are kept.")
                : result;
        final WorkerCalls.Report report = new WorkerCalls.Report(task, fitting, uploadId);
        client.agent().execute(() -> session.report(report));
    }

    /** Returns 0 if the lease was lost first, or the worker stopped. */
    private long upload(HeldTask task, byte[] bytes) {
        final long hash = ShardMap.hash(task.data.tenant());
        while (!task.isLost() && !stopped) {
            try {
                return SiloClient.join(client.upload(bytes, hash));
            } catch (SiloException e) {
                if (!e.isTransient()) {
                    LOGGER.error("Could not upload the result of job {}", task.data.jobId(), e);
                    return 0;
                }
                LockSupport.parkNanos(UPLOAD_RETRY_NS);
            }
        }
        return 0;
    }

    /** Net thread: the server gave an upload up before its outcome came. */
    private void uploadAgain(WorkerCalls.Report report) {
        final Thread thread = AeronAccess.daemon(
                () -> reportOutcome(report.task(), report.result()),
                "silo-upload-" + report.task().data.jobId());
        thread.start();
    }

    private void sendHeartbeats() {
        while (!stopped) {
            final long nowNs = System.nanoTime();
            long sleepNs = HEARTBEAT_SLEEP_NS_MAX;
            final List<HeldTask> due = new ArrayList<>();
            for (final HeldTask task : session.held()) {
                long inNs = task.heartbeatDueNs() - nowNs;
                if (inNs <= 0) {
                    task.renewed(nowNs);
                    due.add(task);
                    inNs = task.heartbeatDueNs() - nowNs;
                }
                final long runLeftNs = task.runLeftNs(nowNs);
                if (runLeftNs <= 0) {
                    task.overrun(settings.interruptOnCancel);
                }
                sleepNs = Math.min(sleepNs, Math.min(inNs, Math.max(0, runLeftNs)));
            }
            if (!due.isEmpty()) {
                client.agent().execute(() -> session.heartbeat(due));
            }
            LockSupport.parkNanos(Math.max(HEARTBEAT_SLEEP_NS_MIN, sleepNs));
        }
    }

    /** Stops as {@link #stop} does, with the time-out of the builder. */
    @Override
    public void close() {
        final boolean finished = stop(settings.stopTimeout);
        if (!finished) {
            LOGGER.warn("Worker {} stopped with handlers running; their tasks were given back", settings.workerId);
        }
    }

    /**
     * Takes no more tasks, lets handlers finish, reports what they did, and gives back the rest: those tasks can be leased by others
     * at once, and their attempt is not spent. Handlers still running then are interrupted. A second call does nothing.
     *
     * @param timeout for the handlers; answers of the server may take the client's request time-out longer.
     * @return whether every handler finished and every outcome was answered.
     */
    public synchronized boolean stop(Duration timeout) {
        if (stopping) {
            return true;
        }
        stopping = true;
        final long deadlineNs = System.nanoTime() + timeout.toNanos();
        final long answerNs = client.settings().requestTimeout.toNanos();
        boolean interrupted = Thread.interrupted();
        boolean finished = false;
        try {
            await(onNetThread(session::unsubscribe), answerNs);
            giveBackQueued();
            pool.shutdown();
            finished = pool.awaitTermination(Math.max(0, deadlineNs - System.nanoTime()), TimeUnit.NANOSECONDS);
            if (!finished) {
                giveBackRunning();
            }
            if (refresher != null) {
                refresher.stop(Duration.ofNanos(Math.max(0, deadlineNs - System.nanoTime())));
            }
            finished &= awaitReports(answerNs);
            await(onNetThread(session::returned), answerNs);
        } catch (InterruptedException e) {
            interrupted = true;
            pool.shutdown();
            giveBackRunning();
            if (refresher != null) {
                refresher.cancel();
            }
        }
        stopped = true;
        cancels.shutdown();
        LockSupport.unpark(heartbeats);
        client.agent().removeWorker(session);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return finished;
    }

    private CompletableFuture<Boolean> onNetThread(Supplier<CompletableFuture<?>> step) {
        final CompletableFuture<Boolean> done = new CompletableFuture<>();
        client.agent().execute(() -> {
            var unused = step.get().whenComplete((ignored, failure) -> done.complete(failure == null));
        });
        return done;
    }

    private static void await(CompletableFuture<Boolean> future, long timeoutNs) throws InterruptedException {
        try {
            if (!future.get(timeoutNs, TimeUnit.NANOSECONDS)) {
                LOGGER.debug("A step of stopping was refused");
            }
        } catch (ExecutionException | TimeoutException e) {
            LOGGER.debug("A step of stopping had no answer", e);
        }
    }

    private void giveBackQueued() {
        final List<Runnable> queued = new ArrayList<>();
        pool.getQueue().drainTo(queued);
        final List<HeldTask> tasks = new ArrayList<>();
        for (final Runnable runnable : queued) {
            if (runnable instanceof Run run) {
                tasks.add(run.task);
            }
        }
        client.agent().execute(() -> session.giveBack(tasks));
    }

    private void giveBackRunning() {
        final List<HeldTask> abandoned = new ArrayList<>();
        for (final HeldTask task : session.held()) {
            if (task.abandon()) {
                abandoned.add(task);
            }
        }
        client.agent().execute(() -> session.giveBack(abandoned));
    }

    private boolean awaitReports(long timeoutNs) throws InterruptedException {
        final long deadlineNs = System.nanoTime() + timeoutNs;
        while (!session.held().isEmpty()) {
            if (System.nanoTime() - deadlineNs > 0) {
                return false;
            }
            Thread.sleep(1);
        }
        return true;
    }
}
