package io.silo.tools;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;

/** A line on the terminal that says how far a command is; nothing at all where standard error is no terminal. One thread. */
final class Progress {
    private static final Path STANDARD_ERROR = Path.of("/proc/self/fd/2");
    private static final long INTERVAL_NS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int BAR_CHARACTERS = 30;

    private final PrintWriter err;
    private final boolean shown;
    private long nextNs = System.nanoTime();

    Progress(PrintWriter err, boolean wanted) {
        this.err = err;
        this.shown = wanted && isTerminal();
    }

    private static boolean isTerminal() {
        try {
            final String target = Files.readSymbolicLink(STANDARD_ERROR).toString();
            return target.startsWith("/dev/pts/") || target.startsWith("/dev/tty");
        } catch (IOException | UnsupportedOperationException unknown) {
            return false;
        }
    }

    /**
     * Shows how far it is.
     *
     * @param fraction of the whole, or a negative number if that is not known.
     */
    void update(long count, double fraction) {
        if (!shown || System.nanoTime() - nextNs < 0) {
            return;
        }
        nextNs = System.nanoTime() + INTERVAL_NS;
        final StringBuilder line = new StringBuilder("\r");
        if (fraction >= 0) {
            final int done = (int) (Math.min(1, fraction) * BAR_CHARACTERS);
            line.append('[')
                    .append("#".repeat(done))
                    .append(" ".repeat(BAR_CHARACTERS - done))
                    .append("] ");
        }
        err.print(line.append(String.format(Locale.ROOT, "%,d jobs acknowledged", count)));
        err.flush();
    }

    /** Clears the line. */
    void end() {
        if (shown) {
            err.print("\r" + " ".repeat(BAR_CHARACTERS + 40) + "\r");
            err.flush();
        }
    }
}
