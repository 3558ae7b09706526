package io.silo.server.error;

import java.util.Locale;

/**
 * Operational errors of the server process, numbered for ever. Each has a page {@code docs/errors/SILO-nnnn.md}; a test
 * compares both ways. Immutable; any thread.
 */
public enum ServerErrorCode {
    /** Another process holds the lock of the data directory. */
    DATA_DIRECTORY_LOCKED(101),
    /** A port that the server was told to listen on is taken. */
    ADDRESS_IN_USE(102),
    /** The configuration file, the environment or an option is wrong. */
    CONFIG_INVALID(103),
    /** The data directory cannot be made, read or written. */
    DATA_DIRECTORY_UNUSABLE(104),
    /** A newer release wrote the data directory. */
    DATA_FORMAT_NEWER(105),
    /** {@code identity.json} or {@code shard-map.json} is missing or damaged while shards are there. */
    DATA_DIRECTORY_DAMAGED(106),
    /** Bound to an address that others can reach, without a token. */
    TOKENS_REQUIRED(107),
    /** The log of a shard is damaged; the shard is not served. */
    SHARD_QUARANTINED(108),
    /** The log of a shard ends before an epoch that the shard map knows was opened. */
    SHARD_LOG_MISSING(109),
    /** The media driver did not start. */
    DRIVER_FAILED(110),
    /** A shard met a failure while serving and was closed. */
    SHARD_FAILED(111),
    /** The server did not finish in {@code server.shutdown_timeout_ms}. */
    SHUTDOWN_TIMEOUT(112),
    /** The baselines were asked for while the server was at work. */
    BASELINE_BUSY(113),
    /** A second measurement of the baselines was asked for, or the disk refused. */
    BASELINE_FAILED(114),
    /** The rate limit service that is configured does not answer. */
    GUBERNATOR_UNREACHABLE(115),
    /** The process may open too few files for its shards. */
    FILE_LIMIT_TOO_LOW(116),
    /** A restore into the data directory did not finish. */
    RESTORE_INCOMPLETE(117),
    /** The directory that a backup or a restore is to write is not empty. */
    TARGET_NOT_EMPTY(118),
    /** What is named as a backup is none, is not complete, or is not as it was written. */
    BACKUP_UNUSABLE(119),
    /** The process may start too few threads. */
    THREAD_LIMIT_TOO_LOW(120),
    /** The certificates or keys for calls over gRPC cannot be used. */
    TLS_UNUSABLE(121);

    private final int number;

    ServerErrorCode(int number) {
        this.number = number;
    }

    /** Number on the page, 101 to 199. */
    public int number() {
        return number;
    }

    /** Name of the page: {@code SILO-0101}. */
    public String page() {
        return String.format(Locale.ROOT, "SILO-%04d", number);
    }
}
