package io.silo.server;

import io.silo.log.DiskState;
import io.silo.log.EventLog;
import io.silo.protocol.session.ShardRoute;
import io.silo.server.assignment.ShardMap;
import io.silo.server.metrics.HealthReport.ShardHealth;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.Shard;
import io.silo.shard.state.ShardCounters.Figure;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A shard of the map and how it is. Filled while the server starts; afterwards the state is written by the shard's thread and
 * read by any.
 */
final class ShardSlot {
    private final int index;
    private final ShardMap.Shard entry;
    private volatile ShardState state = ShardState.OPENING;
    private volatile String sentence = "";
    private @Nullable EventLog log;
    private @Nullable Shard shard;
    private int number;
    private int thread;
    private volatile long epoch;

    /**
     * @param index place in the map: what operators know it by.
     */
    ShardSlot(int index, ShardMap.Shard entry) {
        this.index = index;
        this.entry = entry;
    }

    int index() {
        return index;
    }

    UUID id() {
        return entry.id();
    }

    ShardMap.Shard entry() {
        return entry;
    }

    ShardState state() {
        return state;
    }

    /** Changes the state and says why, or nothing if it serves. */
    void become(ShardState newState, String why) {
        sentence = why;
        state = newState;
    }

    @Nullable
    EventLog log() {
        return log;
    }

    void log(@Nullable EventLog opened) {
        log = opened;
    }

    @Nullable
    Shard shard() {
        return shard;
    }

    void shard(Shard made) {
        shard = made;
    }

    /** Number on the wire while this process lives. */
    int number() {
        return number;
    }

    int thread() {
        return thread;
    }

    void place(int numberOnNode, int shardThread) {
        number = numberOnNode;
        thread = shardThread;
    }

    void epoch(long shardEpoch) {
        epoch = shardEpoch;
    }

    ShardRoute route() {
        return new ShardRoute(
                number,
                thread,
                entry.rangeFirst(),
                entry.rangeLast(),
                epoch,
                entry.id().getMostSignificantBits(),
                entry.id().getLeastSignificantBits());
    }

    ShardHealth health() {
        final ShardState now = state;
        return new ShardHealth(
                index, entry.id().toString(), now, now == ShardState.SERVING ? diskSentence() : sentence);
    }

    /** What a shard that serves does not do for want of space; empty if there is enough. */
    private String diskSentence() {
        final Shard serving = shard;
        final long diskState = serving == null ? 0 : serving.counters().get(Figure.DISK_STATE);
        if (diskState == DiskState.OK.ordinal()) {
            return "";
        }
        return diskState == DiskState.LOW.ordinal()
                ? "Its disk is nearly full: new work is refused (DISK_FULL), leasing and reporting go on. Make room."
                : "Its disk is full: only reads are answered (DISK_FULL). Make room.";
    }
}
