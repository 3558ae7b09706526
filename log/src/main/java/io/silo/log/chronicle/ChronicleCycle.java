package io.silo.log.chronicle;

import io.silo.log.DiskObserver;
import io.silo.log.EventLog;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A cycle that can be appended to: one Chronicle queue of one file, our own channel for writing and syncing it, and our own descriptor
 * for its blocks.
 *
 * <p>Chronicle lays the file out, appends its first document and lets go of it. What follows is framed as Chronicle frames it, so that its
 * tailer reads it, but written by calls: a store to a mapped page that is new costs a fault of several microseconds for each 4 KiB, and a sync
 * write-protects it again (docs/decisions/0020-records-are-written-by-calls.md).
 *
 * <p>Created by the helper thread, then handed to the shard's, which appends and syncs, then handed back to be retired. The helper reads
 * {@link #end} and moves {@link #allocated} meanwhile.
 */
final class ChronicleCycle {
    /** Length of Chronicle's mapping while it makes the file; its documents are at most a quarter of it. */
    private static final long BLOCK_BYTES = 1024 * 1024;

    /** Entries of Chronicle's index pages: small pages, since nothing here reads them. */
    private static final int INDEX_COUNT = 64;

    /** Documents per index entry. */
    private static final int INDEX_SPACING = 65_536;

    /** What lies behind the last document: the header of none. */
    static final int HEADER_BYTES = Integer.BYTES;

    /** Most bytes in front of the first record: Chronicle's own documents and the cycle's first. */
    private static final int LEADING_BYTES_MAX = 64 * 1024;

    /** Blocks are allocated in such steps: long enough for 40 ms of the fastest appends measured (0.4 GB/s). */
    static final long ALLOCATION_STEP_BYTES = 16L * 1024 * 1024;

    /** Blocks without which a cycle is not created: the longest record, the one that ends the cycle, and framing. */
    static final long ALLOCATION_BYTES_MIN = EventLog.RECORD_BYTES_MAX + 16L * 1024;

    /** What the queue's own files and the directories take, generously. */
    static final long CREATION_BYTES = 512 * 1024;

    private static final int PAGE_BYTES = 4096;

    private final long number;
    private final Path file;
    private final DiskObserver observer;
    private final FileChannel channel;
    private final NativeFile blocks;
    private final long fileBytes;
    private volatile long end;
    /** Moved by one thread at a time: the helper, from creation to retirement. */
    private volatile long allocated;

    /**
     * Creates the cycle in its directory and appends its first document. The helper's thread.
     *
     * @throws LogException STORE_FAILED.
     */
    ChronicleCycle(long number, Path directory, long cycleBytes, DirectBuffer document, DiskObserver observer) {
        this.number = number;
        this.observer = observer;
        fileBytes = pages(cycleBytes + LEADING_BYTES_MAX + ALLOCATION_BYTES_MIN);
        file = layOut(directory, document);
        blocks = new NativeFile(file);
        try {
            // Longer than anything that is appended, so that the end is found before the file's: zeros, and no blocks.
            blocks.length(fileBytes);
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            blocks.close();
            throw failed(LogErrorCode.STORE_FAILED, "open", e);
        }
    }

    /** Has Chronicle make the queue and append its first document. Returns the file, with {@link #end} behind that document. */
    private Path layOut(Path directory, DirectBuffer document) {
        int length = document.capacity();
        try (var queue = SingleChronicleQueueBuilder.binary(directory)
                        .rollCycle(LargeRollCycles.LARGE_DAILY)
                        .timeProvider(new SetTimeProvider(0))
                        .blockSize(BLOCK_BYTES)
                        .indexCount(INDEX_COUNT)
                        .indexSpacing(INDEX_SPACING)
                        .syncMode(SyncMode.NONE)
                        .build();
                var appender = queue.createAppender()) {
            try (DocumentContext context = appender.writingDocument()) {
                Bytes<?> bytes = context.wire().bytes();
                long position = bytes.writePosition();
                new UnsafeBuffer(bytes.addressForWrite(position), length).putBytes(0, document, 0, length);
                bytes.writeSkip(length);
                end = align(position + length);
            }
            return appender.currentFile().toPath();
        }
    }

    long number() {
        return number;
    }

    /** File offset behind the last document. Any thread. */
    long end() {
        return end;
    }

    /** File offset up to which blocks are allocated. Any thread. */
    long allocated() {
        return allocated;
    }

    /** Writes documents behind the last one and returns the file offset of the first. */
    long append(ByteBuffer documents) {
        long at = end;
        int length = documents.remaining();
        try {
            for (int done = 0; done < length; ) {
                done += channel.write(documents, at + done);
            }
        } catch (IOException e) {
            throw failed(LogErrorCode.STORE_FAILED, "write", e);
        }
        end = at + length;
        return at;
    }

    /** Makes everything appended durable. */
    void sync() {
        try {
            channel.force(false);
            observer.onFileSynced(file);
        } catch (IOException e) {
            throw failed(LogErrorCode.SYNC_FAILED, "sync", e);
        }
    }

    /** Allocates blocks up to a step behind the end, or what one more record needs if there are no more. The helper's thread. */
    NativeFile.Allocation allocateAhead(long budget) {
        NativeFile.Allocation result = allocateTo(end + ALLOCATION_STEP_BYTES, budget);
        return result == NativeFile.Allocation.NO_SPACE ? allocateTo(end + ALLOCATION_BYTES_MIN, budget) : result;
    }

    private NativeFile.Allocation allocateTo(long offset, long budget) {
        long from = allocated;
        long wanted = Math.min(fileBytes, offset) - from;
        if (wanted <= 0) {
            return NativeFile.Allocation.DONE;
        }
        if (wanted > budget) {
            return NativeFile.Allocation.NO_SPACE;
        }
        NativeFile.Allocation result = blocks.allocate(from, wanted);
        if (result != NativeFile.Allocation.NO_SPACE) {
            allocated = from + wanted;
        }
        return result;
    }

    /** Whether less than half a step is allocated behind the end, and more could be. */
    boolean needsAllocation() {
        return allocated - end < ALLOCATION_STEP_BYTES / 2 && allocated < fileBytes;
    }

    /** Gives unused blocks back and closes everything. After the last sync. The helper's thread. */
    void retire() {
        long firstUnused = pages(end + HEADER_BYTES);
        if (allocated > firstUnused) {
            blocks.release(firstUnused, allocated - firstUnused);
        }
        close();
    }

    void close() {
        blocks.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(LogErrorCode.STORE_FAILED, "close", e);
        }
    }

    private static long align(long offset) {
        return (offset + 3) & ~3L;
    }

    /** The same, up to whole pages. */
    private static long pages(long offset) {
        return (offset + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
    }

    private LogException failed(LogErrorCode code, String verb, IOException e) {
        return new LogException(code, true, "Expected to " + verb + " " + file + ", but " + e + ".", e);
    }
}
