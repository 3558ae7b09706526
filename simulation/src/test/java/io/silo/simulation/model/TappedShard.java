package io.silo.simulation.model;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.LogReader;
import io.silo.log.RecordHandler;
import io.silo.log.simulated.SimulatedCycleStore;
import io.silo.log.simulated.SimulatedDisk;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.ThreadBounds;
import io.silo.shard.command.ColdRead;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.event.EventFrames;
import io.silo.shard.history.JobReader;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import io.silo.simulation.model.ShardTap.LoggedEvent;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** One real shard over a simulated disk, with a clock that the test moves; tells a tap all that passes at its edge. */
final class TappedShard implements CommandSource, ReplySink, ColdReads, ShardListener, Clock {
    private static final LogIdentity IDENTITY = new LogIdentity(1, 2, 3, 4);
    private static final ShardState.Capacity CAPACITY =
            new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10);

    /** A command, or the end of the session if there are no bytes. */
    private record Arrival(Session session, UnsafeBuffer bytes, boolean explicit) {}

    private final long seed;
    private final ShardSettings settings;
    private final long cycleBytes;
    private final ShardTap tap;
    private final ReferenceShard model;
    private SimulatedDisk disk = new SimulatedDisk();
    private long boot = 1;
    private long wallMs = 1_000_000;
    private long nanos = 5_000_000_000L;
    private ShardAgent agent;
    private Shard shard;
    private LogReader reader;
    private JobReader jobReader;
    private long toldPosition;
    private Throwable failure;
    private final Deque<Arrival> arrivals = new ArrayDeque<>();
    private final Deque<ColdRead> reads = new ArrayDeque<>();
    final List<ModelReply> replies = new ArrayList<>();

    TappedShard(long seed, ShardSettings settings, long cycleBytes, ShardTap tap, ReferenceShard model) {
        this.seed = seed;
        this.settings = settings;
        this.cycleBytes = cycleBytes;
        this.tap = tap;
        this.model = model;
        open(false);
    }

    private void open(boolean powerLost) {
        var logRandom = new SplittableRandom(seed + boot * 31);
        var context = new EventLogContext()
                .lowWaterBytes(0)
                .floorBytes(0)
                .cycleBytes(cycleBytes)
                .tailCacheBytes(64 * 1024)
                .bootId(boot, 7)
                .random(logRandom::nextLong);
        EventLog log = EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
        var random = new SplittableRandom(seed);
        shard = new Shard(new ShardContext(
                settings,
                log,
                this,
                random::nextLong,
                this,
                this,
                CAPACITY,
                boot,
                7,
                ShardContext.PARKED_BYTES_MAX_DEFAULT,
                RateService.NONE));
        arrivals.clear();
        reads.clear();
        replies.clear();
        shard.recover(wallMs);
        reader = log.newReader();
        jobReader = new JobReader(log.newReader());
        tap.onOpening(log.firstPosition(), powerLost, false);
        for (long position = log.firstPosition(); position <= log.appendedPosition(); position++) {
            List<LoggedEvent> events = read(position);
            if (!events.isEmpty()) {
                tap.onReplayed(events);
            }
        }
        toldPosition = log.appendedPosition();
        agent = new ShardAgent("model", List.of(shard), this, this, this, this, this, ThreadBounds.of(3_600_000));
        tap.onOpened(shard.view(), agent.monotonicMs());
    }

    private List<LoggedEvent> read(long position) {
        List<LoggedEvent> events = new ArrayList<>();
        RecordHandler handler = (at, epoch, timeMs, count, buffer, offset, length) ->
                EventFrames.forEach(buffer, offset, length, (index, b, eventOffset, eventLength) -> {
                    var copy = new UnsafeBuffer(new byte[eventLength]);
                    copy.putBytes(0, b, eventOffset, eventLength);
                    events.add(new LoggedEvent(epoch, at, timeMs, index, copy));
                });
        if (!shard.log().readRecent(position, handler)) {
            reader.read(position, handler);
        }
        // Not found is a record of the log's own, which closes a cycle.
        return events;
    }

    private List<LoggedEvent> news() {
        List<LoggedEvent> events = new ArrayList<>();
        while (toldPosition < shard.log().appendedPosition()) {
            events.addAll(read(++toldPosition));
        }
        return events;
    }

    void kill() {
        disk = disk.processKill();
        open(false);
    }

    void losePower(SplittableRandom random) {
        disk = disk.powerLoss(random);
        boot++;
        open(true);
    }

    void carry() {
        shard.carryOldestCycle();
    }

    long firstPosition() {
        return shard.log().firstPosition();
    }

    long shardEpoch() {
        return shard.log().shardEpoch();
    }

    void advance(long ms) {
        wallMs += ms;
        nanos += ms * 1_000_000;
    }

    /** The wall clock is set; durations do not notice. */
    void setWall(long stepMs) {
        wallMs += stepMs;
    }

    long nowMs() {
        return wallMs;
    }

    void queue(Session session, DirectBuffer bytes, int length) {
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, bytes, 0, length);
        arrivals.add(new Arrival(session, copy, false));
    }

    void close(Session session, boolean explicit) {
        arrivals.add(new Arrival(session, new UnsafeBuffer(0, 0), explicit));
    }

    /** Duty cycles until nothing is left to do. */
    void run() {
        int cycles = 0;
        do {
            if (++cycles > 10_000) {
                throw new IllegalStateException("the shard never comes to rest");
            }
        } while (cycle() > 0);
        // Two more, in which nothing happens, so that what was left undone is seen.
        cycle();
        cycle();
    }

    int cycle() {
        model.onRoom(false);
        int work = agent.doWork();
        if (failure != null) {
            throw new IllegalStateException("the shard failed", failure);
        }
        List<LoggedEvent> events = news();
        if (!events.isEmpty()) {
            tap.onInternalEvents(agent.nowMs(), agent.monotonicMs(), events);
        }
        tap.onDutyCycle(shard.view(), agent.nowMs(), agent.monotonicMs());
        return work;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        int polled = 0;
        while (polled < limit && !arrivals.isEmpty()) {
            var next = arrivals.poll();
            polled++;
            if (next.bytes().capacity() == 0) {
                model.onRoom(!shard.log().hasRoom(64 * 1024));
                tap.onSessionClosed(next.session(), next.explicit());
                consumer.onSessionClosed(next.session(), next.explicit());
                tap.onInternalEvents(agent.nowMs(), agent.monotonicMs(), news());
                continue;
            }
            var disposition = consumer.onCommand(
                    next.session(), next.bytes(), 0, next.bytes().capacity());
            tap.onCommand(
                    next.session(),
                    next.bytes(),
                    0,
                    next.bytes().capacity(),
                    agent.nowMs(),
                    agent.monotonicMs(),
                    disposition == CommandConsumer.Disposition.CONSUMED,
                    news());
        }
        return polled;
    }

    @Override
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        long durable = shard.log().durablePosition();
        tap.onReply(session, buffer, offset, length, durable);
        replies.add(ModelReply.decode(session, buffer, offset, length, durable));
    }

    @Override
    public boolean submit(ColdRead read) {
        read.perform(jobReader);
        reads.add(read);
        return true;
    }

    @Override
    public int poll(Handler handler, int limit) {
        int polled = 0;
        while (polled < limit && !reads.isEmpty()) {
            handler.onRead(reads.poll());
            polled++;
        }
        return polled;
    }

    @Override
    public void onShardFailed(int failed, Throwable cause) {
        failure = cause;
    }

    @Override
    public void onMalformedCommand(int malformedAt, RuntimeException cause) {
        throw new IllegalStateException("a command was malformed", cause);
    }

    @Override
    public void onStandstill(long ms) {
        tap.onStandstill(agent.nowMs(), agent.monotonicMs());
    }

    @Override
    public void onGrantsHeld(long ms) {
        List<LoggedEvent> events = news();
        if (!events.isEmpty()) {
            tap.onInternalEvents(agent.nowMs(), agent.monotonicMs(), events);
        }
        tap.onGrantsHeld(agent.monotonicMs(), ms);
    }

    @Override
    public long readAhead(int shardNumber, long position, int offset, int length) {
        return NOT_TAKEN;
    }

    @Override
    public long readAheadDone() {
        return 0;
    }

    @Override
    public void onOverload(boolean begins, long refusals) {}

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
}
