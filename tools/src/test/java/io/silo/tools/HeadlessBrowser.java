package io.silo.tools;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A page in a real Chromium without a screen, driven over its debugging protocol, which needs nothing but the JDK's web socket.
 * One thread.
 */
final class HeadlessBrowser implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final List<String> NAMES =
            List.of("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome");
    private static final Pattern LISTENS = Pattern.compile("DevTools listening on ws://([^/]+)/.*");
    private static final int TIMEOUT_S = 30;

    private final Process process;
    private final WebSocket socket;
    private final Map<Integer, CompletableFuture<JsonNode>> calls = new ConcurrentHashMap<>();
    private int lastCall;

    private HeadlessBrowser(Process process, String address) throws Exception {
        this.process = process;
        final HttpClient client = HttpClient.newHttpClient();
        final HttpRequest tab = HttpRequest.newBuilder(URI.create("http://" + address + "/json/new?about:blank"))
                .PUT(HttpRequest.BodyPublishers.noBody())
                .build();
        final JsonNode target = JSON.readTree(
                client.send(tab, HttpResponse.BodyHandlers.ofString()).body());
        socket = client.newWebSocketBuilder()
                .buildAsync(URI.create(target.path("webSocketDebuggerUrl").asText()), new Answers())
                .get(TIMEOUT_S, TimeUnit.SECONDS);
        call("Page.enable", JSON.createObjectNode());
    }

    /** What is installed, or what {@code SILO_CHROMIUM} names. */
    static Optional<Path> installed() {
        final String named = System.getenv("SILO_CHROMIUM");
        final Stream<Path> found = NAMES.stream()
                .flatMap(
                        name -> Stream.of(System.getenv("PATH").split(":")).map(directory -> Path.of(directory, name)));
        return Stream.concat(Stream.ofNullable(named).map(Path::of), found)
                .filter(Files::isExecutable)
                .findFirst();
    }

    static HeadlessBrowser start(Path program, Path profile) throws Exception {
        final Process process = new ProcessBuilder(
                        program.toString(),
                        "--headless",
                        "--no-sandbox", // as root there is none, and the page is ours
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--hide-scrollbars",
                        "--user-data-dir=" + profile,
                        "--remote-debugging-port=0",
                        "about:blank")
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        final BufferedReader said =
                new BufferedReader(new InputStreamReader(process.getErrorStream(), StandardCharsets.UTF_8));
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            final Matcher listens = LISTENS.matcher(line);
            if (listens.matches()) {
                final Thread drain = new Thread(() -> drain(said), "chromium-errors");
                drain.setDaemon(true);
                drain.start();
                return new HeadlessBrowser(process, listens.group(1));
            }
        }
        throw new AssertionError("the browser ended before it listened");
    }

    /** What it says is of no interest; but it must not wait for somebody to read it. */
    private static void drain(BufferedReader said) {
        try {
            said.transferTo(Writer.nullWriter());
        } catch (IOException ended) {
            // The browser was closed.
        }
    }

    private final class Answers implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean isLast) {
            text.append(part);
            if (isLast) {
                try {
                    final JsonNode message = JSON.readTree(text.toString());
                    final CompletableFuture<JsonNode> call =
                            calls.remove(message.path("id").asInt());
                    if (call != null) {
                        call.complete(message);
                    }
                } catch (IOException wrong) {
                    throw new AssertionError(wrong);
                }
                text.setLength(0);
            }
            from.request(1);
            return null;
        }
    }

    private JsonNode call(String method, ObjectNode parameters) throws Exception {
        final int id = ++lastCall;
        final CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        calls.put(id, answer);
        final ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", parameters);
        socket.sendText(message.toString(), true).get(TIMEOUT_S, TimeUnit.SECONDS);
        final JsonNode answered = answer.get(TIMEOUT_S, TimeUnit.SECONDS);
        if (answered.has("error")) {
            throw new AssertionError(method + ": " + answered.path("error"));
        }
        return answered.path("result");
    }

    /** Loads a file and waits until its script has run. */
    void open(Path page) throws Exception {
        call("Page.navigate", JSON.createObjectNode().put("url", page.toUri().toString()));
        await("location.protocol === 'file:' && document.readyState === 'complete'");
    }

    /** The size of the window, in pixels. */
    void resize(int width, int height) throws Exception {
        call(
                "Emulation.setDeviceMetricsOverride",
                JSON.createObjectNode()
                        .put("width", width)
                        .put("height", height)
                        .put("deviceScaleFactor", 1)
                        .put("mobile", false));
    }

    /** What the user prefers: light or dark. */
    void preferScheme(String scheme) throws Exception {
        final ObjectNode media = JSON.createObjectNode().put("media", "");
        media.putArray("features")
                .addObject()
                .put("name", "prefers-color-scheme")
                .put("value", scheme);
        call("Emulation.setEmulatedMedia", media);
    }

    /** The value of an expression in the page. */
    JsonNode evaluate(String expression) throws Exception {
        final JsonNode result = call(
                "Runtime.evaluate",
                JSON.createObjectNode().put("expression", expression).put("returnByValue", true));
        if (result.has("exceptionDetails")) {
            throw new AssertionError(expression + ": " + result.path("exceptionDetails"));
        }
        return result.path("result").path("value");
    }

    /** Waits until an expression is true. */
    void await(String expression) throws Exception {
        final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(TIMEOUT_S);
        while (!evaluate(expression).asBoolean()) {
            if (System.nanoTime() - deadlineNs > 0) {
                throw new AssertionError("it never became true: " + expression);
            }
            Thread.sleep(20);
        }
    }

    /** Moves the mouse. */
    void move(double x, double y) throws Exception {
        call(
                "Input.dispatchMouseEvent",
                JSON.createObjectNode().put("type", "mouseMoved").put("x", x).put("y", y));
    }

    /** Presses and releases a key by its name. */
    void key(String name) throws Exception {
        for (String type : List.of("keyDown", "keyUp")) {
            call(
                    "Input.dispatchKeyEvent",
                    JSON.createObjectNode().put("type", type).put("key", name).put("code", name));
        }
    }

    /** The window as a picture. */
    void screenshot(Path file) throws Exception {
        final JsonNode picture =
                call("Page.captureScreenshot", JSON.createObjectNode().put("format", "png"));
        Files.write(file, Base64.getDecoder().decode(picture.path("data").asText()));
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
    }
}
