package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.Job;
import io.silo.client.JobStatus;
import io.silo.client.LeasedTask;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.client.Task;
import io.silo.client.TaskResult;
import io.silo.protocol.Bounds;
import io.silo.tools.TimeText.DurationConverter;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Shows jobs and changes them. */
@Command(
        name = "job",
        description = "Look at jobs, and change them.",
        subcommands = {
            JobCommand.Get.class,
            JobListCommand.ListJobs.class,
            JobListCommand.Count.class,
            JobCommand.Await.class,
            JobChangeCommand.Cancel.class,
            JobChangeCommand.Restart.class,
            JobChangeCommand.Expedite.class,
            JobChangeCommand.Delete.class,
            JobCommand.Lease.class
        })
final class JobCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "A command is missing: get, list, count, await, cancel, restart, expedite, delete or lease");
        }
    }

    /** What the commands about one job have in common. */
    abstract static class OfOneJob implements Callable<Integer> {
        @Mixin
        final CommonOptions common = new CommonOptions();

        @Mixin
        final ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "ID", description = "Id of the job.")
        String id = "";

        @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose job it is.")
        String givenTenant = "";

        @Spec
        @Nullable
        CommandSpec spec;

        final String tenant() {
            return givenTenant.isEmpty() ? Bounds.TENANT_NONE : givenTenant;
        }

        @Override
        public final Integer call() {
            try (SiloClient client = ClientConnection.open(server, givenTenant, Durability.DURABLE)) {
                return call(client);
            } catch (CompletionException | SiloException failed) {
                throw ClientConnection.failure(failed);
            }
        }

        abstract int call(SiloClient client);

        final void show(Job job, boolean attempts) {
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                out.println(Output.line(JobOutput.json(job, attempts)));
            } else {
                JobOutput.text(job, out);
            }
        }
    }

    /** {@code silo job get}. */
    @Command(name = "get", description = "Show a job: its status, payload and result.")
    static final class Get extends OfOneJob {
        @Option(names = "--attempts", description = "Show its attempts too.")
        private boolean attempts;

        @Override
        int call(SiloClient client) {
            show(client.getJobAsync(tenant(), id, attempts).join(), attempts);
            return ExitCode.OK;
        }
    }

    /** {@code silo job await}. */
    @Command(
            name = "await",
            description = {
                "Wait until a job ends, and show it.",
                "The exit code is 0 if it succeeded, and 1 if it failed, was cancelled, or did not end in time."
            })
    static final class Await extends OfOneJob {
        @Option(
                names = "--timeout",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "How long to wait (default 60s).")
        private Duration timeout = Duration.ofSeconds(60);

        @Override
        int call(SiloClient client) {
            client.awaitResultAsync(tenant(), id, timeout).join();
            final Job job = client.getJobAsync(tenant(), id, false).join();
            show(job, false);
            return job.status() == JobStatus.SUCCEEDED ? ExitCode.OK : ExitCode.REFUSED;
        }
    }

    /** {@code silo job lease}. */
    @Command(
            name = "lease",
            description = {
                "Take a job away from its workers, whatever its start time, show its task, and hold it.",
                "It is given back unspent when the time is over or the command is interrupted; if it is cancelled"
                        + " meanwhile, it ends."
            })
    static final class Lease extends OfOneJob {
        /** A lease of the shortest length, 100 ms, lives through it. */
        private static final long HEARTBEAT_MS = 40;

        @Option(names = "--worker", paramLabel = "ID", required = true, description = "Whose the lease is to be.")
        private String worker = "";

        @Option(
                names = "--hold",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "How long to hold it (default: until interrupted).")
        private @Nullable Duration hold;

        @Override
        int call(SiloClient client) {
            // Closing the session gives the lease back; one that is lost would run out, and count as a crash.
            final Thread hook = new Thread(client::close, "silo-give-back");
            Runtime.getRuntime().addShutdownHook(hook);
            final LeasedTask lease = client.leaseJob(tenant(), id, worker);
            show(lease);
            hold(lease);
            Runtime.getRuntime().removeShutdownHook(hook);
            return ExitCode.OK;
        }

        private void hold(LeasedTask lease) {
            final long begunNs = System.nanoTime();
            while (hold == null || System.nanoTime() - begunNs < hold.toNanos()) {
                try {
                    Thread.sleep(HEARTBEAT_MS);
                } catch (InterruptedException now) {
                    Thread.currentThread().interrupt();
                    break;
                }
                if (lease.heartbeat()) {
                    lease.report(TaskResult.cancelled());
                    Out.errorOf(spec).println("Job " + lease.task().id() + " was cancelled.");
                    return;
                }
            }
            lease.giveBack();
        }

        private void show(LeasedTask lease) {
            final Task task = lease.task();
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                out.println(Output.line(json(task)));
            } else {
                out.println("Job " + task.id() + " is leased to " + worker + ", attempt " + task.attempt() + ".");
                out.println(Output.shown(task.payload().bytes()));
            }
            out.flush();
        }

        private ObjectNode json(Task task) {
            final ObjectNode node = Output.object();
            node.put("id", task.id());
            node.put("tenant", task.tenant());
            node.put("task_group", task.taskGroup());
            node.put("worker_id", worker);
            node.put("attempt", task.attempt());
            node.put("relative_attempt", task.relativeAttempt());
            node.put("is_last_attempt", task.isLastAttempt());
            node.put("fence", task.fence().toString());
            node.put("priority", task.priority());
            node.put("enqueued_at_ms", task.enqueuedAt().toEpochMilli());
            node.put("start_at_ms", task.startAt().toEpochMilli());
            final Instant deadline = task.deadline();
            if (deadline != null) {
                node.put("deadline_ms", deadline.toEpochMilli());
            }
            final ObjectNode metadata = node.putObject("metadata");
            task.metadata().forEach(metadata::put);
            if (task.uniqueKey() != null) {
                node.put("unique_key", task.uniqueKey());
            }
            Output.putBytes(node, "payload", task.payload().bytes());
            return node;
        }
    }
}
