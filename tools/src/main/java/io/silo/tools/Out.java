package io.silo.tools;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** Where a command writes. Stateless. */
final class Out {
    private Out() {}

    /** Standard output of a command's run; what a test put in its place, too. */
    static PrintWriter of(@Nullable CommandSpec spec) {
        return command(spec).getOut();
    }

    /** Standard error of a command's run. */
    static PrintWriter errorOf(@Nullable CommandSpec spec) {
        return command(spec).getErr();
    }

    private static picocli.CommandLine command(@Nullable CommandSpec spec) {
        if (spec == null) {
            throw new IllegalStateException("picocli gives every command its specification before it runs");
        }
        return spec.commandLine();
    }
}
