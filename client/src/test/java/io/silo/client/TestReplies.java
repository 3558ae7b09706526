package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.BytesReplyEncoder;
import io.silo.protocol.reply.Durability;
import io.silo.protocol.reply.EnqueueReplyEncoder;
import io.silo.protocol.reply.ErrorReplyEncoder;
import io.silo.protocol.reply.HeartbeatReplyEncoder;
import io.silo.protocol.reply.JobReplyEncoder;
import io.silo.protocol.reply.JobResultReplyEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.protocol.reply.OutcomeReplyEncoder;
import io.silo.protocol.reply.PayloadEncoding;
import io.silo.protocol.reply.ReplyHeaderEncoder;
import io.silo.protocol.reply.SubscribeReplyEncoder;
import io.silo.protocol.reply.TasksLeasedEncoder;
import io.silo.protocol.reply.UploadReplyEncoder;
import java.util.List;
import java.util.Map;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** What the test broker says. */
final class TestReplies {
    /** What fits a reply beside everything else; longer payloads and results are read in parts. */
    private static final int INLINE = 32 * 1024;

    private final ReplySink sink;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();

    TestReplies(ReplySink sink) {
        this.sink = sink;
    }

    void error(Session session, long correlationId, RejectReason reason) {
        error(session, correlationId, reason, 0);
    }

