package io.silo.protocol;

import org.agrona.collections.Int2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Why a command, or one item of a batch, was refused. A refusal appends nothing to the log.
 *
 * <p>Constants stand in order of precedence: checks run in this order, and a test walks the list. The wire number is stable and
 * never reused. A reason exists only if a caller could react to it. Immutable; any thread.
 */
public enum RejectReason {
    // The session and the frame.
    MALFORMED_FRAME(1, false, "INVALID_ARGUMENT", "The message is not a well-formed command."),
    UNSUPPORTED(2, false, "UNIMPLEMENTED", "The server does not know this command or version."),
    UNAUTHENTICATED(3, false, "UNAUTHENTICATED", "The token is missing or wrong."),
    PERMISSION_DENIED(4, false, "PERMISSION_DENIED", "The token does not allow this call."),
    TOO_MANY_SESSIONS(5, true, "RESOURCE_EXHAUSTED", "The server has no room for another session."),

    // The shard as a whole.
    NOT_OWNER(10, true, "NOT_FOUND", "The addressed shard is not here."),
    STALE_EPOCH(11, true, "FAILED_PRECONDITION", "The shard was opened anew since the client learned of it."),
    SHARD_CLOSED(12, true, "UNAVAILABLE", "The shard is closed or quarantined."),
    BUSY(13, true, "UNAVAILABLE", "A bound of the server is reached; try again shortly."),
    MEMORY_FULL(14, true, "RESOURCE_EXHAUSTED", "The memory watermark is reached; completions go on."),
    DISK_FULL(15, true, "RESOURCE_EXHAUSTED", "The disk watermark is reached; completions go on."),

