package io.silo.shard;

import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.protocol.command.CommandHeaderDecoder;
import io.silo.protocol.command.CommandHeaderEncoder;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.GetJobEncoder;
import io.silo.protocol.command.GetJobResultEncoder;
import io.silo.protocol.command.GetTaskGroupEncoder;
import io.silo.protocol.command.HeartbeatEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReadBytesEncoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.ReturnLeasesEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.command.UnsubscribeEncoder;
import io.silo.protocol.command.UploadChunkEncoder;
import io.silo.protocol.reply.BytesReplyDecoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.HeartbeatReplyDecoder;
import io.silo.protocol.reply.JobReplyDecoder;
import io.silo.protocol.reply.JobResultReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TaskGroupReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Function;
import org.agrona.concurrent.UnsafeBuffer;

/** Speaks to a {@link ShardHarness} in one session: encodes commands, decodes replies. */
final class TestClient {
    /** What a job is enqueued with; the rest is default. */
    static final class Item {
        String tenant = "";
        String taskGroup = "g";
        String id;
        byte[] payload = "p".getBytes(UTF_8);
        int priority;
        long startAtMs;
        long requestId;
        int retryCount;
        long retryInitialMs = 100;
        long retryMaxMs;
        int retryBackoffPermille = 2_000;
        boolean jitter;
        int leaseMs;
        int maxRunMs;
        long startDeadlineMs;
        long uploadId;
        String uniqueKey = "";
        Map<String, String> metadata = Map.of();
        Map<String, Integer> limits = new LinkedHashMap<>();
        List<TestRate> rates = new ArrayList<>();
        List<TestFloating> floating = new ArrayList<>();

        /** More limits of any kind, in this order. */
        final List<Consumer<EnqueueEncoder.ItemsEncoder.LimitsEncoder>> chain = new ArrayList<>();

        Item(String id) {
            this.id = id;
        }
    }

    /** A task as a worker sees it. */
    record Task(
            long jobKey,
            long epoch,
            long token,
            int attempt,
            boolean isLast,
            long startAtMs,
            int leaseMs,
            String tenant,
            String id,
            String payload,
            long subscription) {}

    /** A job as GetJob shows it. */
    record Job(
            int code,
            String status,
            int attempt,
            String payload,
            String errorCode,
            String result,
            long nextStartMs,
            int payloadBytes,
            List<String> attempts) {}

    final ShardHarness harness;
    final Session session;
    final UnsafeBuffer out = new UnsafeBuffer(new byte[128 * 1024]);
    final MessageHeaderEncoder header = new MessageHeaderEncoder();
    long correlations = 1;
    Durability durability = Durability.DURABLE;

    /** Shard that commands go to. */
    int shard;

    /** Tenant that calls other than Enqueue name. */
    String tenant = "";

    TestClient(ShardHarness harness, long session) {
        this(harness, harness.session(session));
    }

    TestClient(ShardHarness harness, Session session) {
        this.harness = harness;
        this.session = session;
    }

    // ---- enqueue
    // ------------------------------------------------------------------------------------------------------------

    /** Enqueues items in one command; returns its correlation id. */
    long sendEnqueue(Item... items) {
        var command = new EnqueueEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        var group = command.itemsCount(items.length);
        for (Item item : items) {
            group.next()
                    .requestIdHigh(item.requestId)
                    .requestIdLow(item.requestId)
                    .startAtMs(item.startAtMs)
                    .uploadId(item.uploadId)
                    .retryInitialIntervalMs(item.retryInitialMs)
                    .retryMaxIntervalMs(item.retryMaxMs)
                    .retryCount(item.retryCount)
                    .retryBackoffPermille(item.retryBackoffPermille)
                    .leaseMs(item.leaseMs)
                    .maxRunMs(item.maxRunMs)
                    .startDeadlineMs(item.startDeadlineMs)
                    .priority((short) item.priority)
                    .payloadEncoding(PayloadEncoding.TEXT)
                    .retryJitter((short) (item.jitter ? 1 : 0));
            var limits = group.limitsCount(
                    item.limits.size() + item.rates.size() + item.floating.size() + item.chain.size());
            item.limits.forEach(
                    (key, max) -> limits.next().maxConcurrency(max).key(key).putDetails(new byte[0], 0, 0));
            item.rates.forEach(rate -> rate.encode(limits.next()));
            item.floating.forEach(limit -> limit.encode(limits.next()));
            item.chain.forEach(limit -> limit.accept(limits.next()));
            var metadata = group.metadataCount(item.metadata.size());
            item.metadata.forEach((key, value) -> metadata.next().key(key).value(value));
            group.tenant(item.tenant)
                    .taskGroup(item.taskGroup)
                    .jobId(item.id)
                    .uniqueKey(item.uniqueKey)
                    .putPayload(item.payload, 0, item.payload.length);
        }
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    /** Codes of the items' results, or the code of the whole refusal repeated. */
    List<Integer> enqueue(Item... items) {
        long correlation = sendEnqueue(items);
        harness.run();
        return reply(correlation, r -> enqueueCodes(r, items.length));
    }

    /** One by one; all are taken. */
    void enqueueEach(Item... items) {
        for (Item item : items) {
            assertThat(enqueue(item)).containsExactly(RejectReason.OK);
        }
    }

    static List<Integer> enqueueCodes(ShardHarness.Reply reply, int count) {
        var codes = new ArrayList<Integer>();
        var messageHeader = new MessageHeaderDecoder().wrap(reply.bytes(), 0);
        if (messageHeader.templateId() != EnqueueReplyDecoder.TEMPLATE_ID) {
            for (int i = 0; i < count; i++) {
                codes.add(code(reply));
            }
            return codes;
        }
        var decoder = new EnqueueReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, messageHeader);
        decoder.results().forEach(result -> codes.add(result.code()));
        return codes;
    }

