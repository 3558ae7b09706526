package io.silo.simulation.broker;

import io.silo.log.LogException;
import io.silo.log.simulated.SimulatedDisk;
import io.silo.shard.Shard;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.History;
import io.silo.simulation.model.ShardTap;
import io.silo.simulation.network.SimHost;
import io.silo.simulation.network.SimLink;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.SimViolation;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A machine with one broker: its disk, its clock, the lives of its process, and the operator who starts it again. Everything here is
 * what would go on in the world around the process.
 */
public final class SimBroker implements SimHost {
    private static final long RESTART_NS_MAX = 2_000_000_000L;
    private static final long RETRY_NS = 1_000_000_000L;

    private final SimWorld world;
    private final SimNetwork network;
    private final History history;
    private final BrokerSettings settings;
    private final String name;
    private final SplittableRandom random;
    private final SimCoordinator coordinator = new SimCoordinator();
    private final Set<String> slowClients = new HashSet<>();
    private final Set<Integer> failed = new HashSet<>();
    private final List<ShardTap> taps;
    private final SimParts parts;
    private SimulatedDisk disk;
    private @Nullable SimProcess process;
    private final Set<Integer> powerLost = new HashSet<>();
    private final Set<Integer> diedAtWork = new HashSet<>();
    private boolean isDiskLimited;
    private boolean isRestartPlanned;
    private long boot = 1;
    private long pausedUntilNs;
    private long clockSkewMs;
    private int lives;

    /**
     * @param taps makes the reference model of each shard.
     * @param parts puts the process together.
     */
    public SimBroker(
            SimWorld world,
            SimNetwork network,
            History history,
            BrokerSettings settings,
            SimulatedDisk disk,
            IntFunction<ShardTap> taps,
            SimParts parts) {
        this.parts = parts;
        this.world = world;
        this.network = network;
        this.history = history;
        this.settings = settings;
        this.name = "broker";
        this.random = world.random(name);
        this.disk = disk;
        this.taps = IntStream.range(0, settings.shards())
                .mapToObj(i -> parts.tap(taps.apply(i)))
                .toList();
    }

    /** Starts the process; it serves a moment later. */
    public void start() {
        isRestartPlanned = false;
        lives++;
        failed.clear();
        SimProcess started = new SimProcess(this, world, disk, name + "-life-" + lives);
        process = started;
        world.trace(name, "starts, life " + lives);
        if (!started.open(network, slowClients)) {
            if (started.isDead()) {
                onDeath();
            } else {
                // No room: the operator looks again later.
                started.die(false);
                started.abandon();
                planRestart(RETRY_NS);
            }
        }
    }

    private void planRestart(long delayNs) {
        if (!isRestartPlanned) {
            isRestartPlanned = true;
            world.after(delayNs, this::start);
        }
    }

    // ---- what can be done to it

    /** Kills the process, and takes the machine's power too if asked to. */
    public void kill(boolean losesPower) {
        SimProcess running = process;
        if (running != null && !running.isDead()) {
            running.die(losesPower);
            onDeath();
        }
    }

    /** Stops the process in good order; it is started again. */
    public void restart() {
        SimProcess running = process;
        if (running != null && !running.isDead()) {
            world.trace(name, "stops");
            running.stop();
            onDeath();
        }
    }

    /** The process stands still. */
    public void pause(long durationNs) {
        SimProcess running = process;
        if (running != null) {
            pausedUntilNs = Math.max(pausedUntilNs, world.nowNs() + durationNs);
            running.pauseUntil(world.nowNs() + durationNs);
        }
    }

    /** Leaves so many bytes free on the disk, for a while. */
    public void fillDisk(long freeBytes, long durationNs) {
        disk.capacityBytes(Long.MAX_VALUE);
        long allocated = Long.MAX_VALUE - disk.freeBytes();
        disk.capacityBytes(allocated + freeBytes);
        isDiskLimited = true;
        world.after(durationNs, this::emptyDisk);
    }

    private void emptyDisk() {
        disk.capacityBytes(Long.MAX_VALUE);
        isDiskLimited = false;
    }

    /** Moves the wall clock. */
    public void jumpClock(long stepMs) {
        clockSkewMs += stepMs;
        world.trace(name, "clock " + clockSkewMs + " ms off");
    }

    /** Lets a client stop reading, or read again. */
    public void slow(String client, boolean isSlow) {
        if (isSlow) {
            slowClients.add(client);
        } else {
            slowClients.remove(client);
        }
    }

    /** Begins to carry the oldest cycle of a shard. */
    public void carryForward(int shard) {
        if (process != null) {
            process.carryForward(shard);
        }
    }

