package io.silo.server.config;

import java.util.List;

/**
 * All keys of the configuration, in the order in which they are shown. Names follow the reference's configuration where
 * they mean the same; durations and sizes carry their unit. Immutable; any thread.
 */
public final class Settings {
    private static final long MIB = 1024 * 1024;
    private static final long YEARS_10_S = 10L * 366 * 24 * 60 * 60;

    public static final Setting<HostPort> GRPC_ADDRESS =
            Setting.address("server.grpc_addr", "127.0.0.1:7450", "Where clients in any language call (gRPC, TCP).");
    public static final Setting<String> ADVERTISED_GRPC_ADDRESS = Setting.addressOrNone(
            "server.advertised_grpc_addr", "Where clients are told to call; empty = server.grpc_addr.");
    public static final Setting<HostPort> AERON_ADDRESS = Setting.address(
            "server.aeron_addr", "127.0.0.1:7451", "Where clients of other processes send commands (Aeron, UDP).");
    public static final Setting<HostPort> AERON_CONTROL_ADDRESS = Setting.address(
            "server.aeron_control_addr",
            "127.0.0.1:7452",
            "Where clients ask for their response streams (Aeron, UDP).");
    public static final Setting<String> GRPC_TLS_CERT = Setting.text(
            "server.grpc_tls_cert", "", "Certificates (PEM) that callers over gRPC are shown; empty = no TLS.");
    public static final Setting<String> GRPC_TLS_KEY =
            Setting.text("server.grpc_tls_key", "", "Key of the first of them (PEM, PKCS 8).");
    public static final Setting<String> GRPC_TLS_CLIENT_CA = Setting.text(
            "server.grpc_tls_client_ca",
            "",
            "Authorities (PEM), one of which has to have signed each caller's certificate; empty = none is asked for.");
    public static final Setting<String> AERON_DIRECTORY =
            Setting.text("server.aeron_dir", "", "Where the media driver makes its directory; empty = /dev/shm.");
    public static final Setting<String> AUTH_TOKEN =
            Setting.text("server.auth_token", "", "Token of an operator, who may do everything; empty = none.");
    public static final Setting<Long> SHUTDOWN_TIMEOUT_MS = Setting.number(
            "server.shutdown_timeout_ms",
            10_000,
            100,
            600_000,
            "How long a stop may take before the process ends anyway.");
    public static final Setting<Long> STATEMENT_TIMEOUT_MS = Setting.number(
            "server.statement_timeout_ms",
            5_000,
            0,
            86_400_000,
            "How long a query in SQL may take; 0 = as long as it does.");
    public static final Setting<Long> STATEMENTS_MAX = Setting.number(
            "server.max_concurrent_statements",
            8,
            0,
            64,
            "Queries in SQL under way at once on a shard; 0 = any number.");
    public static final Setting<Long> RESULT_BYTES_MAX = Setting.number(
            "server.max_result_bytes",
            64 * MIB,
            0,
            1 << 30,
            "Bytes of the rows that one Query answers; 0 = any number. QueryArrow streams them.");
    public static final Setting<Long> STATEMENT_BYTES_MAX = Setting.number(
            "server.max_statement_bytes",
            256 * MIB,
            0,
            1L << 40,
            "Bytes of rows that sorts, joins and groups of a query may hold; 0 = any number.");
    public static final Setting<Long> SLOW_QUERY_LOG_MS = Setting.number(
            "server.slow_query_log_ms", 1_000, 0, 86_400_000, "A query that takes longer is logged; 0 = none is.");
    public static final Setting<Boolean> DEV_MODE = Setting.flag(
            "server.dev_mode", false, "Whether operators may delete everything over gRPC (ResetShards); for tests.");
    public static final Setting<Long> SESSIONS_MAX =
            Setting.number("server.sessions_max", 1_000, 1, 100_000, "Sessions served at once, per shard thread.");
    public static final Setting<Long> SESSION_TIMEOUT_MS = Setting.number(
            "server.session_timeout_ms", 10_000, 1_000, 600_000, "A client silent for longer is dropped.");

    public static final Setting<String> DATABASE_PATH =
            Setting.text("database.path", "./silo-data", "The data directory.");
    public static final Setting<Long> CYCLE_BYTES = Setting.number(
            "database.cycle_bytes",
            128 * MIB,
            MIB,
            1024 * MIB,
            "Length of a cycle of the log before the next one begins.");

    public static final Setting<Long> DISK_LOW_BYTES = Setting.number(
            "database.disk_low_bytes",
            0,
            0,
            1L << 50,
            "Free space below which no new work is taken; 0 = the floor and two cycles.");
    public static final Setting<Long> DISK_FLOOR_BYTES = Setting.number(
            "database.disk_floor_bytes", 64 * MIB, 0, 1L << 50, "Free space below which nothing is appended.");

    public static final Setting<Long> HISTORY_RETENTION_S = Setting.number(
            "history.retention_s",
            0,
            0,
            YEARS_10_S,
            "Seconds for which parts of the log that hold nothing live are kept, compressed; 0 = they are deleted at once.");

    public static final Setting<Long> APPENDED_SYNC_DELAY_MS = Setting.number(
            "durability.appended_sync_delay_ms",
            50,
            0,
            60_000,
            "Age at which bytes that were only appended are synced.");
    public static final Setting<Long> APPENDED_SYNC_BYTES = Setting.number(
            "durability.appended_sync_bytes",
            8 * MIB,
            0,
            1024 * MIB,
            "Count at which bytes that were only appended are synced.");

