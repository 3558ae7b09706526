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
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The coordinator of a single node: it owns every shard, and keeps the map in {@code shard-map.json} of its data directory,
 * whose lock stands in for the cluster's. One thread at a time; the map may be read by any.
 */
public final class SingleNodeAssignment implements ShardAssignment {
    /** Newest layout of {@code shard-map.json}. */
    public static final int FORMAT = 2;

    /** Layout while no shard is to be emptied. A release that would overlook that such a shard is must not read it. */
    private static final int FORMAT_SERVED = 1;

    /** Name in the data directory. */
    public static final String NAME = "shard-map.json";

    private static final Logger LOGGER = LoggerFactory.getLogger(SingleNodeAssignment.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path file;
    private final int threads;
    private final NodeAddress here;
    private volatile ShardMap map;

    private SingleNodeAssignment(Path file, int threads, NodeAddress here, ShardMap map) {
        this.file = file;
        this.threads = threads;
        this.here = here;
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
        final NodeAddress here = new NodeAddress(directory.identity().nodeId(), "");
        if (Files.exists(file)) {
            final SingleNodeAssignment read = new SingleNodeAssignment(file, threads, here, read(file));
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
                new SingleNodeAssignment(file, threads, here, ShardMap.ofEqualRanges(shardCount, UUID::randomUUID));
        // Directories first: a map that names a shard proves that its directory was there, so a missing one is a loss.
        for (ShardMap.Shard shard : made.map.shards()) {
            directory.createShardDirectory(shard.id());
        }
        write(file, made.map, threads);
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
                        shard.path("epoch_opened").asLong(0),
                        shard.path("created_at_ms").asLong(0),
                        shard.path("emptying").asBoolean(false)));
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

    /** Replaces a map; durable on return. */
    public static void write(Path file, ShardMap map, int threads) {
        final ObjectNode node = JSON.createObjectNode();
        node.put("format", map.shards().stream().anyMatch(ShardMap.Shard::isEmptying) ? FORMAT : FORMAT_SERVED);
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
            entry.put("created_at_ms", shard.createdAtMs());
            if (shard.isEmptying()) {
                entry.put("emptying", true);
            }
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
    public NodeAddress owner(UUID shardId) {
        shard(shardId); // whatever is in the map is this node's
        return here;
    }

    @Override
    public ShardOwnership claim(UUID shardId) {
        return new ShardOwnership(shardId, shard(shardId).epochOpened());
    }

    @Override
    public void onOpened(UUID shardId, long shardEpoch, long nowMs) {
        final ShardMap.Shard opened = shard(shardId);
        if (shardEpoch <= opened.epochOpened()) {
            throw new IllegalArgumentException(
                    "epoch " + shardEpoch + " of shard " + shardId + " is not above " + opened.epochOpened());
        }
        change(shard -> shard.id().equals(shardId) ? shard.opened(shardEpoch, nowMs) : shard);
    }

    @Override
    public void beginEmptying(Map<UUID, Long> epochFloors) {
        epochFloors.keySet().forEach(this::shard); // checked before anything is written
        change(shard -> {
            final Long floor = epochFloors.get(shard.id());
            return floor == null
                    ? shard
                    : shard.withEpochOpened(Math.max(floor, shard.epochOpened()))
                            .emptying(true);
        });
    }

    @Override
    public void onEmptied(Set<UUID> shardIds) {
        change(shard -> shardIds.contains(shard.id()) ? shard.emptying(false) : shard);
    }

    /** The new map holds once it is durable: one that could not be written was never in force. */
    private void change(UnaryOperator<ShardMap.Shard> change) {
        final ShardMap changed = new ShardMap(map.shards().stream().map(change).toList());
        write(file, changed, threads);
        map = changed;
    }

    private ShardMap.Shard shard(UUID shardId) {
        return map.shards().stream()
                .filter(shard -> shard.id().equals(shardId))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no shard " + shardId + " in the map"));
    }
}
