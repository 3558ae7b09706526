package io.silo.tools;

import io.silo.server.ServerLogging;
import io.silo.server.ServerVersion;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The program {@code silo}: the server and every command. */
@Command(
        name = "silo",
        description = "A durable broker for background jobs.",
        versionProvider = SiloCommand.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ServerCommand.class,
            EnqueueCommand.class,
            WorkCommand.class,
            JobCommand.class,
            ImportCommand.class,
            ScheduleCommand.class,
            PauseCommand.Pause.class,
            PauseCommand.Resume.class,
            PausesCommand.class,
            LimitsCommand.class,
            ExplainCommand.class,
            QueryCommand.class,
            TenantCommand.class,
            StatusCommand.class,
            LoadCommand.class,
            BenchCommand.class,
            LogCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            SimCommand.class,
            TortureCommand.class,
            ConfigCommand.class,
            SpecCommand.class,
        })
public final class SiloCommand implements Runnable {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;

    @Option(names = "--version", versionHelp = true, description = "Show the version.")
    boolean version;

    @Spec
    private @Nullable CommandSpec spec;

    private SiloCommand() {}

    /** Runs a command; the process ends with its exit code. */
    public static void main(String[] arguments) {
        ServerLogging.ofCommand();
        System.exit(run(arguments));
    }

    private static int run(String[] arguments) {
        final CommandLine line = commandLine();
        try {
            return line.execute(arguments);
        } catch (Error fatal) {
            // The parser hands on exceptions alone. An error that ends this thread alone would leave the process to the
            // others.
            return FailureReport.onError(fatal, line, arguments);
        }
    }

    /** The whole command line, writing to standard output and standard error. */
    static CommandLine commandLine() {
        final CommandLine line = new CommandLine(new SiloCommand());
        line.setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8));
        line.setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8));
        line.setParameterExceptionHandler(FailureReport::onParameters);
        line.setExecutionExceptionHandler(FailureReport::onExecution);
        line.setExitCodeExceptionMapper(FailureReport::exitCode);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        return line;
    }

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing");
        }
    }

    /** What {@code --version} shows. */
    static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"silo " + ServerVersion.current()};
        }
    }
}
