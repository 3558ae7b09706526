package io.silo.protocol.session;

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
import io.silo.protocol.command.SubscribeDecoder;
import io.silo.protocol.command.UnsubscribeDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import java.util.BitSet;

/** What a token may allow: a set of commands. A command in no set is for {@link #ADMIN} alone. */
public enum Verb {
    /** Creates jobs. */
    PRODUCE(EnqueueDecoder.TEMPLATE_ID, UploadChunkDecoder.TEMPLATE_ID),
    /** Leases tasks and reports their outcomes. */
    WORK(
            UploadChunkDecoder.TEMPLATE_ID,
            SubscribeDecoder.TEMPLATE_ID,
            UnsubscribeDecoder.TEMPLATE_ID,
            LeaseTasksDecoder.TEMPLATE_ID,
            HeartbeatDecoder.TEMPLATE_ID,
            ReportOutcomeDecoder.TEMPLATE_ID,
            ReturnLeasesDecoder.TEMPLATE_ID,
            LeaseJobDecoder.TEMPLATE_ID,
            LeaseRefreshesDecoder.TEMPLATE_ID,
            ReportRefreshDecoder.TEMPLATE_ID,
            RenewRefreshDecoder.TEMPLATE_ID,
            ReadBytesDecoder.TEMPLATE_ID,
            GetTaskGroupDecoder.TEMPLATE_ID),
    /** Reads jobs, results and what task groups have to do. */
    READ(
            GetJobDecoder.TEMPLATE_ID,
            GetJobResultDecoder.TEMPLATE_ID,
            ReadBytesDecoder.TEMPLATE_ID,
            GetTaskGroupDecoder.TEMPLATE_ID,
            ListSchedulesDecoder.TEMPLATE_ID,
            GetScheduleDecoder.TEMPLATE_ID,
            ListJobsDecoder.TEMPLATE_ID,
            CountJobsDecoder.TEMPLATE_ID,
            ListPausesDecoder.TEMPLATE_ID,
            ListLimitsDecoder.TEMPLATE_ID,
            GetLimitDecoder.TEMPLATE_ID,
            ExplainJobDecoder.TEMPLATE_ID,
            ListTenantsDecoder.TEMPLATE_ID,
            GetTenantDecoder.TEMPLATE_ID,
            ScanJobsDecoder.TEMPLATE_ID,
            CountTenantsDecoder.TEMPLATE_ID,
            ReadEventsDecoder.TEMPLATE_ID,
            GetBulkDecoder.TEMPLATE_ID),
    /** Changes jobs that exist, and brings in those of another system. */
    MANAGE(
            CancelJobsDecoder.TEMPLATE_ID,
            RestartJobsDecoder.TEMPLATE_ID,
            ExpediteJobsDecoder.TEMPLATE_ID,
            DeleteJobsDecoder.TEMPLATE_ID,
            ImportJobsDecoder.TEMPLATE_ID,
            PutScheduleDecoder.TEMPLATE_ID,
            PauseSchedulesDecoder.TEMPLATE_ID,
            ResumeSchedulesDecoder.TEMPLATE_ID,
            DeleteSchedulesDecoder.TEMPLATE_ID,
            SetPausedDecoder.TEMPLATE_ID,
            SetLimitDecoder.TEMPLATE_ID,
            DropHoldersDecoder.TEMPLATE_ID,
            SetTenantDecoder.TEMPLATE_ID,
            BulkChangeDecoder.TEMPLATE_ID,
            GetBulkDecoder.TEMPLATE_ID,
            UploadChunkDecoder.TEMPLATE_ID),
    /** Everything. */
    ADMIN();

    @SuppressWarnings("ImmutableEnumChecker") // private and never changed
    private final int[] templateIds;

    Verb(int... templateIds) {
        this.templateIds = templateIds;
    }

    /** Adds what this verb allows; template ids have 16 bits. */
    void allowIn(BitSet templates) {
        if (this == ADMIN) {
            templates.set(0, 1 << 16);
        }
        for (final int templateId : templateIds) {
            templates.set(templateId);
        }
    }
}
