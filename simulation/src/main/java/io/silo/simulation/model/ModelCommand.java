package io.silo.simulation.model;

import io.silo.protocol.command.BulkChangeDecoder;
import io.silo.protocol.command.CancelJobsDecoder;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.CountJobsDecoder;
import io.silo.protocol.command.DeleteJobsDecoder;
import io.silo.protocol.command.DeleteSchedulesDecoder;
import io.silo.protocol.command.DropHoldersDecoder;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.ExpediteJobsDecoder;
import io.silo.protocol.command.ExplainJobDecoder;
import io.silo.protocol.command.GetBulkDecoder;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.GetJobResultDecoder;
import io.silo.protocol.command.GetLimitDecoder;
import io.silo.protocol.command.GetScheduleDecoder;
import io.silo.protocol.command.GetTenantDecoder;
import io.silo.protocol.command.HeartbeatDecoder;
import io.silo.protocol.command.ImportJobsDecoder;
import io.silo.protocol.command.LeaseJobDecoder;
import io.silo.protocol.command.LeaseRefreshesDecoder;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.ListJobsDecoder;
import io.silo.protocol.command.ListLimitsDecoder;
import io.silo.protocol.command.ListPausesDecoder;
import io.silo.protocol.command.ListSchedulesDecoder;
import io.silo.protocol.command.ListTenantsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.PauseSchedulesDecoder;
import io.silo.protocol.command.PutScheduleDecoder;
import io.silo.protocol.command.ReadBytesDecoder;
import io.silo.protocol.command.RenewRefreshDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReportRefreshDecoder;
import io.silo.protocol.command.RestartJobsDecoder;
import io.silo.protocol.command.ResumeSchedulesDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import io.silo.protocol.command.SetLimitDecoder;
import io.silo.protocol.command.SetPausedDecoder;
import io.silo.protocol.command.SetTenantDecoder;
import io.silo.protocol.command.SubscribeDecoder;
import io.silo.protocol.command.UnsubscribeDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import java.util.ArrayList;
import java.util.List;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** A client's command, decoded. */
sealed interface ModelCommand {
    /** What stands before every command. */
    record Header(int templateId, long correlationId, long shardEpoch, int shard, int durability) {
        static Header decode(DirectBuffer buffer, int offset) {
            final MessageHeaderDecoder message = new MessageHeaderDecoder().wrap(buffer, offset);
            final CommandHeaderDecoder d =
                    new CommandHeaderDecoder().wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH);
            return new Header(message.templateId(), d.correlationId(), d.shardEpoch(), d.shard(), d.durabilityRaw());
        }

