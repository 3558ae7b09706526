package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A job to be made. Its id and its request id are fixed when it is built, so the same request may be enqueued again after
 * {@code UNKNOWN_OUTCOME}: at most one job comes of it. Immutable; any thread.
 *
 * <pre>{@code
 * JobRequest request = JobRequest.to("emails")
 *         .payload("{\"to\":\"ada@example.org\"}", Encoding.JSON)
 *         .retry(RetryPolicy.exponential(5, Duration.ofSeconds(1)))
 *         .build();
 * }</pre>
 */
public final class JobRequest {
    /** Priority of a job that names none: the middle of 0 (first) to 99. */
    public static final int PRIORITY_DEFAULT = 50;

    // A text of the schema, and a generous sum of the item's block and the lengths of its parts.
    static final int TEXT_BYTES_MAX = 65_534;
    private static final int FIXED_BYTES = 128;
    private static final int LIMIT_BYTES = Integer.BYTES + 2 * Short.BYTES;

    // One random half for the process and a counter for the other: unique without a random draw a job.
    private static final long REQUEST_ID_HIGH = new SecureRandom().nextLong() | 1;
    private static final AtomicLong NEXT_REQUEST_ID_LOW = new AtomicLong(System.nanoTime());

    final @Nullable String tenant;
    final String taskGroup;
    final String id;
    final long requestIdHigh;
    final long requestIdLow;
    final int priority;
    final long startAtMs;
    final RetryPolicy retry;
    final Map<String, String> metadata;
    final List<Limit> limits;
    /** Empty = none. */
    final String uniqueKey;

    final Payload payload;
    final @Nullable Durability durability;
    final long leaseMs;
    final long startDeadlineMs;
    final long maxRunMs;

    private JobRequest(Builder builder) {
        tenant = builder.tenant;
        taskGroup = builder.taskGroup;
        id = builder.id == null ? UUID.randomUUID().toString() : builder.id;
        final UUID requestId = builder.requestId;
        requestIdHigh = requestId == null ? REQUEST_ID_HIGH : requestId.getMostSignificantBits();
        requestIdLow = requestId == null ? NEXT_REQUEST_ID_LOW.getAndIncrement() : requestId.getLeastSignificantBits();
        priority = builder.priority;
        startAtMs = builder.delay == null ? builder.startAtMs : System.currentTimeMillis() + builder.delay.toMillis();
        retry = builder.retry;
        metadata = Map.copyOf(builder.metadata);
        limits = List.copyOf(builder.limits);
        uniqueKey = builder.uniqueKey;
        payload = builder.payload;
        durability = builder.durability;
        leaseMs = builder.leaseMs;
        startDeadlineMs = builder.startDeadlineMs;
        maxRunMs = builder.maxRunMs;
    }

    /** Begins a job for the workers of a task group: 1 to 64 characters, none of them control characters. */
    public static Builder to(String taskGroup) {
        return new Builder(taskGroup);
    }

    /** Id of the job: as given, or the UUID that was made for it. */
    public String id() {
        return id;
    }

    /** Task group of the job. */
    public String taskGroup() {
        return taskGroup;
    }

    /** Tenant of the job; null = the client's default. */
    public @Nullable String tenant() {
        return tenant;
    }

    /** Payload of the job. */
    public Payload payload() {
        return payload;
    }

