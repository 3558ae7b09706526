package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.GetJobResultDecoder;
import io.silo.protocol.command.HeartbeatDecoder;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.ReadBytesDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import io.silo.protocol.command.SubscribeDecoder;
import io.silo.protocol.command.UnsubscribeDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import io.silo.protocol.session.FrameCheck;
import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32C;
import org.agrona.DirectBuffer;

/**
 * A broker in memory with the protocol's face: one shard, first in first out, no limits, no log. It outlives its transport, so a
 * test can take that away and bring it back. Runs on the thread that polls it; tests read its lists and set its switches.
 */
final class TestBroker implements CommandConsumer {
    static final int LEASE_MS = 3_000;

    static final class TestJob {
        long key;
        long requestLow;
        String tenant = "";
        String taskGroup = "";
        String id = "";
        int priority;
        int encoding;
        byte[] payload = new byte[0];
        Map<String, String> metadata = new LinkedHashMap<>();
        int retriesLeft;
        long maxRunMs;
        volatile int status;
        int attempt;
        long token;
        String workerId = "";
        long leaseEndsNs;
        byte[] result = new byte[0];
        int resultEncoding;
        String errorCode = "";
        boolean cancelRequested;
    }

    static final class Subscription {
        Session session;
        long id;
        String group = "";
        String workerId = "";
        long credits;
    }

    private static final class Waiter {
        Session session;
        long correlationId;
        long deadlineNs;
        String jobId = "";
    }

    final Map<String, TestJob> jobs = new ConcurrentHashMap<>();
    final Map<Long, TestJob> byKey = new HashMap<>();
    final ArrayDeque<TestJob> ready = new ArrayDeque<>();
    final Map<Long, Subscription> subscriptions = new ConcurrentHashMap<>();
    final Map<Long, ByteArrayOutputStream> uploads = new HashMap<>();
    private final List<Waiter> waiters = new ArrayList<>();
    final List<String> closed = new CopyOnWriteArrayList<>();
    final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
    final List<String> returned = new CopyOnWriteArrayList<>();
    final List<Long> snoozesMs = new CopyOnWriteArrayList<>();
    final AtomicInteger heartbeats = new AtomicInteger();
    final AtomicInteger uploadParts = new AtomicInteger();
    final AtomicInteger enqueues = new AtomicInteger();
    final AtomicInteger busyLeft = new AtomicInteger();

    /** What BUSY says of the time to return. */
    volatile long busyRetryAfterMs;

    final AtomicInteger staleLeft = new AtomicInteger();
    final AtomicInteger swallowLeft = new AtomicInteger();
    final AtomicInteger swallowReportsLeft = new AtomicInteger();
    final AtomicInteger swallowReturnsLeft = new AtomicInteger();
    final AtomicInteger loseUploadsLeft = new AtomicInteger();
    final Set<String> corrupt = ConcurrentHashMap.newKeySet();
    final ConcurrentLinkedQueue<Runnable> orders = new ConcurrentLinkedQueue<>();
    final AtomicInteger mostLeased = new AtomicInteger();

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private TestReplies replies = new TestReplies((session, buffer, offset, length) -> {});
    private long nextToken = 1;

    void sink(ReplySink sink) {
        replies = new TestReplies(sink);
    }

    @Override
    public Disposition onCommand(Session session, DirectBuffer buffer, int offset, int length) {
        switch (FrameCheck.templateId(buffer, offset)) {
            case EnqueueDecoder.TEMPLATE_ID ->
                onEnqueue(session, new EnqueueDecoder().wrapAndApplyHeader(buffer, offset, header));
            case UploadChunkDecoder.TEMPLATE_ID ->
                onUpload(session, new UploadChunkDecoder().wrapAndApplyHeader(buffer, offset, header));
            case SubscribeDecoder.TEMPLATE_ID ->
                onSubscribe(session, new SubscribeDecoder().wrapAndApplyHeader(buffer, offset, header));
            case UnsubscribeDecoder.TEMPLATE_ID -> {
                final UnsubscribeDecoder command = new UnsubscribeDecoder().wrapAndApplyHeader(buffer, offset, header);
                subscriptions.remove(command.subscriptionId());
                replies.subscribe(session, command.header().correlationId(), command.subscriptionId());
            }
            case LeaseTasksDecoder.TEMPLATE_ID ->
                onLeaseTasks(session, new LeaseTasksDecoder().wrapAndApplyHeader(buffer, offset, header));
            case HeartbeatDecoder.TEMPLATE_ID ->
                onHeartbeat(session, new HeartbeatDecoder().wrapAndApplyHeader(buffer, offset, header));
            case ReportOutcomeDecoder.TEMPLATE_ID ->
                onReport(session, new ReportOutcomeDecoder().wrapAndApplyHeader(buffer, offset, header));
            case ReturnLeasesDecoder.TEMPLATE_ID ->
                onReturn(session, new ReturnLeasesDecoder().wrapAndApplyHeader(buffer, offset, header));
            case GetJobDecoder.TEMPLATE_ID ->
                onGetJob(session, new GetJobDecoder().wrapAndApplyHeader(buffer, offset, header));
            case GetJobResultDecoder.TEMPLATE_ID ->
                onGetResult(session, new GetJobResultDecoder().wrapAndApplyHeader(buffer, offset, header));
            case ReadBytesDecoder.TEMPLATE_ID ->
                onReadBytes(session, new ReadBytesDecoder().wrapAndApplyHeader(buffer, offset, header));
            default -> throw new IllegalStateException("template " + FrameCheck.templateId(buffer, offset));
        }
        return Disposition.CONSUMED;
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        closed.add(explicit ? "explicit" : "lost");
        subscriptions.values().removeIf(subscription -> subscription.session == session);
        waiters.removeIf(waiter -> waiter.session == session);
    }

