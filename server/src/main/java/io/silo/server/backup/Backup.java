package io.silo.server.backup;

import io.silo.log.CopiedLog;
import io.silo.log.LogCopy;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogReport;
import io.silo.log.LogVerifier;
import io.silo.server.ServerVersion;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.backup.BackupManifest.BackupShard;
import io.silo.server.data.AtomicFile;
import io.silo.server.data.DataDirectory;
import io.silo.server.data.ServerIdentity;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Copies a data directory while its server serves, or while none does: shard after shard, with descriptors of its own. It takes no lock
 * and writes nothing there. Stateless.
 *
 * <pre>
 *   backup.json      what is in it; written last
 *   shards/UUID/     one log each, laid out as in a data directory
 * </pre>
 *
 * <p>There is no {@code identity.json}: no server takes a backup for its data directory.
 */
public final class Backup {
    private Backup() {}

    /**
     * Takes a backup; durable on return.
     *
     * @param data a data directory.
     * @param target not there, or empty.
     * @param archived whether the archives of {@code history.retention_s} are copied too.
     * @throws ServerException if a directory cannot be used.
     * @throws LogException with a code for which {@link LogErrorCode#isCorruption()} holds if a log, or its copy, is damaged.
     */
    public static BackupManifest take(Path data, Path target, boolean archived) {
        final long startedAtMs = System.currentTimeMillis();
        final ServerIdentity identity = DataDirectory.readIdentity(data);
        // The map first: it names epochs that the logs, read later, know for sure.
        final ShardMap map = SingleNodeAssignment.read(data.resolve(SingleNodeAssignment.NAME));
        EmptyDirectory.check(target);
        if (target.toAbsolutePath().normalize().startsWith(data.toAbsolutePath().normalize())) {
            throw new ServerException(
                    ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                    "The backup " + target + " would lie in the data directory.",
                    "Name a directory beside it, at best on another disk.");
        }
        EmptyDirectory.make(target);
        final List<BackupShard> shards = new ArrayList<>();
        for (ShardMap.Shard shard : map.shards()) {
            shards.add(copy(data, target, shard, archived));
        }
        for (BackupShard shard : shards) {
            verify(DataDirectory.shardDirectory(target, shard.shard().id()), shard.log());
        }
        final BackupManifest manifest = new BackupManifest(
                identity.clusterId(), startedAtMs, System.currentTimeMillis(), ServerVersion.current(), shards);
        try {
            AtomicFile.syncDirectory(target.resolve("shards"));
            AtomicFile.syncDirectory(target);
            manifest.write(target);
            EmptyDirectory.syncParent(target);
        } catch (IOException failed) {
            throw EmptyDirectory.unusable(target, failed);
        }
        return manifest;
    }

    private static BackupShard copy(Path data, Path target, ShardMap.Shard shard, boolean archived) {
        if (shard.isEmptying()) {
            throw missing(shard, "it is being emptied, or a server that emptied it was killed and not started again");
        }
        final Path from = DataDirectory.shardDirectory(data, shard.id());
        if (!Files.isDirectory(from)) {
            throw missing(shard, "its directory " + from + " is missing");
        }
        final CopiedLog log = LogCopy.copy(from, DataDirectory.shardDirectory(target, shard.id()), archived);
        if (log.epoch() < shard.epochOpened()) {
            throw missing(
                    shard,
                    "its log knows epochs up to " + log.epoch() + ", but it was opened under epoch "
                            + shard.epochOpened());
        }
        return new BackupShard(shard.withEpochOpened(log.epoch()), log);
    }

    private static ServerException missing(ShardMap.Shard shard, String why) {
        return new ServerException(
                ServerErrorCode.SHARD_LOG_MISSING,
                "Shard " + shard.id() + " cannot be copied: " + why + ".",
                "A backup holds every shard or is none.");
    }

    /** Reads a log through that was written here, as its next opening will. */
    static LogReport verify(Path directory, CopiedLog log) {
        final LogReport report = LogVerifier.verify(
                directory, null, false, (position, epoch, timeMs, count, buffer, offset, length) -> {});
        if (!report.isSound()) {
            final LogReport.Finding first = report.findings().get(0);
            throw new LogException(first.code(), "The copy that was written is damaged: " + first.sentence());
        }
        if (report.records() != log.records() || report.lastPosition() != log.lastPosition()) {
            throw new LogException(
                    LogErrorCode.RECORD_DAMAGED,
                    "The copy " + directory + " has " + report.records() + " records to position "
                            + report.lastPosition() + ", but " + log.records() + " to position " + log.lastPosition()
                            + " were written.");
        }
        return report;
    }
}
