package io.silo.client;

import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.RefreshReportedDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import java.time.Duration;
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
    record Lease(int shard, long tokenEpoch, long token, long leaseMs, RefreshTask task) {
        /** As callers know it. */
        LeasedRefresh told(long tenantHash) {
            return new LeasedRefresh(new LeaseId(tenantHash, 0, tokenEpoch, token), task, Duration.ofMillis(leaseMs));
        }
    }

    /** Waits for refreshes of one shard. Asked again after a lost session it may leave leases to run out. */
    static final class LeaseRefreshes extends ShardCall<List<Lease>> {
        private final int shard;
        private final TaskPoll poll;
        private final Durability durability;

        LeaseRefreshes(int shard, TaskPoll poll, Durability durability, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.shard = shard;
            this.poll = poll;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.leaseRefreshes.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.waitMs(poll.longPoll().toMillis())
                    .maxRefreshes(poll.max())
                    .tenant(poll.tenant())
                    .taskGroup(poll.taskGroup())
                    .workerId(poll.workerId());
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
        private final long tokenEpoch;
        private final long token;
        private final int max;
        private final @Nullable String errorCode;
        private final Durability durability;

        /** @param errorCode null = {@code max} was found out. */
        ReportRefresh(
                int shard,
                long tokenEpoch,
                long token,
                int max,
                @Nullable String errorCode,
                Durability durability,
                long deadlineNs) {
            super(shard, "", deadlineNs);
            this.tokenEpoch = tokenEpoch;
            this.token = token;
            this.max = max;
            this.errorCode = errorCode;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.reportRefresh.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.tokenEpoch(tokenEpoch)
                    .token(token)
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
        private final long tokenEpoch;
        private final long token;

        RenewRefresh(int shard, long tokenEpoch, long token, long deadlineNs) {
            super(shard, "", deadlineNs);
            this.tokenEpoch = tokenEpoch;
            this.token = token;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.renewRefresh.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tokenEpoch(tokenEpoch).token(token);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onRefreshReported(RefreshReportedDecoder reply) {
            succeed(true);
        }
    }
}
