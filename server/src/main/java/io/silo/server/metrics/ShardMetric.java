package io.silo.server.metrics;

/**
 * One number that a shard keeps for its metrics. Names follow METRIC-1 of the reference where they mean the same; those of the
 * log are our own. Immutable; any thread.
 */
public enum ShardMetric {
    JOBS_ENQUEUED("silo_jobs_enqueued", "", "", Kind.COUNTER, "Jobs accepted."),
    JOBS_DEQUEUED("silo_jobs_dequeued", "", "", Kind.COUNTER, "Tasks leased to workers."),
    ATTEMPTS_FIRST("silo_job_attempts", "is_retry", "false", Kind.COUNTER, "Attempts begun."),
    ATTEMPTS_RETRY("silo_job_attempts", "is_retry", "true", Kind.COUNTER, "Attempts begun."),
    COMPLETED_SUCCEEDED(
            "silo_jobs_completed", "status", "succeeded", Kind.COUNTER, "Outcomes accepted, one an attempt."),
    COMPLETED_FAILED("silo_jobs_completed", "status", "failed", Kind.COUNTER, "Outcomes accepted, one an attempt."),
    COMPLETED_CANCELLED(
            "silo_jobs_completed", "status", "cancelled", Kind.COUNTER, "Outcomes accepted, one an attempt."),
    LEASES_REAPED("silo_lease_reaper_leases_reaped", "", "", Kind.COUNTER, "Task leases that expired."),
    LEASES_ACTIVE("silo_task_leases_active", "", "", Kind.GAUGE, "Task leases now."),
    JOBS("silo_jobs", "", "", Kind.GAUGE, "Jobs in memory, finished ones too."),
    TASKS_READY("silo_tasks_ready", "", "", Kind.GAUGE, "Tasks that a worker could have now."),
    ACKS_DURABLE(
            "silo_acknowledgements",
            "durability",
            "durable",
            Kind.COUNTER,
            "Replies to writing commands, by the level reached."),
    ACKS_APPENDED(
            "silo_acknowledgements",
            "durability",
            "appended",
            Kind.COUNTER,
            "Replies to writing commands, by the level reached."),
    REJECTIONS("silo_rejections", "", "", Kind.COUNTER, "Commands and items of batches refused."),
    LOG_APPENDS("silo_log_appends", "", "", Kind.COUNTER, "Records appended."),
    LOG_APPENDED_POSITION("silo_log_appended_position", "", "", Kind.GAUGE, "Position of the last record appended."),
    LOG_DURABLE_POSITION(
            "silo_log_durable_position", "", "", Kind.GAUGE, "Position of the last record that is durable."),
    LOG_RETAINED_BYTES("silo_log_retained_bytes", "", "", Kind.GAUGE, "Bytes of all records kept."),
    SHARD_EPOCH("silo_shard_epoch", "", "", Kind.GAUGE, "Fencing number of the shard's ownership.");

    /** Whether a number only rises. */
    public enum Kind {
        COUNTER,
        GAUGE
    }

    private final String metricName;
    private final String labelName;
    private final String labelValue;
    private final Kind kind;
    private final String help;

    ShardMetric(String metricName, String labelName, String labelValue, Kind kind, String help) {
        this.metricName = metricName;
        this.labelName = labelName;
        this.labelValue = labelValue;
        this.kind = kind;
        this.help = help;
    }

    /** Name without the suffix {@code _total} that counters are shown with. */
    public String metricName() {
        return metricName;
    }

    /** Name of a second label beside {@code shard}; empty = none. */
    public String labelName() {
        return labelName;
    }

    public String labelValue() {
        return labelValue;
    }

    public Kind kind() {
        return kind;
    }

    /** One sentence for people. */
    public String help() {
        return help;
    }
}
