package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.ConcurrencyLimit;
import io.silo.client.Durability;
import io.silo.client.Encoding;
import io.silo.client.EnqueueResult;
import io.silo.client.FloatingLimit;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.RateLimit;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.Bounds;
import io.silo.tools.TimeText.DurationConverter;
import io.silo.tools.TimeText.StartAt;
import io.silo.tools.TimeText.StartAtConverter;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Creates jobs: one, one for each line of standard input, or one for each line of a file. */
@Command(name = "enqueue", description = "Create jobs, and say how many the server has acknowledged.")
final class EnqueueCommand implements Callable<Integer> {
    /** Where payloads come from: exactly one of them. */
    static final class Source {
        @Option(names = "--payload", paramLabel = "TEXT", description = "One job with this payload.")
        private @Nullable String payload;

        @Option(
                names = "--file",
                paramLabel = "FILE",
                description = "One JSON job a line: payload or payload_base64, and id, tenant, task_group, priority,"
                        + " start_at_ms, start_deadline_ms, max_run_ms, lease_ms, retry, unique_key, limits, metadata as wanted;"
                        + " - is standard input.")
        private @Nullable Path file;

        @Option(names = "--lines", description = "Each line of standard input is the payload of one job.")
        private boolean lines;
    }

    /** Jobs a batch: one record of the log each, far below its bound of 1,024 events. */
    private static final int BATCH_JOBS = 256;

    private static final int BATCHES_MAX = 8;
    private static final Path STANDARD_INPUT = Path.of("-");

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @ArgGroup(exclusive = true, multiplicity = "1")
    private Source source = new Source();

    @Option(names = "--task-group", paramLabel = "GROUP", required = true, description = "Whose workers run the jobs.")
    private String taskGroup = "";

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose jobs they are.")
    private String tenant = "";

    @Option(names = "--id", paramLabel = "ID", description = "Id of the one job; without it, a random UUID.")
    private @Nullable String id;

    @Option(
            names = "--unique-key",
            paramLabel = "KEY",
            defaultValue = "",
            description = "No job is made while another of the tenant that has this key has not ended.")
    private String uniqueKey = "";

    @Option(names = "--priority", paramLabel = "0-99", description = "0 is first (default 50).")
    private int priority = JobRequest.PRIORITY_DEFAULT;

    @Option(
            names = "--start-at",
            paramLabel = "MS|+DURATION",
            converter = StartAtConverter.class,
            description = "Not before: epoch milliseconds, or from now: +5s, +10m, +2h.")
    private @Nullable StartAt startAt;

    @Option(
            names = "--start-deadline",
            paramLabel = "MS|+DURATION",
            converter = StartAtConverter.class,
            description = "A job that has not begun by then fails; written as --start-at is.")
    private @Nullable StartAt startDeadline;

    @Option(
            names = "--max-run",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Longest run of an attempt, whatever its worker says: 30s, 10m; 100ms to 24d.")
    private @Nullable Duration maxRun;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "Name and value to keep with the jobs; repeat for more.")
    private Map<String, String> metadata = new LinkedHashMap<>();

    @Option(
            names = "--limit",
            paramLabel = "KEY=MAX",
            converter = LimitConverter.class,
            description = LimitConverter.HELP)
    private List<ConcurrencyLimit> limits = new ArrayList<>();

    @Option(
            names = "--rate",
            paramLabel = "NAME/KEY=LIMIT/PER",
            converter = RateConverter.class,
            description = RateConverter.HELP)
    private List<RateLimit> rates = new ArrayList<>();

    @Option(
            names = "--floating",
            paramLabel = "KEY=DEFAULT/INTERVAL",
            converter = FloatingConverter.class,
            description = FloatingConverter.HELP)
    private List<FloatingLimit> floating = new ArrayList<>();

