package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.SiloWorker;
import io.silo.client.SiloWorkerBuilder;
import io.silo.client.Task;
import io.silo.client.TaskGroup;
import io.silo.protocol.Bounds;
import io.silo.tools.TimeText.DurationConverter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the jobs of a task group with a shell command. */
@Command(
        name = "work",
        description = {
            "Run the jobs of a task group with a shell command.",
            "The payload is on its standard input; SILO_JOB_ID, SILO_TENANT and SILO_ATTEMPT are in its environment; its"
                    + " standard output is the result; an exit code other than 0 is a failure.",
            "A command whose job is cancelled, or that runs for longer than its job allows (SILO_DEADLINE_MS), gets SIGTERM"
                    + " with all it started, and SIGKILL two seconds later."
        })
final class WorkCommand implements Callable<Integer> {
    /** Time during which nothing was ready or leased in a group that counts as idle. */
    private static final Duration IDLE = Duration.ofSeconds(1);

    /** Each look at a group costs its server a look at every lease. */
    private static final long CHECK_INTERVAL_MS = 100;

    /** How long running commands may go on after SIGINT or SIGTERM; then their tasks are given back. */
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(10);

    private static final int EXIT_CODE_MAX = 255;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(names = "--task-group", paramLabel = "GROUP", required = true, description = "Whose jobs to run.")
    private String taskGroup = "";

    @Option(names = "--exec", paramLabel = "CMD", required = true, description = "Run by sh -c for each job.")
    private String command = "";

    @Option(
            names = "--refresh-exec",
            paramLabel = "CMD",
            description =
                    "Run by sh -c to find out a floating limit: SILO_LIMIT_KEY, SILO_LIMIT_MAX and SILO_TENANT are in its environment,"
                            + " the limit's metadata on its standard input as JSON; it prints the maximum.")
    private @Nullable String refreshCommand;

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Only this tenant's jobs.")
    private String tenant = "";

    @Option(names = "--concurrency", paramLabel = "N", defaultValue = "1", description = "Jobs at once (default 1).")
    private int concurrency = 1;

    @Option(
            names = "--exit-when-idle",
            description =
                    "End when nothing was ready or leased in the group for one second, by this worker or another.")
    private boolean exitWhenIdle;

    @Option(
            names = "--snooze-exit-code",
            paramLabel = "N",
            description = "An exit code that means: not now, again after --snooze, as if it had not been tried.")
    private @Nullable Integer snoozeExitCode;

    @Option(
            names = "--snooze",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "How long a snoozed job waits, 1ms to 400d: 30s, 10m.")
    private @Nullable Duration snooze;

    @Option(names = "--output", paramLabel = "FILE", description = "One JSON line for each finished job.")
    private @Nullable Path output;

    @Spec
    private @Nullable CommandSpec spec;

    private final AtomicLong succeeded = new AtomicLong();
    private final AtomicLong failures = new AtomicLong();
    private final AtomicLong cancelled = new AtomicLong();
    private final AtomicLong snoozed = new AtomicLong();
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile boolean stopRequested;
    private volatile @Nullable FinishedJobs finishedJobs;

