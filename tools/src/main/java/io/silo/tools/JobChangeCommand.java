package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.BulkResult;
import io.silo.client.BulkVerb;
import io.silo.client.Durability;
import io.silo.client.JobChange;
import io.silo.client.JobFilter;
import io.silo.client.JobRef;
import io.silo.client.JobStatus;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Cancels, restarts, expedites or deletes jobs. One line each: what was done on standard output, what was refused on standard error.
 */
abstract class JobChangeCommand implements Callable<Integer> {
    /** Ids that are read before their jobs are changed; the client sends messages of 1,024 and has them under way together. */
    private static final int BATCH_IDS = 8 * 1_024;

    /** Longer than any id; who gives that gets the server's refusal, and a file without line ends is not read whole. */
    private static final int LINE_BYTES_MAX = 64 * 1024;

    private static final String STANDARD_INPUT = "-";

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "ID", arity = "0..*", description = "Ids of jobs; - reads them from standard input.")
    private List<String> ids = new ArrayList<>();

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose jobs they are.")
    private String tenant = "";

    @Option(
            names = "--where",
            paramLabel = "CONDITIONS",
            converter = WhereText.class,
            description = "All jobs that match now, instead of ids. " + WhereText.HELP)
    private @Nullable JobFilter filter;

    @Option(names = "--dry-run", description = "With --where: only count them.")
    private boolean dryRun;

    @Spec
    private @Nullable CommandSpec spec;

    private boolean refused;

    /** What is done to all that match. */
    abstract BulkVerb verb();

    /** Changes them all. */
    abstract List<JobChange> change(SiloClient client, List<JobRef> jobs);

    /** What was done, with the job as its subject. */
    abstract String done(@Nullable JobStatus status);

    /** What was not done. */
    abstract String notDone();

    @Override
    public final Integer call() {
        checkArguments();
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
            if (filter != null) {
                changeMatching(client, tenant.isEmpty() ? filter : filter.tenant(tenant));
                return ExitCode.OK;
            }
            final List<JobRef> jobs = new ArrayList<>();
            for (String id : ids) {
                if (id.equals(STANDARD_INPUT)) {
                    readIds(client, jobs);
                } else {
                    add(client, jobs, id);
                }
            }
            send(client, jobs);
        } catch (SiloException failed) {
            throw ClientConnection.failure(failed);
        }
        return refused ? ExitCode.REFUSED : ExitCode.OK;
    }

    private void checkArguments() {
        if (spec == null) {
            return;
        }
        if (ids.isEmpty() == (filter == null)) {
            throw new ParameterException(spec.commandLine(), "Name either ids of jobs or --where");
        }
        if (filter != null && !tenant.isEmpty() && !filter.tenant().isEmpty()) {
            throw new ParameterException(spec.commandLine(), "Name the tenant once: --tenant or --where 'tenant=…'");
        }
        if (dryRun && filter == null) {
            throw new ParameterException(spec.commandLine(), "--dry-run goes with --where");
        }
    }

    private void changeMatching(SiloClient client, JobFilter matching) {
        final BulkResult result = dryRun ? client.dryRun(verb(), matching) : client.changeAll(verb(), matching);
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("verb", verb().name().toLowerCase(Locale.ROOT));
            node.put("dry_run", dryRun);
            node.put("changed", result.changed());
            node.put("skipped", result.skipped());
            out.println(Output.line(node));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    dryRun
                            ? "%,d jobs would be changed (%s); %,d more match, but are in no state for it."
                            : "%,d jobs were changed (%s); %,d more match, but were in no state for it.",
                    result.changed(),
                    verb().name().toLowerCase(Locale.ROOT),
                    result.skipped()));
        }
        out.flush();
    }

    private void readIds(SiloClient client, List<JobRef> jobs) {
        final LineReader reader = new LineReader(System.in, LINE_BYTES_MAX);
        try {
            for (byte[] line = reader.next(); line != null; line = reader.next()) {
                final String text = Output.asText(line);
                if (text == null) {
                    throw new CommandFailure(
                            ExitCode.REFUSED,
                            "INVALID_LINE",
                            "Line " + reader.lineNumber() + " of standard input is not UTF-8.",
                            "");
                }
                final String id = text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
                if (!id.isEmpty()) {
                    add(client, jobs, id);
                }
            }
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "FILE_UNREADABLE",
                    "Reading standard input failed: " + failed.getMessage() + ".",
                    "");
        }
    }

    private void add(SiloClient client, List<JobRef> jobs, String id) {
        jobs.add(new JobRef(tenant, id));
        if (jobs.size() == BATCH_IDS) {
            send(client, jobs);
        }
    }

    private void send(SiloClient client, List<JobRef> jobs) {
        if (!jobs.isEmpty()) {
            change(client, jobs).forEach(this::report);
            jobs.clear();
        }
        Out.of(spec).flush();
        Out.errorOf(spec).flush();
    }

    private void report(JobChange change) {
        final RejectReason reason = change.rejected();
        refused |= reason != null;
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            out.println(Output.line(json(change)));
        } else if (reason == null) {
            out.println("Job " + change.job().id() + " " + done(change.status()) + ".");
        } else {
            Out.errorOf(spec)
                    .println("error: Job " + change.job().id() + " " + notDone() + ": "
                            + ClientConnection.sentence(reason.sentence()) + " [" + reason.name() + "]");
        }
    }

    private static ObjectNode json(JobChange change) {
        final ObjectNode node = Output.object();
        node.put("id", change.job().id());
        node.put("tenant", change.job().tenant());
        final JobStatus status = change.status();
        if (status != null) {
            node.put("status", status.name());
        }
        final RejectReason reason = change.rejected();
        if (reason != null) {
            final ObjectNode error = node.putObject("error");
            error.put("code", reason.name());
            error.put("message", reason.sentence());
            error.put("hint", reason.isTransient() ? "Try again later." : "");
        }
        return node;
    }

    /** {@code silo job cancel}. */
    @Command(
            name = "cancel",
            description = {
                "Cancel jobs.",
                "One that waits never runs; the worker of one that runs is told, and how it ends decides. The exit code is"
                        + " 1 if any was refused."
            })
    static final class Cancel extends JobChangeCommand {
        @Override
        BulkVerb verb() {
            return BulkVerb.CANCEL;
        }

        @Override
        List<JobChange> change(SiloClient client, List<JobRef> jobs) {
            return client.cancelAll(jobs);
        }

        @Override
        String done(@Nullable JobStatus status) {
            return status == JobStatus.RUNNING ? "runs: its worker is told to stop" : "was cancelled";
        }

        @Override
        String notDone() {
            return "was not cancelled";
        }
    }

    /** {@code silo job restart}. */
    @Command(
            name = "restart",
            description = {
                "Schedule failed or cancelled jobs anew, with all their retries.",
                "The exit code is 1 if any was refused."
            })
    static final class Restart extends JobChangeCommand {
        @Override
        BulkVerb verb() {
            return BulkVerb.RESTART;
        }

        @Override
        List<JobChange> change(SiloClient client, List<JobRef> jobs) {
            return client.restartAll(jobs);
        }

        @Override
        String done(@Nullable JobStatus status) {
            return "was restarted";
        }

        @Override
        String notDone() {
            return "was not restarted";
        }
    }

    /** {@code silo job expedite}. */
    @Command(
            name = "expedite",
            description = {
                "Make jobs ready now that wait for their start time or their retry.",
                "The exit code is 1 if any was refused."
            })
    static final class Expedite extends JobChangeCommand {
        @Override
        BulkVerb verb() {
            return BulkVerb.EXPEDITE;
        }

        @Override
        List<JobChange> change(SiloClient client, List<JobRef> jobs) {
            return client.expediteAll(jobs);
        }

        @Override
        String done(@Nullable JobStatus status) {
            return "is ready";
        }

        @Override
        String notDone() {
            return "was not expedited";
        }
    }

    /** {@code silo job delete}. */
    @Command(
            name = "delete",
            description = {
                "Remove jobs that have ended, with their attempts; unknown ones are fine.",
                "The exit code is 1 if any was refused."
            })
    static final class Delete extends JobChangeCommand {
        @Override
        BulkVerb verb() {
            return BulkVerb.DELETE;
        }

        @Override
        List<JobChange> change(SiloClient client, List<JobRef> jobs) {
            return client.deleteAll(jobs);
        }

        @Override
        String done(@Nullable JobStatus status) {
            return "is gone";
        }

        @Override
        String notDone() {
            return "was not deleted";
        }
    }
}
