package io.silo.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CountTenantsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.ScanJobsEncoder;
import io.silo.protocol.command.ScanPath;
import io.silo.protocol.reply.JobRowsReplyDecoder;
import io.silo.protocol.reply.TenantCountsReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Predicate;
import org.agrona.MutableDirectBuffer;

/**
 * Reads rows of jobs shard by shard, as queries need them. A page costs its shard at most 100 us; what changes between pages may be
 * seen before or after. Any thread.
 */
public final class JobScans {
    /** Rows of a page, at most. */
    public static final int PAGE_ROWS_MAX = 65_534;

    // A page is asked for again when its rows' records were carried and trimmed under it; each time another cycle
    // would have to be.
    private static final int REPEATS_MAX = 8;

    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private final SiloClient client;

    public JobScans(SiloClient client) {
        this.client = client;
    }

    /**
     * A shard of the server.
     *
     * @param tenantHash lowest that it holds.
     */
    public record ShardRef(UUID id, long tenantHash) {}

    /** The shards of the server. */
    public CompletableFuture<List<ShardRef>> shards() {
        return client.withMap().thenApply(ShardMap::shards);
    }

    /**
     * Whether a shard is the one that holds a tenant.
     *
     * @param tenantHash any that the shard holds.
     */
    public CompletableFuture<Boolean> holds(long tenantHash, String tenant) {
        return client.withMap().thenApply(map -> {
            final ShardMap.Target shard = map.target(tenantHash);
            return shard != null && shard.equals(map.target(ShardMap.hash(tenant)));
        });
    }

    /**
     * Reads a page.
     *
     * @param tenantHash any that the shard holds.
     * @param rowsMax 1 to {@link #PAGE_ROWS_MAX}; the page may have fewer, or none, and not be the last.
     */
    public CompletableFuture<JobRows> page(long tenantHash, JobScan scan, JobRows.Cursor cursor, int rowsMax) {
        return page(tenantHash, scan, cursor, rowsMax, REPEATS_MAX);
    }

    private CompletableFuture<JobRows> page(
            long tenantHash, JobScan scan, JobRows.Cursor cursor, int rowsMax, int repeatsLeft) {
        return client.withMap()
                .thenCompose(map -> {
                    final ShardMap.Target shard = map.target(tenantHash);
                    return shard == null
                            ? CompletableFuture.<JobRows>failedFuture(new SiloException(RejectReason.NOT_OWNER))
                            : client.submit(new ScanJobs(shard.shard(), scan, cursor, rowsMax, client.deadlineNs()));
                })
                .exceptionallyCompose(failed -> isGone(failed) && repeatsLeft > 0
                        ? page(tenantHash, scan, cursor, rowsMax, repeatsLeft - 1)
                        : CompletableFuture.failedFuture(failed));
    }

    private static boolean isGone(Throwable failed) {
        final Throwable cause = failed instanceof CompletionException ? failed.getCause() : failed;
        return cause instanceof SiloException refused && refused.reason() == RejectReason.RESULT_GONE;
    }

    /** The payload of a row that was too long for its page. */
    public CompletableFuture<Payload> payload(String tenant, String jobId) {
        return client.getJobAsync(tenant, jobId, false).thenApply(Job::payload);
    }

    /**
     * Shows how many jobs the tenants of a shard have by status, until {@code visitor} answers false.
     *
     * @param tenantHash any that the shard holds.
     * @param tenant empty = all that this client may see.
     */
    public CompletableFuture<Void> tenants(long tenantHash, String tenant, Predicate<TenantJobs> visitor) {
        return client.withMap().thenCompose(map -> {
            final ShardMap.Target shard = map.target(tenantHash);
            return shard == null
                    ? CompletableFuture.failedFuture(new SiloException(RejectReason.NOT_OWNER))
                    : tenants(shard.shard(), tenant, 0, visitor);
        });
    }

    private CompletableFuture<Void> tenants(int shard, String tenant, long cursor, Predicate<TenantJobs> visitor) {
        return client.submit(new CountTenants(shard, tenant, cursor, client.deadlineNs()))
                .thenCompose(page -> {
                    for (final TenantJobs jobs : page.tenants()) {
                        if (!visitor.test(jobs)) {
                            return CompletableFuture.completedFuture(null);
                        }
                    }
                    return page.isLast()
                            ? CompletableFuture.completedFuture(null)
                            : tenants(shard, tenant, page.nextCursor(), visitor);
                });
    }

    /** How many jobs a tenant has. */
    public record TenantJobs(String tenant, JobCounts jobs) {}

    private record Page(List<TenantJobs> tenants, long nextCursor, boolean isLast) {}

    private static final class ScanJobs extends ShardCall<JobRows> {
        private final JobScan scan;
        private final JobRows.Cursor cursor;
        private final int rowsMax;

        ScanJobs(int shard, JobScan scan, JobRows.Cursor cursor, int rowsMax, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.scan = scan;
            this.cursor = cursor;
            this.rowsMax = rowsMax;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ScanJobsEncoder command = codecs.scanJobs.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.cursor(cursor.place())
                    .cursorAtMs(cursor.placeAtMs())
                    .asOfMs(cursor.asOfMs())
                    .minChangedAtMs(scan.minChangedAtMs)
                    .maxChangedAtMs(Math.min(scan.maxChangedAtMs, cursor.maxChangedAtMs()))
                    .untilRow(scan.untilRow)
                    .rowsMax(Math.max(1, Math.min(PAGE_ROWS_MAX, rowsMax)))
                    .columns((short) scan.columns)
                    .statuses((short) scan.statuses)
                    .path(ScanPath.get((short) scan.path.ordinal()))
                    .limitedOnly((short) (scan.limitedOnly ? 1 : 0))
                    .isPrefix((short) (scan.isPrefix ? 1 : 0))
                    .tenant(scan.tenant)
                    .taskGroup(scan.taskGroup)
                    .jobId(scan.jobId)
                    .metadataKey(scan.metadataKey)
                    .metadataValue(scan.metadataValue);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobRowsReply(JobRowsReplyDecoder reply) {
            succeed(JobRows.of(reply, scan.columns));
        }
    }

    private static final class CountTenants extends ShardCall<Page> {
        private final String tenant;
        private final long cursor;

        CountTenants(int shard, String tenant, long cursor, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.tenant = tenant;
            this.cursor = cursor;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final CountTenantsEncoder command = codecs.countTenants.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.cursor(cursor).tenant(tenant);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onTenantCountsReply(TenantCountsReplyDecoder reply) {
            final long next = reply.nextCursor();
            final boolean isLast = reply.isLast() != 0;
            if (!isLast && next <= cursor) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            final List<TenantJobs> tenants = new ArrayList<>();
            for (final TenantCountsReplyDecoder.TenantsDecoder item : reply.tenants()) {
                final JobCounts jobs = new JobCounts(
                        item.scheduled(), item.running(), item.succeeded(), item.failed(), item.cancelled());
                tenants.add(new TenantJobs(item.tenant(), jobs));
            }
            succeed(new Page(tenants, next, isLast));
        }
    }
}
