package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Enqueues jobs, reads and changes them, and makes schedules of jobs. One client serves a whole process: it has one connection to each shard thread, one network
 * thread, and is safe for any thread.
 *
 * <pre>{@code
 * try (SiloClient client = SiloClient.connect("127.0.0.1:7451")) {
 *     JobHandle job = client.enqueue(JobRequest.to("emails").payload("hello").build());
 *     JobResult result = job.awaitResult(Duration.ofSeconds(30));
 * }
 * }</pre>
 *
 * <p>Every method comes twice: plain, which waits, and with {@code Async}, which returns a future. A call that fails throws
 * {@link SiloException}, or ends its future with it. Lost connections are rebuilt and calls repeated inside their time-out;
 * repeating is always safe. At most {@link SiloClientBuilder#window} calls are on their way; the next waits for room, an
 * {@code Async} one too, and gets {@code BUSY} after {@link SiloClientBuilder#windowTimeout}.
 *
 * <p>Futures are completed by two threads of the client's own. Code that hangs on them may call the client.
 */
public final class SiloClient implements AutoCloseable {
    // 3: an upload is given up by a restart or under memory pressure; thrice in a row is no accident.
    private static final int UPLOAD_ATTEMPTS = 3;

    /** Items of a message with unique keys: 256 ids of 256 bytes are 66 KiB of an answer's 120. */
    private static final int UNIQUE_ITEMS_MAX = 256;

    private static final int CALLBACK_THREADS = 2;

    private final SiloClientBuilder settings;
    private final ForkJoinPool callbacks;
    private final NetAgent agent;
    private final JobChanges changes = new JobChanges(this);
    private final Schedules schedules = new Schedules(this);
    private final BulkChanges bulk = new BulkChanges(this);
    private final Pauses pauses = new Pauses(this);

    SiloClient(SiloClientBuilder settings) {
        this.settings = settings;
        this.callbacks =
                new ForkJoinPool(CALLBACK_THREADS, ForkJoinPool.defaultForkJoinWorkerThreadFactory, null, true);
        this.agent = new NetAgent(settings, callbacks);
        agent.start();
    }

    /** Begins a client with other than default settings. */
    public static SiloClientBuilder builder() {
        return new SiloClientBuilder();
    }

    /** A client of the server at {@code host:port}, with default settings. */
    public static SiloClient connect(String address) {
        return builder().address(address).build();
    }

    /** Waits until the server has answered once, and returns its version. */
    public String awaitConnected() {
        return join(withMap().thenApply(ShardMap::serverVersion));
    }

    /** Enqueues a job. Throws if it was refused. */
    public JobHandle enqueue(JobRequest request) {
        return join(enqueueAsync(request));
    }

    /** As {@link #enqueue}, without waiting for the acknowledgement. */
    public CompletableFuture<JobHandle> enqueueAsync(JobRequest request) {
        return enqueueAllAsync(List.of(request)).thenApply(results -> {
            final EnqueueResult result = results.get(0);
            final RejectReason rejected = result.rejected();
            if (rejected != null) {
                final String holder = result.heldBy() == null ? "" : " It is job '" + result.heldBy() + "'.";
                throw new SiloException(
                        rejected,
                        "Expected to enqueue job '" + result.jobId() + "', but: " + rejected.sentence() + holder);
            }
            return new JobHandle(this, result);
        });
    }

    /**
     * Enqueues many jobs, in as few messages as they fit. Each is accepted or refused by itself.
     *
     * @return one result a request, in order. Throws only when a message as a whole had no answer: some jobs may exist then, and
     *     the same requests may be enqueued again.
     */
    public List<EnqueueResult> enqueueAll(List<JobRequest> requests) {
        return join(enqueueAllAsync(requests));
    }

    /** As {@link #enqueueAll}, without waiting for the acknowledgements. */
    public CompletableFuture<List<EnqueueResult>> enqueueAllAsync(List<JobRequest> requests) {
        if (requests.isEmpty()) {
            return CompletableFuture.completedFuture(List.of());
        }
        final List<JobCalls.Item> items = new ArrayList<>(requests.size());
        for (final JobRequest request : requests) {
            items.add(new JobCalls.Item(request, request.tenant == null ? settings.tenant : request.tenant));
        }
        return withMap(() -> JobCalls.inlineLength(items)).thenCompose(map -> enqueueSound(items, map));
    }

    /** Refuses at once what cannot be sent, and sends the others. */
    private CompletableFuture<List<EnqueueResult>> enqueueSound(List<JobCalls.Item> items, ShardMap map) {
        final @Nullable EnqueueResult[] results = new EnqueueResult[items.size()];
        final List<JobCalls.Item> sound = new ArrayList<>(items.size());
        final List<Integer> places = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            final JobCalls.Item item = items.get(i);
            RejectReason refused = item.request.unencodable(item.tenant);
            if (refused == null && item.request.payload.size() > map.payloadBytesMax()) {
                refused = RejectReason.PAYLOAD_TOO_LARGE;
            }
            if (refused == null) {
                sound.add(item);
                places.add(i);
            } else {
                results[i] = new EnqueueResult(
                        item.tenant, item.request.id, refused, EnqueueResult.NULL_POSITION, durability(item), null);
            }
        }
        if (sound.size() == items.size()) {
            return enqueueItems(sound, map, UPLOAD_ATTEMPTS);
        }
        if (sound.isEmpty()) {
            return CompletableFuture.completedFuture(Arrays.asList(results));
        }
        return enqueueItems(sound, map, UPLOAD_ATTEMPTS).thenApply(answers -> {
            for (int i = 0; i < answers.size(); i++) {
                results[places.get(i)] = answers.get(i);
            }
            return Arrays.asList(results);
        });
    }

    private CompletableFuture<List<EnqueueResult>> enqueueItems(
            List<JobCalls.Item> items, ShardMap map, int uploadAttempts) {
        final EnqueueResult[] results = new EnqueueResult[items.size()];
        final List<CompletableFuture<?>> sent = new ArrayList<>();
        final List<JobCalls.Item> inline = new ArrayList<>(items.size());
        final List<Integer> places = new ArrayList<>(items.size());
        for (int i = 0; i < items.size(); i++) {
            final JobCalls.Item item = items.get(i);
            final Payload payload = item.request.payload;
            if (payload.size() > map.inlineBytesMax()
                    || payload.size() > 0 && item.inlineLength() > Batches.ROOM_BYTES) {
                final int place = i;
                // Each by itself, as soon as it is uploaded: uploads that wait for one another could fill the server's
                // bound.
                sent.add(upload(payload.bytes(), item.hash)
                        .thenCompose(id -> {
                            item.uploadId = id;
                            return sendItems(List.of(item), map);
                        })
                        .thenAccept(answers -> results[place] = answers.get(0)));
            } else {
                inline.add(item);
                places.add(i);
            }
        }
        if (sent.isEmpty()) {
            return sendItems(items, map);
        }
        if (!inline.isEmpty()) {
            sent.add(sendItems(inline, map).thenAccept(answers -> {
                for (int i = 0; i < answers.size(); i++) {
                    results[places.get(i)] = answers.get(i);
                }
            }));
        }
        return CompletableFuture.allOf(sent.toArray(new CompletableFuture<?>[0]))
                .thenCompose(done -> repeatLostUploads(items, Arrays.asList(results), map, uploadAttempts));
    }

    private CompletableFuture<List<EnqueueResult>> repeatLostUploads(
            List<JobCalls.Item> items, List<EnqueueResult> results, ShardMap map, int uploadAttempts) {
        final List<JobCalls.Item> lost = new ArrayList<>();
        final List<Integer> places = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            if (results.get(i).rejected() == RejectReason.UPLOAD_NOT_FOUND) {
                items.get(i).uploadId = 0;
                lost.add(items.get(i));
                places.add(i);
            }
        }
        if (lost.isEmpty() || uploadAttempts <= 1) {
            return CompletableFuture.completedFuture(results);
        }
        return enqueueItems(lost, map, uploadAttempts - 1).thenApply(again -> {
            final List<EnqueueResult> merged = new ArrayList<>(results);
            for (int i = 0; i < again.size(); i++) {
                merged.set(places.get(i), again.get(i));
            }
            return merged;
        });
    }

    /** Splits by shard, durability and size, sends, and puts the answers into the order of the items. */
    private CompletableFuture<List<EnqueueResult>> sendItems(List<JobCalls.Item> items, ShardMap map) {
        record Key(ShardMap.@Nullable Target target, Durability durability) {}
        return Batches.send(
                items,
                item -> new Key(map.target(item.hash), durability(item)),
                JobCalls.Item::inlineLength,
                // Fewer where a unique key may be held, so that the answer has room for the ids of all that hold one.
                items.stream().allMatch(item -> item.request.uniqueKey.isEmpty())
                        ? Bounds.BATCH_ITEMS_MAX
                        : UNIQUE_ITEMS_MAX,
                this::sendBatch);
    }

    private CompletableFuture<List<EnqueueResult>> sendBatch(List<JobCalls.Item> batch) {
        return submit(new JobCalls.Enqueue(batch, durability(batch.get(0)), deadlineNs()))
                .thenApply(results -> {
                    if (results.size() != batch.size()) {
                        throw new SiloException(
                                RejectReason.UNKNOWN_OUTCOME,
                                "Expected " + batch.size() + " results, but the server sent " + results.size() + ".");
                    }
                    return results;
                });
    }

    private Durability durability(JobCalls.Item item) {
        final Durability own = item.request.durability;
        return own == null ? settings.durability : own;
    }

    CompletableFuture<Long> upload(byte[] bytes, long tenantHash) {
        return submit(new JobCalls.Upload(bytes, tenantHash, deadlineNs()));
    }

    /** Cancels a job of the default tenant. See {@link #cancel(String, String)}. */
    public JobStatus cancel(String jobId) {
        return cancel(settings.tenant, jobId);
    }

    /** Cancels a job. One that waits is cancelled at once and never runs; the worker of one that runs is told, and how its attempt
     * ends decides: a success still counts.
     *
     * @return {@code CANCELLED}, or {@code RUNNING} if the worker is being told. Throws {@code JOB_ALREADY_CANCELLED}, also of one
     *     whose worker was told before, {@code JOB_TERMINAL} or {@code JOB_NOT_FOUND}.
     */
    public JobStatus cancel(String tenant, String jobId) {
        return join(cancelAsync(tenant, jobId));
    }

    /** As {@link #cancel(String, String)}, without waiting. */
    public CompletableFuture<JobStatus> cancelAsync(String tenant, String jobId) {
        return changed(ChangeCalls.Change.CANCEL, tenant, jobId);
    }

    /** Cancels many jobs. Each is accepted or refused by itself: one result a job, in order. */
    public List<JobChange> cancelAll(List<JobRef> jobs) {
        return join(cancelAllAsync(jobs));
    }

    /** As {@link #cancelAll}, without waiting. */
    public CompletableFuture<List<JobChange>> cancelAllAsync(List<JobRef> jobs) {
        return changes.change(ChangeCalls.Change.CANCEL, jobs);
    }

    /** Restarts a job of the default tenant. See {@link #restart(String, String)}. */
    public JobStatus restart(String jobId) {
        return restart(settings.tenant, jobId);
    }

    /** Schedules a failed or cancelled job anew, with all its retries; its attempts stay, and their numbers go on.
     *
     * @return {@code SCHEDULED}. Throws {@code JOB_SUCCEEDED}, {@code JOB_IN_PROGRESS} or {@code JOB_NOT_FOUND}.
     */
    public JobStatus restart(String tenant, String jobId) {
        return join(restartAsync(tenant, jobId));
    }

    /** As {@link #restart(String, String)}, without waiting. */
    public CompletableFuture<JobStatus> restartAsync(String tenant, String jobId) {
        return changed(ChangeCalls.Change.RESTART, tenant, jobId);
    }

    /** Restarts many jobs. Each is accepted or refused by itself: one result a job, in order. */
    public List<JobChange> restartAll(List<JobRef> jobs) {
        return join(restartAllAsync(jobs));
    }

    /** As {@link #restartAll}, without waiting. */
    public CompletableFuture<List<JobChange>> restartAllAsync(List<JobRef> jobs) {
        return changes.change(ChangeCalls.Change.RESTART, jobs);
    }

    /** Expedites a job of the default tenant. See {@link #expedite(String, String)}. */
    public JobStatus expedite(String jobId) {
        return expedite(settings.tenant, jobId);
    }

    /** Makes a job that waits for its start time or for its retry ready now.
     *
     * @return {@code SCHEDULED}. Throws {@code JOB_ALREADY_READY}, {@code JOB_RUNNING}, {@code JOB_ALREADY_CANCELLED},
     *     {@code JOB_TERMINAL} or {@code JOB_NOT_FOUND}.
     */
    public JobStatus expedite(String tenant, String jobId) {
        return join(expediteAsync(tenant, jobId));
    }

    /** As {@link #expedite(String, String)}, without waiting. */
    public CompletableFuture<JobStatus> expediteAsync(String tenant, String jobId) {
        return changed(ChangeCalls.Change.EXPEDITE, tenant, jobId);
    }

    /** Expedites many jobs. Each is accepted or refused by itself: one result a job, in order. */
    public List<JobChange> expediteAll(List<JobRef> jobs) {
        return join(expediteAllAsync(jobs));
    }

    /** As {@link #expediteAll}, without waiting. */
    public CompletableFuture<List<JobChange>> expediteAllAsync(List<JobRef> jobs) {
        return changes.change(ChangeCalls.Change.EXPEDITE, jobs);
    }

    /** Deletes a job of the default tenant. See {@link #delete(String, String)}. */
    public void delete(String jobId) {
        delete(settings.tenant, jobId);
    }

    /** Removes a job that has ended, with its attempts; its id may be used again. One that is not there is fine. Throws
     * {@code JOB_IN_PROGRESS} if it has not ended.
     */
    public void delete(String tenant, String jobId) {
        join(deleteAsync(tenant, jobId));
    }

    /** As {@link #delete(String, String)}, without waiting. */
    public CompletableFuture<Void> deleteAsync(String tenant, String jobId) {
        return changed(ChangeCalls.Change.DELETE, tenant, jobId).thenApply(status -> null);
    }

    /** Deletes many jobs. Each is accepted or refused by itself: one result a job, in order. */
    public List<JobChange> deleteAll(List<JobRef> jobs) {
        return join(deleteAllAsync(jobs));
    }

    /** As {@link #deleteAll}, without waiting. */
    public CompletableFuture<List<JobChange>> deleteAllAsync(List<JobRef> jobs) {
        return changes.change(ChangeCalls.Change.DELETE, jobs);
    }

    private CompletableFuture<JobStatus> changed(ChangeCalls.Change change, String tenant, String jobId) {
        return changes.change(change, List.of(new JobRef(tenant, jobId))).thenApply(results -> {
            final JobChange result = results.get(0);
            final RejectReason rejected = result.rejected();
            if (rejected != null) {
                throw new SiloException(
                        rejected,
                        "Expected to " + change.name().toLowerCase(Locale.ROOT) + " job '" + jobId + "', but: "
                                + rejected.sentence());
            }
            return result.status();
        });
    }

    /**
     * Brings in jobs with their history, or adds attempts to jobs that exist and have not succeeded: the first of those given must be
     * as the job's own. Each is taken or refused by itself, in as few messages as they fit; large payloads and results are uploaded.
     *
     * @return one result a job, in order. Throws only when a message as a whole had no answer; what took effect is answered
     *     {@code NO_NEW_ATTEMPT} or {@code JOB_SUCCEEDED} when it is imported again.
     */
    public List<ImportResult> importJobs(List<ImportedJob> jobs) {
        return join(importJobsAsync(jobs));
    }

    /** As {@link #importJobs}, without waiting. */
    public CompletableFuture<List<ImportResult>> importJobsAsync(List<ImportedJob> jobs) {
        return changes.importAll(jobs);
    }

    /**
     * Leases one job by its id, whatever its start time and whoever is before it: for operators and tests. Workers subscribe.
     *
     * @param workerId whose the lease is to be, 1 to 256 bytes. Throws {@code JOB_RUNNING}, {@code JOB_ALREADY_CANCELLED},
     *     {@code JOB_TERMINAL} or {@code JOB_NOT_FOUND}.
     */
    public LeasedTask leaseJob(String tenant, String jobId, String workerId) {
        return join(leaseJobAsync(tenant, jobId, workerId));
    }

    /** As {@link #leaseJob}, without waiting. */
    public CompletableFuture<LeasedTask> leaseJobAsync(String tenant, String jobId, String workerId) {
        return leases().leaseJob(new JobRef(tenant, jobId), workerId);
    }

    /**
     * Makes a schedule, or replaces the one with its id: it goes on as the new one says.
     *
     * @return when it fires first; empty if it is paused. Throws {@code INVALID_SCHEDULE}, {@code INVALID_TIME_ZONE},
     *     {@code TOO_MANY_SCHEDULES}, and what a job is refused with.
     */
    public Optional<Instant> putSchedule(ScheduleRequest request) {
        return join(putScheduleAsync(request));
    }

    /** As {@link #putSchedule}, without waiting. */
    public CompletableFuture<Optional<Instant>> putScheduleAsync(ScheduleRequest request) {
        return schedules.put(request, false);
    }

    /**
     * As {@link #putSchedule}, but throws {@code SCHEDULE_EXISTS} if there is one with this id; also, seldom, when this call made
     * it and its answer was lost.
     */
    public Optional<Instant> createSchedule(ScheduleRequest request) {
        return join(createScheduleAsync(request));
    }

    /** As {@link #createSchedule}, without waiting. */
    public CompletableFuture<Optional<Instant>> createScheduleAsync(ScheduleRequest request) {
        return schedules.put(request, true);
    }

    /** Pauses a schedule of the default tenant. See {@link #pauseSchedule(String, String)}. */
    public void pauseSchedule(String id) {
        pauseSchedule(settings.tenant, id);
    }

    /** Keeps a schedule from firing until it is resumed; one that is paused stays so. Throws {@code SCHEDULE_NOT_FOUND}. */
    public void pauseSchedule(String tenant, String id) {
        accepted(join(pauseSchedulesAsync(List.of(new ScheduleRef(tenant, id)))));
    }

    /** Pauses many schedules. Each is accepted or refused by itself: one result a schedule, in order. */
    public CompletableFuture<List<ScheduleChange>> pauseSchedulesAsync(List<ScheduleRef> named) {
        return schedules.change(ScheduleCalls.Change.PAUSE, named);
    }

    /** Resumes a schedule of the default tenant. See {@link #resumeSchedule(String, String)}. */
    public Optional<Instant> resumeSchedule(String id) {
        return resumeSchedule(settings.tenant, id);
    }

    /**
     * Lets a paused schedule fire again. What it would have fired meanwhile is left out, whatever its catch-up policy.
     *
     * @return when it fires next, if ever. Throws {@code SCHEDULE_NOT_FOUND}.
     */
    public Optional<Instant> resumeSchedule(String tenant, String id) {
        return Optional.ofNullable(accepted(join(resumeSchedulesAsync(List.of(new ScheduleRef(tenant, id)))))
                .nextFireAt());
    }

    /** Resumes many schedules. Each is accepted or refused by itself: one result a schedule, in order. */
    public CompletableFuture<List<ScheduleChange>> resumeSchedulesAsync(List<ScheduleRef> named) {
        return schedules.change(ScheduleCalls.Change.RESUME, named);
    }

    /** Deletes a schedule of the default tenant. See {@link #deleteSchedule(String, String)}. */
    public void deleteSchedule(String id) {
        deleteSchedule(settings.tenant, id);
    }

    /** Removes a schedule; its jobs stay. One that is not there is fine. */
    public void deleteSchedule(String tenant, String id) {
        accepted(join(deleteSchedulesAsync(List.of(new ScheduleRef(tenant, id)))));
    }

    /** Deletes many schedules. Each is accepted or refused by itself: one result a schedule, in order. */
    public CompletableFuture<List<ScheduleChange>> deleteSchedulesAsync(List<ScheduleRef> named) {
        return schedules.change(ScheduleCalls.Change.DELETE, named);
    }

    private static ScheduleChange accepted(List<ScheduleChange> changes) {
        final RejectReason rejected = changes.get(0).rejected();
        if (rejected != null) {
            throw new SiloException(rejected);
        }
        return changes.get(0);
    }

    /** Reads a schedule of the default tenant. See {@link #getSchedule(String, String, int)}. */
    public Schedule getSchedule(String id, int firings) {
        return getSchedule(settings.tenant, id, firings);
    }

    /**
     * Reads a schedule. Throws {@code SCHEDULE_NOT_FOUND} if there is none.
     *
     * @param firings how many of the next firing times to tell, 0 to 100.
     */
    public Schedule getSchedule(String tenant, String id, int firings) {
        return join(getScheduleAsync(tenant, id, firings));
    }

    /** As {@link #getSchedule(String, String, int)}, without waiting. */
    public CompletableFuture<Schedule> getScheduleAsync(String tenant, String id, int firings) {
        return schedules.get(new ScheduleRef(tenant, id), firings);
    }

    /** Lists the schedules of all tenants that this client may see, on all shards, by tenant and id. Each shard must be served. */
    public List<ScheduleSummary> listSchedules() {
        return listSchedules("");
    }

    /** Lists the schedules of one tenant by id; of all tenants if it is empty. */
    public List<ScheduleSummary> listSchedules(String tenant) {
        return join(listSchedulesAsync(tenant));
    }

    /** As {@link #listSchedules(String)}, without waiting. */
    public CompletableFuture<List<ScheduleSummary>> listSchedulesAsync(String tenant) {
        return schedules.list(tenant);
    }

    /**
     * Cancels, restarts, expedites or deletes every job that matches now, on all shards, and waits until that is done. Jobs that come
     * or change later are not touched. It goes on if this client does not wait for it, and through a restart of the server.
     *
     * @param filter names at least one condition, or throws {@code INVALID_FILTER}; who means every job names every status.
     */
    public BulkResult changeAll(BulkVerb verb, JobFilter filter) {
        return join(changeAllAsync(verb, filter));
    }

    /** As {@link #changeAll}, without waiting. */
    public CompletableFuture<BulkResult> changeAllAsync(BulkVerb verb, JobFilter filter) {
        return bulk.change(verb, filter, false);
    }

    /** Counts what {@link #changeAll} would do, and changes nothing. It takes the same permission. */
    public BulkResult dryRun(BulkVerb verb, JobFilter filter) {
        return join(bulk.change(verb, filter, true));
    }

    /** Lists jobs that match, in no order that means anything, at most {@code limit}. See {@link #forEachJob}. */
    public List<JobSummary> listJobs(JobFilter filter, int limit) {
        final List<JobSummary> jobs = new ArrayList<>();
        if (limit > 0) {
            forEachJob(filter, job -> jobs.add(job) && jobs.size() < limit);
        }
        return jobs;
    }

    /** Shows jobs that match until {@code visitor} answers false, page by page. A job that is there all the time is shown once. */
    public void forEachJob(JobFilter filter, Predicate<JobSummary> visitor) {
        bulk.forEach(filter, visitor);
    }

    /** Counts the jobs of a tenant by status; of all that this client may see if it is empty. Costs the same however many. */
    public JobCounts countJobs(String tenant) {
        return join(countJobsAsync(tenant));
    }

    /** As {@link #countJobs}, without waiting. */
    public CompletableFuture<JobCounts> countJobsAsync(String tenant) {
        return bulk.count(tenant);
    }

    /**
     * Keeps the tasks of a task group from workers until it is resumed, of all tenants and on all shards; one that is paused stays
     * so. Jobs are still enqueued, and what workers hold goes on. Throws {@code PERMISSION_DENIED} to a token of one tenant. If a
     * shard does not answer, the group may be paused on others: pause it again.
     */
    public void pauseTaskGroup(String taskGroup) {
        join(pauseTaskGroupAsync(taskGroup));
    }

    /** As {@link #pauseTaskGroup}, without waiting. */
    public CompletableFuture<Void> pauseTaskGroupAsync(String taskGroup) {
        return pauses.setTaskGroup(taskGroup, true);
    }

    /** Gives the tasks of a paused task group to workers again; one that is not paused is fine. */
    public void resumeTaskGroup(String taskGroup) {
        join(resumeTaskGroupAsync(taskGroup));
    }

    /** As {@link #resumeTaskGroup}, without waiting. */
    public CompletableFuture<Void> resumeTaskGroupAsync(String taskGroup) {
        return pauses.setTaskGroup(taskGroup, false);
    }

    /** Pauses the default tenant. See {@link #pauseTenant(String)}. */
    public void pauseTenant() {
        pauseTenant(settings.tenant);
    }

    /**
     * Keeps the tasks of a tenant from workers until it is resumed, in all task groups; one that is paused stays so. Jobs are still
     * enqueued, and what workers hold goes on.
     */
    public void pauseTenant(String tenant) {
        join(pauseTenantAsync(tenant));
    }

    /** As {@link #pauseTenant(String)}, without waiting. */
    public CompletableFuture<Void> pauseTenantAsync(String tenant) {
        return pauses.setTenant(tenant, true);
    }

    /** Resumes the default tenant. See {@link #resumeTenant(String)}. */
    public void resumeTenant() {
        resumeTenant(settings.tenant);
    }

    /** Gives the tasks of a paused tenant to workers again; one that is not paused is fine. */
    public void resumeTenant(String tenant) {
        join(resumeTenantAsync(tenant));
    }

    /** As {@link #resumeTenant(String)}, without waiting. */
    public CompletableFuture<Void> resumeTenantAsync(String tenant) {
        return pauses.setTenant(tenant, false);
    }

    /** Reads what is paused on any shard, by kind and name. A token of one tenant sees that tenant alone. */
    public List<Pause> listPauses() {
        return join(listPausesAsync());
    }

    /** As {@link #listPauses}, without waiting. */
    public CompletableFuture<List<Pause>> listPausesAsync() {
        return pauses.list();
    }

    /** What operators do with concurrency limits. */
    public Limits limits() {
        return new Limits(this);
    }

    /** Leases for those who do not subscribe. */
    public Leases leases() {
        return new Leases(this);
    }

    /** Reads why a job does not run. Throws {@code JOB_NOT_FOUND} if there is none. */
    public Explanation explain(String tenant, String jobId) {
        return join(submit(new LimitCalls.ExplainJob(tenant, jobId, deadlineNs())));
    }

    /** What tenants may have of the server, and have. */
    public Tenants tenants() {
        return new Tenants(this);
    }

    /** Reads a job of the default tenant. */
    public Job getJob(String jobId) {
        return getJob(settings.tenant, jobId);
    }

    /** Reads a job. Throws {@code JOB_NOT_FOUND} if there is none, {@code PAYLOAD_CORRUPT} if its bytes are damaged. */
    public Job getJob(String tenant, String jobId) {
        return join(getJobAsync(tenant, jobId, false));
    }

    /** As {@link #getJob(String, String)}, without waiting; with its attempts if asked for. */
    public CompletableFuture<Job> getJobAsync(String tenant, String jobId, boolean includeAttempts) {
        return submit(new JobCalls.GetJob(tenant, jobId, includeAttempts, deadlineNs()))
                .thenCompose(draft -> whole(draft.payload()).thenCombine(whole(draft.result()), draft::with));
    }

    /** Reads the outcome of a job of the default tenant. */
    public JobResult getResult(String jobId) {
        return getResult(settings.tenant, jobId);
    }

    /** Reads the outcome of a job. Throws {@code JOB_NOT_COMPLETE} if it has not ended. */
    public JobResult getResult(String tenant, String jobId) {
        return awaitResult(tenant, jobId, Duration.ZERO);
    }

    /**
     * Waits until a job ends.
     *
     * @param timeout after which {@code JOB_NOT_COMPLETE} is thrown; an answer may take {@code requestTimeout} longer.
     */
    public JobResult awaitResult(String tenant, String jobId, Duration timeout) {
        return join(awaitResultAsync(tenant, jobId, timeout));
    }

    /** As {@link #awaitResult}, without waiting here. */
    public CompletableFuture<JobResult> awaitResultAsync(String tenant, String jobId, Duration timeout) {
        final JobCalls.GetResult call = new JobCalls.GetResult(
                tenant, jobId, System.nanoTime() + timeout.toNanos(), settings.requestTimeout.toNanos());
        return submitWaiting(call)
                .thenCompose(draft -> whole(draft.content(tenant, jobId)).thenApply(draft::with));
    }

    /** Reads what a task group has to do, of all tenants that this client may see, on all shards that are served. */
    public TaskGroup taskGroup(String taskGroup) {
        return join(withMap().thenCompose(map -> bulk.taskGroup("", taskGroup, map.targets())));
    }

    /** As the other, of one tenant only. */
    public TaskGroup taskGroup(String tenant, String taskGroup) {
        return join(withMap().thenCompose(map -> bulk.taskGroup(tenant, taskGroup, map)));
    }

    /** Fetches what a reply was too small for, and checks all of it. */
    CompletableFuture<Payload> whole(JobDraft.Content content) {
        final CompletableFuture<byte[]> bytes = content.isWhole()
                ? CompletableFuture.completedFuture(content.begun())
                : submit(new JobCalls.ReadAll(content, content.begun(), deadlineNs()));
        return bytes.thenApply(content::checked);
    }

    NetAgent agent() {
        return agent;
    }

    SiloClientBuilder settings() {
        return settings;
    }

    CompletableFuture<ShardMap> withMap() {
        return withMap(() -> 0);
    }

    /** @param heldBytes of what is sent behind it; asked for if the map is not known. */
    CompletableFuture<ShardMap> withMap(LongSupplier heldBytes) {
        final ShardMap known = agent.map();
        return known != null
                ? CompletableFuture.completedFuture(known)
                : submit(new JobCalls.AwaitMap(heldBytes.getAsLong(), deadlineNs()));
    }

    long deadlineNs() {
        return System.nanoTime() + settings.requestTimeout.toNanos();
    }

    <T> CompletableFuture<T> submit(Call<T> call) {
        return agent.window().submit(call);
    }

    /** Of a call that may wait for something to happen. */
    <T> CompletableFuture<T> submitWaiting(Call<T> call) {
        return agent.waitingWindow().submit(call);
    }

    /** Waits for a future and throws what it failed with. */
    static <T> T join(CompletableFuture<T> future) {
        try {
            return future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SiloException(RejectReason.UNKNOWN_OUTCOME, "The thread was interrupted while it waited.", e);
        } catch (ExecutionException e) {
            throw unwrap(e);
        }
    }

    static SiloException unwrap(Throwable failure) {
        Throwable cause = failure;
        while ((cause instanceof CompletionException || cause instanceof ExecutionException)
                && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof SiloException told) {
            // Made anew, so that its trace names the caller too.
            return new SiloException(told.reason(), String.valueOf(told.getMessage()), told);
        }
        if (cause instanceof Error error) {
            throw error;
        }
        throw new IllegalStateException("The client failed", cause);
    }

    /** Closes the sessions and ends the threads. Calls without an answer fail; close workers first. */
    @Override
    public void close() {
        agent.close();
        callbacks.shutdown();
    }
}
