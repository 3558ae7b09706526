package io.silo.log.chronicle;

import io.silo.log.DiskState;
import io.silo.log.EventLogContext;
import io.silo.log.FaultPlan;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread beside a shard's: creates, retires and deletes cycles, allocates blocks ahead of the writer, and watches the free space. What
 * it is late with is refused by {@code hasRoom}.
 */
final class CycleHelper implements Runnable {
    /** The writer wakes the helper after this many bytes: an eighth of what is allocated at a time. */
    static final int WAKE_BYTES = (int) ChronicleCycle.ALLOCATION_STEP_BYTES / 8;

    /** Least time between two looks at the free space. */
    private static final long CHECK_NS = TimeUnit.MILLISECONDS.toNanos(100);

    /**
     * Longest pause, and age of the free space, while nobody wakes the helper: a writer does so every {@link #WAKE_BYTES}, and has blocks for
     * more than that.
     */
    private static final long IDLE_NS_MAX = TimeUnit.SECONDS.toNanos(1);

    private static final long JOIN_MS = TimeUnit.SECONDS.toMillis(30);
    private static final Logger LOGGER = LoggerFactory.getLogger(CycleHelper.class);

    private final FileStore disk;
    private final long lowWaterBytes;
    private final long floorBytes;
    private final FaultPlan faults;
    private final String name;
    private final ConcurrentLinkedQueue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Thread thread;
    private final AtomicReference<@Nullable Path> toReadAhead = new AtomicReference<>();
    private @Nullable FileReadAhead readAhead;
    private volatile @Nullable ChronicleCycle active;
    private volatile DiskState diskState = DiskState.OK;
    private volatile @Nullable Throwable failure;
    private volatile boolean isStopped;
    private boolean isAllocationRefused;
    private boolean isUnsupportedLogged;
    private long nextCheckNs;
    private long idleNs = CHECK_NS;

    CycleHelper(FileStore disk, EventLogContext context, String name) {
        this.disk = disk;
        this.name = name;
        lowWaterBytes = context.lowWaterBytes();
        floorBytes = context.floorBytes();
        faults = context.faults();
        checkDisk();
        thread = new Thread(this, "silo-log-" + name);
        thread.setDaemon(true);
        thread.start();
    }

    /** Runs the task on the helper's thread, after those given before. */
    void execute(Runnable task) {
        tasks.add(task);
        wake();
    }

    /** The cycle to keep blocks ahead of, or null. */
    void active(@Nullable ChronicleCycle cycle) {
        active = cycle;
        wake();
    }

    void wake() {
        LockSupport.unpark(thread);
    }

    DiskState diskState() {
        return diskState;
    }

    /** What stopped the helper, or null. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @Override
    public void run() {
        try {
            nextCheckNs = System.nanoTime();
            while (true) {
                Runnable task = tasks.poll();
                if (task != null) {
                    task.run();
                } else if (isStopped) {
                    closeReadAhead();
                    return;
                } else if (keepAhead() == 0 && readAhead() == 0) {
                    rest();
                }
            }
        } catch (RuntimeException | Error e) {
            failure = e;
            LOGGER.error("The helper of log {} stopped.", name, e);
        }
    }

    private void rest() {
        final long beginNs = System.nanoTime();
        LockSupport.parkNanos(this, idleNs);
        final boolean wasWoken = System.nanoTime() - beginNs < idleNs;
        idleNs = wasWoken || isAllocationRefused ? CHECK_NS : Math.min(IDLE_NS_MAX, 2 * idleNs);
    }

    /** Brings a file into the page cache, a piece at a time while there is nothing else to do; one that is not done yet is given up. */
    void readAhead(Path file) {
        toReadAhead.set(file);
        wake();
    }

    private int readAhead() {
        Path next = toReadAhead.getAndSet(null);
        if (next != null) {
            closeReadAhead();
            readAhead = new FileReadAhead(next);
        }
        if (readAhead == null) {
            return 0;
        }
        if (!readAhead.readPiece()) {
            closeReadAhead();
        }
        return 1;
    }

    private void closeReadAhead() {
        if (readAhead != null) {
            readAhead.close();
            readAhead = null;
        }
    }

    private int keepAhead() {
        ChronicleCycle cycle = active;
        long nowNs = System.nanoTime();
        boolean isCheckDue = nowNs - nextCheckNs >= 0;
        int workCount = 0;
        if (cycle != null && cycle.needsAllocation()) {
            if (!isAllocationRefused || isCheckDue) {
                isAllocationRefused = !allocate(cycle, budgetForCycle());
                isCheckDue = true;
                workCount++;
            }
        } else {
            isAllocationRefused = false;
        }
        if (isCheckDue) {
            nextCheckNs = nowNs + CHECK_NS;
            checkDisk();
        }
        return workCount;
    }

    /**
     * Allocates blocks ahead.
     *
     * @param budget most bytes that may be taken.
     * @return false if there is no space.
     */
    boolean allocate(ChronicleCycle cycle, long budget) {
        faults.at("log.allocate");
        NativeFile.Allocation result = cycle.allocateAhead(budget);
        if (result == NativeFile.Allocation.UNSUPPORTED && !isUnsupportedLogged) {
            isUnsupportedLogged = true;
            LOGGER.warn(
                    "The file system under {} cannot allocate blocks ahead; only its free space guards against a full disk.",
                    name);
        }
        return result != NativeFile.Allocation.NO_SPACE;
    }

    /**
     * Bytes that may be allocated for a cycle that is created now: what leaves the floor. The first of an opening may use the floor too,
     * since without it nothing is served at all.
     */
    long budgetForCycle() {
        return usableBytes() - (active == null ? 0 : floorBytes);
    }

    private void checkDisk() {
        ChronicleCycle cycle = active;
        // Blocks allocated ahead are still to be used.
        long usable = usableBytes() + (cycle == null ? 0 : cycle.allocated() - cycle.end());
        if (isAllocationRefused || usable < floorBytes) {
            diskState = DiskState.FLOOR;
        } else {
            diskState = usable < lowWaterBytes ? DiskState.LOW : DiskState.OK;
        }
    }

    private long usableBytes() {
        try {
            return disk.getUsableSpace();
        } catch (IOException e) {
            LOGGER.warn("The free space under {} cannot be read: {}", name, e.toString());
            return 0;
        }
    }

    /** Finishes the tasks that were given and ends the thread. */
    void stop() {
        active = null;
        isStopped = true;
        wake();
        join(thread);
    }

    /** Waits for a thread of the store, without passing an interrupt on to it. */
    static void join(Thread thread) {
        boolean isInterrupted = false;
        long deadlineNs = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(JOIN_MS);
        while (thread.isAlive() && System.nanoTime() - deadlineNs < 0) {
            try {
                thread.join(JOIN_MS);
            } catch (InterruptedException e) {
                isInterrupted = true;
            }
        }
        if (isInterrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
