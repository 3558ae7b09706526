package io.silo.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.RejectReason;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardState;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A shard on real files whose deep backlog is read ahead by the real thread. */
class ColdReadThreadIT {
    private static final int JOBS = 1_500;
    private static final int PAYLOAD_BYTES = 1_000;

    /** What one look of the shard asks for. */
    private static final int LOOK = 1_024;

    @TempDir
    Path directory;

    private static final int NO_REPLY = -1;

    /** Threads that read the log at each site. */
    private final ConcurrentLinkedQueue<String> readAheadBy = new ConcurrentLinkedQueue<>();

    private volatile boolean failsReadAhead;

    private final FaultPlan faults = site -> {
        if (site.equals("log.readAhead")) {
            readAheadBy.add(Thread.currentThread().getName());
            if (failsReadAhead) {
                throw new IllegalStateException("the disk failed");
            }
        }
    };

    @Test
    void shouldReadTasksAheadOfTheirGrantsOnItsOwnThread() {
        try (Client client = open()) {
            client.enqueue(JOBS);
        }
        try (Client client = open()) {
            assertThat(client.lease(10)).isEqualTo(ids(0, 10));
            assertThat(client.figure(Figure.GRANTS_COLD)).isEqualTo(10);
            assertThat(client.figure(Figure.READS_AHEAD)).isEqualTo(LOOK);
            for (int granted = 10; granted < JOBS; ) {
                client.awaitReadAhead();
                final List<String> tasks = client.lease(40);
                assertThat(tasks)
                        .isEqualTo(ids(granted, granted + tasks.size()))
                        .isNotEmpty();
                granted += tasks.size();
            }
            assertThat(client.figure(Figure.GRANTS_COLD)).isEqualTo(10);
            assertThat(readAheadBy).hasSize(JOBS - 10).containsOnly("silo-read-test");
        }
    }

    @Test
    void shouldGrantAllTheSameWhenReadingAheadFails() {
        try (Client client = open()) {
            client.enqueue(300);
        }
        failsReadAhead = true;
        try (Client client = open()) {
            for (int granted = 0; granted < 300; ) {
                final List<String> tasks = client.lease(40);
                assertThat(tasks)
                        .isEqualTo(ids(granted, granted + tasks.size()))
                        .isNotEmpty();
                granted += tasks.size();
                client.awaitReadAhead();
            }
            assertThat(readAheadBy).as("given up after the first").hasSize(1);
        }
    }

    private static List<String> ids(int from, int to) {
        final List<String> ids = new ArrayList<>();
        for (int i = from; i < to; i++) {
            ids.add("job" + i);
        }
        return ids;
    }

    private Client open() {
        return new Client(directory.resolve("shard"), faults);
    }

    /** One shard with its reading thread, and what a client says to it. */
    private static final class Client implements CommandSource, ReplySink, ShardListener, AutoCloseable {
        private final Session session = new Session(1, null);
        private final UnsafeBuffer out = new UnsafeBuffer(new byte[4_096]);
        private final MessageHeaderEncoder header = new MessageHeaderEncoder();
        private final ColdReadThread reads = new ColdReadThread("silo-read-test");
        private final Shard shard;
        private final ShardAgent agent;
        private final List<String> leased = new ArrayList<>();
        private final ReplyHeaderDecoder replyHeader = new ReplyHeaderDecoder();
        private int toSend;
        private int replyCode;

        Client(Path path, FaultPlan faults) {
            final EventLogContext context = new EventLogContext()
                    .cycleBytes(1 << 20)
                    .lowWaterBytes(0)
                    .floorBytes(0)
                    .faults(faults);
            final EventLog log =
                    EventLog.open(ChronicleCycleStore.open(path, context), new LogIdentity(1, 2, 3, 4), context);
            reads.add(0, log);
            shard = new Shard(new ShardContext(
                    ShardSettings.whole(0),
                    log,
                    this,
                    () -> 5,
                    reads,
                    this,
                    ShardState.Capacity.DEFAULT,
                    0,
                    0,
                    ShardContext.PARKED_BYTES_MAX_DEFAULT,
                    RateService.NONE));
            shard.recover(System.currentTimeMillis());
            reads.start();
            agent = new ShardAgent(
                    "test",
                    List.of(shard),
                    this,
                    this,
                    reads,
                    this,
                    new SystemClock(),
                    ThreadBounds.of(TimeUnit.HOURS.toMillis(1)));
        }