    /** What goes with the transport. */
    void onTransportLost() {
        subscriptions.clear();
        waiters.clear();
    }

    /** Once a duty cycle: expires leases, grants, answers who waited long enough. */
    int doWork() {
        final long nowNs = System.nanoTime();
        for (Runnable order = orders.poll(); order != null; order = orders.poll()) {
            order.run();
        }
        for (final TestJob job : byKey.values()) {
            if (job.status == 1 && nowNs - job.leaseEndsNs > 0) {
                job.status = 0;
                ready.addLast(job);
            }
        }
        for (int i = waiters.size() - 1; i >= 0; i--) {
            final Waiter waiter = waiters.get(i);
            if (nowNs - waiter.deadlineNs > 0) {
                waiters.remove(i);
                replies.error(waiter.session, waiter.correlationId, RejectReason.JOB_NOT_COMPLETE);
            }
        }
        return grant(nowNs);
    }

    private int grant(long nowNs) {
        int granted = 0;
        for (final Subscription subscription : subscriptions.values()) {
            while (subscription.credits > 0) {
                final TestJob job = takeReady(subscription.group);
                if (job == null) {
                    break;
                }
                subscription.credits--;
                job.status = 1;
                job.attempt++;
                job.token = nextToken++;
                job.workerId = subscription.workerId;
                job.leaseEndsNs = nowNs + LEASE_MS * 1_000_000L;
                replies.tasksLeased(subscription, job, corrupt.contains(job.id));
                granted++;
            }
        }
        final int leased =
                (int) byKey.values().stream().filter(job -> job.status == 1).count();
        mostLeased.accumulateAndGet(leased, Math::max);
        return granted;
    }

    /** At once, and one at most: enough for what is tested of it. */
    private void onLeaseTasks(Session session, LeaseTasksDecoder command) {
        command.skipTenant();
        final TestJob job = takeReady(command.taskGroup());
        final String worker = command.workerId();
        if (job != null) {
            job.status = 1;
            job.attempt++;
            job.token = nextToken++;
            job.workerId = worker;
            job.leaseEndsNs = System.nanoTime() + LEASE_MS * 1_000_000L;
        }
        replies.tasksLeased(session, command.header().correlationId(), 0, job, job != null && corrupt.contains(job.id));
    }

    private TestJob takeReady(String group) {
        for (final TestJob job : ready) {
            if (job.taskGroup.equals(group)) {
                ready.remove(job);
                return job;
            }
        }
        return null;
    }

    private void onEnqueue(Session session, EnqueueDecoder command) {
        enqueues.incrementAndGet();
        final long correlationId = command.header().correlationId();
        if (busyLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            replies.error(session, correlationId, RejectReason.BUSY, busyRetryAfterMs);
            return;
        }
        if (staleLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            replies.error(session, correlationId, RejectReason.STALE_EPOCH);
            return;
        }
        final List<Long> keys = new ArrayList<>();
        final List<Integer> codes = new ArrayList<>();
        for (final EnqueueDecoder.ItemsDecoder item : command.items()) {
            final TestJob job = new TestJob();
            final int code = decode(item, job);
            final TestJob existing = jobs.get(job.id);
            if (code != 0) {
                codes.add(code);
                keys.add(0L);
            } else if (existing != null) {
                codes.add(existing.requestLow == job.requestLow ? 0 : RejectReason.JOB_EXISTS.code());
                keys.add(existing.key);
            } else {
                job.key = byKey.size() + 1L;
                jobs.put(job.id, job);
                byKey.put(job.key, job);
                ready.addLast(job);
                codes.add(0);
                keys.add(job.key);
            }
        }
        batchSizes.add(codes.size());
        if (swallowLeft.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            replies.enqueue(
                    session,
                    correlationId,
                    keys,
                    codes,
                    command.header().durability().value());
        }
    }

