package io.silo.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Why a job does not run, or that it does. What does not belong to its situation is null.
 *
 * @param tenant {@code -} if it has none.
 * @param attempt number of the pending, running or last attempt.
 * @param at when the server looked, by its clock.
 * @param changedAt when the status last changed.
 * @param startAt of the pending attempt.
 * @param isGroupPaused whether its task group is, whatever else keeps the job.
 * @param isTenantPaused whether its tenant is, whatever else keeps the job.
 * @param run of {@link Situation#RUNNING}.
 * @param line of {@link Situation#LIMITED}.
 * @param bucket of {@link Situation#RATE_LIMITED}.
 * @param place of {@link Situation#READY}.
 */
public record Explanation(
        String tenant,
        String jobId,
        String taskGroup,
        JobStatus status,
        Situation situation,
        int priority,
        int attempt,
        Instant at,
        Instant changedAt,
        @Nullable Instant startAt,
        boolean isGroupPaused,
        boolean isTenantPaused,
        @Nullable Run run,
        @Nullable Line line,
        @Nullable Bucket bucket,
        @Nullable Place place) {
    /** The first thing that keeps a job from running. */
    public enum Situation {
        /** It has ended. */
        ENDED,
        /** A worker has it. */
        RUNNING,
        /** Its start time has not come. */
        STARTS_LATER,
        /** Its task group is paused. */
        GROUP_PAUSED,
        /** Its tenant is paused. */
        TENANT_PAUSED,
        /** It waits for a slot of a concurrency limit. */
        LIMITED,
        /** Only a worker is missing, or its turn. */
        READY,
        /** It waits for hits of a rate limit. */
        RATE_LIMITED,
        /** As many jobs of its tenant run in its task group as may. */
        TENANT_CAPPED
    }

    /**
     * The lease.
     *
     * @param leaseLeft until it expires if it is not renewed.
     * @param held keys of the limits that it holds slots of.
     */
    public record Run(
            String workerId,
            Instant leasedAt,
            Duration leaseLeft,
            @Nullable Instant cancelRequestedAt,
            List<String> held) {}

    /**
     * The line for a limit.
     *
     * @param max in force for this job; 0 = it never runs.
     * @param isMaxSet whether it was set for the key.
     * @param isMaxFloating whether workers found it out; if neither, it is the job's own.
     * @param holderCount leases that hold a slot.
     * @param holders some of them, those that began first in front.
     * @param before tasks of its task group that wait before it.
     * @param isMoreBefore whether there may be more of these: they are counted up to a bound.
     * @param candidates tasks of its task group before those that have all slots they need, and wait for a worker only.
     * @param keptFor job that free slots are kept for, since it waited for several limits too often; null = none.
     */
    public record Line(
            String key,
            int max,
            boolean isMaxSet,
            boolean isMaxFloating,
            int holderCount,
            List<Holder> holders,
            int before,
            boolean isMoreBefore,
            int candidates,
            @Nullable String keptFor) {}

    /**
     * The bucket of a rate limit, and the line for it.
     *
     * @param hits that a start of the job takes.
     * @param stage who answers it.
     * @param available hits that the bucket has; 0 of one that a service keeps.
     * @param enoughIn until it has enough if nobody takes from it, or until the service is asked again; null = never.
     * @param before tasks of its task group that wait before it.
     * @param isMoreBefore whether there may be more of these: they are counted up to a bound.
     * @param candidates tasks of its task group before those that only a worker is missing for.
     * @param keptFor job that hits are kept for, since it waited for several limits too often; null = none.
     */
    public record Bucket(
            String name,
            String key,
            RateStage stage,
            long hits,
            long available,
            @Nullable Duration enoughIn,
            int before,
            boolean isMoreBefore,
            int candidates,
            @Nullable String keptFor) {}

    /** Who answers a rate limit, and how far that is. */
    public enum RateStage {
        /** The shard keeps the bucket. */
        HERE,
        /** A rate limit service, when it is the job's turn and a worker wants it. */
        TO_BE_ASKED,
        /** A rate limit service, which is being asked. */
        ASKED,
        /** A rate limit service, which did not let a job pass; the limit is asked again later. */
        OVER,
        /** A rate limit service that gave no answer; the limit is asked again later. */
        UNAVAILABLE
    }

    /** Who holds a slot, since the start of its lease. */
    public record Holder(String jobId, String workerId, Instant since) {}

    /**
     * The place among ready tasks.
     *
     * @param prioritiesBefore more urgent priorities that have tasks.
     * @param tenantsBefore tenants of its priority whose turn comes first.
     * @param before tasks of its own tenant and priority before it.
     * @param isMoreBefore whether there may be more of these: they are counted up to a bound.
     * @param subscriptions of workers that may get it.
     * @param credits tasks that those still take.
     * @param waitingCalls that wait for a task like it.
     */
    public record Place(
            int prioritiesBefore,
            int tenantsBefore,
            int before,
            boolean isMoreBefore,
            int subscriptions,
            long credits,
            int waitingCalls) {}
}
