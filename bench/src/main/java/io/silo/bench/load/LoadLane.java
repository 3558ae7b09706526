package io.silo.bench.load;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.transport.ShardClient;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import org.agrona.collections.IntArrayQueue;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Commands to one shard: jobs that wait to be sent, outcomes that wait to be reported. One thread. */
final class LoadLane implements Lane {
    /** Outcomes a command at most: 50 bytes each, so that a command stays one fragment of a few. */
    private static final int OUTCOMES_PER_COMMAND = 256;

    private static final byte[] EMPTY = new byte[0];
    private static final byte[] ERROR_CODE = "LOAD".getBytes(StandardCharsets.US_ASCII);

    private int nextLimit;
    private int failDue;
    private final LoadGenerator load;
    private final ShardClient client;
    private final int shard;
    private final int jobsPerCommand;
    private final int failPercent;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final UnsafeBuffer idBuffer = new UnsafeBuffer(new byte[Bounds.JOB_ID_BYTES_MAX]);
    private final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final ReportOutcomeEncoder reportOutcome = new ReportOutcomeEncoder();
    private final IntArrayQueue waiting;
    private final IntArrayQueue started;
    private final int[] tenantOf;
    private final long[] jobKeys;
    private final long[] tokenEpochs;
    private final long[] tokens;
    private final boolean[] fails;
    private final Long2ObjectHashMap<int[]> enqueues = new Long2ObjectHashMap<>();
    private final Long2ObjectHashMap<int[]> reports = new Long2ObjectHashMap<>();
    private final ArrayDeque<int[]> spare = new ArrayDeque<>();

    LoadLane(LoadGenerator load, ShardClient client, int shard, LoadSettings settings) {
        this.load = load;
        this.client = client;
        this.shard = shard;
        this.jobsPerCommand = settings.jobsPerCommand();
        this.failPercent = settings.failPercent();
        final int window = settings.window();
        waiting = new IntArrayQueue(Math.max(IntArrayQueue.MIN_CAPACITY, window), -1);
        started = new IntArrayQueue(Math.max(IntArrayQueue.MIN_CAPACITY, window), -1);
        tenantOf = new int[window];
        jobKeys = new long[window];
        tokenEpochs = new long[window];
        tokens = new long[window];
        fails = new boolean[window];
    }

    @Override
    public int shard() {
        return shard;
    }

    /** Whether the shard takes more now; if not, what waits has to leave first. */
    boolean hasRoom() {
        return waiting.size() < 2 * jobsPerCommand;
    }

    void add(int slot, int tenant) {
        tenantOf[slot] = tenant;
        waiting.addInt(slot);
        if (waiting.size() >= jobsPerCommand) {
            sendJobs();
        }
    }

    /** Sends what waits, outcomes first: they make room in the window. Work count. */
    int flush() {
        int work = 0;
        while (!started.isEmpty() && sendOutcomes()) {
            work++;
        }
        while (!waiting.isEmpty() && sendJobs()) {
            work++;
        }
        return work;
    }

    private void encodeLimit(EnqueueEncoder.ItemsEncoder items) {
        final byte[][] keys = load.limitKeys();
        if (keys.length == 0) {
            items.limitsCount(0);
            return;
        }
        nextLimit = nextLimit + 1 < keys.length ? nextLimit + 1 : 0;
        items.limitsCount(1)
                .next()
                .maxConcurrency(LoadSettings.WINDOW_MAX)
                .putKey(keys[nextLimit], 0, keys[nextLimit].length)
                .putDetails(EMPTY, 0, 0);
    }

    private boolean sendJobs() {
        final int count = Math.min(waiting.size(), jobsPerCommand);
        final int[] sent = command();
        enqueue.wrapAndApplyHeader(buffer, 0, messageHeader);
        enqueue.header().shardEpoch(0).shard(shard).durability(load.durability());
        final EnqueueEncoder.ItemsEncoder items = enqueue.itemsCount(count);
        final byte[] payload = load.payload();
        sent[0] = count;
        for (int i = 0; i < count; i++) {
            final int slot = waiting.pollInt();
            sent[i + 1] = slot;
            final byte[] tenant = load.tenant(tenantOf[slot]);
            final byte[] id = load.slots().id(slot);
            PlainJob.next(items);
            items.retryCount(failPercent == 0 ? 0 : 1);
            encodeLimit(items);
            items.metadataCount(0);
            items.putTenant(tenant, 0, tenant.length)
                    .putTaskGroup(load.taskGroup(), 0, load.taskGroup().length)
                    .putJobId(id, 0, id.length)
                    .uniqueKey("")
                    .putPayload(payload, 0, payload.length);
        }
        if (!offer(MessageHeaderEncoder.ENCODED_LENGTH + enqueue.encodedLength(), enqueues, sent)) {
            for (int i = 1; i <= count; i++) {
                waiting.addInt(sent[i]);
            }
            return false;
        }
        load.onEnqueueCommand();
        return true;
    }

