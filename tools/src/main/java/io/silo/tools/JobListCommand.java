package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.JobCounts;
import io.silo.client.JobFilter;
import io.silo.client.JobSummary;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.Bounds;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Lists and counts jobs. */
final class JobListCommand {
    private JobListCommand() {}

    /** {@code silo job list}. */
    @Command(
            name = "list",
            description = {
                "List jobs, one a line: id, task group, status, attempt, when the status last changed.",
                "They come in no order that means anything."
            })
    static final class ListJobs implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Option(names = "--where", paramLabel = "CONDITIONS", converter = WhereText.class, description = WhereText.HELP)
        private JobFilter filter = JobFilter.all();

        @Option(names = "--limit", paramLabel = "N", description = "How many at most (default 100); 0 = all.")
        private int limit = 100;

        @Spec
        private @Nullable CommandSpec spec;

        private int shown;

        @Override
        public Integer call() {
            if (limit < 0 && spec != null) {
                throw new ParameterException(spec.commandLine(), "--limit must not be negative");
            }
            final PrintWriter out = Out.of(spec);
            final boolean[] more = new boolean[1];
            try (SiloClient client = ClientConnection.open(server, "", Durability.DURABLE)) {
                client.forEachJob(filter, job -> {
                    if (limit > 0 && shown == limit) {
                        more[0] = true;
                        return false;
                    }
                    shown++;
                    out.println(common.json ? Output.line(json(job)) : line(job));
                    return true;
                });
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            out.flush();
            if (more[0] && !common.json) {
                Out.errorOf(spec).println("There are more; --limit 0 shows all.");
            }
            return ExitCode.OK;
        }

        private static String line(JobSummary job) {
            final String name = job.tenant().equals(Bounds.TENANT_NONE) ? job.id() : job.tenant() + "/" + job.id();
            return name + "  " + job.taskGroup() + "  " + job.status() + "  attempt " + job.attempt() + "  "
                    + job.changedAt() + (job.startAt() == null ? "" : "  starts " + job.startAt());
        }

        private static ObjectNode json(JobSummary job) {
            final ObjectNode node = Output.object();
            node.put("id", job.id());
            node.put("tenant", job.tenant());
            node.put("task_group", job.taskGroup());
            node.put("status", job.status().name());
            node.put("priority", job.priority());
            node.put("attempt", job.attempt());
            JobOutput.put(node, "changed_at_ms", job.changedAt());
            JobOutput.put(node, "start_at_ms", job.startAt());
            return node;
        }
    }

    /** {@code silo job count}. */
    @Command(name = "count", description = "Count jobs by status; that takes no time, however many there are.")
    static final class Count implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Mixin
        private final ServerOptions server = new ServerOptions();

        @Option(
                names = "--tenant",
                paramLabel = "TENANT",
                defaultValue = "",
                description = "Of this one only (default: all that the token may see).")
        private String tenant = "";

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final JobCounts counts;
            try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
                counts = client.countJobs(tenant);
            } catch (SiloException failed) {
                throw ClientConnection.failure(failed);
            }
            final PrintWriter out = Out.of(spec);
            if (common.json) {
                final ObjectNode node = Output.object();
                node.put("scheduled", counts.scheduled());
                node.put("running", counts.running());
                node.put("succeeded", counts.succeeded());
                node.put("failed", counts.failed());
                node.put("cancelled", counts.cancelled());
                node.put("total", counts.total());
                out.println(Output.line(node));
            } else {
                out.println(String.format(
                        Locale.ROOT,
                        "%,d jobs: %,d scheduled, %,d running, %,d succeeded, %,d failed, %,d cancelled",
                        counts.total(),
                        counts.scheduled(),
                        counts.running(),
                        counts.succeeded(),
                        counts.failed(),
                        counts.cancelled()));
            }
            out.flush();
            return ExitCode.OK;
        }
    }
}
