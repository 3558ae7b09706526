package io.silo.shard;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** Measures what the calling thread allocates on the heap. */
public final class Allocations {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private Allocations() {}

    /** Heap bytes that {@code work} allocates, less what the measuring itself does. */
    public static long bytesDuring(Runnable work) {
        long id = Thread.currentThread().getId();
        long empty = THREADS.getThreadAllocatedBytes(id);
        long before = THREADS.getThreadAllocatedBytes(id);
        work.run();
        return THREADS.getThreadAllocatedBytes(id) - before - (before - empty);
    }
}
