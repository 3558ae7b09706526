package io.silo.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A log's directory as it lies on a file system, read with descriptors of its own and never through Chronicle. Never writes.
 *
 * <pre>
 *   &lt;directory&gt;/lock                              held by whoever appends
 *   &lt;directory&gt;/durable.mark                      two slots, a page apart
 *   &lt;directory&gt;/cycles/0000000007/*.cq4           one cycle: one Chronicle queue of one file
 *   &lt;directory&gt;/cycles/0000000003.deleted/        on its way out
 * </pre>
 */
public final class CycleDirectory implements CycleSource {
    /** Distance of the mark's slots: a page each, so that tearing one cannot touch the other. */
    public static final int MARK_SLOT_STRIDE = 4096;

    /** Ending of the name of a cycle's directory that is being deleted. */
    public static final String DELETED_SUFFIX = ".deleted";

    private static final String CYCLE_FILE_PATTERN = "*.cq4";
    private static final Pattern CYCLE_NAME = Pattern.compile("[0-9]{10,19}");

    private final Path directory;
    private final DiskObserver observer;

    public CycleDirectory(Path directory) {
        this(directory, DiskObserver.NONE);
    }

    /** As above; the observer is told of syncs. */
    public CycleDirectory(Path directory, DiskObserver observer) {
        this.directory = directory;
        this.observer = observer;
    }

    @Override
    public String name() {
        return directory.toString();
    }

    /** Where the lock lies. */
    public Path lockPath() {
        return directory.resolve("lock");
    }

    /** Where the mark lies. */
    public Path markPath() {
        return directory.resolve("durable.mark");
    }

    /** Parent of the cycles' directories. */
    public Path cyclesPath() {
        return directory.resolve("cycles");
    }

    /** Directory of a cycle. */
    public Path cyclePath(long cycle) {
        return cyclesPath().resolve(String.format(Locale.ROOT, "%010d", cycle));
    }

    /**
     * The queue's one file in a cycle's directory, null if there is none.
     *
     * @throws LogException STORE_FAILED if it cannot be read, CYCLE_FOREIGN if there are several.
     */
    public @Nullable Path cycleFile(long cycle) {
        Path found = null;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(cyclePath(cycle), CYCLE_FILE_PATTERN)) {
            for (Path file : files) {
                if (found != null) {
                    throw new LogException(
                            LogErrorCode.CYCLE_FOREIGN,
                            true,
                            "Expected one file in " + cyclePath(cycle) + ", but there are " + found.getFileName()
                                    + " and " + file.getFileName() + ". Run: ./silo log verify " + directory,
                            null);
                }
                found = file;
            }
        } catch (NoSuchFileException e) {
            return null;
        } catch (IOException e) {
            throw failed("read " + cyclePath(cycle), e);
        }
        return found;
    }

    @Override
    public long[] cycles() {
        if (!Files.isDirectory(cyclesPath())) {
            return new long[0];
        }
        try (var names = Files.list(cyclesPath())) {
            long[] cycles = names.map(path -> path.getFileName().toString())
                    .filter(name -> CYCLE_NAME.matcher(name).matches())
                    .mapToLong(Long::parseLong)
                    .toArray();
            Arrays.sort(cycles);
            return cycles;
        } catch (IOException e) {
            throw failed("list " + cyclesPath(), e);
        }
    }

    /** Opens a cycle; one whose directory holds no file reads as an empty one. */
    @Override
    public CycleFile open(long cycle) {
        Path file = cycleFile(cycle);
        if (file == null) {
            return new EmptyCycleFile();
        }
        try {
            return new ChannelCycleFile(file, FileChannel.open(file, StandardOpenOption.READ), observer);
        } catch (IOException e) {
            throw failed("open " + file, e);
        }
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        try (FileChannel channel = FileChannel.open(markPath(), StandardOpenOption.READ)) {
            return readFully(channel, target, (long) slot * MARK_SLOT_STRIDE);
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw failed("read " + markPath(), e);
        }
    }

    private static int readFully(FileChannel channel, ByteBuffer target, long fileOffset) throws IOException {
        int total = 0;
        while (target.hasRemaining()) {
            int count = channel.read(target, fileOffset + total);
            if (count < 0) {
                break;
            }
            total += count;
        }
        return total;
    }

    private static LogException failed(String what, IOException cause) {
        return new LogException(
                LogErrorCode.STORE_FAILED, false, "Expected to " + what + ", but " + cause + ".", cause);
    }

    private static final class ChannelCycleFile implements CycleFile {
        private final Path path;
        private final FileChannel channel;
        private final DiskObserver observer;

        ChannelCycleFile(Path path, FileChannel channel, DiskObserver observer) {
            this.path = path;
            this.channel = channel;
            this.observer = observer;
        }

        @Override
        public int read(ByteBuffer target, long fileOffset) {
            try {
                return readFully(channel, target, fileOffset);
            } catch (IOException e) {
                throw failed("read " + path, e);
            }
        }

        @Override
        public long length() {
            try {
                return channel.size();
            } catch (IOException e) {
                throw failed("read the length of " + path, e);
            }
        }

        @Override
        public void sync() {
            // A descriptor that only reads may sync too: fdatasync works on the file, not on what this descriptor
            // wrote.
            try {
                channel.force(false);
                observer.onFileSynced(path);
            } catch (IOException e) {
                throw new LogException(
                        LogErrorCode.SYNC_FAILED, true, "Expected to sync " + path + ", but " + e + ".", e);
            }
        }

        @Override
        public void close() {
            try {
                channel.close();
            } catch (IOException e) {
                throw failed("close " + path, e);
            }
        }
    }

    /** What a cycle looks like whose creation stopped before its file. */
    private static final class EmptyCycleFile implements CycleFile {
        @Override
        public int read(ByteBuffer target, long fileOffset) {
            return 0;
        }

        @Override
        public long length() {
            return 0;
        }

        @Override
        public void sync() {}

        @Override
        public void close() {}
    }
}
