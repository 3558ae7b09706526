package io.silo.tools;

import io.silo.protocol.RejectReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Sends jobs in batches, several on their way at once, and counts what became of them. One thread.
 *
 * @param <T> a job, as the client takes it.
 */
final class JobPipeline<T> {
    /** Payload bytes after which a batch is sent, so that a few large jobs do not wait for many. */
    private static final int BATCH_BYTES = 1024 * 1024;

    /** Refusals that are told one by one; of a file with a thousand of them the first ten say all. */
    static final int REFUSALS_TOLD = 10;

    private final int batchJobs;
    private final int batchesMax;
    private final Function<List<T>, CompletableFuture<List<Answer>>> sender;
    private final Deque<Batch> underWay = new ArrayDeque<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private List<T> jobs = new ArrayList<>();
    private List<Long> lines = new ArrayList<>();
    private long batchBytes;
    private long acknowledged;
    private long refused;
    private boolean broken;

    private record Batch(List<Long> lines, CompletableFuture<List<Answer>> answer) {}

    /**
     * What the server says to a job.
     *
     * @param reason null if it was accepted.
     * @param attempt number of the attempt that is to blame; 0 = none.
     * @param heldBy id of the job that has the unique key; null = none has, or it is not told.
     */
    record Answer(
            String jobId,
            @Nullable RejectReason reason,
            int attempt,
            @Nullable String heldBy) {}

    /** A job that was refused. */
    record Refusal(
            long line,
            String jobId,
            RejectReason reason,
            int attempt,
            @Nullable String heldBy) {}

    /**
     * @param batchJobs jobs of a batch.
     * @param batchesMax batches on their way: while the server syncs one, the next are read and sent.
     * @param sender answers for each job, in order.
     */
    JobPipeline(int batchJobs, int batchesMax, Function<List<T>, CompletableFuture<List<Answer>>> sender) {
        this.batchJobs = batchJobs;
        this.batchesMax = batchesMax;
        this.sender = sender;
    }

    /**
     * Adds a job; waits for the oldest batch if too many are on their way.
     *
     * @param bytes of payload and results.
     * @param line where the job stands in its file, for messages.
     * @throws CommandFailure if a batch had no answer.
     */
    void add(T job, long bytes, long line) {
        jobs.add(job);
        lines.add(line);
        batchBytes += bytes;
        if (jobs.size() >= batchJobs || batchBytes >= BATCH_BYTES) {
            send();
        }
    }

    /** Sends the rest and waits for every answer. */
    void finish() {
        if (!jobs.isEmpty()) {
            send();
        }
        while (!underWay.isEmpty()) {
            takeOldest();
        }
    }

    private void send() {
        while (underWay.size() >= batchesMax) {
            takeOldest();
        }
        underWay.add(new Batch(lines, sender.apply(jobs)));
        jobs = new ArrayList<>();
        lines = new ArrayList<>();
        batchBytes = 0;
    }

    private void takeOldest() {
        final Batch batch = underWay.remove();
        final List<Answer> answers;
        try {
            answers = batch.answer().join();
        } catch (CompletionException failed) {
            broken = true;
            throw ClientConnection.failure(failed);
        }
        for (int i = 0; i < answers.size(); i++) {
            final Answer answer = answers.get(i);
            final RejectReason reason = answer.reason();
            if (reason == null) {
                acknowledged++;
            } else {
                refused++;
                if (refusals.size() < REFUSALS_TOLD) {
                    refusals.add(new Refusal(
                            batch.lines().get(i), answer.jobId(), reason, answer.attempt(), answer.heldBy()));
                }
            }
        }
    }

    /**
     * Ends after a failure: sends what was read before it, unless the failure was the server's, and waits for every answer,
     * whatever it is. Afterwards {@link #acknowledged} is final.
     */
    void settle() {
        if (!broken && !jobs.isEmpty()) {
            underWay.add(new Batch(lines, sender.apply(jobs)));
        }
        jobs = new ArrayList<>();
        while (!underWay.isEmpty()) {
            try {
                takeOldest();
            } catch (CommandFailure noAnswer) {
                // Counted as not acknowledged; the failure that led here is the one to tell.
            }
        }
    }

    long acknowledged() {
        return acknowledged;
    }

    long refused() {
        return refused;
    }

    /** The first refusals, at most {@link #REFUSALS_TOLD}. */
    List<Refusal> refusals() {
        return refusals;
    }
}
