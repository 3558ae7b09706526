package io.silo.torture.kill;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FailPoint;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A process that is to be killed: one real shard on a real log, without a transport, under seeded commands. It writes down what it
 * asks before it asks and what it is told when it is told. One thread.
 */
class ShardChild implements CommandSource, ReplySink, ColdReads, ShardListener, Clock {
    static final LogIdentity IDENTITY = new LogIdentity(1, 2, 3, 4);

    /** Small, so that cycles are rolled, carried and trimmed in each round. */
    static final long CYCLE_BYTES = 512 * 1024;

    static final ShardState.Capacity CAPACITY =
            new ShardState.Capacity(1 << 16, 1 << 24, 1 << 14, 1 << 10, 1 << 10, 1 << 10);

    /**
     * What a child is told.
     *
     * @param first number of the first job it may make.
     * @param workMs after so long it closes its shard in order and ends.
     */
    record Arguments(Path directory, Path ledger, long seed, long first, long workMs) {
        static Arguments parse(String[] words) {
            return new Arguments(
                    Path.of(words[0]),
                    Path.of(words[1]),
                    Long.parseLong(words[2]),
                    Long.parseLong(words[3]),
                    Long.parseLong(words[4]));
        }

        List<String> words() {
            return List.of(
                    directory.toString(),
                    ledger.toString(),
                    Long.toString(seed),
                    Long.toString(first),
                    Long.toString(workMs));
        }
    }

    private record Queued(UnsafeBuffer bytes, int length) {}

    /** A shard has so many cycles before the oldest is carried. */
    private static final int CARRY_EVERY_CYCLES = 200;

    private final Arguments arguments;
    private final Ledger ledger;
    private final Session session = new Session(1, null);
    private final Deque<Queued> queue = new ArrayDeque<>();
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final ReplyHeaderDecoder replyHeader = new ReplyHeaderDecoder();
    private final Shard shard;
    private final ShardAgent agent;
    private final ChildWork work;

    ShardChild(Arguments arguments) {
        this.arguments = arguments;
        ledger = new Ledger(arguments.ledger());
        final SplittableRandom random = new SplittableRandom(arguments.seed());
        final EventLogContext context =
                context().random(random.split()::nextLong).faults(FailPoint.of(System.getenv()));
        final EventLog log = EventLog.open(ChronicleCycleStore.open(arguments.directory(), context), IDENTITY, context);
        final SplittableRandom ofShard = random.split();
        shard = new Shard(new ShardContext(
                ShardSettings.whole(0),
                log,
                this,
                ofShard::nextLong,
                this,
                this,
                CAPACITY,
                context.bootIdHigh(),
                context.bootIdLow(),
                ShardContext.PARKED_BYTES_MAX_DEFAULT,
                RateService.NONE));
        shard.recover(wallMs());
        shard.checkInvariants();
        agent = new ShardAgent(
                "kill", List.of(shard), this, this, this, this, this, ThreadBounds.of(Long.MAX_VALUE / 4));
        work = new ChildWork(random.split(), arguments.first(), this::ask);
        ledger.write(
                Ledger.RECOVERED,
                log.shardEpoch(),
                digest(shard.view().digest()),
                shard.view().jobs().count());
        work.adopt(shard.view());
    }

    static EventLogContext context() {
        return new EventLogContext()
                .cycleBytes(CYCLE_BYTES)
                .tailCacheBytes(1 << 20)
                .lowWaterBytes(0)
                .floorBytes(0);
    }

    public static void main(String[] words) {
        new ShardChild(Arguments.parse(words)).run();
        System.exit(0);
    }

    void run() {
        final long endNs = System.nanoTime() + arguments.workMs() * 1_000_000;
        for (int cycle = 1; System.nanoTime() - endNs < 0 && ledger.hasRoom(); cycle++) {
            work.next();
            agent.doWork();
            if (cycle % CARRY_EVERY_CYCLES == 0) {
                shard.carryOldestCycle();
            }
        }
        for (int idle = 0; idle < 100 || !queue.isEmpty(); idle++) {
            agent.doWork();
        }
        shard.checkInvariants();
        ledger.write(Ledger.CLOSING);
        agent.onClose();
    }

    /** What the child says of the state it recovered. */
    long digest(long ofState) {
        return ofState;
    }

