package io.silo.log;

import java.util.UUID;

/** Which log this is: stands in every cycle, so that files of another cluster or shard are never taken for this one's. */
public record LogIdentity(long clusterIdHigh, long clusterIdLow, long shardIdHigh, long shardIdLow) {
    /** The shard's id as it is written everywhere. Allocates. */
    public String shardName() {
        return new UUID(shardIdHigh, shardIdLow).toString();
    }

    /** The cluster's id as it is written everywhere. Allocates. */
    public String clusterName() {
        return new UUID(clusterIdHigh, clusterIdLow).toString();
    }
}
