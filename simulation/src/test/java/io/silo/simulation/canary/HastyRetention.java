package io.silo.simulation.canary;

import io.silo.shard.command.Retention;
import io.silo.shard.command.ShardSettings;
import io.silo.simulation.broker.SimParts;

/** Ended jobs are forgotten in a tenth of their time. */
final class HastyRetention extends SimParts {
    @Override
    public ShardSettings settings(ShardSettings settings) {
        Retention.Limits limits = settings.retention();
        return new ShardSettings(
                settings.shard(),
                settings.leaseMs(),
                settings.crashLoopMax(),
                settings.payloadBytesMax(),
                settings.memoryBytesMax(),
                settings.tenancy(),
                settings.rangeFirst(),
                settings.rangeLast(),
                new Retention.Limits(
                        limits.succeededMs() / 10,
                        limits.failedMs() / 10,
                        limits.cancelledMs() / 10,
                        limits.jobsMax()));
    }
}