    @Option(names = "--durability", defaultValue = "durable", description = "durable (default) or appended.")
    private Durability durability = Durability.DURABLE;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        if (id != null && source.payload == null) {
            throw CommandFailure.usage(
                    "--id names one job, so it goes with --payload only.", "In a file each line has its own id.");
        }
        try (SiloClient client = ClientConnection.open(server, tenant, durability)) {
            return source.payload != null ? enqueueOne(client, source.payload) : enqueueMany(client);
        }
    }

    private JobRequest.Builder request(String group) {
        final JobRequest.Builder builder =
                JobRequest.to(group).priority(priority).metadata(metadata).uniqueKey(uniqueKey);
        limits.forEach(builder::limit);
        rates.forEach(builder::limit);
        floating.forEach(builder::limit);
        if (startAt != null) {
            builder.startAt(Instant.ofEpochMilli(startAt.epochMs(System.currentTimeMillis())));
        }
        if (startDeadline != null) {
            builder.startDeadline(Instant.ofEpochMilli(startDeadline.epochMs(System.currentTimeMillis())));
        }
        if (maxRun != null) {
            builder.maxRun(maxRun);
        }
        return builder;
    }

    private int enqueueOne(SiloClient client, String text) {
        final JobRequest.Builder builder = request(taskGroup).payload(text);
        if (id != null) {
            builder.id(id);
        }
        final EnqueueResult job;
        try {
            job = client.enqueueAll(List.of(builder.build())).get(0);
        } catch (SiloException refused) {
            throw ClientConnection.failure(refused);
        }
        if (!job.isAccepted()) {
            throw ClientConnection.refusal(job);
        }
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("acknowledged", 1);
            node.put("refused", 0);
            node.put("id", job.jobId());
            node.put("tenant", job.tenant());
            node.put("durability", job.durability().name().toLowerCase(Locale.ROOT));
            out.println(Output.line(node));
        } else {
            out.println("Job " + job.jobId() + " acknowledged ("
                    + job.durability().name().toLowerCase(Locale.ROOT) + ").");
        }
        return ExitCode.OK;
    }

    private int enqueueMany(SiloClient client) {
        final long startedNs = System.nanoTime();
        final JobPipeline<JobRequest> pipeline = new JobPipeline<>(
                BATCH_JOBS, BATCHES_MAX, jobs -> client.enqueueAllAsync(jobs).thenApply(EnqueueCommand::answers));
        final Progress progress = new Progress(Out.errorOf(spec), !common.json);
        if (source.lines || source.file == null) {
            JobFile.read(
                    STANDARD_INPUT,
                    Bounds.PAYLOAD_BYTES_MAX,
                    pipeline,
                    progress,
                    (line, number) -> pipeline.add(
                            request(taskGroup).payload(asPayload(line)).build(), line.length, number));
        } else {
            JobFile.read(source.file, JobFile.jsonBytesMax(1), pipeline, progress, (line, number) -> {
                if (!JobFile.isBlank(line)) {
                    final JobRequest job = parse(JobFile.text(line));
                    pipeline.add(job, job.payload().size(), number);
                }
            });
        }
        report(pipeline, (System.nanoTime() - startedNs) / 1_000_000);
        return pipeline.refused() == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private static List<JobPipeline.Answer> answers(List<EnqueueResult> results) {
        return results.stream()
                .map(result -> new JobPipeline.Answer(result.jobId(), result.rejected(), 0, result.heldBy()))
                .toList();
    }

    private static Payload asPayload(byte[] bytes) {
        return new Payload(bytes, Output.asText(bytes) == null ? Encoding.RAW : Encoding.TEXT);
    }

    private JobRequest parse(String text) {
        final JobLine line = JobLine.parse(text);
        return line.into(request(line.taskGroup() == null ? taskGroup : line.taskGroup()))
                .build();
    }

    private void report(JobPipeline<JobRequest> pipeline, long elapsedMs) {
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("acknowledged", pipeline.acknowledged());
            node.put("durability", durability.name().toLowerCase(Locale.ROOT));
            node.put("elapsed_ms", elapsedMs);
            BatchReport.fill(node, pipeline);
            out.println(Output.line(node));
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "%,d jobs acknowledged (%s) in %.1f s.",
                pipeline.acknowledged(),
                durability.name().toLowerCase(Locale.ROOT),
                elapsedMs / 1e3));
        BatchReport.refusals(pipeline, Out.errorOf(spec));
    }
}
