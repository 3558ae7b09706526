package io.silo.tools;

import io.silo.client.Encoding;
import io.silo.client.Payload;
import io.silo.client.Task;
import io.silo.client.TaskHandler;
import io.silo.client.TaskResult;
import io.silo.protocol.Bounds;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a task as a shell command: the payload on its standard input, its standard output the result, an exit code other than 0
 * a failure with the end of its standard error. A cancelled or lost task's processes are ended. Called by as many threads as the
 * worker's concurrency.
 */
final class CommandHandler implements TaskHandler, AutoCloseable {
    private static final Logger LOGGER = LoggerFactory.getLogger(CommandHandler.class);

    /** End of standard error that is kept: a screenful or two of the last words. */
    private static final int ERROR_BYTES_MAX = 4 * 1024;

    private static final int BUFFER_BYTES = 16 * 1024;
    private static final long CANCEL_CHECK_MS = 100;
    private static final long KILL_AFTER_MS = 2_000;
    private static final long END_CHECK_MS = 10;

    /** How an attempt ended. */
    enum End {
        SUCCEEDED,
        FAILED,
        CANCELLED,
        SNOOZED
    }

    /** Told of each attempt that came to an end here. */
    interface Listener {
        void onEnded(Task task, End end);
    }

    /**
     * What an exit code may say besides success and failure.
     *
     * @param exitCode that means: not now.
     * @param delay after which the task is ready again.
     */
    record Snooze(int exitCode, Duration delay) {}

    private static final boolean HAS_SETSID =
            Files.isExecutable(Path.of("/usr/bin/setsid")) || Files.isExecutable(Path.of("/bin/setsid"));

    private final String command;
    private final @Nullable Snooze snooze;
    private final Listener listener;
    // Two for each running task: one feeds it, one hears its complaints; the handler's own thread takes the result.
    private final ExecutorService pipes = Executors.newCachedThreadPool(task -> {
        final Thread thread = new Thread(task, "silo-pipe");
        thread.setDaemon(true);
        return thread;
    });

    CommandHandler(String command, @Nullable Snooze snooze, Listener listener) {
        this.command = command;
        this.snooze = snooze;
        this.listener = listener;
    }

    @Override
    public TaskResult run(Task task) throws Exception {
        final ProcessBuilder builder = HAS_SETSID
                // A group of its own: it ends as a whole, and not at a Ctrl-C that is meant for the worker.
                ? new ProcessBuilder("setsid", "sh", "-c", command)
                : new ProcessBuilder("sh", "-c", command);
        final Map<String, String> environment = builder.environment();
        environment.put("SILO_JOB_ID", task.id());
        environment.put("SILO_TENANT", task.tenant());
        environment.put("SILO_ATTEMPT", Integer.toString(task.attempt()));
        environment.put("SILO_TASK_GROUP", task.taskGroup());
        final Instant deadline = task.deadline();
        if (deadline != null) {
            environment.put("SILO_DEADLINE_MS", Long.toString(deadline.toEpochMilli()));
        }
        final Process process;
        try {
            process = builder.start();
        } catch (IOException failed) {
            return failed(task, TaskResult.fail("CANNOT_START", String.valueOf(failed.getMessage())));
        }
        boolean ended = false;
        try {
            final TaskResult result = run(task, process);
            ended = true;
            return result;
        } finally {
            if (!ended || process.isAlive()) {
                end(process);
            }
        }
    }

    private TaskResult run(Task task, Process process) throws InterruptedException, ExecutionException {
        final Future<?> input = pipes.submit(() -> feed(process, task.payload().bytes()));
        final Future<byte[]> complaints = pipes.submit(() -> lastBytes(process.getErrorStream()));
        final Future<byte[]> output = pipes.submit(() -> allBytes(process.getInputStream()));
        while (!process.waitFor(CANCEL_CHECK_MS, TimeUnit.MILLISECONDS)) {
            if (task.isCancelled()) {
                end(process);
                listener.onEnded(task, End.CANCELLED);
                return TaskResult.cancelled();
            }
            if (output.isDone() && output.get().length > Bounds.PAYLOAD_BYTES_MAX) {
                return failed(task, tooLarge());
            }
        }
        final int exitCode = process.exitValue();
        if (snooze != null && exitCode == snooze.exitCode) {
            listener.onEnded(task, End.SNOOZED);
            return TaskResult.snooze(snooze.delay);
        }
        if (exitCode != 0) {
            final byte[] last = complaints.get();
            return failed(task, TaskResult.fail("EXIT_" + exitCode, new Payload(last, encoding(last))));
        }
        input.get();
        final byte[] result = output.get();
        if (result.length > Bounds.PAYLOAD_BYTES_MAX) {
            return failed(task, tooLarge());
        }
        listener.onEnded(task, End.SUCCEEDED);
        return TaskResult.success(new Payload(result, encoding(result)));
    }

