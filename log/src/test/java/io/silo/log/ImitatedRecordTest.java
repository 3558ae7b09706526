package io.silo.log;

import static io.silo.log.LogWorkbench.IDENTITY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.silo.log.simulated.SimulatedCycleStore;
import io.silo.log.simulated.SimulatedDisk;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A client's payload that holds two whole documents, chained to each other, which claim that more was durable than was. In a torn tail
 * they must count for nothing: else a client could have a shard quarantined by a power loss.
 */
@Timeout(60)
class ImitatedRecordTest {
    private static final long SEED = 3;
    private static final long CLAIM = 1_000;
    private static final int IMITATION_OFFSET = 200;

    private final SimulatedDisk disk = new SimulatedDisk();

    @Test
    void shouldTakeImitatedRecordsForATornTail() {
        SimulatedDisk torn = tornLogWith(0);
        try (EventLog log = open(torn, 2)) {
            assertThat(LogWorkbench.replay(log)).hasSize(1);
        }
    }

    /** The canary: the same bytes made with the cycle's key do count. */
    @Test
    void shouldBelieveRecordsMadeWithTheKey() {
        var random = new Random(SEED);
        int key = new RecordLayout().key(random.nextLong(), random.nextLong());
        SimulatedDisk torn = tornLogWith(key);
        assertThatThrownBy(() -> open(torn, 2))
                .isInstanceOfSatisfying(
                        LogException.class, e -> assertThat(e.code()).isEqualTo(LogErrorCode.RECORD_DAMAGED));
    }

    /** One durable record, then one that is torn and holds the imitation. */
    private SimulatedDisk tornLogWith(int key) {
        EventLog log = open(disk, 1);
        log.start(1);
        LogWorkbench.append(log, 10);
        log.sync();
        byte[] payload = new byte[2_000];
        imitate(payload, key);
        LogWorkbench.append(log, payload, 1, 1);
        log.write();
        String name = SimulatedCycleStore.fileName("shard", 0);
        byte[] bytes = new byte[16 * 1024];
        disk.read(name, 0, ByteBuffer.wrap(bytes));
        int at = indexOf(bytes, payload);
        disk.write(name, at, new byte[] {1}, 0, 1);
        return disk.processKill();
    }

    private static EventLog open(SimulatedDisk disk, long boot) {
        EventLogContext context = LogWorkbench.context(SEED, boot);
        return EventLog.open(SimulatedCycleStore.open(disk, "shard", context), IDENTITY, context);
    }

    private static void imitate(byte[] payload, int key) {
        var layout = new RecordLayout();
        ByteBuffer record = ByteBuffer.allocateDirect(256);
        var view = new UnsafeBuffer(record);
        int previousCrc = 77;
        int at = IMITATION_OFFSET;
        for (int i = 0; i < 2; i++) {
            int length = EventLog.HEADER_BYTES + 16;
            RecordLayout.encodeHeader(view, 0, length, CLAIM, 1, CLAIM + 1 + i, 1, 1, RecordLayout.KIND_EVENTS);
            previousCrc = layout.compute(view, record, 0, length, previousCrc, key);
            RecordLayout.crc(view, 0, previousCrc);
            new UnsafeBuffer(payload).putInt(at, length, ByteOrder.LITTLE_ENDIAN);
            view.getBytes(0, payload, at + Integer.BYTES, length);
            at += Integer.BYTES + length;
        }
    }

    private static int indexOf(byte[] bytes, byte[] part) {
        for (int i = 0; i + part.length <= bytes.length; i++) {
            if (java.util.Arrays.equals(bytes, i, i + part.length, part, 0, part.length)) {
                assertThat(i % 4)
                        .as("documents are aligned, so is the imitation")
                        .isZero();
                return i;
            }
        }
        throw new AssertionError("payload not found");
    }
}
