package io.silo.log.simulated;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogWorkbench;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A caller that asked for room has applied its events when it appends: the answer has to hold. */
@Timeout(60)
class RoomTest {
    private static final int BLOCK_BYTES = 64 * 1024;

    @Test
    void shouldTakeEveryShorterRecordOnceThereWasRoomForTheLongest() {
        for (long capacity = 3L << 20; capacity < 12L << 20; capacity += BLOCK_BYTES) {
            var disk = new SimulatedDisk();
            disk.capacityBytes(capacity);
            EventLogContext context = LogWorkbench.context(capacity, 1).cycleBytes(2 * 1024 * 1024);
            EventLog log = EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
            log.start(1);
            int appended = 0;
            while (log.hasRoom(EventLog.RECORD_BYTES_MAX)) {
                disk.capacityBytes(0);
                LogWorkbench.append(log, 200_000);
                disk.capacityBytes(capacity);
                assertThat(++appended).isLessThan(1_000);
            }
            assertThat(appended).isPositive();
            log.close();
        }
    }
}
