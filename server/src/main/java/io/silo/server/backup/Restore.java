package io.silo.server.backup;

import io.silo.log.LogIdentity;
import io.silo.log.LogRestore;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.backup.BackupManifest.BackupShard;
import io.silo.server.data.AtomicFile;
import io.silo.server.data.DataDirectory;
import io.silo.server.data.ServerIdentity;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.random.RandomGenerator;

/**
 * Makes a data directory of a backup: another cluster, with the jobs of the one that was backed up. Immutable; one thread.
 *
 * <p><b>Cluster and node</b> are new, always: the old cluster may still run, and files or clients of one must not pass for the other's.
 * <b>Shard ids</b> and ranges stay: the cluster's id already tells the logs apart, and names in dumps, archives and metrics still mean
 * the same shard. <b>Epochs</b> begin far above what the source can reach, so that no token that it gives out after the backup is one
 * that this cluster gives out.
 */
public final class Restore {
    /**
     * What every shard's epoch rises by at least. An epoch rises by one with each opening of a log: a source that was opened every second
     * would need 136 years to come so far, and there is room for a billion restores one of another.
     */
    public static final long EPOCH_STEP = 1L << 32;

    private final BackupManifest manifest;
    private final Path backup;
    private final ServerIdentity identity;
    private final ShardMap map;

    private Restore(BackupManifest manifest, Path backup, ServerIdentity identity, ShardMap map) {
        this.manifest = manifest;
        this.backup = backup;
        this.identity = identity;
        this.map = map;
    }

    /**
     * Reads what a backup holds and settles who the restored cluster is. Writes nothing.
     *
     * @throws ServerException BACKUP_UNUSABLE, DATA_FORMAT_NEWER.
     */
    public static Restore of(Path backup) {
        final BackupManifest manifest = BackupManifest.read(backup);
        final RandomGenerator random = new SecureRandom();
        final List<ShardMap.Shard> shards = new ArrayList<>();
        for (BackupShard shard : manifest.shards()) {
            // By chance beside the step: two restores of one backup do not begin with the same epoch either.
            final long rise = EPOCH_STEP + random.nextLong(EPOCH_STEP);
            shards.add(shard.shard().withEpochOpened(Math.addExact(shard.shard().epochOpened(), rise)));
        }
        return new Restore(
                manifest, backup, new ServerIdentity(UUID.randomUUID(), UUID.randomUUID()), new ShardMap(shards));
    }

    public BackupManifest manifest() {
        return manifest;
    }

    /** Cluster and node that are restored. */
    public ServerIdentity identity() {
        return identity;
    }

    /** Shards that are restored, each with the epoch above which it is opened. */
    public ShardMap shardMap() {
        return map;
    }

    /**
     * Refuses a directory that cannot be written.
     *
     * @throws ServerException TARGET_NOT_EMPTY.
     */
    public void check(Path data) {
        EmptyDirectory.check(data);
    }

    /**
     * Writes the data directory; durable on return. Until then no server starts on it.
     *
     * @param data not there, or empty.
     * @throws ServerException if a directory cannot be used.
     * @throws io.silo.log.LogException if the backup is damaged, or what was written is.
     */
    public void run(Path data) {
        check(data);
        DataDirectory.beginRestored(data, identity);
        for (int i = 0; i < map.shards().size(); i++) {
            final BackupShard from = manifest.shards().get(i);
            final ShardMap.Shard shard = map.shards().get(i);
            final Path directory = DataDirectory.shardDirectory(data, shard.id());
            LogRestore.restore(
                    DataDirectory.shardDirectory(backup, shard.id()),
                    directory,
                    from.log().files(),
                    new LogIdentity(
                            identity.clusterId().getMostSignificantBits(),
                            identity.clusterId().getLeastSignificantBits(),
                            shard.id().getMostSignificantBits(),
                            shard.id().getLeastSignificantBits()),
                    shard.epochOpened());
            Backup.verify(directory, from.log());
        }
        try {
            AtomicFile.syncDirectory(data.resolve("shards"));
            EmptyDirectory.syncParent(data);
        } catch (IOException failed) {
            throw EmptyDirectory.unusable(data, failed);
        }
        SingleNodeAssignment.write(data.resolve(SingleNodeAssignment.NAME), map, 1);
        DataDirectory.finishRestored(data);
    }
}
