package io.silo.simulation.world;

import java.util.Locale;

/** What clients may make use of in a run. A seed switches some of those on that its scenario allows. */
public enum Feature {
    /** Jobs differ in priority. */
    PRIORITIES,
    /** Jobs start in the future. */
    FUTURE_STARTS,
    /** Jobs have retry policies, and attempts fail. */
    RETRIES,
    /** Payloads come in uploads. */
    UPLOADS,
    /** Several jobs are enqueued, several outcomes reported in one command. */
    BATCHES,
    /** Tasks are pushed to subscriptions. */
    SUBSCRIPTIONS,
    /** Tasks are asked for by calls that wait. */
    LONG_POLL,
    /** Some calls are content with appended. */
    APPENDED,
    /** Jobs belong to several tenants, and so to several shards. */
    TENANTS,
    /** Workers give leases back, and close their sessions. */
    RETURNS,
    /** Workers take longer than their leases, or never report. */
    OVERRUNS,
    /** Calls are made that must be refused. */
    BAD_INPUT,
    /** Clients read jobs and wait for results. */
    READS,
    /** Old cycles are carried forward and trimmed. */
    CARRY_FORWARD,
    /** Jobs are cancelled, restarted, expedited, deleted and leased by their id, and some enqueued again. */
    OPERATORS,
    /** Jobs are imported with their history, some more than once. */
    IMPORTS,
    /** Workers give tasks back until later. */
    SNOOZES,
    /** Jobs have a latest start, or a longest run of an attempt. */
    TIME_BOUNDS,
    /** Schedules bring jobs. */
    RECURRING,
    /** Some jobs have a unique key. */
    UNIQUE_KEYS,
    /** Some jobs have concurrency limits, several too. */
    LIMITS,
    /** Task groups and tenants are paused and resumed. */
    PAUSES,
    /** Jobs are cancelled, restarted, expedited and deleted by filter, listed and counted. */
    BULK,
    /** Maxima of limits are set and unset, slots dropped, and it is asked who waits and why. */
    LIMIT_VERBS,

    /** Weights and caps of tenants are set. */
    FAIRNESS,
    /** Half of the jobs with limits have a narrow rate limit. */
    RATES,
    /** Half of the jobs with limits have a floating one, and workers find out what it is. */
    FLOATING;

    /** Name on the command line and in reports, as in {@code long-poll}. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
