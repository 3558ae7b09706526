package io.silo.log.chronicle;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;

import io.silo.log.CycleDirectory;
import io.silo.log.EventLog;
import io.silo.log.EventLogContext;
import io.silo.log.LogVerifier;
import io.silo.log.LogWorkbench;
import io.silo.log.LogWorkbench.Seen;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.queue.rollcycles.LargeRollCycles;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Chronicle's own tailer finds the records that our reader finds: the framing we read by hand is still Chronicle's. */
@Timeout(60)
class ChronicleTailerTest {
    private static final int POSITION_OFFSET = 24;
    private static final int KIND_OFFSET = 44;

    @TempDir
    private Path directory;

    @Test
    void shouldFindTheSameRecordsWithChroniclesTailer() {
        var expected = new ArrayList<Seen>();
        EventLogContext context = LogWorkbench.context(5, 1);
        Path shard = directory.resolve("shard");
        try (EventLog log = EventLog.open(ChronicleCycleStore.open(shard, context), IDENTITY, context)) {
            log.start(1);
            for (int i = 0; i < 300; i++) {
                LogWorkbench.appendWhenRoom(log, expected, LogWorkbench.events(i * 5, i), i);
            }
        }
        var found = new ArrayList<ByteBuffer>();
        var cycles = new CycleDirectory(shard);
        int control = 0;
        for (long cycle : cycles.cycles()) {
            control += tail(cycles.cyclePath(cycle), found);
        }
        assertThat(found).isEqualTo(expected.stream().map(Seen::events).toList());
        assertThat(control).as("records of the log's own").isGreaterThan(2);
        var verified = new ArrayList<Seen>();
        var report = LogVerifier.verify(shard, IDENTITY, LogVerifier.isOpen(shard), LogWorkbench.collector(verified));
        assertThat(report.findings()).isEmpty();
        assertThat(verified).isEqualTo(expected);
    }

    /** Returns how many control records there were. */
    private static int tail(Path cyclePath, List<ByteBuffer> found) {
        int control = 0;
        try (var queue = SingleChronicleQueueBuilder.binary(cyclePath)
                        .rollCycle(LargeRollCycles.LARGE_DAILY)
                        .readOnly(true)
                        .build();
                var tailer = queue.createTailer()) {
            for (int document = 0; ; document++) {
                try (DocumentContext context = tailer.readingDocument()) {
                    if (!context.isPresent()) {
                        return control;
                    }
                    var wire = java.util.Objects.requireNonNull(context.wire());
                    byte[] bytes = wire.bytes().toByteArray();
                    if (document < 2) {
                        continue;
                    }
                    ByteBuffer record = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                    assertThat(record.getLong(POSITION_OFFSET)).isNotNegative();
                    if (record.getShort(KIND_OFFSET) != 0) {
                        control++;
                        continue;
                    }
                    byte[] events = new byte[bytes.length - EventLog.HEADER_BYTES];
                    record.get(EventLog.HEADER_BYTES, events);
                    found.add(LogWorkbench.content(events));
                }
            }
        }
    }
}
