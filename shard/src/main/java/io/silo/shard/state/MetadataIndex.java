package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Where jobs with a metadata entry are found: one row for each entry, which holds hashes and the beginning of the value. The texts
 * themselves are in the log, so who asks compares them. Entries of one tenant that are equal are chained, those of the job that came
 * last first. Follows from the definitions: it is in no digest. Shard thread only; does not allocate in steady state.
 *
 * <pre>
 *    0 slot of the job      4 next entry of the job (row + 1)     8 previous equal entry    12 next equal entry
 *   16 head of the value   24 hash of the key                    28 hash of the value
 * </pre>
 */
public final class MetadataIndex {
    /** Bytes of a value that its row holds. */
    public static final int HEAD_BYTES = Long.BYTES;

    private static final int SLOT = 0;
    private static final int NEXT_OF_JOB = 4;
    private static final int PREVIOUS = 8;
    private static final int NEXT = 12;
    private static final int HEAD = 16;
    private static final int KEY_HASH = 24;
    private static final int VALUE_HASH = 28;
    private static final int ROW_BYTES = 32;
    private static final int ROWS_PER_CHUNK = 4_096;

    /** 16 entries, the most that a job may have, for each of 16 M jobs. */
    private static final int ROWS_MAX = 1 << 28;

    /** First entries of jobs, by slot: a chunk is taken where one of its jobs has metadata. */
    private static final int FIRSTS_PER_CHUNK = 2_048;

    private static final int NULL = RowSlab.NULL_SLOT;

