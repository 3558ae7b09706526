package io.silo.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogIdentity;
import io.silo.log.chronicle.ChronicleCycleStore;
import io.silo.server.assignment.ShardMap;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReplayProgressTest {
    private static final int RECORDS = 20_000;

    @TempDir
    Path directory;

    private EventLog open(String name) {
        EventLogContext context = new EventLogContext().lowWaterBytes(0).floorBytes(0);
        return EventLog.open(
                ChronicleCycleStore.open(directory.resolve(name), context), new LogIdentity(1, 2, 3, 4), context);
    }

    private ShardSlot slot(int index, EventLog log) {
        ShardSlot slot = new ShardSlot(index, new ShardMap.Shard(new UUID(0, index), 0, -1, 0));
        slot.log(log);
        return slot;
    }

    @Test
    void shouldSayHowFarTheReplaysHaveCome() {
        for (String name : List.of("first", "second")) {
            try (EventLog log = open(name)) {
                log.start(1);
                UnsafeBuffer record = new UnsafeBuffer(new byte[EventLog.HEADER_BYTES + 8]);
                for (int i = 0; i < RECORDS; i++) {
                    log.append(record, 0, record.capacity(), 1, 1);
                }
            }
        }
        try (EventLog first = open("first");
                EventLog second = open("second")) {
            ReplayProgress progress = new ReplayProgress(List.of(slot(0, first), slot(3, second)));
            assertThat(progress).hasToString("0 of 40,000 records (0 %), shard 0 at 0 %, shard 3 at 0 %");
            List<String> seen = new ArrayList<>();
            first.replay((position, epoch, timeMs, eventCount, buffer, offset, length) -> {
                if (position == RECORDS / 2) {
                    seen.add(progress.toString());
                }
            });
            assertThat(seen).containsExactly("8,193 of 40,000 records (20 %), shard 0 at 40 %, shard 3 at 0 %");
            assertThat(progress).hasToString("20,000 of 40,000 records (50 %), shard 3 at 0 %");
            second.replay((position, epoch, timeMs, eventCount, buffer, offset, length) -> {});
            assertThat(progress).hasToString("40,000 of 40,000 records (100 %)");
        }
    }
}
