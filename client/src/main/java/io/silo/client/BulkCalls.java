package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.ListJobsEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.JobCountsReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.agrona.MutableDirectBuffer;

/** The calls about all jobs of a shard that match. */
final class BulkCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private BulkCalls() {}

    /** How far a bulk change is. */
    record Progress(long key, boolean isFinished, BulkResult result) {
        static Progress of(BulkReplyDecoder reply) {
            return new Progress(
                    reply.bulkKey(), reply.finishedAtMs() != 0, new BulkResult(reply.changed(), reply.skipped()));
        }
    }

    /** Begins a bulk change on a shard. Sent twice it is the same one, by its request id. */
    static final class Begin extends ShardCall<Progress> {
        private final BulkVerb verb;
        private final JobFilter filter;
        private final boolean dryRun;
        private final UUID requestId = UUID.randomUUID();

        Begin(ShardMap.Target shard, BulkVerb verb, JobFilter filter, boolean dryRun, long deadlineNs) {
            super(shard.shard(), filter.tenant, deadlineNs);
            this.verb = verb;
            this.filter = filter;
            this.dryRun = dryRun;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final BulkChangeEncoder command = codecs.bulkChange.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.requestIdHigh(requestId.getMostSignificantBits())
                    .requestIdLow(requestId.getLeastSignificantBits())
                    .minAgeMs(filter.minAgeMs)
                    .statuses((short) filter.statuses)
                    .verb(CommandCodecs.wire(verb))
                    .dryRun((short) (dryRun ? 1 : 0));
            final BulkChangeEncoder.MetadataEncoder entries = command.metadataCount(filter.metadata.size());
            for (final Map.Entry<String, String> entry : filter.metadata.entrySet()) {
                entries.next().key(entry.getKey()).value(entry.getValue());
            }
            command.tenant(filter.tenant).taskGroup(filter.taskGroup);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onBulkReply(BulkReplyDecoder reply) {
            succeed(Progress.of(reply));
        }
    }

    /** Reads how far a bulk change of a shard is. */
    static final class Get extends ShardCall<Progress> {
        private final long key;

        Get(ShardMap.Target shard, String tenant, long key, long deadlineNs) {
            super(shard.shard(), tenant, deadlineNs);
            this.key = key;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.getBulk.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.bulkKey(key);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onBulkReply(BulkReplyDecoder reply) {
            succeed(Progress.of(reply));
        }
    }

    /** Some jobs of a list, and where the next page begins. */
    record Page(List<JobSummary> jobs, long nextCursor, boolean isLast) {}

    /** Reads a page of the jobs of a shard. */
    static final class ListJobs extends ShardCall<Page> {
        private final JobFilter filter;
        private final long cursor;

        ListJobs(ShardMap.Target shard, JobFilter filter, long cursor, long deadlineNs) {
            super(shard.shard(), filter.tenant, deadlineNs);
            this.filter = filter;
            this.cursor = cursor;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ListJobsEncoder command = codecs.listJobs.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.cursor(cursor)
                    .pageSize(Bounds.PAGE_ITEMS_MAX)
                    .minAgeMs(filter.minAgeMs)
                    .statuses((short) filter.statuses);
            final ListJobsEncoder.MetadataEncoder entries = command.metadataCount(filter.metadata.size());
            for (final Map.Entry<String, String> entry : filter.metadata.entrySet()) {
                entries.next().key(entry.getKey()).value(entry.getValue());
            }
            command.tenant(filter.tenant).taskGroup(filter.taskGroup);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobsReply(JobsReplyDecoder reply) {
            final long next = reply.nextCursor();
            final boolean isLast = reply.isLast() != 0;
            if (!isLast && next <= cursor) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            final List<JobSummary> jobs = new ArrayList<>();
            for (final JobsReplyDecoder.JobsDecoder item : reply.jobs()) {
                final String tenant = item.tenant();
                final String taskGroup = item.taskGroup();
                jobs.add(new JobSummary(
                        tenant,
                        item.jobId(),
                        taskGroup,
                        JobDraft.jobStatus(item.statusRaw()),
                        item.priority(),
                        (int) item.attempt(),
                        Instant.ofEpochMilli(item.changedAtMs()),
                        JobDraft.instant(item.startAtMs())));
            }
            succeed(new Page(jobs, next, isLast));
        }
    }

    /** Reads how many jobs a shard has by status. */
    static final class CountJobs extends ShardCall<JobCounts> {
        private final String tenant;

        CountJobs(ShardMap.Target shard, String tenant, long deadlineNs) {
            super(shard.shard(), tenant, deadlineNs);
            this.tenant = tenant;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.countJobs.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tenant(tenant);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onJobCountsReply(JobCountsReplyDecoder reply) {
            succeed(new JobCounts(
                    reply.scheduled(), reply.running(), reply.succeeded(), reply.failed(), reply.cancelled()));
        }
    }
}
