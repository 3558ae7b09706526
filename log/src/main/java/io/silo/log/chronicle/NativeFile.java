package io.silo.log.chronicle;

import io.silo.log.LogErrorCode;
import io.silo.log.LogException;
import java.nio.file.Path;
import net.openhft.posix.OpenFlag;
import net.openhft.posix.PosixAPI;

/** A descriptor for the calls that Java lacks: allocating blocks without writing, giving them back, and a length without writing. */
final class NativeFile implements AutoCloseable {
    /** {@code FALLOC_FL_KEEP_SIZE}, {@code linux/falloc.h}. */
    private static final int KEEP_SIZE = 1;

    /** {@code FALLOC_FL_PUNCH_HOLE}, {@code linux/falloc.h}. */
    private static final int PUNCH_HOLE = 2;

    /** {@code ENOSPC}, {@code EDQUOT} and {@code EFBIG} of Linux: no space, no quota, above a file size limit. */
    private static final int ENOSPC = 28;

    private static final int EDQUOT = 122;
    private static final int EFBIG = 27;

    /** {@code EOPNOTSUPP} and {@code ENOSYS} of Linux. */
    private static final int EOPNOTSUPP = 95;

    private static final int ENOSYS = 38;

    /** What became of an allocation. */
    enum Allocation {
        /** The blocks are there. */
        DONE,
        /** The disk has too few. */
        NO_SPACE,
        /** The file system cannot allocate ahead. */
        UNSUPPORTED
    }

    private final Path path;
    private final int descriptor;

    NativeFile(Path path) {
        this.path = path;
        descriptor = PosixAPI.posix().open(path.toString(), OpenFlag.O_RDWR, 0);
        if (descriptor < 0) {
            throw failed("open");
        }
    }

    /** Allocates blocks for these bytes without changing content or length. */
    Allocation allocate(long offset, long length) {
        if (PosixAPI.posix().fallocate(descriptor, KEEP_SIZE, offset, length) == 0) {
            return Allocation.DONE;
        }
        return switch (PosixAPI.posix().lastError()) {
            case ENOSPC, EDQUOT, EFBIG -> Allocation.NO_SPACE;
            case EOPNOTSUPP, ENOSYS -> Allocation.UNSUPPORTED;
            default -> throw failed("allocate blocks of");
        };
    }

    /** Gives the blocks of these bytes back. A file system that cannot keeps them until the file is deleted. */
    void release(long offset, long length) {
        PosixAPI.posix().fallocate(descriptor, KEEP_SIZE | PUNCH_HOLE, offset, length);
    }

    /** Sets the file's length; what is added is zero and has no blocks. */
    void length(long bytes) {
        if (PosixAPI.posix().ftruncate(descriptor, bytes) != 0) {
            throw failed("set the length of");
        }
    }

    @Override
    public void close() {
        PosixAPI.posix().close(descriptor);
    }

    private LogException failed(String verb) {
        int error = PosixAPI.posix().lastError();
        return new LogException(
                LogErrorCode.STORE_FAILED,
                true,
                "Expected to " + verb + " " + path + ", but errno is " + error + " ("
                        + PosixAPI.posix().strerror(error) + ").",
                null);
    }
}
