package io.silo.server.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.server.assignment.ShardMap;
import io.silo.server.assignment.SingleNodeAssignment;
import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data directories that are copied, and others that are made of the copies. */
@Timeout(60)
class RestoreTest {
    private static final EventLogContext CONTEXT =
            new EventLogContext().lowWaterBytes(0).floorBytes(0);

    @TempDir
    Path directory;

    private Path data;
    private Path backup;
    private Path restored;

    @BeforeEach
    void makeDataDirectory() {
        data = directory.resolve("data");
        backup = directory.resolve("backup");
        restored = directory.resolve("deep/restored");
        openAll(data, 2);
    }

    /** Opens every shard once, as a start does, with a record in each; returns the last epoch. */
    private static long openAll(Path path, int shards) {
        long epoch = 0;
        try (DataDirectory opened = DataDirectory.open(path)) {
            final SingleNodeAssignment assignment = SingleNodeAssignment.open(opened, shards, 1);
            final UUID cluster = opened.identity().clusterId();
            for (ShardMap.Shard shard : assignment.shardMap().shards()) {
                final LogIdentity identity = new LogIdentity(
                        cluster.getMostSignificantBits(),
                        cluster.getLeastSignificantBits(),
                        shard.id().getMostSignificantBits(),
                        shard.id().getLeastSignificantBits());
                try (EventLog log = EventLog.open(
                        ChronicleCycleStore.open(opened.shardDirectory(shard.id()), CONTEXT), identity, CONTEXT)) {
                    assertThat(log.shardEpoch())
                            .isGreaterThanOrEqualTo(assignment.claim(shard.id()).epochFloor());
                    log.start(1);
                    log.append(new UnsafeBuffer(new byte[256]), 0, EventLog.HEADER_BYTES + 64, 1, 1);
                    epoch = log.shardEpoch();
                }
                assignment.onOpened(shard.id(), epoch, 5);
            }
        }
        return epoch;
    }

    private static ServerException refusal(ThrowingCallable call, ServerErrorCode code) {
        final ServerException refused = catchThrowableOfType(ServerException.class, call);
        assertThat(refused).isNotNull();
        assertThat(refused.code()).isEqualTo(code);
        assertThat(refused.sentence()).endsWith(".");
        assertThat(refused.hint()).isNotEmpty();
        return refused;
    }

