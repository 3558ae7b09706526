package io.silo.torture.kill;

import io.silo.protocol.command.CancelJobsEncoder;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.DeleteJobsEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.RestartJobsEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.command.UploadChunkEncoder;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Encodes the commands of a child. One thread; the bytes are good until the next command. */
final class ChildCommands {
    /** A lease as the child was told of it, or found it in its shard. */
    record Held(long number, long jobKey, long attempt, long epoch, long token) {}

    static final String TASK_GROUP = "g";
    static final String WORKER = "w";
    private static final byte[] NONE = new byte[0];

    final UnsafeBuffer out = new UnsafeBuffer(new byte[256 * 1024]);
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final ReportOutcomeEncoder report = new ReportOutcomeEncoder();

    private static void fill(CommandHeaderEncoder header, long index, Durability durability) {
        header.correlationId(index).shardEpoch(0).shard(0).durability(durability);
    }

    /** @param uploadId holds the payload of the one job; 0 = inline. */
    int enqueue(long index, Durability durability, long first, int count, long uploadId) {
        enqueue.wrapAndApplyHeader(out, 0, header);
        fill(enqueue.header(), index, durability);
        final EnqueueEncoder.ItemsEncoder items = enqueue.itemsCount(count);
        for (int i = 0; i < count; i++) {
            final JobShape job = JobShape.of(first + i);
            items.next()
                    .requestIdHigh(job.number())
                    .requestIdLow(job.number())
                    .startAtMs(0)
                    .uploadId(uploadId)
                    .retryInitialIntervalMs(20)
                    .retryMaxIntervalMs(0)
                    .retryCount(job.retries())
                    .retryBackoffPermille(1_000)
                    .startDeadlineMs(0)
                    .leaseMs(job.leaseMs())
                    .maxRunMs(0)
                    .priority((short) job.priority())
                    .retryJitter((short) 0)
                    .payloadEncoding(PayloadEncoding.RAW);
            final EnqueueEncoder.ItemsEncoder.LimitsEncoder limits = items.limitsCount(job.limit() < 0 ? 0 : 1);
            if (job.limit() >= 0) {
                limits.next()
                        .maxConcurrency(16)
                        .key(JobShape.limitKey(job.limit()))
                        .putDetails(NONE, 0, 0);
            }
            items.metadataCount(0);
            final byte[] payload = uploadId == 0 ? job.payload() : NONE;
            items.tenant("")
                    .taskGroup(TASK_GROUP)
                    .jobId(JobShape.id(job.number()))
                    .uniqueKey("");
            items.putPayload(payload, 0, payload.length);
        }
        return enqueue.limit();
    }

    int upload(long index, Durability durability, long uploadId, byte[] bytes, int offset, int length) {
        final UploadChunkEncoder command = new UploadChunkEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        command.uploadId(uploadId).totalBytes(bytes.length).chunkOffset(offset).putChunk(bytes, offset, length);
        return command.limit();
    }

    int lease(long index, Durability durability, int max) {
        final LeaseTasksEncoder command = new LeaseTasksEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        command.requestIdHigh(0)
                .requestIdLow(0)
                .waitMs(0)
                .maxTasks(max)
                .tenant("")
                .taskGroup(TASK_GROUP)
                .workerId(WORKER);
        return command.limit();
    }

    int report(long index, Durability durability, List<Held> leases, boolean succeeded) {
        report.wrapAndApplyHeader(out, 0, header);
        fill(report.header(), index, durability);
        report.subscriptionId(0).credits(0);
        final ReportOutcomeEncoder.ItemsEncoder items = report.itemsCount(leases.size());
        for (Held lease : leases) {
            final byte[] result = JobShape.result(lease.number(), lease.attempt());
            items.next()
                    .jobKey(lease.jobKey())
                    .tokenEpoch(lease.epoch())
                    .token(lease.token())
                    .uploadId(0)
                    .outcome(succeeded ? Outcome.SUCCEEDED : Outcome.FAILED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(succeeded ? "" : "E")
                    .putResult(result, 0, result.length);
        }
        return report.limit();
    }

    int giveBack(long index, Durability durability, List<Held> leases) {
        final ReturnLeasesEncoder command = new ReturnLeasesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        final ReturnLeasesEncoder.LeasesEncoder items = command.leasesCount(leases.size());
        for (Held lease : leases) {
            items.next()
                    .jobKey(lease.jobKey())
                    .tokenEpoch(lease.epoch())
                    .token(lease.token())
                    .snoozeMs(0);
        }
        command.workerId(WORKER);
        return command.limit();
    }

    int heartbeat(long index) {
        final HeartbeatEncoder command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, Durability.APPENDED);
        command.leasesCount(0);
        command.workerId(WORKER);
        return command.limit();
    }

    int cancel(long index, Durability durability, List<Long> jobs) {
        final CancelJobsEncoder command = new CancelJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        final CancelJobsEncoder.ItemsEncoder items = command.itemsCount(jobs.size());
        jobs.forEach(job -> items.next().tenant("").jobId(JobShape.id(job)));
        return command.limit();
    }

    int restart(long index, Durability durability, List<Long> jobs) {
        final RestartJobsEncoder command = new RestartJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        final RestartJobsEncoder.ItemsEncoder items = command.itemsCount(jobs.size());
        jobs.forEach(job -> items.next().tenant("").jobId(JobShape.id(job)));
        return command.limit();
    }

    int delete(long index, Durability durability, List<Long> jobs) {
        final DeleteJobsEncoder command = new DeleteJobsEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        final DeleteJobsEncoder.ItemsEncoder items = command.itemsCount(jobs.size());
        jobs.forEach(job -> items.next().tenant("").jobId(JobShape.id(job)));
        return command.limit();
    }

    int limit(long index, Durability durability, int key, int max) {
        final SetLimitEncoder command = new SetLimitEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header(), index, durability);
        command.maxConcurrency(max)
                .isSet((short) 1)
                .isFloating((short) 0)
                .tenant("")
                .key(JobShape.limitKey(key));
        return command.limit();
    }
}
