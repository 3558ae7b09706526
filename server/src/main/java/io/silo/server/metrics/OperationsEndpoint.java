package io.silo.server.metrics;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.prometheus.metrics.exporter.httpserver.MetricsHandler;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.silo.server.config.HostPort;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * The HTTP port of a server: {@code GET /metrics} (Prometheus), {@code GET /healthz} (200, or 503 when a shard does not serve),
 * {@code POST /baseline} (from this machine only). Two threads of its own; it never touches a shard.
 */
public final class OperationsEndpoint implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int THREADS = 2; // a scrape beside a baseline
    private static final int BACKLOG = 64; // connections waiting: scrapers, probes and people are few
    private static final int RECORD_BYTES_DEFAULT = 256; // the payload of the canonical load

    private final HttpServer server;
    private final ExecutorService executor;

    /**
     * Listens at once.
     *
     * @throws ServerException ADDRESS_IN_USE if the port is taken.
     */
    public OperationsEndpoint(
            HostPort address,
            PrometheusRegistry registry,
            Supplier<HealthReport> health,
            BaselineMeasurement baseline) {
        try {
            server = HttpServer.create(new InetSocketAddress(address.host(), address.port()), BACKLOG);
        } catch (BindException taken) {
            throw new ServerException(
                    ServerErrorCode.ADDRESS_IN_USE,
                    "The address " + address + " for metrics cannot be used: " + taken.getMessage() + ".",
                    "Stop what listens there, or set metrics.addr.",
                    taken);
        } catch (IOException | RuntimeException failed) {
            throw new ServerException(
                    ServerErrorCode.ADDRESS_IN_USE,
                    "The address " + address + " for metrics cannot be used: " + failed.getMessage() + ".",
                    "Set metrics.addr to an address of this machine.",
                    failed);
        }
        executor = Executors.newFixedThreadPool(THREADS, task -> {
            final Thread thread = new Thread(task, "silo-http");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        server.createContext("/metrics", new MetricsHandler(registry));
        server.createContext("/healthz", exact("/healthz", "GET", exchange -> onHealth(exchange, health.get())));
        server.createContext("/baseline", exact("/baseline", "POST", exchange -> onBaseline(exchange, baseline)));
        server.createContext("/", exchange -> {
            try (exchange) {
                refuse(exchange, 404, "NOT_FOUND", "Only /metrics, /healthz and /baseline are here.", "");
            }
        });
        server.start();
    }

    /** The address in use, with the port that was chosen if 0 was asked for. */
    public HostPort address() {
        final InetSocketAddress bound = server.getAddress();
        return new HostPort(bound.getAddress().getHostAddress(), bound.getPort());
    }

    private static HttpHandler exact(String path, String method, HttpHandler handler) {
        return exchange -> {
            try (exchange) {
                if (!exchange.getRequestURI().getPath().equals(path)) {
                    refuse(exchange, 404, "NOT_FOUND", "Only /metrics, /healthz and /baseline are here.", "");
                } else if (!exchange.getRequestMethod().equals(method)) {
                    refuse(exchange, 405, "METHOD_NOT_ALLOWED", path + " answers " + method + " only.", "");
                } else {
                    handler.handle(exchange);
                }
            }
        };
    }

    private static void onHealth(HttpExchange exchange, HealthReport report) throws IOException {
        send(exchange, report.isHealthy() ? 200 : 503, report.toJson());
    }

    private static void onBaseline(HttpExchange exchange, BaselineMeasurement baseline) throws IOException {
        // It loads the disk: not for others on the network, nor for a web page in a browser of this machine.
        if (!exchange.getRemoteAddress().getAddress().isLoopbackAddress()
                || exchange.getRequestHeaders().containsKey("Origin")) {
            refuse(exchange, 403, "PERMISSION_DENIED", "/baseline answers programs of this machine only.", "");
            return;
        }
        try {
            final BaselineMeasurement.Baseline measured = baseline.measure(recordBytes(exchange));
            final ObjectNode node = JSON.createObjectNode();
            node.put("record_bytes", measured.recordBytes());
            node.put("sync_us_p50", measured.syncUsP50());
            node.put("sync_us_p99", measured.syncUsP99());
            node.put("appends_per_second", measured.appendsPerSecond());
            send(exchange, 200, node);
        } catch (ServerException refused) {
            final int status = refused.code() == ServerErrorCode.BASELINE_BUSY ? 409 : 400;
            refuse(exchange, status, refused.code().page(), refused.sentence(), refused.hint());
        }
    }

    private static int recordBytes(HttpExchange exchange) {
        final String query = exchange.getRequestURI().getQuery();
        if (query == null) {
            return RECORD_BYTES_DEFAULT;
        }
        final String name = "record_bytes=";
        try {
            if (query.startsWith(name)) {
                return Integer.parseInt(query.substring(name.length()));
            }
        } catch (NumberFormatException notANumber) {
            // Answered below, together with a parameter of another name.
        }
        throw new ServerException(
                ServerErrorCode.BASELINE_FAILED, "The one parameter is record_bytes, a whole number.", "");
    }

    private static void refuse(HttpExchange exchange, int status, String code, String message, String hint)
            throws IOException {
        final ObjectNode node = JSON.createObjectNode();
        final ObjectNode error = node.putObject("error");
        error.put("code", code);
        error.put("message", message);
        error.put("hint", hint);
        send(exchange, status, node);
    }

    private static void send(HttpExchange exchange, int status, ObjectNode body) throws IOException {
        final byte[] bytes = JSON.writeValueAsBytes(body);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Stops listening; answers under way are cut off. */
    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
    }
}