    /**
     * What cannot even be encoded, or would spoil the whole message; everything else is the server's to judge.
     *
     * @return null if nothing is wrong.
     */
    @Nullable
    RejectReason unencodable(String effectiveTenant) {
        if (utf8Length(effectiveTenant) > TEXT_BYTES_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        if (priority < 0 || priority > Bounds.PRIORITY_MAX) {
            return RejectReason.PRIORITY_OUT_OF_RANGE;
        }
        if (metadata.size() > Bounds.METADATA_ENTRIES_MAX) {
            return RejectReason.TOO_MANY_METADATA_ENTRIES;
        }
        int metadataBytes = 0;
        for (final Map.Entry<String, String> entry : metadata.entrySet()) {
            final int valueBytes = utf8Length(entry.getValue());
            if (valueBytes > Bounds.METADATA_VALUE_BYTES_MAX) {
                return RejectReason.METADATA_VALUE_TOO_LONG;
            }
            metadataBytes += utf8Length(entry.getKey()) + valueBytes;
        }
        if (metadataBytes > Bounds.METADATA_BYTES_MAX) {
            return RejectReason.METADATA_TOO_LARGE;
        }
        if (utf8Length(taskGroup) > TEXT_BYTES_MAX) {
            return RejectReason.TASK_GROUP_TOO_LONG;
        }
        if (utf8Length(id) > TEXT_BYTES_MAX) {
            return RejectReason.INVALID_JOB_ID;
        }
        if (utf8Length(uniqueKey) > TEXT_BYTES_MAX) {
            return RejectReason.INVALID_UNIQUE_KEY;
        }
        if (retry.retries() < 0
                || retry.retries() > Bounds.RETRY_COUNT_MAX
                || !(retry.backoff() >= 0 && retry.backoff() <= Bounds.RETRY_BACKOFF_PERMILLE_MAX / 1_000.0)) {
            return RejectReason.INVALID_RETRY_POLICY;
        }
        if (leaseMs < 0 || leaseMs > Bounds.LEASE_MS_MAX) {
            return RejectReason.INVALID_LEASE_DURATION;
        }
        if (maxRunMs < 0 || maxRunMs > Bounds.MAX_RUN_MS_MAX) {
            return RejectReason.INVALID_MAX_RUN;
        }
        return LimitCodec.refusal(limits);
    }

    /** Bytes of the job in a command, without its payload, a few more rather than less. */
    int encodedLengthMax(String effectiveTenant) {
        int length = FIXED_BYTES
                + utf8Length(effectiveTenant)
                + utf8Length(taskGroup)
                + utf8Length(id)
                + utf8Length(uniqueKey);
        for (final Map.Entry<String, String> entry : metadata.entrySet()) {
            length += 2 * Short.BYTES + utf8Length(entry.getKey()) + utf8Length(entry.getValue());
        }
        for (final Limit limit : limits) {
            length += LIMIT_BYTES + utf8Length(limit.key()) + LimitCodec.detailsLength(limit);
        }
        return length;
    }

    /** Bytes of a text as UTF-8. */
    static int utf8Length(String text) {
        int length = 0;
        for (int i = 0; i < text.length(); i++) {
            final char c = text.charAt(i);
            // A surrogate pair has four bytes, two a half; a lone one is encoded as '?'.
            length += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
        }
        return length;
    }

    /** Collects what a job is made of. One thread. What is wrong with it is told when it is enqueued. */
    public static final class Builder {
        private final String taskGroup;
        private final Map<String, String> metadata = new LinkedHashMap<>();
        private final List<Limit> limits = new ArrayList<>();
        private @Nullable String tenant;
        private @Nullable String id;
        private @Nullable UUID requestId;
        private String uniqueKey = "";
        private int priority = PRIORITY_DEFAULT;
        private long startAtMs;
        private @Nullable Duration delay;
        private RetryPolicy retry = RetryPolicy.NONE;
        private Payload payload = Payload.EMPTY;
        private @Nullable Durability durability;
        private long leaseMs;
        private long startDeadlineMs;
        private long maxRunMs;

        private Builder(String taskGroup) {
            this.taskGroup = Objects.requireNonNull(taskGroup, "taskGroup");
        }

        /** Tenant, at most 64 characters; default: the client's. */
        public Builder tenant(String value) {
            tenant = value;
            return this;
        }

        /** Id, 1 to 256 bytes of UTF-8, unique in its tenant; default: a random UUID. */
        public Builder id(String value) {
            id = value;
            return this;
        }

        /**
         * Names the request where another process may repeat it: of two with the same id of the job and of the request the second gets the
         * answer of the first. Any 16 bytes, not all 0; default: one of its own for each request that is built.
         */
        public Builder requestId(UUID value) {
            requestId = value;
            return this;
        }

        /**
         * At most one job of the tenant that has not ended has this key, at most 256 bytes of UTF-8: while one has, others are refused
         * with {@code UNIQUE_KEY_HELD}. Default, and empty: none.
         */
        public Builder uniqueKey(String value) {
            uniqueKey = value;
            return this;
        }

        /** 0 (first) to 99; default 50. */
        public Builder priority(int value) {
            priority = value;
            return this;
        }

        /** Not before this time; default: at once. */
        public Builder startAt(Instant value) {
            startAtMs = value.toEpochMilli();
            delay = null;
            return this;
        }

        /** Not before so much time has passed since the request was built. */
        public Builder startAfter(Duration value) {
            delay = value;
            return this;
        }

        /** What follows a failure; default: nothing. */
        public Builder retry(RetryPolicy value) {
            retry = value;
            return this;
        }

        /** Adds a name and a value: at most {@value Bounds#METADATA_ENTRIES_MAX}, 64 KiB together. */
        public Builder metadata(String key, String value) {
            metadata.put(key, value);
            return this;
        }

        /** Adds names and values. */
        public Builder metadata(Map<String, String> values) {
            metadata.putAll(values);
            return this;
        }

        /**
         * Runs only while fewer than {@code max} jobs of the tenant that name this key hold a slot, each judged by its own maximum; call it
         * again for more, at most {@value Bounds#LIMITS_MAX}. A lease takes the slots of all its limits in one step or is not granted, and
         * whatever ends it gives them back. Those who wait for one limit come by priority, start time and arrival.
         *
         * @param key 1 to 256 bytes of UTF-8.
         * @param max 0 = never runs; of one key named twice the smaller counts.
         */
        public Builder limit(String key, int max) {
            return limit(new ConcurrencyLimit(key, max));
        }

        /** Adds a limit of any kind. A start takes slots of all its limits of concurrency and hits of all its rate limits, or is not made. */
        public Builder limit(Limit limit) {
            limits.add(limit);
            return this;
        }

        /** What the worker is given; default: no bytes. */
        public Builder payload(Payload value) {
            payload = value;
            return this;
        }

        /** Text that the worker is given. */
        public Builder payload(String text) {
            return payload(Payload.text(text));
        }

        /** Text in some encoding that the worker is given. */
        public Builder payload(String text, Encoding encoding) {
            return payload(new Payload(text.getBytes(StandardCharsets.UTF_8), encoding));
        }

        /** What the acknowledgement is to promise; default: the client's. */
        public Builder durability(Durability value) {
            durability = value;
            return this;
        }

        /** Length of its leases, 100 ms to 24 h; default: the server's. */
        public Builder lease(Duration value) {
            leaseMs = value.toMillis();
            return this;
        }

        /**
         * Latest start of its first attempt: if none has begun by then, the job fails with {@code START_DEADLINE_EXCEEDED}. Default:
         * none.
         */
        public Builder startDeadline(Instant value) {
            // 0 stands for none; whoever asks for 1970 is to be told that it is past.
            startDeadlineMs = value.toEpochMilli() == 0 ? 1 : value.toEpochMilli();
            return this;
        }

        /**
         * Longest run of one attempt, 100 ms to 24 days, whatever heartbeats say: then the attempt fails with
         * {@code MAX_RUN_EXCEEDED}, and the retry policy follows. Default, and zero: no bound.
         */
        public Builder maxRun(Duration value) {
            maxRunMs = value.toMillis();
            return this;
        }

        /** Fixes id and request id. */
        public JobRequest build() {
            return new JobRequest(this);
        }
    }
}
