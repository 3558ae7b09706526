package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import io.silo.protocol.limit.RateLimitDecoder;
import java.util.function.IntToLongFunction;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Limits, one for each key of a tenant that a job names, and the claims that jobs have on them: one for each job and limit, in the order
 * in which the job names them. A claim that is held is a slot taken, by the job's lease. Which are held is logged; all else follows from
 * the jobs. A limit is one of concurrency, or the bucket of a rate limit: then nothing is held, and its key begins with
 * {@link RateBuckets#KEY_MARK}. Shard thread only; does not allocate in steady state.
 *
 * <pre>
 *   limit:   0 tenant (name)    4 key (BytesSlab ref)    8 holders (-1: a bucket)   12 references   16 first holder (claim), or the bucket
 *           20 first line      24 hash of the key       32 max that is set, or NO_MAX   36 max that was found out, or NO_MAX
 *   claim:   0 limit            4 max, or rate terms     8 next of the job          12 previous   16 next     20 job
 *            (of a floating limit the complement of its default)
 *           24 flags: bit 0 held; bits 1 to 31 the times it was passed over          28 line that it is in
 * </pre>
 *
 * <p>{@code previous} and {@code next} link the holders of a limit while the claim is held, and the candidates of a line while it is
 * not: a job is never both.
 */
final class LimitTable {
    /** No claim. Claims of a job are named by their row plus 1, so that a fresh row of a job, which is all zero, has none. */
    static final int NONE = 0;

    /** No maximum is set: each job's own counts. */
    static final int NO_MAX = -1;

    private static final int NULL = RowSlab.NULL_SLOT;

    private static final int TENANT = 0;
    private static final int KEY = 4;
    private static final int HOLDERS = 8;
    private static final int REFERENCES = 12;
    private static final int FIRST_HOLDER = 16;
    private static final int FIRST_LINE = 20;
    private static final int KEY_HASH = 24;
    private static final int SET_MAX = 32;
    private static final int FLOATING_MAX = 36;
    private static final int LIMIT_BYTES = 40;
    private static final int LIMITS_PER_CHUNK = 1_024;

    private static final int LIMIT = 0;
    private static final int MAX = 4;
    private static final int NEXT_OF_JOB = 8;
    private static final int PREVIOUS = 12;
    private static final int NEXT = 16;
    private static final int JOB = 20;
    private static final int FLAGS = 24;
    private static final int LINE = 28;
    private static final int CLAIM_BYTES = 32;
    private static final int CLAIMS_PER_CHUNK = 2_048;
    private static final int IS_HELD = 1;

    /** Terms of rate limits that differ: an application has a few, or one for each of its customers. */
    private static final int RATE_TERMS_MAX = 1 << 20;

    private static final int IS_BUCKET = -1;

    private final RowSlab limits;
    private final RowSlab claims;
    private final BytesSlab keys;
    private final RateTerms terms;
    private final SlotIndex byKey = new SlotIndex();
    private final UnsafeBuffer keyView = new UnsafeBuffer(0, 0);
    private final long hashSeed;
    private IntToLongFunction jobKeys = job -> job;
    private long digest;

    LimitTable(long hashSeed, int limitsMax, int claimsMax, long keyBytesMax) {
        this.hashSeed = hashSeed;
        limits = new RowSlab(LIMIT_BYTES, LIMITS_PER_CHUNK, limitsMax);
        claims = new RowSlab(CLAIM_BYTES, CLAIMS_PER_CHUNK, claimsMax);
        keys = new BytesSlab(keyBytesMax);
        terms = new RateTerms(Math.min(claimsMax, RATE_TERMS_MAX));
    }

    /** @param byJob key of a job, by its slot: the digest must not go by slots. */
    void jobKeys(IntToLongFunction byJob) {
        jobKeys = byJob;
    }

    /** Whether so many more claims find room, each perhaps on a limit that is new. */
    boolean hasRoom(int count) {
        return limits.count() + count <= limits.rowsMax()
                && claims.count() + count <= claims.rowsMax()
                && terms.hasRoom(count)
                && keys.canAdd(BytesSlab.LENGTH_MAX);
    }

    // ---- claims of a job
    // ----------------------------------------------------------------------------------------------------

    /**
     * Adds a claim behind the others of a job. One key named twice is one claim, by the smaller maximum.
     *
     * @param first claim of the job, or {@link #NONE}.
     * @param isFloating {@code max} counts until workers found another one out.
     * @return the first claim.
     */
    int addClaim(
            int first,
            int job,
            int tenant,
            DirectBuffer key,
            int keyOffset,
            int keyLength,
            int max,
            boolean isFloating) {
        final int limit = acquire(tenant, key, keyOffset, keyLength);
        int last = NONE;
        for (int claim = first; claim != NONE; claim = next(claim)) {
            if (limit(claim) == limit) {
                final int smaller = Math.min(max, ownMax(claim));
                claims.putInt(claim - 1, MAX, isFloating(claim) ? ~smaller : smaller);
                release(limit);
                return first;
            }
            last = claim;
        }
        return addClaim(first, last, job, limit, isFloating ? ~max : max);
    }

    /**
     * Adds a claim on the bucket of a rate limit.
     *
     * @param key as {@link RateBuckets} makes it; the job does not name it yet.
     */
    int addRateClaim(int first, int job, int tenant, DirectBuffer key, int keyLength, RateLimitDecoder rate) {
        final int limit = acquireBucket(tenant, key, keyLength);
        int last = first;
        while (last != NONE && next(last) != NONE) {
            last = next(last);
        }
        return addClaim(first, last, job, limit, terms.acquire(rate));
    }

    /** The limit that stands for a bucket, with one more reference. */
    int acquireBucket(int tenant, DirectBuffer key, int keyLength) {
        final int limit = acquire(tenant, key, 0, keyLength);
        if (!isBucket(limit)) {
            limits.putInt(limit, HOLDERS, IS_BUCKET);
        }
        return limit;
    }

    private int addClaim(int first, int last, int job, int limit, int max) {
        final int row = claims.allocate();
        claims.putInt(row, LIMIT, limit);
        claims.putInt(row, MAX, max);
        claims.putInt(row, JOB, job);
        claims.putInt(row, PREVIOUS, NULL);
        claims.putInt(row, NEXT, NULL);
        if (last != NONE) {
            claims.putInt(last - 1, NEXT_OF_JOB, row + 1);
        }
        return last == NONE ? row + 1 : first;
    }

    /** Gives the claims of a job back, none of which is held or waits. */
    void removeClaims(int first) {
        int claim = first;
        while (claim != NONE) {
            final int next = next(claim);
            if (isRate(claim)) {
                terms.release(terms(claim));
            }
            release(limit(claim));
            claims.free(claim - 1);
            claim = next;
        }
    }

    /** The claim behind this one of the same job, or {@link #NONE}. */
    int next(int claim) {
        return claims.getInt(claim - 1, NEXT_OF_JOB);
    }

    int limit(int claim) {
        return claims.getInt(claim - 1, LIMIT);
    }

    /** Holders beyond which this claim is not held, as its job asks for it; not of a rate limit. */
    int ownMax(int claim) {
        final int max = claims.getInt(claim - 1, MAX);
        return max < 0 ? ~max : max;
    }

    /** Whether this is a claim on a floating limit. */
    boolean isFloating(int claim) {
        return claims.getInt(claim - 1, MAX) < 0 && !isRate(claim);
    }

    /** Holders beyond which this claim is not held: what is set for the key, else what was found out, else {@link #ownMax}. */
    int max(int claim) {
        // [SILO-MAX-1] [SILO-MAX-2]
        final int limit = limit(claim);
        final int set = setMax(limit);
        if (set != NO_MAX) {
            return set;
        }
        final int max = claims.getInt(claim - 1, MAX);
        if (max >= 0) {
            return max;
        }
        final int found = floatingMax(limit);
        return found == NO_MAX ? ~max : found;
    }

    /** Whether this is a claim on the bucket of a rate limit. */
    boolean isRate(int claim) {
        return isBucket(limit(claim));
    }

    /** Terms of a claim on a bucket. */
    int terms(int claim) {
        return claims.getInt(claim - 1, MAX);
    }

    RateTerms rateTerms() {
        return terms;
    }

    int job(int claim) {
        return claims.getInt(claim - 1, JOB);
    }

    boolean isHeld(int claim) {
        return (claims.getInt(claim - 1, FLAGS) & IS_HELD) != 0;
    }

    /** Times that the job was passed over since it began to wait here. Volatile. */
    int passes(int claim) {
        return claims.getInt(claim - 1, FLAGS) >>> 1;
    }

    void passes(int claim, int count) {
        claims.putInt(claim - 1, FLAGS, count << 1 | claims.getInt(claim - 1, FLAGS) & IS_HELD);
    }

    /** A bit for each claim of a job that a lease can hold. */
    int bits(int first) {
        int bits = 0;
        int bit = 1;
        for (int claim = first; claim != NONE; claim = next(claim)) {
            bits |= isRate(claim) ? 0 : bit;
            bit <<= 1;
        }
        return bits;
    }

    /** Those that are held. */
    int heldBits(int first) {
        int bits = 0;
        int bit = 1;
        for (int claim = first; claim != NONE; claim = next(claim)) {
            bits |= isHeld(claim) ? bit : 0;
            bit <<= 1;
        }
        return bits;
    }

    /** Hash over what a job asks for. */
    long hash(int first) {
        long hash = 0;
        for (int claim = first; claim != NONE; claim = next(claim)) {
            hash = Xxh64.mix(hash
                    + limits.getLong(limit(claim), KEY_HASH)
                    + (isRate(claim) ? terms.hash(terms(claim)) : claims.getInt(claim - 1, MAX)));
        }
        return hash;
    }

    // ---- holders
    // ------------------------------------------------------------------------------------------------------------

    /** The lease of a job takes the slots of those of its claims that have a bit set. */
    void hold(int first, int bits) {
        int left = bits;
        for (int claim = first; claim != NONE; claim = next(claim)) {
            if ((left & 1) != 0) {
                hold(claim);
            }
            left >>>= 1;
        }
        Invariant.check(left == 0, "a lease takes slots of limits that its job does not name");
    }

    private void hold(int claim) {
        Invariant.check(!isHeld(claim) && !isRate(claim), "a slot is taken twice, or of a bucket");
        final int limit = limit(claim);
        claims.putInt(claim - 1, FLAGS, IS_HELD);
        limits.putInt(limit, HOLDERS, holders(limit) + 1);
        final int head = limits.getInt(limit, FIRST_HOLDER);
        claims.putInt(claim - 1, PREVIOUS, NULL);
        claims.putInt(claim - 1, NEXT, head);
        if (head != NULL) {
            claims.putInt(head - 1, PREVIOUS, claim);
        }
        limits.putInt(limit, FIRST_HOLDER, claim);
        digest += holdHash(claim);
    }

    /** The slot of a claim that is held is free again. */
    void unhold(int claim) {
        Invariant.check(isHeld(claim), "a slot is given back that was not taken");
        final int limit = limit(claim);
        final int previous = claims.getInt(claim - 1, PREVIOUS);
        final int next = claims.getInt(claim - 1, NEXT);
        if (previous == NULL) {
            limits.putInt(limit, FIRST_HOLDER, next);
        } else {
            claims.putInt(previous - 1, NEXT, next);
        }
        if (next != NULL) {
            claims.putInt(next - 1, PREVIOUS, previous);
        }
        claims.putInt(claim - 1, FLAGS, 0);
        limits.putInt(limit, HOLDERS, holders(limit) - 1);
        digest -= holdHash(claim);
    }

    private long holdHash(int claim) {
        return Xxh64.mix(limits.getLong(limit(claim), KEY_HASH) + jobKeys.applyAsLong(job(claim)));
    }

    /** Sum over what is held. */
    long digest() {
        return digest;
    }

    /** The digest from scratch. */
    long recountDigest() {
        long sum = 0;
        final int end = claims.slotEnd();
        for (int row = claims.nextLive(0, end); row != NULL; row = claims.nextLive(row + 1, end)) {
            sum += isHeld(row + 1) ? holdHash(row + 1) : 0;
        }
        return sum;
    }

    /** Whether the limit stands for the bucket of a rate limit. */
    boolean isBucket(int limit) {
        return limits.getInt(limit, HOLDERS) == IS_BUCKET;
    }

    /** Row of the bucket in {@link RateBuckets}, or {@link RowSlab#NULL_SLOT} if it is full. */
    int bucket(int limit) {
        return limits.getInt(limit, FIRST_HOLDER);
    }

    void bucket(int limit, int row) {
        limits.putInt(limit, FIRST_HOLDER, row);
    }

    /** Leases that hold a slot. */
    int holders(int limit) {
        return Math.max(0, limits.getInt(limit, HOLDERS));
    }

    /** The claim that was held last, or {@link RowSlab#NULL_SLOT}; not of a bucket. */
    int firstHolder(int limit) {
        return limits.getInt(limit, FIRST_HOLDER);
    }

    /** The holder before, or {@link RowSlab#NULL_SLOT}. */
    int nextHolder(int claim) {
        return claims.getInt(claim - 1, NEXT);
    }

    // ---- for the lines
    // ------------------------------------------------------------------------------------------------------

    /** The line that the claim's job is a candidate of, or waits in, by this claim. */
    int line(int claim) {
        return claims.getInt(claim - 1, LINE);
    }

    void line(int claim, int line) {
        claims.putInt(claim - 1, LINE, line);
    }

    int previousCandidate(int claim) {
        return claims.getInt(claim - 1, PREVIOUS);
    }

    int nextCandidate(int claim) {
        return claims.getInt(claim - 1, NEXT);
    }

    void linkCandidate(int claim, int previous, int next) {
        claims.putInt(claim - 1, PREVIOUS, previous);
        claims.putInt(claim - 1, NEXT, next);
        if (previous != NULL) {
            claims.putInt(previous - 1, NEXT, claim);
        }
        if (next != NULL) {
            claims.putInt(next - 1, PREVIOUS, claim);
        }
    }

    void unlinkCandidate(int claim) {
        final int previous = previousCandidate(claim);
        final int next = nextCandidate(claim);
        if (previous != NULL) {
            claims.putInt(previous - 1, NEXT, next);
        }
        if (next != NULL) {
            claims.putInt(next - 1, PREVIOUS, previous);
        }
        claims.putInt(claim - 1, PREVIOUS, NULL);
        claims.putInt(claim - 1, NEXT, NULL);
    }

    /** First line of tasks that wait for the limit, or {@link RowSlab#NULL_SLOT}. */
    int firstLine(int limit) {
        return limits.getInt(limit, FIRST_LINE);
    }

    /** A line keeps its limit: {@link #hold} and the like may still speak of it when no job does. */
    void firstLine(int limit, int line) {
        limits.putInt(limit, FIRST_LINE, line);
    }

    void retain(int limit) {
        limits.putInt(limit, REFERENCES, limits.getInt(limit, REFERENCES) + 1);
    }

    /** Lets a reference go, and with the last the limit. */
    void release(int limit) {
        final int references = limits.getInt(limit, REFERENCES) - 1;
        limits.putInt(limit, REFERENCES, references);
        if (references == 0) {
            Invariant.check(
                    limits.getInt(limit, HOLDERS) <= 0
                            && limits.getInt(limit, FIRST_HOLDER) == NULL
                            && firstLine(limit) == NULL,
                    "a limit that is in use goes");
            final int key = limits.getInt(limit, KEY);
            keys.wrap(key, keyView);
            final long hash = hash(limits.getInt(limit, TENANT), keyView, 0, keyView.capacity());
            final boolean isRemoved = byKey.remove(hash, limit);
            assert isRemoved : "limit " + limit + " was not indexed";
            keys.remove(key);
            limits.free(limit);
        }
    }

    // ---- limits
    // -------------------------------------------------------------------------------------------------------------

    /** The limit of a tenant's key, or {@link RowSlab#NULL_SLOT}. */
    int find(int tenant, DirectBuffer key, int keyOffset, int keyLength) {
        final long hash = hash(tenant, key, keyOffset, keyLength);
        for (long c = byKey.firstCandidate(hash); c != SlotIndex.NULL_CANDIDATE; c = byKey.nextCandidate(hash, c)) {
            final int limit = (int) c;
            if (limits.getInt(limit, TENANT) == tenant
                    && keys.equals(limits.getInt(limit, KEY), key, keyOffset, keyLength)) {
                return limit;
            }
        }
        return NULL;
    }

    void wrapKey(int limit, DirectBuffer view) {
        keys.wrap(limits.getInt(limit, KEY), view);
    }

    /** Maximum in place of each job's own, or {@link #NO_MAX}. */
    int setMax(int limit) {
        return limits.getInt(limit, SET_MAX);
    }

    void setMax(int limit, int max) {
        limits.putInt(limit, SET_MAX, max);
    }

    /** Maximum that workers found out for jobs that name this as a floating limit, or {@link #NO_MAX}. */
    int floatingMax(int limit) {
        return limits.getInt(limit, FLOATING_MAX);
    }

    void floatingMax(int limit, int max) {
        limits.putInt(limit, FLOATING_MAX, max);
    }

    /** {@link Xxh64} of the key, seed 0. */
    long keyHash(int limit) {
        return limits.getLong(limit, KEY_HASH);
    }

    int tenant(int limit) {
        return limits.getInt(limit, TENANT);
    }

    /** Limits that a job names, a line is of or somebody set. */
    int count() {
        return limits.count();
    }

    int claimCount() {
        return claims.count();
    }

    /** One past the highest limit. */
    int limitEnd() {
        return limits.slotEnd();
    }

    boolean isLive(int limit) {
        return limits.isLive(limit);
    }

    long bytes() {
        return limits.bytes() + claims.bytes() + keys.bytes() + terms.bytes() + byKey.bytes();
    }

    void close() {
        limits.close();
        claims.close();
        keys.close();
        terms.close();
        byKey.close();
    }

    /** The limit of a tenant's key, with one more reference. */
    int acquire(int tenant, DirectBuffer key, int keyOffset, int keyLength) {
        int limit = find(tenant, key, keyOffset, keyLength);
        if (limit == NULL) {
            limit = limits.allocate();
            limits.putInt(limit, TENANT, tenant);
            limits.putInt(limit, KEY, keys.add(key, keyOffset, keyLength));
            limits.putInt(limit, FIRST_HOLDER, NULL);
            limits.putInt(limit, FIRST_LINE, NULL);
            limits.putInt(limit, SET_MAX, NO_MAX);
            limits.putInt(limit, FLOATING_MAX, NO_MAX);
            limits.putLong(limit, KEY_HASH, Xxh64.hash(key, keyOffset, keyLength));
            byKey.put(hash(tenant, key, keyOffset, keyLength), limit);
        }
        retain(limit);
        return limit;
    }

    private long hash(int tenant, DirectBuffer key, int keyOffset, int keyLength) {
        return Xxh64.mix(Xxh64.hash(key, keyOffset, keyLength, hashSeed) + tenant * 0x9E3779B97F4A7C15L);
    }
}
