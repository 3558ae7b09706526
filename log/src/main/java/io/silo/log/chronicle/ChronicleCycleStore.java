package io.silo.log.chronicle;

import io.silo.log.CycleDirectory;
import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import io.silo.log.DiskObserver;
import io.silo.log.DiskState;
import io.silo.log.EventLogContext;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Objects;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cycles on Chronicle Queue, one queue of one file per cycle, in the layout of {@link CycleDirectory}. Chronicle lays a file
 * out; everything else is done with descriptors of our own: writing, reading, syncing, allocating, deleting. A file that another opening wrote is never opened through
 * Chronicle, so that neither its locks nor its indexes matter after a crash.
 *
 * <p>Chronicle's call home, its announcement and its disk monitor are switched off by this class unless their system properties are set
 * ({@code chronicle.analytics.disable}, {@code chronicle.announcer.disable}, {@code chronicle.disk.monitor.disable}). Its own logging
 * goes to the loggers under {@code net.openhft}, which belong at WARN. The shard's thread must not be interrupted: an interrupt closes
 * the channel that is synced, which fails the log.
 */
public final class ChronicleCycleStore implements CycleStore {
    private static final Logger LOGGER = LoggerFactory.getLogger(ChronicleCycleStore.class);

    static {
        // Before the first class of Chronicle's is loaded.
        for (String property : new String[] {
            "chronicle.analytics.disable", "chronicle.announcer.disable", "chronicle.disk.monitor.disable"
        }) {
            if (System.getProperty(property) == null) {
                System.setProperty(property, "true");
            }
        }
    }

    /** Bytes of the longest first document. */
    private static final int FIRST_DOCUMENT_BYTES_MAX = 4096;

    private final Path path;
    private final CycleDirectory directory;
    private final EventLogContext context;
    private final DiskObserver observer;
    private final FileChannel lockChannel;
    private final CycleHelper helper;
    private final SyncThread syncThread;
    private final @Nullable ArchiveThread archiver;
    private @Nullable FileChannel markChannel;
    private @Nullable ChronicleCycle active;
    private long wakeAt;
    private boolean isClosed;

    private volatile Creation creation = Creation.NONE;
    private volatile @Nullable ChronicleCycle created;
    private volatile @Nullable Throwable creationFailure;

    private ChronicleCycleStore(Path path, EventLogContext context, FileChannel lockChannel) throws IOException {
        this.path = path;
        this.context = context;
        this.lockChannel = lockChannel;
        observer = context.diskObserver();
        directory = new CycleDirectory(path, observer);
        Files.createDirectories(directory.cyclesPath());
        syncDirectory(path);
        helper = new CycleHelper(Files.getFileStore(path), context, name(path));
        syncThread = new SyncThread("silo-sync-" + name(path));
        purgeDeleted();
        archiver = context.historyRetentionMs() == 0
                ? null
                : new ArchiveThread(path, context.historyRetentionMs(), this::beginDelete);
    }

    /**
     * Opens the store of one log, creating its directory if need be, and takes its lock.
     *
     * @param path of the log's directory.
     * @throws LogException LOCKED if another process or another store of this one has it open, STORE_FAILED.
     */
    public static ChronicleCycleStore open(Path path, EventLogContext context) {
        FileChannel lockChannel = null;
        boolean isOpen = false;
        try {
            Files.createDirectories(path);
            lockChannel = FileChannel.open(
                    new CycleDirectory(path).lockPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            lock(lockChannel, path);
            var store = new ChronicleCycleStore(path, context, lockChannel);
            isOpen = true;
            return store;
        } catch (IOException e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED, true, "Expected to open the log under " + path + ", but " + e + ".", e);
        } finally {
            if (!isOpen) {
                closeQuietly(lockChannel);
            }
        }
    }

    private static void lock(FileChannel channel, Path path) throws IOException {
        FileLock lock;
        try {
            lock = channel.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new LogException(
                    LogErrorCode.LOCKED,
                    true,
                    "Expected to open the log under " + path + ", but another process has it open.",
                    null);
        }
    }

