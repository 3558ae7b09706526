package io.silo.shard.state;

import io.silo.protocol.Bounds;
import java.util.Arrays;

/**
 * What a carry of each job would append, and the cycle from which the job is needed. Kept with every change of a job, so that the
 * cleaner knows at any moment what a cycle would cost, and finds the jobs that it has to carry without a look at their rows. The
 * cycles are exact, the bytes an estimate until the job's next image. 8 bytes a job. Shard thread only; growth allocates 16 KiB.
 */
public final class LiveBytes implements LiveBytesView {
    /** A JobImage event without the job's definition and attempts, and what its record adds. */
    static final int IMAGE_BYTES = 128;

    /** An ended attempt in an image, without texts and result. */
    static final int ATTEMPT_BYTES = 64;

    /** Jobs in a chunk. */
    private static final int CHUNK = 2_048;

    private static final long BYTES_MASK = 0xFFFF_FFFFL;

    /** By slot: number of the cycle in the upper half, bytes in the lower; 0 = there is no job. */
    private long[][] jobs = new long[4][];

    /** Of each retained cycle, ascending; the first entry is that of cycle {@link #oldest}. */
    private long[] firstPositions = new long[8];

    private long[] bytes = new long[8];
    private int cycles = 1;
    private int oldest = 1;
    private long total;

    /** Where the last search ended: a replay asks for one cycle after the other. */
    private int foundLast;

    LiveBytes() {}

    // ---- cycles
    // -------------------------------------------------------------------------------------------------------------

    /** Before a replay: the first position of each cycle that will be replayed, ascending. */
    public void begin(long[] firsts) {
        for (long first : firsts) {
            retained(firsts[0], first);
        }
    }

    /**
     * Follows the log, when it rolled or was trimmed.
     *
     * @param firstPosition of the oldest retained cycle.
     * @param activeFirstPosition of the active one.
     */
    public void retained(long firstPosition, long activeFirstPosition) {
        if (activeFirstPosition > firstPositions[cycles - 1]) {
            add(activeFirstPosition);
        }
        if (cycles > 1 && firstPositions[1] <= firstPosition) {
            drop(firstPosition);
        }
    }

    private void add(long firstPosition) {
        if (cycles == firstPositions.length) {
            firstPositions = Arrays.copyOf(firstPositions, 2 * cycles);
            bytes = Arrays.copyOf(bytes, 2 * cycles);
        }
        firstPositions[cycles] = firstPosition;
        bytes[cycles] = 0;
        cycles++;
    }

    private void drop(long firstPosition) {
        int gone = 0;
        while (gone + 1 < cycles && firstPositions[gone + 1] <= firstPosition) {
            gone++;
        }
        long left = 0;
        for (int i = 0; i < gone; i++) {
            left += bytes[i];
        }
        // What the log let go of, nothing needs.
        Invariant.check(left == 0, "a cycle was trimmed that a job needs");
        cycles -= gone;
        oldest += gone;
        System.arraycopy(firstPositions, gone, firstPositions, 0, cycles);
        System.arraycopy(bytes, gone, bytes, 0, cycles);
    }

    @Override
    public int cycleOf(long position) {
        if (position >= firstPositions[cycles - 1]) {
            return oldest + cycles - 1;
        }
        if (foundLast + 1 < cycles
                && position >= firstPositions[foundLast]
                && position < firstPositions[foundLast + 1]) {
            return oldest + foundLast;
        }
        final int found = Arrays.binarySearch(firstPositions, 0, cycles, position);
        foundLast = Math.max(0, found >= 0 ? found : -found - 2);
        return oldest + foundLast;
    }

    // ---- jobs
    // ---------------------------------------------------------------------------------------------------------------

    /** The job's image would take so many bytes, and it needs the log from this position on. */
    void put(int slot, long neededFrom, long imageBytes) {
        remove(slot);
        final int cycle = cycleOf(neededFrom);
        final int size = (int) Math.min(Integer.MAX_VALUE, Math.max(1, imageBytes));
        jobs[slot / CHUNK][slot % CHUNK] = (long) cycle << 32 | size;
        bytes[cycle - oldest] += size;
        total += size;
    }

