package io.silo.tools;

import io.silo.client.EnqueueResult;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.protocol.RejectReason;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * Sends jobs in batches, several on their way at once, and counts what became of them. One thread.
 */
final class EnqueuePipeline {
    /** Jobs a batch: one record of the log each, far below its bound of 1,024 events. */
    private static final int BATCH_JOBS = 256;

    /** Payload bytes after which a batch is sent, so that a few large jobs do not wait for many. */
    private static final int BATCH_BYTES = 1024 * 1024;

    /** Batches on their way: while the server syncs one, the next are read and sent. */
    private static final int BATCHES_MAX = 8;

    /** Refusals that are told one by one; of a file with a thousand of them the first ten say all. */
    static final int REFUSALS_TOLD = 10;

    private final SiloClient client;
    private final Deque<Batch> underWay = new ArrayDeque<>();
    private final List<Refusal> refusals = new ArrayList<>();
    private List<JobRequest> jobs = new ArrayList<>(BATCH_JOBS);
    private List<Long> lines = new ArrayList<>(BATCH_JOBS);
    private long batchBytes;
    private long acknowledged;
    private long refused;
    private boolean broken;

    private record Batch(List<Long> lines, CompletableFuture<List<EnqueueResult>> answer) {}

    /** A job that was refused. */
    record Refusal(long line, String jobId, RejectReason reason) {}

    EnqueuePipeline(SiloClient client) {
        this.client = client;
    }

    /**
     * Adds a job; waits for the oldest batch if too many are on their way.
     *
     * @param line where the job stands in its file, for messages.
     * @throws CommandFailure if a batch had no answer.
     */
    void add(JobRequest job, long line) {
        jobs.add(job);
        lines.add(line);
        batchBytes += job.payload().size();
        if (jobs.size() >= BATCH_JOBS || batchBytes >= BATCH_BYTES) {
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
        while (underWay.size() >= BATCHES_MAX) {
            takeOldest();
        }
        underWay.add(new Batch(lines, client.enqueueAllAsync(jobs)));
        jobs = new ArrayList<>(BATCH_JOBS);
        lines = new ArrayList<>(BATCH_JOBS);
        batchBytes = 0;
    }

    private void takeOldest() {
        final Batch batch = underWay.remove();
        final List<EnqueueResult> results;
        try {
            results = batch.answer().join();
        } catch (CompletionException failed) {
            broken = true;
            throw ClientConnection.failure(failed);
        }
        for (int i = 0; i < results.size(); i++) {
            final RejectReason reason = results.get(i).rejected();
            if (reason == null) {
                acknowledged++;
            } else {
                refused++;
                if (refusals.size() < REFUSALS_TOLD) {
                    refusals.add(
                            new Refusal(batch.lines().get(i), results.get(i).jobId(), reason));
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
            underWay.add(new Batch(lines, client.enqueueAllAsync(jobs)));
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
