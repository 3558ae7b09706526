package io.silo.log;

import java.util.List;

/**
 * What {@link LogCopy} copied.
 *
 * @param records of the copied cycles, the log's own among them.
 * @param firstPosition of them, {@link EventLog#NULL_POSITION} without any.
 * @param lastPosition of them, {@link EventLog#NULL_POSITION} without any.
 * @param epoch highest shard epoch that the log knows, 0 if it was never opened.
 * @param files all that were written but the durable mark, which follows from them.
 */
public record CopiedLog(long records, long firstPosition, long lastPosition, long epoch, List<CopiedFile> files) {
    public CopiedLog {
        files = List.copyOf(files);
    }

    /** Sum of the files' bytes. */
    public long bytes() {
        return files.stream().mapToLong(CopiedFile::bytes).sum();
    }

    /**
     * One file.
     *
     * @param name relative to the log's directory, with slashes.
     * @param bytes from its beginning that count; what lies behind is zero.
     * @param crc CRC32C of them.
     */
    public record CopiedFile(String name, long bytes, int crc) {}
}