    private final JobView jobs;
    private final long hashSeed;
    private final RowSlab rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, ROWS_MAX);
    private final SlotIndex newest = new SlotIndex();
    private int[] @Nullable [] firsts = new int[0][];
    private long firstsBytes;

    MetadataIndex(JobView jobs, long hashSeed) {
        this.jobs = jobs;
        this.hashSeed = hashSeed;
    }

    /** Adds an entry of a job that was just inserted. */
    void add(int slot, DirectBuffer buffer, int keyOffset, int keyLength, int valueOffset, int valueLength) {
        final int keyHash = hash(buffer, keyOffset, keyLength);
        final int valueHash = hash(buffer, valueOffset, valueLength);
        final int head = newest(jobs.tenant(slot), keyHash, valueHash);
        final int row = rows.allocate();
        rows.putInt(row, SLOT, slot);
        rows.putInt(row, NEXT_OF_JOB, first(slot));
        rows.putInt(row, PREVIOUS, NULL);
        rows.putInt(row, NEXT, head);
        rows.putLong(row, HEAD, head(buffer, valueOffset, valueLength));
        rows.putInt(row, KEY_HASH, keyHash);
        rows.putInt(row, VALUE_HASH, valueHash);
        first(slot, row + 1);
        final long hash = hash(jobs.tenant(slot), keyHash, valueHash);
        if (head != NULL) {
            rows.putInt(head, PREVIOUS, row);
            newest.remove(hash, head);
        }
        newest.put(hash, row);
    }

    /** Removes the entries of a job, whose row still names its tenant. */
    void remove(int slot) {
        int entry = first(slot);
        if (entry == 0) {
            return;
        }
        first(slot, 0);
        while (entry != 0) {
            final int row = entry - 1;
            entry = rows.getInt(row, NEXT_OF_JOB);
            unchain(row, jobs.tenant(slot));
            rows.free(row);
        }
    }

    private void unchain(int row, int tenant) {
        final int previous = rows.getInt(row, PREVIOUS);
        final int next = rows.getInt(row, NEXT);
        if (next != NULL) {
            rows.putInt(next, PREVIOUS, previous);
        }
        if (previous != NULL) {
            rows.putInt(previous, NEXT, next);
            return;
        }
        final long hash = hash(tenant, rows.getInt(row, KEY_HASH), rows.getInt(row, VALUE_HASH));
        newest.remove(hash, row);
        if (next != NULL) {
            newest.put(hash, next);
        }
    }

    // ---- for scans
    // ------------------------------------------------------------------------------------------------------------

    /** Hash of a key or a value. */
    public int hash(DirectBuffer buffer, int offset, int length) {
        return (int) Xxh64.hash(buffer, offset, length, hashSeed);
    }

    /** The newest entry of a tenant with these hashes, or {@link RowSlab#NULL_SLOT}. */
    public int newest(int tenant, int keyHash, int valueHash) {
        final long hash = hash(tenant, keyHash, valueHash);
        for (long c = newest.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = newest.nextCandidate(hash, c)) {
            if (isOf((int) c, tenant, keyHash, valueHash)) {
                return (int) c;
            }
        }
        return NULL;
    }

    /** Whether an entry, which may be any int, is one of a tenant with these hashes. */
    public boolean isOf(int entry, int tenant, int keyHash, int valueHash) {
        return rows.isLive(entry)
                && rows.getInt(entry, KEY_HASH) == keyHash
                && rows.getInt(entry, VALUE_HASH) == valueHash
                && jobs.tenant(rows.getInt(entry, SLOT)) == tenant;
    }

    /** The equal entry that came before, or {@link RowSlab#NULL_SLOT}. */
    public int older(int entry) {
        return rows.getInt(entry, NEXT);
    }

    /** Slot of the job that has a live entry. */
    public int job(int entry) {
        return rows.getInt(entry, SLOT);
    }

    /** One past the highest entry ever used. */
    public int entryEnd() {
        return rows.slotEnd();
    }

    /**
     * Whether an entry lives, has this key and may begin with a text.
     *
     * @param head of the text, as {@link #head} makes it.
     * @param length of the text in bytes.
     */
    public boolean mayBegin(int entry, int keyHash, long head, int length) {
        if (!rows.isLive(entry) || rows.getInt(entry, KEY_HASH) != keyHash) {
            return false;
        }
        final int bits = Math.min(length, HEAD_BYTES) * Byte.SIZE;
        return bits == 0 || (rows.getLong(entry, HEAD) ^ head) >>> (Long.SIZE - bits) == 0;
    }

    /** The first {@value #HEAD_BYTES} bytes of a text, the first one highest, zeros behind a shorter one. */
    public static long head(DirectBuffer buffer, int offset, int length) {
        long head = 0;
        for (int i = 0; i < HEAD_BYTES; i++) {
            head = head << Byte.SIZE | (i < length ? buffer.getByte(offset + i) & 0xFF : 0);
        }
        return head;
    }

    // ---- rows
    // -----------------------------------------------------------------------------------------------------------------

    private static long hash(int tenant, int keyHash, int valueHash) {
        return Xxh64.mix(((long) keyHash << Integer.SIZE | valueHash & 0xFFFFFFFFL) + tenant * 0x9E3779B97F4A7C15L);
    }

    private int first(int slot) {
        final int chunk = slot / FIRSTS_PER_CHUNK;
        final int[] entries = chunk < firsts.length ? firsts[chunk] : null;
        return entries == null ? 0 : entries[slot % FIRSTS_PER_CHUNK];
    }

    private void first(int slot, int entry) {
        final int chunk = slot / FIRSTS_PER_CHUNK;
        if (chunk >= firsts.length) {
            firsts = Arrays.copyOf(firsts, Math.max(chunk + 1, firsts.length * 2));
        }
        int[] entries = firsts[chunk];
        if (entries == null) {
            entries = new int[FIRSTS_PER_CHUNK];
            firsts[chunk] = entries;
            firstsBytes += (long) FIRSTS_PER_CHUNK * Integer.BYTES;
        }
        entries[slot % FIRSTS_PER_CHUNK] = entry;
    }

    long bytes() {
        return rows.bytes() + newest.bytes() + firstsBytes;
    }

    void close() {
        rows.close();
        newest.close();
    }
}
