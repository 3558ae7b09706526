package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.server.data.ServerFile;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows how a server is. */
@Command(
        name = "status",
        description = "Show how the server and its shards are; exit code 1 if a shard does not serve.")
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Mixin
    private final ServerOptions server = new ServerOptions();

    @Option(
            names = "--http",
            paramLabel = "HOST:PORT",
            description = "The server's HTTP address, if it is not on this host (default 127.0.0.1:9090).")
    private @Nullable String http;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        final ServerFile file = http == null ? server.serverFile().orElse(null) : null;
        if (file != null && file.httpAddress().isEmpty()) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    "HTTP_OFF",
                    "The server runs (pid " + file.pid() + "), but its HTTP port is off.",
                    "Set metrics.enabled = true.");
        }
        final String address = http != null ? http : file == null ? "127.0.0.1:9090" : file.httpAddress();
        final JsonNode health = OperationsClient.health(address);
        final PrintWriter out = Out.of(spec);
        final boolean healthy = health.path("status").asText().equals("ok");
        if (common.json) {
            final ObjectNode node = ((ObjectNode) health).deepCopy();
            if (file != null) {
                node.put("pid", file.pid());
                node.put("aeron_addr", file.aeronAddress());
            }
            out.println(Output.line(node));
        } else {
            out.println(health.path("status").asText() + "  silo "
                    + health.path("version").asText() + "  http://" + address
                    + (file == null ? "" : "  pid " + file.pid()));
            for (JsonNode shard : health.path("shards")) {
                final String message = shard.path("message").asText("");
                out.println("  shard " + shard.path("shard").asInt() + "  "
                        + shard.path("id").asText() + "  " + shard.path("state").asText()
                        + (message.isEmpty() ? "" : ": " + message));
            }
        }
        return healthy ? ExitCode.OK : ExitCode.REFUSED;
    }
}
