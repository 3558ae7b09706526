package io.silo.log;

/**
 * The operational failures of a log. Each has a page {@code docs/errors/SILO-nnnn.md}: what happened, what to do. Numbers are never
 * reused.
 */
public enum LogErrorCode {
    /** Another process, or another log of this one, holds the directory's lock. */
    LOCKED(1),
    /** A file of the log cannot be read or written. */
    STORE_FAILED(2),
    /** A sync failed: what was appended since the last one may or may not be on the disk. */
    SYNC_FAILED(3),
    /** The log was closed, or failed earlier. */
    LOG_CLOSED(4),
    /** Bytes at or before something claimed durable are damaged. */
    RECORD_DAMAGED(5),
    /** A cycle that another cycle or the durable mark names is not there. */
    CYCLE_MISSING(6),
    /** A cycle's identity is damaged. */
    CYCLE_IDENTITY_DAMAGED(7),
    /** A cycle belongs to another cluster or shard, or lies under another cycle's number. */
    CYCLE_FOREIGN(8),
    /** Cycles contradict each other: two claim the same predecessor, or epochs and positions run backwards. */
    CYCLE_CHAIN_BROKEN(9),
    /** The durable mark is missing or both its slots are damaged. */
    MARK_DAMAGED(10),
    /** The log was written in a newer format. */
    FORMAT_UNKNOWN(11),
    /** Too little free space. */
    DISK_FULL(12),
    /** The next cycle is not ready. */
    CYCLE_NOT_READY(13),
    /** The position is trimmed or was never written. */
    POSITION_UNKNOWN(14);

    private final int number;

    LogErrorCode(int number) {
        this.number = number;
    }

    /** Stable number. */
    public int number() {
        return number;
    }

    /** The code as operators see it, for example {@code SILO-0005}. */
    public String code() {
        return String.format(java.util.Locale.ROOT, "SILO-%04d", number);
    }

    /** Whether the log's bytes are damaged, so that the shard is quarantined and somebody has to look. */
    public boolean isCorruption() {
        return switch (this) {
            case RECORD_DAMAGED,
                    CYCLE_MISSING,
                    CYCLE_IDENTITY_DAMAGED,
                    CYCLE_FOREIGN,
                    CYCLE_CHAIN_BROKEN,
                    MARK_DAMAGED,
                    FORMAT_UNKNOWN -> true;
            case LOCKED, STORE_FAILED, SYNC_FAILED, LOG_CLOSED, DISK_FULL, CYCLE_NOT_READY, POSITION_UNKNOWN -> false;
        };
    }
}
