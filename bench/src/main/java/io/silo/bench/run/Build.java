package io.silo.bench.run;

import io.silo.bench.history.BenchRun.Commit;
import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Silo as it was built from a commit: what benchmarks, server and load are run from. Immutable.
 *
 * @param commit what was built.
 * @param classPath for processes of it; absolute.
 * @param jvmFlags that they need.
 * @param mainClass of its command line.
 */
public record Build(Commit commit, String classPath, List<String> jvmFlags, String mainClass) {
    /** The collector of the launcher's servers, and a heap that is the same on each machine. */
    private static final List<String> MEASURED_FLAGS = List.of("-XX:+UseG1GC", "-Xms1g", "-Xmx2g");

    public Build {
        classPath = Arrays.stream(classPath.split(File.pathSeparator))
                .map(part -> Path.of(part).toAbsolutePath().toString())
                .collect(Collectors.joining(File.pathSeparator));
        jvmFlags = List.copyOf(jvmFlags);
    }

    /** Flags of the processes that are measured. */
    public List<String> flags() {
        final List<String> flags = new ArrayList<>(jvmFlags);
        flags.addAll(MEASURED_FLAGS);
        return flags;
    }

    /** A command that runs a class of this build with the Java that runs this process. */
    List<String> java(List<String> moreFlags, String type, List<String> arguments) {
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(flags());
        command.addAll(moreFlags);
        command.addAll(List.of("-cp", classPath, type));
        command.addAll(arguments);
        return command;
    }

    /**
     * The flags that a Java takes, of lines that hold the first version and then flags, as the build writes them.
     *
     * @param lines of {@code jvm-flags}; those that begin with # are left out.
     * @param feature version of the Java.
     */
    public static List<String> jvmFlags(List<String> lines, int feature) {
        final List<String> flags = new ArrayList<>();
        for (String line : lines) {
            final List<String> words = List.of(line.strip().split("\\s+"));
            if (words.size() > 1 && !line.startsWith("#") && Integer.parseInt(words.get(0)) <= feature) {
                flags.addAll(words.subList(1, words.size()));
            }
        }
        return flags;
    }
}