    private int decode(EnqueueDecoder.ItemsDecoder item, TestJob job) {
        job.requestLow = item.requestIdLow();
        job.priority = item.priority();
        job.maxRunMs = item.maxRunMs();
        job.retriesLeft = (int) item.retryCount();
        job.encoding = item.payloadEncodingRaw();
        final long uploadId = item.uploadId();
        for (final EnqueueDecoder.ItemsDecoder.LimitsDecoder limit : item.limits()) {
            limit.skipKey();
        }
        for (final EnqueueDecoder.ItemsDecoder.MetadataDecoder entry : item.metadata()) {
            final String key = entry.key();
            job.metadata.put(key, entry.value());
        }
        job.tenant = item.tenant();
        job.taskGroup = item.taskGroup();
        job.id = item.jobId();
        item.skipUniqueKey();
        job.payload = new byte[item.payloadLength()];
        item.getPayload(job.payload, 0, job.payload.length);
        if (uploadId != 0) {
            final ByteArrayOutputStream upload = takeUpload(uploadId);
            if (upload == null) {
                return RejectReason.UPLOAD_NOT_FOUND.code();
            }
            job.payload = upload.toByteArray();
        }
        return job.priority > Bounds.PRIORITY_MAX ? RejectReason.PRIORITY_OUT_OF_RANGE.code() : 0;
    }

    private ByteArrayOutputStream takeUpload(long uploadId) {
        final ByteArrayOutputStream upload = uploads.remove(uploadId);
        return loseUploadsLeft.getAndUpdate(left -> Math.max(0, left - 1)) > 0 ? null : upload;
    }

    private void onUpload(Session session, UploadChunkDecoder command) {
        uploadParts.incrementAndGet();
        final ByteArrayOutputStream upload =
                uploads.computeIfAbsent(command.uploadId(), id -> new ByteArrayOutputStream());
        if (command.chunkOffset() != upload.size()) {
            replies.error(session, command.header().correlationId(), RejectReason.INVALID_UPLOAD);
            return;
        }
        final byte[] part = new byte[command.chunkLength()];
        command.getChunk(part, 0, part.length);
        upload.write(part, 0, part.length);
        replies.upload(session, command.header().correlationId(), command.uploadId(), upload.size());
    }

    private void onSubscribe(Session session, SubscribeDecoder command) {
        final Subscription subscription =
                subscriptions.computeIfAbsent(command.subscriptionId(), id -> new Subscription());
        subscription.session = session;
        subscription.id = command.subscriptionId();
        subscription.credits += command.credits();
        final long correlationId = command.header().correlationId();
        command.skipTenant();
        subscription.group = command.taskGroup();
        subscription.workerId = command.workerId();
        if (subscription.group.isEmpty()) {
            subscriptions.remove(subscription.id);
            replies.error(session, correlationId, RejectReason.TASK_GROUP_REQUIRED);
            return;
        }
        replies.subscribe(session, correlationId, subscription.id);
    }

    private boolean isLive(TestJob job, long token) {
        return job != null && job.status == 1 && job.token == token;
    }

    private void onHeartbeat(Session session, HeartbeatDecoder command) {
        heartbeats.incrementAndGet();
        final List<long[]> results = new ArrayList<>();
        for (final HeartbeatDecoder.LeasesDecoder lease : command.leases()) {
            final TestJob job = byKey.get(lease.jobKey());
            final boolean live = isLive(job, lease.token());
            if (live) {
                job.leaseEndsNs = System.nanoTime() + LEASE_MS * 1_000_000L;
            }
            results.add(new long[] {
                lease.jobKey(),
                lease.token(),
                live ? 0 : RejectReason.LEASE_NOT_FOUND.code(),
                live && job.cancelRequested ? 1 : 0
            });
        }
        replies.heartbeat(session, command.header().correlationId(), results);
    }

