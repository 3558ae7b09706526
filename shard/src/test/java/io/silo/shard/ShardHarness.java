package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import io.silo.log.LogIdentity;
import io.silo.log.simulated.SimulatedCycleStore;
import io.silo.log.simulated.SimulatedDisk;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.history.JobReader;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Shards of one thread over a simulated disk, with a clock that the test moves, commands that the test queues and replies that it
 * reads. Real log framing, real deciders and appliers; no transport. Most tests need but one shard.
 */
final class ShardHarness implements CommandSource, ReplySink, ColdReads, ShardListener, Clock, AutoCloseable {
    static final LogIdentity IDENTITY = new LogIdentity(1, 2, 3, 4);
    private static final ShardState.Capacity CAPACITY =
            new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10);

    /** A reply as it left. */
    record Reply(Session session, UnsafeBuffer bytes, int length) {}

    /** What is to be read ahead. */
    record Ahead(int shard, long position, int offset, int length) {}

    private record Queued(Session session, UnsafeBuffer bytes, int length, long atNs) {}

    private final long seed;
    final ShardSettings settings;
    private final List<ShardSettings> allSettings;
    final long cycleBytes;
    ShardState.Capacity capacity = CAPACITY;
    ThreadBounds bounds = ThreadBounds.of(3_600_000);
    long lowWaterBytes;
    long floorBytes;

    /** Whether the shards clean their logs by themselves. */
    boolean cleans = true;

    /** Answers rate limits, of the first shard; it forgets nothing when the shard opens anew. */
    RateService rates = RateService.NONE;

    /** What goes wrong in the logs of the shards; also counts what passes there. */
    IntFunction<FaultPlan> faults = shard -> FaultPlan.NONE;

    /** Every request to read ahead, in order; performed at once unless held. */
    final List<Ahead> ahead = new ArrayList<>();

    /** Requests to read ahead are kept back while it is set. */
    boolean holdAhead;

    /** Requests to read ahead that may be under way. */
    int aheadMax = READS_AHEAD_MAX;

    private int aheadDone;

    /** Finished cold reads are kept back while it is set, and none is performed. */
    boolean holdReads;

    SimulatedDisk disk = new SimulatedDisk();
    long wallMs = 1_000_000;
    long nanos = 5_000_000_000L;
    long boot = 1;
    ShardAgent agent;
    final List<Shard> shards = new ArrayList<>();

    /** The first one, and its log. */
    Shard shard;

    EventLog log;
    final List<Reply> replies = new ArrayList<>();

    /** Sessions that do not take what they are sent. */
    final Set<Session> behind = new HashSet<>();

    final List<RuntimeException> malformed = new ArrayList<>();
    final List<Throwable> failures = new ArrayList<>();
    /** -1 for one that begins, its refusals for one that ends. */
    final List<Long> overloads = new ArrayList<>();

    final List<Long> standstills = new ArrayList<>();
    private final Deque<Queued> commands = new ArrayDeque<>();
    private final Deque<ColdRead> done = new ArrayDeque<>();
    private final Map<Long, Session> sessions = new HashMap<>();
    private final Deque<ColdRead> submitted = new ArrayDeque<>();
    private final Map<Integer, JobReader> readers = new HashMap<>();

    ShardHarness(long seed) {
        this(seed, ShardSettings.whole(0), 512 * 1024);
    }

    ShardHarness(long seed, ShardSettings settings, long cycleBytes) {
        this(seed, List.of(settings), cycleBytes, harness -> {});
    }

    /** @param setUp sets the fields that opening reads. */
    ShardHarness(long seed, List<ShardSettings> allSettings, long cycleBytes, Consumer<ShardHarness> setUp) {
        this.seed = seed;
        this.settings = allSettings.get(0);
        this.allSettings = allSettings;
        this.cycleBytes = cycleBytes;
        setUp.accept(this);
        open();
    }

    /** Opens the shards on the disk as it is. */
    void open() {
        shards.clear();
        for (int i = 0; i < allSettings.size(); i++) {
            String directory = i == 0 ? "shard" : "shard" + i;
            EventLog opened = openLog(disk, directory, seed + boot * 31, boot, cycleBytes, context(i));
            var random = new SplittableRandom(seed);
            var added = new Shard(new ShardContext(
                    allSettings.get(i),
                    opened,
                    this,
                    random::nextLong,
                    this,
                    this,
                    capacity,
                    boot,
                    7,
                    ShardContext.PARKED_BYTES_MAX_DEFAULT,
                    rates));
            added.cleaner().hold(!cleans);
            added.recover(wallMs);
            shards.add(added);
        }
        shard = shards.get(0);
        log = shard.log();
        agent = new ShardAgent("test", shards, this, this, this, this, this, bounds);
        readers.clear();
        commands.clear();
        done.clear();
        submitted.clear();
        failures.clear();
        ahead.clear();
        aheadDone = 0;
    }

    private EventLogContext context(int i) {
        return new EventLogContext()
                .lowWaterBytes(lowWaterBytes)
                .floorBytes(floorBytes)
                .faults(faults.apply(i));
    }

    static EventLog openLog(SimulatedDisk disk, long seed, long boot, long cycleBytes) {
        var context = new EventLogContext().lowWaterBytes(0).floorBytes(0);
        return openLog(disk, "shard", seed, boot, cycleBytes, context);
    }

    private static EventLog openLog(
            SimulatedDisk disk, String directory, long seed, long boot, long cycleBytes, EventLogContext context) {
        var random = new SplittableRandom(seed);
        context.cycleBytes(cycleBytes).tailCacheBytes(64 * 1024).bootId(boot, 7).random(random::nextLong);
        return EventLog.open(SimulatedCycleStore.open(disk, directory, context), IDENTITY, context);
    }

    /** The process dies; what was appended is still in the page cache. */
    void kill() {
        disk = disk.processKill();
        open();
    }

    /** The machine loses power: only what was synced is sure. */
    void loseUnsynced(SplittableRandom random) {
        disk = disk.powerLoss(random);
        boot++;
        open();
    }

    Session session(long id) {
        return sessions.computeIfAbsent(id, i -> new Session(i, null));
    }

    void queue(Session session, DirectBuffer bytes, int length) {
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, bytes, 0, length);
        commands.add(new Queued(session, copy, length, nanos));
    }

    /** The command queued last, to be damaged. */
    UnsafeBuffer lastQueued() {
        return commands.getLast().bytes();
    }

    /** Replaces the command queued last. */
    void replaceLastQueued(byte[] bytes) {
        Queued last = commands.removeLast();
        commands.add(new Queued(last.session(), new UnsafeBuffer(bytes), bytes.length, nanos));
    }

    /** Cuts the command queued last off; a transport hands over no less than the headers. */
    void cutLastQueued(int length) {
        Queued last = commands.removeLast();
        commands.add(new Queued(last.session(), new UnsafeBuffer(last.bytes(), 0, length), length, nanos));
    }

    /** Duty cycles until nothing is left to do; fails if a shard failed. */
    void run() {
        runAll();
        if (!failures.isEmpty()) {
            throw new AssertionError("the shard failed", failures.get(0));
        }
    }

    /** As {@link #run}, and goes on where a shard fails. */
    void runAll() {
        int cycles = 0;
        while (agent.doWork() > 0) {
            if (++cycles > 10_000) {
                throw new AssertionError("the shards never come to rest");
            }
        }
    }

    /** Time passes while the thread runs: with duty cycles between, where it is so long that it would count as a standstill. */
    void advance(long ms) {
        long left = ms;
        while (left > ShardClock.STANDSTILL_MS) {
            standStill(ShardClock.STANDSTILL_MS);
            agent.doWork();
            left -= ShardClock.STANDSTILL_MS;
        }
        standStill(left);
    }

    /** Time passes and the thread does nothing. */
    void standStill(long ms) {
        wallMs += ms;
        nanos += ms * 1_000_000;
    }

    /** Time passes, what is due is done, and all is well. */
    void pass(long ms) {
        advance(ms);
        run();
        shard.checkInvariants();
    }

    List<Reply> take() {
        var taken = List.copyOf(replies);
        replies.clear();
        return taken;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        int polled = 0;
        while (polled < limit && !commands.isEmpty()) {
            var next = commands.peek();
            if (consumer.onCommand(next.session(), next.bytes(), 0, next.length())
                    != CommandConsumer.Disposition.CONSUMED) {
                break;
            }
            commands.poll();
            polled++;
        }
        return polled;
    }

    @Override
    public long waitedMs() {
        return commands.isEmpty() ? 0 : (nanos - commands.peek().atNs()) / 1_000_000;
    }

    @Override
    public boolean isBehind(Session session) {
        return behind.contains(session);
    }

    @Override
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        replies.add(new Reply(session, copy, length));
    }

    @Override
    public boolean submit(ColdRead read) {
        if (done.size() + submitted.size() >= READS_MAX) {
            return false;
        }
        submitted.add(read);
        performReads();
        return true;
    }

    private void performReads() {
        while (!holdReads && !submitted.isEmpty()) {
            ColdRead read = submitted.poll();
            read.perform(readers.computeIfAbsent(
                    read.shard(), i -> new JobReader(shards.get(i).log().newReader())));
            done.add(read);
        }
    }

    /** Performs the reads that were held back. */
    void releaseReads() {
        holdReads = false;
        performReads();
    }

    @Override
    public long readAhead(int number, long position, int offset, int length) {
        if (ahead.size() - aheadDone >= aheadMax) {
            return NOT_TAKEN;
        }
        ahead.add(new Ahead(number, position, offset, length));
        performAhead();
        return ahead.size();
    }

    @Override
    public long readAheadDone() {
        return aheadDone;
    }

    private void performAhead() {
        while (!holdAhead && aheadDone < ahead.size()) {
            Ahead next = ahead.get(aheadDone++);
            readers.computeIfAbsent(
                            next.shard(), i -> new JobReader(shards.get(i).log().newReader()))
                    .readAhead(next.position(), next.offset(), next.length());
        }
        if (aheadDone == ahead.size()) {
            readers.values().forEach(JobReader::unpin);
        }
    }

    /** Performs the requests to read ahead that were held back. */
    void releaseAhead() {
        holdAhead = false;
        performAhead();
    }

    @Override
    public int poll(Handler handler, int limit) {
        int polled = 0;
        while (polled < limit && !done.isEmpty()) {
            handler.onRead(done.poll());
            polled++;
        }
        return polled;
    }

    @Override
    public void onShardFailed(int failed, Throwable cause) {
        failures.add(cause);
    }

    @Override
    public void onMalformedCommand(int malformedAt, RuntimeException cause) {
        malformed.add(cause);
    }

    @Override
    public void onClockStepHeld(boolean held) {}

    @Override
    public void onOverload(boolean begins, long refusals) {
        overloads.add(begins ? -1 : refusals);
    }

    @Override
    public void onStandstill(long ms) {
        standstills.add(ms);
    }

    @Override
    public long wallMs() {
        return wallMs;
    }

    @Override
    public long nanoTime() {
        return nanos;
    }

    @Override
    public void close() {
        agent.onClose();
    }
}
