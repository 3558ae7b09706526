package io.silo.log;

import org.jspecify.annotations.Nullable;

/** What a log says when it cannot go on. Immutable. */
final class LogSentences {
    private final LogIdentity identity;
    private final String storeName;

    LogSentences(LogIdentity identity, String storeName) {
        this.identity = identity;
        this.storeName = storeName;
    }

    /** A record of so many bytes finds no room; nothing was touched. */
    LogException noRoom(int length, boolean isFull) {
        return new LogException(
                isFull ? LogErrorCode.DISK_FULL : LogErrorCode.CYCLE_NOT_READY,
                "Expected to append " + length + " bytes to the log of shard " + identity.shardName() + ", but "
                        + (isFull ? "the disk under " + storeName + " is full." : "its next cycle is not ready yet."));
    }

    /** The log is closed for this cause. */
    LogException failed(Throwable cause) {
        if (cause instanceof LogException e && e.isFatal()) {
            return e;
        }
        LogErrorCode code = cause instanceof LogException e ? e.code() : LogErrorCode.STORE_FAILED;
        return new LogException(
                code,
                true,
                "The log of shard " + identity.shardName() + " under " + storeName + " failed and is closed: "
                        + cause.getMessage(),
                cause);
    }

    /** The log was closed before. */
    LogException closed(@Nullable Throwable failure) {
        return new LogException(
                LogErrorCode.LOG_CLOSED, true, "The log of shard " + identity.shardName() + " is closed.", failure);
    }
}
