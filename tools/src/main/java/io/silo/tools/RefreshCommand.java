package io.silo.tools;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.client.RefreshHandler;
import io.silo.client.RefreshTask;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Finds a floating limit out by a shell command: its metadata as a JSON object on the standard input, the maximum on the standard output;
 * an exit code other than 0, or anything but a whole number, is a failure. Called by one thread.
 */
final class RefreshCommand implements RefreshHandler {
    /** A number, and white space round it. */
    private static final int OUTPUT_BYTES_MAX = 64;

    private final String command;

    RefreshCommand(String command) {
        this.command = command;
    }

    @Override
    public int refresh(RefreshTask task) throws IOException, InterruptedException {
        final ProcessBuilder builder =
                new ProcessBuilder("sh", "-c", command).redirectError(ProcessBuilder.Redirect.INHERIT);
        final Map<String, String> environment = builder.environment();
        environment.put("SILO_LIMIT_KEY", task.key());
        environment.put("SILO_LIMIT_MAX", Integer.toString(task.max()));
        environment.put("SILO_TENANT", task.tenant());
        final Process process = builder.start();
        try {
            final ObjectNode metadata = Output.object();
            task.metadata().forEach(metadata::put);
            try (OutputStream in = process.getOutputStream()) {
                in.write(Output.line(metadata).getBytes(StandardCharsets.UTF_8));
            } catch (IOException closed) {
                // A command need not read its input.
            }
            final byte[] output = process.getInputStream().readNBytes(OUTPUT_BYTES_MAX);
            final int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw new IOException("the command ended with " + exitCode);
            }
            return Integer.parseInt(new String(output, StandardCharsets.UTF_8).strip());
        } finally {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
        }
    }
}
