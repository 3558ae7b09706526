package io.silo.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.locks.LockSupport;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a cycle store promises: the framing, what is there when, and that what was deleted is gone. */
@Timeout(60)
public abstract class CycleStoreContract {
    /** Opens the store of the test's one directory. */
    protected abstract CycleStore openStore(EventLogContext context);

    private final UnsafeBuffer document = new UnsafeBuffer(new byte[EventLog.RECORD_BYTES_MAX]);

    private CycleStore open() {
        return openStore(LogWorkbench.context(1, 1));
    }

    private void create(CycleStore store, long cycle) {
        document.setMemory(0, 80, (byte) 0x11);
        store.beginCreate(cycle, document, 0, 80);
        awaitCreated(store);
        store.activate();
    }

    /** Returns the file offset of the payload. */
    private long append(CycleStore store, int length) {
        ByteBuffer framed =
                ByteBuffer.allocateDirect((Integer.BYTES + length + 3) & ~3).order(ByteOrder.LITTLE_ENDIAN);
        framed.putInt(0, length);
        document.getBytes(0, framed, Integer.BYTES, length);
        return store.append(framed) + Integer.BYTES;
    }

    private static void awaitCreated(CycleStore store) {
        for (int tries = 0; store.pollCreate() != CycleStore.Creation.READY; tries++) {
            assertThat(tries).isLessThan(10_000);
            LockSupport.parkNanos(1_000_000);
        }
    }

    @Test
    void shouldFrameDocumentsAndLeaveZerosBehindThem() {
        try (CycleStore store = open()) {
            create(store, 5);
            long[] offsets = new long[200];
            for (int i = 0; i < offsets.length; i++) {
                document.setMemory(0, i + 1, (byte) (i + 1));
                assertThat(store.hasRoom(i + 1)).isTrue();
                offsets[i] = append(store, i + 1);
                assertThat(store.activeBytes()).isEqualTo((offsets[i] + i + 1 + 3) & ~3L);
            }
            try (CycleFile file = store.open(5)) {
                assertThat(file.length()).isGreaterThanOrEqualTo(store.activeBytes() + Integer.BYTES);
                for (int i = 0; i < offsets.length; i++) {
                    assertThat(offsets[i] % 4).isZero();
                    assertThat(readInt(file, offsets[i] - Integer.BYTES)).isEqualTo(i + 1);
                    ByteBuffer payload = ByteBuffer.allocate(i + 1);
                    assertThat(file.read(payload, offsets[i])).isEqualTo(i + 1);
                    assertThat(payload.array()).containsOnly((byte) (i + 1));
                }
                assertThat(readInt(file, store.activeBytes())).isZero();
                assertThat(new TailScan(file).firstNonZero(store.activeBytes())).isNegative();
                assertThat(file.read(ByteBuffer.allocate(8), file.length())).isZero();
            }
        }
    }

    @Test
    void shouldWalkDocumentsWithTheCursor() {
        try (CycleStore store = open()) {
            create(store, 0);
            int count = 500;
            for (int i = 0; i < count; i++) {
                append(store, 48 + i);
            }
            try (CycleFile file = store.open(0)) {
                var cursor = new DocumentCursor(file, DocumentCursor.newWindow());
                assertThat(cursor.next()).isEqualTo(DocumentCursor.Found.DOCUMENT);
                assertThat(cursor.length()).isEqualTo(80);
                for (int i = 0; i < count; i++) {
                    assertThat(cursor.next()).isEqualTo(DocumentCursor.Found.DOCUMENT);
                    assertThat(cursor.length()).isEqualTo(48 + i);
                }
                assertThat(cursor.next()).isEqualTo(DocumentCursor.Found.END);
                assertThat(cursor.nextOffset()).isEqualTo(store.activeBytes());
            }
        }
    }

    @Test
    void shouldListCreatedCyclesAndForgetDeletedOnes() {
        try (CycleStore store = open()) {
            assertThat(store.cycles()).isEmpty();
            assertThat(store.pollCreate()).isEqualTo(CycleStore.Creation.NONE);
            create(store, 3);
            create(store, 4);
            create(store, 12);
            assertThat(store.cycles()).containsExactly(3, 4, 12);
            store.beginDelete(4);
        }
        try (CycleStore store = open()) {
            assertThat(store.cycles()).containsExactly(3, 12);
            store.beginDelete(3);
            store.beginDelete(99);
        }
        try (CycleStore store = open()) {
            assertThat(store.cycles()).containsExactly(12);
        }
    }

    @Test
    void shouldHaveRoomForTheLongestDocumentInAFreshCycle() {
        try (CycleStore store = open()) {
            create(store, 0);
            assertThat(store.hasRoom(EventLog.RECORD_BYTES_MAX + 60)).isTrue();
            document.setMemory(0, EventLog.RECORD_BYTES_MAX, (byte) 9);
            append(store, EventLog.RECORD_BYTES_MAX);
            store.sync();
            store.beginSync();
            store.awaitSync();
        }
    }

    @Test
    void shouldKeepBothMarkSlots() {
        try (CycleStore store = open()) {
            assertThat(store.readMark(0, ByteBuffer.allocate(DurableMark.SLOT_BYTES)))
                    .isZero();
            for (int slot = 0; slot < DurableMark.SLOT_COUNT; slot++) {
                ByteBuffer bytes = ByteBuffer.allocate(DurableMark.SLOT_BYTES);
                java.util.Arrays.fill(bytes.array(), (byte) (slot + 1));
                store.writeMark(slot, bytes);
            }
        }
        try (CycleStore store = open()) {
            for (int slot = 0; slot < DurableMark.SLOT_COUNT; slot++) {
                ByteBuffer bytes = ByteBuffer.allocate(DurableMark.SLOT_BYTES);
                assertThat(store.readMark(slot, bytes)).isEqualTo(DurableMark.SLOT_BYTES);
                assertThat(bytes.array()).containsOnly((byte) (slot + 1));
            }
        }
    }

    private static int readInt(CycleFile file, long offset) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(file.read(bytes, offset)).isEqualTo(Integer.BYTES);
        return bytes.getInt(0);
    }
}