        boolean isAppendedEnough() {
            return durability == 1;
        }
    }

    /** A lease as a command names it. */
    record NamedLease(long jobKey, long tokenEpoch, long token) {}

    /** An item of an Enqueue. The definition has no key and no time yet, and the tenant as named. */
    record NewJob(JobDefinition wanted, long uploadId, long payloadLength) {}

    record Enqueue(List<NewJob> items) implements ModelCommand {}

    record UploadChunk(long uploadId, long totalBytes, long chunkOffset, String chunk) implements ModelCommand {}

    record Subscribe(long id, long credits, String tenant, String taskGroup, String worker) implements ModelCommand {}

    record Unsubscribe(long id) implements ModelCommand {}

    record LeaseTasks(RequestId requestId, long waitMs, int maxTasks, String tenant, String taskGroup, String worker)
            implements ModelCommand {}

    record Heartbeat(List<NamedLease> leases, String worker) implements ModelCommand {}

    /** An item of a ReportOutcome. */
    record Report(NamedLease lease, long uploadId, int outcome, int encoding, String errorCode, String result) {}

    record ReportOutcome(long subscriptionId, long credits, List<Report> items) implements ModelCommand {}

    /** A lease given back, for so long. */
    record GivenBack(NamedLease lease, long snoozeMs) {}

    record ReturnLeases(List<GivenBack> leases, String worker) implements ModelCommand {
        List<NamedLease> named() {
            return leases.stream().map(GivenBack::lease).toList();
        }
    }

    /** What is done to jobs that exist. */
    enum Verb {
        CANCEL,
        RESTART,
        EXPEDITE,
        DELETE
    }

    /** A job as a command names it. */
    record NamedJob(String tenant, String jobId) {}

    record ChangeJobs(Verb verb, List<NamedJob> jobs) implements ModelCommand {}

    record LeaseJob(RequestId requestId, String tenant, String jobId, String worker) implements ModelCommand {}

    /** An attempt that an import brings. */
    record ImportedAttempt(
            long startedAtMs,
            long finishedAtMs,
            long uploadId,
            int outcome,
            int encoding,
            String errorCode,
            String result) {}

    /** An item of an ImportJobs. */
    record ImportedJob(NewJob job, List<ImportedAttempt> attempts) {}

    record ImportJobs(List<ImportedJob> items) implements ModelCommand {}

    /** A PutSchedule. The template is as the definition of an item of an Enqueue. */
    record PutSchedule(
            long intervalMs,
            long firstAtMs,
            long startWithinMs,
            int catchUp,
            boolean paused,
            boolean createOnly,
            NewJob template,
            String cron,
            String zone)
            implements ModelCommand {}

    /** What is done to schedules that exist. */
    enum ScheduleVerb {
        PAUSE,
        RESUME,
        DELETE
    }

    record ChangeSchedules(ScheduleVerb verb, List<NamedJob> schedules) implements ModelCommand {}

    record ListSchedules(int pageSize, String tenant, String afterTenant, String afterId) implements ModelCommand {}

    /** @param kind whose tasks wait, as {@link ModelPauses} numbers them. */
    record SetPaused(int kind, boolean paused, String name) implements ModelCommand {}

    /** Those behind this one are asked for. */
    record ListPauses(int afterKind, String afterName) implements ModelCommand {}

    record ListLimits(long cursor, int pageSize, String tenant) implements ModelCommand {}

    record GetLimit(int listed, String tenant, String key) implements ModelCommand {}

    /** @param max null = each job's own is to count again. */
    record SetLimit(@Nullable Long max, boolean isFloating, String tenant, String key) implements ModelCommand {}

    record LeaseRefreshes(long waitMs, int most, String tenant, String taskGroup, String worker)
            implements ModelCommand {}

    record ReportRefresh(long tokenEpoch, long token, long max, boolean isFailure, String errorCode)
            implements ModelCommand {}

    record RenewRefresh(long tokenEpoch, long token) implements ModelCommand {}

    record DropHolders(long cursor, String tenant, String key) implements ModelCommand {}

    record ExplainJob(String tenant, String jobId) implements ModelCommand {}
    /** @param fields bits of those that are set. */
    record SetTenant(int fields, ModelTenants.Settings settings, String tenant) implements ModelCommand {}

    record ListTenants(String after) implements ModelCommand {}

    record GetTenant(String tenant) implements ModelCommand {}

    record GetSchedule(int firings, String tenant, String scheduleId) implements ModelCommand {}

    /** @param verb by its number on the wire. */
    record BulkChange(int verb, boolean dryRun, RequestId requestId, ModelFilter filter) implements ModelCommand {}

    record GetBulk(long bulkKey) implements ModelCommand {}

    record ListJobs(long cursor, int pageSize, ModelFilter filter) implements ModelCommand {}

    record CountJobs(String tenant) implements ModelCommand {}

    record GetJob(boolean includeAttempts, String tenant, String jobId) implements ModelCommand {}

    record GetJobResult(long waitMs, String tenant, String jobId) implements ModelCommand {}

    record ReadBytes(long jobKey, long chunkOffset, long byteCount, boolean ofResult, String tenant, String jobId)
            implements ModelCommand {}

    /** What no shard knows. */
    record Unknown() implements ModelCommand {}

    static ModelCommand decode(DirectBuffer b, int o) {
        final MessageHeaderDecoder h = new MessageHeaderDecoder().wrap(b, o);
        return switch (h.templateId()) {
            case EnqueueDecoder.TEMPLATE_ID -> enqueue(new EnqueueDecoder().wrapAndApplyHeader(b, o, h));
            case UploadChunkDecoder.TEMPLATE_ID -> {
                final UploadChunkDecoder d = new UploadChunkDecoder().wrapAndApplyHeader(b, o, h);
                yield new UploadChunk(
                        d.uploadId(), d.totalBytes(), d.chunkOffset(), Text.of(d.chunkLength(), d::getChunk));
            }
            case SubscribeDecoder.TEMPLATE_ID -> subscribe(new SubscribeDecoder().wrapAndApplyHeader(b, o, h));
            case UnsubscribeDecoder.TEMPLATE_ID ->
                new Unsubscribe(
                        new UnsubscribeDecoder().wrapAndApplyHeader(b, o, h).subscriptionId());
            case LeaseTasksDecoder.TEMPLATE_ID -> leaseTasks(new LeaseTasksDecoder().wrapAndApplyHeader(b, o, h));
            case HeartbeatDecoder.TEMPLATE_ID -> {
                final HeartbeatDecoder d = new HeartbeatDecoder().wrapAndApplyHeader(b, o, h);
                final List<NamedLease> leases = new ArrayList<>();
                for (HeartbeatDecoder.LeasesDecoder lease : d.leases()) {
                    leases.add(new NamedLease(lease.jobKey(), lease.tokenEpoch(), lease.token()));
                }
                yield new Heartbeat(leases, Text.of(d.workerIdLength(), d::getWorkerId));
            }
            case ReportOutcomeDecoder.TEMPLATE_ID ->
                reportOutcome(new ReportOutcomeDecoder().wrapAndApplyHeader(b, o, h));
            case ReturnLeasesDecoder.TEMPLATE_ID -> {
                final ReturnLeasesDecoder d = new ReturnLeasesDecoder().wrapAndApplyHeader(b, o, h);
                final List<GivenBack> leases = new ArrayList<>();
                for (ReturnLeasesDecoder.LeasesDecoder lease : d.leases()) {
                    leases.add(new GivenBack(
                            new NamedLease(lease.jobKey(), lease.tokenEpoch(), lease.token()), lease.snoozeMs()));
                }
                yield new ReturnLeases(leases, Text.of(d.workerIdLength(), d::getWorkerId));
            }
            case GetJobDecoder.TEMPLATE_ID -> {
                final GetJobDecoder d = new GetJobDecoder().wrapAndApplyHeader(b, o, h);
                yield new GetJob(
                        d.includeAttempts() != 0,
                        Text.of(d.tenantLength(), d::getTenant),
                        Text.of(d.jobIdLength(), d::getJobId));
            }
            case GetJobResultDecoder.TEMPLATE_ID -> {
                final GetJobResultDecoder d = new GetJobResultDecoder().wrapAndApplyHeader(b, o, h);
                yield new GetJobResult(
                        d.waitMs(), Text.of(d.tenantLength(), d::getTenant), Text.of(d.jobIdLength(), d::getJobId));
            }
            case ReadBytesDecoder.TEMPLATE_ID -> {
                final ReadBytesDecoder d = new ReadBytesDecoder().wrapAndApplyHeader(b, o, h);
                yield new ReadBytes(
                        d.jobKey(),
                        d.chunkOffset(),
                        d.byteCount(),
                        d.result() != 0,
                        Text.of(d.tenantLength(), d::getTenant),
                        Text.of(d.jobIdLength(), d::getJobId));
            }
            default -> ofJobs(b, o, h);
        };
    }

    /** What is done to jobs that exist, or came to be elsewhere. */
    private static ModelCommand ofJobs(DirectBuffer b, int o, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case CancelJobsDecoder.TEMPLATE_ID ->
                new ChangeJobs(Verb.CANCEL, named(new CancelJobsDecoder().wrapAndApplyHeader(b, o, h)));
            case RestartJobsDecoder.TEMPLATE_ID ->
                new ChangeJobs(Verb.RESTART, named(new RestartJobsDecoder().wrapAndApplyHeader(b, o, h)));
            case ExpediteJobsDecoder.TEMPLATE_ID ->
                new ChangeJobs(Verb.EXPEDITE, named(new ExpediteJobsDecoder().wrapAndApplyHeader(b, o, h)));
            case DeleteJobsDecoder.TEMPLATE_ID ->
                new ChangeJobs(Verb.DELETE, named(new DeleteJobsDecoder().wrapAndApplyHeader(b, o, h)));
            case LeaseJobDecoder.TEMPLATE_ID -> {
                final LeaseJobDecoder d = new LeaseJobDecoder().wrapAndApplyHeader(b, o, h);
                yield new LeaseJob(
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        Text.of(d.tenantLength(), d::getTenant),
                        Text.of(d.jobIdLength(), d::getJobId),
                        Text.of(d.workerIdLength(), d::getWorkerId));
            }
            case ImportJobsDecoder.TEMPLATE_ID -> importJobs(new ImportJobsDecoder().wrapAndApplyHeader(b, o, h));
            default -> ofSchedules(b, o, h);
        };
    }

    private static ModelCommand ofSchedules(DirectBuffer b, int o, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case PutScheduleDecoder.TEMPLATE_ID -> putSchedule(new PutScheduleDecoder().wrapAndApplyHeader(b, o, h));
            case PauseSchedulesDecoder.TEMPLATE_ID ->
                new ChangeSchedules(ScheduleVerb.PAUSE, named(new PauseSchedulesDecoder().wrapAndApplyHeader(b, o, h)));
            case ResumeSchedulesDecoder.TEMPLATE_ID ->
                new ChangeSchedules(
                        ScheduleVerb.RESUME, named(new ResumeSchedulesDecoder().wrapAndApplyHeader(b, o, h)));
            case DeleteSchedulesDecoder.TEMPLATE_ID ->
                new ChangeSchedules(
                        ScheduleVerb.DELETE, named(new DeleteSchedulesDecoder().wrapAndApplyHeader(b, o, h)));
            case ListSchedulesDecoder.TEMPLATE_ID -> {
                final ListSchedulesDecoder d = new ListSchedulesDecoder().wrapAndApplyHeader(b, o, h);
                yield new ListSchedules(
                        d.pageSize(),
                        Text.of(d.tenantLength(), d::getTenant),
                        Text.of(d.afterTenantLength(), d::getAfterTenant),
                        Text.of(d.afterIdLength(), d::getAfterId));
            }
            case GetScheduleDecoder.TEMPLATE_ID -> {
                final GetScheduleDecoder d = new GetScheduleDecoder().wrapAndApplyHeader(b, o, h);
                yield new GetSchedule(
                        d.firings(),
                        Text.of(d.tenantLength(), d::getTenant),
                        Text.of(d.scheduleIdLength(), d::getScheduleId));
            }
            case ListPausesDecoder.TEMPLATE_ID -> {
                final ListPausesDecoder d = new ListPausesDecoder().wrapAndApplyHeader(b, o, h);
                yield new ListPauses(d.afterKindRaw(), Text.of(d.afterNameLength(), d::getAfterName));
            }
            case SetTenantDecoder.TEMPLATE_ID -> {
                final SetTenantDecoder d = new SetTenantDecoder().wrapAndApplyHeader(b, o, h);
                yield new SetTenant(
                        d.fields(),
                        new ModelTenants.Settings(
                                d.weight(), d.runningMax(), d.queuedMax(), d.bytesMax(), d.enqueuesPerSecond()),
                        Text.of(d.tenantLength(), d::getTenant));
            }
            case ListTenantsDecoder.TEMPLATE_ID -> {
                final ListTenantsDecoder d = new ListTenantsDecoder().wrapAndApplyHeader(b, o, h);
                yield new ListTenants(Text.of(d.afterLength(), d::getAfter));
            }
            case GetTenantDecoder.TEMPLATE_ID -> {
                final GetTenantDecoder d = new GetTenantDecoder().wrapAndApplyHeader(b, o, h);
                yield new GetTenant(Text.of(d.tenantLength(), d::getTenant));
            }
            case SetPausedDecoder.TEMPLATE_ID -> {
                final SetPausedDecoder d = new SetPausedDecoder().wrapAndApplyHeader(b, o, h);
                yield new SetPaused(d.kindRaw(), d.paused() != 0, Text.of(d.nameLength(), d::getName));
            }
            default -> ofManyJobs(b, o, h);
        };
    }

    private static ModelCommand ofManyJobs(DirectBuffer b, int o, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case BulkChangeDecoder.TEMPLATE_ID -> {
                final BulkChangeDecoder d = new BulkChangeDecoder().wrapAndApplyHeader(b, o, h);
                final List<String> metadata = new ArrayList<>();
                for (BulkChangeDecoder.MetadataDecoder entry : d.metadata()) {
                    metadata.add(Text.of(entry.keyLength(), entry::getKey));
                    metadata.add(Text.of(entry.valueLength(), entry::getValue));
                }
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                final String taskGroup = Text.of(d.taskGroupLength(), d::getTaskGroup);
                yield new BulkChange(
                        d.verbRaw(),
                        d.dryRun() != 0,
                        new RequestId(d.requestIdHigh(), d.requestIdLow()),
                        new ModelFilter(d.statuses(), d.minAgeMs(), tenant, taskGroup, metadata));
            }
            case GetBulkDecoder.TEMPLATE_ID ->
                new GetBulk(new GetBulkDecoder().wrapAndApplyHeader(b, o, h).bulkKey());
            case ListJobsDecoder.TEMPLATE_ID -> {
                final ListJobsDecoder d = new ListJobsDecoder().wrapAndApplyHeader(b, o, h);
                final List<String> metadata = new ArrayList<>();
                for (ListJobsDecoder.MetadataDecoder entry : d.metadata()) {
                    metadata.add(Text.of(entry.keyLength(), entry::getKey));
                    metadata.add(Text.of(entry.valueLength(), entry::getValue));
                }
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                final String taskGroup = Text.of(d.taskGroupLength(), d::getTaskGroup);
                yield new ListJobs(
                        d.cursor(),
                        d.pageSize(),
                        new ModelFilter(d.statuses(), d.minAgeMs(), tenant, taskGroup, metadata));
            }
            case CountJobsDecoder.TEMPLATE_ID -> {
                final CountJobsDecoder d = new CountJobsDecoder().wrapAndApplyHeader(b, o, h);
                yield new CountJobs(Text.of(d.tenantLength(), d::getTenant));
            }
            default -> ofLimits(b, o, h);
        };
    }

    private static ModelCommand ofLimits(DirectBuffer b, int o, MessageHeaderDecoder h) {
        return switch (h.templateId()) {
            case ListLimitsDecoder.TEMPLATE_ID -> {
                final ListLimitsDecoder d = new ListLimitsDecoder().wrapAndApplyHeader(b, o, h);
                yield new ListLimits(d.cursor(), d.pageSize(), Text.of(d.tenantLength(), d::getTenant));
            }
            case GetLimitDecoder.TEMPLATE_ID -> {
                final GetLimitDecoder d = new GetLimitDecoder().wrapAndApplyHeader(b, o, h);
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                yield new GetLimit(d.listed(), tenant, Text.of(d.keyLength(), d::getKey));
            }
            case SetLimitDecoder.TEMPLATE_ID -> {
                final SetLimitDecoder d = new SetLimitDecoder().wrapAndApplyHeader(b, o, h);
                final Long max = d.isSet() != 0 ? (Long) d.maxConcurrency() : null;
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                final boolean isFloating = d.isFloating() != 0;
                yield new SetLimit(max, isFloating, tenant, Text.of(d.keyLength(), d::getKey));
            }
            case LeaseRefreshesDecoder.TEMPLATE_ID -> {
                final LeaseRefreshesDecoder d = new LeaseRefreshesDecoder().wrapAndApplyHeader(b, o, h);
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                final String group = Text.of(d.taskGroupLength(), d::getTaskGroup);
                yield new LeaseRefreshes(
                        d.waitMs(), d.maxRefreshes(), tenant, group, Text.of(d.workerIdLength(), d::getWorkerId));
            }
            case ReportRefreshDecoder.TEMPLATE_ID -> {
                final ReportRefreshDecoder d = new ReportRefreshDecoder().wrapAndApplyHeader(b, o, h);
                yield new ReportRefresh(
                        d.tokenEpoch(),
                        d.token(),
                        d.maxConcurrency(),
                        d.isFailure() != 0,
                        Text.of(d.errorCodeLength(), d::getErrorCode));
            }
            case RenewRefreshDecoder.TEMPLATE_ID -> {
                final RenewRefreshDecoder d = new RenewRefreshDecoder().wrapAndApplyHeader(b, o, h);
                yield new RenewRefresh(d.tokenEpoch(), d.token());
            }
            case DropHoldersDecoder.TEMPLATE_ID -> {
                final DropHoldersDecoder d = new DropHoldersDecoder().wrapAndApplyHeader(b, o, h);
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                yield new DropHolders(d.cursor(), tenant, Text.of(d.keyLength(), d::getKey));
            }
            case ExplainJobDecoder.TEMPLATE_ID -> {
                final ExplainJobDecoder d = new ExplainJobDecoder().wrapAndApplyHeader(b, o, h);
                final String tenant = Text.of(d.tenantLength(), d::getTenant);
                yield new ExplainJob(tenant, Text.of(d.jobIdLength(), d::getJobId));
            }
            default -> new Unknown();
        };
    }

    private static PutSchedule putSchedule(PutScheduleDecoder d) {
        final RetryRule retry = new RetryRule(
                d.retryCount(),
                d.retryInitialIntervalMs(),
                d.retryMaxIntervalMs(),
                d.retryBackoffPermille(),
                d.retryJitter());
        final List<ModelLimit> limits = new ArrayList<>();
        for (PutScheduleDecoder.LimitsDecoder limit : d.limits()) {
            limits.add(new ModelLimit(
                    Text.of(limit.keyLength(), limit::getKey),
                    limit.maxConcurrency(),
                    Text.of(limit.detailsLength(), limit::getDetails)));
        }
        final List<String> metadata = new ArrayList<>();
        for (PutScheduleDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        final String tenant = Text.of(d.tenantLength(), d::getTenant);
        final String taskGroup = Text.of(d.taskGroupLength(), d::getTaskGroup);
        final String id = Text.of(d.scheduleIdLength(), d::getScheduleId);
        final String uniqueKey = Text.of(d.uniqueKeyLength(), d::getUniqueKey);
        final String payload = Text.of(d.payloadLength(), d::getPayload);
        final String cron = Text.of(d.cronLength(), d::getCron);
        final String zone = Text.of(d.zoneLength(), d::getZone);
        final JobDefinition wanted = new JobDefinition(
                0,
                RequestId.NONE,
                0,
                0,
                -1,
                -1,
                retry,
                d.leaseMs(),
                d.maxRunMs(),
                0,
                payload.length(),
                Checksum.of(payload),
                d.priority(),
                d.payloadEncodingRaw(),
                limits,
                metadata,
                tenant,
                taskGroup,
                id,
                uniqueKey,
                payload);
        return new PutSchedule(
                d.intervalMs(),
                d.firstAtMs(),
                d.startWithinMs(),
                d.catchUpRaw(),
                d.paused() != 0,
                d.createOnly() != 0,
                new NewJob(wanted, 0, payload.length()),
                cron,
                zone);
    }

    private static Subscribe subscribe(SubscribeDecoder d) {
        return new Subscribe(
                d.subscriptionId(),
                d.credits(),
                Text.of(d.tenantLength(), d::getTenant),
                Text.of(d.taskGroupLength(), d::getTaskGroup),
                Text.of(d.workerIdLength(), d::getWorkerId));
    }

    private static LeaseTasks leaseTasks(LeaseTasksDecoder d) {
        return new LeaseTasks(
                new RequestId(d.requestIdHigh(), d.requestIdLow()),
                d.waitMs(),
                d.maxTasks(),
                Text.of(d.tenantLength(), d::getTenant),
                Text.of(d.taskGroupLength(), d::getTaskGroup),
                Text.of(d.workerIdLength(), d::getWorkerId));
    }

    private static Enqueue enqueue(EnqueueDecoder d) {
        final List<NewJob> items = new ArrayList<>();
        for (EnqueueDecoder.ItemsDecoder item : d.items()) {
            final RequestId requestId = new RequestId(item.requestIdHigh(), item.requestIdLow());
            final RetryRule retry = new RetryRule(
                    item.retryCount(),
                    item.retryInitialIntervalMs(),
                    item.retryMaxIntervalMs(),
                    item.retryBackoffPermille(),
                    item.retryJitter());
            final long startAtMs = item.startAtMs();
            final long uploadId = item.uploadId();
            final long leaseMs = item.leaseMs();
            final long maxRunMs = item.maxRunMs();
            final long startDeadlineMs = item.startDeadlineMs();
            final int priority = item.priority();
            final int encoding = item.payloadEncodingRaw();
            final List<ModelLimit> limits = new ArrayList<>();
            for (EnqueueDecoder.ItemsDecoder.LimitsDecoder limit : item.limits()) {
                limits.add(new ModelLimit(
                        Text.of(limit.keyLength(), limit::getKey),
                        limit.maxConcurrency(),
                        Text.of(limit.detailsLength(), limit::getDetails)));
            }
            final List<String> metadata = new ArrayList<>();
            for (EnqueueDecoder.ItemsDecoder.MetadataDecoder entry : item.metadata()) {
                metadata.add(Text.of(entry.keyLength(), entry::getKey));
                metadata.add(Text.of(entry.valueLength(), entry::getValue));
            }
            final String tenant = Text.of(item.tenantLength(), item::getTenant);
            final String taskGroup = Text.of(item.taskGroupLength(), item::getTaskGroup);
            final String jobId = Text.of(item.jobIdLength(), item::getJobId);
            final String uniqueKey = Text.of(item.uniqueKeyLength(), item::getUniqueKey);
            final String payload = Text.of(item.payloadLength(), item::getPayload);
            final JobDefinition wanted = new JobDefinition(
                    0,
                    requestId,
                    0,
                    startAtMs,
                    -1,
                    -1,
                    retry,
                    leaseMs,
                    maxRunMs,
                    startDeadlineMs,
                    payload.length(),
                    Checksum.of(payload),
                    priority,
                    encoding,
                    limits,
                    metadata,
                    tenant,
                    taskGroup,
                    jobId,
                    uniqueKey,
                    payload);
            items.add(new NewJob(wanted, uploadId, payload.length()));
        }
        return new Enqueue(items);
    }

    private static ReportOutcome reportOutcome(ReportOutcomeDecoder d) {
        final List<Report> items = new ArrayList<>();
        for (ReportOutcomeDecoder.ItemsDecoder item : d.items()) {
            items.add(new Report(
                    new NamedLease(item.jobKey(), item.tokenEpoch(), item.token()),
                    item.uploadId(),
                    item.outcomeRaw(),
                    item.resultEncodingRaw(),
                    Text.of(item.errorCodeLength(), item::getErrorCode),
                    Text.of(item.resultLength(), item::getResult)));
        }
        return new ReportOutcome(d.subscriptionId(), d.credits(), items);
    }

    private static List<NamedJob> named(CancelJobsDecoder d) {
        final List<NamedJob> jobs = new ArrayList<>();
        for (CancelJobsDecoder.ItemsDecoder i : d.items()) {
            jobs.add(new NamedJob(Text.of(i.tenantLength(), i::getTenant), Text.of(i.jobIdLength(), i::getJobId)));
        }
        return jobs;
    }

    private static List<NamedJob> named(RestartJobsDecoder d) {
        final List<NamedJob> jobs = new ArrayList<>();
        for (RestartJobsDecoder.ItemsDecoder i : d.items()) {
            jobs.add(new NamedJob(Text.of(i.tenantLength(), i::getTenant), Text.of(i.jobIdLength(), i::getJobId)));
        }
        return jobs;
    }

    private static List<NamedJob> named(ExpediteJobsDecoder d) {
        final List<NamedJob> jobs = new ArrayList<>();
        for (ExpediteJobsDecoder.ItemsDecoder i : d.items()) {
            jobs.add(new NamedJob(Text.of(i.tenantLength(), i::getTenant), Text.of(i.jobIdLength(), i::getJobId)));
        }
        return jobs;
    }

    private static List<NamedJob> named(DeleteJobsDecoder d) {
        final List<NamedJob> jobs = new ArrayList<>();
        for (DeleteJobsDecoder.ItemsDecoder i : d.items()) {
            jobs.add(new NamedJob(Text.of(i.tenantLength(), i::getTenant), Text.of(i.jobIdLength(), i::getJobId)));
        }
        return jobs;
    }

    private static List<NamedJob> named(PauseSchedulesDecoder d) {
        final List<NamedJob> schedules = new ArrayList<>();
        for (PauseSchedulesDecoder.ItemsDecoder i : d.items()) {
            schedules.add(new NamedJob(
                    Text.of(i.tenantLength(), i::getTenant), Text.of(i.scheduleIdLength(), i::getScheduleId)));
        }
        return schedules;
    }

    private static List<NamedJob> named(ResumeSchedulesDecoder d) {
        final List<NamedJob> schedules = new ArrayList<>();
        for (ResumeSchedulesDecoder.ItemsDecoder i : d.items()) {
            schedules.add(new NamedJob(
                    Text.of(i.tenantLength(), i::getTenant), Text.of(i.scheduleIdLength(), i::getScheduleId)));
        }
        return schedules;
    }

    private static List<NamedJob> named(DeleteSchedulesDecoder d) {
        final List<NamedJob> schedules = new ArrayList<>();
        for (DeleteSchedulesDecoder.ItemsDecoder i : d.items()) {
            schedules.add(new NamedJob(
                    Text.of(i.tenantLength(), i::getTenant), Text.of(i.scheduleIdLength(), i::getScheduleId)));
        }
        return schedules;
    }

    private static ImportJobs importJobs(ImportJobsDecoder d) {
        final List<ImportedJob> items = new ArrayList<>();
        for (ImportJobsDecoder.ItemsDecoder item : d.items()) {
            final long uploadId = item.uploadId();
            final RetryRule retry = new RetryRule(
                    item.retryCount(),
                    item.retryInitialIntervalMs(),
                    item.retryMaxIntervalMs(),
                    item.retryBackoffPermille(),
                    item.retryJitter());
            final List<ImportedAttempt> attempts = new ArrayList<>();
            for (ImportJobsDecoder.ItemsDecoder.AttemptsDecoder a : item.attempts()) {
                final long[] numbers = {a.startedAtMs(), a.finishedAtMs(), a.uploadId()};
                attempts.add(new ImportedAttempt(
                        numbers[0],
                        numbers[1],
                        numbers[2],
                        a.outcomeRaw(),
                        a.resultEncodingRaw(),
                        Text.of(a.errorCodeLength(), a::getErrorCode),
                        Text.of(a.resultLength(), a::getResult)));
            }
            final List<ModelLimit> limits = new ArrayList<>();
            for (ImportJobsDecoder.ItemsDecoder.LimitsDecoder limit : item.limits()) {
                limits.add(new ModelLimit(
                        Text.of(limit.keyLength(), limit::getKey),
                        limit.maxConcurrency(),
                        Text.of(limit.detailsLength(), limit::getDetails)));
            }
            final List<String> metadata = new ArrayList<>();
            for (ImportJobsDecoder.ItemsDecoder.MetadataDecoder entry : item.metadata()) {
                metadata.add(Text.of(entry.keyLength(), entry::getKey));
                metadata.add(Text.of(entry.valueLength(), entry::getValue));
            }
            final String tenant = Text.of(item.tenantLength(), item::getTenant);
            final String taskGroup = Text.of(item.taskGroupLength(), item::getTaskGroup);
            final String jobId = Text.of(item.jobIdLength(), item::getJobId);
            final String uniqueKey = Text.of(item.uniqueKeyLength(), item::getUniqueKey);
            final String payload = Text.of(item.payloadLength(), item::getPayload);
            final JobDefinition wanted = new JobDefinition(
                    0,
                    RequestId.NONE,
                    item.enqueuedAtMs(),
                    item.startAtMs(),
                    -1,
                    -1,
                    retry,
                    item.leaseMs(),
                    item.maxRunMs(),
                    item.startDeadlineMs(),
                    payload.length(),
                    Checksum.of(payload),
                    item.priority(),
                    item.payloadEncodingRaw(),
                    limits,
                    metadata,
                    tenant,
                    taskGroup,
                    jobId,
                    uniqueKey,
                    payload);
            items.add(new ImportedJob(new NewJob(wanted, uploadId, payload.length()), attempts));
        }
        return new ImportJobs(items);
    }
}
