package io.silo.simulation.broker;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogException;
import io.silo.log.LogIdentity;
import io.silo.log.simulated.SimulatedCycleStore;
import io.silo.log.simulated.SimulatedDisk;
import io.silo.protocol.Bounds;
import io.silo.protocol.Session;
import io.silo.protocol.reply.ReplyHeaderDecoder;
import io.silo.protocol.session.ServerHello;
import io.silo.protocol.session.SessionGate;
import io.silo.protocol.session.SessionLimits;
import io.silo.protocol.session.ShardRoute;
import io.silo.protocol.session.TokenTable;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.ShardAgent;
import io.silo.shard.ShardContext;
import io.silo.shard.ShardListener;
import io.silo.shard.history.JobReader;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;
import io.silo.simulation.model.ShardTap;
import io.silo.simulation.network.SimLink;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.SimViolation;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One life of a broker's process: opens the shards on the disk as it is, then runs duty cycles until it dies or is stopped. What it
 * knew is gone afterwards.
 */
final class SimProcess implements Clock, ShardListener {
    /** A duty cycle that found work takes so long, and a random part of it more. */
    private static final long BUSY_CYCLE_NS = 20_000;

    /** An idle thread looks again after so long at most: the longest park of the server's idle strategy. */
    private static final long IDLE_CYCLE_NS = 10_000_000;

    /** The log tries a next cycle again every 100 ms, in its duty cycles. */
    private static final long ROOM_AGAIN_NS = 200_000_000;

    /** Invariants of all shards are looked at after every so many duty cycles with work. */
    private static final int CYCLES_PER_CHECK = 8;

    /** The least: a broker that starts again and again in one process would hold a lot of memory. */
    private static final int PARKED_BYTES_MAX = 4 * 1024 * 1024;

    private static final ShardState.Capacity CAPACITY =
            new ShardState.Capacity(1 << 16, 1 << 24, 1 << 12, 1 << 10, 1 << 10, 1 << 10);

    private final SimBroker broker;
    private final SimWorld world;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final List<LogTap> taps = new ArrayList<>();
    private final ReplyHeaderDecoder replyHeader = new ReplyHeaderDecoder();
    private @Nullable ShardAgent agent;
    private @Nullable SimIngress ingress;
    private @Nullable TappedConsumer consumer;
    private boolean isDead;
    private boolean isObserved;
    private long stallNs;
    private long plannedNs = Long.MAX_VALUE;
    private long notBeforeNs;
    private long cycles;
    private long roomIsShortUntilNs;
    private boolean isAtWork;
    private boolean isStepAccepted;

    SimProcess(SimBroker broker, SimWorld world, SimulatedDisk disk, String purpose) {
        this.broker = broker;
        this.world = world;
        this.disk = disk;
        this.random = world.random(purpose);
    }

    /**
     * Opens all shards.
     *
     * @return false if there is no room on the disk, or the process died at it.
     */
    boolean open(SimNetwork network, Set<String> slowClients) {
        BrokerSettings settings = broker.settings();
        List<Shard> shards = new ArrayList<>();
        List<JobReader> readers = new ArrayList<>();
        SimColdReads coldReads = new SimColdReads(this, random.split());
        SimIngress made = new SimIngress(this, network, gate(shards), slowClients);
        ingress = made;
        try {
            for (int i = 0; i < settings.shards(); i++) {
                shards.add(openShard(i, made, coldReads));
                readers.add(new JobReader(shards.get(i).log().newReader()));
            }
        } catch (LogException | SimDeath failure) {
            if (!isDead
                    && failure instanceof LogException refused
                    && refused.code().isCorruption()) {
                throw new SimViolation("recovery", failure);
            }
            world.trace(name(), "not opened: " + failure.getMessage());
            return false;
        }
        coldReads.readers(readers);
        SimParts parts = broker.parts();
        ShardAgent opened = new ShardAgent(
                name(),
                shards,
                parts.commands(tappedSource(made)),
                parts.replies(made),
                coldReads,
                this,
                parts.clock(this),
                settings.thread());
        agent = opened;
        consumer = new TappedConsumer(this, parts.consumer(opened));
        wake();
        return true;
    }