    private static Set<String> files(Path path) throws IOException {
        final Set<String> files = new HashSet<>();
        try (Stream<Path> all = Files.walk(path)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.add(path.relativize(file) + " " + Files.size(file) + " " + Files.getLastModifiedTime(file));
            }
        }
        return files;
    }

    @Test
    void shouldMakeIndependentClustersOfOneBackup() throws IOException {
        final Set<String> before = files(data);
        final BackupManifest manifest = Backup.take(data, backup, false);
        assertThat(files(data)).as("nothing is written there").isEqualTo(before);
        assertThat(BackupManifest.read(backup)).isEqualTo(manifest);
        assertThat(manifest.shards()).hasSize(2);

        final Set<String> copied = files(backup);
        final Path second = directory.resolve("second");
        Restore.of(backup).run(restored);
        Restore.of(backup).run(second);
        assertThat(files(backup)).as("nor there").isEqualTo(copied);
        final Set<UUID> clusters = new HashSet<>();
        final Set<UUID> nodes = new HashSet<>();
        for (Path path : new Path[] {data, restored, second}) {
            clusters.add(DataDirectory.readIdentity(path).clusterId());
            nodes.add(DataDirectory.readIdentity(path).nodeId());
        }
        assertThat(clusters).hasSize(3);
        assertThat(nodes).hasSize(3);

        final long sourceEpoch = openAll(data, 2);
        final long epoch = openAll(restored, 2);
        assertThat(epoch).isGreaterThan(sourceEpoch + Restore.EPOCH_STEP - 1_000);
        assertThat(openAll(second, 2)).isNotEqualTo(epoch);
        assertThat(openAll(restored, 2)).isEqualTo(epoch + 1);
        // A backup of what was restored is one like any other.
        Backup.take(restored, directory.resolve("third"), true);
        Restore.of(directory.resolve("third")).run(directory.resolve("fourth"));
        assertThat(openAll(directory.resolve("fourth"), 2)).isGreaterThan(epoch + Restore.EPOCH_STEP);
    }

    @Test
    void shouldKeepTheRangesAndIdsOfShards() {
        Backup.take(data, backup, false);
        Restore.of(backup).run(restored);
        final ShardMap from = SingleNodeAssignment.read(data.resolve(SingleNodeAssignment.NAME));
        final ShardMap to = SingleNodeAssignment.read(restored.resolve(SingleNodeAssignment.NAME));
        for (int i = 0; i < from.shards().size(); i++) {
            assertThat(to.shards().get(i).withEpochOpened(0))
                    .isEqualTo(from.shards().get(i).withEpochOpened(0));
        }
    }

    @Test
    void shouldRefuseABackupThatDidNotFinish() throws IOException {
        Backup.take(data, backup, false);
        final byte[] manifest = Files.readAllBytes(backup.resolve(BackupManifest.NAME));
        Files.delete(backup.resolve(BackupManifest.NAME));
        refusal(() -> Restore.of(backup), ServerErrorCode.BACKUP_UNUSABLE);
        Files.write(backup.resolve(BackupManifest.NAME), new byte[] {'{'});
        refusal(() -> Restore.of(backup), ServerErrorCode.BACKUP_UNUSABLE);
        final String text = new String(manifest, StandardCharsets.UTF_8);
        Files.writeString(backup.resolve(BackupManifest.NAME), text.replace("cycles/", "../../cycles/"));
        refusal(() -> Restore.of(backup), ServerErrorCode.BACKUP_UNUSABLE);
        Files.writeString(backup.resolve(BackupManifest.NAME), text.replace("\"format\" : 1", "\"format\" : 2"));
        refusal(() -> Restore.of(backup), ServerErrorCode.DATA_FORMAT_NEWER);
        refusal(() -> DataDirectory.open(backup).close(), ServerErrorCode.DATA_DIRECTORY_UNUSABLE);
    }

    @Test
    void shouldWriteOnlyWhereNothingIs() throws IOException {
        final Set<String> before = files(data);
        refusal(() -> Backup.take(data, data, false), ServerErrorCode.TARGET_NOT_EMPTY);
        refusal(() -> Backup.take(data, data.resolve("inside"), false), ServerErrorCode.DATA_DIRECTORY_UNUSABLE);
        Backup.take(data, backup, false);
        refusal(() -> Backup.take(data, backup, false), ServerErrorCode.TARGET_NOT_EMPTY);
        refusal(() -> Restore.of(backup).run(data), ServerErrorCode.TARGET_NOT_EMPTY);
        refusal(() -> Restore.of(backup).run(backup), ServerErrorCode.TARGET_NOT_EMPTY);
        assertThat(files(data)).isEqualTo(before);
        refusal(() -> Backup.take(directory, directory.resolve("x"), false), ServerErrorCode.DATA_DIRECTORY_UNUSABLE);
        assertThat(directory.resolve("x")).doesNotExist();
    }

    /** The damage stops the restore before its last step, as a kill would. */
    @Test
    void shouldStartNoServerOnWhatIsPartlyRestored() throws IOException {
        final BackupManifest manifest = Backup.take(data, backup, false);
        final BackupManifest.BackupShard last = manifest.shards().get(1);
        final Path file = DataDirectory.shardDirectory(backup, last.shard().id())
                .resolve(last.log().files().get(0).name());
        final byte[] bytes = Files.readAllBytes(file);
        bytes[(int) last.log().files().get(0).bytes() - 1] ^= 1;
        Files.write(file, bytes);
        final LogException damaged = catchThrowableOfType(
                LogException.class, () -> Restore.of(backup).run(restored));
        assertThat(damaged.code()).isEqualTo(LogErrorCode.RECORD_DAMAGED);
        assertThat(damaged).hasMessageContaining(file.toString());
        refusal(() -> DataDirectory.open(restored).close(), ServerErrorCode.RESTORE_INCOMPLETE);
        refusal(() -> Restore.of(backup).run(restored), ServerErrorCode.TARGET_NOT_EMPTY);
    }

    @Test
    void shouldNotBackUpWithoutOneOfTheShards() throws IOException {
        final ShardMap map = SingleNodeAssignment.read(data.resolve(SingleNodeAssignment.NAME));
        final Path log = DataDirectory.shardDirectory(data, map.shards().get(1).id());
        Files.move(log, directory.resolve("lost"));
        refusal(() -> Backup.take(data, backup, false), ServerErrorCode.SHARD_LOG_MISSING);
        Files.createDirectory(log);
        refusal(() -> Backup.take(data, directory.resolve("other"), false), ServerErrorCode.SHARD_LOG_MISSING);
        refusal(() -> Restore.of(directory.resolve("other")), ServerErrorCode.BACKUP_UNUSABLE);
    }
}
