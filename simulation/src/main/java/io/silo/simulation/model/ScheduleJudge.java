package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.ScheduleReplyDecoder;
import io.silo.protocol.reply.SchedulesChangedReplyDecoder;
import io.silo.protocol.reply.SchedulesReplyDecoder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Judges commands of schedules: PutSchedule, PauseSchedules, ResumeSchedules, DeleteSchedules, ListSchedules, GetSchedule. */
final class ScheduleJudge {
    /** One result of a change. */
    private record Result(int code, long nextFireMs) {}

    /** One schedule of a list. */
    private record Listed(
            long nextFireMs,
            long lastFireMs,
            long intervalMs,
            int catchUp,
            boolean paused,
            String tenant,
            String taskGroup,
            String id,
            String cron,
            String zone) {}

    private final ModelContext context;
    private final WriteJudge writes;

    ScheduleJudge(ModelContext context, WriteJudge writes) {
        this.context = context;
        this.writes = writes;
    }

    void judge(Expected expected, ModelCommand command, EventCursor events) {
        if (command instanceof ModelCommand.PutSchedule put) {
            put(expected, put, events);
        } else if (command instanceof ModelCommand.ChangeSchedules change) {
            change(expected, change, events);
        } else if (command instanceof ModelCommand.ListSchedules list) {
            list(expected, list);
        } else if (command instanceof ModelCommand.GetSchedule get) {
            get(expected, get);
        }
    }

    private static String tenant(String named) {
        return named.isEmpty() ? Bounds.TENANT_NONE : named;
    }

    // ---- changes

