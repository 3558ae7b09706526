package io.silo.tools;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.silo.client.JobRequest;
import io.silo.client.SiloClient;
import io.silo.client.SiloException;
import io.silo.protocol.RejectReason;
import io.silo.tools.CommandLineFixture.Run;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Directories that are damaged, emptied, of another release or read-only, and servers on machines too small: said, never half done. */
// What is refused is decided by bytes on the disk, whatever JDK reads them.
@Tag("newest-jdk")
class BadDirectoryIT {
    private static final int SHARDS = 6;
    private static final int TENANTS = 24;
    private static final int PAYLOAD_BYTES = 1_000;

    @TempDir
    Path directory;

    private Path data;
    private Map<String, String> settings;

    /** Tenant and job that was acknowledged. */
    private final Map<String, List<String>> acknowledged = new HashMap<>();

    @BeforeEach
    void configure() throws IOException {
        data = directory.resolve("data");
        settings = ServerProcess.freePorts();
        settings.put("SILO_SHARD_COUNT", Integer.toString(SHARDS));
        settings.put("SILO_DATABASE_CYCLE_BYTES", Integer.toString(1024 * 1024));
    }

    @Test
    void shouldQuarantineWhatIsDamagedAndServeTheOthers() throws Exception {
        final List<Path> shards;
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client()) {
            enqueue(client, 5);
            shards = shards();
            checkToolsOnALiveDirectory(server);
            assertThat(server.terminate()).isEqualTo(ExitCode.OK);
        }
        final Path damaged = shards.get(0);
        flip(cycleFile(damaged));
        final Path emptied = shards.get(1);
        empty(emptied);
        swap(cycleFile(shards.get(2)), cycleFile(shards.get(3)));
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client()) {
            assertThat(states())
                    .containsExactly("quarantined", "quarantined", "quarantined", "quarantined", "serving", "serving");
            assertThat(message(0)).contains("./silo log verify " + damaged).contains("SILO-0108");
            assertThat(message(1)).contains("SILO-0109");
            assertThat(message(2)).contains("SILO-0008");
            assertThat(message(3)).contains("SILO-0008");
            final Run status = CommandLineFixture.run("status", "--data", data.toString());
            assertThat(status.out()).containsIgnoringCase("quarantined").contains("./silo log verify " + damaged);
            final Run verified = CommandLineFixture.run("log", "verify", damaged.toString());
            assertThat(verified.exitCode()).isEqualTo(ExitCode.DAMAGE);
            assertThat(verified.out()).contains("DAMAGED").contains("SILO-0005").contains("file offset");
            assertThat(refusals(client)).isBetween(1, TENANTS - 1);
            assertThat(server.output()).contains("is quarantined, the others serve");
            int found = 0;
            for (Map.Entry<String, List<String>> jobs : acknowledged.entrySet()) {
                found += found(client, jobs.getKey(), jobs.getValue());
            }
            assertThat(found).as("jobs of the shards that serve").isPositive();
        }
    }

    /** Readers only: nothing in the directory changes, and the server does not notice. */
    private void checkToolsOnALiveDirectory(ServerProcess server) throws Exception {
        final List<String> before = listing();
        final Run verified = CommandLineFixture.run("log", "verify", data.toString());
        assertThat(verified.exitCode()).as(verified.out()).isEqualTo(ExitCode.OK);
        assertThat(verified.out()).contains("in use by a server");
        final Run dumped = CommandLineFixture.run("log", "dump", data.toString());
        assertThat(dumped.exitCode()).isEqualTo(ExitCode.OK);
        assertThat(dumped.out().lines().filter(line -> line.contains("\"JobEnqueued\"")))
                .hasSize(acknowledged.values().stream().mapToInt(List::size).sum());
        assertThat(listing()).isEqualTo(before);
        assertThat(server.output()).doesNotContain("WARN").doesNotContain("ERROR");
    }

    @Test
    void shouldRefuseANewerDirectoryAndOneThatItCannotWrite() throws Exception {
        try (ServerProcess server = ServerProcess.start(data, settings);
                SiloClient client = client()) {
            enqueue(client, 1);
            assertThat(server.terminate()).isEqualTo(ExitCode.OK);
        }
        final Path identity = data.resolve("identity.json");
        final String good = Files.readString(identity);
        Files.writeString(identity, good.replace("\"format\" : 1", "\"format\" : 9"));
        try (ServerProcess server = ServerProcess.launch(data, settings)) {
            assertThat(server.awaitExit()).isEqualTo(ExitCode.REFUSED);
            assertThat(server.output())
                    .contains("has format 9")
                    .contains("[SILO-0105]")
                    .doesNotContain("\tat ");
        }
        Files.writeString(identity, good);
        final List<String> before = listing();
        try (Namespace mounted = Namespace.openOrSkip(
                "--mount", "mount --bind '" + data + "' '" + data + "' && mount -o remount,ro,bind '" + data + "'")) {
            try (ServerProcess server = ServerProcess.launch(mounted.within(), data, settings)) {
                assertThat(server.awaitExit()).isEqualTo(ExitCode.REFUSED);
                assertThat(server.output())
                        .contains("cannot be used")
                        .contains("Read-only file system")
                        .contains("[SILO-0104]")
                        .doesNotContain("\tat ");
            }
            final Run verified =
                    CommandLineFixture.run("log", "verify", mounted.seen(data).toString());
            assertThat(verified.exitCode()).as(verified.out()).isEqualTo(ExitCode.OK);
        }
        assertThat(listing()).isEqualTo(before);
    }

    private SiloClient client() {
        return SiloClient.builder()
                .dataDirectory(data)
                .requestTimeout(Duration.ofSeconds(10))
                .build();
    }

    private void enqueue(SiloClient client, int count) {
        for (int i = 0; i < TENANTS * count; i++) {
            final String tenant = "tenant-" + i % TENANTS;
            final String id = client.enqueue(JobRequest.to("bad")
                            .tenant(tenant)
                            .payload("x".repeat(PAYLOAD_BYTES))
                            .build())
                    .id();
            acknowledged.computeIfAbsent(tenant, none -> new ArrayList<>()).add(id);
        }
    }

    /** Of how many tenants new work is refused because their shard is closed. */
    private static int refusals(SiloClient client) {
        int refused = 0;
        for (int i = 0; i < TENANTS; i++) {
            try {
                client.enqueue(JobRequest.to("bad").tenant("tenant-" + i).build());
            } catch (SiloException closed) {
                assertThat(closed.reason()).isEqualTo(RejectReason.SHARD_CLOSED);
                refused++;
            }
        }
        return refused;
    }

    private static int found(SiloClient client, String tenant, List<String> ids) {
        for (String id : ids) {
            try {
                assertThat(client.getJob(tenant, id).payload().text()).hasSize(PAYLOAD_BYTES);
            } catch (SiloException closed) {
                assertThat(closed.reason()).isEqualTo(RejectReason.SHARD_CLOSED);
                return 0;
            }
        }
        return ids.size();
    }

    private JsonNode health() {
        return OperationsClient.health(settings.get("SILO_METRICS_ADDR")).path("shards");
    }

    private List<String> states() {
        return health().findValuesAsText("state");
    }

    private String message(int shard) {
        return health().get(shard).path("message").asText();
    }

    /** Directories of the shards, in the order of the map. */
    private List<Path> shards() {
        return health().findValuesAsText("id").stream()
                .map(id -> data.resolve("shards").resolve(id))
                .toList();
    }

    private static Path cycleFile(Path shard) throws IOException {
        try (Stream<Path> files = Files.walk(shard.resolve("cycles"))) {
            return files.filter(file -> file.toString().endsWith(".cq4"))
                    .sorted()
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Flips a byte of the last payload: of what follows it only the end of the cycle is known. */
    private static void flip(Path file) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            final byte[] head = new byte[128 * 1024];
            bytes.readFully(head);
            int at = head.length - 1;
            while (head[at] != 'x') {
                at--;
            }
            bytes.seek(at);
            bytes.write('y');
        }
    }

    private static void empty(Path path) throws IOException {
        final List<Path> all;
        try (Stream<Path> walk = Files.walk(path)) {
            all = walk.sorted(java.util.Comparator.reverseOrder()).toList();
        }
        for (Path each : all) {
            if (!each.equals(path)) {
                Files.delete(each);
            }
        }
    }

    private void swap(Path one, Path other) throws IOException {
        final Path aside = directory.resolve("aside");
        Files.move(one, aside);
        Files.move(other, one);
        Files.move(aside, other);
    }

    /** Names and sizes of everything in the data directory. */
    private List<String> listing() throws IOException {
        final List<String> all = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(data)) {
            for (Path each : walk.sorted().toList()) {
                all.add(each + " " + (Files.isDirectory(each) ? "" : Files.size(each)));
            }
        }
        return all;
    }
}
