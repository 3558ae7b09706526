package io.silo.simulation.model;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.JobsChangedReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Judges what is done to jobs that exist: CancelJobs, RestartJobs, ExpediteJobs, DeleteJobs. */
final class ChangeJudge {
    private final ModelContext context;

    ChangeJudge(ModelContext context) {
        this.context = context;
    }

    Expected change(Expected expected, ModelCommand.ChangeJobs command, EventCursor events) {
        if (command.jobs().size() > Bounds.BATCH_ITEMS_MAX) {
            return expected.refused(RejectReason.BATCH_TOO_LARGE);
        }
        final BatchAnswer answer = new BatchAnswer();
        final List<JobState> states = new ArrayList<>();
        for (ModelCommand.NamedJob named : command.jobs()) {
            states.add(change(expected, command.verb(), named, events, answer));
        }
        return expected.answered(reply -> {
            Claim.equal(JobsChangedReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final JobsChangedReplyDecoder d =
                    new JobsChangedReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            int index = 0;
            for (JobsChangedReplyDecoder.ResultsDecoder result : d.results()) {
                answer.check(index, result.jobKey(), result.code(), expected.command);
                Claim.equal(states.get(index++).name(), result.status().name(), "status told by", expected.command);
            }
            Claim.equal(answer.size(), index, "results of", reply);
        });
    }

    /** Returns the status that is told. */
    private JobState change(
            Expected expected,
            ModelCommand.Verb verb,
            ModelCommand.NamedJob named,
            EventCursor events,
            BatchAnswer answer) {
        final RejectReason argument =
                ArgumentRules.first(context.rules.ofRead(expected.session, named.tenant(), named.jobId()));
        if (argument != null) {
            answer.add(argument, 0, 0);
            return JobState.SCHEDULED;
        }
        final String tenant = named.tenant().isEmpty() ? Bounds.TENANT_NONE : named.tenant();
        final ModelJob job = context.state.find(tenant, named.jobId());
        if (job == null) {
            // Whether it was there a moment ago is part of the answer.
            final RememberedRequests.Gone gone = context.state.requests().lastOf(tenant, named.jobId());
            expected.speaksOf(gone == null ? -1 : gone.position());
            answer.add(verb == ModelCommand.Verb.DELETE ? null : RejectReason.JOB_NOT_FOUND, 0, 0);
            return JobState.SCHEDULED;
        }
        final RejectReason refusal = refusal(verb, job);
        if (refusal != null) {
            expected.speaksOf(job.changedPosition);
            answer.add(refusal, 0, job.key());
            return job.state;
        }
        final JobState before = job.state;
        final ModelEvent event = events.take(ModelEvent.class);
        if (event == null) {
            answer.addEnvironment(job.key(), Expected.ENVIRONMENT);
            return before;
        }
        Claim.equal(right(verb, job, event.place()), event, verb + " of " + job);
        context.state.apply(event);
        answer.add(null, job.key(), job.key());
        return job.isDeleted ? before : job.state;
    }

    /** Why a job may not be changed so; null if it may. */
    @Nullable
    RejectReason refusal(ModelCommand.Verb verb, ModelJob job) {
        final boolean isOver = job.state == JobState.SUCCEEDED || job.state == JobState.FAILED;
        final boolean isCalledOff = job.state == JobState.CANCELLED || job.isCancelRequested();
        return switch (verb) {
            case CANCEL -> isCalledOff ? RejectReason.JOB_ALREADY_CANCELLED : isOver ? RejectReason.JOB_TERMINAL : null;
            case RESTART ->
                job.state == JobState.SUCCEEDED
                        ? RejectReason.JOB_SUCCEEDED
                        : !job.state.isTerminal()
                                ? RejectReason.JOB_IN_PROGRESS
                                : isKeyTaken(job)
                                        ? RejectReason.UNIQUE_KEY_HELD
                                        : context.refuses(job.definition) ? RejectReason.TENANT_QUOTA : null;
            case EXPEDITE -> {
                if (isOver) {
                    yield RejectReason.JOB_TERMINAL;
                } else if (isCalledOff) {
                    yield RejectReason.JOB_ALREADY_CANCELLED;
                } else if (job.state == JobState.RUNNING) {
                    yield RejectReason.JOB_RUNNING;
                }
                yield job.startMs > context.nowMs ? null : RejectReason.JOB_ALREADY_READY;
            }
            case DELETE -> job.state.isTerminal() ? null : RejectReason.JOB_IN_PROGRESS;
        };
    }

    private boolean isKeyTaken(ModelJob job) {
        return context.state.holderOf(job.definition.tenant(), job.definition.uniqueKey(), job) != null;
    }

    /** The one event that the change is. */
    ModelEvent right(ModelCommand.Verb verb, ModelJob job, ModelEvent.Place place) {
        final long key = job.key();
        final long previous = job.lastPosition;
        return switch (verb) {
            case CANCEL ->
                job.state == JobState.RUNNING
                        ? new ModelEvent.CancelRequested(place, key, previous)
                        : new ModelEvent.Cancelled(place, key, previous);
            case RESTART -> {
                // One more than the highest that ended; before the very first a future start stays.
                final boolean neverRan = job.ended.isEmpty();
                final long number =
                        neverRan ? 1 : job.ended.get(job.ended.size() - 1).attempt() + 1;
                final long startMs = neverRan ? Math.max(job.startMs, context.nowMs) : context.nowMs;
                yield new ModelEvent.Restarted(place, key, previous, startMs, number);
            }
            case EXPEDITE -> new ModelEvent.Expedited(place, key, previous, context.nowMs);
            case DELETE ->
                new ModelEvent.Deleted(
                        place,
                        key,
                        previous,
                        job.definition.requestId(),
                        RememberedRequests.hash(job.definition.tenant(), job.definition.jobId()));
        };
    }
}
