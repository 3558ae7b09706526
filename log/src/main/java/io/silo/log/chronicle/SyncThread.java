package io.silo.log.chronicle;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs one sync at a time beside the shard's thread, so that the syncs of several logs run side by side. There from the
 * start: a thread that the system refuses later would cost the shard. Nothing ever interrupts it: an interrupt would close the channel
 * in the middle of a sync.
 */
final class SyncThread {
    private volatile @Nullable ChronicleCycle requested;
    private volatile @Nullable Thread waiter;
    private volatile @Nullable Throwable failure;
    private volatile boolean isStopped;
    private final Thread thread;

    SyncThread(String name) {
        thread = new Thread(this::run, name);
        thread.setDaemon(true);
        thread.start();
    }

    void begin(ChronicleCycle cycle) {
        requested = cycle;
        LockSupport.unpark(thread);
    }

    /** Whether none is under way. */
    boolean isDone() {
        return requested == null;
    }

    /** Returns the sync's failure, or null. */
    @Nullable
    Throwable await() {
        waiter = Thread.currentThread();
        while (requested != null) {
            LockSupport.park(this);
        }
        waiter = null;
        return failure;
    }

    private void run() {
        while (!isStopped) {
            ChronicleCycle cycle = requested;
            if (cycle == null) {
                LockSupport.park(this);
                continue;
            }
            try {
                cycle.sync();
            } catch (RuntimeException | Error e) {
                failure = e;
            }
            requested = null;
            LockSupport.unpark(waiter);
        }
    }

    void stop() {
        isStopped = true;
        LockSupport.unpark(thread);
        CycleHelper.join(thread);
    }
}
