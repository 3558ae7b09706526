package io.silo.simulation.model;

import io.silo.protocol.LeaseToken;
import io.silo.protocol.Session;
import io.silo.shard.command.ShardSettings;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tasks given to workers: each must be the next one, for somebody who asked, who must then be told. */
final class Grants {
    /** One record of TaskLeased events that nobody was told of yet. */
    private record Grant(long position, List<ModelReply.Task> tasks, List<Asker> candidates) {}

    private final ShardSettings settings;
    private final TreeMap<Long, Grant> untold = new TreeMap<>();

    Grants(ShardSettings settings) {
        this.settings = settings;
    }

    /**
     * Judges and applies one record of grants.
     *
     * @param askers who may have been meant.
     */
    void grant(ModelState state, List<ModelEvent.Leased> events, Collection<Asker> askers, long monotonicMs) {
        final List<Asker> candidates = new ArrayList<>();
        final ModelEvent.Leased first = events.get(0);
        for (Asker asker : askers) {
            if (asker.worker.equals(first.worker())
                    && asker.requestId.equals(first.requestId())
                    && asker.credits + asker.uncertainCredits >= events.size()) {
                candidates.add(asker);
            }
        }
        Claim.check(!candidates.isEmpty(), "nobody with credits asked for %d tasks: %s", events.size(), first);
        final List<ModelReply.Task> tasks = new ArrayList<>();
        for (ModelEvent.Leased event : events) {
            final ModelJob job = state.find(event.jobKey());
            if (job == null) {
                throw new AssertionError("an unknown job was leased: " + event);
            }
            narrow(state, candidates, event, job);
            final JobDefinition d = job.definition;
            Claim.equal(d.leaseMs() == 0 ? settings.leaseMs() : d.leaseMs(), event.leaseMs(), "lease length of", job);
            Claim.equal(ModelLimits.bits(job), event.heldLimits(), "limits held by", job);
            state.rates().check(job, event.hits());
            Claim.check(
                    event.worker().equals(first.worker()) && event.requestId().equals(first.requestId()),
                    "one record grants to two askers: %s",
                    events);
            state.ready().grant(job, candidates.stream().allMatch(asker -> asker.filter() == null));
            final ModelReply.Task task =
                    task(job, event.place().epoch(), event.place().token(), event.leaseMs());
            state.apply(event);
            tasks.add(task);
        }
        for (ModelReply.Task task : tasks) {
            final ModelJob job = state.find(task.jobKey());
            if (job != null) {
                job.runningLease().begin(monotonicMs, job.definition.maxRunMs());
                job.runningLease().renew(monotonicMs, candidates.get(0).session.id());
            }
        }
        final long position = first.place().position();
        untold.put(position, new Grant(position, tasks, candidates));
    }

    /** Judges and applies the lease of a job that a call named: neither its start nor its place matters. Returns what is told. */
    ModelReply.Task grantNamed(
            ModelState state, ModelEvent.Leased event, ModelJob job, Session session, long monotonicMs) {
        final JobDefinition d = job.definition;
        Claim.equal(d.leaseMs() == 0 ? settings.leaseMs() : d.leaseMs(), event.leaseMs(), "lease length of", job);
        state.ready().grant(job, false);
        final ModelReply.Task task =
                task(job, event.place().epoch(), event.place().token(), event.leaseMs());
        state.apply(event);
        job.runningLease().begin(monotonicMs, d.maxRunMs());
        job.runningLease().renew(monotonicMs, session.id());
        return task;
    }

    /** Leaves those for whom the job was the next. */
    private static void narrow(ModelState state, List<Asker> candidates, ModelEvent.Leased event, ModelJob job) {
        String why = "nobody asked for tasks of group " + job.definition.taskGroup();
        for (Asker asker : List.copyOf(candidates)) {
            final String other = asker.taskGroup.equals(job.definition.taskGroup())
                    ? state.ready().whyNotNext(job, asker.filter())
                    : why;
            if (other != null) {
                why = other;
                candidates.remove(asker);
            }
        }
        if (candidates.isEmpty())
            Claim.check(!candidates.isEmpty(), "%s should not have been leased by %s: %s", job, event, why);
    }

    /** What a worker is told of a job it gets or has. */
    static ModelReply.Task task(ModelJob job, long tokenEpoch, long token, long leaseMs) {
        final JobDefinition d = job.definition;
        return new ModelReply.Task(
                job.key(),
                tokenEpoch,
                token,
                d.enqueuedAtMs(),
                job.startMs,
                job.attempt,
                job.relativeAttempt,
                leaseMs,
                d.maxRunMs(),
                d.payloadBytes(),
                d.payloadCrc(),
                d.priority(),
                job.relativeAttempt > d.retry().count(),
                d.payloadEncoding(),
                d.limits(),
                d.metadata(),
                d.tenant(),
                d.taskGroup(),
                d.jobId(),
                d.uniqueKey(),
                d.inlinePayload());
    }

    /** Whether the first task is one that was granted and not told. */
    boolean isUntold(List<ModelReply.Task> tasks) {
        return !tasks.isEmpty()
                && untold.containsKey(LeaseToken.position(tasks.get(0).token()));
    }

    /** A worker was told. Returns who asked. */
    Asker tell(ModelState state, ModelReply reply, List<ModelReply.Task> tasks, long subscriptionId) {
        final long position = LeaseToken.position(tasks.get(0).token());
        final Grant grant = untold.remove(position);
        if (grant == null) {
            throw new AssertionError(reply + " tells of a grant that was not made, or told before: " + tasks);
        }
        Claim.equal(grant.tasks().size(), tasks.size(), "tasks told by", reply);
        for (int i = 0; i < tasks.size(); i++) {
            checkTask(grant.tasks().get(i), tasks.get(i));
        }
        Claim.check(reply.position() >= position, "%s tells of the grant at %d", reply, position);
        final Asker asker = find(grant.candidates(), reply, subscriptionId);
        if (asker == null) {
            throw new AssertionError(reply + " went to one who did not ask: " + grant.candidates());
        }
        for (ModelReply.Task task : tasks) {
            final ModelJob job = state.find(task.jobKey());
            final ModelLease lease = job == null || job.token != task.token() ? null : job.lease;
            if (lease != null && grant.candidates().size() > 1) {
                lease.session = asker.session.id();
            }
        }
        return asker;
    }

    private static @Nullable Asker find(List<Asker> candidates, ModelReply reply, long subscriptionId) {
        for (Asker asker : candidates) {
            if (asker.session == reply.session()
                    && asker.subscriptionId == subscriptionId
                    && asker.correlationId == reply.correlationId()) {
                return asker;
            }
        }
        return null;
    }

    static void checkTask(ModelReply.Task granted, ModelReply.Task told) {
        if (told.payload().isEmpty() && told.payloadBytes() > 0) {
            Claim.equal(granted.withoutPayload(), told, "task told");
        } else {
            Claim.equal(granted, told, "task told");
        }
    }

    /** Everybody was told, but for sessions that are gone. */
    void endCycle(Replies replies) {
        for (Grant grant : untold.values()) {
            Claim.check(
                    grant.candidates().stream().anyMatch(asker -> replies.isClosed(asker.session)),
                    "nobody was told of the tasks leased at position %d: %s",
                    grant.position(),
                    grant.candidates());
        }
        untold.clear();
    }

    void clear() {
        untold.clear();
    }
}
