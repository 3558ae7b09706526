package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Asks a server's HTTP port. Stateless. */
final class OperationsClient {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** A measurement takes about a second; a disk in trouble ten. */
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    private OperationsClient() {}

    /** What the server answers to {@code GET /healthz}, whether all is well or not. */
    static JsonNode health(String httpAddress) {
        return ask(request(httpAddress, "/healthz").GET().build());
    }

    /**
     * What the server's disk can do without a broker.
     *
     * @throws CommandFailure if the server refuses, for example because it is at work.
     */
    static JsonNode baseline(String httpAddress, int recordBytes) {
        final JsonNode answer = ask(request(httpAddress, "/baseline?record_bytes=" + recordBytes)
                .POST(HttpRequest.BodyPublishers.noBody())
                .build());
        final JsonNode error = answer.path("error");
        if (!error.isMissingNode()) {
            throw new CommandFailure(
                    ExitCode.REFUSED,
                    error.path("code").asText(),
                    error.path("message").asText(),
                    error.path("hint").asText());
        }
        return answer;
    }

    private static HttpRequest.Builder request(String address, String path) {
        return HttpRequest.newBuilder(URI.create("http://" + address + path)).timeout(TIMEOUT);
    }

    private static JsonNode ask(HttpRequest request) {
        try {
            final HttpClient client =
                    HttpClient.newBuilder().connectTimeout(TIMEOUT).build();
            return JSON.readTree(
                    client.send(request, HttpResponse.BodyHandlers.ofString()).body());
        } catch (IOException failed) {
            throw new CommandFailure(
                    ExitCode.UNREACHABLE,
                    "UNREACHABLE",
                    "Nothing answers at " + request.uri() + ".",
                    "Check metrics.addr of the server.");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.UNREACHABLE, "INTERRUPTED", "Interrupted.", "");
        }
    }
}