    /** Virtual ns from which no pause lasts that a fault began. */
    public long pausedUntilNs() {
        return pausedUntilNs;
    }

    /** Repairs all that faults broke and leaves the process running. */
    public void heal() {
        slowClients.clear();
        emptyDisk();
        clockSkewMs = 0;
        SimProcess running = process;
        if (running != null && !running.isDead()) {
            running.acceptClockStep();
            if (!failed.isEmpty()) {
                restart();
            }
        }
    }

    /** Stops in good order and opens once more: what was replayed must be what lived. */
    public void closeAndReplay() {
        SimProcess running = process;
        if (running == null || running.isDead()) {
            throw new SimViolation("rest", "the broker is down at the end of the run");
        }
        running.check(true);
        long[] digests = digests(running);
        running.stop();
        running.abandon();
        SimProcess again = new SimProcess(this, world, disk, name + "-after");
        process = again;
        if (!again.open(network, slowClients)) {
            throw new SimViolation("recovery", "the broker does not start after a stop in good order");
        }
        long[] replayed = digests(again);
        for (int i = 0; i < digests.length; i++) {
            world.checked(1);
            if (digests[i] != replayed[i]) {
                throw new SimViolation("replay", "shard " + i + " has another digest after replay");
            }
        }
        again.stop();
        again.abandon();
    }

    private static long[] digests(SimProcess running) {
        return running.shards().stream()
                .mapToLong(shard -> shard.view().digest())
                .toArray();
    }

    // ---- for its process

    /** Keeps what a process that dies now leaves behind. */
    void captureDisk(boolean losesPower, boolean isAtWork) {
        if (isAtWork) {
            IntStream.range(0, settings.shards()).forEach(diedAtWork::add);
        }
        if (losesPower) {
            disk = disk.powerLoss(random);
            boot++;
            IntStream.range(0, settings.shards()).forEach(powerLost::add);
            history.add(new Entry.PowerLost(world.nowNs()));
        } else {
            disk = disk.processKill();
            history.add(new Entry.ProcessKilled(world.nowNs()));
        }
        world.trace(name, losesPower ? "loses power" : "dies");
    }

    /** The process is gone; somebody starts another. */
    void onDeath() {
        SimProcess dead = process;
        if (dead != null) {
            dead.abandon();
        }
        planRestart(1_000_000 + random.nextLong(RESTART_NS_MAX));
    }

    void onShardFailed(int shard, Throwable cause) {
        world.trace(name, "shard " + shard + " failed: " + cause.getMessage());
        boolean isExpected =
                cause instanceof LogException failure && !failure.code().isCorruption();
        if (!isExpected) {
            throw new SimViolation("shard-failed", cause);
        }
        failed.add(shard);
        diedAtWork.add(shard);
        // The operator reads the log and starts the process again.
        long life = lives;
        world.after(RETRY_NS + random.nextLong(RESTART_NS_MAX), () -> {
            if (life == lives) {
                restart();
            }
        });
    }

    void onStandstill(long ms) {
        history.add(new Entry.StoodStill(world.nowNs()));
        world.trace(name, "stood still for " + ms + " ms");
    }

    void onClockStepHeld() {
        world.after(random.nextLong(10_000_000_000L), () -> {
            if (process != null) {
                process.acceptClockStep();
            }
        });
    }

    /** Whether power was lost since the shard was opened last. */
    boolean takePowerLoss(int shard) {
        return powerLost.remove(shard);
    }

    /** Whether the shard was torn out of a duty cycle since it was opened last. */
    boolean takeDeathAtWork(int shard) {
        return diedAtWork.remove(shard);
    }

    boolean isDiskLimited() {
        return isDiskLimited;
    }

    boolean hasFailures() {
        return !failed.isEmpty();
    }

    boolean hasFailed(int shard) {
        return failed.contains(shard);
    }

    ShardTap tap(int shard) {
        return taps.get(shard);
    }

    SimParts parts() {
        return parts;
    }

    SimCoordinator coordinator() {
        return coordinator;
    }

    BrokerSettings settings() {
        return settings;
    }

    String name() {
        return name;
    }

    long boot() {
        return boot;
    }

    long clockSkewMs() {
        return clockSkewMs;
    }

    // ---- for scenarios and clients

    @Override
    public SimLink.@Nullable End accept(SimLink link) {
        return process == null ? null : process.accept(link);
    }

    /** Shards of the running process; none while it is down. */
    public List<Shard> shards() {
        return process == null || process.isDead() ? List.of() : new ArrayList<>(process.shards());
    }

    /** Whether every shard answers. */
    public boolean isServing() {
        return !shards().isEmpty() && failed.isEmpty();
    }

    /** Lives of the process so far. */
    public int lives() {
        return lives;
    }
}
