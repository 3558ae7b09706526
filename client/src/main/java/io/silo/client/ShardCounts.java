package io.silo.client;

import io.silo.protocol.RejectReason;
import java.util.concurrent.CompletableFuture;

/** How many jobs single shards hold, for operators. Any thread. */
public final class ShardCounts {
    private final SiloClient client;

    public ShardCounts(SiloClient client) {
        this.client = client;
    }

    /**
     * Counts the jobs of one shard, of all tenants that this client may see.
     *
     * @param tenantHash any that the shard holds.
     */
    public CompletableFuture<JobCounts> jobs(long tenantHash) {
        return client.withMap().thenCompose(map -> {
            final ShardMap.Target shard = map.target(tenantHash);
            return shard == null
                    ? CompletableFuture.failedFuture(new SiloException(RejectReason.NOT_OWNER))
                    : client.submit(new BulkCalls.CountJobs(shard, "", client.deadlineNs()));
        });
    }
}
