package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.log.LogException;
import io.silo.server.assignment.ShardMap;
import io.silo.server.backup.Restore;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
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

/** Makes a data directory of a backup, under a new cluster id; never writes in the backup. */
@Command(name = "restore", description = "Make a data directory of a backup: a cluster of its own, with the same jobs.")
final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Parameters(paramLabel = "BACKUP", description = "Directory that 'silo backup' wrote.")
    private Path backup = Path.of("");

    @Option(
            names = "--data",
            paramLabel = "DIR",
            required = true,
            description = "The data directory to make; does not exist yet, or is empty.")
    private Path data = Path.of("");

    @Option(names = "--dry-run", description = "Only say what would be done.")
    private boolean dryRun;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final long begunNs = System.nanoTime();
        final Restore restore = Restore.of(backup);
        restore.check(data);
        if (!dryRun) {
            try {
                restore.run(data);
            } catch (LogException failed) {
                throw BackupCommand.failure(failed, "Delete " + data + ": no server starts on it.");
            }
        }
        show(restore, (System.nanoTime() - begunNs) / (double) TimeUnit.SECONDS.toNanos(1));
        return ExitCode.OK;
    }

    private void show(Restore restore, double seconds) {
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = BackupCommand.json(restore.manifest());
            node.put("directory", data.toString());
            node.put("dry_run", dryRun);
            if (!dryRun) {
                node.put("cluster_id", restore.identity().clusterId().toString());
                node.put("seconds", seconds);
                final ArrayNode floors = node.putArray("epoch_floors");
                restore.shardMap().shards().forEach(shard -> floors.add(shard.epochOpened()));
            }
            out.println(Output.line(node));
            return;
        }
        out.println(String.format(
                Locale.ROOT,
                "%s %s to %s: %,d records, %,d bytes%s",
                dryRun ? "Would restore" : "Restored",
                backup,
                data,
                restore.manifest().records(),
                restore.manifest().bytes(),
                dryRun ? "." : String.format(Locale.ROOT, " in %.1f s, and verified the logs.", seconds)));
        out.println("  taken of cluster " + restore.manifest().clusterId() + " at "
                + Instant.ofEpochMilli(restore.manifest().startedAtMs()));
        if (dryRun) {
            out.println(
                    "  it becomes a cluster with a new id, and every epoch rises by at least " + Restore.EPOCH_STEP);
        } else {
            out.println("  cluster " + restore.identity().clusterId());
            for (ShardMap.Shard shard : restore.shardMap().shards()) {
                out.println("  shard " + shard.id() + " opens above epoch " + shard.epochOpened());
            }
            out.println("Start it: ./silo server --data " + data);
        }
    }
}
