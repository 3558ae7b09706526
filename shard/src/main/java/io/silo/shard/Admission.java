package io.silo.shard;

import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.ImportJobsDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2LongHashMap;

/**
 * How much new work a shard thread takes on. A thread that takes in more than it can finish ends up finishing less than it could, so
 * in one duty cycle it takes as many jobs as it can grant; what is over stays in its stream, which slows its sender down. With
 * many senders that is not enough, as each has a stream of its own: once the oldest command has waited too long, the thread empties
 * its streams and refuses what is over, at once, with the time after which there is room for it. Reports, leases, heartbeats and
 * questions are always taken: they end work, or cost no more than their answer.
 *
 * <pre>
 *   TAKING    a command has waited longer than the bound               REFUSING
 *   REFUSING  nothing was refused for {@value #CALM_MS} ms                       TAKING
 * </pre>
 *
 * <p>While it refuses, each session has an equal share that moves with what is asked for, so that one that wants little gets it
 * (max-min fairness). The time to return is that of a queue that does not exist: everything refused stands in it, and it moves on
 * by what a duty cycle takes. Decision 0017. Shard thread only; does not allocate.
 */
final class Admission {
    /** What is to become of a command. */
    enum Verdict {
        TAKE,
        PUT_OFF,
        REFUSE
    }

    /** Refusing ends after so long without a refusal, ms: ten times what it takes to begin. */
    private static final long CALM_MS = 1_000;

    /** Bounds of the time to return: a duty cycle or two, and what a caller with a deadline of seconds can wait for a few times. */
    private static final double RETRY_MS_MAX = 1_000;

    private static final double RETRY_MS_MIN = 5;

    /** Copying and checking so many bytes costs what a small job costs. */
    private static final int BYTES_PER_JOB_SHIFT = 12;

    /** By a quarter less than goes out comes in while tasks are left. */
    private static final int LESS_DIVISOR = 4;

    /** However few long tasks go out in a cycle, so many times fewer jobs than usual still come in. */
    private static final int FLOOR_DIVISOR = 16;

    /** The length of a duty cycle is that of the last eight, about. */
    private static final double CYCLE_WEIGHT = 1.0 / 8;

    /** The share falls by a tenth when some found nothing left, and rises slowly while others may not use what is. */
    private static final double SHARE_DOWN = 0.9;

    private static final double SHARE_UP = 1.01;

    private static final long NS_PER_MS = 1_000_000;

    /** Sessions told apart in a cycle; beyond that those that come new share one count. */
    private static final int SESSIONS_MAX = 4_096;

    private static final long SESSION_OTHERS = -1;

    private final int jobsPerCycle;
    private final long waitMsMax;
    private final EnqueueDecoder enqueue = new EnqueueDecoder();
    private final ImportJobsDecoder importJobs = new ImportJobsDecoder();
    private final Long2LongHashMap taken = new Long2LongHashMap(2 * SESSIONS_MAX, 0.5f, 0);
    private int jobsMax;
    private boolean refusing;
    private long jobs;
    private double share;
    private boolean isFull;
    private boolean isShareUsedUp;
    private double refusedJobs;
    private double cycleMs;
    private long cycleBeganNs;
    private long lastRefusalMs;
    private long refusals;

    /**
     * @param jobsPerCycle new jobs of a duty cycle.
     * @param waitMsMax longest that a command may wait in its stream, ms.
     */
    Admission(int jobsPerCycle, long waitMsMax) {
        this.jobsPerCycle = jobsPerCycle;
        this.waitMsMax = waitMsMax;
        this.jobsMax = jobsPerCycle;
    }

    /**
     * What a command weighs: its new jobs, more if they are long, or 0 if it is none that brings new work.
     *
     * @param header of the command, wrapped.
     */
    long jobsOf(MessageHeaderDecoder header, DirectBuffer buffer, int offset, int length) {
        final int count;
        switch (header.templateId()) {
            case EnqueueDecoder.TEMPLATE_ID ->
                count = enqueue.wrapAndApplyHeader(buffer, offset, header)
                        .items()
                        .count();
            case ImportJobsDecoder.TEMPLATE_ID ->
                count = importJobs
                        .wrapAndApplyHeader(buffer, offset, header)
                        .items()
                        .count();
            default -> {
                return 0;
            }
        }
        return Math.max(Math.max(1, count), length >> BYTES_PER_JOB_SHIFT);
    }

    /**
     * Tasks were granted. While more are left than could be granted, less is taken on than goes out, until the queue is gone: what
     * waits long has to be read from its file again, and costs more than it did.
     *
     * @param areLeft whether tasks are ready for workers that would take them now.
     */
    void onGranted(int tasks, boolean areLeft) {
        jobsMax = areLeft
                ? Math.min(jobsPerCycle, Math.max(jobsPerCycle / FLOOR_DIVISOR, tasks - tasks / LESS_DIVISOR))
                : jobsPerCycle;
    }

    void beginCycle(long nowNs) {
        if (refusing) {
            final double lastMs = (double) (nowNs - cycleBeganNs) / NS_PER_MS;
            cycleMs += (lastMs - cycleMs) * CYCLE_WEIGHT;
            taken.clear();
        }
        cycleBeganNs = nowNs;
        jobs = 0;
        isFull = false;
        isShareUsedUp = false;
    }

    /** Judges a command of new work; one that is taken counts. */
    Verdict judge(Session session, long weight, long nowMs) {
        if (!refusing) {
            if (jobs >= jobsMax) {
                return Verdict.PUT_OFF;
            }
            jobs += weight;
            return Verdict.TAKE;
        }
        final long key = taken.size() < SESSIONS_MAX || taken.containsKey(session.id()) ? session.id() : SESSION_OTHERS;
        final long own = taken.get(key);
        if (jobs < jobsMax && own < share) {
            jobs += weight;
            taken.put(key, own + weight);
            return Verdict.TAKE;
        }
        isFull |= jobs >= jobsMax;
        isShareUsedUp |= own >= share;
        refusedJobs += weight;
        lastRefusalMs = nowMs;
        refusals++;
        return Verdict.REFUSE;
    }

    /** When a command that is refused now would have its turn, ms. */
    int retryAfterMs() {
        final double waitMs = cycleMs * refusedJobs / jobsMax;
        return (int) Math.ceil(Math.max(RETRY_MS_MIN, Math.min(RETRY_MS_MAX, waitMs)));
    }

    /**
     * All that fits this duty cycle was taken.
     *
     * @param waitedMs how long the oldest command has waited that was not taken.
     */
    void endCycle(long waitedMs, long nowMs) {
        if (!refusing) {
            if (waitedMs > waitMsMax) {
                refusing = true;
                share = jobsPerCycle;
                cycleMs = 0;
                refusedJobs = 0;
                lastRefusalMs = nowMs;
                refusals = 0;
                taken.clear();
            }
            return;
        }
        if (isFull) {
            share = Math.max(1, share * SHARE_DOWN);
        } else if (isShareUsedUp) {
            share = Math.min(jobsPerCycle, share * SHARE_UP);
        }
        refusedJobs = Math.max(0, refusedJobs - jobsMax);
        // Nobody waits longer than he was told to.
        refusedJobs = Math.min(refusedJobs, RETRY_MS_MAX / Math.max(cycleMs, 1) * jobsMax);
        refusing = nowMs - lastRefusalMs < CALM_MS;
    }

    /** Whether more arrives than the thread can carry. */
    boolean isRefusing() {
        return refusing;
    }

    /** Commands refused since it began to refuse. */
    long refusals() {
        return refusals;
    }
}
