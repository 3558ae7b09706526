package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.util.BitSet;
import java.util.function.IntConsumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The indexes of a shard together. Mutators that end in an event's name are called by appliers only; those under "volatile" touch
 * nothing that is logged. Shard thread only.
 */
public final class ShardState implements ShardView {
    /** Bounds of the tables; each answers BUSY or MEMORY_FULL before it is reached. */
    public record Capacity(
            int jobsMax, long idBytesMax, int leasesMax, int workersMax, int tenantsMax, int taskGroupsMax) {
        /** 16 M jobs, 1 M leases, 64 K workers, 1 M tenants, 64 K task groups: rows are taken in chunks as needed. */
        public static final Capacity DEFAULT = new Capacity(
                ReadyQueue.TASKS_MAX, 1L << 33, 1 << 20, 1 << 16, ReadyQueue.TENANTS_MAX, ReadyQueue.GROUPS_MAX);
    }

    /** Buckets of rate limits looked at in one duty cycle. */
    private static final int BUCKETS_PER_POLL = 1_024;

    /** Claims on limits, for each job that may be there. */
    private static final int CLAIMS_PER_JOB = 4;

    private final Capacity capacity;
    final NameTable tenants;
    final NameTable taskGroups;
    private final RetryPolicies policies = new RetryPolicies(1 << 24);
    final LeaseTable leases;
    final LimitTable limits;
    final JobTable jobs;
    final RateBuckets rates;
    final TaskQueues queues;
    private final RateWork rateWork;
    private final LimitChanges limitChanges;
    private final SlowRecount recount = new SlowRecount(this);
    private final PlanChanges planChanges = new PlanChanges(this);
    private final SettingChanges settingChanges = new SettingChanges(this);
    private final LeaseTimers leaseTimers;
    private final RequestMemory requests = new RequestMemory();
    final ScheduleTable schedules = new ScheduleTable();
    final BulkTable bulks = new BulkTable();
    final Pauses pauses = new Pauses();
    final LimitSettings limitSettings;
    final FloatingLimits floatingLimits;
    private final LimitReport limitReport;
    private final WaitingReport waitingReport;
    private final ScanReport scanReport;
    final TenantSettings tenantSettings;
    final BitSet pausedGroups = new BitSet();
    private final SlotList finished = new SlotList();
    private final UnsafeBuffer nameView = new UnsafeBuffer(0, 0);
    private long nextJobKey = 1;
    private long lastTimeMs;

    /** @param hashSeed random and unknown to clients. */
    public ShardState(long hashSeed, Capacity capacity) {
        this.capacity = capacity;
        tenants = new NameTable(capacity.tenantsMax(), hashSeed);
        taskGroups = new NameTable(capacity.taskGroupsMax(), hashSeed);
        leases = new LeaseTable(hashSeed, capacity.leasesMax(), capacity.workersMax());
        final int claimsMax = capacity.jobsMax() * CLAIMS_PER_JOB;
        limits = new LimitTable(hashSeed, capacity.jobsMax(), claimsMax, capacity.idBytesMax());
        jobs = new JobTable(
                hashSeed, capacity.jobsMax(), capacity.idBytesMax(), tenants, taskGroups, policies, leases, limits);
        rates = new RateBuckets(jobs, limits, tenants, capacity.jobsMax());
        queues = new TaskQueues(jobs, limits, rates, pausedGroups, claimsMax);
        rateWork = new RateWork(rates, queues.lines);
        limitChanges = new LimitChanges(jobs, limits, queues.lines, rates, tenants);
        leaseTimers = new LeaseTimers(leases, jobs);
        limitSettings = new LimitSettings(limits, queues.lines, tenants);
        floatingLimits = new FloatingLimits(limits, queues.lines, tenants);
        limitReport = new LimitReport(jobs, limits, queues.lines);
        waitingReport = new WaitingReport(jobs, limits, rates, queues);
        scanReport = new ScanReport(jobs, limits, queues, tenants);
        tenantSettings = new TenantSettings(tenants, queues, leases, jobs);
    }

    // ---- events
    // -------------------------------------------------------------------------------------------------------------