    @Override
    public String name() {
        return path.toString();
    }

    @Override
    public long[] cycles() {
        return directory.cycles();
    }

    @Override
    public CycleFile open(long cycle) {
        return directory.open(cycle);
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        return directory.readMark(slot, target);
    }

    @Override
    public void writeMark(int slot, ByteBuffer source) {
        try {
            boolean isNew = markChannel == null && !Files.exists(directory.markPath());
            if (markChannel == null) {
                markChannel =
                        FileChannel.open(directory.markPath(), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            }
            long offset = (long) slot * CycleDirectory.MARK_SLOT_STRIDE;
            while (source.hasRemaining()) {
                offset += markChannel.write(source, offset);
            }
            markChannel.force(isNew);
            observer.onFileSynced(directory.markPath());
            if (isNew) {
                syncDirectory(path);
            }
        } catch (IOException e) {
            throw new LogException(
                    LogErrorCode.SYNC_FAILED, true, "Expected to sync " + directory.markPath() + ", but " + e + ".", e);
        }
    }

    @Override
    public void beginCreate(long cycle, DirectBuffer document, int offset, int length) {
        if (creation == Creation.RUNNING || creation == Creation.READY) {
            throw new IllegalStateException("a cycle is being created already");
        }
        if (length > FIRST_DOCUMENT_BYTES_MAX) {
            throw new IllegalArgumentException("first document of " + length + " bytes");
        }
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, document, offset, length);
        creation = Creation.RUNNING;
        helper.execute(() -> create(cycle, copy));
    }

    /** The helper's thread. Publishes its outcome in {@link #creation}, last. */
    private void create(long number, DirectBuffer document) {
        try {
            context.faults().at("log.create");
            long budget = helper.budgetForCycle() - ChronicleCycle.CREATION_BYTES;
            if (budget < ChronicleCycle.ALLOCATION_BYTES_MIN) {
                creation = Creation.NO_SPACE;
                return;
            }
            Path cyclePath = directory.cyclePath(number);
            Files.createDirectory(cyclePath);
            var cycle = new ChronicleCycle(number, cyclePath, context.cycleBytes(), document, observer);
            observer.onNameChanged(cyclePath);
            if (!helper.allocate(cycle, budget)) {
                cycle.close();
                delete(number);
                creation = Creation.NO_SPACE;
                return;
            }
            cycle.sync();
            syncDirectory(cyclePath);
            syncDirectory(directory.cyclesPath());
            created = cycle;
            creation = Creation.READY;
        } catch (IOException | RuntimeException | Error e) {
            creationFailure = e;
            creation = Creation.NONE;
        }
    }

