package io.silo.log;

import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The cycle that a log goes on in: its number and salt, and how far the store has come with it. The shard's thread. */
final class NextCycle {
    /** Pause between attempts on a disk that was too full. */
    private static final long RETRY_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /** Pause while {@link #await} waits. */
    private static final long POLL_NS = TimeUnit.MICROSECONDS.toNanos(200);

    private static final long NEVER = Long.MIN_VALUE;

    private final CycleStore store;
    private final LogIdentity identity;
    private final EventLogContext context;
    private final UnsafeBuffer document = new UnsafeBuffer(ByteBuffer.allocateDirect(CyclePreamble.BYTES));
    private @Nullable CyclePreamble preamble;
    private long highestCycle;
    private long retryNs = NEVER;

    /**
     * Knows which numbers are taken.
     *
     * @param highestCycle highest number that is there or was named.
     */
    NextCycle(CycleStore store, LogIdentity identity, EventLogContext context, long highestCycle) {
        this.store = store;
        this.identity = identity;
        this.context = context;
        this.highestCycle = highestCycle;
    }

    /** Begins to create the cycle, unless that was begun already. */
    void request() {
        if (preamble != null) {
            return;
        }
        highestCycle++;
        CyclePreamble.encode(
                document,
                identity,
                highestCycle,
                context.random().getAsLong(),
                context.random().getAsLong());
        preamble = Objects.requireNonNull(CyclePreamble.decode(document, 0, CyclePreamble.BYTES));
        store.beginCreate(highestCycle, document, 0, CyclePreamble.BYTES);
    }

    /** As {@link #request} once the active cycle is half full. */
    void prepare() {
        if (preamble == null && store.activeBytes() >= context.cycleBytes() / 2) {
            request();
        }
    }

    /** How far it is; {@link CycleStore.Creation#NONE} if it was not requested. */
    CycleStore.Creation poll() {
        return preamble == null ? CycleStore.Creation.NONE : store.pollCreate();
    }

    boolean isReady() {
        return poll() == CycleStore.Creation.READY;
    }

    boolean isWithoutSpace() {
        return poll() == CycleStore.Creation.NO_SPACE;
    }

    /** Number of the requested cycle. */
    long number() {
        return Objects.requireNonNull(preamble).cycle();
    }

    /** Takes the cycle that is ready, as the active one. */
    CyclePreamble take() {
        CyclePreamble taken = Objects.requireNonNull(preamble);
        preamble = null;
        store.activate();
        return taken;
    }

    /** Requests the cycle and waits for it, as long as the context says. */
    void await() {
        request();
        long deadlineNs = System.nanoTime() + context.createTimeoutNs();
        while (!isReady()) {
            if (isWithoutSpace()) {
                preamble = null;
                throw new LogException(
                        LogErrorCode.DISK_FULL,
                        "Expected to start the log of shard " + identity.shardName() + ", but the disk under "
                                + store.name() + " has no space for a new cycle.");
            }
            if (System.nanoTime() - deadlineNs > 0) {
                throw new LogException(
                        LogErrorCode.CYCLE_NOT_READY,
                        "Expected to start the log of shard " + identity.shardName()
                                + ", but its new cycle was not created within "
                                + TimeUnit.NANOSECONDS.toMillis(context.createTimeoutNs()) + " ms.");
            }
            LockSupport.parkNanos(POLL_NS);
        }
    }

    /** Prepares the cycle, and tries again now and then when there was no space. Returns the work count. */
    int doWork(long nowNs) {
        prepare();
        if (!isWithoutSpace()) {
            return 0;
        }
        if (retryNs == NEVER) {
            retryNs = nowNs + RETRY_NS;
        }
        if (nowNs - retryNs < 0) {
            return 0;
        }
        retryNs = NEVER;
        preamble = null;
        prepare();
        return 1;
    }
}
