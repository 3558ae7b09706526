package io.silo.log;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/** Settings of an {@link EventLog} and its store. Filled once, then only read; sharable by the logs of a process. */
public final class EventLogContext {
    /** Bytes of a cycle at which it is rolled (design: 128 MiB). */
    public static final long CYCLE_BYTES_DEFAULT = 128L * 1024 * 1024;

    /** Smallest setting: below, cycles hold little but their own framing. */
    public static final long CYCLE_BYTES_MIN = 64L * 1024;

    /** Largest setting: the in-memory index keeps file offsets as 4-byte units in an int, and file blocks stay mappable. */
    public static final long CYCLE_BYTES_MAX = 1024L * 1024 * 1024;

    /** Bytes of recently appended records kept in memory: about 50,000 enqueues of 256 bytes. */
    public static final int TAIL_CACHE_BYTES_DEFAULT = 16 * 1024 * 1024;

    /** Idle time after which the durable mark is renewed (design: within 100 ms). */
    public static final long MARK_IDLE_NS_DEFAULT = TimeUnit.MILLISECONDS.toNanos(100);

    /** Age at which bytes that were only appended are synced (design: 50 ms). */
    public static final long APPENDED_SYNC_DELAY_NS_DEFAULT = TimeUnit.MILLISECONDS.toNanos(50);

    /** Count at which bytes that were only appended are synced (design: 8 MiB). */
    public static final long APPENDED_SYNC_BYTES_DEFAULT = 8L * 1024 * 1024;

    /** Free space below which no new work is taken: the floor and a reserve of two cycles, one in use and one ahead. */
    public static final long LOW_WATER_BYTES_DEFAULT = 320L * 1024 * 1024;

    /** Free space below which nothing is appended: room for marks, metadata and an operator's shell. */
    public static final long FLOOR_BYTES_DEFAULT = 64L * 1024 * 1024;

    /** Longest wait of {@link EventLog#start} for its new cycle: creation takes 8 to 16 ms, a slow disk's sync seconds. */
    public static final long CREATE_TIMEOUT_NS_DEFAULT = TimeUnit.SECONDS.toNanos(30);

    private long cycleBytes = CYCLE_BYTES_DEFAULT;
    private int tailCacheBytes = TAIL_CACHE_BYTES_DEFAULT;
    private long markIdleNs = MARK_IDLE_NS_DEFAULT;
    private long appendedSyncDelayNs = APPENDED_SYNC_DELAY_NS_DEFAULT;
    private long appendedSyncBytes = APPENDED_SYNC_BYTES_DEFAULT;
    private long lowWaterBytes = LOW_WATER_BYTES_DEFAULT;
    private long floorBytes = FLOOR_BYTES_DEFAULT;
    private long createTimeoutNs = CREATE_TIMEOUT_NS_DEFAULT;
    private long historyRetentionMs;
    private long bootIdHigh;
    private long bootIdLow;
    private LongSupplier random = new SecureRandom()::nextLong;
    private FaultPlan faults = FaultPlan.NONE;
    private DiskObserver diskObserver = DiskObserver.NONE;

    /**
     * Bytes at which a cycle is rolled. A record that is longer than what is left goes to the next cycle; one longer than this gets a
     * cycle to itself.
     */
    public EventLogContext cycleBytes(long bytes) {
        if (bytes < CYCLE_BYTES_MIN || bytes > CYCLE_BYTES_MAX) {
            throw new IllegalArgumentException(
                    "cycleBytes must be within " + CYCLE_BYTES_MIN + " and " + CYCLE_BYTES_MAX + ", not " + bytes);
        }
        cycleBytes = bytes;
        return this;
    }

    public long cycleBytes() {
        return cycleBytes;
    }

    /** Bytes of recently appended records kept in memory, a power of two from 4 KiB to 1 GiB. */
    public EventLogContext tailCacheBytes(int bytes) {
        if (bytes < 4096 || bytes > 1 << 30 || Integer.bitCount(bytes) != 1) {
            throw new IllegalArgumentException(
                    "tailCacheBytes must be a power of two from 4096 to 1073741824, not " + bytes);
        }
        tailCacheBytes = bytes;
        return this;
    }

