package io.silo.tools;

import picocli.CommandLine.Option;

/** Options of every command. */
final class CommonOptions {
    @Option(names = "--json", description = "Write JSON instead of text.")
    boolean json;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help.")
    boolean help;
}
