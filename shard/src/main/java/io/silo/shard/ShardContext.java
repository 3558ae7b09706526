package io.silo.shard;

import io.silo.log.EventLog;
import io.silo.protocol.ReplySink;
import io.silo.shard.command.ColdReads;
import io.silo.shard.command.ShardRandom;
import io.silo.shard.command.ShardSettings;
import io.silo.shard.rate.RateService;
import io.silo.shard.state.ShardState;

/**
 * Everything a shard is given. Immutable.
 *
 * @param log opened, neither replayed nor started.
 * @param random for jitter and the seed of hashes.
 * @param bootIdHigh first half of the kernel's boot id, for ShardOpened.
 * @param rateService answers rate limits; {@link RateService#NONE} = the shard does.
 * @param parkedBytesMax bytes of replies that wait for the disk, a power of two from 4 MiB; at the bound commands are put off.
 */
public record ShardContext(
        ShardSettings settings,
        EventLog log,
        ReplySink replies,
        ShardRandom random,
        ColdReads coldReads,
        ShardListener listener,
        ShardState.Capacity capacity,
        long bootIdHigh,
        long bootIdLow,
        int parkedBytesMax,
        RateService rateService) {
    /** 8 MiB, the default of {@link #parkedBytesMax}: 60 replies of the longest kind, or about 80,000 acknowledgements. */
    public static final int PARKED_BYTES_MAX_DEFAULT = 8 * 1024 * 1024;
}
