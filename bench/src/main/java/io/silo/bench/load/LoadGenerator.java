package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Durability;
import io.silo.protocol.session.ShardRoute;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.agrona.concurrent.BackoffIdleStrategy;
import org.agrona.concurrent.IdleStrategy;

/**
 * How many whole lifecycles a second does a server carry, and how long do an acknowledgement and a start take?
 *
 * <p>One thread is producer and worker: it enqueues, gets the tasks pushed, and reports success at once, with a window of jobs in
 * flight. In a closed loop (no rate) throughput is the figure and latency is that of a full window. In an open loop (a rate)
 * each job has a time at which it is to be sent, and latencies count from there, whatever delayed the sending: that is what
 * corrects them for coordinated omission (Tene, "How NOT to Measure Latency").
 *
 * <p>Expected on two cores with a window of 1,024 and 256 bytes: 100,000 durable lifecycles a second. Under 50,000 something is
 * wrong with the path, not with the disk, if the baseline of the same run says so.
 */
public final class LoadGenerator implements AutoCloseable {
    /** Without any answer for so long the load gives up. */
    private static final long SILENCE_NS = TimeUnit.SECONDS.toNanos(30);

    /** Largest latency that is told apart: a minute. */
    private static final long LATENCY_NS_MAX = TimeUnit.MINUTES.toNanos(1);

    private final LoadSettings settings;
    private final JobSlots slots;
    private final byte[] taskGroup;
    private final byte[] payload;
    private final byte[][] tenants;
    private final byte[][] limitKeys;
    private final int[] laneOfTenant;
    private final List<LoadLane> lanes = new ArrayList<>();
    private final LoadConnections connections;
    private final Histogram ackNs = new Histogram(LATENCY_NS_MAX, 3);
    private final Histogram startNs = new Histogram(LATENCY_NS_MAX, 3);
    // Yields before it parks: on two cores the server wants the core that a spinning client would hold.
    private final IdleStrategy idle = new BackoffIdleStrategy(20, 10_000, 1_000, 50_000);

    private boolean measuring;
    private long completed;
    private long sent;
    private long enqueueCommands;
    private long refusedForNow;
    private long failedAttempts;
    private long nextTenant;
    private long lastProgressNs;

    /**
     * Connects to every shard thread and subscribes.
     *
     * @param transport not closed here.
     * @throws LoadException if no session could be opened.
     */
    public LoadGenerator(LoadTransport transport, LoadSettings settings) {
        this.settings = settings;
        final long run = ThreadLocalRandom.current().nextLong();
        this.slots = new JobSlots(settings.window(), run);
        this.taskGroup = ("load-" + Long.toHexString(run)).getBytes(StandardCharsets.UTF_8);
        this.payload = new byte[settings.payloadBytes()];
        ThreadLocalRandom.current().nextBytes(payload); // random: a disk that compresses must not look fast
        this.tenants = tenantNames(settings.tenants());
        this.limitKeys = new byte[settings.limitKeys()][];
        for (int i = 0; i < limitKeys.length; i++) {
            limitKeys[i] = ("limit-" + i).getBytes(StandardCharsets.UTF_8);
        }
        this.laneOfTenant = new int[tenants.length];
        this.connections = new LoadConnections(transport, settings.durability(), idle);
        boolean connected = false;
        try {
            connectLanes();
            connected = true;
        } finally {
            if (!connected) {
                close();
            }
        }
    }

    private static byte[][] tenantNames(int count) {
        final byte[][] names = new byte[count][];
        for (int i = 0; i < count; i++) {
            names[i] = tenantName(i, count);
        }
        return names;
    }

    /** Name of the tenant of a number, among so many: one alone is the default one. */
    static byte[] tenantName(int number, int count) {
        return (count == 1 ? "-" : "load-" + number).getBytes(StandardCharsets.UTF_8);
    }

    private void connectLanes() {
        for (ShardRoute route : connections.routes()) {
            lanes.add(new LoadLane(this, connections.client(route), route.shard(), settings));
        }
        for (int tenant = 0; tenant < tenants.length; tenant++) {
            laneOfTenant[tenant] = connections.routeOf(tenants[tenant]);
        }
        connections.subscribe(lanes, taskGroup, settings.window());
    }

