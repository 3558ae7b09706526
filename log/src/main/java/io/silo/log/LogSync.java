package io.silo.log;

/**
 * How far a log is durable, and the syncs that move it on: on the shard's thread for those who wait, on the store's own thread beside
 * appends for what nobody waits for. At most one is under way. The shard's thread only.
 */
final class LogSync {
    /** Near the end of a cycle syncs of their own begin after so many bytes: the roll waits for what is left, some milliseconds. */
    private static final long UNSYNCED_BYTES_NEAR_ROLL = 1024 * 1024;

    private static final long NEVER = Long.MIN_VALUE;

    private final CycleStore store;
    private final EventLogContext context;
    private final LogEnd end;
    private long durablePosition;
    private int durableCrc;
    private long syncingPosition;
    private int syncingCrc;
    private boolean isRunning;
    private long unsyncedBytes;
    private long dirtySinceNs = NEVER;

    /** @param durablePosition known from the log's mark. */
    LogSync(CycleStore store, EventLogContext context, LogEnd end, long durablePosition) {
        this.store = store;
        this.context = context;
        this.end = end;
        this.durablePosition = durablePosition;
    }

    /** Last record known to be on the disk. */
    long durablePosition() {
        return durablePosition;
    }

    /** CRC of that record. */
    int durableCrc() {
        return durableCrc;
    }

    /** Whether anything is appended that is not durable. */
    boolean isDirty() {
        return end.position() != durablePosition;
    }

    /** So many bytes were appended. */
    void appended(int bytes) {
        unsyncedBytes += bytes;
    }

    /**
     * Makes everything appended durable, behind the sync that is under way, if one is.
     *
     * @throws LogException STORE_FAILED, SYNC_FAILED.
     */
    void run() {
        await();
        prepare();
        store.sync();
        onSynced();
    }

    /** Begins to make durable what is appended now; records may be appended meanwhile. As {@link #run}. */
    void begin() {
        await();
        prepare();
        store.beginSync();
        isRunning = true;
    }

    /** Waits for the sync that was begun, if one was. Returns whether one was. As {@link #run}. */
    boolean await() {
        if (!isRunning) {
            return false;
        }
        store.awaitSync();
        onSynced();
        return true;
    }

    /** As {@link #await} if it need not wait; otherwise false. */
    boolean poll() {
        return isRunning && store.isSyncDone() && await();
    }

    /** Whether what nobody waits for has waited long enough. */
    boolean isDue(long nowNs) {
        if (!isDirty() || isRunning) {
            return false;
        }
        if (dirtySinceNs == NEVER) {
            dirtySinceNs = nowNs;
        }
        return nowNs - dirtySinceNs >= context.appendedSyncDelayNs()
                || unsyncedBytes >= context.appendedSyncBytes()
                || unsyncedBytes >= UNSYNCED_BYTES_NEAR_ROLL && end.isFullFor((int) context.appendedSyncBytes());
    }

    private void prepare() {
        end.write();
        context.faults().at("log.sync");
        syncingPosition = end.position();
        syncingCrc = end.crc();
        unsyncedBytes = 0;
        dirtySinceNs = NEVER;
    }

    private void onSynced() {
        isRunning = false;
        // [SILO-LOG-SYNC-1]
        durablePosition = syncingPosition;
        durableCrc = syncingCrc;
    }
}
