package io.silo.simulation.canary;

import io.silo.log.CycleFile;
import io.silo.log.CycleStore;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.agrona.BitUtil;

/**
 * Recovery that forgets the tail: the newest mark is overlooked, and the last record of the last cycle looks as if it had never been
 * written.
 */
final class ForgetfulStore extends ForwardingStore {
    private static final int SLOT_COUNT = 2;
    private static final int SLOT_BYTES = 512;
    private static final int SEQUENCE_OFFSET = 16;
    private static final int METADATA_FLAG = 0x40000000;
    private static final int LENGTH_MASK = 0x3FFFFFFF;

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

    /** Reads zeros where the last record is. */
    private static final class CutFile implements CycleFile {
        private final CycleFile file;
        private final long keptBytes;

        CutFile(CycleFile file) {
            this.file = file;
            this.keptBytes = startOfLastRecord(file);
        }

        /** Where the last document begins that is no metadata; the end of the file if it is the cycle's first. */
        private static long startOfLastRecord(CycleFile file) {
            ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(file.length())).order(ByteOrder.LITTLE_ENDIAN);
            int read = file.read(all, 0);
            long last = file.length();
            int documents = 0;
            int at = 0;
            while (at + Integer.BYTES <= read && all.getInt(at) != 0) {
                int header = all.getInt(at);
                if ((header & METADATA_FLAG) == 0) {
                    documents++;
                    last = documents > 1 ? at : last;
                }
                at = BitUtil.align(at + Integer.BYTES + (header & LENGTH_MASK), Integer.BYTES);
            }
            return last;
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
