package io.silo.tools;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Breaks real logs and real servers on purpose, and looks for what they promised. */
@Command(
        name = "torture",
        description = "Crash real logs and kill real servers, and check that nothing acknowledged is lost.",
        subcommands = {CrashImagesCommand.class, KillCommand.class})
final class TortureCommand implements Runnable {
    @Mixin
    final CommonOptions common = new CommonOptions();

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "A command is missing: crash-images or kill");
        }
    }
}
