package io.silo.log.chronicle;

import io.silo.log.DiskObserver;
import io.silo.log.EventLog;
import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import net.openhft.chronicle.bytes.Bytes;
import net.openhft.chronicle.bytes.BytesStore;
import net.openhft.chronicle.bytes.SyncMode;
import net.openhft.chronicle.core.time.SetTimeProvider;
import net.openhft.chronicle.queue.ExcerptAppender;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;
import net.openhft.chronicle.wire.DocumentContext;
import org.agrona.BitUtil;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A cycle that can be appended to: one Chronicle queue of one file in one mapped chunk, our own channel for syncing it, our own
 * descriptor for its blocks, and our own mapping for bringing pages in ahead.
 *
 * <p>Created by the helper thread, then handed to the shard's, which appends and syncs, then handed back to be retired. The helper reads
 * {@link #end} and moves {@link #allocated} meanwhile.
 */
final class ChronicleCycle {
    /**
     * Smallest block: Chronicle's documents are at most a quarter of it, and the longest record is 1 MiB. The whole cycle lies in its
     * first block, so that the shard's thread never maps another.
     */
    private static final long BLOCK_BYTES_MIN = 8L * EventLog.RECORD_BYTES_MAX;

    /** Entries of Chronicle's index pages: small pages, since nothing here reads them. */
    private static final int INDEX_COUNT = 64;

    /** Documents per index entry; with the count above an index page is written once in 4 million documents. */
    private static final int INDEX_SPACING = 65_536;

    /** What Chronicle may write besides a document: its two index pages and headers, rounded up. */
    static final int FRAMING_BYTES_MAX = 8 * 1024;

    /** Blocks are allocated in such steps: long enough for 40 ms of the fastest appends measured (0.4 GB/s). */
    static final long ALLOCATION_STEP_BYTES = 16L * 1024 * 1024;

    /** Blocks without which a cycle is not created: the longest record, the one that ends the cycle, and framing. */
    static final long ALLOCATION_BYTES_MIN = EventLog.RECORD_BYTES_MAX + 2L * FRAMING_BYTES_MAX;

    /** Unsynced bytes behind which pages are brought in ahead: several group commits of 1,024 jobs. */
    private static final long PREFAULT_AFTER_BYTES = 1024 * 1024;

    /** What the queue's own files and the directories take, generously. */
    static final long CREATION_BYTES = 512 * 1024;

    private static final int PAGE_BYTES = 4096;

    private final long number;
    private final Path file;
    private final DiskObserver observer;
    private final SingleChronicleQueue queue;
    private final ExcerptAppender appender;
    private final FileChannel channel;
    private final NativeFile blocks;
    private final MappedByteBuffer mapping;
    private final UnsafeBuffer pages;
    private final long blockBytes;
    private final UnsafeBuffer target = new UnsafeBuffer(0, 0);
    private long advisedAddress;
    private volatile long end;
    private volatile long syncedEnd;
    /** Moved by one thread at a time: the helper, from creation to retirement. */
    private volatile long allocated;

    private long prefaulted;

    /**
     * Creates the cycle in its directory and appends its first document. The helper's thread.
     *
     * @throws LogException STORE_FAILED.
     */
    ChronicleCycle(
            long number, Path directory, long cycleBytes, DirectBuffer document, int length, DiskObserver observer) {
        this.number = number;
        this.observer = observer;
        blockBytes = Math.max(BLOCK_BYTES_MIN, BitUtil.findNextPositivePowerOfTwo(cycleBytes));
        queue = SingleChronicleQueueBuilder.binary(directory)
                .rollCycle(LargeRollCycles.LARGE_DAILY)
                .timeProvider(new SetTimeProvider(0))
                .blockSize(blockBytes)
                .indexCount(INDEX_COUNT)
                .indexSpacing(INDEX_SPACING)
                .syncMode(SyncMode.NONE)
                .build();
        appender = queue.createAppender();
        // One thread at a time uses it, but not always the same: the helper makes it, one thread opens the log, another
        // appends.
        appender.singleThreadedCheckDisabled(true);
        append(document, 0, length);
        file = appender.currentFile().toPath();
        try {
            channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
            mapping = channel.map(FileChannel.MapMode.READ_WRITE, 0, blockBytes);
        } catch (IOException e) {
            throw failed(LogErrorCode.STORE_FAILED, "open", e);
        }
        pages = new UnsafeBuffer(mapping);
        NativeFile.adviseRandom(BufferUtil.address(mapping), blockBytes);
        blocks = new NativeFile(file);
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

    /** Lets another thread use the appender from here on. */
    void handOver() {
        appender.singleThreadedCheckReset();
    }

    /** Appends one document and returns the file offset of its payload. */
    long append(DirectBuffer buffer, int offset, int length) {
        long position;
        try (DocumentContext document = appender.writingDocument()) {
            Bytes<?> bytes = document.wire().bytes();
            position = bytes.writePosition();
            adviseNewChunk(bytes);
            target.wrap(bytes.addressForWrite(position), length);
            target.putBytes(0, buffer, offset, length);
            bytes.writeSkip(length);
        }
        end = position + length + 3 & ~3L;
        return position;
    }

    @SuppressWarnings("ReferenceEquality") // another mapping, not other content, is what counts
    private void adviseNewChunk(Bytes<?> bytes) {
        BytesStore<?, ?> chunk = bytes.bytesStore();
        long address = chunk.addressForWrite(chunk.start());
        if (address != advisedAddress) {
            advisedAddress = address;
            NativeFile.adviseRandom(address, blockBytes);
        }
    }

    /** Makes everything appended durable. */
    void sync() {
        long syncing = end;
        try {
            channel.force(false);
            syncedEnd = syncing;
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
        long wanted = Math.min(blockBytes + EventLog.RECORD_BYTES_MAX, offset) - from;
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
        return allocated - end < ALLOCATION_STEP_BYTES / 2 && allocated < blockBytes + EventLog.RECORD_BYTES_MAX;
    }

    /**
     * Brings pages in ahead of the writer, as a write would, but by exchanging 0 for 0: it can neither change what the writer has put
     * there meanwhile nor leave anything behind. The helper's thread.
     *
     * <p>A page that is brought in and synced before it is written goes to the device twice. So this waits until the writer is well
     * ahead of the last sync, which under durable load it never is: measured at 256 records a sync, 2.5 device bytes a payload byte
     * with pages brought in always, 1.3 without.
     *
     * @param ahead most bytes ahead of the writer.
     * @return pages touched.
     */
    int prefault(int ahead) {
        if (end - syncedEnd < PREFAULT_AFTER_BYTES) {
            return 0;
        }
        long from = Math.max(prefaulted, (end + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
        long to = Math.min(Math.min(end + ahead, allocated), blockBytes) / PAGE_BYTES * PAGE_BYTES;
        int count = 0;
        for (long page = from; page < to; page += PAGE_BYTES) {
            pages.compareAndSetInt((int) page, 0, 0);
            count++;
        }
        prefaulted = Math.max(from, to);
        return count;
    }

    /** Gives unused blocks back and closes everything. After the last sync. The helper's thread. */
    void retire() {
        long firstUnused = (end + Integer.BYTES + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
        if (allocated > firstUnused) {
            blocks.release(firstUnused, allocated - firstUnused);
        }
        close();
    }

    void close() {
        appender.singleThreadedCheckReset();
        appender.close();
        queue.close();
        IoUtil.unmap(mapping);
        blocks.close();
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(LogErrorCode.STORE_FAILED, "close", e);
        }
    }

    private LogException failed(LogErrorCode code, String verb, IOException e) {
        return new LogException(code, true, "Expected to " + verb + " " + file + ", but " + e + ".", e);
    }
}
