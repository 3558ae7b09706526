package io.silo.log.chronicle;

import io.silo.log.CycleArchive;
import io.silo.log.CycleDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Compresses cycles that were let go of, and deletes the archived ones that are older than the retention. Its own thread, since a cycle
 * takes a second of a core. A file is archived once it has its final name: it is written and synced under another, and the cycle goes
 * only after that. What a crash or a stop interrupts is done again at the next opening.
 */
final class ArchiveThread {
    private static final Logger LOGGER = LoggerFactory.getLogger(ArchiveThread.class);
    private static final int COPY_BYTES = 256 * 1024;

    /** How often archived cycles are looked at for their age. */
    private static final long LOOK_NS = TimeUnit.SECONDS.toNanos(10);

    private final CycleDirectory cycles;
    private final CycleArchive archive;
    private final long retentionMs;
    private final LongConsumer delete;
    private final ConcurrentLinkedQueue<Long> letGo = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private volatile boolean isStopped;

    /**
     * @param retentionMs age from the archiving on, at which an archived cycle is deleted.
     * @param delete begins the deletion of a cycle that is archived.
     */
    ArchiveThread(Path directory, long retentionMs, LongConsumer delete) {
        this.cycles = new CycleDirectory(directory);
        this.archive = new CycleArchive(directory);
        this.retentionMs = retentionMs;
        this.delete = delete;
        thread = new Thread(this::run, "silo-archive-" + directory.getFileName());
        thread.setDaemon(true);
        thread.start();
    }

    /** Archives a cycle, then has it deleted. */
    void archive(long cycle) {
        letGo.add(cycle);
        LockSupport.unpark(thread);
    }

    private void run() {
        long nextLookNs = System.nanoTime();
        while (!isStopped) {
            final Long cycle = letGo.poll();
            if (cycle != null) {
                tryArchive(cycle);
            } else if (System.nanoTime() - nextLookNs >= 0) {
                nextLookNs = System.nanoTime() + LOOK_NS;
                deleteOld();
            } else {
                LockSupport.parkNanos(this, LOOK_NS);
            }
        }
    }

    /** The log comes first: a cycle that cannot be archived goes all the same, or the disk would run full. */
    private void tryArchive(long cycle) {
        try {
            if (!write(cycle)) {
                return;
            }
        } catch (IOException | RuntimeException e) {
            LOGGER.warn(
                    "Cycle {} under {} is deleted without having been archived, so its history cannot be read any more: {}",
                    cycle,
                    cycles.name(),
                    e.toString());
            deletePart(cycle);
        }
        delete.accept(cycle);
    }

    /** Returns false if it was stopped. */
    private boolean write(long cycle) throws IOException {
        final Path source = cycles.cycleFile(cycle);
        if (source == null) {
            return true;
        }
        Files.createDirectories(archive.path());
        final Path part = archive.partFile(cycle);
        try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ);
                FileChannel out = FileChannel.open(
                        part,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            if (!copy(in, out)) {
                return false;
            }
            out.force(true);
        }
        Files.move(part, archive.file(cycle), StandardCopyOption.ATOMIC_MOVE);
        try (FileChannel directory = FileChannel.open(archive.path(), StandardOpenOption.READ)) {
            directory.force(true);
        }
        return true;
    }

    private boolean copy(FileChannel in, FileChannel out) throws IOException {
        final byte[] bytes = new byte[COPY_BYTES];
        final GZIPOutputStream target = new FastGzip(Channels.newOutputStream(out));
        for (int count = in.read(ByteBuffer.wrap(bytes)); count >= 0; count = in.read(ByteBuffer.wrap(bytes))) {
            if (isStopped) {
                return false;
            }
            target.write(bytes, 0, count);
        }
        target.finish();
        return true;
    }

    private void deletePart(long cycle) {
        try {
            Files.deleteIfExists(archive.partFile(cycle));
        } catch (IOException e) {
            LOGGER.warn("{} cannot be deleted: {}", archive.partFile(cycle), e.toString());
        }
    }

    /** Deletes what is too old, and what a crash left half written of cycles that are gone. */
    private void deleteOld() {
        if (!Files.isDirectory(archive.path())) {
            return;
        }
        final long oldestMs = System.currentTimeMillis() - retentionMs;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(archive.path(), "*" + CycleArchive.SUFFIX + "*")) {
            for (Path file : files) {
                if (Files.getLastModifiedTime(file).toMillis() < oldestMs) {
                    Files.delete(file);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOGGER.warn("Archived cycles under {} cannot be cleared away: {}", archive.path(), e.toString());
        }
    }

    /** Gives up what it is at and ends the thread. */
    void stop() {
        isStopped = true;
        LockSupport.unpark(thread);
        CycleHelper.join(thread);
    }

    /** Speed counts for more than size: level 1 takes a second for a cycle of 128 MiB. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, COPY_BYTES);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }
}
