package io.silo.client;

import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One attempt at a job, leased to this worker. The flags change while it runs; everything else does not. Any thread. */
public final class Task {
    private static final Logger LOGGER = LoggerFactory.getLogger(Task.class);
    private static final int TOKEN_BITS = 64;

    private final TaskData data;
    private final Payload payload;
    private final Executor cancelExecutor;
    private final @Nullable Instant deadline;
    private final List<Runnable> cancelActions = new ArrayList<>(0);
    private volatile boolean leaseLost;
    private volatile boolean cancelled;

    /** @param cancelExecutor where what hangs on a cancellation runs. */
    Task(TaskData data, Payload payload, Executor cancelExecutor) {
        this.data = data;
        this.payload = payload;
        this.cancelExecutor = cancelExecutor;
        this.deadline = data.maxRunMs() == 0 ? null : Instant.now().plusMillis(data.maxRunMs());
    }

    /** Id of the job. */
    public String id() {
        return data.jobId();
    }

    /** Tenant of the job; {@code -} if it has none. */
    public String tenant() {
        return data.tenant();
    }

    /** Task group of the job. */
    public String taskGroup() {
        return data.taskGroup();
    }

    /** Number of the attempt, from 1; goes on rising over a restart of the job. */
    public int attempt() {
        return data.attempt();
    }

    /** Number of the attempt since the job was last restarted, from 1. */
    public int relativeAttempt() {
        return data.relativeAttempt();
    }

    /** Whether no retry is left after this one. */
    public boolean isLastAttempt() {
        return data.isLastAttempt();
    }

    /** 0 (first) to 99. */
    public int priority() {
        return data.priority();
    }

    /** When the job was accepted. */
    public Instant enqueuedAt() {
        return Instant.ofEpochMilli(data.enqueuedAtMs());
    }

    /** When the job was to start first. */
    public Instant startAt() {
        return Instant.ofEpochMilli(data.startAtMs());
    }

    /** What the job is limited by, in the producer's order. */
    public List<Limit> limits() {
        return data.limits();
    }

    /** Names and values given by the producer. */
    public Map<String, String> metadata() {
        return data.metadata();
    }

    /** Key that no other job of the tenant has that has not ended; null = none. */
    public @Nullable String uniqueKey() {
        return data.uniqueKey().isEmpty() ? null : data.uniqueKey();
    }

    /** What the producer gave; checked against its checksum. */
    public Payload payload() {
        return payload;
    }

    /**
     * A number that rises with each lease of the same job: write it beside what you write elsewhere, and let that refuse lower
     * ones, and a worker that lost its lease without knowing does no harm.
     */
    public BigInteger fence() {
        return new BigInteger(Long.toUnsignedString(data.tokenEpoch()))
                .shiftLeft(TOKEN_BITS)
                .or(new BigInteger(Long.toUnsignedString(data.token())));
    }

    /**
     * Whether the lease is gone: another worker may run the job now, and the result of this attempt will be refused. The handler's
     * thread was interrupted too.
     */
    public boolean isLeaseLost() {
        return leaseLost;
    }

    /**
     * Whether to stop, because the job is to be cancelled or the attempt has reached its {@link #deadline}: return
     * {@link TaskResult#cancelled} as soon as you can. A success that is returned all the same still counts, if the lease lives; a
     * failure, thrown or returned, ends the job as cancelled.
     */
    public boolean isCancelled() {
        return cancelled;
    }

    /**
     * When this attempt fails whatever is done, by this machine's clock; null if its run has no bound. The task counts as cancelled
     * from then on.
     */
    public @Nullable Instant deadline() {
        return deadline;
    }

    /**
     * Has something run once when the task is cancelled, to wake or stop what the handler waits for; if it is cancelled already, at
     * once. It runs on one thread of the worker's for all its tasks, so it must not wait long; what it throws is logged.
     */
    public void onCancel(Runnable action) {
        synchronized (cancelActions) {
            if (!cancelled) {
                cancelActions.add(action);
                return;
            }
        }
        cancelExecutor.execute(() -> run(action));
    }

    void loseLease() {
        leaseLost = true;
    }

    void cancel() {
        synchronized (cancelActions) {
            if (cancelled) {
                return;
            }
            cancelled = true;
            if (cancelActions.isEmpty()) {
                return;
            }
        }
        // Nothing is added any more.
        cancelExecutor.execute(() -> cancelActions.forEach(this::run));
    }

    private void run(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException e) { // the application's: the other tasks' must run too
            LOGGER.error("What was to run at the cancellation of {} failed", this, e);
        }
    }

    @Override
    public String toString() {
        return "Task[" + tenant() + "/" + id() + " attempt " + attempt() + "]";
    }
}
