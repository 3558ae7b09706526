package io.silo.client;

import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.CountJobsEncoder;
import io.silo.protocol.command.CountTenantsEncoder;
import io.silo.protocol.command.DropHoldersEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.ExplainJobEncoder;
import io.silo.protocol.command.GetBulkEncoder;
import io.silo.protocol.command.GetJobEncoder;
import io.silo.protocol.command.GetJobResultEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.GetScheduleEncoder;
import io.silo.protocol.command.GetTaskGroupEncoder;
import io.silo.protocol.command.GetTenantEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.ImportJobsEncoder;
import io.silo.protocol.command.LeaseJobEncoder;
import io.silo.protocol.command.LeaseRefreshesEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.ListJobsEncoder;
import io.silo.protocol.command.ListLimitsEncoder;
import io.silo.protocol.command.ListPausesEncoder;
import io.silo.protocol.command.ListSchedulesEncoder;
import io.silo.protocol.command.ListTenantsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ReadBytesEncoder;
import io.silo.protocol.command.ReadEventsEncoder;
import io.silo.protocol.command.RenewRefreshEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.ReportRefreshEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.ScanJobsEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.command.UnsubscribeEncoder;
import io.silo.protocol.command.UploadChunkEncoder;

/** The encoders of the net thread, made once. */
final class CommandCodecs {
    final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    final EnqueueEncoder enqueue = new EnqueueEncoder();
    final UploadChunkEncoder uploadChunk = new UploadChunkEncoder();
    final GetJobEncoder getJob = new GetJobEncoder();
    final GetJobResultEncoder getJobResult = new GetJobResultEncoder();
    final ReadBytesEncoder readBytes = new ReadBytesEncoder();
    final GetTaskGroupEncoder getTaskGroup = new GetTaskGroupEncoder();
    /** Of all four changes, which have one layout. */
    final CancelJobsEncoder changeJobs = new CancelJobsEncoder();

    final LeaseTasksEncoder leaseTasks = new LeaseTasksEncoder();
    final LeaseJobEncoder leaseJob = new LeaseJobEncoder();
    final ImportJobsEncoder importJobs = new ImportJobsEncoder();
    final PutScheduleEncoder putSchedule = new PutScheduleEncoder();
    /** Of all three changes, which have one layout. */
    final PauseSchedulesEncoder changeSchedules = new PauseSchedulesEncoder();

    final ListSchedulesEncoder listSchedules = new ListSchedulesEncoder();
    final GetScheduleEncoder getSchedule = new GetScheduleEncoder();
    final BulkChangeEncoder bulkChange = new BulkChangeEncoder();
    final GetBulkEncoder getBulk = new GetBulkEncoder();
    final ListJobsEncoder listJobs = new ListJobsEncoder();
    final CountJobsEncoder countJobs = new CountJobsEncoder();
    final ListPausesEncoder listPauses = new ListPausesEncoder();
    final SetPausedEncoder setPaused = new SetPausedEncoder();
    final ListLimitsEncoder listLimits = new ListLimitsEncoder();
    final GetLimitEncoder getLimit = new GetLimitEncoder();
    final SetLimitEncoder setLimit = new SetLimitEncoder();
    final LeaseRefreshesEncoder leaseRefreshes = new LeaseRefreshesEncoder();
    final ReportRefreshEncoder reportRefresh = new ReportRefreshEncoder();
    final RenewRefreshEncoder renewRefresh = new RenewRefreshEncoder();
    final DropHoldersEncoder dropHolders = new DropHoldersEncoder();
    final ExplainJobEncoder explainJob = new ExplainJobEncoder();
    final SetTenantEncoder setTenant = new SetTenantEncoder();
    final ListTenantsEncoder listTenants = new ListTenantsEncoder();
    final ScanJobsEncoder scanJobs = new ScanJobsEncoder();
    final ReadEventsEncoder readEvents = new ReadEventsEncoder();
    final CountTenantsEncoder countTenants = new CountTenantsEncoder();
    final GetTenantEncoder getTenant = new GetTenantEncoder();
    final SubscribeEncoder subscribe = new SubscribeEncoder();
    final UnsubscribeEncoder unsubscribe = new UnsubscribeEncoder();
    final HeartbeatEncoder heartbeat = new HeartbeatEncoder();
    final ReportOutcomeEncoder reportOutcome = new ReportOutcomeEncoder();
    final ReturnLeasesEncoder returnLeases = new ReturnLeasesEncoder();

    /** Fills the command header but for the correlation id, which the shard client writes. */
    static void fill(CommandHeaderEncoder header, ShardMap.Target target, io.silo.client.Durability durability) {
        header.correlationId(0)
                .shardEpoch(target.shardEpoch())
                .shard(target.shard())
                .durability(
                        durability == io.silo.client.Durability.APPENDED ? Durability.APPENDED : Durability.DURABLE);
    }

    static PayloadEncoding wire(Encoding encoding) {
        return switch (encoding) {
            case RAW -> PayloadEncoding.RAW;
            case TEXT -> PayloadEncoding.TEXT;
            case JSON -> PayloadEncoding.JSON;
            case MSGPACK -> PayloadEncoding.MSGPACK;
        };
    }

    static CatchUp wire(io.silo.client.CatchUp catchUp) {
        return switch (catchUp) {
            case SKIP -> CatchUp.SKIP;
            case ONE -> CatchUp.ONE;
            case ALL -> CatchUp.ALL;
        };
    }

    static BulkVerb wire(io.silo.client.BulkVerb verb) {
        return switch (verb) {
            case CANCEL -> BulkVerb.CANCEL;
            case RESTART -> BulkVerb.RESTART;
            case EXPEDITE -> BulkVerb.EXPEDITE;
            case DELETE -> BulkVerb.DELETE;
        };
    }
}
