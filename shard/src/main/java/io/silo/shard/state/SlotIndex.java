package io.silo.shard.state;

import java.util.Arrays;

/**
 * Finds slots by a 64-bit hash of their key, in segments that grow and split alone: no insertion moves more than one
 * segment, so none waits for a table of millions. The caller decides whether the key of a found slot is equal.
 *
 * <p>Extendible hashing (Fagin, Nievergelt, Pippenger, Strong 1979) over linear probing. The hash is folded to 32 bits;
 * the first 8 choose one of 256 directories, the next up to 16 an entry of it, and all of them, mixed, the place in the
 * segment:
 *
 * <pre>
 *   segment, a long array:  | split depth, 32 bits : entries, 32 bits | place 0 | place 1 | ... |
 *   place:                  | folded hash, 32 bits : slot + 1, 32 bits |   zero is empty
 * </pre>
 *
 * <p>A segment grows by a quarter when it is 13/16 full, until 1,024 places, then splits: its load stays between 0.65
 * and 0.82, so an entry takes 9.8 to 12.4 bytes and an unsuccessful search about 8 places in a row. Removal shifts the
 * entries behind it back, so there are no tombstones. Segments do not shrink: they are reused by what comes next.
 *
 * <p>The hash has to spread well. More than 832 keys that agree in 24 bits of it would outgrow a segment at its last
 * depth, which then grows beyond 1,024 places: chance does not do that, and keys that clients choose should be hashed
 * with a seed they do not know. Nothing is ever iterated, so no decision can depend on the order inside. Only the shard
 * thread may touch it.
 */
public final class SlotIndex {
    /** Says whether the key of {@code slot} is the one looked for. */
    @FunctionalInterface
    public interface KeyMatcher {
        boolean matches(int slot);
    }

    /** Returned when no (further) candidate has the hash. */
    public static final long NULL_CANDIDATE = -1;

    /** Places of a segment above which it splits instead of growing. */
    static final int PLACES_MAX = 1_024;

    private static final int PLACES_MIN = 8;
    private static final int ROOT_BITS = 8;
    /** Deepest directory under the root: its doubling copies at most 32,768 references. */
    private static final int DEPTH_MAX = 16;

    /** Stands where nothing was put yet: one place, empty, so that searches need no case of their own. */
    private static final long[] NO_SEGMENT = new long[2];

    private static final long[][] NO_DIRECTORY = {NO_SEGMENT};

    private final long[][][] directories = new long[1 << ROOT_BITS][][];
    private final byte[] directoryDepths = new byte[1 << ROOT_BITS];
    private long[][] touched = new long[0][];
    private int size;
    private long bytes;
    private int movedMax;

    public SlotIndex() {
        Arrays.fill(directories, NO_DIRECTORY);
    }

    /** The slot with this hash that {@code matcher} accepts, or {@link RowSlab#NULL_SLOT}. Does not allocate. */
    public int find(long hash, KeyMatcher matcher) {
        int key = fold(hash);
        long[] segment = segment(key);
        int places = segment.length - 1;
        for (int i = home(key, places); segment[i] != 0; i = next(i, places)) {
            if ((int) (segment[i] >>> 32) == key) {
                int slot = (int) segment[i] - 1;
                if (matcher.matches(slot)) {
                    return slot;
                }
            }
        }
        return RowSlab.NULL_SLOT;
    }

    /**
     * The first entry whose folded hash is that of {@code hash}, or {@link #NULL_CANDIDATE}; {@code (int) candidate} is
     * its slot. For callers that compare keys in their own loop:
     *
     * <pre>{@code
     * for (long c = index.firstCandidate(hash); c != NULL_CANDIDATE; c = index.nextCandidate(hash, c)) {
     *     if (isEqual((int) c)) return (int) c;
     * }
     * }</pre>
     */
    public long firstCandidate(long hash) {
        int key = fold(hash);
        long[] segment = segment(key);
        return candidateFrom(segment, key, home(key, segment.length - 1));
    }

    /** The entry after {@code candidate}; the index must not have changed since. */
    public long nextCandidate(long hash, long candidate) {
        int key = fold(hash);
        long[] segment = segment(key);
        return candidateFrom(segment, key, next((int) (candidate >>> 32), segment.length - 1));
    }

