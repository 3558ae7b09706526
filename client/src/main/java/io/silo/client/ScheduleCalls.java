package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.command.DeleteSchedulesEncoder;
import io.silo.protocol.command.GetScheduleEncoder;
import io.silo.protocol.command.ListSchedulesEncoder;
import io.silo.protocol.command.MessageHeaderEncoder;
import io.silo.protocol.command.PauseSchedulesEncoder;
import io.silo.protocol.command.PutScheduleEncoder;
import io.silo.protocol.command.ResumeSchedulesEncoder;
import io.silo.protocol.reply.ScheduleReplyDecoder;
import io.silo.protocol.reply.SchedulesChangedReplyDecoder;
import io.silo.protocol.reply.SchedulesReplyDecoder;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/** The calls about schedules. */
final class ScheduleCalls {
    private static final int HEADER = MessageHeaderEncoder.ENCODED_LENGTH;

    private ScheduleCalls() {}

    /** What is done to a schedule. */
    enum Change {
        PAUSE(PauseSchedulesEncoder.TEMPLATE_ID),
        RESUME(ResumeSchedulesEncoder.TEMPLATE_ID),
        DELETE(DeleteSchedulesEncoder.TEMPLATE_ID);

        final int templateId;

        Change(int templateId) {
            this.templateId = templateId;
        }
    }

    /** Makes a schedule or replaces it. Its value is the next firing. */
    static final class Put extends JobCalls.TenantCall<Optional<Instant>> {
        private final ScheduleRequest request;
        private final String tenant;
        private final boolean createOnly;
        private final Durability durability;

        Put(ScheduleRequest request, String tenant, boolean createOnly, Durability durability, long deadlineNs) {
            super(ShardMap.hash(tenant), deadlineNs);
            this.request = request;
            this.tenant = tenant;
            this.createOnly = createOnly;
            this.durability = durability;
        }

        @Override
        long heldBytes() {
            return request.encodedLengthMax(tenant);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final PutScheduleEncoder command = codecs.putSchedule.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, durability);
            final JobRequest job = request.job;
            final RetryPolicy retry = job.retry;
            command.intervalMs(request.intervalMs)
                    .firstAtMs(request.firstAtMs)
                    .startWithinMs(request.startWithinMs)
                    .retryInitialIntervalMs(retry.initialInterval().toMillis())
                    .retryMaxIntervalMs(retry.maxInterval().toMillis())
                    .retryCount(retry.retries())
                    .retryBackoffPermille(retry.backoffPermille())
                    .leaseMs(job.leaseMs)
                    .maxRunMs(job.maxRunMs)
                    .priority((short) job.priority)
                    .retryJitter((short) (retry.jitter() ? 1 : 0))
                    .payloadEncoding(CommandCodecs.wire(job.payload.encoding()))
                    .catchUp(CommandCodecs.wire(request.catchUp))
                    .paused((short) (request.isPaused ? 1 : 0))
                    .createOnly((short) (createOnly ? 1 : 0));
            final PutScheduleEncoder.LimitsEncoder limits = command.limitsCount(job.limits.size());
            for (final Limit limit : job.limits) {
                final byte[] details = LimitCodec.details(limit);
                limits.next()
                        .maxConcurrency(LimitCodec.maxConcurrency(limit))
                        .key(limit.key())
                        .putDetails(details, 0, details.length);
            }
            final PutScheduleEncoder.MetadataEncoder metadata = command.metadataCount(job.metadata.size());
            for (final Map.Entry<String, String> entry : job.metadata.entrySet()) {
                metadata.next().key(entry.getKey()).value(entry.getValue());
            }
            command.tenant(tenant)
                    .taskGroup(job.taskGroup)
                    .scheduleId(job.id)
                    .uniqueKey(job.uniqueKey)
                    .putPayload(job.payload.bytes(), 0, job.payload.size())
                    .cron(request.cron)
                    .zone(request.zone);
            return HEADER + command.encodedLength();
        }

