package io.silo.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** Collects what a {@link SiloWorker} is made of. One thread. */
public final class SiloWorkerBuilder {
    private static final int CONCURRENCY_MAX = 16_384;

    final SiloClient client;
    String taskGroup = "";
    String tenant = "";
    String workerId = defaultWorkerId();
    int concurrency = Runtime.getRuntime().availableProcessors();
    Durability durability = Durability.DURABLE;
    Duration stopTimeout = Duration.ofSeconds(30);
    boolean interruptOnCancel;

    @Nullable
    TaskHandler handler;

    @Nullable
    RefreshHandler refreshHandler;

    OutcomeListener outcomeListener = (task, refused) -> {};

    SiloWorkerBuilder(SiloClient client) {
        this.client = Objects.requireNonNull(client, "client");
    }

    private static String defaultWorkerId() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            host = "localhost";
        }
        return host + "-" + ProcessHandle.current().pid() + "-"
                + Integer.toHexString(ThreadLocalRandom.current().nextInt());
    }

    /** Group whose tasks it runs; needed. */
    public SiloWorkerBuilder taskGroup(String value) {
        taskGroup = value;
        return this;
    }

    /** Only this tenant's tasks; default: all that the client's token may see. */
    public SiloWorkerBuilder tenant(String value) {
        tenant = value;
        return this;
    }

    /** Whose its leases are, 1 to 256 bytes; unique among living workers. Default: host, process and a random number. */
    public SiloWorkerBuilder workerId(String value) {
        workerId = value;
        return this;
    }

    /**
     * Handlers that run at once, and tasks leased at most; default: the processors of the machine. Spread over the server's shard
     * threads, each of which may lend one at least.
     */
    public SiloWorkerBuilder concurrency(int value) {
        if (value < 1 || value > CONCURRENCY_MAX) {
            throw new IllegalArgumentException(
                    "Expected a concurrency of 1 to " + CONCURRENCY_MAX + ", but it is " + value + ".");
        }
        concurrency = value;
        return this;
    }

    /** What must be durable before a task is lent or an outcome acknowledged; default {@link Durability#DURABLE}. */
    public SiloWorkerBuilder durability(Durability value) {
        durability = value;
        return this;
    }

    /** How long {@link SiloWorker#close} lets handlers finish; default 30 s. */
    public SiloWorkerBuilder stopTimeout(Duration value) {
        stopTimeout = value;
        return this;
    }

    /**
     * Whether the thread of a handler is interrupted when its task is cancelled, as it is when its lease is lost. Default: no, the
     * task says so by {@link Task#isCancelled} and {@link Task#onCancel}.
     */
    public SiloWorkerBuilder interruptOnCancel(boolean value) {
        interruptOnCancel = value;
        return this;
    }

    /** What to do with a task; needed. */
    public SiloWorkerBuilder handler(TaskHandler value) {
        handler = value;
        return this;
    }

    /**
     * Who finds the floating limits out that jobs of the task group wait for; default nobody, and then other workers of the group are asked
     * alone.
     */
    public SiloWorkerBuilder refreshHandler(RefreshHandler value) {
        refreshHandler = value;
        return this;
    }

    /** Who is told the answers to outcomes; default nobody. */
    public SiloWorkerBuilder outcomeListener(OutcomeListener value) {
        outcomeListener = value;
        return this;
    }

    /** Makes the worker and starts it. See {@link SiloWorker#start}. */
    public SiloWorker start() {
        final SiloWorker worker = build();
        worker.start();
        return worker;
    }

    /** Makes the worker; it does nothing yet. */
    public SiloWorker build() {
        return new SiloWorker(this, Objects.requireNonNull(handler, "handler"));
    }
}
