package io.silo.simulation.broker;

import io.silo.log.CycleStore;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.command.ShardSettings;
import io.silo.simulation.model.ShardTap;

/**
 * The parts of a broker's process as they are put together, each of which passes through here. Tests override a method to plant a
 * bug, so that the harness can be seen to find it; everything else takes them as they are.
 */
public class SimParts {
    /** The parts as they are. */
    public static final SimParts REAL = new SimParts();

    protected SimParts() {}

    /** Under the log of one shard. */
    public CycleStore store(CycleStore store, int shard) {
        return store;
    }

    /** Between the transport and the agent. */
    public CommandSource commands(CommandSource commands) {
        return commands;
    }

    /** The agent as the session logic calls it. */
    public CommandConsumer consumer(CommandConsumer consumer) {
        return consumer;
    }

    /** Where shards send their replies. */
    public ReplySink replies(ReplySink replies) {
        return replies;
    }

    public Clock clock(Clock clock) {
        return clock;
    }

    /** What a shard is configured with. */
    public ShardSettings settings(ShardSettings settings) {
        return settings;
    }

    /** A shard that was rebuilt from its log and has done nothing yet. */
    public void recovered(Shard shard) {}

    /** The reference model beside a shard. */
    public ShardTap tap(ShardTap tap) {
        return tap;
    }
}
