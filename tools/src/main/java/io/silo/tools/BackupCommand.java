package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.log.LogException;
import io.silo.server.backup.Backup;
import io.silo.server.backup.BackupManifest;
import io.silo.server.backup.BackupManifest.BackupShard;
import io.silo.server.config.Settings;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Copies a data directory, also while its server serves; never writes in it. */
@Command(
        name = "backup",
        description =
                "Copy a data directory while its server serves, or while none does. Everything acknowledged before is in it.")
final class BackupCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ConfigOptions options = new ConfigOptions();

    @Parameters(paramLabel = "DEST", description = "Directory of the backup; does not exist yet, or is empty.")
    private Path target = Path.of("");

    @Option(names = "--archived", description = "Also what the log has let go of and history.retention_s has kept.")
    private boolean archived;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final Path data = Path.of(options.load().value(Settings.DATABASE_PATH));
        final long begunNs = System.nanoTime();
        final BackupManifest manifest;
        try {
            manifest = Backup.take(data, target, archived);
        } catch (LogException failed) {
            throw failure(
                    failed, "There is no " + BackupManifest.NAME + " in " + target + ": it is no backup. Delete it.");
        }
        final double seconds = (System.nanoTime() - begunNs) / (double) TimeUnit.SECONDS.toNanos(1);
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = json(manifest);
            node.put("directory", target.toString());
            node.put("seconds", seconds);
            out.println(Output.line(node));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "Backed up %s to %s: %,d records, %,d bytes in %.1f s, and verified the copy.",
                    data,
                    target,
                    manifest.records(),
                    manifest.bytes(),
                    seconds));
            for (BackupShard shard : manifest.shards()) {
                out.println(String.format(
                        Locale.ROOT,
                        "  shard %s: positions %d to %d, epoch %d",
                        shard.shard().id(),
                        shard.log().firstPosition(),
                        shard.log().lastPosition(),
                        shard.log().epoch()));
            }
        }
        return ExitCode.OK;
    }

    /** What is said of a backup. */
    static ObjectNode json(BackupManifest manifest) {
        final ObjectNode node = Output.object();
        node.put("source_cluster_id", manifest.clusterId().toString());
        node.put("started_at_ms", manifest.startedAtMs());
        node.put("finished_at_ms", manifest.finishedAtMs());
        node.put("records", manifest.records());
        node.put("bytes", manifest.bytes());
        final ArrayNode shards = node.putArray("shards");
        for (BackupShard shard : manifest.shards()) {
            final ObjectNode entry = shards.addObject();
            entry.put("id", shard.shard().id().toString());
            entry.put("first_position", shard.log().firstPosition());
            entry.put("last_position", shard.log().lastPosition());
            entry.put("epoch", shard.log().epoch());
            entry.put("records", shard.log().records());
            entry.put("bytes", shard.log().bytes());
        }
        return node;
    }

    /** The failure of a log that is copied or restored. */
    static CommandFailure failure(LogException failed, String hint) {
        return new CommandFailure(
                failed.code().isCorruption() ? ExitCode.DAMAGE : ExitCode.REFUSED,
                failed.code().code(),
                String.valueOf(failed.getMessage()),
                hint);
    }
}
