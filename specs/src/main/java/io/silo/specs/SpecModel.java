package io.silo.specs;

import edu.mit.csail.sdg.alloy4.A4Reporter;
import edu.mit.csail.sdg.alloy4.Err;
import edu.mit.csail.sdg.alloy4.Pos;
import edu.mit.csail.sdg.alloy4.Util;
import edu.mit.csail.sdg.ast.Command;
import edu.mit.csail.sdg.parser.CompModule;
import edu.mit.csail.sdg.parser.CompUtil;
import edu.mit.csail.sdg.translator.A4Options;
import edu.mit.csail.sdg.translator.A4Solution;
import edu.mit.csail.sdg.translator.TranslateAlloyToKodkod;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import kodkod.engine.satlab.SATFactory;
import org.jspecify.annotations.Nullable;

/**
 * A model, parsed. One thread at a time. Commands under a line that begins with {@value #SLOW} are not quick.
 */
public final class SpecModel {
    /** The models that come with Silo, in the order in which they are run. */
    public static final List<String> NAMES = List.of("job_shard", "limits", "bulk", "log");

    private static final String SLOW = "// slow";
    private static final String ENDING = ".als";

    private final String name;
    private final String source;
    private final CompModule module;
    private final List<SpecTask> tasks = new ArrayList<>();

    private SpecModel(String name, String source) {
        this.name = name;
        this.source = source;
        // Alloy looks a model up in this map by its whole path before it looks for a file.
        final String path = Util.canon(name + ENDING);
        final Map<String, String> sources = new HashMap<>(Map.of(path, source));
        try {
            module = CompUtil.parseEverything_fromFile(A4Reporter.NOP, sources, path);
        } catch (Err wrong) {
            throw failure(wrong);
        }
        final List<String> lines = source.lines().toList();
        for (Command command : module.getAllCommands()) {
            tasks.add(new SpecTask(
                    name,
                    command.check ? SpecTask.Kind.CHECK : SpecTask.Kind.RUN,
                    command.label,
                    scope(command),
                    !isMarkedSlow(lines, command.pos.y)));
        }
    }

    /** The model of this name among {@link #NAMES}. */
    public static SpecModel load(String name) {
        try (InputStream in = SpecModel.class.getResourceAsStream(name + ENDING)) {
            return new SpecModel(
                    name, new String(Objects.requireNonNull(in, name).readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException unreadable) {
            throw new SpecException("The model " + name + " cannot be read.", unreadable);
        }
    }

    /** A model of a file. */
    public static SpecModel read(Path file) {
        final String fileName =
                Objects.requireNonNull(file.getFileName(), "a file").toString();
        final String name =
                fileName.endsWith(ENDING) ? fileName.substring(0, fileName.length() - ENDING.length()) : fileName;
        try {
            return new SpecModel(name, Files.readString(file));
        } catch (IOException unreadable) {
            throw new SpecException("The model " + file + " cannot be read.", unreadable);
        }
    }

    /** A model of a text. */
    public static SpecModel parse(String name, String source) {
        return new SpecModel(name, source);
    }

    /**
     * The model with each line left out that bears the sigil, to see what notices; null if none bears it.
     *
     * @param sigil without its brackets.
     * @throws SpecException if what is left is not Alloy: the clause takes more than its line.
     */
    public @Nullable SpecModel without(String sigil) {
        final String mark = "[" + sigil + "]";
        if (!source.contains(mark)) {
            return null;
        }
        // An empty line in its place, so that lines keep their numbers.
        return new SpecModel(
                name,
                source.lines().map(line -> line.contains(mark) ? "" : line).collect(Collectors.joining("\n")));
    }

    public String name() {
        return name;
    }

    /** Its commands, in the order of the source. */
    public List<SpecTask> tasks() {
        return List.copyOf(tasks);
    }

    /** Carries a command out. Takes from milliseconds to minutes. */
    public SpecResult run(SpecTask task) {
        final Command command = module.getAllCommands().get(tasks.indexOf(task));
        final A4Options options = new A4Options();
        options.solver = SATFactory.DEFAULT; // SAT4J: the one in Java
        options.originalFilename = name + ENDING;
        options.noOverflow = true;
        final long begin = System.nanoTime();
        try {
            final A4Solution solution = TranslateAlloyToKodkod.execute_command(
                    A4Reporter.NOP, module.getAllReachableSigs(), command, options);
            final long durationMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin);
            return new SpecResult(task, durationMs, solution.satisfiable() ? InstanceText.of(solution) : null);
        } catch (Err wrong) {
            throw failure(wrong);
        }
    }

    private static boolean isMarkedSlow(List<String> lines, int commandLine) {
        // Lines count from 1, so this is the one above.
        return commandLine >= 2 && lines.get(commandLine - 2).startsWith(SLOW);
    }

    /** The words behind the command's name: "4 but 2 Worker, 1..6 steps". */
    private static String scope(Command command) {
        final String text = command.toString();
        final int at = text.indexOf(" for ");
        return at < 0 ? "" : text.substring(at + " for ".length());
    }

    private SpecException failure(Err wrong) {
        final Pos at = wrong.pos == null ? Pos.UNKNOWN : wrong.pos;
        final String reason = wrong.msg.strip().replaceAll("\\s+", " ");
        return new SpecException(
                "The model " + name + " is wrong at line " + at.y + ", column " + at.x + ": " + reason, wrong);
    }
}