    void error(Session session, long correlationId, RejectReason reason, long retryAfterMs) {
        final ErrorReplyEncoder reply = new ErrorReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, reason.code(), 0);
        reply.retryAfterMs(retryAfterMs).message(reason.sentence());
        send(session, reply.encodedLength());
    }

    void enqueue(Session session, long correlationId, List<Long> keys, List<Integer> codes, int durability) {
        final EnqueueReplyEncoder reply = new EnqueueReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, durability);
        final EnqueueReplyEncoder.ResultsEncoder results = reply.resultsCount(codes.size());
        for (int i = 0; i < codes.size(); i++) {
            results.next().jobKey(keys.get(i)).code(codes.get(i));
        }
        reply.heldCount(0);
        send(session, reply.encodedLength());
    }

    void upload(Session session, long correlationId, long uploadId, int received) {
        final UploadReplyEncoder reply = new UploadReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.uploadId(uploadId).receivedBytes(received);
        send(session, reply.encodedLength());
    }

    void subscribe(Session session, long correlationId, long subscriptionId) {
        final SubscribeReplyEncoder reply = new SubscribeReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.subscriptionId(subscriptionId);
        send(session, reply.encodedLength());
    }

    void tasksLeased(TestBroker.Subscription subscription, TestBroker.TestJob job, boolean corrupt) {
        tasksLeased(subscription.session, 0, subscription.id, job, corrupt);
    }

    /** @param job null = none. */
    void tasksLeased(
            Session session,
            long correlationId,
            long subscriptionId,
            TestBroker.@Nullable TestJob job,
            boolean corrupt) {
        final TasksLeasedEncoder reply = new TasksLeasedEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.subscriptionId(subscriptionId);
        final TasksLeasedEncoder.TasksEncoder tasks = reply.tasksCount(job == null ? 0 : 1);
        if (job != null) {
            encode(tasks.next(), job, corrupt);
        }
        send(session, reply.encodedLength());
    }

    private static void encode(TasksLeasedEncoder.TasksEncoder task, TestBroker.TestJob job, boolean corrupt) {
        task.jobKey(job.key)
                .tokenEpoch(1)
                .token(job.token)
                .enqueuedAtMs(1_000)
                .startAtMs(2_000)
                .attempt(job.attempt)
                .relativeAttempt(job.attempt)
                .leaseMs(TestBroker.LEASE_MS)
                .maxRunMs(job.maxRunMs)
                .payloadBytes(job.payload.length)
                .payloadCrc(TestBroker.crc(job.payload, corrupt))
                .priority((short) job.priority)
                .isLastAttempt((short) (job.retriesLeft == 0 ? 1 : 0))
                .payloadEncoding(PayloadEncoding.get((short) job.encoding));
        task.limitsCount(0);
        final TasksLeasedEncoder.TasksEncoder.MetadataEncoder metadata = task.metadataCount(job.metadata.size());
        for (final Map.Entry<String, String> entry : job.metadata.entrySet()) {
            metadata.next().key(entry.getKey()).value(entry.getValue());
        }
        task.tenant(job.tenant).taskGroup(job.taskGroup).jobId(job.id).uniqueKey("");
        task.putPayload(job.payload, 0, inline(job.payload));
    }

    void heartbeat(Session session, long correlationId, List<long[]> leases) {
        final HeartbeatReplyEncoder reply = new HeartbeatReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.renewed(leases.stream().filter(lease -> lease[2] == 0).count());
        final HeartbeatReplyEncoder.LeasesEncoder out = reply.leasesCount(leases.size());
        for (final long[] lease : leases) {
            out.next().jobKey(lease[0]).token(lease[1]).code((int) lease[2]).cancelled((short) lease[3]);
        }
        send(session, reply.encodedLength());
    }

    void outcome(Session session, long correlationId, List<Integer> codes) {
        final OutcomeReplyEncoder reply = new OutcomeReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        final OutcomeReplyEncoder.ResultsEncoder results = reply.resultsCount(codes.size());
        codes.forEach(code -> results.next().jobKey(0).code(code));
        send(session, reply.encodedLength());
    }

    void job(Session session, long correlationId, TestBroker.TestJob job, boolean attempts, boolean corrupt) {
        final JobReplyEncoder reply = new JobReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.jobKey(job.key)
                .enqueuedAtMs(1_000)
                .startAtMs(2_000)
                .changedAtMs(3_000)
                .nextStartMs(0)
                .startDeadlineMs(0)
                .cancelledAtMs(0)
                .maxRunMs(job.maxRunMs)
                .relativeAttempt(job.attempt)
                .retryInitialIntervalMs(0)
                .retryMaxIntervalMs(0)
                .retryCount(job.retriesLeft)
                .retryBackoffPermille(1_000)
                .leaseMs(0)
                .attempt(job.attempt)
                .payloadBytes(job.payload.length)
                .payloadCrc(TestBroker.crc(job.payload, corrupt))
                .resultBytes(job.result.length)
                .resultCrc(TestBroker.crc(job.result, false))
                .status(JobStatus.get((short) job.status))
                .priority((short) job.priority)
                .retryJitter((short) 0)
                .payloadEncoding(PayloadEncoding.get((short) job.encoding))
                .resultEncoding(PayloadEncoding.get((short) job.resultEncoding));
        reply.limitsCount(0);
        final JobReplyEncoder.MetadataEncoder metadata = reply.metadataCount(job.metadata.size());
        for (final Map.Entry<String, String> entry : job.metadata.entrySet()) {
            metadata.next().key(entry.getKey()).value(entry.getValue());
        }
        final JobReplyEncoder.AttemptsEncoder list = reply.attemptsCount(attempts && job.status >= 2 ? 1 : 0);
        if (attempts && job.status >= 2) {
            list.next().attempt(job.attempt).startedAtMs(1).finishedAtMs(2).outcome((short) (job.status - 2));
            list.resultEncoding(PayloadEncoding.RAW).workerId(job.workerId).errorCode(job.errorCode);
            list.putResult(job.result, 0, inline(job.result));
        }
        reply.tenant(job.tenant)
                .taskGroup(job.taskGroup)
                .jobId(job.id)
                .uniqueKey("")
                .errorCode(job.errorCode);
        reply.putPayload(job.payload, 0, inline(job.payload)).putResult(job.result, 0, inline(job.result));
        send(session, reply.encodedLength());
    }

    void result(Session session, long correlationId, TestBroker.TestJob job) {
        final JobResultReplyEncoder reply = new JobResultReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.jobKey(job.key)
                .finishedAtMs(5_000)
                .resultBytes(job.result.length)
                .resultCrc(TestBroker.crc(job.result, false))
                .attempt(job.attempt)
                .status(JobStatus.get((short) job.status))
                .resultEncoding(PayloadEncoding.get((short) job.resultEncoding))
                .errorCode(job.errorCode)
                .putResult(job.result, 0, inline(job.result));
        send(session, reply.encodedLength());
    }

    void bytes(Session session, long correlationId, byte[] all, int from, int length) {
        final BytesReplyEncoder reply = new BytesReplyEncoder().wrapAndApplyHeader(buffer, 0, messageHeader);
        fill(reply.header(), correlationId, 0, 0);
        reply.chunkOffset(from).totalBytes(all.length).putChunk(all, from, length);
        send(session, reply.encodedLength());
    }

    private static int inline(byte[] bytes) {
        return Math.min(bytes.length, INLINE);
    }

    private static void fill(ReplyHeaderEncoder header, long correlationId, int code, int durability) {
        header.correlationId(correlationId)
                .position(7)
                .shardEpoch(1)
                .shard(0)
                .code(code)
                .durability(Durability.get((short) durability));
    }

    private void send(Session session, int encodedLength) {
        sink.send(session, buffer, 0, MessageHeaderEncoder.ENCODED_LENGTH + encodedLength);
    }
}