    /** The agent polls with itself as the consumer; the taps stand between. */
    private io.silo.protocol.CommandSource tappedSource(SimIngress source) {
        return (agentConsumer, limit) -> {
            TappedConsumer tapped = consumer;
            return tapped == null ? 0 : source.poll(tapped, limit);
        };
    }

    private SessionGate gate(List<Shard> shards) {
        BrokerSettings settings = broker.settings();
        ServerHello hello = new ServerHello(
                "simulated",
                settings.leaseMs(),
                Bounds.INLINE_BYTES_MAX,
                Bounds.PAYLOAD_BYTES_MAX,
                () -> shards.stream()
                        .map(shard -> new ShardRoute(
                                shard.settings().shard(),
                                0,
                                shard.settings().rangeFirst(),
                                shard.settings().rangeLast(),
                                shard.log().shardEpoch(),
                                0,
                                shard.settings().shard()))
                        .toList());
        return new SessionGate(0, SessionLimits.defaults(), TokenTable.open(), hello, nanoTime());
    }

    private Shard openShard(int i, SimIngress replies, SimColdReads coldReads) {
        BrokerSettings settings = broker.settings();
        SplittableRandom salts = random.split();
        EventLogContext context = new EventLogContext()
                .cycleBytes(settings.cycleBytes())
                .tailCacheBytes(64 * 1024)
                .lowWaterBytes(BrokerSettings.LOW_WATER_BYTES)
                .floorBytes(BrokerSettings.FLOOR_BYTES)
                .bootId(broker.boot(), 7)
                .random(salts::nextLong)
                .faults(new SimFaultPlan(world, this, i, random.split()));
        EventLog log = EventLog.open(
                broker.parts().store(SimulatedCycleStore.open(disk, "shard-" + i, context), i),
                new LogIdentity(1, 2, 3, i),
                context);
        SplittableRandom chance = random.split();
        Shard shard = new Shard(new ShardContext(
                broker.parts().settings(settings.shard(i)),
                log,
                broker.parts().replies(replies),
                chance::nextLong,
                coldReads,
                this,
                CAPACITY,
                broker.boot(),
                7,
                PARKED_BYTES_MAX,
                RateService.NONE));
        long events = shard.recover(wallMs());
        broker.parts().recovered(shard);
        broker.coordinator().onOpened(i, log.shardEpoch());
        world.trace(name(), "opened shard " + i + " epoch " + log.shardEpoch() + " after " + events + " events");
        openTap(shard, i);
        return shard;
    }

    private void openTap(Shard shard, int i) {
        ShardTap tap = broker.tap(i);
        LogTap logTap = new LogTap(world, name() + '/' + i, shard, tap);
        taps.add(logTap);
        observe(() -> {
            tap.onOpening(shard.log().firstPosition(), broker.takePowerLoss(i), broker.takeDeathAtWork(i));
            tap.onReplayed(logTap.takeNew());
            tap.onOpened(shard.view(), 0);
            shard.checkInvariants();
        });
    }

    // ---- duty cycles

    /** A message arrived: the thread looks soon, unless it stands still. */
    void wake() {
        plan(world.nowNs() + BUSY_CYCLE_NS);
    }

    /** Stands still until a time: stopped by a signal, or with no processor to run on. */
    void pauseUntil(long untilNs) {
        notBeforeNs = Math.max(notBeforeNs, untilNs);
    }

    private void plan(long atNs) {
        long wanted = Math.max(atNs, notBeforeNs);
        if (isDead || wanted >= plannedNs) {
            return;
        }
        plannedNs = wanted;
        world.at(wanted, () -> {
            if (!isDead && plannedNs == wanted) {
                plannedNs = Long.MAX_VALUE;
                cycle();
            }
        });
    }