    @Override
    public Creation pollCreate() {
        Creation state = creation;
        Throwable cause = creationFailure;
        if (cause != null) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED,
                    true,
                    "Expected to create a cycle under " + path + ", but " + cause.getMessage() + ".",
                    cause);
        }
        checkHelper();
        return state;
    }

    @Override
    public void activate() {
        if (creation != Creation.READY) {
            throw new IllegalStateException("no cycle is ready");
        }
        ChronicleCycle full = active;
        active = Objects.requireNonNull(created);
        created = null;
        creation = Creation.NONE;
        wakeAt = active.end() + CycleHelper.WAKE_BYTES;
        helper.active(active);
        if (full != null) {
            helper.execute(full::retire);
        }
    }

    @Override
    public long append(ByteBuffer documents) {
        ChronicleCycle cycle = requireActive();
        long position;
        try {
            position = cycle.append(documents);
        } catch (RuntimeException | Error e) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED,
                    true,
                    "Expected to append to cycle " + cycle.number() + " under " + path + ", but " + e + ".",
                    e);
        }
        if (position >= wakeAt) {
            wakeAt = position + CycleHelper.WAKE_BYTES;
            helper.wake();
        }
        return position;
    }

    @Override
    public boolean hasRoom(int lengthBytes) {
        ChronicleCycle cycle = requireActive();
        if (cycle.end() + lengthBytes + ChronicleCycle.HEADER_BYTES <= cycle.allocated()) {
            return true;
        }
        checkHelper();
        helper.wake();
        return false;
    }

    @Override
    public long activeBytes() {
        return requireActive().end();
    }

    @Override
    public void sync() {
        requireActive().sync();
    }

    @Override
    public void beginSync() {
        syncThread.begin(requireActive());
    }

    @Override
    public boolean isSyncDone() {
        return syncThread.isDone();
    }

    @Override
    public void awaitSync() {
        Throwable failure = syncThread.await();
        if (failure instanceof LogException e) {
            throw e;
        }
        if (failure != null) {
            throw new LogException(
                    LogErrorCode.SYNC_FAILED, true, "Expected to sync " + path + ", but " + failure + ".", failure);
        }
    }

    @Override
    public DiskState diskState() {
        return helper.diskState();
    }

    @Override
    public void beginReadAhead(long cycle) {
        Path file = directory.cycleFile(cycle);
        if (file != null) {
            helper.readAhead(file);
        }
    }

    @Override
    public void beginLetGo(long cycle) {
        if (archiver == null) {
            beginDelete(cycle);
        } else {
            archiver.archive(cycle);
        }
    }

    @Override
    public void beginDelete(long cycle) {
        helper.execute(() -> {
            try {
                delete(cycle);
            } catch (IOException e) {
                LOGGER.warn("Cycle {} under {} cannot be deleted: {}", cycle, path, e.toString());
            }
        });
    }

    /** Renames first, so that a cycle is either whole or gone to whoever lists it. */
    private void delete(long cycle) throws IOException {
        Path cyclePath = directory.cyclePath(cycle);
        if (!Files.exists(cyclePath)) {
            return;
        }
        Path deleted = cyclePath.resolveSibling(cyclePath.getFileName() + CycleDirectory.DELETED_SUFFIX);
        Files.move(cyclePath, deleted);
        observer.onNameChanged(cyclePath);
        syncDirectory(directory.cyclesPath());
        deleteTree(deleted);
    }

    /** Finishes deletions that a crash interrupted. */
    private void purgeDeleted() throws IOException {
        try (var left = Files.newDirectoryStream(directory.cyclesPath(), "*" + CycleDirectory.DELETED_SUFFIX)) {
            for (Path deleted : left) {
                deleteTree(deleted);
            }
        }
    }

    private void deleteTree(Path root) throws IOException {
        var paths = new ArrayList<Path>();
        try (var walk = Files.walk(root)) {
            walk.sorted(Comparator.reverseOrder()).forEach(paths::add);
        }
        for (Path each : paths) {
            Files.delete(each);
            observer.onNameChanged(each);
        }
    }

    private void syncDirectory(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
        observer.onDirectorySynced(path);
    }

    @Override
    public int doWork(long nowNs) {
        checkHelper();
        return 0;
    }

    @Override
    public void close() {
        if (isClosed) {
            return;
        }
        isClosed = true;
        syncThread.stop();
        if (archiver != null) {
            archiver.stop();
        }
        helper.stop();
        for (ChronicleCycle cycle : new ChronicleCycle[] {active, created}) {
            if (cycle != null) {
                cycle.retire();
            }
        }
        active = null;
        created = null;
        closeQuietly(markChannel);
        closeQuietly(lockChannel);
    }

    private void checkHelper() {
        Throwable cause = helper.failure();
        if (cause != null) {
            throw new LogException(
                    LogErrorCode.STORE_FAILED,
                    true,
                    "The helper of the log under " + path + " failed: " + cause + ".",
                    cause);
        }
    }

    private ChronicleCycle requireActive() {
        return Objects.requireNonNull(active, "no cycle is active");
    }

    private static String name(Path path) {
        return String.valueOf(path.getFileName());
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        if (channel == null) {
            return;
        }
        try {
            channel.close();
        } catch (IOException e) {
            LOGGER.warn("A channel of the log cannot be closed: {}", e.toString());
        }
    }
}
