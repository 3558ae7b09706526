package io.silo.shard.state;

import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;

/** Read-only face of a shard's state: all that a decider or a scan may see. Shard thread only. */
public interface ShardView {
    /** Stands for all tenants of a task group. */
    int ANY_TENANT = ReadyQueue.ANY_TENANT;

    /** Most tasks that {@link #forecastReady} shows. */
    int FORECAST_MAX = ReadyQueue.FORECAST_MAX;

    JobView jobs();

    LeaseView leases();

    RetryPolicies retryPolicies();

    /** Request ids of jobs that are gone. */
    RequestMemory requests();

    ScheduleTable schedules();

    Pauses pauses();

    LimitSettings limitSettings();

    FloatingLimits floatingLimits();

    LimitReport limitReport();

    WaitingReport waitingReport();

    ScanReport scanReport();

    TenantSettings tenantSettings();

    /** Bytes of a tenant's jobs that have not ended: see {@link JobView#storedBytes}. */
    long jobBytes(int tenant);

    /** Hash that {@link RequestMemory} knows a job's tenant and id by. */
    long jobIdHash(int slot);

    /** The job that ended first of those in this terminal state, or {@link RowSlab#NULL_SLOT}. */
    int oldestFinished(JobState state);

    /** Jobs that have ended. */
    int finishedCount();

    BulkTable bulks();

    /** Jobs in a state. */
    int jobCount(JobState state);

    /** Jobs of a tenant in a state. */
    int jobCount(int tenant, JobState state);

    /** Key that the next job will get. */
    long nextJobKey();

    /** Time of the last record, or 0. */
    long lastTimeMs();

    /** Name of a tenant. */
    void wrapTenant(int tenant, DirectBuffer view);

    void wrapTaskGroup(int taskGroup, DirectBuffer view);

    /** Task group by name, or -1. */
    int findTaskGroup(DirectBuffer name, int offset, int length);

    /** Tenant by name, or -1. */
    int findTenant(DirectBuffer name, int offset, int length);

    /** Ready tasks of a group that a worker could be given. */
    int readyCount(int taskGroup);

    /**
     * Live leases of a group's tasks; looks at every lease.
     *
     * @param tenant of this one only; -1 = of all.
     */
    int leasedCount(int taskGroup, int tenant);

    /** The task that a worker of this group gets next, or {@link RowSlab#NULL_SLOT}. */
    int peekReady(int taskGroup);

    /** As {@link #peekReady(int)}, of one tenant only. */
    int peekReady(int taskGroup, int tenant);

    /** Shows the ready tasks of a group that are likely to come next; see {@link ReadyQueue#forecast}. */
    void forecastReady(int taskGroup, int tenant, int limit, IntConsumer visitor);

    /** Newest job of a tenant in a state, or {@link RowSlab#NULL_SLOT}; go on by {@link JobView#older}. */
    int newestJob(int tenant, JobState state);

    /** Whether so many more jobs find room in the rows. */
    boolean hasRoomForJobs(int count);

    /** Whether one more tenant and one more task group find room. */
    boolean hasRoomForNames();

    /** Buckets of rate limits. */
    RateView rates();

    /** Limits that jobs name. */
    int limitCount();

    /** Whether so many more limits of a job find room. */
    boolean hasRoomForLimits(int count);

    /** Whether so many more leases of one worker find room. */
    boolean hasRoomForLeases(int count);

    /** Bytes that the indexes hold. */
    long bytes();

    /** See {@link JobView#digest}. */
    long digest();
}