    public static final Setting<Long> SHARD_COUNT =
            Setting.number("shard.count", 4, 1, 64, "Shards made on the first start; fixed after that.");
    public static final Setting<Long> SHARD_THREADS =
            Setting.number("shard.threads", 1, 1, 64, "Threads that the shards are spread over.");
    public static final Setting<Long> LEASE_MS = Setting.number(
            "shard.lease_ms", 10_000, 100, 86_400_000, "Length of a task lease that its job does not set.");
    public static final Setting<Long> CRASH_LOOP_MAX = Setting.number(
            "shard.crash_loop_max", 5, 1, 63, "Expired leases in a row after which a job fails with CRASH_LOOP.");
    public static final Setting<Long> PAYLOAD_BYTES_MAX =
            Setting.number("shard.payload_bytes_max", 16 * MIB, 1_024, 16 * MIB, "Largest payload or result.");

    public static final Setting<Long> MEMORY_BYTES_MAX = Setting.number(
            "shard.memory_bytes_max",
            0,
            0,
            1L << 50,
            "Memory of all shards' indexes above which new work is refused; 0 = three quarters of the JVM's largest heap.");
    public static final Setting<Long> FINISHED_JOBS_MAX = Setting.number(
            "retention.finished_jobs_max",
            5_000_000,
            1,
            1_000_000_000,
            "Ended jobs of all shards together beyond which the oldest are deleted.");
    public static final Setting<Long> RETENTION_SUCCEEDED_S = Setting.number(
            "retention.succeeded_s", 0, 0, YEARS_10_S, "Seconds after which a succeeded job is deleted; 0 = never.");
    public static final Setting<Long> RETENTION_FAILED_S = Setting.number(
            "retention.failed_s", 0, 0, YEARS_10_S, "Seconds after which a failed job is deleted; 0 = never.");
    public static final Setting<Long> RETENTION_CANCELLED_S = Setting.number(
            "retention.cancelled_s", 0, 0, YEARS_10_S, "Seconds after which a cancelled job is deleted; 0 = never.");
    public static final Setting<Long> CLOCK_STEP_MS_MAX = Setting.number(
            "clock.max_step_ms",
            3_600_000,
            1_000,
            366L * 86_400_000,
            "Forward step of the wall clock that is followed at once.");

    public static final Setting<String> GUBERNATOR_ADDRESS = Setting.addressOrNone(
            "gubernator.address", "Gubernator that answers rate limits (gRPC); empty = the shards do.");
    public static final Setting<Long> GUBERNATOR_TIMEOUT_MS =
            Setting.number("gubernator.timeout_ms", 10_000, 10, 600_000, "How long Gubernator may take for an answer.");

    public static final Setting<TenancyMode> TENANCY_MODE =
            Setting.choice("tenancy.mode", TenancyMode.class, TenancyMode.OPTIONAL, "Whether calls name a tenant.");

    public static final Setting<Boolean> METRICS_ENABLED =
            Setting.flag("metrics.enabled", true, "Whether /metrics, /healthz and /baseline are served.");
    public static final Setting<HostPort> METRICS_ADDRESS = Setting.address(
            "metrics.addr", "127.0.0.1:9090", "Where /metrics, /healthz and /baseline are served (HTTP).");

    public static final Setting<LogFormat> LOGGING_FORMAT =
            Setting.choice("logging.format", LogFormat.class, LogFormat.TEXT, "How the server's own log lines look.");
    public static final Setting<LogLevel> LOGGING_LEVEL =
            Setting.choice("logging.level", LogLevel.class, LogLevel.INFO, "The least important line that is written.");

    /** Every setting. */
    public static final List<Setting<?>> ALL = List.of(
            GRPC_ADDRESS,
            ADVERTISED_GRPC_ADDRESS,
            AERON_ADDRESS,
            AERON_CONTROL_ADDRESS,
            GRPC_TLS_CERT,
            GRPC_TLS_KEY,
            GRPC_TLS_CLIENT_CA,
            AERON_DIRECTORY,
            AUTH_TOKEN,
            SHUTDOWN_TIMEOUT_MS,
            STATEMENT_TIMEOUT_MS,
            STATEMENTS_MAX,
            RESULT_BYTES_MAX,
            STATEMENT_BYTES_MAX,
            SLOW_QUERY_LOG_MS,
            DEV_MODE,
            SESSIONS_MAX,
            SESSION_TIMEOUT_MS,
            DATABASE_PATH,
            CYCLE_BYTES,
            DISK_LOW_BYTES,
            DISK_FLOOR_BYTES,
            HISTORY_RETENTION_S,
            APPENDED_SYNC_DELAY_MS,
            APPENDED_SYNC_BYTES,
            SHARD_COUNT,
            SHARD_THREADS,
            LEASE_MS,
            CRASH_LOOP_MAX,
            PAYLOAD_BYTES_MAX,
            MEMORY_BYTES_MAX,
            FINISHED_JOBS_MAX,
            RETENTION_SUCCEEDED_S,
            RETENTION_FAILED_S,
            RETENTION_CANCELLED_S,
            CLOCK_STEP_MS_MAX,
            GUBERNATOR_ADDRESS,
            GUBERNATOR_TIMEOUT_MS,
            TENANCY_MODE,
            METRICS_ENABLED,
            METRICS_ADDRESS,
            LOGGING_FORMAT,
            LOGGING_LEVEL);

    /** Settings whose value is never shown. */
    static final List<Setting<?>> SECRET = List.of(AUTH_TOKEN);

    private Settings() {}
}