    // Arguments.
    BATCH_TOO_LARGE(20, false, "INVALID_ARGUMENT", "A batch has more than 1,024 items or does not fit one record."),
    TENANT_REQUIRED(21, false, "INVALID_ARGUMENT", "The server runs with tenancy.mode = required."),
    TENANT_NOT_ALLOWED(22, false, "FAILED_PRECONDITION", "The server runs with tenancy.mode = off."),
    INVALID_TENANT(
            23, false, "INVALID_ARGUMENT", "A tenant has at most 64 characters, none of them control characters."),
    TENANT_NOT_IN_SHARD(
            24, true, "FAILED_PRECONDITION", "The tenant's hash is outside the shard's range; refresh and retry."),
    PRIORITY_OUT_OF_RANGE(25, false, "INVALID_ARGUMENT", "priority must be between 0 and 99"),
    TOO_MANY_METADATA_ENTRIES(26, false, "INVALID_ARGUMENT", "metadata has too many entries (max 16)"),
    METADATA_KEY_TOO_LONG(27, false, "INVALID_ARGUMENT", "metadata key too long (must be < 64 chars)"),
    METADATA_VALUE_TOO_LONG(28, false, "INVALID_ARGUMENT", "metadata value too long (must be < 65,535 bytes)"),
    METADATA_TOO_LARGE(29, false, "INVALID_ARGUMENT", "All metadata of a job must fit 65,536 bytes together."),
    INVALID_METADATA(30, false, "INVALID_ARGUMENT", "Metadata must be UTF-8."),
    TASK_GROUP_REQUIRED(31, false, "INVALID_ARGUMENT", "task_group is required"),
    TASK_GROUP_TOO_LONG(32, false, "INVALID_ARGUMENT", "task_group too long (must be <= 64 chars)"),
    INVALID_TASK_GROUP(33, false, "INVALID_ARGUMENT", "A task group must be UTF-8 without control characters."),
    INVALID_JOB_ID(34, false, "INVALID_ARGUMENT", "A job id has 1 to 256 bytes of UTF-8 without control characters."),
    PAYLOAD_TOO_LARGE(35, false, "INVALID_ARGUMENT", "The payload or result is over the bound."),
    INVALID_RETRY_POLICY(36, false, "INVALID_ARGUMENT", "The retry policy makes no sense."),
    INVALID_LEASE_DURATION(37, false, "INVALID_ARGUMENT", "A lease lasts 100 ms to 24 h."),
    INVALID_START_TIME(38, false, "INVALID_ARGUMENT", "A start time lies between 0 and the year 9999."),
    INVALID_WORKER_ID(
            39, false, "INVALID_ARGUMENT", "A worker id has 1 to 256 bytes of UTF-8 without control characters."),
    INVALID_CREDITS(40, false, "INVALID_ARGUMENT", "Credits of a subscription stay between 1 and 65,536."),
    INVALID_MAX_TASKS(41, false, "INVALID_ARGUMENT", "At most 1,024 tasks can be asked for at once."),
    INVALID_WAIT(42, false, "INVALID_ARGUMENT", "A call waits 60,000 ms at most."),
    INVALID_ERROR_CODE(
            43, false, "INVALID_ARGUMENT", "An error code has 1 to 256 bytes of UTF-8 without control characters."),
    INVALID_SUBSCRIPTION(
            44, false, "INVALID_ARGUMENT", "A subscription id is not 0, and its group and worker do not change."),
    INVALID_UPLOAD(45, false, "INVALID_ARGUMENT", "Parts of an upload come in order, each 1 to 32,768 bytes."),
    INVALID_RANGE(46, false, "INVALID_ARGUMENT", "The part asked for lies outside the payload or result."),
    INVALID_START_DEADLINE(
            47,
            false,
            "INVALID_ARGUMENT",
            "A latest start is neither past nor before the start time, nor behind the year 9999."),
    INVALID_MAX_RUN(48, false, "INVALID_ARGUMENT", "The longest run of an attempt is 100 ms to 24 days."),
    INVALID_SNOOZE(49, false, "INVALID_ARGUMENT", "A task is given back for at most 400 days."),
    TOO_MANY_ATTEMPTS(50, false, "INVALID_ARGUMENT", "An import has at most 100 attempts."),
    INVALID_ATTEMPT(
            51,
            false,
            "INVALID_ARGUMENT",
            "An imported attempt has a start and a finish, and an error code only if it failed."),
    ATTEMPT_NOT_FAILED(52, false, "INVALID_ARGUMENT", "Every imported attempt but the last must be FAILED."),
    INVALID_UNIQUE_KEY(
            53, false, "INVALID_ARGUMENT", "A unique key has at most 256 bytes of UTF-8 without control characters."),
    INVALID_SCHEDULE_ID(
            54, false, "INVALID_ARGUMENT", "A schedule id has 1 to 200 bytes of UTF-8 without control characters."),
    INVALID_SCHEDULE(
            55,
            false,
            "INVALID_ARGUMENT",
            "A schedule has either an interval of 1 s to 400 days or a cron expression of five fields that fires some day."),
    INVALID_TIME_ZONE(56, false, "INVALID_ARGUMENT", "The server does not know this time zone."),
    INVALID_LIMIT(57, false, "INVALID_ARGUMENT", "A page has 1 to 256 items, and at most 100 firings are told."),
    INVALID_FILTER(
            58,
            false,
            "INVALID_ARGUMENT",
            "A filter names known statuses, no negative age, and at most 16 metadata entries of 8,192 bytes of UTF-8 together; one that changes jobs names something."),
    INVALID_JOB_LIMIT(
            59,
            false,
            "INVALID_ARGUMENT",
            "A job has at most 16 limits; the key of each has 1 to 256 bytes of UTF-8 without control characters."),
    INVALID_RATE_LIMIT(
            100,
            false,
            "INVALID_ARGUMENT",
            "A rate limit has a name of 1 to 256 bytes, numbers of hits up to 10^12, a duration of 1 ms to 400 days or of the calendar, back-offs that grow, and stands once in a job."),
    INVALID_TENANT_SETTING(
            101,
            false,
            "INVALID_ARGUMENT",
            "A tenant's weight is 1 to 1,024, its running jobs 1 to 1,048,576, its jobs 0 to 4,294,967,296, its bytes 0 to 2^50, its enqueues 1 to 1,000,000 a second."),
    INVALID_FLOATING_LIMIT(
            102,
            false,
            "INVALID_ARGUMENT",
            "A floating limit has a refresh interval of 0 to 400 days and metadata like a job, and its key is no fixed limit of the same job; what is found out is 0 to 2,147,483,647, or an error code of 1 to 256 bytes."),
    INVALID_POSITION(
            103,
            false,
            "INVALID_ARGUMENT",
            "Events are read from a position of the log, its first or its end, at most 256 at once."),

