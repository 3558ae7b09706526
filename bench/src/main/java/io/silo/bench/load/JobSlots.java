package io.silo.bench.load;

import java.nio.charset.StandardCharsets;
import org.agrona.DirectBuffer;
import org.agrona.collections.IntArrayQueue;

/**
 * The jobs in flight: a slot each, whose number travels in the job's id, so that a task that arrives is found without a lookup.
 * One thread; does not allocate after construction.
 *
 * <pre>
 *   id:  rrrrrrrr-ssss-ssss-ssss-ssssnnnnnnnn      r run, s sequence, n slot, all hexadecimal: the form of a UUID
 * </pre>
 */
final class JobSlots {
    static final int ID_BYTES = 36;

    private static final int RUN_END = 8;
    private static final int SEQUENCE_END = 28;
    private static final String FORM = "00000000-0000-0000-0000-000000000000";
    private static final byte[] HEX = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

    private static final byte ACKNOWLEDGED = 1;
    private static final byte REPORTED = 2;

    private final long[] dueNs;
    private final long[] sequences;
    private final byte[] progress;
    private final IntArrayQueue free;
    private final byte[] id = FORM.getBytes(StandardCharsets.US_ASCII);
    private long nextSequence;

    JobSlots(int window, long run) {
        dueNs = new long[window];
        sequences = new long[window];
        progress = new byte[window];
        free = new IntArrayQueue(Math.max(IntArrayQueue.MIN_CAPACITY, window), -1);
        for (int slot = 0; slot < window; slot++) {
            free.addInt(slot);
        }
        putHex(0, RUN_END, run);
    }

    int freeCount() {
        return free.size();
    }

    boolean isAllFree() {
        return free.size() == dueNs.length;
    }

    /** Takes a slot for a job that was to be sent at {@code due}. */
    int take(long due) {
        final int slot = free.pollInt();
        dueNs[slot] = due;
        sequences[slot] = nextSequence++;
        progress[slot] = 0;
        return slot;
    }

    long dueNs(int slot) {
        return dueNs[slot];
    }

    /** The id of the slot's job, valid until the next call. */
    byte[] id(int slot) {
        putHex(RUN_END, SEQUENCE_END, sequences[slot]);
        putHex(SEQUENCE_END, ID_BYTES, slot);
        return id;
    }

    /** The slot of a job by its id, or -1 if no job of this run has the id now. */
    int slotOf(DirectBuffer buffer, int length) {
        if (length != ID_BYTES) {
            return -1;
        }
        int slot = 0;
        for (int i = SEQUENCE_END; i < ID_BYTES; i++) {
            slot = slot << 4 | Character.digit(buffer.getByte(i), 16);
        }
        if (slot < 0 || slot >= dueNs.length) {
            return -1;
        }
        final byte[] expected = id(slot);
        for (int i = 0; i < ID_BYTES; i++) {
            if (buffer.getByte(i) != expected[i]) {
                return -1;
            }
        }
        return slot;
    }

    /** Notes the acknowledgement; true if that ended the lifecycle. */
    boolean onAcknowledged(int slot) {
        return advance(slot, ACKNOWLEDGED);
    }

    /** Notes that the outcome was accepted; true if that ended the lifecycle. */
    boolean onReported(int slot) {
        return advance(slot, REPORTED);
    }

    private boolean advance(int slot, byte step) {
        progress[slot] |= step;
        if (progress[slot] != (ACKNOWLEDGED | REPORTED)) {
            return false;
        }
        progress[slot] = 0;
        free.addInt(slot);
        return true;
    }

    /** The last digits of {@code value}, around the dashes. */
    private void putHex(int from, int to, long value) {
        long rest = value;
        for (int i = to - 1; i >= from; i--) {
            if (FORM.charAt(i) != '-') {
                id[i] = HEX[(int) (rest & 0xF)];
                rest >>>= 4;
            }
        }
    }
}
