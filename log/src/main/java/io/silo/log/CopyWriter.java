package io.silo.log;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.zip.CRC32C;

/** Writes the directory of a log that nobody has open: a copy, or one that is restored. Durable when {@link #finish} returns. One thread. */
final class CopyWriter {
    /** Read and written at once. */
    private static final int PIECE_BYTES = 1 << 20;

    private static final int PAGE_BYTES = 4096;

    private final CycleDirectory target;
    private final Path directory;
    private final ByteBuffer piece = ByteBuffer.allocateDirect(PIECE_BYTES);

    /** @param directory not there yet. */
    CopyWriter(Path directory) {
        this.directory = directory;
        target = new CycleDirectory(directory);
        try {
            Files.createDirectories(target.cyclesPath());
        } catch (IOException e) {
            throw failed("make", target.cyclesPath(), e);
        }
    }

    CycleDirectory target() {
        return target;
    }

    /**
     * Copies the first bytes of a cycle's file into a new one, zeros behind.
     *
     * @param patches written over what was copied.
     * @return CRC32C of what was read.
     */
    int writeCycle(long cycle, CycleFile from, String name, long bytes, Patch... patches) {
        final Path file = target.cyclePath(cycle).resolve(name);
        try {
            Files.createDirectories(target.cyclePath(cycle));
            final int crc;
            try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                crc = copy(from, to, bytes);
                for (Patch patch : patches) {
                    writeFully(to, ByteBuffer.wrap(patch.bytes()), patch.fileOffset());
                }
                // A file is always longer than its last document, by a page here: what reads behind the end finds
                // zeros.
                writeFully(to, ByteBuffer.allocate(1), (bytes / PAGE_BYTES + 2) * PAGE_BYTES - 1);
                to.force(true);
            }
            syncDirectory(target.cyclePath(cycle));
            return crc;
        } catch (IOException e) {
            throw failed("write", file, e);
        }
    }

    private int copy(CycleFile from, FileChannel to, long bytes) throws IOException {
        final CRC32C crc = new CRC32C();
        for (long at = 0; at < bytes; at += piece.limit()) {
            piece.clear().limit((int) Math.min(PIECE_BYTES, bytes - at));
            if (from.read(piece, at) < piece.limit()) {
                throw new IOException("its source ends before byte " + bytes);
            }
            piece.flip();
            crc.update(piece.duplicate());
            writeFully(to, piece, at);
        }
        return (int) crc.getValue();
    }

    /** Writes the durable mark and syncs the directories. */
    void finish(DurableMark mark) {
        final ByteBuffer slots = ByteBuffer.allocate(DurableMark.SLOT_COUNT * CycleDirectory.MARK_SLOT_STRIDE);
        final ByteBuffer slot = ByteBuffer.allocate(DurableMark.SLOT_BYTES);
        mark.encode(slot);
        slots.put(mark.slot() * CycleDirectory.MARK_SLOT_STRIDE, slot.array(), 0, DurableMark.SLOT_BYTES);
        try (FileChannel to =
                FileChannel.open(target.markPath(), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            writeFully(to, slots, 0);
            to.force(true);
        } catch (IOException e) {
            throw failed("write", target.markPath(), e);
        }
        finish();
    }

    /** Syncs the directories of a log that has no mark since it was never opened. */
    void finish() {
        try {
            syncDirectory(target.cyclesPath());
            syncDirectory(directory);
        } catch (IOException e) {
            throw failed("sync", directory, e);
        }
    }

    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void writeFully(FileChannel to, ByteBuffer bytes, long fileOffset) throws IOException {
        long at = fileOffset;
        while (bytes.hasRemaining()) {
            at += to.write(bytes, at);
        }
    }

    static LogException failed(String verb, Path path, IOException e) {
        return new LogException(
                LogErrorCode.STORE_FAILED, false, "Expected to " + verb + " " + path + ", but " + e + ".", e);
    }

    /** Bytes that stand at a file offset in place of those that were copied. */
    record Patch(long fileOffset, byte[] bytes) {}
}