    /** The job needs the log from another position on. Nothing for one that was not put. */
    void move(int slot, long neededFrom) {
        if (has(slot)) {
            put(slot, neededFrom, of(slot));
        }
    }

    /** The job's image grew. Nothing for one that was not put. */
    void grow(int slot, long more) {
        if (has(slot)) {
            final int cycle = cycle(slot);
            final long size = Math.min(Integer.MAX_VALUE, of(slot) + more);
            bytes[cycle - oldest] += size - of(slot);
            total += size - of(slot);
            jobs[slot / CHUNK][slot % CHUNK] = (long) cycle << 32 | size;
        }
    }

    /** An attempt of this number ended, with texts and a result of so many bytes. Beyond the bound the first one goes for it. */
    public void attemptEnded(int slot, long attempt, long resultBytes) {
        if (attempt <= Bounds.ATTEMPTS_MAX) {
            grow(slot, ATTEMPT_BYTES + resultBytes);
        }
    }

    /** The job was imported, or imported again, with so many more attempts. */
    public void attemptsImported(int slot, int attempts, long resultBytes) {
        grow(slot, (long) attempts * ATTEMPT_BYTES + resultBytes);
    }

    /** The job's image was written: it takes exactly so many bytes, with what it names in chunks. */
    public void imaged(int slot, long imageBytes) {
        grow(slot, imageBytes - of(slot));
    }

    void remove(int slot) {
        final int chunk = slot / CHUNK;
        if (chunk >= jobs.length) {
            jobs = Arrays.copyOf(jobs, Math.max(chunk + 1, 2 * jobs.length));
        }
        if (jobs[chunk] == null) {
            jobs[chunk] = new long[CHUNK];
        }
        if (has(slot)) {
            bytes[cycle(slot) - oldest] -= of(slot);
            total -= of(slot);
            jobs[chunk][slot % CHUNK] = 0;
        }
    }

    private long entry(int slot) {
        final int chunk = slot / CHUNK;
        return chunk < jobs.length && jobs[chunk] != null ? jobs[chunk][slot % CHUNK] : 0;
    }

    boolean has(int slot) {
        return entry(slot) != 0;
    }

    private long of(int slot) {
        return entry(slot) & BYTES_MASK;
    }

    private int cycle(int slot) {
        return (int) (entry(slot) >>> 32);
    }

    // ---- reads
    // --------------------------------------------------------------------------------------------------------------

    @Override
    public long total() {
        return total;
    }

    @Override
    public long through(int cycle) {
        long sum = 0;
        for (int i = 0; i <= cycle - oldest; i++) {
            sum += bytes[i];
        }
        return sum;
    }

    @Override
    public int nextThrough(int cycle, int from, int end) {
        int slot = from;
        while (slot < end) {
            final int chunk = slot / CHUNK;
            final int chunkEnd = Math.min(end, (chunk + 1) * CHUNK);
            final long[] entries = chunk < jobs.length ? jobs[chunk] : null;
            if (entries != null) {
                for (; slot < chunkEnd; slot++) {
                    final long entry = entries[slot % CHUNK];
                    if (entry != 0 && (int) (entry >>> 32) <= cycle) {
                        return slot;
                    }
                }
            }
            slot = chunkEnd;
        }
        return end;
    }

    /** Compares with what each job needs. Allocates. */
    void checkInvariants(JobView view) {
        final long[] sums = new long[cycles];
        long sum = 0;
        for (int slot = 0; slot < view.slotLimit(); slot++) {
            Invariant.check(view.isLive(slot) == has(slot), "live bytes of a job that is none, or none of one");
            if (has(slot)) {
                Invariant.check(
                        cycle(slot) == cycleOf(view.neededFrom(slot)), "a job needs another cycle than is noted");
                sums[cycle(slot) - oldest] += of(slot);
                sum += of(slot);
            }
        }
        Invariant.check(sum == total, "live bytes differ from their recount");
        Invariant.check(
                Arrays.equals(sums, Arrays.copyOf(bytes, cycles)), "live bytes of a cycle differ from their recount");
    }

    /** Bytes held here. */
    long bytes() {
        long held = 16L * firstPositions.length;
        for (long[] chunk : jobs) {
            held += chunk == null ? 8 : 8L * CHUNK;
        }
        return held;
    }
}
