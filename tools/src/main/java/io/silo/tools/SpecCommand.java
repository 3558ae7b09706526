package io.silo.tools;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.silo.specs.SpecException;
import io.silo.specs.SpecModel;
import io.silo.specs.SpecResult;
import io.silo.specs.SpecTask;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the formal models: minutes of work on one thread. */
@Command(
        name = "spec",
        description = "Check the formal models of jobs and log. Exit code 1 if a verdict is not the expected one.")
final class SpecCommand implements Callable<Integer> {
    @Mixin
    private final CommonOptions common = new CommonOptions();

    @Option(names = "--only", paramLabel = "NAME", description = "Only this model, check or run; may be repeated.")
    private List<String> only = List.of();

    @Option(names = "--quick", description = "Leave out what is marked slow.")
    private boolean quick;

    @Option(
            names = "--without",
            paramLabel = "SIGIL",
            description = "Leave out the clause with this sigil, to see which check notices.")
    private @Nullable String without;

    @Option(names = "--file", paramLabel = "FILE", description = "A model of yours instead of Silo's.")
    private @Nullable Path file;

    @Spec
    private @Nullable CommandSpec spec;

    @Override
    public Integer call() {
        try {
            final List<SpecModel> models = models();
            final List<SpecResult> results = new ArrayList<>();
            for (SpecModel model : models) {
                for (SpecTask task : chosen(model)) {
                    final SpecResult result = model.run(task);
                    results.add(result);
                    if (!common.json) {
                        print(Out.of(spec), result);
                    }
                }
            }
            return report(results);
        } catch (SpecException wrong) {
            throw new CommandFailure(ExitCode.REFUSED, "MODEL", String.valueOf(wrong.getMessage()), "");
        }
    }

    private List<SpecModel> models() {
        final List<SpecModel> models = mutated(
                file == null ? SpecModel.NAMES.stream().map(SpecModel::load).toList() : List.of(SpecModel.read(file)));
        final List<String> names = new ArrayList<>();
        for (SpecModel model : models) {
            names.add(model.name());
            model.tasks().forEach(task -> names.add(task.name()));
        }
        for (String name : only) {
            if (!names.contains(name)) {
                throw CommandFailure.usage(
                        "There is no model, check or run called '" + name + "'.",
                        "There are: " + String.join(", ", names));
            }
        }
        return models;
    }

    private List<SpecModel> mutated(List<SpecModel> models) {
        if (without == null) {
            return models;
        }
        final String sigil = without;
        final List<SpecModel> left = new ArrayList<>();
        for (SpecModel model : models) {
            final SpecModel mutant = model.without(sigil);
            if (mutant != null) {
                left.add(mutant);
            }
        }
        if (left.isEmpty()) {
            throw CommandFailure.usage("No clause has the sigil '" + sigil + "'.", "Name one as in SILO-TOKEN-2.");
        }
        return left;
    }

    private List<SpecTask> chosen(SpecModel model) {
        return model.tasks().stream()
                .filter(task -> only.isEmpty() || only.contains(model.name()) || only.contains(task.name()))
                .filter(task -> !quick || task.isQuick())
                .toList();
    }

    private static void print(PrintWriter out, SpecResult result) {
        final SpecTask task = result.task();
        out.println(String.format(
                Locale.ROOT,
                "%-6s  %-9s  %-5s  %-34s  %-14s  %6.1f s  for %s",
                result.isAsExpected() ? "ok" : "WRONG",
                task.model(),
                kind(task),
                task.name(),
                result.verdict(),
                result.durationMs() / 1_000.0,
                task.scope()));
        final String instance = result.instance();
        if (instance != null && !result.isAsExpected()) {
            out.println(instance.indent(2).stripTrailing());
        }
        out.flush();
    }

    private int report(List<SpecResult> results) {
        final long wrong =
                results.stream().filter(result -> !result.isAsExpected()).count();
        final long durationMs =
                results.stream().mapToLong(SpecResult::durationMs).sum();
        final PrintWriter out = Out.of(spec);
        if (common.json) {
            final ObjectNode node = Output.object();
            node.put("as_expected", wrong == 0);
            node.put("duration_ms", durationMs);
            final ArrayNode commands = node.putArray("commands");
            results.forEach(result -> add(commands.addObject(), result));
            out.println(Output.line(node));
        } else {
            out.println(String.format(
                    Locale.ROOT,
                    "%d of %d verdicts as expected, %.1f s",
                    results.size() - wrong,
                    results.size(),
                    durationMs / 1_000.0));
        }
        return wrong == 0 ? ExitCode.OK : ExitCode.REFUSED;
    }

    private static void add(ObjectNode node, SpecResult result) {
        final SpecTask task = result.task();
        node.put("model", task.model());
        node.put("kind", kind(task));
        node.put("name", task.name());
        node.put("scope", task.scope());
        node.put("verdict", result.verdict());
        node.put("as_expected", result.isAsExpected());
        node.put("duration_ms", result.durationMs());
        if (!result.isAsExpected() && result.instance() != null) {
            node.put("counterexample", result.instance());
        }
    }

    private static String kind(SpecTask task) {
        return task.kind().name().toLowerCase(Locale.ROOT);
    }
}
