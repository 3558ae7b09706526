package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.CatchUp;
import io.silo.client.ConcurrencyLimit;
import io.silo.client.Durability;
import io.silo.client.Encoding;
import io.silo.client.FloatingLimit;
import io.silo.client.JobRequest;
import io.silo.client.Payload;
import io.silo.client.RateLimit;
import io.silo.client.RetryPolicy;
import io.silo.client.ScheduleRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.Bounds;
import io.silo.tools.TimeText.DurationConverter;
import io.silo.tools.TimeText.StartAt;
import io.silo.tools.TimeText.StartAtConverter;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Makes a schedule. */
abstract class SchedulePutCommand implements Callable<Integer> {
    /** When it fires: exactly one of them. */
    static final class When {
        @Option(
                names = "--cron",
                paramLabel = "EXPR",
                description = "By the clock: minute, hour, day of month, month, day of week, such as '0 3 * * 1-5'.")
        private @Nullable String cron;

        @Option(
                names = "--every",
                paramLabel = "DURATION",
                converter = DurationConverter.class,
                description = "Every so often: 30s, 5m, 1d; 1s to 400d, counted from --first-at.")
        private @Nullable Duration every;
    }

    /** What the worker is given: at most one of them. */
    static final class Source {
        @Option(names = "--payload", paramLabel = "TEXT", description = "Payload of its jobs (default: none).")
        private @Nullable String payload;

        @Option(
                names = "--payload-file",
                paramLabel = "FILE",
                description = "File with the payload of its jobs, at most 64 KiB; - is standard input.")
        private @Nullable Path file;
    }

    private static final Path STANDARD_INPUT = Path.of("-");

    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Parameters(paramLabel = "ID", description = "Id of the schedule; its jobs are called ID@TIME.")
    private String id = "";

    @Option(names = "--task-group", paramLabel = "GROUP", required = true, description = "Whose workers run its jobs.")
    private String taskGroup = "";

    @ArgGroup(exclusive = true, multiplicity = "1")
    private When when = new When();

    @ArgGroup(exclusive = true)
    private Source source = new Source();

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description = "Time zone of --cron, such as Europe/Berlin (default UTC).")
    private @Nullable String zone;

    @Option(names = "--tenant", paramLabel = "TENANT", defaultValue = "", description = "Whose schedule it is.")
    private String tenant = "";

    @Option(
            names = "--first-at",
            paramLabel = "MS|+DURATION",
            converter = StartAtConverter.class,
            description = "No firing before: epoch milliseconds, or from now: +5s, +10m, +2h (default: now).")
    private @Nullable StartAt firstAt;

    @Option(
            names = "--catch-up",
            paramLabel = "POLICY",
            description =
                    "What becomes of firings that were missed by more than a minute: skip (default), one, the last"
                            + " of them, or all.")
    private CatchUp catchUp = CatchUp.SKIP;

    @Option(
            names = "--start-within",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "A job that has not begun so long after its time fails.")
    private @Nullable Duration startWithin;

    @Option(
            names = "--unique-key",
            paramLabel = "KEY",
            defaultValue = "",
            description = "No firing makes a job while another job that has this key has not ended.")
    private String uniqueKey = "";

    @Option(names = "--priority", paramLabel = "0-99", description = "Of its jobs; 0 is first (default 50).")
    private int priority = JobRequest.PRIORITY_DEFAULT;

    @Option(names = "--retries", paramLabel = "COUNT", description = "Attempts of a job beyond the first (default 0).")
    private int retries;

    @Option(
            names = "--retry-delay",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Before the first retry; it doubles with each, up to an hour (default 1s).")
    private Duration retryDelay = Duration.ofSeconds(1);

    @Option(
            names = "--max-run",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Longest run of an attempt, whatever its worker says: 30s, 10m; 100ms to 24d.")
    private Duration maxRun = Duration.ZERO;

    @Option(
            names = "--lease",
            paramLabel = "DURATION",
            converter = DurationConverter.class,
            description = "Length of its jobs' leases (default: the server's).")
    private Duration lease = Duration.ZERO;

    @Option(
            names = "--metadata",
            paramLabel = "KEY=VALUE",
            description = "Name and value to keep with its jobs; repeat for more.")
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

    @Option(names = "--paused", description = "It does not fire until it is resumed.")
    private boolean paused;

    @Spec
    private @Nullable CommandSpec spec;

    abstract Optional<Instant> put(SiloClient client, ScheduleRequest request);

    @Override
    public final Integer call() {
        final ScheduleRequest request = request();
        final Optional<Instant> next;
        try (SiloClient client = ClientConnection.open(server, tenant, Durability.DURABLE)) {
            next = put(client, request);
        } catch (SiloException failed) {
            throw ClientConnection.failure(failed);
        }
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("id", id);
            node.put("tenant", tenant.isEmpty() ? Bounds.TENANT_NONE : tenant);
            node.put("paused", paused);
            next.ifPresent(at -> node.put("next_fire_at_ms", at.toEpochMilli()));
            out.println(Output.line(node));
        } else {
            out.println("Schedule " + id
                    + next.map(at -> " fires next at " + at + ".").orElse(" is paused."));
        }
        return ExitCode.OK;
    }

    private ScheduleRequest request() {
        final ScheduleRequest.Builder builder = ScheduleRequest.to(taskGroup)
                .id(id)
                .catchUp(catchUp)
                .payload(payload())
                .priority(priority)
                .uniqueKey(uniqueKey)
                .metadata(metadata)
                .maxRun(maxRun)
                .lease(lease)
                .paused(paused);
        limits.forEach(builder::limit);
        rates.forEach(builder::limit);
        floating.forEach(builder::limit);
        if (when.every != null) {
            if (zone != null) {
                throw CommandFailure.usage("--zone goes with --cron.", "");
            }
            builder.every(when.every);
        } else if (when.cron != null) {
            builder.cron(when.cron, zone == null ? "" : zone);
        }
        if (firstAt != null) {
            builder.firstAt(Instant.ofEpochMilli(firstAt.epochMs(System.currentTimeMillis())));
        }
        if (startWithin != null) {
            builder.startWithin(startWithin);
        }
        if (retries != 0) {
            builder.retry(RetryPolicy.exponential(retries, retryDelay));
        }
        return builder.build();
    }

    private Payload payload() {
        if (source.payload != null) {
            return Payload.text(source.payload);
        }
        final Path file = source.file;
        if (file == null) {
            return Payload.EMPTY;
        }
        // One byte more than it may have, so that the server's bound says what is wrong.
        try (InputStream in = file.equals(STANDARD_INPUT) ? System.in : Files.newInputStream(file)) {
            final byte[] bytes = in.readNBytes(Bounds.INLINE_BYTES_MAX + 1);
            return new Payload(bytes, Output.asText(bytes) == null ? Encoding.RAW : Encoding.TEXT);
        } catch (IOException failed) {
            throw CommandFailure.usage("The payload file " + file + " cannot be read.", "");
        }
    }

    /** {@code silo schedule create}. */
    @Command(name = "create", description = "Make a schedule; one that exists is left alone, and the exit code is 1.")
    static final class Create extends SchedulePutCommand {
        @Override
        Optional<Instant> put(SiloClient client, ScheduleRequest request) {
            return client.createSchedule(request);
        }
    }

    /** {@code silo schedule put}. */
    @Command(name = "put", description = "Make a schedule, or replace the one with its id as a whole.")
    static final class Put extends SchedulePutCommand {
        @Override
        Optional<Instant> put(SiloClient client, ScheduleRequest request) {
            return client.putSchedule(request);
        }
    }
}