    /**
     * Reads the places where searches for the first {@code count} hashes begin. Their cache misses overlap, which those of the searches
     * do not: a third of an insertion into a table of millions is waiting. The two loops are as short as they are so that a processor
     * looks many turns ahead.
     *
     * @return what was read, of no meaning.
     */
    long touch(long[] hashes, int count) {
        if (touched.length < count) {
            touched = new long[count][];
        }
        for (int i = 0; i < count; i++) {
            touched[i] = segment(fold(hashes[i]));
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long[] segment = touched[i];
            sum += segment[0] + segment[home(fold(hashes[i]), segment.length - 1)];
        }
        return sum;
    }

    /**
     * Adds an entry; whether the key is there already is the caller's business.
     *
     * @param slot not negative.
     */
    public void put(long hash, int slot) {
        if (slot < 0) {
            throw new IllegalArgumentException("Expected to index a slot, but it is " + slot + ".");
        }
        int key = fold(hash);
        long[] segment = segment(key);
        if (segment.length == NO_SEGMENT.length) {
            segment = createFirst(key >>> (32 - ROOT_BITS));
        }
        int moved = 0;
        while (isFull(segment)) {
            moved += (int) segment[0];
            makeRoom(segment, key);
            segment = segment(key);
        }
        movedMax = Math.max(movedMax, moved);
        insert(segment, (long) key << 32 | (slot + 1 & 0xFFFFFFFFL));
        size++;
    }

    /** Takes the entry of {@code slot} out; false if there is none. */
    public boolean remove(long hash, int slot) {
        int key = fold(hash);
        long[] segment = segment(key);
        long entry = (long) key << 32 | (slot + 1 & 0xFFFFFFFFL);
        int places = segment.length - 1;
        int i = home(key, places);
        while (segment[i] != entry) {
            if (segment[i] == 0) {
                return false;
            }
            i = next(i, places);
        }
        closeGap(segment, i);
        segment[0]--;
        size--;
        return true;
    }

    /** Entries. */
    public int size() {
        return size;
    }

    /** Bytes of heap held by segments and directories, array headers included. */
    public long bytes() {
        return bytes + (16 + 4) * (1L << ROOT_BITS);
    }

    /** Most entries that one insertion has moved: its growth and splits together. */
    int movedMax() {
        return movedMax;
    }

    private static int fold(long hash) {
        return (int) (hash ^ hash >>> 32);
    }

    /**
     * Index of the place where a search begins. Fibonacci hashing: the leading bits, equal in a segment, must not
     * choose it.
     */
    private static int home(int key, int places) {
        return 1 + (int) ((key * 0x9E3779B1L & 0xFFFFFFFFL) * places >>> 32);
    }

    private static int next(int index, int places) {
        return index == places ? 1 : index + 1;
    }

    private static boolean isFull(long[] segment) {
        return (int) segment[0] >= ((segment.length - 1) * 13 >>> 4);
    }

    private static long candidateFrom(long[] segment, int key, int from) {
        int places = segment.length - 1;
        for (int i = from; segment[i] != 0; i = next(i, places)) {
            if ((int) (segment[i] >>> 32) == key) {
                return (long) i << 32 | ((int) segment[i] - 1);
            }
        }
        return NULL_CANDIDATE;
    }

    private static void insert(long[] segment, long entry) {
        int places = segment.length - 1;
        int i = home((int) (entry >>> 32), places);
        while (segment[i] != 0) {
            i = next(i, places);
        }
        segment[i] = entry;
        segment[0]++;
    }

    /** Moves back each entry behind the gap that a search would otherwise no longer reach. */
    private static void closeGap(long[] segment, int gap) {
        int places = segment.length - 1;
        int hole = gap;
        for (int i = next(hole, places); segment[i] != 0; i = next(i, places)) {
            int home = home((int) (segment[i] >>> 32), places);
            boolean reachable = hole < i ? home > hole && home <= i : home > hole || home <= i;
            if (!reachable) {
                segment[hole] = segment[i];
                hole = i;
            }
        }
        segment[hole] = 0;
    }