    /**
     * Runs the warm-up, the measurement, and waits for the last job.
     *
     * @throws LoadException if the server refuses, or falls silent for 30 s.
     */
    public LoadResult run() {
        final boolean byTime = settings.jobs() == 0;
        lastProgressNs = System.nanoTime();
        runPhase(settings.warmUpJobs(), byTime ? settings.warmUpNs() : Long.MAX_VALUE);
        drain();
        ackNs.reset();
        startNs.reset();
        measuring = true;
        enqueueCommands = 0;
        refusedForNow = 0;
        failedAttempts = 0;
        final long begin = System.nanoTime();
        runPhase(
                byTime ? Long.MAX_VALUE : settings.jobs(),
                byTime ? settings.seconds() * 1_000_000_000L : Long.MAX_VALUE);
        drain();
        final long elapsedNs = System.nanoTime() - begin;
        return new LoadResult(
                completed,
                elapsedNs,
                LoadResult.Latency.of(ackNs, 1e3),
                LoadResult.Latency.of(startNs, 1e3),
                enqueueCommands,
                refusedForNow,
                failedAttempts);
    }

    private void runPhase(long jobsMax, long lengthNs) {
        completed = 0;
        sent = 0;
        final long begin = System.nanoTime();
        final double intervalNs = settings.ratePerSecond() == 0 ? 0 : 1e9 / settings.ratePerSecond();
        long nowNs = begin;
        while (sent < jobsMax && nowNs - begin < lengthNs) {
            int work = poll();
            nowNs = System.nanoTime();
            final long due = intervalNs == 0 ? Long.MAX_VALUE : (long) ((nowNs - begin) / intervalNs) + 1;
            final long wanted = Math.min(Math.min(jobsMax, due) - sent, slots.freeCount());
            work += enqueue(wanted, begin, intervalNs, nowNs);
            idle.idle(work);
            checkSilence(nowNs);
        }
    }

    private void drain() {
        while (!slots.isAllFree()) {
            idle.idle(poll());
            checkSilence(System.nanoTime());
        }
    }

    private int poll() {
        int work = connections.poll();
        for (int i = 0; i < lanes.size(); i++) {
            work += lanes.get(i).flush();
        }
        return work;
    }

    private int enqueue(long wanted, long beginNs, double intervalNs, long nowNs) {
        int added = 0;
        while (added < wanted) {
            final int tenant = (int) (nextTenant % tenants.length);
            final LoadLane lane = lanes.get(laneOfTenant[tenant]);
            if (!lane.hasRoom()) {
                break;
            }
            nextTenant++;
            final long dueNs = intervalNs == 0 ? nowNs : beginNs + (long) (sent * intervalNs);
            lane.add(slots.take(dueNs), tenant);
            sent++;
            added++;
        }
        if (added > 0) {
            for (int i = 0; i < lanes.size(); i++) {
                lanes.get(i).flush();
            }
        }
        return added;
    }

    private void checkSilence(long nowNs) {
        if (nowNs - lastProgressNs > SILENCE_NS && !slots.isAllFree()) {
            throw new LoadException(
                    RejectReason.UNKNOWN_OUTCOME,
                    "The server has not answered for " + SILENCE_NS / 1_000_000_000L + " s.");
        }
    }

    // ---- what lanes and connections tell
    // --------------------------------------------------------------------------------

    JobSlots slots() {
        return slots;
    }

    byte[] taskGroup() {
        return taskGroup;
    }

    byte[] payload() {
        return payload;
    }

    /** Keys of the limits that jobs name; none = they name none. */
    byte[][] limitKeys() {
        return limitKeys;
    }

    byte[] tenant(int tenant) {
        return tenants[tenant];
    }

    Durability durability() {
        return settings.durability();
    }

    void onEnqueueCommand() {
        enqueueCommands++;
    }

    void onAcknowledged(int slot, long nowNs) {
        lastProgressNs = nowNs;
        record(ackNs, nowNs - slots.dueNs(slot));
        if (slots.onAcknowledged(slot)) {
            completed++;
        }
    }

    void onStarted(int slot, long nowNs) {
        record(startNs, nowNs - slots.dueNs(slot));
    }

    void onReported(int slot) {
        if (slots.onReported(slot)) {
            completed++;
        }
    }

    /** A failure was accepted: the job's next attempt comes by itself. */
    void onFailed(long nowNs) {
        lastProgressNs = nowNs;
        failedAttempts++;
    }

    /** The server is at a bound: the job is sent again later, and its latency goes on counting. */
    void onRefusedForNow() {
        refusedForNow++;
    }

    private void record(Histogram histogram, long ns) {
        if (measuring) {
            histogram.recordValue(Math.min(Math.max(ns, 0), LATENCY_NS_MAX));
        }
    }

    @Override
    public void close() {
        connections.close();
    }
}
