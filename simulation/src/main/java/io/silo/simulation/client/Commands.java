package io.silo.simulation.client;

import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.CloseSessionEncoder;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.CountJobsEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.DeleteSchedulesEncoder;
import io.silo.protocol.command.DropHoldersEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.ExpediteJobsEncoder;
import io.silo.protocol.command.ExplainJobEncoder;
import io.silo.protocol.command.GetBulkEncoder;
import io.silo.protocol.command.GetJobEncoder;
import io.silo.protocol.command.GetJobResultEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.GetTenantEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.HelloEncoder;
import io.silo.protocol.command.ImportJobsEncoder;
import io.silo.protocol.command.KeepAliveEncoder;
import io.silo.protocol.command.LeaseJobEncoder;
import io.silo.protocol.command.LeaseRefreshesEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.ListJobsEncoder;
import io.silo.protocol.command.ListLimitsEncoder;
import io.silo.protocol.command.ListPausesEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.ReportRefreshEncoder;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.command.UploadChunkEncoder;
import io.silo.protocol.limit.FloatingLimitEncoder;
import io.silo.protocol.limit.RateLimitEncoder;
import io.silo.protocol.session.SessionGate;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSpec;
import io.silo.simulation.history.Lease;
import io.silo.simulation.history.LimitKey;
import io.silo.simulation.history.PauseTarget;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Encodes the commands of one client, each with its correlation id, shard and durability. */
final class Commands {
    /** A worker's report of one attempt. */
    record Report(Lease lease, Outcome outcome, String errorCode, byte[] result) {}

    private final UnsafeBuffer out = new UnsafeBuffer(new byte[128 * 1024]);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();

