package io.silo.shard.state;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.agrona.BufferUtil;
import org.agrona.UnsafeApi;

/**
 * Finds slots by a 64-bit hash of their key, in off-heap segments that grow and split alone: no insertion moves more than one
 * segment, so none waits for a table of millions. The caller decides whether the key of a found slot is equal.
 *
 * <p>Extendible hashing (Fagin, Nievergelt, Pippenger, Strong 1979) over linear probing. The hash is folded to 32 bits;
 * the first 12 choose one of 64 directories, the next up to 16 an entry of it, and all of them, mixed, the place in the
 * segment:
 *
 * <pre>
 *   segment, in words:  | split depth, 8 bits : words, 24 bits : entries, 32 bits | place 1 | place 2 | ... |
 *   place:              | folded hash, 32 bits : slot + 1, 32 bits |   zero is empty
 * </pre>
 *
 * <p>A segment goes to the next size of {@link SegmentPool} when it is 13/16 full, until 1,024 words, then splits: its load stays
 * between 0.6 and 0.82, so an entry takes 10 to 12 bytes and an unsuccessful search about 8 places in a row. The directories have shares
 * of the keys from 1 to 2, each a little more than the one before: with equal ones all segments would grow at once, and what they leave
 * would be of a size that nobody wants again. So an index of a million entries holds a tenth more than its segments, one of 20,000 as much
 * again. Removal shifts the entries behind it back, so there are no tombstones. Segments do not shrink: they are reused by what comes next.
 *
 * <p>The hash has to spread well. More than 832 keys that agree in 28 bits of it would outgrow a segment at its last
 * depth, which then grows beyond 1,024 words: chance does not do that, and keys that clients choose should be hashed
 * with a seed they do not know. Nothing is ever iterated, so no decision can depend on the order inside. Only the shard
 * thread may touch it. An index that is not closed leaves its memory to the collector.
 */
public final class SlotIndex implements AutoCloseable {
    /** Says whether the key of {@code slot} is the one looked for. */
    @FunctionalInterface
    public interface KeyMatcher {
        boolean matches(int slot);
    }

    /** Returned when no (further) candidate has the hash. */
    public static final long NULL_CANDIDATE = -1;

    /** Entries that one insertion moves at most, unless a segment is at its last depth. */
    static final int PLACES_MAX = SegmentPool.WORDS_MAX - 1;

    private static final int ROOTS = 64;
    private static final int ROOT_BITS = 12;

    /** Deepest directory under the root: its doubling copies at most 32,768 addresses. */
    private static final int DEPTH_MAX = 16;

    private static final int DEPTH_SHIFT = 56;
    private static final int WORDS_MASK = 0xFF_FFFF;

    /** By the first bits of a folded hash: its root. */
    private static final byte[] ROOT_OF = rootOf();

    /** Stands where nothing was put yet: one place, empty, so that searches need no case of their own. */
    private static final ByteBuffer NO_SEGMENT_MEMORY = ByteBuffer.allocateDirect(3 * Long.BYTES);

    private static final long NO_SEGMENT = noSegment();

    private static final long[] NO_DIRECTORY = {NO_SEGMENT};

    private final long[][] directories = new long[ROOTS][];
    private final byte[] directoryDepths = new byte[ROOTS];
    private final SegmentPool pool = new SegmentPool();
    private long[] touched = new long[0];
    private int size;
    private long directoriesBytes;
    private int movedMax;

    public SlotIndex() {
        Arrays.fill(directories, NO_DIRECTORY);
    }

    /** Roots as wide as powers of 2 from 0 to 1, in even steps. */
    private static byte[] rootOf() {
        final byte[] rootOf = new byte[1 << ROOT_BITS];
        double whole = 0;
        for (int root = 0; root < ROOTS; root++) {
            whole += StrictMath.pow(2, (double) root / ROOTS);
        }
        double until = 0;
        int from = 0;
        for (int root = 0; root < ROOTS; root++) {
            until += StrictMath.pow(2, (double) root / ROOTS) / whole;
            final int end = root == ROOTS - 1 ? rootOf.length : (int) (until * rootOf.length);
            Arrays.fill(rootOf, from, end, (byte) root);
            from = end;
        }
        return rootOf;
    }