    private long[] segment(int key) {
        int root = key >>> (32 - ROOT_BITS);
        return directories[root][entry(key, directoryDepths[root])];
    }

    private static int entry(int key, int depth) {
        // Two shifts, because a shift by 32 would be none.
        return key << ROOT_BITS >>> 1 >>> (31 - depth);
    }

    private long[] createFirst(int root) {
        long[] segment = newSegment(PLACES_MIN, 0);
        directories[root] = new long[][] {segment};
        bytes += directoryBytes(0);
        return segment;
    }

    /** Lets the full segment grow, or splits it, with its directory if need be. */
    private void makeRoom(long[] segment, int key) {
        int root = key >>> (32 - ROOT_BITS);
        int places = segment.length - 1;
        int depth = (int) (segment[0] >>> 32);
        long[][] directory = directories[root];
        if (places < PLACES_MAX || depth == DEPTH_MAX) {
            int larger = places + Math.max(places >>> 2, 4);
            long[] grown = newSegment(places < PLACES_MAX ? Math.min(larger, PLACES_MAX) : larger, depth);
            for (int i = 1; i <= places; i++) {
                if (segment[i] != 0) {
                    insert(grown, segment[i]);
                }
            }
            bytes -= segmentBytes(places);
            replace(directory, entry(key, directoryDepths[root]), directoryDepths[root] - depth, grown, grown);
            return;
        }
        if (depth == directoryDepths[root]) {
            directory = doubleDirectory(root);
        }
        split(directory, segment, entry(key, directoryDepths[root]), directoryDepths[root] - depth);
    }

    private void split(long[][] directory, long[] segment, int entry, int spareBits) {
        int depth = (int) (segment[0] >>> 32);
        // The bit of the folded hash that comes after the root's and the segment's own.
        long side = 1L << (63 - ROOT_BITS - depth);
        int upper = 0;
        int count = (int) segment[0];
        for (int i = 1; i < segment.length; i++) {
            upper += (segment[i] & side) != 0 ? 1 : 0;
        }
        long[] low = newSegment(placesFor(count - upper), depth + 1);
        long[] high = newSegment(placesFor(upper), depth + 1);
        for (int i = 1; i < segment.length; i++) {
            if (segment[i] != 0) {
                insert((segment[i] & side) != 0 ? high : low, segment[i]);
            }
        }
        bytes -= segmentBytes(segment.length - 1);
        replace(directory, entry, spareBits, low, high);
    }

    /**
     * Puts two halves where the directory's entries of one segment are, {@code 1 << spareBits} of them around {@code
     * entry}.
     */
    private static void replace(long[][] directory, int entry, int spareBits, long[] low, long[] high) {
        int from = entry >>> spareBits << spareBits;
        int end = from + (1 << spareBits);
        int middle = (from + end) >>> 1;
        Arrays.fill(directory, from, middle, low);
        Arrays.fill(directory, middle, end, high);
    }

    private long[][] doubleDirectory(int root) {
        long[][] old = directories[root];
        long[][] doubled = new long[old.length * 2][];
        for (int i = 0; i < old.length; i++) {
            doubled[2 * i] = old[i];
            doubled[2 * i + 1] = old[i];
        }
        bytes += directoryBytes(directoryDepths[root] + 1) - directoryBytes(directoryDepths[root]);
        directories[root] = doubled;
        directoryDepths[root]++;
        return doubled;
    }

    /** Places for {@code count} entries at a load of 0.7, at most {@link #PLACES_MAX}. */
    private static int placesFor(int count) {
        return Math.min(Math.max(count * 10 / 7 + 1, PLACES_MIN), PLACES_MAX);
    }

    private long[] newSegment(int places, int depth) {
        bytes += segmentBytes(places);
        long[] segment = new long[places + 1];
        segment[0] = (long) depth << 32;
        return segment;
    }

    /** 16: the header of an array with compressed class pointers; 8: the segment's own. */
    private static long segmentBytes(int places) {
        return 16 + 8 + 8L * places;
    }

    /** 4: a reference below 32 GiB of heap. */
    private static long directoryBytes(int depth) {
        return 16 + (4L << depth);
    }
}
