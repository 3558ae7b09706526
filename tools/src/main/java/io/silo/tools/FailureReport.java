package io.silo.tools;

import io.silo.server.config.ConfigException;
import io.silo.server.error.ServerErrorCode;
import io.silo.server.error.ServerException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Says what went wrong: {@code error: SENTENCE [NAME]} with a hint, or the same as JSON, on standard error. Never a stack trace,
 * unless the variable {@code SILO_STACKTRACE} is set. Stateless.
 */
final class FailureReport {
    private static final String STACK_TRACE = "SILO_STACKTRACE";

    private FailureReport() {}

    static int onParameters(ParameterException wrong, String[] arguments) {
        final CommandLine command = wrong.getCommandLine();
        final StringBuilder sentence = new StringBuilder(sentence(wrong));
        final List<String> suggestions = wrong instanceof UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions().stream().limit(3).toList() // three: more is no suggestion
                : List.of();
        if (!suggestions.isEmpty()) {
            sentence.append(" Did you mean ")
                    .append(String.join(" or ", suggestions))
                    .append('?');
        }
        final String hint = "See: " + command.getCommandSpec().qualifiedName() + " --help";
        report(command.getErr(), Arrays.asList(arguments).contains("--json"), "USAGE", sentence.toString(), hint);
        return ExitCode.USAGE;
    }

    static int onExecution(Exception failed, CommandLine command, @Nullable ParseResult parsed) {
        return onFailure(
                failed, command, parsed != null && parsed.originalArgs().contains("--json"));
    }

    static int onError(Error failed, CommandLine command, String[] arguments) {
        return onFailure(failed, command, Arrays.asList(arguments).contains("--json"));
    }

    private static int onFailure(Throwable failed, CommandLine command, boolean json) {
        final CommandFailure failure = asFailure(failed);
        report(command.getErr(), json, failure.name(), failure.sentence(), failure.hint());
        if (System.getenv(STACK_TRACE) != null) {
            failed.printStackTrace(command.getErr());
        }
        return failure.exitCode();
    }

    static int exitCode(Throwable failed) {
        return asFailure(failed).exitCode();
    }

    static CommandFailure asFailure(Throwable failed) {
        if (failed instanceof CommandFailure failure) {
            return failure;
        }
        if (failed instanceof ServerException refused) {
            return new CommandFailure(ExitCode.REFUSED, refused.code().page(), refused.sentence(), refused.hint());
        }
        if (failed instanceof ConfigException wrong) {
            return new CommandFailure(
                    ExitCode.REFUSED,
                    ServerErrorCode.CONFIG_INVALID.page(),
                    "The configuration is wrong.\n  "
                            + String.valueOf(wrong.getMessage()).replace("\n", "\n  "),
                    "Correct it, then check it: ./silo config validate --config FILE");
        }
        final String message = failed.getMessage();
        return new CommandFailure(
                ExitCode.REFUSED,
                "INTERNAL",
                "This should not happen: " + failed.getClass().getSimpleName()
                        + (message == null ? "." : ": " + message),
                "Run it again with " + STACK_TRACE + "=1 and report what it prints.");
    }

    private static String sentence(ParameterException wrong) {
        // The parser begins some of its messages with a word that the report says already.
        final String message = String.valueOf(wrong.getMessage()).replaceFirst("^Error: ", "");
        return message.endsWith(".") || message.endsWith("?") ? message : message + ".";
    }

    private static void report(PrintWriter err, boolean json, String name, String sentence, String hint) {
        if (json) {
            err.println(Output.error(name, sentence, hint));
        } else {
            final int lineEnd = sentence.indexOf('\n');
            final String first = lineEnd < 0 ? sentence : sentence.substring(0, lineEnd);
            err.println("error: " + first + " [" + name + "]" + (lineEnd < 0 ? "" : sentence.substring(lineEnd)));
            if (!hint.isEmpty()) {
                err.println("hint: " + hint);
            }
        }
        err.flush();
    }
}
