package io.silo.shard;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.simulated.SimulatedCycleStore;
import io.silo.log.simulated.SimulatedDisk;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.command.Durability;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.EnqueueEncoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.command.PayloadEncoding;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReportOutcomeEncoder;
import io.silo.protocol.command.SubscribeEncoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateAnswer;
import io.silo.shard.rate.RateQuestion;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import java.nio.ByteOrder;
import java.util.List;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

/** Enqueue, push, report, over and over, as a full client does it: the shard's side leaves nothing for the collector. */
class SteadyStateTest {
    private static final int WINDOW = 64;
    private static final int WARM_UP = 40_000;
    private static final int MEASURED = 50_000;

    /**
     * A job that stays has an entry in two hash tables, whose segments and the log's own tables are all that a heap profile of this
     * run shows: 127 bytes measured. One more object of 24 bytes a lifecycle is over the bound.
     */
    private static final double BYTES_PER_JOB_MAX = 150;

    /** A client that encodes into one buffer and counts. */
    private static final class FullClient implements CommandSource, ReplySink {
        private final Session session = new Session(1, null);
        private final UnsafeBuffer enqueue = new UnsafeBuffer(new byte[1_024]);
        private final UnsafeBuffer report = new UnsafeBuffer(new byte[512]);
        private final UnsafeBuffer subscribe = new UnsafeBuffer(new byte[256]);
        private final TasksLeasedDecoder leased = new TasksLeasedDecoder();
        private final io.silo.protocol.reply.MessageHeaderDecoder header =
                new io.silo.protocol.reply.MessageHeaderDecoder();
        private final ReplyHeaderDecoder replyHeader = new ReplyHeaderDecoder();
        private final long[] keys = new long[4 * WINDOW];
        private final long[] tokens = new long[4 * WINDOW];
        private final int enqueueLength;
        private final int idAt;
        private final int reportLength;
        private final int reportItemAt;
        private final int subscribeLength;
        private long epoch;
        private int waiting;
        private long jobs;
        private int toEnqueue;
        private long reported;
        private long replies;
        private boolean subscribed;

        /** @param isRated whether its jobs name a rate limit, too. */
        FullClient(boolean isRated) {
            var messageHeader = new MessageHeaderEncoder();
            var job = new EnqueueEncoder();
            job.wrapAndApplyHeader(enqueue, 0, messageHeader);
            job.header().correlationId(1).shardEpoch(0).shard(0).durability(Durability.DURABLE);
            var item = job.itemsCount(1).next();
            item.requestIdHigh(1)
                    .requestIdLow(2)
                    .startAtMs(0)
                    .uploadId(0)
                    .retryInitialIntervalMs(100)
                    .retryMaxIntervalMs(0)
                    .retryCount(3)
                    .retryBackoffPermille(2_000)
                    .leaseMs(0)
                    .priority((short) 5)
                    .retryJitter((short) 1)
                    .payloadEncoding(PayloadEncoding.RAW);
            // As wide as the window, so that batches stay as they are without it.
            var limits = item.limitsCount(isRated ? 2 : 1);
            limits.next().maxConcurrency(WINDOW).key("k").putDetails(new byte[0], 0, 0);
            if (isRated) {
                new TestRate("api", "customer", 1_000_000, 60_000).encode(limits.next());
            }
            item.metadataCount(1).next().key("k").value("v");
            item.tenant("tenant").taskGroup("g");
            idAt = job.limit() + EnqueueDecoder.ItemsDecoder.jobIdHeaderLength();
            item.jobId("0123456789abcdef").uniqueKey("").putPayload(new byte[100], 0, 100);
            enqueueLength = job.limit();
            var outcome = new ReportOutcomeEncoder();
            outcome.wrapAndApplyHeader(report, 0, messageHeader);
            outcome.header().correlationId(2).shardEpoch(0).shard(0).durability(Durability.DURABLE);
            outcome.subscriptionId(1_000).credits(1);
            outcome.itemsCount(1)
                    .next()
                    .jobKey(0)
                    .tokenEpoch(0)
                    .token(0)
                    .uploadId(0)
                    .outcome(Outcome.SUCCEEDED)
                    .resultEncoding(PayloadEncoding.RAW)
                    .errorCode("")
                    .putResult(new byte[20], 0, 20);
            reportLength = outcome.limit();
            reportItemAt = MessageHeaderDecoder.ENCODED_LENGTH + ReportOutcomeDecoder.BLOCK_LENGTH + 4;
            var wish = new SubscribeEncoder();
            wish.wrapAndApplyHeader(subscribe, 0, messageHeader);
            wish.header().correlationId(3).shardEpoch(0).shard(-1).durability(Durability.DURABLE);
            wish.subscriptionId(1_000)
                    .credits(2 * WINDOW)
                    .tenant("")
                    .taskGroup("g")
                    .workerId("worker-1");
            subscribeLength = wish.limit();
        }