    @Override
    public Integer call() throws InterruptedException {
        final long startedNs = System.nanoTime();
        final CommandHandler.Snooze snoozing = snoozing();
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE);
                CommandHandler handler = new CommandHandler(command, snoozing, this::onAttemptEnded)) {
            final FinishedJobs finished = output == null ? null : new FinishedJobs(client, output);
            finishedJobs = finished;
            final Thread hook = new Thread(this::onSignal, "silo-stop");
            Runtime.getRuntime().addShutdownHook(hook);
            try {
                boolean inOrder;
                try {
                    inOrder = work(client, handler);
                } finally {
                    if (finished != null) {
                        finished.close();
                    }
                }
                report(startedNs, inOrder);
            } finally {
                // Left in place it would end the process with the exit code of a stop in order.
                if (!stopRequested) {
                    Runtime.getRuntime().removeShutdownHook(hook);
                }
            }
            return ExitCode.OK;
        } finally {
            stopped.countDown();
        }
    }

    private CommandHandler.@Nullable Snooze snoozing() {
        if (snoozeExitCode == null && snooze == null) {
            return null;
        }
        if (snoozeExitCode == null || snooze == null) {
            throw CommandFailure.usage("--snooze-exit-code and --snooze go together.", "See: silo work --help");
        }
        if (snoozeExitCode < 1 || snoozeExitCode > EXIT_CODE_MAX) {
            throw CommandFailure.usage("--snooze-exit-code is 1 to 255, not " + snoozeExitCode + ".", "");
        }
        if (snooze.isZero() || snooze.compareTo(Duration.ofMillis(Bounds.RETRY_INTERVAL_MS_MAX)) > 0) {
            throw CommandFailure.usage("--snooze is 1ms to 400d.", "");
        }
        return new CommandHandler.Snooze(snoozeExitCode, snooze);
    }

    /** Where SIGINT and SIGTERM arrive: the process ends when this does, so it waits for the worker to stop. */
    private void onSignal() {
        stopRequested = true;
        try {
            if (!stopped.await(2 * STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ExitCode.OK);
    }

    private boolean work(SiloClient client, CommandHandler handler) throws InterruptedException {
        final SiloWorkerBuilder builder = SiloWorker.with(client)
                .taskGroup(taskGroup)
                .stopTimeout(STOP_TIMEOUT)
                .handler(handler);
        if (!tenant.isEmpty()) {
            builder.tenant(tenant);
        }
        if (refreshCommand != null) {
            builder.refreshHandler(new RefreshCommand(refreshCommand));
        }
        try {
            final SiloWorker worker = builder.concurrency(concurrency).start();
            tellIfPaused(client);
            long busyAtNs = System.nanoTime();
            while (!stopRequested && !(exitWhenIdle && System.nanoTime() - busyAtNs >= IDLE.toNanos())) {
                Thread.sleep(CHECK_INTERVAL_MS);
                if (exitWhenIdle && !isIdle(client, worker)) {
                    busyAtNs = System.nanoTime();
                }
            }
            return worker.stop(STOP_TIMEOUT);
        } catch (SiloException refused) {
            throw ClientConnection.failure(refused);
        } catch (IllegalArgumentException wrong) {
            throw CommandFailure.usage(String.valueOf(wrong.getMessage()), "See: silo work --help");
        }
    }

    /** One line on standard error, so that nobody wonders why nothing runs. */
    private void tellIfPaused(SiloClient client) {
        final TaskGroup group;
        try {
            group = group(client);
        } catch (SiloException unknown) {
            return; // the worker goes on, and fails if it must
        }
        if (group.isGroupPaused() || group.isTenantPaused()) {
            final String subject = group.isGroupPaused() ? "Task group " + taskGroup : "Tenant " + tenant;
            final String option = group.isGroupPaused() ? "--task-group " + taskGroup : "--tenant " + tenant;
            final PrintWriter err = Out.errorOf(spec);
            err.println("warning: " + subject + " is paused. To give out its tasks: ./silo resume " + option);
            err.flush();
        }
    }

    private TaskGroup group(SiloClient client) {
        return tenant.isEmpty() ? client.taskGroup(taskGroup) : client.taskGroup(tenant, taskGroup);
    }

    /** Whether neither this worker nor any other of the group holds a task, and none is ready; what is paused does not count. */
    private boolean isIdle(SiloClient client, SiloWorker worker) {
        if (worker.heldCount() > 0) {
            return false;
        }
        try {
            return group(client).isIdle();
        } catch (SiloException failed) {
            if (failed.isTransient()) {
                return false; // the server is away: what it will say is not known
            }
            throw failed;
        }
    }

    private void onAttemptEnded(Task task, CommandHandler.End end) {
        final boolean mayBeLast = switch (end) {
            case SUCCEEDED -> count(succeeded, true);
            case FAILED -> count(failures, task.isLastAttempt());
            // Told to stop by its job's cancellation, or by its time: then a retry may follow.
            case CANCELLED -> count(cancelled, !hasOverrun(task) || task.isLastAttempt());
            case SNOOZED -> count(snoozed, false);
        };
        final FinishedJobs finished = finishedJobs;
        if (finished != null && mayBeLast) {
            finished.onAttemptEnded(task);
        }
    }

    private static boolean hasOverrun(Task task) {
        final Instant deadline = task.deadline();
        return deadline != null && !Instant.now().isBefore(deadline);
    }

    private static boolean count(AtomicLong counter, boolean mayBeLast) {
        counter.incrementAndGet();
        return mayBeLast;
    }

    private static String unlessNone(String format, AtomicLong count) {
        return count.get() == 0 ? "" : String.format(Locale.ROOT, format, count.get());
    }

    private void report(long startedNs, boolean inOrder) {
        final double seconds = (System.nanoTime() - startedNs) / 1e9;
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("succeeded", succeeded.get());
            node.put("failed_attempts", failures.get());
            node.put("stopped", cancelled.get());
            node.put("snoozed", snoozed.get());
            node.put("given_back", !inOrder);
            node.put("elapsed_ms", (long) (seconds * 1_000));
            out.println(Output.line(node));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%,d jobs succeeded, %,d attempts failed%s%s in %.1f s.%s",
                    succeeded.get(),
                    failures.get(),
                    unlessNone(", %,d stopped", cancelled),
                    unlessNone(", %,d snoozed", snoozed),
                    seconds,
                    inOrder ? "" : " Commands that did not end in time were given back."));
        }
        out.flush();
    }
}