    /** A job came to be: SCHEDULED, attempt 1. Returns its slot; {@link #jobPlaced} must follow. */
    public int jobEnqueued(
            long jobKey,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int taskGroupOffset,
            int taskGroupLength,
            int idOffset,
            int idLength) {
        final int tenant = tenants.acquire(buffer, tenantOffset, tenantLength);
        final int group = taskGroups.acquire(buffer, taskGroupOffset, taskGroupLength);
        Invariant.check(tenant >= 0 && group >= 0, "name table overflow");
        // [SILO-PLACE-1]
        nextJobKey = Math.max(nextJobKey, jobKey + 1);
        return jobs.insert(jobKey, tenant, group, buffer, idOffset, idLength);
    }

    /** Row of an equal retry policy, with one more reference. */
    public int retryPolicy(int retryCount, long initialMs, long maxMs, int backoffPermille, boolean jitter) {
        return policies.acquire(retryCount, initialMs, maxMs, backoffPermille, jitter);
    }

    /** Sets what an enqueue fixes for ever. */
    public void jobSettings(
            int slot,
            int priority,
            int retryPolicy,
            int leaseMs,
            int maxRunMs,
            long startDeadlineMs,
            long requestIdHigh,
            long requestIdLow) {
        jobs.settings(slot, priority, retryPolicy, leaseMs, maxRunMs, startDeadlineMs);
        jobs.request(slot, requestIdHigh, requestIdLow);
    }

    /** The job has a unique key, and holds it until it ends. */
    public void jobUniqueKey(int slot, DirectBuffer key, int keyOffset, int keyLength) {
        jobs.uniqueKey(slot, key, keyOffset, keyLength);
    }

    /** The job has a metadata entry. */
    public void jobMetadata(
            int slot, DirectBuffer buffer, int keyOffset, int keyLength, int valueOffset, int valueLength) {
        jobs.metadata.add(slot, buffer, keyOffset, keyLength, valueOffset, valueLength);
    }

    /** Finishes the insertion of a SCHEDULED job: time, start, digest and queue. */
    public void jobScheduled(int slot, long changedAtMs, long startMs, long nowMs) {
        jobs.state(slot, JobState.SCHEDULED, changedAtMs);
        jobs.startMs(slot, startMs);
        jobs.end(slot);
        queues.add(slot, nowMs);
    }

    /** The payload of a job that just came lies in chunks. */
    public void jobUploaded(int slot, int payloadBytes) {
        jobs.uploaded(slot, payloadBytes);
    }

    /** Where the job's definition lies in the log. */
    public void jobPlaced(int slot, long position, int offset, int length) {
        jobs.definition(slot, position, offset, length);
        jobs.lastPosition(slot, position);
    }

    /** The job names chunks from this record on; {@link io.silo.log.EventLog#NULL_POSITION} = it does not. */
    public void jobChunked(int slot, long firstPosition) {
        if (firstPosition >= 0) {
            jobs.firstChunk(slot, Math.min(jobs.firstChunk(slot), firstPosition));
        }
    }

    /** An image names every chunk anew. */
    public void jobChunksMoved(int slot, long firstPosition) {
        jobs.firstChunk(slot, firstPosition >= 0 ? firstPosition : Long.MAX_VALUE);
    }

    /** SCHEDULED to RUNNING. */
    public int taskLeased(
            int slot,
            long position,
            long tokenEpoch,
            long token,
            long timeMs,
            int leaseMs,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        Invariant.check(jobs.state(slot) == JobState.SCHEDULED, "leased job is not scheduled");
        jobs.begin(slot);
        // [SILO-DEQ-3]
        queues.remove(slot, true);
        // [SILO-DEQ-4]
        final int lease =
                leases.insert(slot, worker, workerOffset, workerLength, timeMs, leaseMs, requestIdHigh, requestIdLow);
        jobs.where(slot, JobTable.IN_LEASES, lease);
        queues.leased(slot);
        // [SILO-DEQ-6]
        jobs.state(slot, JobState.RUNNING, timeMs);
        jobs.token(slot, tokenEpoch, token);
        jobs.reported(slot, false);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        return lease;
    }

