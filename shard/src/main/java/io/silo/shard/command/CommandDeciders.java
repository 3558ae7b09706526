package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.protocol.Bounds;
import io.silo.protocol.command.BulkChangeDecoder;
import io.silo.protocol.command.CancelJobsDecoder;
import io.silo.protocol.command.CountJobsDecoder;
import io.silo.protocol.command.CountTenantsDecoder;
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
import io.silo.protocol.command.GetTaskGroupDecoder;
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
import io.silo.protocol.command.PauseSchedulesDecoder;
import io.silo.protocol.command.PutScheduleDecoder;
import io.silo.protocol.command.ReadBytesDecoder;
import io.silo.protocol.command.ReadEventsDecoder;
import io.silo.protocol.command.RenewRefreshDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReportRefreshDecoder;
import io.silo.protocol.command.RestartJobsDecoder;
import io.silo.protocol.command.ResumeSchedulesDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import io.silo.protocol.command.ScanJobsDecoder;
import io.silo.protocol.command.SetLimitDecoder;
import io.silo.protocol.command.SetPausedDecoder;
import io.silo.protocol.command.SetTenantDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import io.silo.protocol.event.BulkVerb;
import org.jspecify.annotations.Nullable;

/** Template id to decider: the command half of the shard's catalogue. One per shard. */
public final class CommandDeciders {
    /** Command ids lie below this (see the schema); replies begin at 101. */
    private static final int IDS_MAX = 101;

    /** Reserved for a record: 190 grants to a worker with the longest id, 1,024 deletions, or 120 expiries. */
    public static final int RECORD_BYTES_MIN = 64 * 1024;

    /** An event is at most 2.5 times the item of the command it comes from (AttemptFailed: 76 fixed bytes for 40), rounded up. */
    private static final int RECORD_BYTES_PER_COMMAND_BYTE = 3;

    /** An import may write the definition of one job that it only names: payload, metadata, names. */
    private static final int DEFINITION_BYTES_MAX = Bounds.INLINE_BYTES_MAX + Bounds.METADATA_BYTES_MAX + 4_096;

    private final @Nullable CommandDecider[] deciders = new CommandDecider[IDS_MAX];

    public CommandDeciders(TaskGrants grants, AttemptEnds ends, JobChanges changes, JobImports imports) {
        deciders[EnqueueDecoder.TEMPLATE_ID] = new EnqueueDecider();
        deciders[UploadChunkDecoder.TEMPLATE_ID] = new UploadChunkDecider();
        deciders[LeaseTasksDecoder.TEMPLATE_ID] = new LeaseTasksDecider(grants);
        deciders[HeartbeatDecoder.TEMPLATE_ID] = new HeartbeatDecider();
        deciders[ReportOutcomeDecoder.TEMPLATE_ID] = new ReportOutcomeDecider(ends);
        deciders[ReturnLeasesDecoder.TEMPLATE_ID] = new ReturnLeasesDecider(ends);
        deciders[LeaseJobDecoder.TEMPLATE_ID] = new LeaseJobDecider(grants);
        deciders[LeaseRefreshesDecoder.TEMPLATE_ID] = new LeaseRefreshesDecider();
        deciders[ReportRefreshDecoder.TEMPLATE_ID] = new ReportRefreshDecider();
        deciders[RenewRefreshDecoder.TEMPLATE_ID] = new RenewRefreshDecider();
        deciders[CancelJobsDecoder.TEMPLATE_ID] =
                new JobsDecider(changes.verb(BulkVerb.CANCEL), JobsDecider.Unknown.REFUSED);
        deciders[RestartJobsDecoder.TEMPLATE_ID] =
                new JobsDecider(changes.verb(BulkVerb.RESTART), JobsDecider.Unknown.REFUSED);
        deciders[ExpediteJobsDecoder.TEMPLATE_ID] =
                new JobsDecider(changes.verb(BulkVerb.EXPEDITE), JobsDecider.Unknown.REFUSED);
        deciders[DeleteJobsDecoder.TEMPLATE_ID] =
                new JobsDecider(changes.verb(BulkVerb.DELETE), JobsDecider.Unknown.FINE);
        deciders[ImportJobsDecoder.TEMPLATE_ID] = new ImportJobsDecider(imports);
        deciders[PutScheduleDecoder.TEMPLATE_ID] = new PutScheduleDecider();
        deciders[PauseSchedulesDecoder.TEMPLATE_ID] = new SchedulesDecider(SchedulesDecider.Change.PAUSE);
        deciders[ResumeSchedulesDecoder.TEMPLATE_ID] = new SchedulesDecider(SchedulesDecider.Change.RESUME);
        deciders[DeleteSchedulesDecoder.TEMPLATE_ID] = new SchedulesDecider(SchedulesDecider.Change.DELETE);
        deciders[SetPausedDecoder.TEMPLATE_ID] = new SetPausedDecider();
        deciders[ListLimitsDecoder.TEMPLATE_ID] = new ListLimitsDecider();
        deciders[GetLimitDecoder.TEMPLATE_ID] = new GetLimitDecider();
        deciders[SetLimitDecoder.TEMPLATE_ID] = new SetLimitDecider();
        deciders[DropHoldersDecoder.TEMPLATE_ID] = new DropHoldersDecider();
        deciders[ExplainJobDecoder.TEMPLATE_ID] = new ExplainJobDecider();
        deciders[SetTenantDecoder.TEMPLATE_ID] = new SetTenantDecider();
        deciders[ListTenantsDecoder.TEMPLATE_ID] = new ListTenantsDecider();
        deciders[GetTenantDecoder.TEMPLATE_ID] = new GetTenantDecider();
        deciders[BulkChangeDecoder.TEMPLATE_ID] = new BulkChangeDecider();
        deciders[GetBulkDecoder.TEMPLATE_ID] = new GetBulkDecider();
        deciders[ListJobsDecoder.TEMPLATE_ID] = new ListJobsDecider();
        deciders[CountJobsDecoder.TEMPLATE_ID] = new CountJobsDecider();
        deciders[ScanJobsDecoder.TEMPLATE_ID] = new ScanJobsDecider();
        deciders[CountTenantsDecoder.TEMPLATE_ID] = new CountTenantsDecider();
        deciders[ReadEventsDecoder.TEMPLATE_ID] = new ReadEventsDecider();
        deciders[ListPausesDecoder.TEMPLATE_ID] = new ListPausesDecider();
        deciders[ListSchedulesDecoder.TEMPLATE_ID] = new ListSchedulesDecider();
        deciders[GetScheduleDecoder.TEMPLATE_ID] = new GetScheduleDecider();
        deciders[GetJobDecoder.TEMPLATE_ID] = new GetJobDecider();
        deciders[GetJobResultDecoder.TEMPLATE_ID] = new GetJobResultDecider();
        deciders[ReadBytesDecoder.TEMPLATE_ID] = new ReadBytesDecider();
        deciders[GetTaskGroupDecoder.TEMPLATE_ID] = new GetTaskGroupDecider();
    }

