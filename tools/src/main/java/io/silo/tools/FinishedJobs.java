package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.JobResult;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.Task;
import io.silo.protocol.RejectReason;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Writes one JSON line for each job that the server says has ended: the outcome is asked of the server, so that a line is never
 * ahead of what is durable. Any thread.
 */
final class FinishedJobs implements AutoCloseable {
    /** How long an outcome may take from the handler's end to the server's record. */
    private static final Duration WAIT = Duration.ofSeconds(30);

    private final SiloClient client;
    private final Path file;
    private final BufferedWriter writer;
    private final Phaser underWay = new Phaser(1);
    private boolean failed;
    private long written;

    FinishedJobs(SiloClient client, Path file) {
        this.client = client;
        this.file = file;
        try {
            this.writer = Files.newBufferedWriter(file, StandardCharsets.UTF_8);
        } catch (IOException cannot) {
            throw CommandFailure.usage("The output file " + file + " cannot be written.", "");
        }
    }

    /** An attempt ended that may be the job's last: the line follows once the server confirms it. */
    void onAttemptEnded(Task task) {
        underWay.register();
        // Its own end is the phaser's business.
        final var unused = client.awaitResultAsync(task.tenant(), task.id(), WAIT)
                .whenComplete((result, failure) -> {
                    try {
                        if (result != null) {
                            write(task, result);
                        } else if (!isStillOpen(failure)) {
                            fail();
                        }
                    } finally {
                        underWay.arriveAndDeregister();
                    }
                });
    }

    /** Somebody else has the job again, or its outcome was not accepted: it has not ended here. */
    private static boolean isStillOpen(Throwable failure) {
        final Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof SiloException refused && refused.reason() == RejectReason.JOB_NOT_COMPLETE;
    }

    private synchronized void write(Task task, JobResult result) {
        final ObjectNode node = Output.object();
        node.put("id", task.id());
        node.put("tenant", task.tenant());
        Output.putBytes(node, "payload", task.payload().bytes());
        node.put("status", result.status().name());
        Output.putBytes(node, "result", result.result().bytes());
        if (result.errorCode() != null) {
            node.put("error_code", result.errorCode());
        }
        try {
            writer.write(Output.line(node));
            writer.write('\n');
            written++;
        } catch (IOException full) {
            failed = true;
        }
    }

    private synchronized void fail() {
        failed = true;
    }

    /** Lines written. */
    synchronized long written() {
        return written;
    }

    /**
     * Waits for the outcomes under way and closes the file.
     *
     * @throws CommandFailure if a line is missing.
     */
    @Override
    public void close() {
        boolean complete = true;
        try {
            underWay.awaitAdvanceInterruptibly(underWay.arrive(), WAIT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            complete = false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            complete = false;
        }
        synchronized (this) {
            try {
                writer.close();
            } catch (IOException full) {
                throw new UncheckedIOException("cannot write " + file, full);
            }
            if (failed || !complete) {
                throw new CommandFailure(
                        ExitCode.REFUSED,
                        "OUTPUT_INCOMPLETE",
                        "Lines of some finished jobs are missing in " + file + ".",
                        "The jobs themselves are at the server: ./silo job get ID");
            }
        }
    }
}
