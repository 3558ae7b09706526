package io.silo.bench.run;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that ends with this one and with the wait for it, and takes its own children with it. One thread. */
final class ChildProcess implements AutoCloseable {
    private static final int STOP_TIMEOUT_S = 20;

    private final Process process;
    private final Thread atExit = new Thread(this::kill, "bench-child-exit");

    private ChildProcess(Process process) {
        this.process = process;
        Runtime.getRuntime().addShutdownHook(atExit);
    }

    /**
     * Starts it.
     *
     * @param log file that both of its outputs are appended to.
     */
    static ChildProcess start(List<String> command, Path directory, Map<String, String> environment, Path log)
            throws IOException {
        return start(command, directory, environment, ProcessBuilder.Redirect.appendTo(log.toFile()), log);
    }

    /** The same with standard output in a place of its own. */
    static ChildProcess start(
            List<String> command,
            Path directory,
            Map<String, String> environment,
            ProcessBuilder.Redirect out,
            Path log)
            throws IOException {
        final ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                .redirectOutput(out)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.environment().putAll(environment);
        return new ChildProcess(builder.start());
    }

    /** True as long as it runs. */
    boolean isAlive() {
        return process.isAlive();
    }

    /** Waits for its exit code; -1 if it had to be killed because the time was up. */
    int await(int timeoutS) throws InterruptedException {
        return process.waitFor(timeoutS, TimeUnit.SECONDS) ? process.exitValue() : -1;
    }

    /** Asks it to end, and waits. */
    void stop() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(STOP_TIMEOUT_S, TimeUnit.SECONDS)) {
            kill();
        }
    }

    @Override
    public void close() {
        kill();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException exits) {
            // The hook runs.
        }
    }

    private void kill() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
