package io.silo.gateway;

import io.grpc.Status;
import io.silo.client.Attempt;
import io.silo.client.Job;
import io.silo.client.LeaseId;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * Ids of tasks as workers carry them: the three numbers that name a lease on its shard, each as 16 hexadecimal digits. So the gateway
 * remembers nothing, and a server that was restarted knows each id that it gave out. Stateless.
 */
final class TaskIds {
    private static final int DIGITS = 16;
    private static final HexFormat HEX = HexFormat.of();

    private TaskIds() {}

    static String text(LeaseId lease) {
        return HEX.toHexDigits(lease.jobKey()) + HEX.toHexDigits(lease.tokenEpoch()) + HEX.toHexDigits(lease.token());
    }

    /** Of an attempt; one that had no lease has an id all the same, as unique, which names no lease. */
    static String text(Job job, Attempt attempt) {
        return attempt.lease() == null ? job.id() + ':' + attempt.number() : text(attempt.lease());
    }

    static boolean isRefresh(LeaseId lease) {
        return lease.jobKey() == 0;
    }

    /** @throws io.grpc.StatusRuntimeException of a lease that is not there, for what no shard ever gave out. */
    static LeaseId parse(ServedShard shard, String text) {
        final LeaseId lease = read(shard, text);
        if (lease == null) {
            throw Status.NOT_FOUND.withDescription("lease not found").asRuntimeException();
        }
        return lease;
    }

    /** Null of what no shard ever gave out. */
    static @Nullable LeaseId read(ServedShard shard, String text) {
        if (text.length() == 3 * DIGITS) {
            try {
                return new LeaseId(
                        shard.rangeFirst(),
                        HexFormat.fromHexDigitsToLong(text, 0, DIGITS),
                        HexFormat.fromHexDigitsToLong(text, DIGITS, 2 * DIGITS),
                        HexFormat.fromHexDigitsToLong(text, 2 * DIGITS, 3 * DIGITS));
            } catch (IllegalArgumentException noDigits) {
                // No more than another text.
            }
        }
        return null;
    }
}
