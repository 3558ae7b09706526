package io.silo.server.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/**
 * What a running server tells programs on its host: {@code server.json}, there from ready to a clean stop. After a kill it
 * stays behind, so a reader checks {@link #isRunning()}. Immutable; any thread.
 *
 * @param pid of the process.
 * @param startedAtMs start of the process, epoch ms: tells a reused pid from the server's.
 * @param version of the server.
 * @param aeronDirectory of the media driver, for IPC on the same host.
 * @param aeronAddress {@code host:port} for UDP.
 * @param aeronControlAddress {@code host:port} of the response streams' control.
 * @param httpAddress {@code host:port} of metrics, health and baselines; empty = off.
 * @param shardThreads number of ingress streams.
 */
public record ServerFile(
        long pid,
        long startedAtMs,
        String version,
        String aeronDirectory,
        String aeronAddress,
        String aeronControlAddress,
        String httpAddress,
        int shardThreads) {
    /** Name in the data directory. */
    public static final String NAME = "server.json";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long FILE_BYTES_MAX = 64 * 1024; // a hundred times what is ever written

    /** Start times of processes are known to a clock tick of 10 ms and drift against the wall clock; 2 s tells reuse well. */
    private static final long START_TOLERANCE_MS = 2_000;

    /** The file of a data directory; empty if there is none or it cannot be understood. */
    public static Optional<ServerFile> read(Path dataDirectory) {
        final Path file = dataDirectory.resolve(NAME);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > FILE_BYTES_MAX) {
                return Optional.empty();
            }
            final JsonNode node = JSON.readTree(Files.readAllBytes(file));
            if (!node.path("pid").canConvertToLong()
                    || node.path("aeron_dir").asText("").isEmpty()) {
                return Optional.empty();
            }
            return Optional.of(new ServerFile(
                    node.path("pid").asLong(),
                    node.path("started_at_ms").asLong(),
                    node.path("version").asText(""),
                    node.path("aeron_dir").asText(""),
                    node.path("aeron_addr").asText(""),
                    node.path("aeron_control_addr").asText(""),
                    node.path("http_addr").asText(""),
                    node.path("shard_threads").asInt(1)));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** Whether the process that wrote the file still lives. */
    public boolean isRunning() {
        return ProcessHandle.of(pid)
                .filter(ProcessHandle::isAlive)
                .filter(process -> process.info()
                        .startInstant()
                        .map(start -> Math.abs(start.toEpochMilli() - startedAtMs) <= START_TOLERANCE_MS)
                        .orElse(true))
                .isPresent();
    }

    byte[] toBytes() {
        final ObjectNode node = JSON.createObjectNode();
        node.put("pid", pid);
        node.put("started_at_ms", startedAtMs);
        node.put("version", version);
        node.put("aeron_dir", aeronDirectory);
        node.put("aeron_addr", aeronAddress);
        node.put("aeron_control_addr", aeronControlAddress);
        node.put("http_addr", httpAddress);
        node.put("shard_threads", shardThreads);
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(node);
        } catch (JsonProcessingException impossible) {
            throw new IllegalStateException("a tree of texts and numbers is always JSON", impossible);
        }
    }

    /** Start of this very process, epoch ms. */
    public static long processStartMs() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(Instant::toEpochMilli)
                .orElseGet(System::currentTimeMillis);
    }
}
