package io.silo.server.backup;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.log.CopiedLog;
import io.silo.log.CopiedLog.CopiedFile;
import io.silo.server.assignment.ShardMap;
import io.silo.server.data.AtomicFile;
import io.silo.server.data.DataDirectory;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * What a backup holds: {@code backup.json}, written last, so that a directory without it is an interrupted backup. Immutable; any
 * thread.
 *
 * @param clusterId whose data it is.
 * @param startedAtMs wall clock when the copying began: everything acknowledged before is in it.
 * @param finishedAtMs wall clock when everything was on the disk.
 * @param version of the release that wrote it.
 * @param shards in the order of their ranges, which together cover all tenants.
 */
public record BackupManifest(
        UUID clusterId, long startedAtMs, long finishedAtMs, String version, List<BackupShard> shards) {
    /** Layout of a backup; a newer one is refused. */
    public static final int FORMAT = 1;

    /** Name in the backup's directory. */
    public static final String NAME = "backup.json";

    private static final ObjectMapper JSON = new ObjectMapper();

    /** Names that are read from a manifest are taken for these and nothing else. */
    private static final Pattern FILE_NAME =
            Pattern.compile("cycles/[0-9]{10,19}/[A-Za-z0-9_-]+\\.cq4|archive/[0-9]{10,19}\\.cq4\\.gz");

    public BackupManifest {
        shards = List.copyOf(shards);
    }

    /**
     * One shard.
     *
     * @param shard id and range; its {@code epochOpened} is the highest epoch that log and map know.
     * @param log what was copied.
     */
    public record BackupShard(ShardMap.Shard shard, CopiedLog log) {}

    /** The ranges of all shards. */
    public ShardMap shardMap() {
        return new ShardMap(shards.stream().map(BackupShard::shard).toList());
    }

    /** Records of all shards. */
    public long records() {
        return shards.stream().mapToLong(shard -> shard.log().records()).sum();
    }

    /** Bytes of all shards. */
    public long bytes() {
        return shards.stream().mapToLong(shard -> shard.log().bytes()).sum();
    }

    /**
     * Reads the manifest of a backup.
     *
     * @throws ServerException BACKUP_UNUSABLE if there is none or it is damaged, DATA_FORMAT_NEWER.
     */
    public static BackupManifest read(Path backup) {
        final Path file = backup.resolve(NAME);
        if (!Files.isRegularFile(file)) {
            throw new ServerException(
                    ServerErrorCode.BACKUP_UNUSABLE,
                    "The directory " + backup + " is no backup: it has no " + NAME
                            + ", which is written last. Its backup did not finish, or never began.",
                    "Name a backup that finished.");
        }
        try {
            final JsonNode node = JSON.readTree(Files.readAllBytes(file));
            DataDirectory.checkFormat(file, node, FORMAT);
            final List<BackupShard> shards = new ArrayList<>();
            for (JsonNode shard : node.path("shards")) {
                shards.add(shard(file, shard));
            }
            final BackupManifest manifest = new BackupManifest(
                    DataDirectory.uuid(file, node, "cluster_id"),
                    node.path("started_at_ms").asLong(),
                    node.path("finished_at_ms").asLong(),
                    node.path("version").asText(""),
                    shards);
            manifest.shardMap(); // whose ranges are checked
            return manifest;
        } catch (JsonProcessingException notJson) {
            throw unusable(file + " is not JSON.", notJson);
        } catch (IllegalArgumentException wrong) {
            throw unusable(file + " is wrong: " + wrong.getMessage() + ".", wrong);
        } catch (IOException failed) {
            throw unusable(file + " cannot be read: " + failed.getMessage() + ".", failed);
        }
    }

    private static BackupShard shard(Path file, JsonNode node) {
        final List<CopiedFile> files = new ArrayList<>();
        for (JsonNode entry : node.path("files")) {
            final String name = entry.path("name").asText("");
            if (!FILE_NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("'" + name + "' is no file of a backup");
            }
            files.add(new CopiedFile(
                    name,
                    entry.path("bytes").asLong(),
                    Integer.parseUnsignedInt(entry.path("crc32c").asText(""), 16)));
        }
        return new BackupShard(
                new ShardMap.Shard(
                        DataDirectory.uuid(file, node, "id"),
                        Long.parseUnsignedLong(node.path("range_first").asText(""), 16),
                        Long.parseUnsignedLong(node.path("range_last").asText(""), 16),
                        node.path("epoch").asLong(),
                        node.path("created_at_ms").asLong(),
                        false),
                new CopiedLog(
                        node.path("records").asLong(),
                        node.path("first_position").asLong(),
                        node.path("last_position").asLong(),
                        node.path("epoch").asLong(),
                        files));
    }

    /** Writes it into the backup's directory; durable on return. */
    void write(Path backup) throws IOException {
        final ObjectNode node = JSON.createObjectNode();
        node.put("format", FORMAT);
        node.put("cluster_id", clusterId.toString());
        node.put("started_at_ms", startedAtMs);
        node.put("finished_at_ms", finishedAtMs);
        node.put("version", version);
        final ArrayNode entries = node.putArray("shards");
        for (BackupShard shard : shards) {
            final ObjectNode entry = entries.addObject();
            entry.put("id", shard.shard().id().toString());
            entry.put("range_first", String.format("%016x", shard.shard().rangeFirst()));
            entry.put("range_last", String.format("%016x", shard.shard().rangeLast()));
            entry.put("epoch", shard.shard().epochOpened());
            entry.put("created_at_ms", shard.shard().createdAtMs());
            entry.put("records", shard.log().records());
            entry.put("first_position", shard.log().firstPosition());
            entry.put("last_position", shard.log().lastPosition());
            entry.put("bytes", shard.log().bytes());
            final ArrayNode files = entry.putArray("files");
            for (CopiedFile file : shard.log().files()) {
                files.addObject()
                        .put("name", file.name())
                        .put("bytes", file.bytes())
                        .put("crc32c", String.format("%08x", file.crc()));
            }
        }
        AtomicFile.write(
                backup.resolve(NAME), JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node));
    }

    private static ServerException unusable(String sentence, Exception cause) {
        return new ServerException(
                ServerErrorCode.BACKUP_UNUSABLE,
                sentence,
                "Take another backup, or get an undamaged copy of it.",
                cause);
    }
}
