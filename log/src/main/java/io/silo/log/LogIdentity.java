package io.silo.log;

/** Which log this is: stands in every cycle, so that files of another cluster or shard are never taken for this one's. */
public record LogIdentity(long clusterIdHigh, long clusterIdLow, long shardIdHigh, long shardIdLow) {}
