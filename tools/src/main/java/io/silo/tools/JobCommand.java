package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Attempt;
import io.silo.client.Durability;
import io.silo.client.Job;
import io.silo.client.SiloClient;
import java.io.PrintWriter;
import java.time.Instant;
import java.util.Locale;
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

/** Shows jobs. */
@Command(name = "job", description = "Look at jobs.", subcommands = JobCommand.Get.class)
final class JobCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: get");
        }
    }

    /** {@code silo job get}. */
    @Command(name = "get", description = "Show a job: its status, payload and result.")
    static final class Get implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Parameters(paramLabel = "ID", description = "Id of the job.")
        private String id = "";

        @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose job it is.")
        private String tenant = "";

        @Option(names = "--attempts", description = "Show its attempts too.")
        private boolean attempts;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final Job job;
            try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
                job = client.getJobAsync(tenant.isEmpty() ? "-" : tenant, id, attempts)
                        .join();
            } catch (CompletionException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                out.println(Output.line(json(job)));
            } else {
                text(job, out);
            }
            return ExitCode.OK;
        }

        private ObjectNode json(Job job) {
            final ObjectNode node = Output.object();
            node.put("id", job.id());
            node.put("tenant", job.tenant());
            node.put("task_group", job.taskGroup());
            node.put("status", job.status().name());
            node.put("priority", job.priority());
            node.put("enqueued_at_ms", job.enqueuedAt().toEpochMilli());
            node.put("start_at_ms", job.startAt().toEpochMilli());
            node.put("changed_at_ms", job.changedAt().toEpochMilli());
            final Instant next = job.nextStartAt();
            if (next != null) {
                node.put("next_start_at_ms", next.toEpochMilli());
            }
            node.put("attempt", job.attempt());
            final ObjectNode metadata = node.putObject("metadata");
            job.metadata().forEach(metadata::put);
            Output.putBytes(node, "payload", job.payload().bytes());
            final var result = job.result();
            if (result != null) {
                Output.putBytes(node, "result", result.bytes());
            }
            if (job.errorCode() != null) {
                node.put("error_code", job.errorCode());
            }
            if (attempts) {
                final ArrayNode array = node.putArray("attempts");
                job.attempts().forEach(attempt -> array.add(json(attempt)));
            }
            return node;
        }

        private static ObjectNode json(Attempt attempt) {
            final ObjectNode node = Output.object();
            node.put("attempt", attempt.number());
            node.put("status", attempt.status().name());
            node.put("worker_id", attempt.workerId());
            node.put("started_at_ms", attempt.startedAt().toEpochMilli());
            final Instant finished = attempt.finishedAt();
            if (finished != null) {
                node.put("finished_at_ms", finished.toEpochMilli());
                Output.putBytes(node, "result", attempt.result().bytes());
            }
            if (attempt.errorCode() != null) {
                node.put("error_code", attempt.errorCode());
            }
            return node;
        }

        private void text(Job job, PrintWriter out) {
            out.println("job         " + job.id());
            out.println("tenant      " + job.tenant());
            out.println("task group  " + job.taskGroup());
            out.println("status      " + job.status() + (job.errorCode() == null ? "" : " (" + job.errorCode() + ")"));
            out.println("priority    " + job.priority());
            out.println("enqueued    " + job.enqueuedAt());
            final Instant next = job.nextStartAt();
            if (next != null) {
                out.println("next start  " + next);
            }
            out.println("attempt     " + job.attempt());
            job.metadata().forEach((key, value) -> out.println("metadata    " + key + " = " + value));
            out.println("payload     " + Output.shown(job.payload().bytes()));
            final var result = job.result();
            if (result != null) {
                out.println("result      " + Output.shown(result.bytes()).stripTrailing());
            }
            for (Attempt attempt : job.attempts()) {
                final Instant finished = attempt.finishedAt();
                out.println(String.format(
                        Locale.ROOT,
                        "  attempt %d  %s  %s  by %s%s",
                        attempt.number(),
                        attempt.status(),
                        attempt.startedAt() + (finished == null ? "" : " to " + finished),
                        attempt.workerId(),
                        attempt.errorCode() == null ? "" : "  " + attempt.errorCode()));
            }
        }
    }
}