    private void put(Expected expected, ModelCommand.PutSchedule command, EventCursor events) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command, context.nowMs));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final JobDefinition wanted = command.template().wanted();
        final String tenant = tenant(wanted.tenant());
        final ModelSchedule existing = context.state.schedules().find(tenant, wanted.jobId());
        if (existing != null && command.createOnly()) {
            expected.speaksOf(existing.position());
            expected.refused(RejectReason.SCHEDULE_EXISTS);
            return;
        }
        final ModelEvent.ScheduleSet event = events.take(ModelEvent.ScheduleSet.class);
        if (event == null) {
            // Only the environment may refuse it.
            return;
        }
        final long key = existing == null ? context.state.nextJobKey() : existing.key();
        final ModelSchedule unfired = new ModelSchedule(
                key,
                command.intervalMs(),
                command.firstAtMs() == 0 ? context.nowMs : command.firstAtMs(),
                command.startWithinMs(),
                command.catchUp(),
                command.cron(),
                command.zone(),
                writes.definition(wanted, tenant, null).of(key, wanted.jobId(), context.nowMs, context.nowMs, 0),
                0,
                existing == null ? 0 : existing.lastFireMs(),
                command.paused(),
                event.place().position(),
                event.place().position());
        final long nextFireMs = unfired.nextAfter(context.nowMs - 1);
        final ModelSchedule right = unfired.paused(command.paused(), nextFireMs, unfired.position());
        Claim.equal(right, event.schedule(), "ScheduleSet");
        context.state.apply(event);
        answered(expected, List.of(new Result(RejectReason.OK, command.paused() ? 0 : nextFireMs)));
    }

    private void change(Expected expected, ModelCommand.ChangeSchedules command, EventCursor events) {
        if (command.schedules().size() > Bounds.BATCH_ITEMS_MAX) {
            expected.refused(RejectReason.BATCH_TOO_LARGE);
            return;
        }
        final List<Result> results = new ArrayList<>();
        for (ModelCommand.NamedJob named : command.schedules()) {
            final RejectReason reason =
                    ArgumentRules.first(context.rules.ofSchedule(expected.session, named.tenant(), named.jobId()));
            if (reason != null) {
                results.add(new Result(reason.code(), 0));
                continue;
            }
            final ModelSchedule schedule = context.state.schedules().find(tenant(named.tenant()), named.jobId());
            final Result result = schedule == null
                    ? unknown(expected, command.verb(), named)
                    : change(expected, command.verb(), schedule, events);
            if (result == null) {
                return;
            }
            results.add(result);
        }
        answered(expected, results);
    }

    private Result unknown(Expected expected, ModelCommand.ScheduleVerb verb, ModelCommand.NamedJob named) {
        expected.speaksOf(context.state.schedules().deletedAt(tenant(named.tenant()), named.jobId()));
        return new Result(
                verb == ModelCommand.ScheduleVerb.DELETE ? RejectReason.OK : RejectReason.SCHEDULE_NOT_FOUND.code(), 0);
    }

    /** Null if nothing was appended for it: the command must be refused as a whole. */
    private @Nullable Result change(
            Expected expected, ModelCommand.ScheduleVerb verb, ModelSchedule schedule, EventCursor events) {
        final boolean pauses = verb == ModelCommand.ScheduleVerb.PAUSE;
        final boolean resumes = verb == ModelCommand.ScheduleVerb.RESUME;
        if (resumes && !schedule.paused() || pauses && schedule.paused()) {
            expected.speaksOf(schedule.changedPosition());
            return new Result(RejectReason.OK, resumes ? schedule.nextFireMs() : 0);
        }
        final ModelEvent event = events.take(ModelEvent.class);
        if (event == null) {
            return null;
        }
        // What would have been fired in a pause is left out.
        final long nextFireMs = schedule.nextAfter(context.nowMs);
        Claim.equal(
                pauses || resumes
                        ? new ModelEvent.SchedulePaused(event.place(), schedule.key(), nextFireMs, pauses)
                        : new ModelEvent.ScheduleDeleted(event.place(), schedule.key()),
                event,
                verb + " of " + schedule);
        context.state.apply(event);
        return new Result(RejectReason.OK, resumes ? nextFireMs : 0);
    }

    private static void answered(Expected expected, List<Result> results) {
        expected.answered(reply -> {
            Claim.equal(SchedulesChangedReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final SchedulesChangedReplyDecoder d =
                    new SchedulesChangedReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final List<Result> told = new ArrayList<>();
            for (SchedulesChangedReplyDecoder.ResultsDecoder result : d.results()) {
                told.add(new Result(result.code(), result.nextFireMs()));
            }
            Claim.equal(results, told, "results of", expected.command);
        });
    }

    // ---- reads

    private void list(Expected expected, ModelCommand.ListSchedules command) {
        final RejectReason reason = ArgumentRules.first(context.rules.of(expected.session, command));
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String scope = Asker.scopeOf(expected.session);
        final String only = command.tenant().isEmpty() && scope != null ? scope : command.tenant();
        final List<Listed> right = new ArrayList<>();
        for (ModelSchedule schedule : context.state.schedules().byName()) {
            final int order = schedule.tenant().compareTo(command.afterTenant());
            final boolean isBehind = order > 0 || order == 0 && schedule.id().compareTo(command.afterId()) > 0;
            if ((only.isEmpty() || only.equals(schedule.tenant()))
                    && (command.afterTenant().isEmpty() || isBehind)) {
                right.add(listed(schedule));
                expected.speaksOf(schedule.changedPosition());
            }
        }
        expected.answered(reply -> {
            Claim.equal(SchedulesReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final SchedulesReplyDecoder d =
                    new SchedulesReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            final boolean isLast = d.isLast() != 0;
            final List<Listed> told = new ArrayList<>();
            for (SchedulesReplyDecoder.SchedulesDecoder s : d.schedules()) {
                told.add(new Listed(
                        s.nextFireMs(),
                        s.lastFireMs(),
                        s.intervalMs(),
                        s.catchUpRaw(),
                        s.paused() != 0,
                        Text.of(s.tenantLength(), s::getTenant),
                        Text.of(s.taskGroupLength(), s::getTaskGroup),
                        Text.of(s.scheduleIdLength(), s::getScheduleId),
                        Text.of(s.cronLength(), s::getCron),
                        Text.of(s.zoneLength(), s::getZone)));
            }
            Claim.check(
                    told.size() <= command.pageSize()
                            && told.size() <= right.size()
                            && isLast == (told.size() == right.size()),
                    "a page of %d holds %d of %d schedules, last %s",
                    command.pageSize(),
                    told.size(),
                    right.size(),
                    isLast);
            Claim.equal(right.subList(0, told.size()), told, "schedules of", expected.command);
        });
    }

    private static Listed listed(ModelSchedule schedule) {
        return new Listed(
                schedule.paused() ? 0 : schedule.nextFireMs(),
                schedule.lastFireMs(),
                schedule.intervalMs(),
                schedule.catchUp(),
                schedule.paused(),
                schedule.tenant(),
                schedule.template().taskGroup(),
                schedule.id(),
                schedule.cron(),
                schedule.zone());
    }

    private void get(Expected expected, ModelCommand.GetSchedule command) {
        final var reasons = context.rules.ofSchedule(expected.session, command.tenant(), command.scheduleId());
        ArgumentRules.add(reasons, command.firings() > Bounds.FIRINGS_MAX, RejectReason.INVALID_LIMIT);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            expected.refused(reason);
            return;
        }
        final String tenant = tenant(command.tenant());
        final ModelSchedule schedule = context.state.schedules().find(tenant, command.scheduleId());
        if (schedule == null) {
            expected.speaksOf(context.state.schedules().deletedAt(tenant, command.scheduleId()));
            expected.refused(RejectReason.SCHEDULE_NOT_FOUND);
            return;
        }
        expected.speaksOf(schedule.changedPosition());
        final List<Long> firings = new ArrayList<>();
        for (long at = schedule.nextFireMs(); !schedule.paused() && firings.size() < command.firings(); ) {
            firings.add(at);
            at = schedule.nextAfter(at);
        }
        expected.answered(reply -> checkShown(schedule, firings, reply));
    }

    private static void checkShown(ModelSchedule schedule, List<Long> firings, ModelReply reply) {
        Claim.equal(ScheduleReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
        final ScheduleReplyDecoder d =
                new ScheduleReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        final RetryRule retry = new RetryRule(
                d.retryCount(),
                d.retryInitialIntervalMs(),
                d.retryMaxIntervalMs(),
                d.retryBackoffPermille(),
                d.retryJitter());
        final List<Long> times = new ArrayList<>();
        for (ScheduleReplyDecoder.FiringsDecoder firing : d.firings()) {
            times.add(firing.atMs());
        }
        Claim.equal(firings, times, "firings of", schedule);
        final List<ModelLimit> limits = limits(d);
        final List<String> metadata = new ArrayList<>();
        for (ScheduleReplyDecoder.MetadataDecoder entry : d.metadata()) {
            metadata.add(Text.of(entry.keyLength(), entry::getKey));
            metadata.add(Text.of(entry.valueLength(), entry::getValue));
        }
        final JobDefinition job = schedule.template();
        Claim.equal(
                List.of(retry, job.leaseMs(), job.maxRunMs(), job.priority(), job.payloadEncoding(), metadata, limits),
                List.of(
                        job.retry(),
                        d.leaseMs(),
                        d.maxRunMs(),
                        (int) d.priority(),
                        (int) d.payloadEncodingRaw(),
                        job.metadata(),
                        job.limits()),
                "job told of",
                schedule);
        final Listed told = new Listed(
                d.nextFireMs(),
                d.lastFireMs(),
                d.intervalMs(),
                d.catchUpRaw(),
                d.paused() != 0,
                Text.of(d.tenantLength(), d::getTenant),
                Text.of(d.taskGroupLength(), d::getTaskGroup),
                Text.of(d.scheduleIdLength(), d::getScheduleId),
                "",
                "");
        final String uniqueKey = Text.of(d.uniqueKeyLength(), d::getUniqueKey);
        final String payload = Text.of(d.payloadLength(), d::getPayload);
        final String cron = Text.of(d.cronLength(), d::getCron);
        final String zone = Text.of(d.zoneLength(), d::getZone);
        Claim.equal(
                List.of(
                        new Listed(
                                schedule.paused() ? 0 : schedule.nextFireMs(),
                                schedule.lastFireMs(),
                                schedule.intervalMs(),
                                schedule.catchUp(),
                                schedule.paused(),
                                schedule.tenant(),
                                job.taskGroup(),
                                schedule.id(),
                                "",
                                ""),
                        job.uniqueKey(),
                        job.inlinePayload(),
                        schedule.cron(),
                        schedule.zone()),
                List.of(told, uniqueKey, payload, cron, zone),
                "what is told of",
                schedule);
    }

    private static List<ModelLimit> limits(ScheduleReplyDecoder d) {
        final List<ModelLimit> limits = new ArrayList<>();
        for (ScheduleReplyDecoder.LimitsDecoder limit : d.limits()) {
            limits.add(new ModelLimit(
                    Text.of(limit.keyLength(), limit::getKey),
                    limit.maxConcurrency(),
                    Text.of(limit.detailsLength(), limit::getDetails)));
        }
        return limits;
    }
}
