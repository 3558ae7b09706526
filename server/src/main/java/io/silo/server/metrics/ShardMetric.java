package io.silo.server.metrics;

import io.silo.protocol.event.AttemptCancelledDecoder;
import io.silo.protocol.event.AttemptFailedDecoder;
import io.silo.protocol.event.AttemptSucceededDecoder;
import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.LeaseReturnedDecoder;
import io.silo.protocol.event.TaskLeasedDecoder;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * One number that a shard shows. Names follow METRIC-1 of the reference where they mean the same; those of the log are our own.
 * Immutable; any thread.
 *
 * @param name without the suffix {@code _total} that counters are shown with.
 * @param labelName name of a second label beside {@code shard}; empty = none.
 * @param labelValue value of that label.
 * @param kind whether the number only rises.
 * @param help one sentence for people.
 * @param reading where the number stands.
 */
record ShardMetric(
        String name,
        String labelName,
        String labelValue,
        Kind kind,
        String help,
        ToLongFunction<ShardCounters> reading) {
    /** Whether a number only rises. */
    enum Kind {
        COUNTER,
        GAUGE
    }

    private static final String COMPLETED = "Outcomes accepted, one an attempt; expired leases are not among them.";
    private static final String JOBS = "Jobs in memory by status, ended ones too until retention forgets them.";
    private static final String ANSWERS =
            "Answers of the rate limit service; those dropped came too late, or for a task that was gone.";
    private static final String REFRESHED =
            "What workers reported of floating limits; leases that ended without a report are not among them.";
    private static final String ACKNOWLEDGED = "Replies sent, by the durability they had reached.";

    /** Every metric; those of one name stand together. */
    static final List<ShardMetric> ALL = List.of(
            counter("silo_jobs_enqueued", "Jobs accepted.", c -> c.events(JobEnqueuedDecoder.TEMPLATE_ID)),
            counter("silo_jobs_dequeued", "Tasks leased to workers.", c -> c.events(TaskLeasedDecoder.TEMPLATE_ID)),
            counter("silo_job_attempts", "Attempts begun.", c -> c.events(TaskLeasedDecoder.TEMPLATE_ID)),
            counter(
                    "silo_job_attempts_retried",
                    "Attempts that failed and are tried again.",
                    c -> c.get(Figure.ATTEMPTS_RETRIED)),
            completed("succeeded", c -> c.events(AttemptSucceededDecoder.TEMPLATE_ID)),
            // An expired lease is an AttemptFailed too; the reaper has its own counter.
            completed(
                    "failed",
                    c -> Math.max(0, c.events(AttemptFailedDecoder.TEMPLATE_ID) - c.get(Figure.LEASES_EXPIRED))),
            completed("cancelled", c -> c.events(AttemptCancelledDecoder.TEMPLATE_ID)),
            counter(
                    "silo_leases_returned",
                    "Task leases given back unspent.",
                    c -> c.events(LeaseReturnedDecoder.TEMPLATE_ID)),
            counter("silo_lease_reaper_leases_reaped", "Task leases that expired.", c -> c.get(Figure.LEASES_EXPIRED)),
            counter(
                    "silo_grants_cold",
                    "Tasks whose payload the shard read from its file, without its having been read ahead.",
                    c -> c.get(Figure.GRANTS_COLD)),
            counter("silo_reads_ahead", "Payloads asked to be read ahead of a grant.", c -> c.get(Figure.READS_AHEAD)),
            counter("silo_rate_limit_asks", "Questions to the rate limit service.", c -> c.get(Figure.RATE_ASKS)),
            answers("pass", Figure.RATE_ANSWERS_PASS),
            answers("over", Figure.RATE_ANSWERS_OVER),
            answers("error", Figure.RATE_ANSWERS_ERROR),
            answers("dropped", Figure.RATE_ANSWERS_DROPPED),
            gauge(
                    "silo_rate_limit_asks_under_way",
                    "Questions to the rate limit service without an answer.",
                    Figure.RATE_ASKS_UNDER_WAY),
            counter(
                    "silo_floating_refreshes_leased",
                    "Times that a worker was given a floating limit to find out.",
                    c -> c.get(Figure.REFRESHES_LEASED)),
            refreshed("succeeded", Figure.REFRESHES_SUCCEEDED),
            refreshed("failed", Figure.REFRESHES_FAILED),
            gauge(
                    "silo_floating_limits_due",
                    "Floating limits that are to be found out and that no worker has.",
                    Figure.FLOATING_LIMITS_DUE),
            gauge("silo_task_leases_active", "Task leases now.", Figure.LEASES),
            jobs("scheduled", Figure.JOBS_SCHEDULED),
            jobs("running", Figure.JOBS_RUNNING),
            jobs("succeeded", Figure.JOBS_SUCCEEDED),
            jobs("failed", Figure.JOBS_FAILED),
            jobs("cancelled", Figure.JOBS_CANCELLED),
            gauge("silo_shard_memory_bytes", "Memory of the shard's indexes.", Figure.MEMORY_BYTES),
            gauge("silo_replies_parked", "Replies that wait for a sync.", Figure.PARKED_REPLIES),
            acknowledged("durable", Figure.ACKNOWLEDGED_DURABLE),
            acknowledged("appended", Figure.ACKNOWLEDGED_APPENDED),
            counter(
                    "silo_commands_put_off",
                    "Commands taken later: no reply could be parked, or the duty cycle had taken its new jobs.",
                    c -> c.get(Figure.COMMANDS_PUT_OFF)),
            counter("silo_log_appends", "Records appended.", c -> c.get(Figure.RECORDS_APPENDED)),
            counter("silo_log_appended_bytes", "Bytes of those records.", c -> c.get(Figure.BYTES_APPENDED)),
            counter(
                    "silo_log_carried_bytes",
                    "Bytes of records appended to carry live jobs out of the oldest cycle.",
                    c -> c.get(Figure.BYTES_CARRIED)),
            counter("silo_log_cycles_trimmed", "Cycles let go of.", c -> c.get(Figure.CYCLES_TRIMMED)),
            gauge("silo_log_bytes", "Bytes of the log's retained records.", Figure.LOG_BYTES),
            gauge(
                    "silo_log_live_bytes",
                    "Bytes that the log would have if only what is live were in it: an estimate.",
                    Figure.LOG_LIVE_BYTES),
            gauge("silo_log_cycles", "Cycles of the log, the active one too.", Figure.LOG_CYCLES),
            gauge("silo_log_appended_position", "Position of the last record appended.", Figure.APPENDED_POSITION),
            gauge("silo_log_durable_position", "Position of the last record that is durable.", Figure.DURABLE_POSITION),
            gauge(
                    "silo_log_disk_state",
                    "Space on the log's disk: 0 = enough, 1 = no new work is taken, 2 = nothing is appended.",
                    Figure.DISK_STATE),
            gauge(
                    "silo_shard_overloaded",
                    "1 while new work is refused with BUSY, because more arrives than the shard's thread can carry.",
                    Figure.OVERLOADED),
            gauge("silo_shard_epoch", "Fencing number of the shard's ownership.", Figure.SHARD_EPOCH));

    private static ShardMetric counter(String name, String help, ToLongFunction<ShardCounters> reading) {
        return new ShardMetric(name, "", "", Kind.COUNTER, help, reading);
    }

    private static ShardMetric gauge(String name, String help, Figure figure) {
        return new ShardMetric(name, "", "", Kind.GAUGE, help, counters -> counters.get(figure));
    }

    private static ShardMetric jobs(String status, Figure figure) {
        return new ShardMetric("silo_jobs", "status", status, Kind.GAUGE, JOBS, counters -> counters.get(figure));
    }

    private static ShardMetric completed(String status, ToLongFunction<ShardCounters> reading) {
        return new ShardMetric("silo_jobs_completed", "status", status, Kind.COUNTER, COMPLETED, reading);
    }

    private static ShardMetric answers(String answer, Figure figure) {
        return new ShardMetric("silo_rate_limit_answers", "answer", answer, Kind.COUNTER, ANSWERS, c -> c.get(figure));
    }

    private static ShardMetric refreshed(String status, Figure figure) {
        return new ShardMetric(
                "silo_floating_refreshes_completed", "status", status, Kind.COUNTER, REFRESHED, c -> c.get(figure));
    }

    private static ShardMetric acknowledged(String durability, Figure figure) {
        return new ShardMetric(
                "silo_acknowledgements", "durability", durability, Kind.COUNTER, ACKNOWLEDGED, c -> c.get(figure));
    }
}