    private static long noSegment() {
        final long address = BufferUtil.address(NO_SEGMENT_MEMORY);
        UnsafeApi.putLong(address, header(0, 2));
        return address;
    }

    /** The slot with this hash that {@code matcher} accepts, or {@link RowSlab#NULL_SLOT}. Does not allocate. */
    public int find(long hash, KeyMatcher matcher) {
        int key = fold(hash);
        long segment = segment(key);
        int places = places(segment);
        int i = home(key, places);
        for (long entry = get(segment, i); entry != 0; entry = get(segment, i)) {
            if ((int) (entry >>> 32) == key) {
                int slot = (int) entry - 1;
                if (matcher.matches(slot)) {
                    return slot;
                }
            }
            i = next(i, places);
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
        long segment = segment(key);
        return candidateFrom(segment, key, home(key, places(segment)));
    }

    /** The entry after {@code candidate}; the index must not have changed since. */
    public long nextCandidate(long hash, long candidate) {
        int key = fold(hash);
        long segment = segment(key);
        return candidateFrom(segment, key, next((int) (candidate >>> 32), places(segment)));
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
            touched = new long[count];
        }
        for (int i = 0; i < count; i++) {
            touched[i] = segment(fold(hashes[i]));
        }
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long segment = touched[i];
            sum += get(segment, home(fold(hashes[i]), places(segment)));
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
        long segment = segment(key);
        if (segment == NO_SEGMENT) {
            segment = createFirst(root(key));
        }
        int moved = 0;
        while (isFull(segment)) {
            moved += count(segment);
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
        long segment = segment(key);
        long entry = (long) key << 32 | (slot + 1 & 0xFFFFFFFFL);
        int places = places(segment);
        int i = home(key, places);
        for (long found = get(segment, i); found != entry; found = get(segment, i)) {
            if (found == 0) {
                return false;
            }
            i = next(i, places);
        }
        closeGap(segment, i);
        set(segment, 0, get(segment, 0) - 1);
        size--;
        return true;
    }

    /** Entries. */
    public int size() {
        return size;
    }

    /** Bytes held by segments, off-heap and with those that are free, and by directories. */
    public long bytes() {
        return pool.bytes() + directoriesBytes + (16 + 4) * (long) ROOTS;
    }

    /** Gives all memory back; the index is empty afterwards and may be used again. */
    @Override
    public void close() {
        Arrays.fill(directories, NO_DIRECTORY);
        Arrays.fill(directoryDepths, (byte) 0);
        directoriesBytes = 0;
        size = 0;
        pool.close();
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

    /** The word of a segment: 0 its header, from 1 its places. */
    private static long get(long segment, int word) {
        assert word >= 0 && word <= places(segment) : "word " + word + " of " + places(segment);
        return UnsafeApi.getLong(segment + ((long) word << 3));
    }

    private static void set(long segment, int word, long value) {
        assert word >= 0 && word <= places(segment) : "word " + word + " of " + places(segment);
        UnsafeApi.putLong(segment + ((long) word << 3), value);
    }

    private static long header(int depth, int words) {
        return (long) depth << DEPTH_SHIFT | (long) words << 32;
    }

    private static int words(long segment) {
        return (int) (UnsafeApi.getLong(segment) >>> 32) & WORDS_MASK;
    }

    private static int places(long segment) {
        return words(segment) - 1;
    }

    private static int count(long segment) {
        return (int) UnsafeApi.getLong(segment);
    }

    private static int depth(long segment) {
        return (int) (UnsafeApi.getLong(segment) >>> DEPTH_SHIFT);
    }

    private static boolean isFull(long segment) {
        return count(segment) >= places(segment) * 13 >>> 4;
    }

    private static long candidateFrom(long segment, int key, int from) {
        int places = places(segment);
        int i = from;
        for (long entry = get(segment, i); entry != 0; entry = get(segment, i)) {
            if ((int) (entry >>> 32) == key) {
                return (long) i << 32 | ((int) entry - 1);
            }
            i = next(i, places);
        }
        return NULL_CANDIDATE;
    }

    private static void insert(long segment, long entry) {
        int places = places(segment);
        int i = home((int) (entry >>> 32), places);
        while (get(segment, i) != 0) {
            i = next(i, places);
        }
        set(segment, i, entry);
        set(segment, 0, get(segment, 0) + 1);
    }

    /** Moves back each entry behind the gap that a search would otherwise no longer reach. */
    private static void closeGap(long segment, int gap) {
        int places = places(segment);
        int hole = gap;
        int i = next(hole, places);
        for (long entry = get(segment, i); entry != 0; entry = get(segment, i)) {
            int home = home((int) (entry >>> 32), places);
            boolean reachable = hole < i ? home > hole && home <= i : home > hole || home <= i;
            if (!reachable) {
                set(segment, hole, entry);
                hole = i;
            }
            i = next(i, places);
        }
        set(segment, hole, 0);
    }

    private static int root(int key) {
        return ROOT_OF[key >>> (32 - ROOT_BITS)];
    }

    private long segment(int key) {
        int root = root(key);
        return directories[root][entry(key, directoryDepths[root])];
    }

    private static int entry(int key, int depth) {
        // Two shifts, because a shift by 32 would be none.
        return key << ROOT_BITS >>> 1 >>> (31 - depth);
    }

    private long createFirst(int root) {
        long segment = newSegment(SegmentPool.WORDS_MIN, 0);
        directories[root] = new long[] {segment};
        directoriesBytes += directoryBytes(0);
        return segment;
    }

    /** Lets the full segment grow, or splits it, with its directory if need be. */
    private void makeRoom(long segment, int key) {
        int root = root(key);
        int words = words(segment);
        int depth = depth(segment);
        if (words < SegmentPool.WORDS_MAX || depth == DEPTH_MAX) {
            long grown = newSegment(SegmentPool.larger(words), depth);
            for (int i = 1; i < words; i++) {
                long entry = get(segment, i);
                if (entry != 0) {
                    insert(grown, entry);
                }
            }
            replace(root, entry(key, directoryDepths[root]), depth, grown, grown);
        } else {
            if (depth == directoryDepths[root]) {
                doubleDirectory(root);
            }
            split(segment, root, entry(key, directoryDepths[root]));
        }
        pool.free(segment, words);
    }

    private void split(long segment, int root, int entry) {
        int depth = depth(segment);
        // The bit of the folded hash that comes after the root's and the segment's own.
        long side = 1L << (63 - ROOT_BITS - depth);
        int places = places(segment);
        int count = count(segment);
        int upper = 0;
        for (int i = 1; i <= places; i++) {
            upper += (get(segment, i) & side) != 0 ? 1 : 0;
        }
        long low = newSegment(wordsFor(count - upper), depth + 1);
        long high = newSegment(wordsFor(upper), depth + 1);
        for (int i = 1; i <= places; i++) {
            long moving = get(segment, i);
            if (moving != 0) {
                insert((moving & side) != 0 ? high : low, moving);
            }
        }
        replace(root, entry, depth, low, high);
    }

    /** Puts two halves where the directory's entries of one segment are, all around {@code entry} that agree in its depth. */
    private void replace(int root, int entry, int depth, long low, long high) {
        int spareBits = directoryDepths[root] - depth;
        int from = entry >>> spareBits << spareBits;
        int end = from + (1 << spareBits);
        int middle = (from + end) >>> 1;
        Arrays.fill(directories[root], from, middle, low);
        Arrays.fill(directories[root], middle, end, high);
    }

    private void doubleDirectory(int root) {
        long[] old = directories[root];
        long[] doubled = new long[old.length * 2];
        for (int i = 0; i < old.length; i++) {
            doubled[2 * i] = old[i];
            doubled[2 * i + 1] = old[i];
        }
        directoriesBytes += directoryBytes(directoryDepths[root] + 1) - directoryBytes(directoryDepths[root]);
        directories[root] = doubled;
        directoryDepths[root]++;
    }

    /** The smallest size in which {@code count} entries have a load of at most 0.7, or the largest one. */
    private static int wordsFor(int count) {
        int words = SegmentPool.WORDS_MIN;
        while (words < SegmentPool.WORDS_MAX && count * 10 > (words - 1) * 7) {
            words = SegmentPool.larger(words);
        }
        return words;
    }

    private long newSegment(int words, int depth) {
        long segment = pool.allocate(words);
        UnsafeApi.putLong(segment, header(depth, words));
        return segment;
    }

    /** 16: the header of an array with compressed class pointers. */
    private static long directoryBytes(int depth) {
        return 16 + (8L << depth);
    }
}