    private boolean sendOutcomes() {
        final int count = Math.min(started.size(), OUTCOMES_PER_COMMAND);
        final int[] sent = command();
        reportOutcome.wrapAndApplyHeader(buffer, 0, messageHeader);
        reportOutcome.header().shardEpoch(0).shard(shard).durability(load.durability());
        reportOutcome.subscriptionId(LoadConnection.SUBSCRIPTION).credits(count);
        final ReportOutcomeEncoder.ItemsEncoder items = reportOutcome.itemsCount(count);
        sent[0] = count;
        for (int i = 0; i < count; i++) {
            final int slot = started.pollInt();
            sent[i + 1] = fails[slot] ? ~slot : slot; // its next attempt may be here before this is answered
            items.next()
                    .jobKey(jobKeys[slot])
                    .tokenEpoch(tokenEpochs[slot])
                    .token(tokens[slot])
                    .uploadId(0)
                    .outcome(fails[slot] ? Outcome.FAILED : Outcome.SUCCEEDED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .putErrorCode(ERROR_CODE, 0, fails[slot] ? ERROR_CODE.length : 0)
                    .putResult(EMPTY, 0, 0);
        }
        if (!offer(MessageHeaderEncoder.ENCODED_LENGTH + reportOutcome.encodedLength(), reports, sent)) {
            for (int i = 1; i <= count; i++) {
                started.addInt(slot(sent[i]));
            }
            return false;
        }
        return true;
    }

    private boolean offer(int length, Long2ObjectHashMap<int[]> inFlight, int[] sent) {
        final long correlationId = client.offer(buffer, 0, length, LoadConnection.TIMEOUT_NS);
        if (correlationId == ShardClient.NOT_CONNECTED) {
            throw new LoadException(RejectReason.UNREACHABLE, "The connection was lost.");
        }
        if (correlationId <= 0) {
            spare.push(sent);
            return false;
        }
        inFlight.put(correlationId, sent);
        return true;
    }

    private int[] command() {
        final int[] free = spare.poll();
        return free == null ? new int[1 + Math.max(jobsPerCommand, OUTCOMES_PER_COMMAND)] : free;
    }

    @Override
    public void onEnqueueReply(EnqueueReplyDecoder reply) {
        final long nowNs = System.nanoTime();
        final int[] sent = enqueues.remove(reply.header().correlationId());
        if (sent == null) {
            return;
        }
        int i = 1;
        for (EnqueueReplyDecoder.ResultsDecoder result : reply.results()) {
            final int code = result.code();
            if (code == RejectReason.OK) {
                load.onAcknowledged(sent[i], nowNs);
            } else {
                retry(sent[i], code);
            }
            i++;
        }
        spare.push(sent);
    }

    private void retry(int slot, int code) {
        final RejectReason reason = RejectReason.fromCode(code);
        if (!isWorthRepeating(reason)) {
            throw new LoadException(
                    reason, "A job was refused: " + (reason == null ? "code " + code + "." : reason.sentence()));
        }
        load.onRefusedForNow();
        waiting.addInt(slot);
    }

    @Override
    public void onTasksLeased(TasksLeasedDecoder reply) {
        final long nowNs = System.nanoTime();
        for (TasksLeasedDecoder.TasksDecoder task : reply.tasks()) {
            final long jobKey = task.jobKey();
            final long tokenEpoch = task.tokenEpoch();
            final long token = task.token();
            final boolean isFirst = task.attempt() == 1;
            for (TasksLeasedDecoder.TasksDecoder.LimitsDecoder limit : task.limits()) {
                limit.sbeSkip();
            }
            for (TasksLeasedDecoder.TasksDecoder.MetadataDecoder metadata : task.metadata()) {
                metadata.sbeSkip();
            }
            task.skipTenant();
            task.skipTaskGroup();
            final int length = task.getJobId(idBuffer, 0, Bounds.JOB_ID_BYTES_MAX);
            task.skipUniqueKey();
            task.skipPayload();
            final int slot = load.slots().slotOf(idBuffer, length);
            if (slot < 0) {
                throw new LoadException(null, "A task of another run arrived in this run's own task group.");
            }
            jobKeys[slot] = jobKey;
            tokenEpochs[slot] = tokenEpoch;
            tokens[slot] = token;
            fails[slot] = isFirst && isToFail();
            if (isFirst) {
                load.onStarted(slot, nowNs);
            }
            started.addInt(slot);
        }
    }

    /** Spreads the failures evenly over the attempts. */
    private boolean isToFail() {
        failDue += failPercent;
        if (failDue < LoadSettings.PERCENT) {
            return false;
        }
        failDue -= LoadSettings.PERCENT;
        return true;
    }

    /** The slot of a job or outcome that was sent; that of a failure is its complement. */
    private static int slot(int sent) {
        return sent < 0 ? ~sent : sent;
    }

    @Override
    public void onOutcomeReply(OutcomeReplyDecoder reply) {
        final int[] sent = reports.remove(reply.header().correlationId());
        if (sent == null) {
            return;
        }
        int i = 1;
        for (OutcomeReplyDecoder.ResultsDecoder result : reply.results()) {
            final RejectReason reason = RejectReason.fromCode(result.code());
            if (result.code() != RejectReason.OK) {
                throw new LoadException(
                        reason,
                        "An outcome was refused: "
                                + (reason == null ? "code " + result.code() + "." : reason.sentence()));
            }
            if (sent[i] < 0) {
                load.onFailed(System.nanoTime());
            } else {
                load.onReported(sent[i]);
            }
            i++;
        }
        spare.push(sent);
    }

    /** A full server does not get emptier while it is asked again and again: that ends the run and says why. */
    private static boolean isWorthRepeating(@Nullable RejectReason reason) {
        return reason != null
                && reason.isTransient()
                && reason != RejectReason.MEMORY_FULL
                && reason != RejectReason.DISK_FULL;
    }

    @Override
    public boolean onRefused(long correlationId, @Nullable RejectReason reason) {
        if (!isWorthRepeating(reason)) {
            return false;
        }
        final int[] jobs = enqueues.remove(correlationId);
        final int[] outcomes = jobs == null ? reports.remove(correlationId) : null;
        final int[] sent = jobs == null ? outcomes : jobs;
        if (sent == null) {
            return false;
        }
        for (int i = 1; i <= sent[0]; i++) {
            (jobs == null ? started : waiting).addInt(slot(sent[i]));
            load.onRefusedForNow();
        }
        spare.push(sent);
        return true;
    }
}