    private TaskResult failed(Task task, TaskResult result) {
        listener.onEnded(task, End.FAILED);
        return result;
    }

    private static TaskResult tooLarge() {
        return TaskResult.fail(
                "RESULT_TOO_LARGE", "The command wrote more than " + Bounds.PAYLOAD_BYTES_MAX + " bytes.");
    }

    private static Encoding encoding(byte[] bytes) {
        return Output.asText(bytes) == null ? Encoding.RAW : Encoding.TEXT;
    }

    private static void feed(Process process, byte[] payload) {
        try (OutputStream in = process.getOutputStream()) {
            in.write(payload);
        } catch (IOException closed) {
            // A command need not read its input to the end, or at all; its exit code says how it went.
        }
    }

    /** Everything, or one byte more than a result may have. */
    private static byte[] allBytes(InputStream stream) throws IOException {
        return stream.readNBytes(Bounds.PAYLOAD_BYTES_MAX + 1);
    }

    private static byte[] lastBytes(InputStream stream) throws IOException {
        final ByteArrayOutputStream last = new ByteArrayOutputStream();
        final byte[] buffer = new byte[BUFFER_BYTES];
        int count = stream.read(buffer);
        while (count > 0) {
            last.write(buffer, 0, count);
            if (last.size() > 2 * BUFFER_BYTES) {
                final byte[] all = last.toByteArray();
                last.reset();
                last.write(all, all.length - ERROR_BYTES_MAX, ERROR_BYTES_MAX);
            }
            count = stream.read(buffer);
        }
        final byte[] all = last.toByteArray();
        return all.length <= ERROR_BYTES_MAX
                ? all
                : wholeCharacters(Arrays.copyOfRange(all, all.length - ERROR_BYTES_MAX, all.length));
    }

    /** Drops the rest of a character that was cut in two. */
    private static byte[] wholeCharacters(byte[] bytes) {
        int start = 0;
        while (start < bytes.length && start < 4 && (bytes[start] & 0xC0) == 0x80) {
            start++;
        }
        return Arrays.copyOfRange(bytes, start, bytes.length);
    }

    /** Ends the command and what it started; first asked, then killed. */
    private static void end(Process process) {
        // Taken while the command lives: what it leaves behind has no parent that leads here.
        final List<ProcessHandle> all = new ArrayList<>(process.descendants().toList());
        all.add(process.toHandle());
        signal(process, "TERM");
        all.forEach(ProcessHandle::destroy);
        final long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(KILL_AFTER_MS);
        boolean interrupted = Thread.interrupted();
        while (!interrupted && all.stream().anyMatch(ProcessHandle::isAlive) && System.nanoTime() - deadlineNs < 0) {
            try {
                Thread.sleep(END_CHECK_MS);
            } catch (InterruptedException now) {
                interrupted = true;
            }
        }
        signal(process, "KILL");
        all.forEach(ProcessHandle::destroyForcibly);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** To its group, which may hold more than its descendants; nothing happens if all are gone. */
    private static void signal(Process process, String name) {
        if (HAS_SETSID) {
            try {
                new ProcessBuilder("sh", "-c", "kill -s " + name + " -- -" + process.pid())
                        .redirectError(ProcessBuilder.Redirect.DISCARD)
                        .start()
                        .waitFor();
            } catch (IOException cannot) {
                LOGGER.debug("Could not signal the group of process {}", process.pid(), cannot);
            } catch (InterruptedException now) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        pipes.shutdownNow();
    }
}
