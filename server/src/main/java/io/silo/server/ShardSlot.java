package io.silo.server;

import io.silo.log.EventLog;
import io.silo.protocol.session.ShardRoute;
import io.silo.server.assignment.ShardMap;
import io.silo.server.metrics.HealthReport.ShardHealth;
import io.silo.server.metrics.HealthReport.ShardState;
import io.silo.shard.Shard;
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
        return new ShardHealth(index, entry.id().toString(), state, sentence);
    }
}
