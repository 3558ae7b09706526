package io.silo.tools;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs the command line inside the test and keeps what it said. */
final class CommandLineFixture {
    /** What a run left behind. */
    record Run(int exitCode, String out, String err) {}

    private CommandLineFixture() {}

    static Run run(String... arguments) {
        final StringWriter out = new StringWriter();
        final StringWriter err = new StringWriter();
        final CommandLine line = SiloCommand.commandLine();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        final int exitCode = line.execute(arguments);
        line.getOut().flush();
        line.getErr().flush();
        return new Run(exitCode, out.toString(), err.toString());
    }
}