        @Override
        public void onSchedulesChangedReply(SchedulesChangedReplyDecoder reply) {
            final SchedulesChangedReplyDecoder.ResultsDecoder answers = reply.results();
            if (ChangeCalls.isComplete(this, answers.count(), 1)) {
                succeed(Optional.ofNullable(JobDraft.instant(answers.next().nextFireMs())));
            }
        }
    }

    /** Changes schedules of one shard that fit one message. */
    static final class ChangeSchedules extends JobCalls.TenantCall<List<ScheduleChange>> {
        private final Change change;
        private final List<ScheduleRef> schedules;
        private final Durability durability;

        ChangeSchedules(Change change, List<ScheduleRef> schedules, Durability durability, long deadlineNs) {
            super(ShardMap.hash(schedules.get(0).tenant()), deadlineNs);
            this.change = change;
            this.schedules = schedules;
            this.durability = durability;
        }

        @Override
        long heldBytes() {
            return schedules.stream().mapToLong(Schedules::length).sum();
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final PauseSchedulesEncoder command =
                    codecs.changeSchedules.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            codecs.messageHeader.templateId(change.templateId);
            CommandCodecs.fill(command.header(), target, durability);
            final PauseSchedulesEncoder.ItemsEncoder items = command.itemsCount(schedules.size());
            for (final ScheduleRef schedule : schedules) {
                items.next().tenant(schedule.tenant()).scheduleId(schedule.id());
            }
            return HEADER + command.encodedLength();
        }

        @Override
        public void onSchedulesChangedReply(SchedulesChangedReplyDecoder reply) {
            final List<ScheduleChange> results = new ArrayList<>(schedules.size());
            final SchedulesChangedReplyDecoder.ResultsDecoder answers = reply.results();
            if (!ChangeCalls.isComplete(this, answers.count(), schedules.size())) {
                return;
            }
            for (final SchedulesChangedReplyDecoder.ResultsDecoder answer : answers) {
                results.add(new ScheduleChange(
                        schedules.get(results.size()),
                        JobCalls.reason(answer.code()),
                        JobDraft.instant(answer.nextFireMs())));
            }
            succeed(results);
        }
    }

    /** Reads one schedule. */
    static final class GetSchedule extends JobCalls.TenantCall<Schedule> {
        private final ScheduleRef schedule;
        private final int firings;

        /** @param firings 0 to 255; more than 100 are refused. */
        GetSchedule(ScheduleRef schedule, int firings, long deadlineNs) {
            super(ShardMap.hash(schedule.tenant()), deadlineNs);
            this.schedule = schedule;
            this.firings = firings;
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final GetScheduleEncoder command = codecs.getSchedule.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.firings((short) firings).tenant(schedule.tenant()).scheduleId(schedule.id());
            return HEADER + command.encodedLength();
        }

        @Override
        public void onScheduleReply(ScheduleReplyDecoder reply) {
            final List<Instant> times = new ArrayList<>();
            for (final ScheduleReplyDecoder.FiringsDecoder firing : reply.firings()) {
                times.add(Instant.ofEpochMilli(firing.atMs()));
            }
            final List<Limit> limits = new ArrayList<>();
            for (final ScheduleReplyDecoder.LimitsDecoder limit : reply.limits()) {
                final String key = limit.key();
                limits.add(LimitCodec.decode(key, limit.maxConcurrency(), limit.detailsLength(), limit::getDetails));
            }
            final Map<String, String> metadata = new LinkedHashMap<>();
            for (final ScheduleReplyDecoder.MetadataDecoder entry : reply.metadata()) {
                final String key = entry.key();
                metadata.put(key, entry.value());
            }
            final String tenant = reply.tenant();
            final String taskGroup = reply.taskGroup();
            final String id = reply.scheduleId();
            final String uniqueKey = reply.uniqueKey();
            final byte[] payload = new byte[reply.payloadLength()];
            reply.getPayload(payload, 0, payload.length);
            final String cron = reply.cron();
            final String zone = reply.zone();
            succeed(new Schedule(
                    new ScheduleSummary(
                            tenant,
                            id,
                            taskGroup,
                            JobDraft.duration(reply.intervalMs()),
                            JobDraft.emptyToNull(cron),
                            zone(cron, zone),
                            CatchUp.ofCode(reply.catchUpRaw()),
                            reply.paused() != 0,
                            JobDraft.instant(reply.nextFireMs()),
                            JobDraft.instant(reply.lastFireMs())),
                    Instant.ofEpochMilli(reply.firstAtMs()),
                    JobDraft.duration(reply.startWithinMs()),
                    reply.priority(),
                    JobDraft.duration(reply.leaseMs()),
                    JobDraft.duration(reply.maxRunMs()),
                    new RetryPolicy(
                            (int) reply.retryCount(),
                            Duration.ofMillis(reply.retryInitialIntervalMs()),
                            Duration.ofMillis(reply.retryMaxIntervalMs()),
                            reply.retryBackoffPermille() / 1_000.0,
                            reply.retryJitter() == 1),
                    Map.copyOf(metadata),
                    List.copyOf(limits),
                    JobDraft.emptyToNull(uniqueKey),
                    new Payload(payload, Encoding.ofCode(reply.payloadEncodingRaw())),
                    List.copyOf(times)));
        }
    }

    /** Some schedules of a list, and whether there are no more. */
    record Page(List<ScheduleSummary> schedules, boolean isLast) {}

    /** Reads a page of the schedules of one shard. */
    static final class ListSchedules extends Call<Page> {
        private final int shard;
        private final String tenant;
        private final @Nullable ScheduleRef after;

        /**
         * @param shard number on the node; -1 = the tenant's.
         * @param tenant empty = all that the client may see.
         * @param after where the page before ended; null = the first page.
         */
        ListSchedules(int shard, String tenant, @Nullable ScheduleRef after, long deadlineNs) {
            super(deadlineNs);
            this.shard = shard;
            this.tenant = tenant;
            this.after = after;
        }

        @Override
        ShardMap.@Nullable Target target(ShardMap map) {
            if (shard < 0) {
                return map.target(ShardMap.hash(tenant));
            }
            return map.targets().stream()
                    .filter(target -> target.shard() == shard)
                    .findFirst()
                    .orElse(null);
        }

        @Override
        int encode(CommandCodecs codecs, MutableDirectBuffer buffer, ShardMap.Target target) {
            final ListSchedulesEncoder command =
                    codecs.listSchedules.wrapAndApplyHeader(buffer, 0, codecs.messageHeader);
            CommandCodecs.fill(command.header(), target, Durability.DURABLE);
            command.pageSize(Bounds.PAGE_ITEMS_MAX)
                    .tenant(tenant)
                    .afterTenant(after == null ? "" : after.tenant())
                    .afterId(after == null ? "" : after.id());
            return HEADER + command.encodedLength();
        }

        @Override
        public void onSchedulesReply(SchedulesReplyDecoder reply) {
            final boolean isLast = reply.isLast() != 0;
            final List<ScheduleSummary> schedules = new ArrayList<>();
            for (final SchedulesReplyDecoder.SchedulesDecoder item : reply.schedules()) {
                final String itemTenant = item.tenant();
                final String taskGroup = item.taskGroup();
                final String id = item.scheduleId();
                final String cron = item.cron();
                final String zone = item.zone();
                schedules.add(new ScheduleSummary(
                        itemTenant,
                        id,
                        taskGroup,
                        JobDraft.duration(item.intervalMs()),
                        JobDraft.emptyToNull(cron),
                        zone(cron, zone),
                        CatchUp.ofCode(item.catchUpRaw()),
                        item.paused() != 0,
                        JobDraft.instant(item.nextFireMs()),
                        JobDraft.instant(item.lastFireMs())));
            }
            if (schedules.isEmpty() && !isLast) {
                fail(new SiloException(
                        RejectReason.UNKNOWN_OUTCOME, "The server sent an empty page that is not the last."));
                return;
            }
            succeed(new Page(schedules, isLast));
        }
    }

    /** An expression without a zone is in UTC. */
    private static @Nullable String zone(String cron, String zone) {
        if (cron.isEmpty()) {
            return null;
        }
        return zone.isEmpty() ? "UTC" : zone;
    }
}
