package io.silo.bench.micro;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.silo.bench.load.PlainJob;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.reply.ErrorReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.state.ShardCounters.Figure;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A shard on a real log without a transport: a window of jobs goes round enqueue, push and report, one command each, as fast as the
 * duty cycle takes them. One thread; does not allocate.
 */
final class LifecycleShard extends LocalShard {
    /**
     * What is done.
     *
     * @param window jobs in flight.
     * @param backlog jobs that wait behind them all the time.
     * @param limitKeys keys that jobs name in turn, one each; 0 = they have no limits.
     * @param limitMax of each key.
     * @param forgetsHalf every second job fails, and retention deletes those at once.
     */
    record Work(int window, int backlog, int limitKeys, int limitMax, boolean forgetsHalf) {
        Work(int window, int backlog, int limitKeys, int limitMax) {
            this(window, backlog, limitKeys, limitMax, false);
        }

        static Work window(int window) {
            return new Work(window, 0, 0, 0);
        }

        Work forgettingHalf() {
            return new Work(window, backlog, limitKeys, limitMax, true);
        }
    }

    private static final int COMMAND_BYTES = 512;
    private static final int KEY_BYTES = 12;
    private static final int PAYLOAD_BYTES = 256;
    private static final int ID_BYTES = 36;
    private static final long FIRST_ID_MAX = 100_000_000_000L; // ids have 12 digits

    private final Work work;
    private final int window;
    private final UnsafeBuffer commands;
    private final int[] lengths;
    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final EnqueueEncoder enqueue = new EnqueueEncoder();
    private final ReportOutcomeEncoder report = new ReportOutcomeEncoder();
    private final MessageHeaderDecoder replyHeader = new MessageHeaderDecoder();
    private final TasksLeasedDecoder leased = new TasksLeasedDecoder();
    private final UnsafeBuffer payload = new UnsafeBuffer(new byte[PAYLOAD_BYTES]);
    private final UnsafeBuffer key = new UnsafeBuffer(new byte[KEY_BYTES]);
    private final UnsafeBuffer id = new UnsafeBuffer("00000000-0000-0000-0000-000000000000".getBytes(US_ASCII));
    private final byte[] taskGroup = "group".getBytes(US_ASCII);
    private final byte[] tenant = "tenant".getBytes(US_ASCII);
    private final Durability durability;
    private long nextId;
    private int head;
    private int tail;
    private long finished;

    LifecycleShard(Path directory, Durability durability, Work work) {
        super(directory, settings(work), ThreadBounds.of(Long.MAX_VALUE / 4));
        this.work = work;
        this.window = work.window();
        this.durability = durability;
        this.commands = new UnsafeBuffer(ByteBuffer.allocateDirect(2 * window * COMMAND_BYTES));
        this.lengths = new int[2 * window];
        // A log that is opened again has jobs of another run.
        nextId = ThreadLocalRandom.current().nextLong(FIRST_ID_MAX);
        for (int i = 0; i < window + work.backlog(); i++) {
            putEnqueue();
            if (tail - head == window) {
                drain();
            }
        }
        drain();
        subscribe();
    }

    private static ShardSettings settings(Work work) {
        final ShardSettings whole = ShardSettings.whole(0);
        return !work.forgetsHalf()
                ? whole
                : new ShardSettings(
                        0,
                        whole.leaseMs(),
                        whole.crashLoopMax(),
                        whole.payloadBytesMax(),
                        whole.memoryBytesMax(),
                        whole.tenancy(),
                        whole.rangeFirst(),
                        whole.rangeLast(),
                        new Retention.Limits(0, 1, 0, Integer.MAX_VALUE));
    }

    private void drain() {
        while (head != tail) {
            agent.doWork();
        }
    }

    /** Duty cycles until {@code count} more jobs have finished. */
    void run(long count) {
        final long target = finished + count;
        while (finished < target) {
            agent.doWork();
        }
    }

    /** Keeps the log from being cleaned, or lets it. */
    void holdCleaning(boolean held) {
        shard.cleaner().hold(held);
    }

    /** Bytes that were carried. */
    long carriedBytes() {
        return shard.counters().get(Figure.BYTES_CARRIED);
    }

    /** Carries everything out of the cycles that can go. */
    void carryAll() {
        final long until = shard.log().activeFirstPosition();
        while (shard.log().firstPosition() < until) {
            shard.carryOldestCycle();
            agent.doWork();
        }
    }

    long finished() {
        return finished;
    }

    private void subscribe() {
        var subscribe = new SubscribeEncoder();
        final int offset = next();
        subscribe.wrapAndApplyHeader(commands, offset, header);
        subscribe.header().correlationId(1).shardEpoch(0).shard(-1).durability(durability);
        subscribe.subscriptionId(1).credits(Math.max(1, window)).tenant("");
        subscribe.putTaskGroup(taskGroup, 0, taskGroup.length).workerId("worker");
        end(subscribe.limit() - offset);
    }