    public int tailCacheBytes() {
        return tailCacheBytes;
    }

    /** Time in ms for which cycles that were let go of are kept in an archive; 0 = they are deleted at once. */
    public EventLogContext historyRetentionMs(long ms) {
        historyRetentionMs = checkNotNegative("historyRetentionMs", ms);
        return this;
    }

    public long historyRetentionMs() {
        return historyRetentionMs;
    }

    /** Idle time in ns after which {@link EventLog#doWork} renews the durable mark. */
    public EventLogContext markIdleNs(long ns) {
        markIdleNs = checkNotNegative("markIdleNs", ns);
        return this;
    }

    public long markIdleNs() {
        return markIdleNs;
    }

    /** Age in ns at which {@link EventLog#doWork} syncs what was only appended. */
    public EventLogContext appendedSyncDelayNs(long ns) {
        appendedSyncDelayNs = checkNotNegative("appendedSyncDelayNs", ns);
        return this;
    }

    public long appendedSyncDelayNs() {
        return appendedSyncDelayNs;
    }

    /** Bytes at which {@link EventLog#doWork} syncs what was only appended. */
    public EventLogContext appendedSyncBytes(long bytes) {
        appendedSyncBytes = checkNotNegative("appendedSyncBytes", bytes);
        return this;
    }

    public long appendedSyncBytes() {
        return appendedSyncBytes;
    }

    /** Free bytes of the disk below which it is {@link DiskState#LOW}. */
    public EventLogContext lowWaterBytes(long bytes) {
        lowWaterBytes = checkNotNegative("lowWaterBytes", bytes);
        return this;
    }

    public long lowWaterBytes() {
        return lowWaterBytes;
    }

    /** Free bytes of the disk below which it is at its {@link DiskState#FLOOR}. */
    public EventLogContext floorBytes(long bytes) {
        floorBytes = checkNotNegative("floorBytes", bytes);
        return this;
    }

    public long floorBytes() {
        return floorBytes;
    }

    /** Longest wait in ns of {@link EventLog#start} for its cycle. */
    public EventLogContext createTimeoutNs(long ns) {
        createTimeoutNs = checkNotNegative("createTimeoutNs", ns);
        return this;
    }

    public long createTimeoutNs() {
        return createTimeoutNs;
    }

    /**
     * Identity of the running kernel's boot: as long as it is the same, the page cache of an earlier process is still there. Read from
     * {@code /proc/sys/kernel/random/boot_id} unless set; the simulator sets it.
     */
    public EventLogContext bootId(long high, long low) {
        bootIdHigh = high;
        bootIdLow = low;
        return this;
    }

    public long bootIdHigh() {
        readBootId();
        return bootIdHigh;
    }

    public long bootIdLow() {
        readBootId();
        return bootIdLow;
    }

    /** Source of the cycles' salts: uniform 64-bit values that no client can foresee. */
    public EventLogContext random(LongSupplier source) {
        random = source;
        return this;
    }

    public LongSupplier random() {
        return random;
    }

    /** What goes wrong by plan. */
    public EventLogContext faults(FaultPlan plan) {
        faults = plan;
        return this;
    }

    public FaultPlan faults() {
        return faults;
    }

    /** Who is told what is durable on real files. */
    public EventLogContext diskObserver(DiskObserver observer) {
        diskObserver = observer;
        return this;
    }

    public DiskObserver diskObserver() {
        return diskObserver;
    }

    private void readBootId() {
        if (bootIdHigh != 0 || bootIdLow != 0) {
            return;
        }
        try {
            var id = UUID.fromString(
                    Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).trim());
            bootIdHigh = id.getMostSignificantBits();
            bootIdLow = id.getLeastSignificantBits();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the kernel's boot id", e);
        }
    }

    private static long checkNotNegative(String name, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(name + " must not be negative: " + value);
        }
        return value;
    }
}