    byte[] hello(long correlation, String client) {
        var command = new HelloEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, SessionGate.SHARD_THREAD, false);
        command.protocolVersion(SessionGate.PROTOCOL_VERSION).token("").clientName(client);
        return bytes(command.limit());
    }

    byte[] keepAlive() {
        var command = new KeepAliveEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), 0, SessionGate.SHARD_THREAD, false);
        return bytes(command.limit());
    }

    byte[] closeSession() {
        var command = new CloseSessionEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), 0, SessionGate.SHARD_THREAD, false);
        return bytes(command.limit());
    }

    byte[] enqueue(long correlation, int shard, boolean appended, List<JobDraft> jobs) {
        var command = new EnqueueEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, appended);
        var items = command.itemsCount(jobs.size());
        for (JobDraft job : jobs) {
            items.next()
                    .requestIdHigh(job.requestId())
                    .requestIdLow(~job.requestId())
                    .startAtMs(job.spec().startAtMs())
                    .uploadId(job.uploadId())
                    .retryInitialIntervalMs(job.retryInitialMs())
                    .retryMaxIntervalMs(0)
                    .retryCount(job.spec().retryCount())
                    .retryBackoffPermille(2_000)
                    .leaseMs(job.spec().leaseMs())
                    .startDeadlineMs(job.startDeadlineMs())
                    .maxRunMs(job.maxRunMs())
                    .priority((short) job.spec().priority())
                    .retryJitter((short) (job.jitter() ? 1 : 0))
                    .payloadEncoding(PayloadEncoding.RAW);
            var limits = items.limitsCount(job.spec().limits().size());
            for (JobSpec.Limit limit : job.spec().limits()) {
                byte[] details = limit.isFloating() ? floating(limit.refreshMs()) : details(limit.rate());
                limits.next().maxConcurrency(limit.max()).key(limit.key()).putDetails(details, 0, details.length);
            }
            var metadata = items.metadataCount(2);
            metadata.next().key("k").value("v-" + job.spec().job().id());
            metadata.next().key("of").value("the run");
            byte[] inline = job.uploadId() == 0 ? job.payload() : new byte[0];
            items.tenant(job.spec().job().tenant())
                    .taskGroup(job.spec().taskGroup())
                    .jobId(job.spec().job().id())
                    .uniqueKey(job.uniqueKey())
                    .putPayload(inline, 0, inline.length);
        }
        return bytes(command.limit());
    }

    byte[] uploadChunk(long correlation, int shard, long uploadId, byte[] whole, int offset, int length) {
        var command = new UploadChunkEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.uploadId(uploadId).totalBytes(whole.length).chunkOffset(offset).putChunk(whole, offset, length);
        return bytes(command.limit());
    }

    byte[] subscribe(long correlation, long id, int credits, String tenant, String group, String worker) {
        var command = new SubscribeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, SessionGate.SHARD_THREAD, false);
        command.subscriptionId(id)
                .credits(credits)
                .tenant(tenant)
                .taskGroup(group)
                .workerId(worker);
        return bytes(command.limit());
    }

    byte[] leaseTasks(long correlation, int shard, long requestId, int waitMs, int max, String group, String worker) {
        var command = new LeaseTasksEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.requestIdHigh(requestId)
                .requestIdLow(~requestId)
                .waitMs(waitMs)
                .maxTasks(max)
                .tenant("")
                .taskGroup(group)
                .workerId(worker);
        return bytes(command.limit());
    }

    byte[] heartbeat(long correlation, int shard, List<Lease> leases, String worker) {
        var command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        var group = command.leasesCount(leases.size());
        for (Lease lease : leases) {
            group.next().jobKey(lease.jobKey()).tokenEpoch(lease.epoch()).token(lease.token());
        }
        command.workerId(worker);
        return bytes(command.limit());
    }

    byte[] report(long correlation, int shard, boolean appended, long subscription, int credits, List<Report> reports) {
        var command = new ReportOutcomeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, appended);
        command.subscriptionId(subscription).credits(credits);
        var items = command.itemsCount(reports.size());
        for (Report report : reports) {
            items.next()
                    .jobKey(report.lease().jobKey())
                    .tokenEpoch(report.lease().epoch())
                    .token(report.lease().token())
                    .uploadId(0)
                    .outcome(report.outcome())
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(report.errorCode())
                    .putResult(report.result(), 0, report.result().length);
        }
        return bytes(command.limit());
    }

    byte[] returnLease(long correlation, Lease lease, long snoozeMs, String worker) {
        var command = new ReturnLeasesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, lease.shard(), false);
        command.leasesCount(1)
                .next()
                .jobKey(lease.jobKey())
                .tokenEpoch(lease.epoch())
                .token(lease.token())
                .snoozeMs(snoozeMs);
        command.workerId(worker);
        return bytes(command.limit());
    }

    /** The four verbs have one layout: only the template differs. */
    byte[] change(long correlation, int shard, boolean appended, Entry.Change change, JobRef job) {
        var command = new CancelJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        header.templateId(
                switch (change) {
                    case CANCEL -> CancelJobsEncoder.TEMPLATE_ID;
                    case RESTART -> RestartJobsEncoder.TEMPLATE_ID;
                    case EXPEDITE -> ExpediteJobsEncoder.TEMPLATE_ID;
                    case DELETE -> DeleteJobsEncoder.TEMPLATE_ID;
                    case IMPORT, LEASE -> throw new IllegalArgumentException(change + " has a command of its own");
                });
        fill(command.header(), correlation, shard, appended);
        command.itemsCount(1).next().tenant(job.tenant()).jobId(job.id());
        return bytes(command.limit());
    }

    byte[] leaseJob(long correlation, int shard, long requestId, JobRef job, String worker) {
        var command = new LeaseJobEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.requestIdHigh(requestId)
                .requestIdLow(~requestId)
                .tenant(job.tenant())
                .jobId(job.id())
                .workerId(worker);
        return bytes(command.limit());
    }

    /** @param outcomes of its attempts, which took 10 ms each, one every 100 ms since 1970. */
    byte[] importJob(long correlation, int shard, boolean appended, JobDraft job, List<Outcome> outcomes) {
        var command = new ImportJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, appended);
        var item = command.itemsCount(1)
                .next()
                .enqueuedAtMs(1)
                .startAtMs(job.spec().startAtMs())
                .uploadId(0)
                .retryInitialIntervalMs(job.retryInitialMs())
                .retryMaxIntervalMs(0)
                .startDeadlineMs(job.startDeadlineMs())
                .retryCount(job.spec().retryCount())
                .retryBackoffPermille(2_000)
                .leaseMs(job.spec().leaseMs())
                .maxRunMs(job.maxRunMs())
                .priority((short) job.spec().priority())
                .retryJitter((short) (job.jitter() ? 1 : 0))
                .payloadEncoding(PayloadEncoding.RAW);
        var attempts = item.attemptsCount(outcomes.size());
        for (int number = 1; number <= outcomes.size(); number++) {
            Outcome outcome = outcomes.get(number - 1);
            byte[] result = outcome == Outcome.CANCELLED ? new byte[0] : new byte[] {(byte) number};
            attempts.next()
                    .startedAtMs(number * 100L)
                    .finishedAtMs(number * 100L + 10)
                    .uploadId(0)
                    .outcome(outcome)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(outcome == Outcome.FAILED ? "BEFORE" : "")
                    .putResult(result, 0, result.length);
        }
        item.limitsCount(0);
        item.metadataCount(0);
        item.tenant(job.spec().job().tenant())
                .taskGroup(job.spec().taskGroup())
                .jobId(job.spec().job().id())
                .uniqueKey(job.uniqueKey())
                .putPayload(job.payload(), 0, job.payload().length);
        return bytes(command.limit());
    }

    /**
     * A schedule, with what its jobs are to be.
     *
     * @param startWithinMs latest start of each, from its nominal time; 0 = none.
     * @param uniqueKey empty = none.
     */
    record ScheduleDraft(
            JobRef schedule,
            String taskGroup,
            long intervalMs,
            long firstAtMs,
            long startWithinMs,
            CatchUp catchUp,
            int retryCount,
            String uniqueKey) {}

    /** Payload of all jobs that schedules bring. */
    private static final byte[] TICK = {'t', 'i', 'c', 'k'};

    /** Puts a schedule, or changes one: the three changes have one layout. */
    byte[] schedule(long correlation, int shard, Entry.ScheduleChange change, ScheduleDraft draft) {
        if (change == Entry.ScheduleChange.PUT) {
            return putSchedule(correlation, shard, draft);
        }
        var command = new PauseSchedulesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        header.templateId(
                switch (change) {
                    case PAUSE -> PauseSchedulesEncoder.TEMPLATE_ID;
                    case RESUME -> ResumeSchedulesEncoder.TEMPLATE_ID;
                    case DELETE, PUT -> DeleteSchedulesEncoder.TEMPLATE_ID;
                });
        fill(command.header(), correlation, shard, false);
        command.itemsCount(1)
                .next()
                .tenant(draft.schedule().tenant())
                .scheduleId(draft.schedule().id());
        return bytes(command.limit());
    }

    private byte[] putSchedule(long correlation, int shard, ScheduleDraft draft) {
        var command = new PutScheduleEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.intervalMs(draft.intervalMs())
                .firstAtMs(draft.firstAtMs())
                .startWithinMs(draft.startWithinMs())
                .retryInitialIntervalMs(100)
                .retryMaxIntervalMs(0)
                .retryCount(draft.retryCount())
                .retryBackoffPermille(2_000)
                .leaseMs(0)
                .maxRunMs(0)
                .priority((short) 1)
                .retryJitter((short) 0)
                .payloadEncoding(PayloadEncoding.RAW)
                .catchUp(draft.catchUp())
                .paused((short) 0)
                .createOnly((short) 0);
        command.limitsCount(0);
        command.metadataCount(0);
        command.tenant(draft.schedule().tenant())
                .taskGroup(draft.taskGroup())
                .scheduleId(draft.schedule().id())
                .uniqueKey(draft.uniqueKey())
                .putPayload(TICK, 0, TICK.length);
        command.cron("").zone("");
        return bytes(command.limit());
    }

    /** @param max {@link io.silo.simulation.history.Entry.LimitInvoked#OWN} = each job's own counts again. */
    byte[] setLimit(long correlation, LimitKey limit, int max) {
        var command = new SetLimitEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, limit.shard(), false);
        command.maxConcurrency(Math.max(0, max))
                .isSet((short) (max < 0 ? 0 : 1))
                .isFloating((short) 0)
                .tenant(limit.tenant())
                .key(limit.key());
        return bytes(command.limit());
    }

    byte[] dropHolders(long correlation, LimitKey limit) {
        var command = new DropHoldersEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, limit.shard(), false);
        command.cursor(0).tenant(limit.tenant()).key(limit.key());
        return bytes(command.limit());
    }

    byte[] getLimit(long correlation, LimitKey limit, int listed) {
        var command = new GetLimitEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, limit.shard(), false);
        command.listed((short) listed).tenant(limit.tenant()).key(limit.key());
        return bytes(command.limit());
    }

    byte[] listLimits(long correlation, int shard, String tenant) {
        var command = new ListLimitsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.cursor(0).pageSize(20).tenant(tenant);
        return bytes(command.limit());
    }

    byte[] explainJob(long correlation, int shard, JobRef job) {
        var command = new ExplainJobEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.tenant(job.tenant()).jobId(job.id());
        return bytes(command.limit());
    }

    /** Asks for the pauses behind one: the last of the page before, or anything. */
    byte[] listPauses(long correlation, int shard, boolean afterIsTenant, String afterName) {
        var command = new ListPausesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.afterKind(afterIsTenant ? PauseKind.TENANT : PauseKind.TASK_GROUP)
                .afterName(afterName);
        return bytes(command.limit());
    }

    /** Sets weight and cap of a tenant. */
    byte[] setTenant(long correlation, int shard, String tenant, int weight, int cap) {
        var command = new SetTenantEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.fields((short) 3)
                .weight(weight)
                .runningMax(cap)
                .queuedMax(0)
                .bytesMax(0)
                .enqueuesPerSecond(0)
                .tenant(tenant);
        return bytes(command.limit());
    }

    byte[] getTenant(long correlation, int shard, String tenant) {
        var command = new GetTenantEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.tenant(tenant);
        return bytes(command.limit());
    }

    byte[] setPaused(long correlation, PauseTarget target, boolean paused) {
        var command = new SetPausedEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, target.shard(), false);
        command.kind(target.ofTenant() ? PauseKind.TENANT : PauseKind.TASK_GROUP)
                .paused((short) (paused ? 1 : 0))
                .name(target.name());
        return bytes(command.limit());
    }

    /**
     * Which jobs a client asks for.
     *
     * @param statuses bit set; 0 = any.
     * @param jobId the job whose metadata is asked for; empty = any.
     * @param reads whether metadata is asked for that every job has: few are looked at in a slice.
     */
    record FilterDraft(int statuses, long minAgeMs, String tenant, String taskGroup, String jobId, boolean reads) {
        int entries() {
            return (jobId.isEmpty() ? 0 : 1) + (reads ? 1 : 0);
        }
    }

    byte[] bulkChange(
            long correlation, int shard, long requestId, Entry.Change change, boolean dryRun, FilterDraft filter) {
        var command = new BulkChangeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.requestIdHigh(requestId)
                .requestIdLow(~requestId)
                .minAgeMs(filter.minAgeMs())
                .statuses((short) filter.statuses())
                .verb(BulkVerb.valueOf(change.name()))
                .dryRun((short) (dryRun ? 1 : 0));
        var metadata = command.metadataCount(filter.entries());
        if (!filter.jobId().isEmpty()) {
            metadata.next().key("k").value("v-" + filter.jobId());
        }
        if (filter.reads()) {
            metadata.next().key("of").value("the run");
        }
        command.tenant(filter.tenant()).taskGroup(filter.taskGroup());
        return bytes(command.limit());
    }

    byte[] getBulk(long correlation, int shard, long bulkKey) {
        var command = new GetBulkEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.bulkKey(bulkKey);
        return bytes(command.limit());
    }

    byte[] listJobs(long correlation, int shard, long cursor, int pageSize, FilterDraft filter) {
        var command = new ListJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.cursor(cursor).pageSize(pageSize).minAgeMs(filter.minAgeMs()).statuses((short) filter.statuses());
        var metadata = command.metadataCount(filter.entries());
        if (!filter.jobId().isEmpty()) {
            metadata.next().key("k").value("v-" + filter.jobId());
        }
        if (filter.reads()) {
            metadata.next().key("of").value("the run");
        }
        command.tenant(filter.tenant()).taskGroup(filter.taskGroup());
        return bytes(command.limit());
    }

    byte[] countJobs(long correlation, int shard, String tenant) {
        var command = new CountJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.tenant(tenant);
        return bytes(command.limit());
    }

    byte[] getJob(long correlation, int shard, JobRef job) {
        var command = new GetJobEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.includeAttempts((short) 1).tenant(job.tenant()).jobId(job.id());
        return bytes(command.limit());
    }

    byte[] getJobResult(long correlation, int shard, JobRef job, int waitMs) {
        var command = new GetJobResultEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.waitMs(waitMs).tenant(job.tenant()).jobId(job.id());
        return bytes(command.limit());
    }

    private static void fill(CommandHeaderEncoder command, long correlation, int shard, boolean appended) {
        command.correlationId(correlation)
                .shardEpoch(0)
                .shard(shard)
                .durability(appended ? Durability.APPENDED : Durability.DURABLE);
    }

    private byte[] bytes(int length) {
        byte[] copy = new byte[length];
        out.getBytes(0, copy);
        return copy;
    }

    byte[] leaseRefreshes(long correlation, int shard, int waitMs, String taskGroup, String worker) {
        var command = new LeaseRefreshesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, shard, false);
        command.waitMs(waitMs).maxRefreshes(2).tenant("").taskGroup(taskGroup).workerId(worker);
        return bytes(command.limit());
    }

    byte[] reportRefresh(long correlation, Refreshing.Refresh refresh, int max, boolean isFailure) {
        var command = new ReportRefreshEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), correlation, refresh.shard(), false);
        command.tokenEpoch(refresh.epoch())
                .token(refresh.token())
                .maxConcurrency(isFailure ? 0 : max)
                .isFailure((short) (isFailure ? 1 : 0))
                .errorCode(isFailure ? "E_REFRESH" : "");
        return bytes(command.limit());
    }

    private static byte[] floating(long refreshMs) {
        UnsafeBuffer details = new UnsafeBuffer(new byte[128]);
        FloatingLimitEncoder encoder = new FloatingLimitEncoder()
                .wrapAndApplyHeader(details, 0, new io.silo.protocol.limit.MessageHeaderEncoder())
                .refreshIntervalMs(refreshMs);
        encoder.metadataCount(1).next().key("of").value("the run");
        byte[] bytes = new byte[encoder.limit()];
        details.getBytes(0, bytes);
        return bytes;
    }

    private static byte[] details(JobSpec.@Nullable Rate rate) {
        if (rate == null) {
            return new byte[0];
        }
        UnsafeBuffer details = new UnsafeBuffer(new byte[128]);
        RateLimitEncoder encoder = new RateLimitEncoder()
                .wrapAndApplyHeader(details, 0, new io.silo.protocol.limit.MessageHeaderEncoder())
                .hitsMax(rate.hitsMax())
                .hits(1)
                .durationMs(rate.durationMs())
                .burst(0)
                .initialBackoffMs(0)
                .maxBackoffMs(0)
                .backoffPermille(1_000)
                .maxRetries(0)
                .flags(0)
                .algorithm((short) (rate.isLeaky() ? 1 : 0))
                .name("rate");
        byte[] bytes = new byte[encoder.limit()];
        details.getBytes(0, bytes);
        return bytes;
    }
}
