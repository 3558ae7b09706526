package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.transport.ShardClientContext;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.concurrent.ManyToOneConcurrentArrayQueue;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The client's one thread for the network: takes calls, sends them to the shard threads they belong to, hands answers on, and
 * rebuilds what is lost. All queues are bounded: calls by the permits of their windows, tasks by {@link #TASKS_MAX}.
 */
final class NetAgent implements Runnable {
    private static final Logger LOGGER = LoggerFactory.getLogger(NetAgent.class);

    // 65,536 small hand-overs: every credit of the largest worker may end in the same moment.
    private static final int TASKS_MAX = 1 << 16;

    // Where Aeron could not be reached: four attempts a second cost nothing and are soon enough.
    private static final long REOPEN_DELAY_NS = TimeUnit.MILLISECONDS.toNanos(250);

    // Whether the server's process lives is asked once a second: a look into the process table.
    private static final long LIVENESS_CHECK_NS = TimeUnit.SECONDS.toNanos(1);

    // A token that was refused is tried again once a second, should the server have learned it.
    private static final long REFUSED_DELAY_NS = TimeUnit.SECONDS.toNanos(1);

    private static final long MAP_REFRESH_INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(20);

    private final SiloClientBuilder settings;
    private final Executor callbacks;
    private final CallWindow window;
    private final CallWindow waitingWindow;
    private final ManyToOneConcurrentArrayQueue<Call<?>> submitted;
    private final ManyToOneConcurrentArrayQueue<Runnable> tasks = new ManyToOneConcurrentArrayQueue<>(TASKS_MAX);
    private final Thread thread;
    private final NetIdle idle;

    private final ArrayDeque<Call<?>> waiting = new ArrayDeque<>();
    private final Int2ObjectHashMap<ShardLink> links = new Int2ObjectHashMap<>();
    private final List<WorkerSession> workers = new ArrayList<>();
    private final SubscriptionTable subscriptions = new SubscriptionTable();
    private final CommandCodecs codecs = new CommandCodecs();
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[2 * Bounds.MESSAGE_BYTES_MAX]);
    private @Nullable AeronAccess access;
    private @Nullable SiloException lastOpenFailure;
    private @Nullable RejectReason refusedBy;
    private long nextOpenNs = System.nanoTime();
    private long nextLinkNs = System.nanoTime();
    private long nextLivenessCheckNs = System.nanoTime();
    private long nextMapRefreshNs = System.nanoTime();
    private volatile @Nullable ShardMap map;
    private volatile boolean closing;

    NetAgent(SiloClientBuilder settings, Executor callbacks) {
        this.settings = settings;
        this.callbacks = callbacks;
        this.window = new CallWindow(this, settings);
        this.waitingWindow = new CallWindow(this, settings);
        this.submitted = new ManyToOneConcurrentArrayQueue<>(Math.max(2, 2 * settings.window));
        this.thread = AeronAccess.daemon(this, "silo-net");
        this.idle = new NetIdle(thread);
    }

    void start() {
        thread.start();
    }

    /** The shard map, or null before the first answer of the server. Any thread. */
    @Nullable
    ShardMap map() {
        return map;
    }

    /** Bounds the calls whose answer is due at once. */
    CallWindow window() {
        return window;
    }

    /** Bounds the calls that may wait for something to happen, as in a long poll. */
    CallWindow waitingWindow() {
        return waitingWindow;
    }

    /** Tells a call where its end is to be told of, and whose room it gives back then. Any thread. */
    void bind(Call<?> call, @Nullable CallWindow room) {
        call.bind(settings.nonBlocking && call.isAnswerShort() ? Runnable::run : callbacks, room, settings.repeatBusy);
    }

    /** Hands a call over. Its permit bounds the queue, so it always fits. Any thread. */
    void submit(Call<?> call, CallWindow room) {
        bind(call, room);
        if (closing || !submitted.offer(call)) {
            call.fail(closing ? closed() : new SiloException(RejectReason.BUSY));
            return;
        }
        idle.wake();
        if (closing) {
            // The net thread may have looked for the last time just before.
            failAll();
        }
    }

    /** Runs something on the net thread soon; waits while {@value #TASKS_MAX} are there. Any thread. */
    void execute(Runnable task) {
        while (!tasks.offer(task)) {
            if (closing) {
                return;
            }
            if (Thread.currentThread() == thread) { // an answer that is told of here
                runTasks();
            } else {
                LockSupport.parkNanos(100_000);
            }
        }
        idle.wake();
    }

    /** Adds a call of a worker, which bounds its own; the completion is called on this thread. Net thread. */
    <T> void enqueueInternal(Call<T> call, Call.Completion<T> completion) {
        call.bind(completion);
        waiting.addLast(call);
    }

    /** The link to a shard thread, or null if none was asked for yet. Net thread. */
    @Nullable
    ShardLink link(int shardThread) {
        return links.get(shardThread);
    }

    void addWorker(WorkerSession worker) {
        execute(() -> {
            workers.add(worker);
            ensureAllLinks();
            links.values().forEach(link -> {
                if (link.isOpen()) {
                    worker.onLinkOpen(link);
                }
            });
        });
    }

    void addSubscription(TaskSubscription subscription) {
        execute(() -> {
            subscriptions.add(subscription);
            ensureAllLinks();
        });
    }

    /** Net thread. */
    SubscriptionTable subscriptions() {
        return subscriptions;
    }

    /** Where those who wait for answers and tasks are told of them. */
    Executor callbacks() {
        return callbacks;
    }

    void removeWorker(WorkerSession worker) {
        execute(() -> workers.remove(worker));
    }

    /** Ends the thread: sessions are closed, calls without an answer fail. Waits for it. */
    void close() {
        closing = true;
        idle.wake();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        failAll();
    }

    @Override
    public void run() {
        try {
            while (!closing) {
                idle.idle(doWork(), isExpecting());
            }
        } catch (Throwable t) { // a bug, or memory is full: nobody is to wait for a thread that is gone
            LOGGER.error("The client's net thread ended", t);
            closing = true;
        }
        runTasks();
        failWaiting();
        links.values().forEach(ShardLink::close);
        links.clear();
        subscriptions.onClosed();
        closeAccess();
        failAll();
    }

    private boolean isExpecting() {
        for (final ShardLink link : links.values()) {
            if (link.inFlightCount() > 0) {
                return true;
            }
        }
        return false;
    }

    private int doWork() {
        final long nowNs = System.nanoTime();
        int workCount = runTasks() + checkAccess(nowNs);
        for (Call<?> call = submitted.poll(); call != null; call = submitted.poll()) {
            waiting.addLast(call);
        }
        workCount += dispatchWaiting(nowNs);
        window.expire(nowNs);
        waitingWindow.expire(nowNs);
        if (access != null) {
            if (links.isEmpty()) {
                ensureLink(0);
            }
            workCount += pollLinks();
            for (final WorkerSession worker : workers) {
                workCount += worker.doWork(nowNs);
            }
            workCount += subscriptions.doWork(nowNs);
        }
        return workCount;
    }

    private int runTasks() {
        int count = 0;
        for (Runnable task = tasks.poll(); task != null && count < TASKS_MAX; task = tasks.poll()) {
            task.run();
            count++;
        }
        return count;
    }

    private int pollLinks() {
        int workCount = 0;
        // A link that is refused leaves the map while it is polled.
        for (final ShardLink link : List.copyOf(links.values())) {
            try {
                workCount += link.poll();
            } catch (RuntimeException e) { // a reply this client cannot decode: its session is no longer in step
                LOGGER.warn("A reply could not be understood; connecting anew", e);
                link.reconnect();
                workCount++;
            }
        }
        return workCount;
    }

    private int checkAccess(long nowNs) {
        if (access != null) {
            final boolean check = nowNs - nextLivenessCheckNs >= 0;
            if (check) {
                nextLivenessCheckNs = nowNs + LIVENESS_CHECK_NS;
            }
            if (!access.aeron().isClosed() && !(check && access.isLost())) {
                return 0;
            }
            LOGGER.info("Lost the media driver of {}; connecting anew", settings.address);
            closeAccess();
            nextOpenNs = nowNs;
        }
        if (nowNs - nextOpenNs < 0) {
            return 0;
        }
        try {
            final AeronAccess opened = AeronAccess.open(settings.address);
            access = opened;
            lastOpenFailure = null;
            links.values().forEach(link -> link.attach(opened.aeron()));
        } catch (RuntimeException e) { // of Aeron, of its driver, or of the server's file: told by the calls that wait
            LOGGER.debug("No media driver for {}", settings.address, e);
            lastOpenFailure = e instanceof SiloException told
                    ? told
                    : new SiloException(
                            RejectReason.UNREACHABLE,
                            "Expected to reach a server by '" + settings.address + "', but " + e.getMessage() + ".",
                            e);
            nextOpenNs = System.nanoTime() + REOPEN_DELAY_NS;
        }
        return 1;
    }

    private void closeAccess() {
        final AeronAccess old = access;
        access = null;
        if (old != null) {
            // First the sessions: what was in flight is sent again.
            links.values().forEach(ShardLink::reconnect);
            old.close();
        }
    }

    private int dispatchWaiting(long nowNs) {
        int sent = 0;
        boolean blocked = false;
        for (int i = waiting.size(); i > 0; i--) {
            final Call<?> call = waiting.pollFirst();
            if (call == null) {
                break;
            }
            if (nowNs - call.deadlineNs >= 0) {
                expire(call);
            } else if (blocked || !call.isReady(nowNs)) {
                waiting.addLast(call);
            } else if (dispatch(call, nowNs)) {
                sent++;
            } else if (!call.isDone()) {
                waiting.addLast(call);
                // Nothing goes out: the others are only looked at for their deadlines.
                blocked = map == null || access == null;
            }
        }
        return sent;
    }

    private void expire(Call<?> call) {
        final SiloException openFailure = lastOpenFailure;
        if (openFailure != null && access == null) {
            call.fail(openFailure);
        } else {
            call.onDeadline(settings.address.toString());
        }
    }

    private boolean dispatch(Call<?> call, long nowNs) {
        final ShardMap current = map;
        if (current == null) {
            return false;
        }
        if (call.takeMapIsOld()) {
            refreshMap(nowNs);
        }
        final ShardMap.Target target = call.target(current);
        if (call.isDone()) {
            return true;
        }
        if (target == null) {
            call.fail(new SiloException(RejectReason.NOT_OWNER, "The server has no shard for the tenant."));
            return true;
        }
        final ShardLink link = ensureLink(target.thread());
        if (link == null || !link.isOpen()) {
            return false;
        }
        final int length;
        try {
            length = call.encode(codecs, buffer, target);
        } catch (RuntimeException e) { // an encoder says so of what its field cannot hold
            call.fail(new SiloException(
                    RejectReason.MALFORMED_FRAME,
                    "Expected a request that a message can hold, but: " + e.getMessage() + ".",
                    e));
            return true;
        }
        if (length > Bounds.MESSAGE_BYTES_MAX) {
            call.fail(new SiloException(RejectReason.BATCH_TOO_LARGE));
            return true;
        }
        return link.offer(call, buffer, length, nowNs);
    }

    private void refreshMap(long nowNs) {
        if (nowNs - nextMapRefreshNs < 0) {
            return;
        }
        nextMapRefreshNs = nowNs + MAP_REFRESH_INTERVAL_NS;
        for (final ShardLink link : links.values()) {
            if (link.refreshMap()) {
                return;
            }
        }
    }

    private @Nullable ShardLink ensureLink(int shardThread) {
        final ShardLink existing = links.get(shardThread);
        final AeronAccess current = access;
        if (existing != null || current == null || System.nanoTime() - nextLinkNs < 0) {
            return existing;
        }
        final ShardClientContext context = current.shardClientContext()
                .thread(shardThread)
                .baseStream(settings.baseStream)
                .token(settings.token)
                .clientName(settings.clientName)
                // Both windows, and what workers send beside them.
                .windowMax(Math.min(1 << 16, 2 * settings.window + 4_096));
        final ShardLink link = new ShardLink(this, current.aeron(), context);
        links.put(shardThread, link);
        return link;
    }

    private void ensureAllLinks() {
        final ShardMap current = map;
        for (int i = 0; current != null && i < current.threadCount(); i++) {
            ensureLink(i);
        }
    }

    /** A call has an answer, of whatever kind: it is done, or goes again. */
    void afterReply(Call<?> call) {
        if (!call.isDone()) {
            waiting.addLast(call);
        }
    }

    void onMap(ShardLink link, ShardMap newMap, boolean isNewSession) {
        map = newMap;
        refusedBy = null;
        if (!workers.isEmpty() || !subscriptions.isEmpty()) {
            ensureAllLinks();
        }
        if (isNewSession) {
            workers.forEach(worker -> worker.onLinkOpen(link));
        }
        subscriptions.onMap(link, isNewSession);
    }

    void onLinkLost(ShardLink link) {
        workers.forEach(worker -> worker.onLinkLost(link));
        subscriptions.onLinkLost(link);
    }

    void onTasksLeased(ShardLink link, TasksLeasedDecoder reply) {
        if (subscriptions.onTasksLeased(link, reply)) {
            return;
        }
        for (final WorkerSession worker : workers) {
            if (worker.owns(link, reply.subscriptionId())) {
                worker.onTasksLeased(link, reply);
                return;
            }
        }
    }

    /** The server will not have this client; calls that come later try again. */
    void onRefused(ShardLink link, RejectReason reason) {
        if (refusedBy != reason) {
            LOGGER.warn("The server refused the session: {}", reason.sentence());
        }
        refusedBy = reason;
        nextLinkNs = System.nanoTime() + REFUSED_DELAY_NS;
        links.remove(link.thread());
        for (Call<?> call = waiting.pollFirst(); call != null; call = waiting.pollFirst()) {
            call.fail(new SiloException(reason));
        }
        workers.forEach(worker -> worker.onRefused(reason));
        subscriptions.onRefused(reason);
    }

    int threadCount() {
        final ShardMap current = map;
        return current == null ? 1 : current.threadCount();
    }

    /** First those without room: each call that fails later would let one of them follow. */
    private void failWaiting() {
        window.failWaiting();
        waitingWindow.failWaiting();
    }

    boolean isClosing() {
        return closing;
    }

    static SiloException closed() {
        return new SiloException(RejectReason.UNREACHABLE, "The client is closed.");
    }

    private void failAll() {
        failWaiting();
        synchronized (waiting) { // the net thread is gone, or going: whoever comes last clears the rest
            for (Call<?> call = submitted.poll(); call != null; call = submitted.poll()) {
                call.fail(closed());
            }
            if (!thread.isAlive() || Thread.currentThread() == thread) {
                for (Call<?> call = waiting.pollFirst(); call != null; call = waiting.pollFirst()) {
                    call.fail(closed());
                }
            }
        }
    }
}