    int enqueue(String id) {
        return enqueue(new Item(id)).get(0);
    }

    // ---- work
    // ---------------------------------------------------------------------------------------------------------------

    long sendLease(String worker, String group, int max, int waitMs, long requestId) {
        var command = new LeaseTasksEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.requestIdHigh(requestId)
                .requestIdLow(requestId)
                .waitMs(waitMs)
                .maxTasks(max)
                .tenant(tenant)
                .taskGroup(group)
                .workerId(worker);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    List<Task> lease(String worker, int max) {
        return lease(worker, "g", max, 0);
    }

    List<Task> lease(String worker, String group, int max, long requestId) {
        long correlation = sendLease(worker, group, max, 0, requestId);
        harness.run();
        return reply(correlation, TestClient::tasks);
    }

    static List<Task> tasks(ShardHarness.Reply reply) {
        var messageHeader = new MessageHeaderDecoder().wrap(reply.bytes(), 0);
        if (messageHeader.templateId() != TasksLeasedDecoder.TEMPLATE_ID) {
            throw new AssertionError("refused: " + RejectReason.fromCode(code(reply)));
        }
        var decoder = new TasksLeasedDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, messageHeader);
        var tasks = new ArrayList<Task>();
        for (var task : decoder.tasks()) {
            task.limits().forEach(limit -> limit.sbeSkip());
            task.metadata().forEach(entry -> {
                entry.key();
                entry.value();
            });
            String tenant = task.tenant();
            task.taskGroup();
            String id = task.jobId();
            task.skipUniqueKey();
            byte[] payload = new byte[task.payloadLength()];
            long jobKey = task.jobKey();
            task.getPayload(payload, 0, payload.length);
            tasks.add(new Task(
                    jobKey,
                    task.tokenEpoch(),
                    task.token(),
                    (int) task.attempt(),
                    task.isLastAttempt() == 1,
                    task.startAtMs(),
                    (int) task.leaseMs(),
                    tenant,
                    id,
                    new String(payload, UTF_8),
                    decoder.subscriptionId()));
        }
        return tasks;
    }

    int subscribe(long id, String worker, String group, int credits) {
        long correlation = sendSubscribe(id, worker, group, credits);
        harness.run();
        return reply(correlation, TestClient::code);
    }

