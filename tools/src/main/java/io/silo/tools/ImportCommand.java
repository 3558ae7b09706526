package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.ImportResult;
import io.silo.client.ImportedAttempt;
import io.silo.client.ImportedJob;
import io.silo.client.JobStatus;
import io.silo.client.SiloClient;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Brings in jobs of another system, or of another server. */
@Command(
        name = "import",
        description = {
            "Bring in jobs with their history, or add attempts to jobs that are there.",
            "One JSON job a line, with the names that silo job get --json --attempts prints: id, payload or"
                    + " payload_base64, task_group, tenant, priority, enqueued_at_ms, start_at_ms, metadata, retry, unique_key, limits,"
                    + " and attempts, each with status, started_at_ms, finished_at_ms and, as it ended, result or error_code"
                    + " and error_data (result_base64, error_data_base64). All attempts but the last must be FAILED."
        })
final class ImportCommand implements Callable<Integer> {
    /** Jobs a batch; the client makes messages of 64 of them, and has them under way together. */
    private static final int BATCH_JOBS = 1_024;

    /** Two: each has one job's uploads under way, and a job has up to 101 of the 256 that a session may have. */
    private static final int BATCHES_MAX = 2;

    /** A payload and a few results of the largest size; a line is held in memory. */
    private static final int LARGE_PARTS_MAX = 8;

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(names = "--file", paramLabel = "FILE", required = true, description = "The lines; - is standard input.")
    private Path file = Path.of("-");

    @Option(names = "--task-group", paramLabel = "GROUP", description = "Of jobs that name none.")
    private @Nullable String taskGroup;

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Of jobs that name none.")
    private String tenant = "";

    @Spec
    private @Nullable CommandSpec spec;

    private final Map<JobStatus, Long> imported = new EnumMap<>(JobStatus.class);

    @Override
    public Integer call() {
        final long startedNs = System.nanoTime();
        final JobPipeline<ImportedJob> pipeline;
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
            pipeline = new JobPipeline<>(
                    BATCH_JOBS,
                    BATCHES_MAX,
                    jobs -> client.importJobsAsync(jobs).thenApply(this::answers));
            final Progress progress = new Progress(Out.errorOf(spec), !common.json);
            JobFile.read(file, JobFile.jsonBytesMax(LARGE_PARTS_MAX), pipeline, progress, (line, number) -> {
                if (!JobFile.isBlank(line)) {
                    final ImportedJob job = ImportLine.parse(JobFile.text(line), taskGroup);
                    pipeline.add(job, bytes(job), number);
                }
            });
        }
        report(pipeline, (System.nanoTime() - startedNs) / 1_000_000);
        return pipeline.refused() == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private static long bytes(ImportedJob job) {
        long bytes = job.job().payload().size();
        for (ImportedAttempt attempt : job.attempts()) {
            bytes += attempt.result().size();
        }
        return bytes;
    }

    private synchronized List<JobPipeline.Answer> answers(List<ImportResult> results) {
        for (ImportResult result : results) {
            final JobStatus status = result.status();
            if (status != null) {
                imported.merge(status, 1L, Long::sum);
            }
        }
        return results.stream()
                .map(result -> new JobPipeline.Answer(result.job().id(), result.rejected(), result.attempt(), null))
                .toList();
    }

    private synchronized void report(JobPipeline<ImportedJob> pipeline, long elapsedMs) {
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("imported", pipeline.acknowledged());
            final ObjectNode statuses = node.putObject("by_status");
            imported.forEach((status, count) -> statuses.put(status.name(), count));
            node.put("elapsed_ms", elapsedMs);
            BatchReport.fill(node, pipeline);
            out.println(Output.line(node));
            return;
        }
        final StringBuilder counts = new StringBuilder();
        imported.forEach((status, count) -> counts.append(counts.length() == 0 ? ": " : ", ")
                .append(String.format(Locale.ROOT, "%,d ", count))
                .append(status));
        out.println(String.format(
                Locale.ROOT, "%,d jobs imported in %.1f s%s.", pipeline.acknowledged(), elapsedMs / 1e3, counts));
        BatchReport.refusals(pipeline, Out.errorOf(spec));
    }
}