        long figure(Figure figure) {
            return shard.counters().get(figure);
        }

        void enqueue(int jobs) {
            for (int i = 0; i < jobs; i++) {
                final EnqueueEncoder command = new EnqueueEncoder();
                command.wrapAndApplyHeader(out, 0, header);
                command.header().correlationId(i).shardEpoch(0).shard(0).durability(Durability.APPENDED);
                final EnqueueEncoder.ItemsEncoder item = command.itemsCount(1).next();
                item.requestIdHigh(0)
                        .requestIdLow(0)
                        .startAtMs(0)
                        .uploadId(0)
                        .retryInitialIntervalMs(100)
                        .retryMaxIntervalMs(0)
                        .retryCount(0)
                        .retryBackoffPermille(1_000)
                        .leaseMs(0)
                        .priority((short) 0)
                        .retryJitter((short) 0)
                        .payloadEncoding(PayloadEncoding.RAW);
                item.limitsCount(0);
                item.metadataCount(0);
                item.tenant("")
                        .taskGroup("g")
                        .jobId("job" + i)
                        .uniqueKey("")
                        .putPayload(new byte[PAYLOAD_BYTES], 0, PAYLOAD_BYTES);
                send();
            }
        }

        List<String> lease(int tasks) {
            leased.clear();
            final LeaseTasksEncoder command = new LeaseTasksEncoder();
            command.wrapAndApplyHeader(out, 0, header);
            command.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.APPENDED);
            command.requestIdHigh(0)
                    .requestIdLow(0)
                    .waitMs(0)
                    .maxTasks(tasks)
                    .tenant("")
                    .taskGroup("g")
                    .workerId("w");
            send();
            return List.copyOf(leased);
        }

        /** Duty cycles until the command in {@code out} is answered; while the next of its small cycles is being made that is BUSY. */
        private void send() {
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            do {
                toSend = 1;
                replyCode = NO_REPLY;
                while (replyCode == NO_REPLY) {
                    agent.doWork();
                    assertThat(System.nanoTime())
                            .as("the shard answers in time")
                            .isLessThan(deadlineNs);
                }
            } while (replyCode == RejectReason.BUSY.code());
            assertThat(replyCode).isEqualTo(RejectReason.OK);
        }

        void awaitReadAhead() {
            final long deadlineNs = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
            while (reads.readAheadDone() < figure(Figure.READS_AHEAD)) {
                Thread.onSpinWait();
                assertThat(System.nanoTime()).as("the reading thread goes on").isLessThan(deadlineNs);
            }
        }

        @Override
        public int poll(CommandConsumer consumer, int limit) {
            final int polled = toSend;
            if (toSend > 0) {
                toSend = 0;
                consumer.onCommand(session, out, 0, out.capacity());
            }
            return polled;
        }

        @Override
        public void send(Session to, DirectBuffer buffer, int offset, int length) {
            final MessageHeaderDecoder messageHeader = new MessageHeaderDecoder().wrap(buffer, offset);
            replyCode = replyHeader
                    .wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH)
                    .code();
            if (messageHeader.templateId() != TasksLeasedDecoder.TEMPLATE_ID) {
                return;
            }
            for (TasksLeasedDecoder.TasksDecoder task : new TasksLeasedDecoder()
                    .wrapAndApplyHeader(buffer, offset, messageHeader)
                    .tasks()) {
                task.limits().forEach(TasksLeasedDecoder.TasksDecoder.LimitsDecoder::sbeSkip);
                for (TasksLeasedDecoder.TasksDecoder.MetadataDecoder entry : task.metadata()) {
                    entry.skipKey();
                    entry.skipValue();
                }
                task.skipTenant();
                task.skipTaskGroup();
                final byte[] id = new byte[task.jobIdLength()];
                task.getJobId(id, 0, id.length);
                leased.add(new String(id, UTF_8));
                task.skipUniqueKey();
                assertThat(task.skipPayload()).isEqualTo(PAYLOAD_BYTES);
            }
        }

        @Override
        public void onShardFailed(int number, Throwable cause) {
            throw new AssertionError("the shard failed", cause);
        }

        @Override
        public void onMalformedCommand(int number, RuntimeException cause) {
            throw cause;
        }

        @Override
        public void onOverload(boolean begins, long refusals) {}

        @Override
        public void onClockStepHeld(boolean held) {}

        @Override
        public void onStandstill(long ms) {}

        @Override
        public void close() {
            agent.onClose();
            reads.close();
        }
    }
}
