package io.silo.log.chronicle;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/** Reads a file through, so that those who read it later find it in the page cache. The helper's thread. */
final class FileReadAhead {
    /** Read at once: a millisecond of the helper's time on a slow disk. */
    private static final int PIECE_BYTES = 256 * 1024;

    private final Path file;
    private @Nullable FileChannel channel;
    private @Nullable ByteBuffer piece;

    FileReadAhead(Path file) {
        this.file = file;
    }

    /** Reads the next piece; false at the end, and where it cannot be read. */
    boolean readPiece() {
        try {
            FileChannel open = channel;
            if (open == null) {
                open = FileChannel.open(file, StandardOpenOption.READ);
                channel = open;
                piece = ByteBuffer.allocateDirect(PIECE_BYTES);
            }
            if (open.read(java.util.Objects.requireNonNull(piece).clear()) >= 0) {
                return true;
            }
        } catch (IOException e) {
            // Whoever needs it is told.
        }
        return false;
    }

    void close() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                // It was only read.
            }
        }
    }
}
