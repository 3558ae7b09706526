package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.reply.ExplainReplyDecoder;
import io.silo.protocol.reply.HoldersDroppedReplyDecoder;
import io.silo.protocol.reply.LimitReplyDecoder;
import io.silo.protocol.reply.LimitSetReplyDecoder;
import io.silo.protocol.reply.LimitsReplyDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about concurrency limits, and about what a job waits for. */
final class LimitCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private LimitCalls() {}

    /** Some limits of a list, and where the next page begins. */
    record Page(List<LimitSummary> limits, long nextCursor, boolean isLast) {}

    /** Reads a page of the limits of a shard. */
    static final class ListLimits extends ShardCall<Page> {
        private final String tenant;
        private final long cursor;

        ListLimits(ShardMap.Target shard, String tenant, long cursor, long deadlineNs) {
            super(shard.shard(), tenant, deadlineNs);
            this.tenant = tenant;
            this.cursor = cursor;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.listLimits.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.cursor(cursor).pageSize(Bounds.PAGE_ITEMS_MAX).tenant(tenant);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onLimitsReply(LimitsReplyDecoder reply) {
            final long next = reply.nextCursor();
            final boolean isLast = reply.isLast() != 0;
            if (!isLast && next <= cursor) {
                fail(new SiloException(RejectReason.UNKNOWN_OUTCOME, "The server sent a page that leads nowhere."));
                return;
            }
            final List<LimitSummary> limits = new ArrayList<>();
            for (final LimitsReplyDecoder.LimitsDecoder item : reply.limits()) {
                final Integer max = max(item.isSet(), item.maxConcurrency());
                final String name = item.tenant();
                limits.add(new LimitSummary(name, item.key(), max, (int) item.holders(), (int) item.waiting()));
            }
            succeed(new Page(limits, next, isLast));
        }
    }

    private static @Nullable Integer max(short isSet, long max) {
        return isSet != 0 ? (int) max : null;
    }

    /** Reads one limit. */
    static final class GetLimit extends ShardCall<LimitState> {
        private final String tenant;
        private final String key;
        private final int listed;

        GetLimit(String tenant, String key, int listed, long deadlineNs) {
            super(OF_TENANT, tenant, deadlineNs);
            this.tenant = tenant;
            this.key = key;
            this.listed = listed;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.getLimit.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.listed((short) listed).tenant(tenant).key(key);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onLimitReply(LimitReplyDecoder reply) {
            final LimitSummary summary = new LimitSummary(
                    tenant, key, max(reply.isSet(), reply.maxConcurrency()), (int) reply.holderCount(), (int)
                            reply.waiting());
            final List<LimitState.Holder> holders = new ArrayList<>();
            for (final LimitReplyDecoder.HoldersDecoder item : reply.holders()) {
                final Instant since = Instant.ofEpochMilli(item.sinceMs());
                final int ownMax = (int) item.ownMax();
                final String group = item.taskGroup();
                final String id = item.jobId();
                holders.add(new LimitState.Holder(id, group, item.workerId(), since, ownMax));
            }
            final List<LimitState.Waiter> waiters = new ArrayList<>();
            for (final LimitReplyDecoder.WaitersDecoder item : reply.waiters()) {
                final Instant startAt = Instant.ofEpochMilli(item.startAtMs());
                final int ownMax = (int) item.ownMax();
                final int priority = item.priority();
                final String group = item.taskGroup();
                waiters.add(new LimitState.Waiter(item.jobId(), group, priority, startAt, ownMax));
            }
            final LimitState.Floating floating = reply.refreshDueMs() == 0
                    ? null
                    : new LimitState.Floating(
                            reply.floatingMax() < 0 ? null : reply.floatingMax(),
                            JobDraft.instant(reply.refreshedAtMs()),
                            Instant.ofEpochMilli(reply.refreshDueMs()),
                            (int) reply.refreshFailures(),
                            reply.refreshError());
            succeed(new LimitState(summary, List.copyOf(holders), List.copyOf(waiters), floating));
        }
    }

    /** Sets a maximum, or takes it away. Its value is whether that changed something. */
    static final class SetLimit extends ShardCall<Boolean> {
        private final String tenant;
        private final String key;
        private final @Nullable Integer max;
        private final boolean isFloating;
        private final Durability durability;

        SetLimit(
                String tenant,
                String key,
                @Nullable Integer max,
                boolean isFloating,
                Durability durability,
                long deadlineNs) {
            super(OF_TENANT, tenant, deadlineNs);
            this.tenant = tenant;
            this.key = key;
            this.max = max;
            this.isFloating = isFloating;
            this.durability = durability;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.setLimit.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            command.maxConcurrency(max == null ? 0 : max)
                    .isSet((short) (max == null ? 0 : 1))
                    .isFloating((short) (isFloating ? 1 : 0))
                    .tenant(tenant)
                    .key(key);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onLimitSetReply(LimitSetReplyDecoder reply) {
            succeed(reply.changed() != 0);
        }
    }

    /** What one call dropped, and where the next begins. */
    record Dropped(int jobs, long nextCursor, boolean isLast) {}

    /** Takes slots from leases that go on. Sent twice it takes those too that began in between. */
    static final class DropHolders extends ShardCall<Dropped> {
        private final String tenant;
        private final String key;
        private final long cursor;

        DropHolders(String tenant, String key, long cursor, long deadlineNs) {
            super(OF_TENANT, tenant, deadlineNs);
            this.tenant = tenant;
            this.key = key;
            this.cursor = cursor;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.dropHolders.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.cursor(cursor).tenant(tenant).key(key);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onHoldersDroppedReply(HoldersDroppedReplyDecoder reply) {
            succeed(new Dropped((int) reply.dropped(), reply.nextCursor(), reply.isLast() != 0));
        }
    }

    /** Reads what a job waits for. */
    static final class ExplainJob extends ShardCall<Explanation> {
        private final String tenant;
        private final String jobId;

        ExplainJob(String tenant, String jobId, long deadlineNs) {
            super(OF_TENANT, named(tenant), deadlineNs);
            this.tenant = named(tenant);
            this.jobId = jobId;
        }

        private static String named(String tenant) {
            return tenant.isEmpty() ? Bounds.TENANT_NONE : tenant;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final var command = codecs.explainJob.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.tenant(tenant).jobId(jobId);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onExplainReply(ExplainReplyDecoder reply) {
            final int code = reply.situationRaw();
            if (code >= Explanation.Situation.values().length) {
                fail(new SiloException(RejectReason.UNSUPPORTED, "The server tells a situation of a newer release."));
                return;
            }
            final Explanation.Situation situation = Explanation.Situation.values()[code];
            final List<String> held = new ArrayList<>();
            for (final ExplainReplyDecoder.HeldDecoder item : reply.held()) {
                held.add(item.key());
            }
            final List<Explanation.Holder> holders = new ArrayList<>();
            for (final ExplainReplyDecoder.HoldersDecoder item : reply.holders()) {
                final Instant since = Instant.ofEpochMilli(item.sinceMs());
                final String id = item.jobId();
                holders.add(new Explanation.Holder(id, item.workerId(), since));
            }
            // In the order of the message: what follows reads names, one behind the other.
            final String taskGroup = reply.taskGroup();
            final String workerId = reply.workerId();
            final String key = reply.limitKey();
            final String keptFor = reply.keptFor();
            succeed(new Explanation(
                    tenant,
                    jobId,
                    taskGroup,
                    JobDraft.jobStatus(reply.statusRaw()),
                    situation,
                    reply.priority(),
                    (int) reply.attempt(),
                    Instant.ofEpochMilli(reply.nowMs()),
                    Instant.ofEpochMilli(reply.changedAtMs()),
                    JobDraft.instant(reply.startAtMs()),
                    reply.groupPaused() != 0,
                    reply.tenantPaused() != 0,
                    situation == Explanation.Situation.RUNNING ? run(reply, workerId, held) : null,
                    situation == Explanation.Situation.LIMITED ? line(reply, key, holders, keptFor) : null,
                    situation == Explanation.Situation.RATE_LIMITED
                            ? bucket(reply, reply.rateName(), key, keptFor)
                            : null,
                    situation == Explanation.Situation.READY ? place(reply) : null));
        }

        /** What a newer release calls by another name is being asked for, somehow. */
        private static Explanation.RateStage stage(int code) {
            final Explanation.RateStage[] all = Explanation.RateStage.values();
            return code < all.length ? all[code] : Explanation.RateStage.ASKED;
        }

        private static Explanation.Run run(ExplainReplyDecoder reply, String workerId, List<String> held) {
            return new Explanation.Run(
                    workerId,
                    Instant.ofEpochMilli(reply.leasedAtMs()),
                    Duration.ofMillis(reply.leaseLeftMs()),
                    JobDraft.instant(reply.cancelRequestedAtMs()),
                    List.copyOf(held));
        }

        private static Explanation.Line line(
                ExplainReplyDecoder reply, String key, List<Explanation.Holder> holders, String keptFor) {
            return new Explanation.Line(
                    key,
                    (int) reply.limitMax(),
                    reply.isMaxSet() != 0,
                    reply.isMaxFloating() != 0,
                    (int) reply.holderCount(),
                    List.copyOf(holders),
                    (int) reply.before(),
                    reply.isMoreBefore() != 0,
                    (int) reply.candidates(),
                    keptFor.isEmpty() ? null : keptFor);
        }

        private static Explanation.Bucket bucket(ExplainReplyDecoder reply, String name, String key, String keptFor) {
            return new Explanation.Bucket(
                    name,
                    key,
                    stage(reply.rateStageRaw()),
                    reply.hits(),
                    reply.hitsAvailable(),
                    reply.enoughInMs() < 0 ? null : Duration.ofMillis(reply.enoughInMs()),
                    (int) reply.before(),
                    reply.isMoreBefore() != 0,
                    (int) reply.candidates(),
                    keptFor.isEmpty() ? null : keptFor);
        }

        private static Explanation.Place place(ExplainReplyDecoder reply) {
            return new Explanation.Place(
                    (int) reply.prioritiesBefore(),
                    (int) reply.tenantsBefore(),
                    (int) reply.before(),
                    reply.isMoreBefore() != 0,
                    (int) reply.subscriptions(),
                    reply.credits(),
                    (int) reply.waitingCalls());
        }
    }
}
