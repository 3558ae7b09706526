package io.silo.simulation.canary;

import io.silo.log.CycleStore;
import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.shard.Clock;
import io.silo.shard.Shard;
import io.silo.shard.command.ShardSettings;
import io.silo.simulation.broker.SimParts;
import io.silo.simulation.model.ShardTap;
import java.lang.reflect.Proxy;

/** Parts with a bug and without the reference model: what is found then, clients found. */
final class WithoutModel extends SimParts {
    private final SimParts parts;

    WithoutModel(SimParts parts) {
        this.parts = parts;
    }

    @Override
    public CycleStore store(CycleStore store, int shard) {
        return parts.store(store, shard);
    }

    @Override
    public CommandSource commands(CommandSource commands) {
        return parts.commands(commands);
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return parts.consumer(consumer);
    }

    @Override
    public ReplySink replies(ReplySink replies) {
        return parts.replies(replies);
    }

    @Override
    public Clock clock(Clock clock) {
        return parts.clock(clock);
    }

    @Override
    public ShardSettings settings(ShardSettings settings) {
        return parts.settings(settings);
    }

    @Override
    public void recovered(Shard shard) {
        parts.recovered(shard);
    }

    @Override
    public ShardTap tap(ShardTap tap) {
        return (ShardTap) Proxy.newProxyInstance(
                ShardTap.class.getClassLoader(), new Class<?>[] {ShardTap.class}, (proxy, method, arguments) -> null);
    }
}