    /**
     * RUNNING back to SCHEDULED under the same attempt number.
     *
     * @param nextStartMs of a snoozed task; negative = the start time stays, so the job keeps its place.
     */
    public void leaseReturned(int slot, long position, long timeMs, long nextStartMs) {
        endLease(slot);
        if (nextStartMs >= 0) {
            jobs.startMs(slot, nextStartMs);
        }
        // [SILO-RETURN-1]
        jobs.state(slot, JobState.SCHEDULED, timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        // [SILO-RETURN-2]
        queues.add(slot, timeMs);
    }

    /** RUNNING to SCHEDULED with the next attempt number. */
    public void attemptFailed(
            int slot, long position, long timeMs, boolean reported, boolean crashed, long nextStartMs) {
        endLease(slot);
        jobs.reported(slot, reported);
        jobs.crashes(slot, crashed ? Math.min(JobTable.CRASHES_MAX, jobs.crashes(slot) + 1) : 0);
        jobs.attempts(slot, jobs.attempt(slot) + 1, jobs.relativeAttempt(slot) + 1);
        jobs.state(slot, JobState.SCHEDULED, timeMs);
        jobs.startMs(slot, nextStartMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        // [SILO-RETRY-5]
        queues.add(slot, timeMs);
    }

    /** RUNNING to a terminal state. */
    public void attemptEnded(int slot, long position, long timeMs, boolean reported, JobState state) {
        Invariant.check(state.isTerminal(), "not a terminal state");
        // [SILO-SUCC-2]
        endLease(slot);
        jobs.reported(slot, reported);
        jobs.crashes(slot, 0);
        jobs.state(slot, state, timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        finished.add(slot);
    }

    /** SCHEDULED to SCHEDULED with the next attempt number: this one ended before it began. */
    public void attemptRefused(int slot, long position, long timeMs, long nextStartMs) {
        Invariant.check(jobs.state(slot) == JobState.SCHEDULED, "refused attempt was not scheduled");
        jobs.begin(slot);
        queues.remove(slot, false);
        jobs.attempts(slot, jobs.attempt(slot) + 1, jobs.relativeAttempt(slot) + 1);
        jobs.state(slot, JobState.SCHEDULED, timeMs);
        jobs.startMs(slot, nextStartMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        queues.add(slot, timeMs);
    }

    /** SCHEDULED to a terminal state without an attempt that ran. */
    public void jobEnded(int slot, long position, long timeMs, JobState state) {
        Invariant.check(jobs.state(slot) == JobState.SCHEDULED, "ended job was not scheduled");
        jobs.begin(slot);
        queues.remove(slot, false);
        jobs.cancelledPending(slot, state == JobState.CANCELLED);
        jobs.state(slot, state, timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        finished.add(slot);
    }

    /** The lease is told to stop; nothing else changes. */
    public void cancelRequested(int slot, long position, long timeMs) {
        jobs.begin(slot);
        leases.cancelRequested(jobs.lease(slot), timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
    }

    /** FAILED or CANCELLED to SCHEDULED. */
    public void jobRestarted(int slot, long position, long timeMs, int attempt, long startMs) {
        Invariant.check(jobs.state(slot).isTerminal(), "restarted job was not ended");
        jobs.begin(slot);
        reopen(slot, position, timeMs, attempt, 1, startMs);
        jobs.end(slot);
        queues.add(slot, timeMs);
    }

    /** A SCHEDULED job starts at another time, now or later. */
    public void jobExpedited(int slot, long position, long timeMs, long startMs) {
        Invariant.check(jobs.state(slot) == JobState.SCHEDULED, "expedited job is not scheduled");
        jobs.begin(slot);
        queues.remove(slot, false);
        jobs.startMs(slot, startMs);
        jobs.state(slot, JobState.SCHEDULED, timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        queues.add(slot, timeMs);
    }

    /**
     * A SCHEDULED, FAILED or CANCELLED job got further attempts and another retry policy.
     *
     * @param startMs of the pending attempt; negative = the job has ended.
     */
    public void jobReimported(
            int slot,
            long position,
            JobState state,
            int attempt,
            int relativeAttempt,
            int retryPolicy,
            long startMs,
            long timeMs) {
        jobs.begin(slot);
        // [SILO-REIMP-5]
        if (jobs.state(slot) == JobState.SCHEDULED) {
            queues.remove(slot, false);
        }
        jobs.retryPolicy(slot, retryPolicy);
        if (state == JobState.SCHEDULED) {
            // [SILO-REIMP-7]
            reopen(slot, position, timeMs, attempt, relativeAttempt, startMs);
            jobs.end(slot);
            queues.add(slot, timeMs);
            return;
        }
        jobs.attempts(slot, attempt, relativeAttempt);
        jobs.cancelledPending(slot, false);
        jobs.crashes(slot, 0);
        jobs.state(slot, state, timeMs);
        jobs.lastPosition(slot, position);
        jobs.end(slot);
        finished.add(slot);
    }

    private void reopen(int slot, long position, long changedAtMs, int attempt, int relativeAttempt, long startMs) {
        jobs.attempts(slot, attempt, relativeAttempt);
        // [SILO-RESTART-4] [SILO-IMP-FLAG]
        jobs.cancelledPending(slot, false);
        jobs.crashes(slot, 0);
        jobs.startMs(slot, startMs);
        // [SILO-RESTART-6]
        jobs.state(slot, JobState.SCHEDULED, changedAtMs);
        jobs.lastPosition(slot, position);
    }

    /** An ended job is gone. */
    public void jobDeleted(int slot) {
        Invariant.check(jobs.state(slot).isTerminal(), "deleted job was not ended");
        jobs.begin(slot);
        jobs.remove(slot);
    }

    /** The request id of a job that is gone. */
    public void requestRemembered(
            long idHigh, long idLow, long jobKey, long jobIdHash, long removedAtMs, long position) {
        if ((idHigh | idLow) != 0) {
            requests.put(idHigh, idLow, jobKey, jobIdHash, removedAtMs, position);
        }
    }

    /** A job known only by its image: anything but its queue, lease and place. {@link #jobEnqueued} came first. */
    public void jobRestored(
            int slot,
            JobState state,
            long changedAtMs,
            int attempt,
            int relativeAttempt,
            long tokenEpoch,
            long token,
            boolean reported) {
        jobs.attempts(slot, attempt, relativeAttempt);
        jobs.token(slot, tokenEpoch, token);
        jobs.reported(slot, reported);
        jobs.state(slot, state, changedAtMs);
    }

    /** More of {@link #jobRestored}. */
    public void markersRestored(int slot, boolean cancelledPending, int crashes) {
        jobs.cancelledPending(slot, cancelledPending);
        jobs.crashes(slot, crashes);
    }

    /** Second half of {@link #jobRestored} for a RUNNING job. */
    public void leaseRestored(
            int slot,
            long startMs,
            long startedAtMs,
            long cancelRequestedAtMs,
            int leaseMs,
            long requestIdHigh,
            long requestIdLow,
            DirectBuffer worker,
            int workerOffset,
            int workerLength) {
        final int lease = leases.insert(
                slot, worker, workerOffset, workerLength, startedAtMs, leaseMs, requestIdHigh, requestIdLow);
        jobs.where(slot, JobTable.IN_LEASES, lease);
        queues.leased(slot);
        leases.cancelRequested(lease, cancelRequestedAtMs);
        // Kept for a lease that is returned: the job then takes its old place.
        jobs.startMs(slot, startMs);
        jobs.end(slot);
    }

    /** Second half of {@link #jobRestored} for an ended job. */
    public void endRestored(int slot, long startMs) {
        jobs.startMs(slot, startMs);
        jobs.end(slot);
    }

    /** Every record moves the time of the state. */
    public void recordApplied(long timeMs) {
        lastTimeMs = Math.max(lastTimeMs, timeMs);
    }

    /** The images of a trimmed log are all in: what depends on the order of changes is put in order. */
    public void imagesComplete() {
        jobs.rebuildChains();
    }

    /** Singletons of a carried log. */
    public void carriedThrough(long nextKey, long timeMs) {
        nextJobKey = Math.max(nextJobKey, nextKey);
        lastTimeMs = Math.max(lastTimeMs, timeMs);
    }

    /** A key of the arrival counter is taken. */
    void keyUsed(long key) {
        nextJobKey = Math.max(nextJobKey, key + 1);
    }

    /** What events do to schedules and bulk changes. */
    public PlanChanges planChanges() {
        return planChanges;
    }

    /** What events do to what operators set. */
    public SettingChanges settingChanges() {
        return settingChanges;
    }

    /** What events do to limits. */
    public LimitChanges limitChanges() {
        return limitChanges;
    }

    // ---- volatile
    // -----------------------------------------------------------------------------------------------------------

    /** Moves jobs whose start time has come to the ready queue. Returns how many, at most {@code limit}. */
    public int pollStartTimers(long nowMs, int limit) {
        return queues.pollStartTimers(nowMs, limit);
    }

    /**
     * Works off a bounded part of what slots that were given back and buckets that have filled make possible, and ends reservations that
     * are over.
     *
     * @param monotonicMs the duty cycle's; {@link RateWork#time} comes first.
     * @return whether more is left.
     */
    public boolean settleLimits(long monotonicMs) {
        final int polled = rates.poll(BUCKETS_PER_POLL);
        queues.lines.expireReservations(monotonicMs);
        queues.lines.settle();
        return polled == BUCKETS_PER_POLL || !queues.lines.isSettled();
    }

    /** What the jobs need of the log, and what the log has. */
    public LiveBytes liveBytes() {
        return jobs.liveBytes;
    }

    /** When leases end. */
    public LeaseTimers leaseTimers() {
        return leaseTimers;
    }

    /** What time makes of rate limits. */
    public RateWork rateWork() {
        return rateWork;
    }

    /** Earliest start time not yet reached, or {@link Long#MAX_VALUE}. */
    public long nextStartMs() {
        return queues.startTimers.nextDeadline();
    }

    /**
     * A scheduled job whose latest start has passed by {@code nowMs} (wall), or {@link RowSlab#NULL_SLOT}. Its timer is gone: the
     * caller ends it.
     */
    public int pollLateJob(long nowMs) {
        return queues.pollLateJob(nowMs);
    }

    /** Earliest latest start, or {@link Long#MAX_VALUE}. */
    public long nextStartDeadlineMs() {
        return queues.deadlineTimers.nextDeadline();
    }

    /** Forgets requests whose time is over, at most {@code limit}. */
    public int forgetRequests(long nowMs, int limit) {
        return requests.forget(nowMs, limit);
    }

    /** Jobs that ended since the list was last cleared, oldest first. */
    public SlotList finished() {
        return finished;
    }

    /**
     * Takes one from what a tenant may enqueue this second; false if none is left.
     *
     * @param nowMs monotonic.
     */
    public boolean takeEnqueue(int tenant, long nowMs) {
        return tenantSettings.takeEnqueue(tenant, nowMs);
    }

    /** Interns a task group for a subscription, so that its number stays while the subscription lives; -1 at the bound. */
    public int pinTaskGroup(DirectBuffer name, int offset, int length) {
        return taskGroups.acquire(name, offset, length);
    }

    public void unpinTaskGroup(int taskGroup) {
        taskGroups.release(taskGroup);
    }

    /** Calls back for the row of every live lease, which the callback may remove. */
    public void forEachLease(IntConsumer action) {
        leases.forEach(action);
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------------

    @Override
    public JobView jobs() {
        return jobs;
    }

    @Override
    public LeaseView leases() {
        return leases;
    }

    @Override
    public RequestMemory requests() {
        return requests;
    }

    @Override
    public BulkTable bulks() {
        return bulks;
    }

    @Override
    public Pauses pauses() {
        return pauses;
    }

    @Override
    public LimitSettings limitSettings() {
        return limitSettings;
    }

    @Override
    public FloatingLimits floatingLimits() {
        return floatingLimits;
    }

    @Override
    public LimitReport limitReport() {
        return limitReport;
    }

    @Override
    public ScanReport scanReport() {
        return scanReport;
    }

    @Override
    public WaitingReport waitingReport() {
        return waitingReport;
    }

    @Override
    public TenantSettings tenantSettings() {
        return tenantSettings;
    }

    @Override
    public long jobBytes(int tenant) {
        return jobs.tenantBytes.of(tenant);
    }

    @Override
    public ScheduleTable schedules() {
        return schedules;
    }

    @Override
    public long jobIdHash(int slot) {
        jobs.wrapId(slot, nameView);
        return Xxh64.hash(nameView, 0, nameView.capacity(), tenants.hash(jobs.tenant(slot)));
    }

    @Override
    public int oldestFinished(JobState state) {
        return jobs.oldestFinished(state);
    }

    @Override
    public int finishedCount() {
        return jobs.finishedCount();
    }

    @Override
    public int jobCount(JobState state) {
        return jobs.count(state);
    }

    @Override
    public int jobCount(int tenant, JobState state) {
        return jobs.count(tenant, state);
    }

    @Override
    public RetryPolicies retryPolicies() {
        return policies;
    }

    @Override
    public long nextJobKey() {
        return nextJobKey;
    }

    @Override
    public long lastTimeMs() {
        return lastTimeMs;
    }

    @Override
    public void wrapTenant(int tenant, DirectBuffer view) {
        tenants.wrap(tenant, view);
    }

    @Override
    public void wrapTaskGroup(int taskGroup, DirectBuffer view) {
        taskGroups.wrap(taskGroup, view);
    }

    @Override
    public int findTaskGroup(DirectBuffer name, int offset, int length) {
        return taskGroups.find(name, offset, length);
    }

    @Override
    public int findTenant(DirectBuffer name, int offset, int length) {
        return tenants.find(name, offset, length);
    }

    @Override
    public int readyCount(int taskGroup) {
        queues.lines.settle();
        return pausedGroups.get(taskGroup) ? 0 : queues.ready.size(taskGroup);
    }

    @Override
    public int leasedCount(int taskGroup, int tenant) {
        return leases.count(job -> jobs.taskGroup(job) == taskGroup && (tenant < 0 || jobs.tenant(job) == tenant));
    }

    /** Tasks of paused tenants are in no ring of the ready queue. */
    @Override
    public int peekReady(int taskGroup) {
        // [SILO-PAUSE-1]
        return pausedGroups.get(taskGroup) ? RowSlab.NULL_SLOT : queues.lines.peek(taskGroup, ANY_TENANT);
    }

    @Override
    public int peekReady(int taskGroup, int tenant) {
        return pausedGroups.get(taskGroup) ? RowSlab.NULL_SLOT : queues.lines.peek(taskGroup, tenant);
    }

    @Override
    public void forecastReady(int taskGroup, int tenant, int limit, IntConsumer visitor) {
        if (!pausedGroups.get(taskGroup)) {
            queues.ready.forecast(taskGroup, tenant, limit, visitor);
        }
    }

    @Override
    public int newestJob(int tenant, JobState state) {
        return jobs.newest(tenant, state);
    }

    @Override
    public boolean hasRoomForJobs(int count) {
        return jobs.count() + count <= capacity.jobsMax();
    }

    @Override
    public boolean hasRoomForNames() {
        return tenants.count() < capacity.tenantsMax() && taskGroups.count() < capacity.taskGroupsMax();
    }

    @Override
    public RateView rates() {
        return rates;
    }

    @Override
    public int limitCount() {
        return limits.count();
    }

    @Override
    public boolean hasRoomForLimits(int count) {
        return limits.hasRoom(count);
    }

    @Override
    public boolean hasRoomForLeases(int count) {
        return leases.hasRoom(count);
    }

    @Override
    public long bytes() {
        return jobs.bytes()
                + leases.bytes()
                + policies.bytes()
                + tenants.bytes()
                + taskGroups.bytes()
                + limits.bytes()
                + limitSettings.bytes()
                + floatingLimits.bytes()
                + queues.bytes()
                + rates.bytes()
                + leaseTimers.bytes()
                + requests.bytes()
                + schedules.bytes()
                + bulks.bytes();
    }

    @Override
    public long digest() {
        return jobs.digest()
                + schedules.digest()
                + pauses.digest()
                + limitSettings.digest()
                + floatingLimits.digest()
                + tenantSettings.digest()
                + bulks.digest()
                + rates.digest()
                + nextJobKey;
    }

    /** Compares some rows with what they name: {@link SlowRecount}. Volatile. */
    public void recount() {
        recount.slice();
    }

    /** Times that {@link #recount} has looked at every row. */
    public long recounts() {
        return recount.rounds();
    }

    /** Compares every index with every other from scratch; for tests after each step and the slow recount. */
    public void checkInvariants() {
        new ShardInvariants(this).check();
    }

    public void close() {
        jobs.close();
        leases.close();
        policies.close();
        tenants.close();
        taskGroups.close();
        limits.close();
        queues.close();
        rates.close();
        requests.close();
    }

    private void endLease(int slot) {
        Invariant.check(jobs.state(slot) == JobState.RUNNING, "ended attempt was not running");
        jobs.begin(slot);
        final int lease = jobs.lease(slot);
        leaseTimers.cancel(lease);
        // [SILO-REAP-REL]
        leases.remove(lease);
        queues.leaseEnded(slot);
        // [SILO-LIMIT-3] [SILO-RATE-3] Whatever ends the lease gives its slots back, in the same event, and no hit.
        queues.lines.giveBack(slot, 0);
    }
}