    long sendSubscribe(long id, String worker, String group, int credits) {
        var command = new SubscribeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        command.header().correlationId(correlations).shardEpoch(0).shard(-1).durability(durability);
        command.subscriptionId(id)
                .credits(credits)
                .tenant(tenant)
                .taskGroup(group)
                .workerId(worker);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    int unsubscribe(long id) {
        var command = new UnsubscribeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        command.header().correlationId(correlations).shardEpoch(0).shard(-1).durability(durability);
        command.subscriptionId(id);
        harness.queue(session, out, command.limit());
        long correlation = correlations++;
        harness.run();
        return reply(correlation, TestClient::code);
    }

    /** Tasks pushed to this session so far; they are taken out of the harness's replies. */
    List<Task> pushed() {
        var tasks = new ArrayList<Task>();
        for (var reply : List.copyOf(harness.replies)) {
            if (reply.session() == session && correlation(reply) == 0) {
                harness.replies.remove(reply);
                tasks.addAll(tasks(reply));
            }
        }
        return tasks;
    }

    int report(Task task, Outcome outcome, String errorCode, String result) {
        return report(task, outcome, errorCode, result.getBytes(UTF_8), 0, 0);
    }

    int report(Task task, Outcome outcome, String errorCode, byte[] result, long uploadId, int credits) {
        long correlation = sendReport(task, outcome, errorCode, result, uploadId, credits);
        harness.run();
        return reply(correlation, TestClient::outcomeCode);
    }

    long sendReport(Task task, Outcome outcome, String errorCode, byte[] result, long uploadId, int credits) {
        var command = new ReportOutcomeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.subscriptionId(task.subscription()).credits(credits);
        command.itemsCount(1)
                .next()
                .jobKey(task.jobKey())
                .tokenEpoch(task.epoch())
                .token(task.token())
                .uploadId(uploadId)
                .outcome(outcome)
                .resultEncoding(PayloadEncoding.RAW)
                .errorCode(errorCode)
                .putResult(result, 0, result.length);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    int succeed(Task task, String result) {
        return report(task, Outcome.SUCCEEDED, "", result);
    }

    int fail(Task task, String errorCode) {
        return report(task, Outcome.FAILED, errorCode, "why");
    }

    /** Reports all in one command: as failures with an error code, or as successes without. */
    List<Integer> reportAll(List<Task> tasks, String errorCode) {
        var command = new ReportOutcomeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.subscriptionId(0).credits(0);
        var group = command.itemsCount(tasks.size());
        for (Task task : tasks) {
            group.next()
                    .jobKey(task.jobKey())
                    .tokenEpoch(task.epoch())
                    .token(task.token())
                    .uploadId(0)
                    .outcome(errorCode.isEmpty() ? Outcome.SUCCEEDED : Outcome.FAILED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode(errorCode)
                    .putResult(new byte[0], 0, 0);
        }
        harness.queue(session, out, command.limit());
        long correlation = correlations++;
        harness.run();
        return reply(correlation, r -> {
            var codes = new ArrayList<Integer>();
            var decoder = new OutcomeReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            decoder.results().forEach(result -> codes.add(result.code()));
            return codes;
        });
    }

    /** A ReportOutcome that claims so many items and holds none. */
    long sendEmptyBatch(int claimed) {
        var command = new ReportOutcomeEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.subscriptionId(0).credits(0).itemsCount(claimed);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    static int outcomeCode(ShardHarness.Reply reply) {
        var messageHeader = new MessageHeaderDecoder().wrap(reply.bytes(), 0);
        if (messageHeader.templateId() != OutcomeReplyDecoder.TEMPLATE_ID) {
            return code(reply);
        }
        var decoder = new OutcomeReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, messageHeader);
        return decoder.results().next().code();
    }

    /** Renews; code of the one lease named, or minus the number renewed when none is. */
    int heartbeat(String worker, Task... tasks) {
        long correlation = sendHeartbeat(worker, tasks);
        harness.run();
        return reply(correlation, r -> {
            var messageHeader = new MessageHeaderDecoder().wrap(r.bytes(), 0);
            if (messageHeader.templateId() != HeartbeatReplyDecoder.TEMPLATE_ID) {
                return code(r);
            }
            var decoder = new HeartbeatReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, messageHeader);
            return tasks.length == 0
                    ? -(int) decoder.renewed()
                    : decoder.leases().next().code();
        });
    }

    long sendHeartbeat(String worker, Task... tasks) {
        var command = new HeartbeatEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        var group = command.leasesCount(tasks.length);
        for (Task task : tasks) {
            group.next().jobKey(task.jobKey()).tokenEpoch(task.epoch()).token(task.token());
        }
        command.workerId(worker);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    int giveBack(String worker, Task task) {
        return giveBack(worker, task, 0);
    }

    int giveBack(String worker, Task task, long snoozeMs) {
        var command = new ReturnLeasesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.leasesCount(1)
                .next()
                .jobKey(task.jobKey())
                .tokenEpoch(task.epoch())
                .token(task.token())
                .snoozeMs(snoozeMs);
        command.workerId(worker);
        harness.queue(session, out, command.limit());
        long correlation = correlations++;
        harness.run();
        return reply(correlation, TestClient::outcomeCode);
    }

    // ---- bytes and reads
    // ----------------------------------------------------------------------------------------------------

    int upload(long uploadId, byte[] bytes, int partBytes) {
        int code = 0;
        for (int offset = 0; offset < bytes.length && code == 0; offset += partBytes) {
            code = uploadPart(uploadId, bytes.length, offset, bytes, Math.min(partBytes, bytes.length - offset));
        }
        return code;
    }

    int uploadPart(long uploadId, int total, int offset, byte[] bytes, int length) {
        var command = new UploadChunkEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.uploadId(uploadId).totalBytes(total).chunkOffset(offset).putChunk(bytes, offset, length);
        harness.queue(session, out, command.limit());
        long correlation = correlations++;
        harness.run();
        return reply(correlation, TestClient::code);
    }

    long sendReadBytes(long jobKey, String id, boolean result, long offset, long count) {
        var command = new ReadBytesEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.jobKey(jobKey)
                .chunkOffset(offset)
                .byteCount(count)
                .result((short) (result ? 1 : 0))
                .tenant(tenant)
                .jobId(id);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    long sendGetTaskGroup(String taskGroup) {
        var command = new GetTaskGroupEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.tenant(tenant).taskGroup(taskGroup);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    /** Ready and leased tasks, as {@code ready/leased}. */
    String taskGroup(String taskGroup) {
        long correlation = sendGetTaskGroup(taskGroup);
        harness.run();
        return reply(correlation, r -> {
            var decoder = new TaskGroupReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            return decoder.readyCount() + "/" + decoder.leasedCount();
        });
    }

    byte[] downloadPart(long jobKey, String id, boolean result, int offset, int count) {
        long correlation = sendReadBytes(jobKey, id, result, offset, count);
        harness.run();
        return reply(correlation, r -> {
            var decoder = new BytesReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            byte[] part = new byte[decoder.chunkLength()];
            decoder.getChunk(part, 0, part.length);
            return part;
        });
    }

    byte[] download(long jobKey, String id, boolean result, int total, int partBytes) {
        byte[] bytes = new byte[total];
        for (int offset = 0; offset < total; offset += partBytes) {
            long correlation = sendReadBytes(jobKey, id, result, offset, partBytes);
            harness.run();
            int at = offset;
            reply(correlation, r -> {
                var decoder = new BytesReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                return decoder.getChunk(bytes, at, decoder.chunkLength());
            });
        }
        return bytes;
    }

    Job get(String id) {
        long correlation = sendGet(id);
        harness.run();
        return reply(correlation, TestClient::job);
    }

    long sendGet(String id) {
        var command = new GetJobEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.includeAttempts((short) 1).tenant(tenant).jobId(id);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    static Job job(ShardHarness.Reply reply) {
        var messageHeader = new MessageHeaderDecoder().wrap(reply.bytes(), 0);
        if (messageHeader.templateId() != JobReplyDecoder.TEMPLATE_ID) {
            return new Job(code(reply), "", 0, "", "", "", 0, 0, List.of());
        }
        var job = new JobReplyDecoder();
        job.wrapAndApplyHeader(reply.bytes(), 0, messageHeader);
        job.limits().forEach(limit -> {
            limit.skipKey();
            limit.skipDetails();
        });
        for (var entry : job.metadata()) {
            entry.key();
            entry.value();
        }
        var attempts = new ArrayList<String>();
        for (var attempt : job.attempts()) {
            String head = attempt.attempt() + ":" + attempt.outcome();
            attempts.add(head + ":" + attempt.workerId() + ":" + attempt.errorCode());
            attempt.skipResult();
        }
        job.skipTenant();
        job.skipTaskGroup();
        job.skipJobId();
        job.skipUniqueKey();
        String errorCode = job.errorCode();
        byte[] payload = new byte[job.payloadLength()];
        job.getPayload(payload, 0, payload.length);
        byte[] result = new byte[job.resultLength()];
        job.getResult(result, 0, result.length);
        return new Job(
                0,
                job.status().name(),
                (int) job.attempt(),
                new String(payload, UTF_8),
                errorCode,
                new String(result, UTF_8),
                job.nextStartMs(),
                (int) job.payloadBytes(),
                attempts);
    }

    long sendGetResult(String id, int waitMs) {
        var command = new GetJobResultEncoder();
        command.wrapAndApplyHeader(out, 0, header);
        fill(command.header());
        command.waitMs(waitMs).tenant(tenant).jobId(id);
        harness.queue(session, out, command.limit());
        return correlations++;
    }

    static String result(ShardHarness.Reply reply) {
        var messageHeader = new MessageHeaderDecoder().wrap(reply.bytes(), 0);
        if (messageHeader.templateId() != JobResultReplyDecoder.TEMPLATE_ID) {
            return String.valueOf(RejectReason.fromCode(code(reply)));
        }
        var decoder = new JobResultReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, messageHeader);
        String error = decoder.errorCode();
        byte[] result = new byte[decoder.resultLength()];
        decoder.getResult(result, 0, result.length);
        return decoder.status().name() + ":" + error + ":" + new String(result, UTF_8);
    }

    // ---- damage to the command sent last
    // -------------------------------------------------------------------------------------

    void patchLast(int offset, int value) {
        harness.lastQueued().putByte(offset, (byte) value);
    }

    void patchLastShort(int offset, int value) {
        harness.lastQueued().putShort(offset, (short) value, LITTLE_ENDIAN);
    }

    void patchDurability(int value) {
        patchLast(MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.durabilityEncodingOffset(), value);
    }

    /** Of the first item of a ReportOutcome. */
    void patchOutcome(int value) {
        int item = MessageHeaderDecoder.ENCODED_LENGTH + ReportOutcomeDecoder.BLOCK_LENGTH + 4;
        patchLast(item + ReportOutcomeDecoder.ItemsDecoder.outcomeEncodingOffset(), value);
    }

    /** Makes the first metadata value of an Enqueue, whose key is one byte, a byte longer: by encoder it could not be. */
    void lengthenValue() {
        var bytes = harness.lastQueued();
        int lengthAt = MessageHeaderDecoder.ENCODED_LENGTH
                + EnqueueDecoder.BLOCK_LENGTH
                + 4
                + EnqueueDecoder.ItemsDecoder.sbeBlockLength()
                + EnqueueDecoder.ItemsDecoder.LimitsDecoder.sbeHeaderSize()
                + 4
                + 3;
        int length = bytes.getShort(lengthAt, LITTLE_ENDIAN) & 0xFFFF;
        byte[] longer = new byte[bytes.capacity() + 1];
        bytes.getBytes(0, longer, 0, lengthAt + 2 + length);
        bytes.getBytes(lengthAt + 2 + length, longer, lengthAt + 3 + length, longer.length - lengthAt - 3 - length);
        longer[lengthAt + 2 + length] = 'v';
        new UnsafeBuffer(longer).putShort(lengthAt, (short) (length + 1), LITTLE_ENDIAN);
        harness.replaceLastQueued(longer);
    }

    void replaceLast(byte from, byte to) {
        var bytes = harness.lastQueued();
        for (int i = 0; i < bytes.capacity(); i++) {
            if (bytes.getByte(i) == from) {
                bytes.putByte(i, to);
            }
        }
    }

    /** Cuts the command off behind its header, or overwrites one byte there. */
    void damageLast(SplittableRandom random) {
        int head = MessageHeaderDecoder.ENCODED_LENGTH + CommandHeaderDecoder.ENCODED_LENGTH;
        int length = harness.lastQueued().capacity();
        if (random.nextBoolean()) {
            harness.cutLastQueued(head + random.nextInt(length - head));
        } else {
            patchLast(head + random.nextInt(length - head), random.nextInt(256));
        }
    }

    /** Of a command to the client's shard. */
    void fill(CommandHeaderEncoder command) {
        command.correlationId(correlations).shardEpoch(0).shard(shard).durability(durability);
    }

    // ---- replies
    // ------------------------------------------------------------------------------------------------------------

    /** Sends what was encoded, lets everything run, and takes the answer. */
    <T> T exchange(int length, Function<ShardHarness.Reply, T> decode) {
        harness.queue(session, out, length);
        long correlation = correlations++;
        harness.run();
        return reply(correlation, decode);
    }

    <T> T reply(long correlation, Function<ShardHarness.Reply, T> decode) {
        for (var reply : List.copyOf(harness.replies)) {
            if (reply.session() == session && correlation(reply) == correlation) {
                harness.replies.remove(reply);
                return decode.apply(reply);
            }
        }
        throw new AssertionError("no reply to " + correlation);
    }

    boolean hasReply(long correlation) {
        return harness.replies.stream().anyMatch(r -> r.session() == session && correlation(r) == correlation);
    }

    static int code(ShardHarness.Reply reply) {
        return header(reply).code();
    }

    static long correlation(ShardHarness.Reply reply) {
        return header(reply).correlationId();
    }

    static ReplyHeaderDecoder header(ShardHarness.Reply reply) {
        return new ReplyHeaderDecoder().wrap(reply.bytes(), MessageHeaderDecoder.ENCODED_LENGTH);
    }
}
