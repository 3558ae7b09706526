package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.LogReader;
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
import io.silo.shard.state.ShardState;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One shard on one thread over a simulated disk, with a clock that the test moves, commands that the test queues and replies that it
 * reads. Real log framing, real deciders and appliers; no transport.
 */
final class ShardHarness implements CommandSource, ReplySink, ColdReads, ShardListener, Clock, AutoCloseable {
    static final LogIdentity IDENTITY = new LogIdentity(1, 2, 3, 4);
    private static final ShardState.Capacity CAPACITY =
            new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10);

    /** A reply as it left. */
    record Reply(Session session, UnsafeBuffer bytes, int length) {}

    private record Queued(Session session, UnsafeBuffer bytes, int length) {}

    private final long seed;
    final ShardSettings settings;
    final long cycleBytes;
    SimulatedDisk disk = new SimulatedDisk();
    long wallMs = 1_000_000;
    long nanos = 5_000_000_000L;
    long boot = 1;
    ShardAgent agent;
    Shard shard;
    EventLog log;
    final List<Reply> replies = new ArrayList<>();
    final List<RuntimeException> malformed = new ArrayList<>();
    final List<Throwable> failures = new ArrayList<>();
    private final Deque<Queued> commands = new ArrayDeque<>();
    private final Deque<ColdRead> done = new ArrayDeque<>();
    private final Map<Long, Session> sessions = new HashMap<>();
    private JobReader reader;

    ShardHarness(long seed) {
        this(seed, ShardSettings.whole(0), 512 * 1024);
    }

    ShardHarness(long seed, ShardSettings settings, long cycleBytes) {
        this.seed = seed;
        this.settings = settings;
        this.cycleBytes = cycleBytes;
        open();
    }

    /** Opens the shard on the disk as it is. */
    void open() {
        log = openLog(disk, seed + boot * 31, boot, cycleBytes);
        var random = new SplittableRandom(seed);
        shard = new Shard(new ShardContext(settings, log, this, random::nextLong, this, this, CAPACITY, boot, 7));
        shard.recover(wallMs);
        agent = new ShardAgent("test", List.of(shard), this, this, this, this, this, 3_600_000);
        reader = null;
        commands.clear();
        done.clear();
    }

    static EventLog openLog(SimulatedDisk disk, long seed, long boot, long cycleBytes) {
        var random = new SplittableRandom(seed);
        var context = new EventLogContext()
                .cycleBytes(cycleBytes)
                .tailCacheBytes(64 * 1024)
                .lowWaterBytes(0)
                .floorBytes(0)
                .bootId(boot, 7)
                .random(random::nextLong);
        return EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
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
        commands.add(new Queued(session, copy, length));
    }

    /** Duty cycles until nothing is left to do; fails if the shard failed. */
    void run() {
        int cycles = 0;
        while (agent.doWork() > 0 && failures.isEmpty()) {
            if (++cycles > 10_000) {
                throw new AssertionError("the shard never comes to rest");
            }
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("the shard failed", failures.get(0));
        }
    }

    void advance(long ms) {
        wallMs += ms;
        nanos += ms * 1_000_000;
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
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        replies.add(new Reply(session, copy, length));
    }

    @Override
    public boolean submit(ColdRead read) {
        if (done.size() >= READS_MAX) {
            return false;
        }
        if (reader == null) {
            LogReader logReader = log.newReader();
            reader = new JobReader(logReader);
        }
        read.perform(reader);
        done.add(read);
        return true;
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