    private void onReport(Session session, ReportOutcomeDecoder command) {
        final Subscription subscription = subscriptions.get(command.subscriptionId());
        if (subscription != null) {
            subscription.credits += command.credits();
        }
        final List<Integer> codes = new ArrayList<>();
        for (final ReportOutcomeDecoder.ItemsDecoder item : command.items()) {
            final TestJob job = byKey.get(item.jobKey());
            final long token = item.token();
            final int outcome = item.outcomeRaw();
            final int encoding = item.resultEncodingRaw();
            final long uploadId = item.uploadId();
            final String errorCode = item.errorCode();
            byte[] result = new byte[item.resultLength()];
            item.getResult(result, 0, result.length);
            if (!isLive(job, token)) {
                final boolean repeated = job != null && job.token == token && job.status != 0;
                codes.add((repeated ? RejectReason.ALREADY_REPORTED : RejectReason.LEASE_NOT_FOUND).code());
                continue;
            }
            if (uploadId != 0) {
                final ByteArrayOutputStream upload = takeUpload(uploadId);
                if (upload == null) {
                    codes.add(RejectReason.UPLOAD_NOT_FOUND.code());
                    continue;
                }
                result = upload.toByteArray();
            }
            job.result = result;
            job.resultEncoding = encoding;
            job.errorCode = errorCode;
            end(job, outcome);
            codes.add(0);
        }
        if (swallowReportsLeft.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            replies.outcome(session, command.header().correlationId(), codes);
        }
    }

    private void end(TestJob job, int outcome) {
        if (outcome == 1 && job.retriesLeft > 0) {
            job.retriesLeft--;
            job.status = 0;
            ready.addLast(job);
            return;
        }
        job.status = outcome + 2;
        for (int i = waiters.size() - 1; i >= 0; i--) {
            final Waiter waiter = waiters.get(i);
            if (waiter.jobId.equals(job.id)) {
                waiters.remove(i);
                replies.result(waiter.session, waiter.correlationId, job);
            }
        }
    }

    private void onReturn(Session session, ReturnLeasesDecoder command) {
        final List<Integer> codes = new ArrayList<>();
        for (final ReturnLeasesDecoder.LeasesDecoder lease : command.leases()) {
            final TestJob job = byKey.get(lease.jobKey());
            if (isLive(job, lease.token())) {
                job.status = 0;
                job.attempt--;
                ready.addFirst(job);
                returned.add(job.id);
                snoozesMs.add(lease.snoozeMs());
                codes.add(0);
            } else {
                codes.add(RejectReason.LEASE_NOT_FOUND.code());
            }
        }
        if (swallowReturnsLeft.getAndUpdate(left -> Math.max(0, left - 1)) == 0) {
            replies.outcome(session, command.header().correlationId(), codes);
        }
    }

    private void onGetJob(Session session, GetJobDecoder command) {
        final boolean attempts = command.includeAttempts() == 1;
        command.skipTenant();
        final TestJob job = jobs.get(command.jobId());
        if (job == null) {
            replies.error(session, command.header().correlationId(), RejectReason.JOB_NOT_FOUND);
        } else {
            replies.job(session, command.header().correlationId(), job, attempts, corrupt.contains(job.id));
        }
    }

    private void onGetResult(Session session, GetJobResultDecoder command) {
        command.skipTenant();
        final String jobId = command.jobId();
        final TestJob job = jobs.get(jobId);
        final long correlationId = command.header().correlationId();
        if (job == null) {
            replies.error(session, correlationId, RejectReason.JOB_NOT_FOUND);
        } else if (job.status >= 2) {
            replies.result(session, correlationId, job);
        } else {
            final Waiter waiter = new Waiter();
            waiter.session = session;
            waiter.correlationId = correlationId;
            waiter.jobId = jobId;
            waiter.deadlineNs = System.nanoTime() + command.waitMs() * 1_000_000L;
            waiters.add(waiter);
        }
    }

    private void onReadBytes(Session session, ReadBytesDecoder command) {
        final TestJob job = byKey.get(command.jobKey());
        final byte[] all = command.result() == 1 ? job.result : job.payload;
        final int from = (int) command.chunkOffset();
        final int length = (int) Math.min(command.byteCount(), all.length - from);
        if (length <= 0 || command.byteCount() > Bounds.CHUNK_BYTES_MAX) {
            replies.error(session, command.header().correlationId(), RejectReason.INVALID_RANGE);
        } else {
            replies.bytes(session, command.header().correlationId(), all, from, length);
        }
    }

    static long crc(byte[] bytes, boolean corrupt) {
        final CRC32C crc = new CRC32C();
        crc.update(bytes, 0, bytes.length);
        return corrupt ? crc.getValue() ^ 1 : crc.getValue();
    }
}
