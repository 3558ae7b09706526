package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.log.CycleArchive;
import io.silo.log.LogException;
import io.silo.log.LogReport;
import io.silo.log.LogVerifier;
import io.silo.log.RecordHandler;
import io.silo.shard.event.EventAppliers;
import io.silo.shard.event.EventFrames;
import io.silo.shard.event.Replayer;
import io.silo.shard.state.InvariantViolation;
import io.silo.shard.state.ShardState;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Looks into the logs of a data directory with descriptors of its own; never writes. */
@Command(
        name = "log",
        description = "Verify or dump the logs of a data directory; never writes.",
        subcommands = {LogCommand.Verify.class, LogCommand.Dump.class})
final class LogCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: verify or dump");
        }
    }

    /** Directories of logs under a path: a log's own, or every shard of a data directory. */
    private static List<Path> logsUnder(Path path) {
        if (Files.isDirectory(path.resolve("cycles"))) {
            return List.of(path);
        }
        final Path shards = path.resolve("shards");
        if (!Files.isDirectory(shards)) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "NO_LOG",
                    "There is no log under " + path + ": it has neither 'cycles' nor 'shards'.",
                    "Name a data directory, or the directory of a shard in it.");
        }
        try (Stream<Path> entries = Files.list(shards)) {
            return entries.filter(Files::isDirectory).sorted().toList();
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.REFUSED, "NO_LOG", "The directory " + shards + " cannot be read.", "Check its owner.");
        }
    }

    /** {@code silo log verify}. */
    @Command(
            name = "verify",
            description = "Check records, chain, identities and digests. Exit code 4 if anything is damaged.")
    static final class Verify implements Callable<Integer> {
        @Mixin
        private final CommonOptions common = new CommonOptions();

        @Parameters(
                arity = "0..1",
                paramLabel = "DIR",
                defaultValue = "./silo-data",
                description = "A data directory, or the directory of one shard in it (default ./silo-data).")
        private Path directory = Path.of("./silo-data");

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final PrintWriter out = Out.of(spec);
            final ObjectNode node = Output.object();
            final ArrayNode logs = node.putArray("logs");
            boolean sound = true;
            for (Path log : logsUnder(directory)) {
                final Verdict verdict = verify(log);
                sound &= verdict.isSound();
                if (common.json) {
                    logs.add(verdict.json());
                } else {
                    verdict.print(out);
                }
            }
            if (common.json) {
                node.put("sound", sound);
                out.println(Output.line(node));
            }
            return sound ? ExitCode.OK : ExitCode.DAMAGE;
        }

        private static Verdict verify(Path log) {
            try {
                final boolean live = LogVerifier.isOpen(log);
                final LogReport report = LogVerifier.verify(
                        log, null, live, (position, epoch, timeMs, count, buffer, offset, length) -> {});
                return new Verdict(log, live, report, report.isSound() ? replay(log, live, report) : "");
            } catch (LogException unreadable) {
                throw new CommandFailure(
                        ExitCode.REFUSED,
                        unreadable.code().code(),
                        String.valueOf(unreadable.getMessage()),
                        "Check the owner of the directory.");
            }
        }

        /** Rebuilds the state from a sound log, which compares every digest; returns what does not fit, or nothing. */
        private static String replay(Path log, boolean live, LogReport report) {
            // Of a live log the oldest cycle may go while it is read, so only its bytes are judged.
            if (live || report.records() == 0) {
                return "";
            }
            final ShardState state = new ShardState(0, ShardState.Capacity.DEFAULT);
            final Replayer replayer = new Replayer(state, new EventAppliers(), report.firstPosition());
            try {
                LogVerifier.verify(log, null, false, replayer);
                replayer.finish();
                return "";
            } catch (InvariantViolation impossible) {
                return "The events cannot be replayed: " + impossible.getMessage() + ".";
            }
        }
    }

    /** What is said of one log. */
    private record Verdict(Path log, boolean live, LogReport report, String replayFinding) {
        boolean isSound() {
            return report.isSound() && replayFinding.isEmpty();
        }

        ObjectNode json() {
            final ObjectNode node = Output.object();
            node.put("directory", log.toString());
            node.put("sound", isSound());
            node.put("live", live);
            node.put("records", report.records());
            node.put("first_position", report.firstPosition());
            node.put("last_position", report.lastPosition());
            node.put("durable_position", report.durablePosition());
            node.put("bytes", report.bytes());
            final ArrayNode cycles = node.putArray("cycles");
            for (LogReport.CycleReport cycle : report.cycles()) {
                final ObjectNode entry = cycles.addObject();
                entry.put("cycle", cycle.cycle());
                entry.put("state", cycle.state().name().toLowerCase(Locale.ROOT));
                entry.put("shard_epoch", cycle.shardEpoch());
                entry.put("first_position", cycle.firstPosition());
                entry.put("records", cycle.records());
                entry.put("bytes", cycle.bytes());
            }
            final ArrayNode findings = node.putArray("findings");
            for (LogReport.Finding finding : report.findings()) {
                final ObjectNode entry = findings.addObject();
                entry.put("code", finding.code().code());
                entry.put("cycle", finding.cycle());
                entry.put("file_offset", finding.fileOffset());
                entry.put("message", finding.sentence());
            }
            if (!replayFinding.isEmpty()) {
                findings.addObject().put("code", "REPLAY").put("message", replayFinding);
            }
            final ArrayNode notes = node.putArray("notes");
            report.notes().forEach(notes::add);
            return node;
        }

        void print(PrintWriter out) {
            out.println(String.format(
                    Locale.ROOT,
                    "%s  %s: %,d records, positions %d to %d, %,d bytes in %d cycle%s%s",
                    isSound() ? "sound  " : "DAMAGED",
                    log,
                    report.records(),
                    report.firstPosition(),
                    report.lastPosition(),
                    report.bytes(),
                    report.cycles().size(),
                    report.cycles().size() == 1 ? "" : "s",
                    live ? ", in use by a server" : ""));
            for (LogReport.Finding finding : report.findings()) {
                out.println("  " + finding.code().code() + ": " + finding.sentence());
            }
            if (!replayFinding.isEmpty()) {
                out.println("  " + replayFinding);
            }
            report.notes().forEach(note -> out.println("  note: " + note));
        }
    }

    /** {@code silo log dump}. */
    @Command(name = "dump", description = "Write the events of the logs as JSON lines.")
    static final class Dump implements Callable<Integer> {
        @Mixin
        final CommonOptions common = new CommonOptions();

        @Parameters(
                arity = "0..1",
                paramLabel = "DIR",
                defaultValue = "./silo-data",
                description = "A data directory, or the directory of one shard in it (default ./silo-data).")
        private Path directory = Path.of("./silo-data");

        @Option(
                names = "--from",
                paramLabel = "POSITION",
                defaultValue = "0",
                description = "First position (default 0).")
        private long from;

        @Option(names = "--to", paramLabel = "POSITION", description = "Last position.")
        private long to = Long.MAX_VALUE;

        @Option(names = "--job", paramLabel = "ID", description = "Only events that name this job id.")
        private @Nullable String job;

        @Option(
                names = "--archived",
                description = "First what the log has let go of and history.retention_s has kept.")
        private boolean archived;

        @Spec
        private @Nullable CommandSpec spec;

        @Override
        public Integer call() {
            final PrintWriter out = Out.of(spec);
            final EventJson events = new EventJson();
            final List<String> damage = new ArrayList<>();
            for (Path log : logsUnder(directory)) {
                final String shard = String.valueOf(log.getFileName());
                final RecordHandler handler = handler(out, events, shard);
                if (archived) {
                    readArchive(log, handler, damage);
                }
                final LogReport report = LogVerifier.verify(log, null, LogVerifier.isOpen(log), handler);
                report.findings().forEach(finding -> damage.add(shard + ": " + finding.sentence()));
            }
            out.flush();
            if (!damage.isEmpty()) {
                throw new CommandFailure(
                        ExitCode.DAMAGE,
                        "DAMAGE_FOUND",
                        "Some records are damaged and were left out.\n  " + String.join("\n  ", damage),
                        "See: ./silo log verify " + directory);
            }
            return ExitCode.OK;
        }

        private static void readArchive(Path log, RecordHandler handler, List<String> damage) {
            final CycleArchive archive = new CycleArchive(log);
            for (long cycle : archive.cycles()) {
                try {
                    archive.read(cycle, handler);
                } catch (LogException damaged) {
                    damage.add(log.getFileName() + ": " + damaged.getMessage());
                }
            }
        }

        private RecordHandler handler(PrintWriter out, EventJson events, String shard) {
            final JobFilter filter = new JobFilter(job);
            return (position, epoch, timeMs, count, buffer, offset, length) -> {
                if (position < from || position > to) {
                    return;
                }
                EventFrames.forEach(buffer, offset, length, (index, record, at, eventLength) -> {
                    final ObjectNode event = events.decode(record, at);
                    if (filter.matches(event)) {
                        final ObjectNode line = Output.object();
                        line.put("shard", shard);
                        line.put("position", position);
                        line.put("index", index);
                        line.put("shard_epoch", epoch);
                        line.put("time_ms", timeMs);
                        line.setAll(event);
                        out.println(Output.line(line));
                    }
                });
            };
        }
    }

    /** Events of one job: the one that names its id tells its key, the later ones name the key. */
    private static final class JobFilter {
        private final @Nullable String job;
        private final Set<Long> keys = new HashSet<>();

        JobFilter(@Nullable String job) {
            this.job = job;
        }

        boolean matches(ObjectNode event) {
            if (job == null) {
                return true;
            }
            final boolean hasKey = event.has("job_key");
            if (hasKey && event.path("job_id").asText("").equals(job)) {
                keys.add(event.path("job_key").asLong()); // one id may stand in several tenants
            }
            return hasKey && keys.contains(event.path("job_key").asLong());
        }
    }
}
