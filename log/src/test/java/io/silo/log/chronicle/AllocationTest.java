package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The shard's thread allocates nothing per append, sync and recent read but the index. */
@Timeout(60)
class AllocationTest {
    private static final int WARM_UP = 30_000;
    private static final int RECORDS = 50_000;
    private static final int SYNC_INTERVAL = 500;

    /** The index takes 4; the rest is for what the JVM does beside. */
    private static final double BYTES_PER_RECORD_MAX = 8;

    @TempDir
    private Path directory;

    @Test
    void shouldNotAllocatePerRecord() {
        EventLogContext context =
                new EventLogContext().tailCacheBytes(1 << 20).lowWaterBytes(0).floorBytes(0);
        var buffer = new UnsafeBuffer(new byte[EventLog.HEADER_BYTES + 200]);
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(directory, context), IDENTITY, context)) {
            log.start(1);
            work(log, buffer, WARM_UP);
            long before = threads.getCurrentThreadAllocatedBytes();
            work(log, buffer, RECORDS);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            assertThat((double) allocated / RECORDS).isLessThan(BYTES_PER_RECORD_MAX);
        }
    }

    private static void work(EventLog log, UnsafeBuffer buffer, int records) {
        int left = records;
        while (left > 0) {
            if (!log.hasRoom(buffer.capacity())) {
                log.doWork(System.nanoTime());
                Thread.onSpinWait();
                continue;
            }
            long position = log.append(buffer, 0, buffer.capacity(), 1, 1);
            log.read(position, 0, 100);
            if (--left % SYNC_INTERVAL == 0) {
                log.sync();
                log.doWork(System.nanoTime());
            }
        }
    }
}
