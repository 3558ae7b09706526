package io.silo.server.assignment;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator of a single node: it owns every shard, and keeps the map in {@code shard-map.json} of its data directory,
 * whose lock stands in for the cluster's. One thread.
 */
public final class SingleNodeAssignment implements ShardAssignment {
    /** Layout of {@code shard-map.json}. */
    public static final int FORMAT = 1;

    /** Name in the data directory. */
    public static final String NAME = "shard-map.json";

    private static final Logger LOGGER = LoggerFactory.getLogger(SingleNodeAssignment.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final int threads;
    private ShardMap map;

    private SingleNodeAssignment(Path file, int threads, ShardMap map) {
        this.file = file;
        this.threads = threads;
        this.map = map;
    }

    /**
     * Reads the map, or makes one on the first start.
     *
     * @param shardCount shards of a new map; an existing one keeps its own number, with a warning if they differ.
     * @param threads shard threads; each has neighbouring shards.
     */
    public static SingleNodeAssignment open(DataDirectory directory, int shardCount, int threads) {
        final Path file = directory.path().resolve(NAME);
        if (Files.exists(file)) {
            final SingleNodeAssignment read = new SingleNodeAssignment(file, threads, read(file));
            final int there = read.map.shards().size();
            if (there != shardCount) {
                LOGGER.warn(
                        "shard.count = {} is ignored: the data directory has {} shards since its first start.",
                        shardCount,
                        there);
            }
            return read;
        }
        if (Files.exists(directory.path().resolve("shards"))) {
            checkNoShardHasLog(directory, file);
        }
        final SingleNodeAssignment made =
                new SingleNodeAssignment(file, threads, ShardMap.ofEqualRanges(shardCount, UUID::randomUUID));
        // Directories first: a map that names a shard proves that its directory was there, so a missing one is a loss.
        for (ShardMap.Shard shard : made.map.shards()) {
            directory.createShardDirectory(shard.id());
        }
        made.write();
        return made;
    }

    /** A crash between the first directories and the map leaves empty directories; anything more was a shard of a lost map. */
    private static void checkNoShardHasLog(DataDirectory directory, Path file) {
        try (var shards = Files.list(directory.path().resolve("shards"))) {
            for (Path shard : shards.toList()) {
                try (var entries = Files.list(shard)) {
                    if (entries.findAny().isPresent()) {
                        throw DataDirectory.damaged(file + " is missing, but " + shard + " holds a log.", null);
                    }
                }
                Files.delete(shard);
            }
        } catch (IOException failed) {
            throw DataDirectory.damaged(file + " is missing and shards/ cannot be read.", failed);
        }
    }

    /**
     * Reads a map.
     *
     * @throws ServerException if it is missing, damaged, or a newer release wrote it.
     */
    public static ShardMap read(Path file) {
        try {
            final JsonNode node = JSON.readTree(Files.readAllBytes(file));
            DataDirectory.checkFormat(file, node, FORMAT);
            final List<ShardMap.Shard> shards = new ArrayList<>();
            for (JsonNode shard : node.path("shards")) {
                shards.add(new ShardMap.Shard(
                        DataDirectory.uuid(file, shard, "id"),
                        Long.parseUnsignedLong(shard.path("range_first").asText(""), 16),
                        Long.parseUnsignedLong(shard.path("range_last").asText(""), 16),
                        shard.path("epoch_opened").asLong(0)));
            }
            return new ShardMap(shards);
        } catch (JsonProcessingException notJson) {
            throw DataDirectory.damaged(file + " is not JSON.", notJson);
        } catch (IllegalArgumentException wrong) {
            throw DataDirectory.damaged(file + " is wrong: " + wrong.getMessage() + ".", wrong);
        } catch (IOException failed) {
            throw DataDirectory.damaged(file + " cannot be read: " + failed.getMessage() + ".", failed);
        }
    }

    private void write() {
        write(file, map, threads);
    }

    /** Replaces a map; durable on return. */
    public static void write(Path file, ShardMap map, int threads) {
        final ObjectNode node = JSON.createObjectNode();
        node.put("format", FORMAT);
        final ArrayNode shards = node.putArray("shards");
        for (int i = 0; i < map.shards().size(); i++) {
            final ShardMap.Shard shard = map.shards().get(i);
            final ObjectNode entry = shards.addObject();
            entry.put("id", shard.id().toString());
            entry.put("range_first", String.format("%016x", shard.rangeFirst()));
            entry.put("range_last", String.format("%016x", shard.rangeLast()));
            entry.put(
                    "thread",
                    i * Math.min(threads, map.shards().size()) / map.shards().size());
            entry.put("epoch_opened", shard.epochOpened());
        }
        try {
            AtomicFile.write(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node));
        } catch (IOException failed) {
            throw new ServerException(
                    ServerErrorCode.DATA_DIRECTORY_UNUSABLE,
                    "The shard map " + file + " cannot be written: " + failed.getMessage() + ".",
                    "Check the free space and the permissions of the data directory.",
                    failed);
        }
    }

    @Override
    public ShardMap shardMap() {
        return map;
    }

    @Override
    public ShardOwnership claim(UUID shardId) {
        return new ShardOwnership(shardId, shard(shardId).epochOpened());
    }

    @Override
    public void onOpened(UUID shardId, long shardEpoch) {
        final ShardMap.Shard opened = shard(shardId);
        if (shardEpoch <= opened.epochOpened()) {
            throw new IllegalArgumentException(
                    "epoch " + shardEpoch + " of shard " + shardId + " is not above " + opened.epochOpened());
        }
        final List<ShardMap.Shard> shards = new ArrayList<>(map.shards());
        shards.set(shards.indexOf(opened), opened.withEpochOpened(shardEpoch));
        map = new ShardMap(shards);
        write();
    }

    private ShardMap.Shard shard(UUID shardId) {
        return map.shards().stream()
                .filter(shard -> shard.id().equals(shardId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no shard " + shardId + " in the map"));
    }
}
