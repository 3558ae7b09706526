package io.silo.tools;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * Makes the disk of a process fail on demand, or refuses it threads: the preload library {@code torture/src/main/c/faultydisk.c}, which
 * draws the layout of the control file, and its rules. Builds the library if it is not there; needs gcc.
 */
final class FaultyDisk {
    /** Errors of Linux. */
    static final int EINTR = 4;

    static final int EIO = 5;
    static final int EAGAIN = 11;
    static final int ENOSPC = 28;

    /** Kinds of calls; add them up. */
    static final int SYNC = 1;

    static final int WRITE = 2;
    static final int TRUNCATE = 4;
    static final int ALLOCATE = 8;
    static final int MSYNC = 16;
    static final int THREAD = 32;

    static final long FOR_EVER = Long.MAX_VALUE;

    private static final int RULES_MAX = 8;
    private static final int RULE_BYTES = 512;
    private static final int PATH_OFFSET = 80;
    private static final int PATH_BYTES_MAX = 255;
    private static final Path SOURCE = Path.of("../torture/src/main/c/faultydisk.c");
    private static final Path LIBRARY = Path.of("../torture/target/faultydisk.so");

    private final Path control;
    private final MappedByteBuffer rules;

    private FaultyDisk(Path control, MappedByteBuffer rules) {
        this.control = control;
        this.rules = rules;
    }

    /** Makes a control file in this directory, or skips the test and says why. */
    static FaultyDisk openOrSkip(Path directory) throws IOException, InterruptedException {
        build();
        final Path control = directory.resolve("faultydisk.control");
        Files.write(control, new byte[RULES_MAX * RULE_BYTES]);
        try (FileChannel channel = FileChannel.open(control, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            final MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, RULES_MAX * RULE_BYTES);
            mapped.order(ByteOrder.nativeOrder());
            return new FaultyDisk(control, mapped);
        }
    }

    private static void build() throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gcc")), "needs gcc");
        if (Files.exists(LIBRARY)
                && Files.getLastModifiedTime(LIBRARY).compareTo(Files.getLastModifiedTime(SOURCE)) >= 0) {
            return;
        }
        Files.createDirectories(LIBRARY.getParent());
        final Path made = Files.createTempFile(LIBRARY.getParent(), "faultydisk", ".so");
        final Process gcc = new ProcessBuilder(SOURCE.resolveSibling("build.sh").toString(), made.toString())
                .redirectErrorStream(true)
                .start();
        final String said = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (gcc.waitFor() != 0) {
            throw new AssertionError("faultydisk.c cannot be built:\n" + said);
        }
        // Another JVM may build it at the same time: whoever is last wins, and nobody sees half of it.
        Files.move(made, LIBRARY, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What a process needs in its environment. */
    Map<String, String> environment() throws IOException {
        return Map.of("LD_PRELOAD", LIBRARY.toRealPath().toString(), "FAULTYDISK_CONTROL", control.toString());
    }

    /** A fault that may be armed. */
    Fault fault(int calls, String pathPart) {
        return new Fault(calls, pathPart);
    }

    /** Which calls are struck, and how. One rule of the control file while it is armed. */
    final class Fault {
        private final int calls;
        private final byte[] path;
        private int error;
        private int shortWrites;
        private long after;
        private long times = FOR_EVER;
        private long delayMs;
        private int offset = -1;

        private Fault(int calls, String pathPart) {
            this.calls = calls;
            path = pathPart.getBytes(StandardCharsets.UTF_8);
            if (path.length > PATH_BYTES_MAX) {
                throw new IllegalArgumentException("a path part has at most " + PATH_BYTES_MAX + " bytes");
            }
        }

        Fault error(int errno) {
            error = errno;
            return this;
        }

        Fault shortWrites() {
            shortWrites = 1;
            return this;
        }

        Fault delayMs(long ms) {
            delayMs = ms;
            return this;
        }

        /** Calls that go through before the first that is struck. */
        Fault after(long count) {
            after = count;
            return this;
        }

        Fault times(long count) {
            times = count;
            return this;
        }

        Fault arm() {
            for (int at = 0; at < RULES_MAX * RULE_BYTES; at += RULE_BYTES) {
                if (rules.getInt(at) == 0) {
                    offset = at;
                    for (int i = 4; i < RULE_BYTES; i++) {
                        rules.put(at + i, (byte) 0);
                    }
                    rules.putInt(at + 4, calls).putInt(at + 8, error).putInt(at + 12, shortWrites);
                    rules.putLong(at + 16, after).putLong(at + 24, times).putLong(at + 32, delayMs);
                    rules.put(at + PATH_OFFSET, path);
                    java.lang.invoke.VarHandle.releaseFence();
                    rules.putInt(at, 1);
                    return this;
                }
            }
            throw new IllegalStateException("more than " + RULES_MAX + " faults at a time");
        }

        void disarm() {
            rules.putInt(offset, 0);
        }

        /** Calls that fitted. */
        long seen() {
            return rules.getLong(offset + 40);
        }

        /** Calls that were struck. */
        long struck() {
            return rules.getLong(offset + 48);
        }

        /** When the first was, on the clock of {@link System#nanoTime()}, which is the machine's monotonic one. */
        long firstNs() {
            return rules.getLong(offset + 56);
        }
    }
}
