package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import java.util.Arrays;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Live task leases, chained by worker. Deadlines, timer and session are volatile: not logged, not in the digest. Shard thread only.
 *
 * <pre>
 *    0 startedAtMs     8 requestIdHigh   16 requestIdLow   24 deadlineMs   32 session
 *   40 job            44 worker (name)   48 leaseMs        52 timer        56 previous   60 next (of the worker)
 *   64 cancelRequestedAtMs               72 runDeadlineMs
 * </pre>
 */
final class LeaseTable implements LeaseView {
    private static final int STARTED_AT_MS = 0;
    private static final int REQUEST_ID_HIGH = 8;
    private static final int REQUEST_ID_LOW = 16;
    private static final int DEADLINE_MS = 24;
    private static final int SESSION = 32;
    private static final int JOB = 40;
    private static final int WORKER = 44;
    private static final int LEASE_MS = 48;
    private static final int TIMER = 52;
    private static final int PREVIOUS = 56;
    private static final int NEXT = 60;
    private static final int CANCEL_REQUESTED_AT_MS = 64;
    private static final int RUN_DEADLINE_MS = 72;
    private static final int ROW_BYTES = 80;
    private static final int ROWS_PER_CHUNK = 4_096;

    private final RowSlab rows;
    private final NameTable workers;
    private final int workersMax;
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private int[] heads = new int[0];

    LeaseTable(long hashSeed, int leasesMax, int workersMax) {
        rows = new RowSlab(ROW_BYTES, ROWS_PER_CHUNK, leasesMax);
        workers = new NameTable(workersMax, hashSeed);
        this.workersMax = workersMax;
    }

    /** Whether so many more leases of one worker, perhaps a new one, find room. */
    boolean hasRoom(int count) {
        return rows.count() + count <= rows.rowsMax() && workers.count() < workersMax;
    }

    int insert(
            int job,
            DirectBuffer worker,
            int workerOffset,
            int workerLength,
            long startedAtMs,
            int leaseMs,
            long requestIdHigh,
            long requestIdLow) {
        final int lease = rows.allocate();
        final int name = workers.acquire(worker, workerOffset, workerLength);
        rows.putLong(lease, STARTED_AT_MS, startedAtMs);
        rows.putLong(lease, REQUEST_ID_HIGH, requestIdHigh);
        rows.putLong(lease, REQUEST_ID_LOW, requestIdLow);
        rows.putLong(lease, DEADLINE_MS, Long.MAX_VALUE);
        rows.putLong(lease, RUN_DEADLINE_MS, Long.MAX_VALUE);
        rows.putInt(lease, JOB, job);
        rows.putInt(lease, WORKER, name);
        rows.putInt(lease, LEASE_MS, leaseMs);
        rows.putInt(lease, TIMER, RowSlab.NULL_SLOT);
        rows.putInt(lease, PREVIOUS, RowSlab.NULL_SLOT);
        if (name >= heads.length) {
            grow(name);
        }
        final int head = heads[name];
        rows.putInt(lease, NEXT, head);
        if (head != RowSlab.NULL_SLOT) {
            rows.putInt(head, PREVIOUS, lease);
        }
        heads[name] = lease;
        return lease;
    }

    void remove(int lease) {
        final int previous = rows.getInt(lease, PREVIOUS);
        final int next = rows.getInt(lease, NEXT);
        final int name = rows.getInt(lease, WORKER);
        if (previous == RowSlab.NULL_SLOT) {
            heads[name] = next;
        } else {
            rows.putInt(previous, NEXT, next);
        }
        if (next != RowSlab.NULL_SLOT) {
            rows.putInt(next, PREVIOUS, previous);
        }
        workers.release(name);
        rows.free(lease);
    }

    /** The lease ends by {@code runDeadlineMs} (monotonic), whatever is renewed. */
    void runDeadline(int lease, long runDeadlineMs) {
        rows.putLong(lease, RUN_DEADLINE_MS, runDeadlineMs);
    }

    void cancelRequested(int lease, long atMs) {
        rows.putLong(lease, CANCEL_REQUESTED_AT_MS, atMs);
    }