    private void cycle() {
        if (world.nowNs() < notBeforeNs) {
            plan(notBeforeNs);
            return;
        }
        stallNs = 0;
        ShardAgent running = agent;
        if (running == null) {
            return;
        }
        if (isStepAccepted) {
            isStepAccepted = false;
            running.acceptClockStep();
        }
        tellRoom();
        int work;
        isAtWork = true;
        try {
            work = running.doWork();
        } catch (SimDeath death) {
            work = 1;
        }
        isAtWork = false;
        if (isDead) {
            broker.onDeath();
            return;
        }
        tapInternalEvents();
        if (work > 0) {
            check(++cycles % CYCLES_PER_CHECK == 0);
        }
        notBeforeNs = Math.max(notBeforeNs, world.nowNs() + stallNs);
        long pauseNs = work > 0 ? BUSY_CYCLE_NS : random.nextLong(IDLE_CYCLE_NS);
        plan(world.nowNs() + stallNs + pauseNs + random.nextLong(BUSY_CYCLE_NS));
    }

    /**
     * A disk that was full may have left the next cycle uncreated until it is tried again; a shard that failed took credits along that
     * nobody was told of.
     */
    private void tellRoom() {
        if (broker.isDiskLimited()) {
            roomIsShortUntilNs = world.nowNs() + ROOM_AGAIN_NS;
        }
        boolean isShort = world.nowNs() <= roomIsShortUntilNs || broker.hasFailures();
        taps.forEach(logTap -> logTap.tap().onRoom(isShort));
    }

    /** Looks at the invariants of all shards that are open, and lets the models compare. */
    void check(boolean isThorough) {
        observe(() -> {
            for (LogTap logTap : taps) {
                Shard shard = logTap.shard();
                if (broker.hasFailed(shard.settings().shard())) {
                    continue;
                }
                if (isThorough) {
                    shard.checkInvariants();
                }
                logTap.tap().onDutyCycle(shard.view(), nowMs(), monotonicMs());
                world.checked(1);
            }
        });
    }

    /** What an observer reads is no occasion for faults; what it finds wrong is a violation. */
    private void observe(Runnable observation) {
        isObserved = true;
        try {
            observation.run();
        } catch (SimViolation violation) {
            throw violation;
        } catch (AssertionError broken) {
            throw new SimViolation("model", broken);
        } catch (Error broken) {
            throw new SimViolation("state", broken);
        } finally {
            isObserved = false;
        }
    }

    // ---- taps

    void tapInternalEvents() {
        if (isDead) {
            return;
        }
        observe(() -> {
            for (LogTap logTap : taps) {
                if (broker.hasFailed(logTap.shard().settings().shard())) {
                    continue;
                }
                List<ShardTap.LoggedEvent> events = logTap.takeNew();
                if (!events.isEmpty()) {
                    logTap.tap().onInternalEvents(nowMs(), monotonicMs(), events);
                }
            }
        });
    }

    void tapBehind(Session session) {
        observe(() -> taps.forEach(logTap -> logTap.tap().onBehind(session)));
    }

    void tapPutOff() {
        observe(() -> taps.forEach(logTap -> logTap.tap().onPutOff()));
    }

    void tapCommand(int shard, Session session, DirectBuffer buffer, int offset, int length, boolean isConsumed) {
        LogTap logTap = tapOf(shard);
        if (logTap == null) {
            return;
        }
        observe(() -> logTap.tap()
                .onCommand(session, buffer, offset, length, nowMs(), monotonicMs(), isConsumed, logTap.takeNew()));
    }

    /** The tap of a shard that is open; for a number that stands for the thread, of the first such. */
    private @Nullable LogTap tapOf(int shard) {
        for (LogTap logTap : taps) {
            int number = logTap.shard().settings().shard();
            if ((shard < 0 || shard == number) && !broker.hasFailed(number)) {
                return logTap;
            }
        }
        return null;
    }

    void tapSessionClosed(Session session, boolean explicit) {
        observe(() -> {
            for (LogTap logTap : taps) {
                logTap.tap().onSessionClosed(session, explicit);
            }
        });
    }

    private long nowMs() {
        return agent == null ? 0 : agent.nowMs();
    }

