package io.silo.protocol.session;

import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.CatchUp;
import io.silo.protocol.command.CloseSessionEncoder;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.CountJobsEncoder;
import io.silo.protocol.command.CountTenantsEncoder;
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
import io.silo.protocol.command.GetScheduleEncoder;
import io.silo.protocol.command.GetTaskGroupEncoder;
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
import io.silo.protocol.command.ListSchedulesEncoder;
import io.silo.protocol.command.ListTenantsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PauseKind;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ReadBytesEncoder;
import io.silo.protocol.command.ReadEventsEncoder;
import io.silo.protocol.command.RenewRefreshEncoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.ReportRefreshEncoder;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.ScanJobsEncoder;
import io.silo.protocol.command.ScanPath;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.command.SetPausedEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.command.UnsubscribeEncoder;
import io.silo.protocol.command.UploadChunkEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** A well-formed message of every command, with every group and every variable field filled. */
final class CommandSamples {
    static final long CORRELATION_ID = 0x1234_5678_9ABCL;

    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[8 * 1024]);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();

    private CommandSamples() {}

    static List<byte[]> all() {
        final CommandSamples samples = new CommandSamples();
        final List<byte[]> all = new ArrayList<>();
        all.add(hello("secret", SessionGate.PROTOCOL_VERSION));
        all.add(closeSession());
        all.add(keepAlive());
        all.add(enqueue(2));
        all.add(samples.uploadChunk());
        all.add(samples.subscribe());
        all.add(samples.unsubscribe());
        all.add(samples.leaseTasks());
        all.add(samples.heartbeat());
        all.add(samples.reportOutcome());
        all.add(samples.returnLeases());
        all.add(getJob());
        all.add(samples.getJobResult());
        all.add(samples.readBytes());
        all.add(samples.getTaskGroup());
        all.add(samples.cancelJobs());
        all.add(samples.restartJobs());
        all.add(samples.expediteJobs());
        all.add(samples.deleteJobs());
        all.add(samples.leaseJob());
        all.add(samples.leaseRefreshes());
        all.add(samples.reportRefresh());
        all.add(samples.renewRefresh());
        all.add(samples.importJobs());
        all.add(samples.putSchedule());
        all.add(samples.pauseSchedules());
        all.add(samples.resumeSchedules());
        all.add(samples.deleteSchedules());
        all.add(samples.listSchedules());
        all.add(samples.getSchedule());
        all.add(samples.setPaused());
        all.add(samples.bulkChange());
        all.add(samples.getBulk());
        all.add(samples.listJobs());
        all.add(samples.countJobs());
        all.add(samples.listPauses());
        all.add(samples.listLimits());
        all.add(samples.getLimit());
        all.add(samples.setLimit());
        all.add(samples.dropHolders());
        all.add(samples.explainJob());
        all.add(samples.setTenant());
        all.add(samples.listTenants());
        all.add(samples.scanJobs());
        all.add(samples.countTenants());
        all.add(samples.readEvents());
        all.add(samples.getTenant());
        return all;
    }

    static byte[] hello(String token, int protocolVersion) {
        final CommandSamples s = new CommandSamples();
        final HelloEncoder e = new HelloEncoder().wrapAndApplyHeader(s.buffer, 0, s.header);
        fill(e.header());
        e.protocolVersion(protocolVersion).token(token).clientName("sample");
        return s.bytes(e.encodedLength());
    }

    static byte[] closeSession() {
        final CommandSamples s = new CommandSamples();
        final CloseSessionEncoder e = new CloseSessionEncoder().wrapAndApplyHeader(s.buffer, 0, s.header);
        fill(e.header());
        return s.bytes(e.encodedLength());
    }

    static byte[] keepAlive() {
        final CommandSamples s = new CommandSamples();
        final KeepAliveEncoder e = new KeepAliveEncoder().wrapAndApplyHeader(s.buffer, 0, s.header);
        fill(e.header());
        return s.bytes(e.encodedLength());
    }

    static byte[] enqueue(int items) {
        final CommandSamples s = new CommandSamples();
        final EnqueueEncoder e = new EnqueueEncoder().wrapAndApplyHeader(s.buffer, 0, s.header);
        fill(e.header());
        final EnqueueEncoder.ItemsEncoder group = e.itemsCount(items);
        for (int i = 0; i < items; i++) {
            group.next().payloadEncoding(PayloadEncoding.TEXT);
            group.limitsCount(1).next().maxConcurrency(3).key("k").putDetails(new byte[0], 0, 0);
            group.metadataCount(2).next().key("a").value("1").next().key("b").value("");
            group.tenant("t" + i).taskGroup("group").jobId("job-" + i).uniqueKey("key-" + i);
            final byte[] payload = ("payload " + i).getBytes(StandardCharsets.UTF_8);
            group.putPayload(payload, 0, payload.length);
        }
        return s.bytes(e.encodedLength());
    }

    static byte[] getJob() {
        final CommandSamples s = new CommandSamples();
        final GetJobEncoder e = new GetJobEncoder().wrapAndApplyHeader(s.buffer, 0, s.header);
        fill(e.header());
        e.includeAttempts((short) 1).tenant("t").jobId("job");
        return s.bytes(e.encodedLength());
    }

    private byte[] uploadChunk() {
        final UploadChunkEncoder e = new UploadChunkEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.uploadId(7).totalBytes(3).chunkOffset(0).putChunk(new byte[] {1, 2, 3}, 0, 3);
        return bytes(e.encodedLength());
    }

    private byte[] subscribe() {
        final SubscribeEncoder e = new SubscribeEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.subscriptionId(1).credits(8).tenant("").taskGroup("group").workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] unsubscribe() {
        final UnsubscribeEncoder e = new UnsubscribeEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.subscriptionId(1);
        return bytes(e.encodedLength());
    }

    private byte[] leaseTasks() {
        final LeaseTasksEncoder e = new LeaseTasksEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.requestIdHigh(1)
                .requestIdLow(2)
                .waitMs(0)
                .maxTasks(3)
                .tenant("")
                .taskGroup("group")
                .workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] heartbeat() {
        final HeartbeatEncoder e = new HeartbeatEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.leasesCount(2)
                .next()
                .jobKey(1)
                .tokenEpoch(1)
                .token(1)
                .next()
                .jobKey(2)
                .tokenEpoch(1)
                .token(2);
        e.workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] reportOutcome() {
        final ReportOutcomeEncoder e = new ReportOutcomeEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.subscriptionId(1).credits(2);
        final ReportOutcomeEncoder.ItemsEncoder items = e.itemsCount(2);
        items.next().jobKey(1).tokenEpoch(1).token(1).uploadId(0).outcome(Outcome.SUCCEEDED);
        items.resultEncoding(PayloadEncoding.JSON).errorCode("").putResult(new byte[] {1}, 0, 1);
        items.next().jobKey(2).tokenEpoch(1).token(2).uploadId(0).outcome(Outcome.FAILED);
        items.resultEncoding(PayloadEncoding.RAW).errorCode("E").putResult(new byte[0], 0, 0);
        return bytes(e.encodedLength());
    }

    private byte[] returnLeases() {
        final ReturnLeasesEncoder e = new ReturnLeasesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.leasesCount(1).next().jobKey(1).tokenEpoch(1).token(1);
        e.workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] getJobResult() {
        final GetJobResultEncoder e = new GetJobResultEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.waitMs(5).tenant("t").jobId("job");
        return bytes(e.encodedLength());
    }

    private byte[] readBytes() {
        final ReadBytesEncoder e = new ReadBytesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.jobKey(1).chunkOffset(0).byteCount(10).result((short) 0).tenant("t").jobId("job");
        return bytes(e.encodedLength());
    }

    private byte[] getTaskGroup() {
        final GetTaskGroupEncoder e = new GetTaskGroupEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tenant("t").taskGroup("group");
        return bytes(e.encodedLength());
    }

    private byte[] cancelJobs() {
        final CancelJobsEncoder e = new CancelJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(2).next().tenant("t").jobId("a").next().tenant("").jobId("b");
        return bytes(e.encodedLength());
    }

    private byte[] restartJobs() {
        final RestartJobsEncoder e = new RestartJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").jobId("a");
        return bytes(e.encodedLength());
    }

    private byte[] expediteJobs() {
        final ExpediteJobsEncoder e = new ExpediteJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").jobId("a");
        return bytes(e.encodedLength());
    }

    private byte[] deleteJobs() {
        final DeleteJobsEncoder e = new DeleteJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").jobId("a");
        return bytes(e.encodedLength());
    }

    private byte[] leaseJob() {
        final LeaseJobEncoder e = new LeaseJobEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.requestIdHigh(1).requestIdLow(2).tenant("t").jobId("a").workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] leaseRefreshes() {
        final LeaseRefreshesEncoder e = new LeaseRefreshesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.waitMs(1).maxRefreshes(2).tenant("t").taskGroup("g").workerId("worker");
        return bytes(e.encodedLength());
    }

    private byte[] reportRefresh() {
        final ReportRefreshEncoder e = new ReportRefreshEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tokenEpoch(1).token(2).maxConcurrency(3).isFailure((short) 1).errorCode("E");
        return bytes(e.encodedLength());
    }

    private byte[] renewRefresh() {
        final RenewRefreshEncoder e = new RenewRefreshEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tokenEpoch(1).token(2);
        return bytes(e.encodedLength());
    }

    private byte[] importJobs() {
        final ImportJobsEncoder e = new ImportJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        final ImportJobsEncoder.ItemsEncoder items = e.itemsCount(1);
        items.next().payloadEncoding(PayloadEncoding.RAW);
        final ImportJobsEncoder.ItemsEncoder.AttemptsEncoder attempts = items.attemptsCount(2);
        attempts.next().outcome(Outcome.FAILED).resultEncoding(PayloadEncoding.RAW);
        attempts.errorCode("E").putResult(new byte[] {1}, 0, 1);
        attempts.next().outcome(Outcome.SUCCEEDED).resultEncoding(PayloadEncoding.JSON);
        attempts.errorCode("").putResult(new byte[] {2, 3}, 0, 2);
        items.limitsCount(1).next().maxConcurrency(3).key("k").putDetails(new byte[0], 0, 0);
        items.metadataCount(1).next().key("a").value("1");
        items.tenant("t").taskGroup("group").jobId("a").uniqueKey("k").putPayload(new byte[] {4}, 0, 1);
        return bytes(e.encodedLength());
    }

    private byte[] putSchedule() {
        final PutScheduleEncoder e = new PutScheduleEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.payloadEncoding(PayloadEncoding.RAW).catchUp(CatchUp.ONE);
        e.limitsCount(1).next().maxConcurrency(3).key("k").putDetails(new byte[0], 0, 0);
        e.metadataCount(1).next().key("a").value("1");
        e.tenant("t").taskGroup("group").scheduleId("s").uniqueKey("k").putPayload(new byte[] {4}, 0, 1);
        e.cron("0 5 * * *").zone("Europe/Berlin");
        return bytes(e.encodedLength());
    }

    private byte[] pauseSchedules() {
        final PauseSchedulesEncoder e = new PauseSchedulesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").scheduleId("s");
        return bytes(e.encodedLength());
    }

    private byte[] resumeSchedules() {
        final ResumeSchedulesEncoder e = new ResumeSchedulesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").scheduleId("s");
        return bytes(e.encodedLength());
    }

    private byte[] deleteSchedules() {
        final DeleteSchedulesEncoder e = new DeleteSchedulesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.itemsCount(1).next().tenant("t").scheduleId("s");
        return bytes(e.encodedLength());
    }

    private byte[] listSchedules() {
        final ListSchedulesEncoder e = new ListSchedulesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.pageSize(5).tenant("t").afterTenant("t").afterId("s");
        return bytes(e.encodedLength());
    }

    private byte[] getSchedule() {
        final GetScheduleEncoder e = new GetScheduleEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.firings((short) 3).tenant("t").scheduleId("s");
        return bytes(e.encodedLength());
    }

    private byte[] setPaused() {
        final SetPausedEncoder e = new SetPausedEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.kind(PauseKind.TENANT).paused((short) 1).name("t");
        return bytes(e.encodedLength());
    }

    private byte[] bulkChange() {
        final BulkChangeEncoder e = new BulkChangeEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.verb(BulkVerb.DELETE).dryRun((short) 1).statuses((short) 4).minAgeMs(5);
        e.metadataCount(1).next().key("a").value("1");
        e.tenant("t").taskGroup("group");
        return bytes(e.encodedLength());
    }

    private byte[] getBulk() {
        final GetBulkEncoder e = new GetBulkEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.bulkKey(7);
        return bytes(e.encodedLength());
    }

    private byte[] listJobs() {
        final ListJobsEncoder e = new ListJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.cursor(3).pageSize(5).statuses((short) 4).minAgeMs(5);
        e.metadataCount(1).next().key("a").value("1");
        e.tenant("t").taskGroup("group");
        return bytes(e.encodedLength());
    }

    private byte[] countJobs() {
        final CountJobsEncoder e = new CountJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tenant("t");
        return bytes(e.encodedLength());
    }

    private byte[] listPauses() {
        final ListPausesEncoder e = new ListPausesEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.afterKind(PauseKind.TENANT).afterName("t");
        return bytes(e.encodedLength());
    }

    private byte[] listLimits() {
        final ListLimitsEncoder e = new ListLimitsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.cursor(3).pageSize(5).tenant("t");
        return bytes(e.encodedLength());
    }

    private byte[] getLimit() {
        final GetLimitEncoder e = new GetLimitEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.listed((short) 3).tenant("t").key("k");
        return bytes(e.encodedLength());
    }

    private byte[] setLimit() {
        final SetLimitEncoder e = new SetLimitEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.maxConcurrency(3).isSet((short) 1).tenant("t").key("k");
        return bytes(e.encodedLength());
    }

    private byte[] dropHolders() {
        final DropHoldersEncoder e = new DropHoldersEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.cursor(3).tenant("t").key("k");
        return bytes(e.encodedLength());
    }

    private byte[] explainJob() {
        final ExplainJobEncoder e = new ExplainJobEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tenant("t").jobId("j");
        return bytes(e.encodedLength());
    }

    private byte[] setTenant() {
        final SetTenantEncoder e = new SetTenantEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.fields((short) 3).weight(3).runningMax(5).queuedMax(-1).bytesMax(-1).enqueuesPerSecond(-1);
        e.tenant("t");
        return bytes(e.encodedLength());
    }

    private byte[] listTenants() {
        final ListTenantsEncoder e = new ListTenantsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.after("t");
        return bytes(e.encodedLength());
    }

    private byte[] scanJobs() {
        final ScanJobsEncoder e = new ScanJobsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.cursor(-1).cursorAtMs(0).asOfMs(0).minChangedAtMs(0).maxChangedAtMs(Long.MAX_VALUE);
        e.untilRow(1_000).rowsMax(10).columns((short) 1).statuses((short) 0).path(ScanPath.METADATA);
        e.limitedOnly((short) 0).isPrefix((short) 0);
        e.tenant("t").taskGroup("g").jobId("j").metadataKey("k").metadataValue("v");
        return bytes(e.encodedLength());
    }

    private byte[] countTenants() {
        final CountTenantsEncoder e = new CountTenantsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.cursor(3).tenant("t");
        return bytes(e.encodedLength());
    }

    private byte[] readEvents() {
        final ReadEventsEncoder e = new ReadEventsEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.fromPosition(7).fromIndex(2).eventsMax(100).tenant("t");
        return bytes(e.encodedLength());
    }

    private byte[] getTenant() {
        final GetTenantEncoder e = new GetTenantEncoder().wrapAndApplyHeader(buffer, 0, header);
        fill(e.header());
        e.tenant("t");
        return bytes(e.encodedLength());
    }

    private static void fill(CommandHeaderEncoder header) {
        header.correlationId(CORRELATION_ID).shardEpoch(3).shard(0).durability(Durability.APPENDED);
    }

    private byte[] bytes(int encodedLength) {
        return Arrays.copyOf(buffer.byteArray(), MessageHeaderEncoder.ENCODED_LENGTH + encodedLength);
    }
}
