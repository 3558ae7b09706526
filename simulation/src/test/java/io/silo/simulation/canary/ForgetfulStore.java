package io.silo.simulation.canary;

import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Recovery that forgets the tail: the newest mark is overlooked, and the last bytes of the last cycle look as if they had never been
 * written, until the store appends something of its own.
 */
final class ForgetfulStore extends ForwardingStore {
    private static final int SLOT_COUNT = 2;
    private static final int SLOT_BYTES = 512;
    private static final int SEQUENCE_OFFSET = 16;
    private static final int FORGOTTEN_BYTES = 600;

    private final long cutCycle;
    private final int newestSlot;

    ForgetfulStore(CycleStore store) {
        super(store);
        long[] cycles = store.cycles();
        cutCycle = cycles.length == 0 ? -1 : cycles[cycles.length - 1];
        newestSlot = sequence(0) > sequence(1) ? 0 : 1;
    }

    private long sequence(int slot) {
        ByteBuffer bytes = ByteBuffer.allocate(SLOT_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        return store.readMark(slot, bytes) < SLOT_BYTES ? 0 : bytes.getLong(SEQUENCE_OFFSET);
    }

    @Override
    public int readMark(int slot, ByteBuffer target) {
        boolean isOverlooked = slot == newestSlot && sequence((slot + 1) % SLOT_COUNT) > 0;
        return isOverlooked ? 0 : store.readMark(slot, target);
    }

    @Override
    public CycleFile open(long cycle) {
        CycleFile file = store.open(cycle);
        return cycle == cutCycle ? new CutFile(file) : file;
    }

    /** Reads zeros where the last of the written bytes are. */
    private static final class CutFile implements CycleFile {
        private final CycleFile file;
        private final long keptBytes;

        CutFile(CycleFile file) {
            this.file = file;
            this.keptBytes = writtenBytes(file) - FORGOTTEN_BYTES;
        }

        private static long writtenBytes(CycleFile file) {
            ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(file.length()));
            int end = file.read(all, 0);
            while (end > 0 && all.get(end - 1) == 0) {
                end--;
            }
            return end;
        }

        @Override
        public int read(ByteBuffer target, long fileOffset) {
            int from = target.position();
            int read = file.read(target, fileOffset);
            for (int i = 0; i < read; i++) {
                if (fileOffset + i >= keptBytes) {
                    target.put(from + i, (byte) 0);
                }
            }
            return read;
        }

        @Override
        public long length() {
            return file.length();
        }

        @Override
        public void sync() {
            file.sync();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