    void renew(int lease, long deadlineMs, long session) {
        rows.putLong(lease, DEADLINE_MS, Math.min(deadlineMs, rows.getLong(lease, RUN_DEADLINE_MS)));
        rows.putLong(lease, SESSION, session);
    }

    int timer(int lease) {
        return rows.getInt(lease, TIMER);
    }

    void timer(int lease, int handle) {
        rows.putInt(lease, TIMER, handle);
    }

    @Override
    public int count() {
        return rows.count();
    }

    @Override
    public int job(int lease) {
        return rows.getInt(lease, JOB);
    }

    @Override
    public void wrapWorker(int lease, DirectBuffer target) {
        workers.wrap(rows.getInt(lease, WORKER), target);
    }

    @Override
    public boolean isWorker(int lease, DirectBuffer worker, int offset, int length) {
        wrapWorker(lease, view);
        if (view.capacity() != length) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            if (view.getByte(i) != worker.getByte(offset + i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public long startedAtMs(int lease) {
        return rows.getLong(lease, STARTED_AT_MS);
    }

    @Override
    public int leaseMs(int lease) {
        return rows.getInt(lease, LEASE_MS);
    }

    @Override
    public long requestIdHigh(int lease) {
        return rows.getLong(lease, REQUEST_ID_HIGH);
    }

    @Override
    public long requestIdLow(int lease) {
        return rows.getLong(lease, REQUEST_ID_LOW);
    }

    @Override
    public long deadlineMs(int lease) {
        return rows.getLong(lease, DEADLINE_MS);
    }

    @Override
    public long runDeadlineMs(int lease) {
        return rows.getLong(lease, RUN_DEADLINE_MS);
    }

    @Override
    public long cancelRequestedAtMs(int lease) {
        return rows.getLong(lease, CANCEL_REQUESTED_AT_MS);
    }

    @Override
    public long session(int lease) {
        return rows.getLong(lease, SESSION);
    }

    @Override
    public int firstOf(DirectBuffer worker, int offset, int length) {
        final int name = workers.find(worker, offset, length);
        return name < 0 ? RowSlab.NULL_SLOT : heads[name];
    }

    @Override
    public int nextOfWorker(int lease) {
        return rows.getInt(lease, NEXT);
    }

    /** Hash over logged fields, part of the job's. */
    long hash(int lease) {
        long h = Xxh64.mix(rows.getLong(lease, STARTED_AT_MS) + workers.hash(rows.getInt(lease, WORKER)));
        h = Xxh64.mix(h + rows.getLong(lease, REQUEST_ID_HIGH));
        h = Xxh64.mix(h + rows.getLong(lease, CANCEL_REQUESTED_AT_MS));
        return Xxh64.mix(h + rows.getLong(lease, REQUEST_ID_LOW) * 31 + rows.getInt(lease, LEASE_MS));
    }

    /** Live leases whose job passes. */
    int count(IntPredicate ofJob) {
        int count = 0;
        for (int lease = 0; lease < slotEnd(); lease++) {
            count += isLive(lease) && ofJob.test(job(lease)) ? 1 : 0;
        }
        return count;
    }

    /** Calls back for the row of every live lease, which the callback may remove. */
    void forEach(IntConsumer action) {
        for (int lease = 0; lease < rows.slotEnd(); lease++) {
            if (rows.isLive(lease)) {
                action.accept(lease);
            }
        }
    }

    int slotEnd() {
        return rows.slotEnd();
    }

    boolean isLive(int lease) {
        return rows.isLive(lease);
    }

    long bytes() {
        return rows.bytes() + workers.bytes() + (long) heads.length * Integer.BYTES;
    }

    void close() {
        rows.close();
        workers.close();
    }

    /** Workers are few (the bound is {@code workersMax}): the heads are one array, and a copy of it stays small. */
    private void grow(int name) {
        final int[] grown = Arrays.copyOf(heads, Math.max(64, Integer.highestOneBit(name) * 2));
        Arrays.fill(grown, heads.length, grown.length, RowSlab.NULL_SLOT);
        heads = grown;
    }
}
