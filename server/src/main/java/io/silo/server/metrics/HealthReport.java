package io.silo.server.metrics;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Locale;

/**
 * How the server is. Immutable; any thread.
 *
 * @param version of the server.
 * @param stopping whether it takes no new work.
 * @param shards every shard of the map.
 */
public record HealthReport(String version, boolean stopping, List<ShardHealth> shards) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** What a shard is at. */
    public enum ShardState {
        /** Its log is replayed. */
        OPENING,
        /** It answers. */
        SERVING,
        /** Its log is damaged; it answers nothing until somebody looked. */
        QUARANTINED,
        /** It failed while serving, and is closed until the next start. */
        FAILED,
        /** It was closed in order. */
        CLOSED
    }

    /**
     * How one shard is.
     *
     * @param number on this node.
     * @param id for ever.
     * @param sentence why it does not serve, or not all; empty if it does.
     */
    public record ShardHealth(int number, String id, ShardState state, String sentence) {}

    public HealthReport {
        shards = List.copyOf(shards);
    }

    /** Whether every shard serves. */
    public boolean isHealthy() {
        return !stopping && shards.stream().allMatch(shard -> shard.state() == ShardState.SERVING);
    }

    ObjectNode toJson() {
        final ObjectNode node = JSON.createObjectNode();
        node.put("status", stopping ? "stopping" : isHealthy() ? "ok" : "degraded");
        node.put("version", version);
        final ArrayNode list = node.putArray("shards");
        for (ShardHealth shard : shards) {
            final ObjectNode entry = list.addObject();
            entry.put("shard", shard.number());
            entry.put("id", shard.id());
            entry.put("state", shard.state().name().toLowerCase(Locale.ROOT));
            if (!shard.sentence().isEmpty()) {
                entry.put("message", shard.sentence());
            }
        }
        return node;
    }
}
