package io.silo.bench.load;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.transport.ShardClient;
import java.util.ArrayDeque;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** Reports every task of one shard as done as soon as it comes. One thread. */
final class OverloadWorker implements Lane {
    private static final int TASKS_PER_COMMAND = 256;
    private static final byte[] EMPTY = new byte[0];

    /** Tasks to report in one command. */
    private static final class Batch {
        final long[] jobKeys = new long[TASKS_PER_COMMAND];
        final long[] tokenEpochs = new long[TASKS_PER_COMMAND];
        final long[] tokens = new long[TASKS_PER_COMMAND];
        int count;
    }

    private final OverloadGenerator load;
    private final ShardClient client;
    private final int shard;
    private final Durability durability;
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[Bounds.MESSAGE_BYTES_MAX]);
    private final MessageHeaderEncoder messageHeader = new MessageHeaderEncoder();
    private final ReportOutcomeEncoder report = new ReportOutcomeEncoder();
    private final ArrayDeque<Batch> toSend = new ArrayDeque<>();
    private final ArrayDeque<Batch> spare = new ArrayDeque<>();
    private final Long2ObjectHashMap<Batch> inFlight = new Long2ObjectHashMap<>();

    OverloadWorker(OverloadGenerator load, ShardClient client, int shard, Durability durability) {
        this.load = load;
        this.client = client;
        this.shard = shard;
        this.durability = durability;
    }

    @Override
    public int shard() {
        return shard;
    }

    @Override
    public void onTasksLeased(TasksLeasedDecoder reply) {
        for (TasksLeasedDecoder.TasksDecoder task : reply.tasks()) {
            final Batch batch = open();
            batch.jobKeys[batch.count] = task.jobKey();
            batch.tokenEpochs[batch.count] = task.tokenEpoch();
            batch.tokens[batch.count] = task.token();
            batch.count++;
            task.sbeSkip();
        }
    }

    private Batch open() {
        Batch last = toSend.peekLast();
        if (last == null || last.count == TASKS_PER_COMMAND) {
            final Batch free = spare.poll();
            last = free == null ? new Batch() : free;
            toSend.addLast(last);
        }
        return last;
    }

    int flush() {
        int work = 0;
        while (!toSend.isEmpty() && send(toSend.getFirst())) {
            toSend.removeFirst();
            work++;
        }
        return work;
    }

    private boolean send(Batch batch) {
        report.wrapAndApplyHeader(buffer, 0, messageHeader);
        report.header().shardEpoch(0).shard(shard).durability(durability);
        report.subscriptionId(LoadConnection.SUBSCRIPTION).credits(batch.count);
        final ReportOutcomeEncoder.ItemsEncoder items = report.itemsCount(batch.count);
        for (int i = 0; i < batch.count; i++) {
            items.next()
                    .jobKey(batch.jobKeys[i])
                    .tokenEpoch(batch.tokenEpochs[i])
                    .token(batch.tokens[i])
                    .uploadId(0)
                    .outcome(Outcome.SUCCEEDED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .putErrorCode(EMPTY, 0, 0)
                    .putResult(EMPTY, 0, 0);
        }
        final int length = MessageHeaderEncoder.ENCODED_LENGTH + report.encodedLength();
        final long correlationId = client.offer(buffer, 0, length, LoadConnection.TIMEOUT_NS);
        if (correlationId > 0) {
            inFlight.put(correlationId, batch);
        }
        return correlationId > 0;
    }

    @Override
    public void onOutcomeReply(OutcomeReplyDecoder reply) {
        final Batch batch = inFlight.remove(reply.header().correlationId());
        if (batch == null) {
            return;
        }
        int done = 0;
        for (OutcomeReplyDecoder.ResultsDecoder result : reply.results()) {
            done += result.code() == RejectReason.OK ? 1 : 0;
        }
        load.onDone(done);
        batch.count = 0;
        spare.push(batch);
    }

    @Override
    public boolean onRefused(long correlationId, @Nullable RejectReason reason) {
        if (reason == null || !reason.isTransient()) {
            return false;
        }
        final Batch batch = inFlight.remove(correlationId);
        if (batch != null) {
            toSend.addFirst(batch);
        }
        return batch != null;
    }
}
