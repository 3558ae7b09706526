package io.silo.log;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;
import org.jspecify.annotations.Nullable;

/**
 * Cycles that a log has let go of, compressed, for those who want to read further back than the log goes. Each stands for itself: what
 * was live in it was carried into a later one. Reads, never writes, in the log's directory.
 *
 * <pre>
 *   &lt;directory&gt;/archive/0000000003.cq4.gz         the file of cycle 3, by gzip
 *   &lt;directory&gt;/archive/0000000004.cq4.gz.part    being written, or left by a crash
 * </pre>
 */
public final class CycleArchive {
    /** Ending of the name of an archived cycle. */
    public static final String SUFFIX = ".cq4.gz";

    /** Ending of the name of one that is not complete. */
    public static final String PART_SUFFIX = SUFFIX + ".part";

    private static final Pattern NAME = Pattern.compile("([0-9]{10,19})" + Pattern.quote(SUFFIX));
    private static final int COPY_BYTES = 64 * 1024;

    private final Path directory;

    /** @param directory of a log, as {@link CycleDirectory} describes it. */
    public CycleArchive(Path directory) {
        this.directory = directory;
    }

    /** Where archived cycles lie. */
    public Path path() {
        return directory.resolve("archive");
    }

    /** Where a cycle lies once it is archived. */
    public Path file(long cycle) {
        return path().resolve(name(cycle, SUFFIX));
    }

    /** Where a cycle lies while it is archived. */
    public Path partFile(long cycle) {
        return path().resolve(name(cycle, PART_SUFFIX));
    }

    private static String name(long cycle, String suffix) {
        return String.format(Locale.ROOT, "%010d%s", cycle, suffix);
    }

    /**
     * Numbers of the cycles that are archived, ascending.
     *
     * @throws LogException STORE_FAILED if they cannot be listed.
     */
    public long[] cycles() {
        if (!Files.isDirectory(path())) {
            return new long[0];
        }
        try (var names = Files.list(path())) {
            final long[] cycles = names.map(
                            file -> NAME.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToLong(name -> Long.parseLong(name.group(1)))
                    .toArray();
            Arrays.sort(cycles);
            return cycles;
        } catch (IOException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, false, "Expected to list " + path() + ", but " + e + ".", e);
        }
    }

    /**
     * Hands over every record of an archived cycle, oldest first. Unpacks it into the machine's directory for temporary files.
     *
     * @return records handed over; 0 if retention has deleted the cycle meanwhile.
     * @throws LogException RECORD_DAMAGED if the file is damaged or cut off, STORE_FAILED if it cannot be unpacked.
     */
    public long read(long cycle, RecordHandler handler) {
        Path unpacked = null;
        try {
            unpacked = Files.createTempDirectory("silo-archive-");
            final CycleDirectory cycles = new CycleDirectory(unpacked);
            Files.createDirectories(cycles.cyclePath(cycle));
            if (!unpack(cycle, cycles.cyclePath(cycle).resolve("cycle.cq4"))) {
                return 0;
            }
            try (CycleFile file = cycles.open(cycle)) {
                return read(cycle, file, handler);
            }
        } catch (IOException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, false, "Expected to unpack " + file(cycle) + ", but " + e + ".", e);
        } finally {
            delete(unpacked);
        }
    }

    private long read(long cycle, CycleFile file, RecordHandler handler) {
        final ByteBuffer window = DocumentCursor.newWindow();
        final CycleHeader header = CycleHeader.read(file, cycle, window);
        if (header.state() != CycleHeader.State.STARTED) {
            throw damaged(cycle, "it holds no cycle of a log", null);
        }
        final RecordCursor records = new RecordCursor(file, header, window);
        long count = 0;
        // To whatever is no record: the end, or a tail that a crash tore and the next opening cut off.
        // That the file as such is whole says the sum at its end.
        while (records.next() == RecordCursor.Found.RECORD) {
            if (records.kind() == RecordLayout.KIND_EVENTS) {
                records.deliver(handler);
                count++;
            }
        }
        return count;
    }

    /** Returns false if there is no such file. */
    private boolean unpack(long cycle, Path target) throws IOException {
        final byte[] bytes = new byte[COPY_BYTES];
        try (InputStream packed = Files.newInputStream(file(cycle));
                OutputStream out = Files.newOutputStream(target)) {
            try (GZIPInputStream in = new GZIPInputStream(packed, COPY_BYTES)) {
                for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
                    out.write(bytes, 0, count);
                }
            }
            return true;
        } catch (NoSuchFileException gone) {
            return false;
        } catch (ZipException | EOFException e) {
            throw damaged(cycle, e.getMessage(), e);
        }
    }

    private LogException damaged(long cycle, @Nullable String why, @Nullable Throwable cause) {
        return new LogException(
                LogErrorCode.RECORD_DAMAGED,
                false,
                "Expected an archived cycle in " + file(cycle) + ", but the file is damaged: " + why
                        + ". Only what lies before the log's first position is in it; delete it if nobody needs that.",
                cause);
    }

    private static void delete(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try (var walk = Files.walk(directory)) {
            for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            // Temporary: the machine clears it away.
        }
    }
}
