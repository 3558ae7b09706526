package io.silo.bench.history;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a run was measured on; it names neither host nor path. Immutable.
 *
 * @param id eight digits made of cores, model, whole gigabytes of memory and file system. The kernel has no part in it, so that
 *     what an update of it changes is seen as a change and not as another machine.
 * @param cores processors that the JVM sees.
 * @param cpu model of the processor.
 * @param memoryMib memory, in MiB.
 * @param kernel name and release of the system.
 * @param fileSystem type of the file system that the logs lay on.
 */
public record Machine(String id, int cores, String cpu, long memoryMib, String kernel, String fileSystem) {
    private static final int ID_BYTES = 4;
    private static final long MIB_PER_GIB = 1_024;
    private static final Pattern MODEL = Pattern.compile("model name\\s*:\\s*(.*)");
    private static final Pattern MEMORY_KB = Pattern.compile("MemTotal:\\s*(\\d+) kB");

    /** This machine, with the file system of a directory that exists. */
    public static Machine here(Path directory) throws IOException {
        final String cpu = first(MODEL, Path.of("/proc/cpuinfo"), System.getProperty("os.arch"));
        final long memoryMib = Long.parseLong(first(MEMORY_KB, Path.of("/proc/meminfo"), "0")) / 1_024;
        return of(
                Runtime.getRuntime().availableProcessors(),
                cpu,
                memoryMib,
                System.getProperty("os.name") + " " + System.getProperty("os.version"),
                Files.getFileStore(directory).type());
    }

    /** A machine with the id that its figures give. */
    static Machine of(int cores, String cpu, long memoryMib, String kernel, String fileSystem) {
        final long memoryGib = (memoryMib + MIB_PER_GIB / 2) / MIB_PER_GIB;
        final String told = String.format(Locale.ROOT, "%d|%s|%d|%s", cores, cpu, memoryGib, fileSystem);
        try {
            final byte[] hash = MessageDigest.getInstance("SHA-256").digest(told.getBytes(StandardCharsets.UTF_8));
            final String id = HexFormat.of().formatHex(hash, 0, ID_BYTES);
            return new Machine(id, cores, cpu, memoryMib, kernel, fileSystem);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }

    private static String first(Pattern pattern, Path file, String otherwise) throws IOException {
        if (!Files.isReadable(file)) {
            return otherwise;
        }
        try (Stream<String> lines = Files.lines(file, StandardCharsets.UTF_8)) {
            return lines.map(pattern::matcher)
                    .filter(Matcher::matches)
                    .map(matcher -> matcher.group(1).strip())
                    .findFirst()
                    .orElse(otherwise);
        }
    }
}