    // State.
    JOB_EXISTS(60, false, "ALREADY_EXISTS", "Another request created a job with this id."),
    JOB_NOT_FOUND(61, false, "NOT_FOUND", "job not found"),
    JOB_NOT_COMPLETE(62, true, "FAILED_PRECONDITION", "job is not complete"),
    ALREADY_REPORTED(63, false, "NOT_FOUND", "The outcome of this lease was recorded before."),
    LEASE_NOT_FOUND(64, false, "NOT_FOUND", "lease not found"),
    LEASE_OWNER_MISMATCH(65, false, "FAILED_PRECONDITION", "lease owner mismatch"),
    UPLOAD_NOT_FOUND(66, true, "FAILED_PRECONDITION", "The upload is unknown or was given up; send it again."),
    SUBSCRIPTION_NOT_FOUND(67, false, "NOT_FOUND", "The session has no such subscription."),
    TOO_MANY_SUBSCRIPTIONS(68, true, "RESOURCE_EXHAUSTED", "The bound on subscriptions or waiting calls is reached."),
    RESULT_GONE(69, false, "NOT_FOUND", "The bytes are no longer in the log."),
    JOB_ALREADY_CANCELLED(70, false, "FAILED_PRECONDITION", "job is already cancelled"),
    JOB_TERMINAL(71, false, "FAILED_PRECONDITION", "job is already in terminal state"),
    JOB_SUCCEEDED(72, false, "FAILED_PRECONDITION", "job already succeeded"),
    JOB_RUNNING(73, true, "FAILED_PRECONDITION", "job is currently running"),
    JOB_IN_PROGRESS(74, true, "FAILED_PRECONDITION", "job is still in progress"),
    JOB_ALREADY_READY(75, false, "FAILED_PRECONDITION", "task is already ready to run (not future-scheduled)"),
    ATTEMPTS_MISSING(76, false, "FAILED_PRECONDITION", "The import has fewer attempts than the job."),
    ATTEMPT_MISMATCH(77, false, "FAILED_PRECONDITION", "An imported attempt differs from the job's own."),
    NO_NEW_ATTEMPT(78, false, "FAILED_PRECONDITION", "reimport must include at least one new attempt"),
    TWICE_IN_BATCH(79, false, "INVALID_ARGUMENT", "An earlier item of the batch has the same job."),
    UNIQUE_KEY_HELD(80, true, "ALREADY_EXISTS", "A job with this unique key has not ended."),
    SCHEDULE_NOT_FOUND(81, false, "NOT_FOUND", "schedule not found"),
    SCHEDULE_EXISTS(82, false, "ALREADY_EXISTS", "A schedule with this id exists."),
    TOO_MANY_SCHEDULES(83, false, "RESOURCE_EXHAUSTED", "The shard's bound on schedules is reached."),
    BULK_NOT_FOUND(84, false, "NOT_FOUND", "The shard knows no such bulk change, or has forgotten it."),
    TOO_MANY_BULKS(85, true, "RESOURCE_EXHAUSTED", "The shard has 16 bulk changes under way."),
    TOO_MANY_PAUSES(86, false, "RESOURCE_EXHAUSTED", "The shard's bound on what is paused is reached; resume some."),
    LIMIT_NOT_FOUND(87, false, "NOT_FOUND", "No job names this limit, and nobody set it."),
    TOO_MANY_LIMITS(
            88, false, "RESOURCE_EXHAUSTED", "The shard's bound on limits that are set is reached; unset some."),
    TENANT_QUOTA(89, true, "RESOURCE_EXHAUSTED", "The tenant has as many jobs, bytes or enqueues a second as it may."),
    POSITION_TRIMMED(110, false, "OUT_OF_RANGE", "The log no longer reaches back to this position."),
    POSITION_AHEAD(
            111,
            false,
            "OUT_OF_RANGE",
            "The log has not come to this position: it is another's, or was reset or restored from a backup."),

    // Found by the client itself; never on the wire from a server.
    UNKNOWN_OUTCOME(
            90, true, "UNKNOWN", "No answer came in time; the call may have taken effect. Repeating it is safe."),
    UNREACHABLE(91, true, "UNAVAILABLE", "No server answers at the address."),
    PAYLOAD_CORRUPT(92, false, "DATA_LOSS", "The bytes read do not match their checksum.");

    /** Wire number of an acceptance. */
    public static final int OK = 0;

    private static final Int2ObjectHashMap<RejectReason> BY_CODE = new Int2ObjectHashMap<>();

    static {
        for (RejectReason reason : values()) {
            if (BY_CODE.put(reason.code, reason) != null) {
                throw new ExceptionInInitializerError("wire number used twice: " + reason.code);
            }
        }
    }

    private final int code;
    private final boolean isTransient;
    private final String grpcCode;
    private final String sentence;

    RejectReason(int code, boolean isTransient, String grpcCode, String sentence) {
        this.code = code;
        this.isTransient = isTransient;
        this.grpcCode = grpcCode;
        this.sentence = sentence;
    }

    /** Wire number, 1 to 65,535. */
    public int code() {
        return code;
    }

    /** Whether the same call may succeed later without a change by the caller. */
    public boolean isTransient() {
        return isTransient;
    }

    /** Canonical gRPC status name that the gateway answers with. */
    public String grpcCode() {
        return grpcCode;
    }

    /** One sentence for people. */
    public String sentence() {
        return sentence;
    }

    /** The reason with this wire number, or null for {@link #OK} and numbers of a newer release. Does not allocate. */
    public static @Nullable RejectReason fromCode(int code) {
        return BY_CODE.get(code);
    }
}
