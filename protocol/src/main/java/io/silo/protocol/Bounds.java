package io.silo.protocol;

/** Bounds that client and server both hold. Lengths are bytes of UTF-8 unless a name says characters. */
public final class Bounds {
    /** Longest message in either direction; Aeron's limit is an eighth of a 1 MiB term. */
    public static final int MESSAGE_BYTES_MAX = 120 * 1024;

    /** Payloads and results up to this travel inside their command (design: over 64 KiB they are chunked). */
    public static final int INLINE_BYTES_MAX = 64 * 1024;

    /** One part of an upload or of a read. */
    public static final int CHUNK_BYTES_MAX = 32 * 1024;

    /** Largest payload or result; the server's configuration may lower it. */
    public static final int PAYLOAD_BYTES_MAX = 16 * 1024 * 1024;

    public static final int BATCH_ITEMS_MAX = 1_024;
    public static final int TASKS_PER_CALL_MAX = 1_024;
    public static final int JOB_ID_BYTES_MAX = 256;
    public static final int UNIQUE_KEY_BYTES_MAX = 256;
    public static final int LIMIT_KEY_BYTES_MAX = 256;

    public static final int RATE_LIMIT_NAME_BYTES_MAX = 256;

    /** Hits of a rate limit, its burst, and those of one start: millionths of them fit a long. */
    public static final long RATE_HITS_MAX = 1_000_000_000_000L;

    /** Longest duration of a rate limit: 400 days. */
    public static final long RATE_DURATION_MS_MAX = 400L * 24 * 60 * 60 * 1_000;

    /** Longest refresh interval of a floating limit: 400 days. */
    public static final long REFRESH_INTERVAL_MS_MAX = RATE_DURATION_MS_MAX;

    /** Refreshes of one LeaseRefreshes call. */
    public static final int REFRESHES_PER_CALL_MAX = 64;

    /** Limits of one job. */
    public static final int LIMITS_MAX = 16;

    public static final int WORKER_ID_BYTES_MAX = 256;
    public static final int ERROR_CODE_BYTES_MAX = 256;
    public static final int TENANT_CHARACTERS_MAX = 64;
    public static final int TASK_GROUP_CHARACTERS_MAX = 64;
    public static final int PRIORITY_MAX = 99;
    public static final int METADATA_ENTRIES_MAX = 16;

    /** A key has fewer than 64 characters. */
    public static final int METADATA_KEY_CHARACTERS_MAX = 63;

    public static final int METADATA_VALUE_BYTES_MAX = 65_534;

    /** All keys and values of one job together: 16 values of the longest kind would not fit a record. */
    public static final int METADATA_BYTES_MAX = 65_536;

    public static final int WAIT_MS_MAX = 60_000;
    public static final int LEASE_MS_MIN = 100;
    public static final int LEASE_MS_MAX = 24 * 60 * 60 * 1_000;
    public static final int CREDITS_MAX = 65_536;

    /** 24 days, so that it fits an int. */
    public static final int MAX_RUN_MS_MAX = 24 * 24 * 60 * 60 * 1_000;

    /** Jobs in one import: each may read the history of one that exists. */
    public static final int IMPORT_ITEMS_MAX = 64;

    /** Attempts of an imported job, and ended attempts that are kept of any (design, section 4). */
    public static final int ATTEMPTS_MAX = 100;

    public static final int RETRY_COUNT_MAX = 1_000_000;

    /** Longest delay between attempts: 400 days. */
    public static final long RETRY_INTERVAL_MS_MAX = 400L * 24 * 60 * 60 * 1_000;

    /** Backoff factor 100. */
    public static final int RETRY_BACKOFF_PERMILLE_MAX = 100_000;

    /** 9999-12-31T23:59:59.999Z. */
    public static final long START_AT_MS_MAX = 253_402_300_799_999L;

    /** The tenant of jobs that name none. */
    public static final String TENANT_NONE = "-";

    public static final int SCHEDULE_ID_BYTES_MAX = 200;
    public static final int CRON_BYTES_MAX = 256;
    public static final int SCHEDULE_INTERVAL_MS_MIN = 1_000;
    public static final int PAGE_ITEMS_MAX = 256;
    public static final int FIRINGS_MAX = 100;
    /** All keys and values of a filter's metadata together. */
    public static final int FILTER_BYTES_MAX = 8_192;

    /** A turn is then no longer than the tasks of one call. */
    public static final int TENANT_WEIGHT_MAX = TASKS_PER_CALL_MAX;

    /** As many leases as a shard has. */
    public static final int TENANT_RUNNING_MAX = 1 << 20;

    /** More than a shard has jobs. */
    public static final long TENANT_QUEUED_MAX = 1L << 32;

    public static final long TENANT_BYTES_MAX = 1L << 50;
    public static final int TENANT_ENQUEUES_PER_SECOND_MAX = 1_000_000;

    private Bounds() {}
}