    private static void putDigits(UnsafeBuffer target, int end, int digits, long number) {
        long value = number;
        for (int i = end - 1; i >= end - digits; i--) {
            target.putByte(i, (byte) ('0' + value % 10));
            value /= 10;
        }
    }

    private void putLimits(EnqueueEncoder.ItemsEncoder item, long number) {
        if (work.limitKeys() == 0) {
            item.limitsCount(0);
            return;
        }
        putDigits(key, KEY_BYTES, KEY_BYTES, number % work.limitKeys());
        item.limitsCount(1)
                .next()
                .maxConcurrency(work.limitMax())
                .putKey(key, 0, KEY_BYTES)
                .putDetails(payload, 0, 0);
    }

    private void putEnqueue() {
        final int offset = next();
        final long number = nextId++;
        putDigits(id, ID_BYTES, 12, number);
        enqueue.wrapAndApplyHeader(commands, offset, header);
        enqueue.header().correlationId(2).shardEpoch(0).shard(0).durability(durability);
        final EnqueueEncoder.ItemsEncoder item = enqueue.itemsCount(1);
        PlainJob.next(item);
        item.requestIdHigh(nextId).requestIdLow(nextId).priority((short) 0);
        putLimits(item, number);
        item.metadataCount(0);
        item.putTenant(tenant, 0, tenant.length)
                .putTaskGroup(taskGroup, 0, taskGroup.length)
                .putJobId(id, 0, ID_BYTES)
                .uniqueKey("")
                .putPayload(payload, 0, PAYLOAD_BYTES);
        end(enqueue.limit() - offset);
    }

    private void putReport(long jobKey, long epoch, long token) {
        final int offset = next();
        report.wrapAndApplyHeader(commands, offset, header);
        report.header().correlationId(3).shardEpoch(0).shard(0).durability(durability);
        report.subscriptionId(1).credits(1);
        final boolean isFailed = work.forgetsHalf() && jobKey % 2 == 0;
        final ReportOutcomeEncoder.ItemsEncoder item = report.itemsCount(1).next();
        item.jobKey(jobKey)
                .tokenEpoch(epoch)
                .token(token)
                .uploadId(0)
                .outcome(isFailed ? Outcome.FAILED : Outcome.SUCCEEDED)
                .resultEncoding(PayloadEncoding.RAW);
        item.putErrorCode(taskGroup, 0, isFailed ? taskGroup.length : 0).putResult(payload, 0, 8);
        end(report.limit() - offset);
    }

    private int next() {
        return tail % (2 * window) * COMMAND_BYTES;
    }

    private void end(int length) {
        lengths[tail % (2 * window)] = length;
        tail++;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        int polled = 0;
        while (polled < limit && head != tail) {
            final int slot = head % (2 * window);
            if (consumer.onCommand(session, commands, slot * COMMAND_BYTES, lengths[slot])
                    != CommandConsumer.Disposition.CONSUMED) {
                break;
            }
            head++;
            polled++;
        }
        return polled;
    }

    @Override
    public void send(Session to, DirectBuffer buffer, int offset, int length) {
        replyHeader.wrap(buffer, offset);
        if (replyHeader.templateId() == TasksLeasedDecoder.TEMPLATE_ID) {
            leased.wrapAndApplyHeader(buffer, offset, replyHeader);
            final TasksLeasedDecoder.TasksDecoder tasks = leased.tasks();
            while (tasks.hasNext()) {
                tasks.next();
                putReport(tasks.jobKey(), tasks.tokenEpoch(), tasks.token());
                skip(tasks);
            }
        } else if (replyHeader.templateId() == OutcomeReplyDecoder.TEMPLATE_ID) {
            finished++;
            putEnqueue();
        } else if (replyHeader.templateId() == ErrorReplyDecoder.TEMPLATE_ID) {
            throw new IllegalStateException("a command was refused");
        }
    }

    /** Goes to the end of a task, whose fixed fields were read. */
    static void skip(TasksLeasedDecoder.TasksDecoder tasks) {
        final TasksLeasedDecoder.TasksDecoder.LimitsDecoder limits = tasks.limits();
        while (limits.hasNext()) {
            limits.next().sbeSkip();
        }
        final TasksLeasedDecoder.TasksDecoder.MetadataDecoder metadata = tasks.metadata();
        while (metadata.hasNext()) {
            metadata.next();
            metadata.skipKey();
            metadata.skipValue();
        }
        tasks.skipTenant();
        tasks.skipTaskGroup();
        tasks.skipJobId();
        tasks.skipUniqueKey();
        tasks.skipPayload();
    }
}
