package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.Durability;
import io.silo.client.Encoding;
import io.silo.client.JobHandle;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.Bounds;
import io.silo.tools.TimeText.StartAt;
import io.silo.tools.TimeText.StartAtConverter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
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
                        + " start_at_ms, metadata as wanted.")
        private @Nullable Path file;

        @Option(names = "--lines", description = "Each line of standard input is the payload of one job.")
        private boolean lines;
    }

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

    @Option(names = "--priority", paramLabel = "0-99", description = "0 is first (default 50).")
    private int priority = JobRequest.PRIORITY_DEFAULT;

    @Option(
            names = "--start-at",
            paramLabel = "MS|+DURATION",
            converter = StartAtConverter.class,
            description = "Not before: epoch milliseconds, or from now: +5s, +10m, +2h.")
    private @Nullable StartAt startAt;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "Name and value to keep with the jobs; repeat for more.")
    private Map<String, String> metadata = new LinkedHashMap<>();

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
                JobRequest.to(group).priority(priority).metadata(metadata);
        if (startAt != null) {
            builder.startAt(Instant.ofEpochMilli(startAt.epochMs(System.currentTimeMillis())));
        }
        return builder;
    }

    private int enqueueOne(SiloClient client, String text) {
        final JobRequest.Builder builder = request(taskGroup).payload(text);
        if (id != null) {
            builder.id(id);
        }
        final JobHandle job;
        try {
            job = client.enqueue(builder.build());
        } catch (SiloException refused) {
            throw ClientConnection.failure(refused);
        }
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("acknowledged", 1);
            node.put("refused", 0);
            node.put("id", job.id());
            node.put("tenant", job.tenant());
            node.put("durability", job.durability().name().toLowerCase(Locale.ROOT));
            out.println(Output.line(node));
        } else {
            out.println("Job " + job.id() + " acknowledged ("
                    + job.durability().name().toLowerCase(Locale.ROOT) + ").");
        }
        return ExitCode.OK;
    }

    private int enqueueMany(SiloClient client) {
        final long startedNs = System.nanoTime();
        final EnqueuePipeline pipeline = new EnqueuePipeline(client);
        final Progress progress = new Progress(Out.errorOf(spec), !common.json);
        try {
            if (source.lines) {
                read(System.in, -1, "standard input", pipeline, progress);
            } else if (source.file != null) {
                readFile(source.file, pipeline, progress);
            }
            pipeline.finish();
        } catch (CommandFailure failed) {
            pipeline.settle();
            progress.end();
            throw new CommandFailure(
                    failed.exitCode(),
                    failed.name(),
                    failed.sentence(),
                    String.format(
                            Locale.ROOT,
                            "%,d jobs were acknowledged before that. %s",
                            pipeline.acknowledged(),
                            failed.hint()));
        }
        progress.end();
        report(pipeline, (System.nanoTime() - startedNs) / 1_000_000);
        return pipeline.refused() == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private void readFile(Path file, EnqueuePipeline pipeline, Progress progress) {
        try (InputStream in = Files.newInputStream(file)) {
            read(in, Files.size(file), file.toString(), pipeline, progress);
        } catch (NoSuchFileException missing) {
            throw CommandFailure.usage("There is no file " + file + ".", "");
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "FILE_UNREADABLE",
                    "The file " + file + " cannot be read: " + failed.getMessage() + ".",
                    "");
        }
    }

    private void read(InputStream in, long bytes, String name, EnqueuePipeline pipeline, Progress progress) {
        // A line of JSON may be longer than its payload: Base64 and escapes double it.
        final LineReader reader =
                new LineReader(in, source.lines ? Bounds.PAYLOAD_BYTES_MAX : 3 * Bounds.PAYLOAD_BYTES_MAX);
        try {
            while (true) {
                final byte[] line = reader.next();
                if (line == null) {
                    return;
                }
                if (source.lines) {
                    pipeline.add(request(taskGroup).payload(asPayload(line)).build(), reader.lineNumber());
                } else if (!new String(line, StandardCharsets.UTF_8).isBlank()) {
                    pipeline.add(parse(line, name, reader.lineNumber()), reader.lineNumber());
                }
                progress.update(pipeline.acknowledged(), bytes <= 0 ? -1 : (double) reader.bytesRead() / bytes);
            }
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "FILE_UNREADABLE",
                    "Reading " + name + " failed: " + failed.getMessage() + ".",
                    "");
        }
    }

    private static Payload asPayload(byte[] bytes) {
        return new Payload(bytes, Output.asText(bytes) == null ? Encoding.RAW : Encoding.TEXT);
    }

    private JobRequest parse(byte[] bytes, String name, long lineNumber) {
        final String text = Output.asText(bytes);
        try {
            if (text == null) {
                throw new IllegalArgumentException("is not UTF-8");
            }
            final JobLine line = JobLine.parse(text);
            final JobRequest.Builder builder = request(line.taskGroup() == null ? taskGroup : line.taskGroup())
                    .payload(line.json() ? new Payload(line.payload(), Encoding.JSON) : asPayload(line.payload()))
                    .metadata(line.metadata());
            if (line.id() != null) {
                builder.id(line.id());
            }
            if (line.tenant() != null) {
                builder.tenant(line.tenant());
            }
            if (line.priority() != null) {
                builder.priority(line.priority());
            }
            if (line.startAtMs() != null) {
                builder.startAt(Instant.ofEpochMilli(line.startAtMs()));
            }
            return builder.build();
        } catch (IllegalArgumentException wrong) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "INVALID_LINE",
                    "Line " + lineNumber + " of " + name + " " + wrong.getMessage() + ".",
                    "Lines behind it were not sent.");
        }
    }

    private void report(EnqueuePipeline pipeline, long elapsedMs) {
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("acknowledged", pipeline.acknowledged());
            node.put("refused", pipeline.refused());
            node.put("durability", durability.name().toLowerCase(Locale.ROOT));
            node.put("elapsed_ms", elapsedMs);
            final ArrayNode refusals = node.putArray("refusals");
            for (EnqueuePipeline.Refusal refusal : pipeline.refusals()) {
                final ObjectNode entry = refusals.addObject();
                entry.put("line", refusal.line());
                entry.put("id", refusal.jobId());
                entry.put("code", refusal.reason().name());
                entry.put("message", refusal.reason().sentence());
            }
            out.println(Output.line(node));
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "%,d jobs acknowledged (%s) in %.1f s.",
                pipeline.acknowledged(),
                durability.name().toLowerCase(Locale.ROOT),
                elapsedMs / 1e3));
        final PrintWriter err = Out.errorOf(spec);
        for (EnqueuePipeline.Refusal refusal : pipeline.refusals()) {
            err.println("error: Line " + refusal.line() + " was refused: "
                    + ClientConnection.sentence(refusal.reason().sentence()) + " ["
                    + refusal.reason().name() + "]");
        }
        if (pipeline.refused() > pipeline.refusals().size()) {
            err.println(String.format(
                    Locale.ROOT,
                    "error: %,d more were refused.",
                    pipeline.refused() - pipeline.refusals().size()));
        }
        err.flush();
    }
}
