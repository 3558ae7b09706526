package io.silo.tools;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * A Linux namespace of the test's own, held by a sleeping process: what is mounted or switched on in it exists for the
 * processes put into it alone, and is gone with it. Needs root, {@code unshare} and {@code nsenter}.
 */
final class Namespace implements AutoCloseable {
    private final Process holder;
    private final String option;

    private Namespace(Process holder, String option) {
        this.holder = holder;
        this.option = option;
    }

    /**
     * Makes a namespace, or skips the test that asked for it and says why.
     *
     * @param option of unshare and nsenter: {@code --net} or {@code --mount}.
     * @param setUp shell commands run in it first.
     */
    static Namespace openOrSkip(String option, String setUp) throws IOException {
        final Process holder;
        try {
            holder = new ProcessBuilder("unshare", option, "sh", "-c", setUp + " && echo ready && exec sleep 3600")
                    .redirectErrorStream(true)
                    .start();
        } catch (IOException missing) {
            assumeTrue(false, "needs unshare: " + missing.getMessage());
            throw missing;
        }
        final BufferedReader output = holder.inputReader(StandardCharsets.UTF_8);
        String last = "";
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            last = line;
            if (line.equals("ready")) {
                return new Namespace(holder, option);
            }
        }
        assumeTrue(false, "needs root, unshare, and what this runs in it: " + setUp + " (" + last + ")");
        throw new IllegalStateException("an assumption that does not hold returned");
    }

    /** What to put before a command to run it in this namespace; the process keeps its pid. */
    List<String> within() {
        return List.of("nsenter", option, "--target", Long.toString(holder.pid()), "--");
    }

    /** Files as a process in this namespace sees them. */
    Path seen(Path path) {
        return Path.of("/proc/" + holder.pid() + "/root" + path);
    }

    /** The holder's directory under {@code /proc}. */
    Path proc() {
        return Path.of("/proc", Long.toString(holder.pid()));
    }

    /** Ends the holder; the namespace goes with the last process in it. */
    @Override
    public void close() {
        holder.destroyForcibly();
    }
}