    private long monotonicMs() {
        return agent == null ? 0 : agent.monotonicMs();
    }

    void onReply(Session session, DirectBuffer buffer, int offset, int length) {
        replyHeader.wrap(buffer, offset + io.silo.protocol.reply.MessageHeaderDecoder.ENCODED_LENGTH);
        LogTap logTap = tapOf(replyHeader.shard());
        if (logTap != null) {
            observe(() -> logTap.tap()
                    .onReply(
                            session,
                            buffer,
                            offset,
                            length,
                            logTap.shard().log().durablePosition()));
        }
    }

    // ---- its end

    /** The process dies at this instant; the disk stays as the moment has it. */
    void die(boolean losesPower) {
        if (!isDead) {
            isDead = true;
            broker.captureDisk(losesPower, isAtWork);
        }
    }

    /** Stops in good order. */
    void stop() {
        ShardAgent running = agent;
        if (running != null && !isDead) {
            try {
                isAtWork = true;
                running.onClose();
                tapInternalEvents();
                isAtWork = false;
            } catch (SimDeath death) {
                world.trace(name(), "died while it was stopped");
            }
        }
        die(false);
    }

    /** Frees what observers held; connections end. */
    void abandon() {
        isObserved = true;
        taps.forEach(LogTap::close);
        taps.clear();
        if (ingress != null) {
            ingress.abandon();
        }
        agent = null;
    }

    /** Begins to carry the oldest cycle of a shard forward. */
    void carryForward(int shard) {
        for (LogTap logTap : taps) {
            if (logTap.shard().settings().shard() == shard && !broker.hasFailed(shard) && !isDead) {
                boolean begun = logTap.shard().carryOldestCycle();
                if (begun) {
                    world.trace(name(), "carry forward of shard " + shard);
                    wake();
                }
            }
        }
    }

    SimLink.@Nullable End accept(SimLink link) {
        SimIngress in = ingress;
        return isDead || agent == null || in == null ? null : in.connect(link);
    }

    /** An operator accepts the step; the shard thread takes it up at its next duty cycle. */
    void acceptClockStep() {
        isStepAccepted = true;
    }

    List<Shard> shards() {
        return taps.stream().map(LogTap::shard).toList();
    }

    String name() {
        return broker.name();
    }

    boolean isDead() {
        return isDead;
    }

    boolean isObserved() {
        return isObserved;
    }

    /** Time that the running duty cycle stood still in a call. */
    long stalledNs() {
        return stallNs;
    }

    void stall(long ns) {
        stallNs += ns;
    }

    void trace(String text) {
        world.trace(name(), text);
    }

    // ---- ports

    @Override
    public long wallMs() {
        return world.wallMs() + stallNs / 1_000_000 + broker.clockSkewMs();
    }

    @Override
    public long nanoTime() {
        return world.nowNs() + stallNs;
    }

    @Override
    public void onShardFailed(int shard, Throwable cause) {
        if (!isDead) {
            broker.onShardFailed(shard, cause);
        }
    }

    @Override
    public void onMalformedCommand(int shard, RuntimeException cause) {
        throw new SimViolation("frame-check", "a command passed the frame check and could not be read: " + cause);
    }

    @Override
    public void onStandstill(long ms) {
        broker.onStandstill(ms);
        observe(() -> taps.forEach(logTap -> logTap.tap().onStandstill(nowMs(), monotonicMs())));
    }

    @Override
    public void onGrantsHeld(long ms) {
        tapInternalEvents(); // what was granted last in this cycle counts, too
        observe(() -> taps.forEach(logTap -> logTap.tap().onGrantsHeld(monotonicMs(), ms)));
    }

    @Override
    public void onOverload(boolean begins, long refusals) {
        trace("overload " + (begins ? "begins" : "ends after " + refusals + " refusals"));
    }

    @Override
    public void onClockStepHeld(boolean held) {
        world.trace(name(), held ? "clock step held" : "clock step over");
        if (held) {
            broker.onClockStepHeld();
        }
    }
}