    /** Writes down what is asked, then asks. */
    void ask(long index, ChildVerb verb, long[] numbers, DirectBuffer bytes, int length) {
        writeAsked(index, verb, numbers);
        submit(bytes, length);
    }

    final void writeAsked(long index, ChildVerb verb, long[] numbers) {
        final long[] entry = new long[2 + numbers.length];
        entry[0] = index;
        entry[1] = verb.ordinal();
        System.arraycopy(numbers, 0, entry, 2, numbers.length);
        ledger.write(Ledger.ASKED, entry);
    }

    /** Writes down that all was accepted. */
    final void writeToldOk(long index, int items) {
        final long[] entry = new long[2 + items];
        entry[0] = index;
        ledger.write(Ledger.TOLD, entry);
    }

    final void submit(DirectBuffer bytes, int length) {
        final UnsafeBuffer copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, bytes, 0, length);
        queue.add(new Queued(copy, length));
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        int polled = 0;
        while (polled < limit && !queue.isEmpty()) {
            final Queued next = queue.peek();
            if (consumer.onCommand(session, next.bytes(), 0, next.length()) != CommandConsumer.Disposition.CONSUMED) {
                break;
            }
            queue.poll();
            polled++;
        }
        return polled;
    }

    @Override
    public void send(Session to, DirectBuffer buffer, int offset, int length) {
        header.wrap(buffer, offset);
        replyHeader.wrap(buffer, offset + MessageHeaderDecoder.ENCODED_LENGTH);
        final long index = replyHeader.correlationId();
        if (index == 0) {
            return; // answers nothing that was asked
        }
        final List<Long> told = new ArrayList<>();
        told.add(index);
        told.add((long) replyHeader.code());
        switch (header.templateId()) {
            case EnqueueReplyDecoder.TEMPLATE_ID ->
                new EnqueueReplyDecoder()
                        .wrapAndApplyHeader(buffer, offset, header)
                        .results()
                        .forEach(item -> told.add((long) item.code()));
            case OutcomeReplyDecoder.TEMPLATE_ID ->
                new OutcomeReplyDecoder()
                        .wrapAndApplyHeader(buffer, offset, header)
                        .results()
                        .forEach(item -> told.add((long) item.code()));
            case JobsChangedReplyDecoder.TEMPLATE_ID ->
                new JobsChangedReplyDecoder()
                        .wrapAndApplyHeader(buffer, offset, header)
                        .results()
                        .forEach(item -> {
                            told.add((long) item.code());
                            told.add((long) item.statusRaw());
                        });
            case TasksLeasedDecoder.TEMPLATE_ID -> leased(index, buffer, offset);
            default -> {}
        }
        ledger.write(Ledger.TOLD, told.stream().mapToLong(Long::longValue).toArray());
    }

    private void leased(long index, DirectBuffer buffer, int offset) {
        final TasksLeasedDecoder leased = new TasksLeasedDecoder();
        leased.wrapAndApplyHeader(buffer, offset, header);
        for (TasksLeasedDecoder.TasksDecoder task : leased.tasks()) {
            final long jobKey = task.jobKey();
            final long attempt = task.attempt();
            final long epoch = task.tokenEpoch();
            final long token = task.token();
            task.limits().forEach(TasksLeasedDecoder.TasksDecoder.LimitsDecoder::sbeSkip);
            task.metadata().forEach(entry -> {
                entry.skipKey();
                entry.skipValue();
            });
            task.skipTenant();
            task.skipTaskGroup();
            final long number = Long.parseLong(task.jobId().substring(1));
            task.skipUniqueKey();
            task.skipPayload();
            ledger.write(Ledger.LEASED, index, number, attempt, epoch, token);
            work.onLeased(new ChildCommands.Held(number, jobKey, attempt, epoch, token));
        }
    }

    @Override
    public boolean submit(ColdRead read) {
        return false;
    }

    @Override
    public long readAhead(int number, long position, int offset, int length) {
        return NOT_TAKEN;
    }

    @Override
    public long readAheadDone() {
        return 0;
    }

    @Override
    public int poll(Handler handler, int limit) {
        return 0;
    }

    @Override
    public void onShardFailed(int number, Throwable cause) {
        throw new IllegalStateException("the shard failed", cause);
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
    public long wallMs() {
        return System.currentTimeMillis();
    }

    @Override
    public long nanoTime() {
        return System.nanoTime();
    }
}