    /** Whether a command may append a record. The others are answered even at the disk's hard floor. */
    public boolean appends(int templateId) {
        return templateId != HeartbeatDecoder.TEMPLATE_ID
                && templateId != LeaseRefreshesDecoder.TEMPLATE_ID
                && templateId != RenewRefreshDecoder.TEMPLATE_ID
                && templateId != GetJobDecoder.TEMPLATE_ID
                && templateId != GetJobResultDecoder.TEMPLATE_ID
                && templateId != ReadBytesDecoder.TEMPLATE_ID
                && templateId != GetTaskGroupDecoder.TEMPLATE_ID
                && templateId != ListSchedulesDecoder.TEMPLATE_ID
                && templateId != GetScheduleDecoder.TEMPLATE_ID
                && templateId != GetBulkDecoder.TEMPLATE_ID
                && templateId != ListJobsDecoder.TEMPLATE_ID
                && templateId != CountJobsDecoder.TEMPLATE_ID
                && templateId != ScanJobsDecoder.TEMPLATE_ID
                && templateId != CountTenantsDecoder.TEMPLATE_ID
                && templateId != ReadEventsDecoder.TEMPLATE_ID
                && templateId != ListPausesDecoder.TEMPLATE_ID
                && templateId != ListLimitsDecoder.TEMPLATE_ID
                && templateId != GetLimitDecoder.TEMPLATE_ID
                && templateId != ExplainJobDecoder.TEMPLATE_ID
                && templateId != ListTenantsDecoder.TEMPLATE_ID
                && templateId != GetTenantDecoder.TEMPLATE_ID;
    }

    /**
     * Bytes to reserve for a command's record, header included.
     *
     * @param length of the command.
     */
    public int recordBytes(int templateId, int length) {
        final int bytes = Math.max(RECORD_BYTES_MIN, RECORD_BYTES_PER_COMMAND_BYTE * length);
        final int imported = templateId == ImportJobsDecoder.TEMPLATE_ID ? DEFINITION_BYTES_MAX : 0;
        return Math.min(EventLog.RECORD_BYTES_MAX, bytes + imported);
    }

    /** The decider of a command to a shard, or null if there is none. */
    public @Nullable CommandDecider find(int templateId) {
        return templateId >= 0 && templateId < IDS_MAX ? deciders[templateId] : null;
    }
}
