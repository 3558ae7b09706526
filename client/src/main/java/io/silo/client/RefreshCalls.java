package io.silo.client;

import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.RefreshReportedDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about floating limits that are to be found out. Leases of refreshes belong to one shard and epoch. */
final class RefreshCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private RefreshCalls() {}

    /** One lease. */
    record Lease(int shard, long tokenEpoch, long token, long leaseMs, RefreshTask task) {}

    /** Waits for refreshes of one shard. Asked again after a lost session it may leave leases to run out. */
    static final class LeaseRefreshes extends ShardCall<List<Lease>> {
        private final int shard;
        private final SiloWorkerBuilder worker;
        private final int most;
        private final long waitMs;

        LeaseRefreshes(int shard, SiloWorkerBuilder worker, int most, long waitMs, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.shard = shard;
            this.worker = worker;
            this.most = most;
            this.waitMs = waitMs;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.leaseRefreshes.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, worker.durability);
            command.waitMs(waitMs)
                    .maxRefreshes(most)
                    .tenant(worker.tenant)
                    .taskGroup(worker.taskGroup)
                    .workerId(worker.workerId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onRefreshesLeased(RefreshesLeasedDecoder reply) {
            final List<Lease> leases = new ArrayList<>();
            for (final RefreshesLeasedDecoder.RefreshesDecoder item : reply.refreshes()) {
                final long epoch = item.tokenEpoch();
                final long token = item.token();
                final long refreshedAtMs = item.refreshedAtMs();
                final int max = (int) item.maxConcurrency();
                final Map<String, String> metadata = new LinkedHashMap<>();
                for (final RefreshesLeasedDecoder.RefreshesDecoder.MetadataDecoder entry : item.metadata()) {
                    metadata.put(entry.key(), entry.value());
                }
                final String tenant = item.tenant();
                final RefreshTask task =
                        new RefreshTask(tenant, item.key(), max, JobDraft.instant(refreshedAtMs), Map.copyOf(metadata));
                leases.add(new Lease(shard, epoch, token, reply.leaseMs(), task));
            }
            succeed(List.copyOf(leases));
        }
    }

    /** Ends a lease. */
    static final class ReportRefresh extends ShardCall<Boolean> {
        private final Lease lease;
        private final int max;
        private final @Nullable String errorCode;
        private final Durability durability;

        /** @param errorCode null = {@code max} was found out. */
        ReportRefresh(Lease lease, int max, @Nullable String errorCode, Durability durability, long deadlineNs) {
            super(lease.shard(), "", deadlineNs);
            this.lease = lease;
            this.max = max;
            this.errorCode = errorCode;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.reportRefresh.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.tokenEpoch(lease.tokenEpoch())
                    .token(lease.token())
                    .maxConcurrency(max)
                    .isFailure((short) (errorCode == null ? 0 : 1))
                    .errorCode(errorCode == null ? "" : errorCode);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onRefreshReported(RefreshReportedDecoder reply) {
            succeed(true);
        }
    }

    /** Renews a lease. */
    static final class RenewRefresh extends ShardCall<Boolean> {
        private final Lease lease;

        RenewRefresh(Lease lease, long deadlineNs) {
            super(lease.shard(), "", deadlineNs);
            this.lease = lease;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.renewRefresh.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tokenEpoch(lease.tokenEpoch()).token(lease.token());
            return HEADER + command.encodedLength();
        }

        @Override
        public void onRefreshReported(RefreshReportedDecoder reply) {
            succeed(true);
        }
    }
}