        @Override
        public int poll(CommandConsumer consumer, int limit) {
            int polled = 0;
            if (!subscribed) {
                subscribed = true;
                consumer.onCommand(session, subscribe, 0, subscribeLength);
                polled++;
            }
            while (waiting > 0 && polled < limit) {
                waiting--;
                report.putLong(
                        reportItemAt + ReportOutcomeDecoder.ItemsDecoder.jobKeyEncodingOffset(),
                        keys[waiting],
                        ByteOrder.LITTLE_ENDIAN);
                report.putLong(
                        reportItemAt + ReportOutcomeDecoder.ItemsDecoder.tokenEpochEncodingOffset(),
                        epoch,
                        ByteOrder.LITTLE_ENDIAN);
                report.putLong(
                        reportItemAt + ReportOutcomeDecoder.ItemsDecoder.tokenEncodingOffset(),
                        tokens[waiting],
                        ByteOrder.LITTLE_ENDIAN);
                consumer.onCommand(session, report, 0, reportLength);
                reported++;
                polled++;
            }
            while (toEnqueue > 0 && polled < limit) {
                toEnqueue--;
                long id = jobs++;
                for (int i = 0; i < 16; i++) {
                    enqueue.putByte(idAt + i, (byte) ('a' + (id >>> 4 * i & 15)));
                }
                consumer.onCommand(session, enqueue, 0, enqueueLength);
                polled++;
            }
            return polled;
        }

        @Override
        public void send(Session to, DirectBuffer buffer, int offset, int length) {
            replies++;
            header.wrap(buffer, offset);
            if (replyHeader.wrap(buffer, offset + header.encodedLength()).code() != 0) {
                throw new AssertionError("refused: " + replyHeader.code());
            }
            if (header.templateId() == TasksLeasedDecoder.TEMPLATE_ID) {
                var tasks = leased.wrapAndApplyHeader(buffer, offset, header).tasks();
                while (tasks.hasNext()) {
                    tasks.next();
                    keys[waiting] = tasks.jobKey();
                    tokens[waiting] = tasks.token();
                    epoch = tasks.tokenEpoch();
                    waiting++;
                    var limits = tasks.limits();
                    while (limits.hasNext()) {
                        limits.next().sbeSkip();
                    }
                    var metadata = tasks.metadata();
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
        }
    }

    /** Lets all pass, one duty cycle later, and leaves nothing for the collector. */
    private static final class PassingRates implements RateService {
        private final long[] ids = new long[1_024];
        private int count;

        @Override
        public boolean ask(long askId, RateQuestion question) {
            ids[count++] = askId;
            return true;
        }

        @Override
        public int poll(Handler handler, int limit) {
            int polled = 0;
            while (count > 0 && polled < limit) {
                polled++;
                handler.onAnswer(ids[--count], RateAnswer.PASS, 0);
            }
            return polled;
        }

        @Override
        public long answerMsMax() {
            return 10_000;
        }
    }

    @Test
    void shouldAllocateNextToNothingForALifecycle() {
        measure(new FullClient(false), RateService.NONE);
    }

    @Test
    void shouldAllocateNextToNothingWhereAServiceIsAskedForEachStart() {
        measure(new FullClient(true), new PassingRates());
    }

    private static void measure(FullClient client, RateService rates) {
        // The harness gives clock and cold reads; disk, commands and replies are this test's own.
        ShardHarness harness = new ShardHarness(1);
        EventLogContext context = new EventLogContext()
                .cycleBytes(256 << 20)
                .lowWaterBytes(0)
                .floorBytes(0)
                .bootId(1, 7)
                .random(() -> 5);
        MeteredCycleStore store =
                new MeteredCycleStore(SimulatedCycleStore.open(new SimulatedDisk(), "steady", context));
        Shard shard = new Shard(new ShardContext(
                ShardSettings.whole(0),
                EventLog.open(store, ShardHarness.IDENTITY, context),
                client,
                () -> 77,
                harness,
                harness,
                new ShardState.Capacity(1 << 18, 1 << 26, 1 << 12, 1 << 10, 1 << 10, 1 << 10),
                1,
                7,
                ShardContext.PARKED_BYTES_MAX_DEFAULT,
                rates));
        shard.recover(harness.wallMs);
        ShardAgent agent = new ShardAgent(
                "test", List.of(shard), client, client, harness, harness, harness, ThreadBounds.of(3_600_000));
        run(client, agent, WARM_UP);
        store.bytes = 0;
        long bytes = Allocations.bytesDuring(() -> run(client, agent, MEASURED));
        assertThat(harness.failures).isEmpty();
        assertThat(client.reported).isGreaterThanOrEqualTo(WARM_UP + MEASURED);
        assertThat(client.replies).isGreaterThan(2L * MEASURED);
        shard.checkInvariants();
        assertThat((double) (bytes - store.bytes) / MEASURED)
                .as("heap bytes a lifecycle on the shard's side")
                .isLessThan(BYTES_PER_JOB_MAX);
    }

    private static void run(FullClient client, ShardAgent agent, int lifecycles) {
        long until = client.reported + lifecycles;
        while (client.reported < until) {
            // Where a start takes several duty cycles, no more jobs pile up meanwhile.
            client.toEnqueue = (int) Math.min(WINDOW, Math.max(0, client.reported + 4 * WINDOW - client.jobs));
            agent.doWork();
        }
    }
}
