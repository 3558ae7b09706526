package io.silo.simulation.model;

import io.silo.protocol.event.LeaseEnd;
import io.silo.protocol.event.Outcome;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** All jobs of a shard and what events do to them, by the state machine of the schema. Refuses what no job can live through. */
final class ModelState {
    private final TreeMap<Long, ModelJob> jobs = new TreeMap<>();
    private final Map<String, ModelJob> byName = new HashMap<>();
    private final Map<String, TreeMap<Long, ModelJob>> runningByWorker = new HashMap<>();
    private final ModelPauses pauses = new ModelPauses();
    private final ModelRates rates = new ModelRates();
    private final ModelLimits limits = new ModelLimits();
    private final ModelTenants tenants = new ModelTenants();
    private final ReadyOrder ready = new ReadyOrder(pauses, limits, tenants);
    private final Set<ModelJob> touched = new LinkedHashSet<>();
    private final RememberedRequests requests = new RememberedRequests();
    private final ModelSchedules schedules = new ModelSchedules();
    private final ModelBulks bulks = new ModelBulks();

    /** Jobs with a latest start, in force or not. */
    private final Set<ModelJob> withDeadline = new LinkedHashSet<>();

    private int running;
    private long nextJobKey = 1;
    private long lastTimeMs;

    /** Whether events of unknown jobs are skipped: the log was trimmed, and images follow. */
    private boolean lenient;

    void lenient(boolean isLenient) {
        lenient = isLenient;
    }

    boolean isLenient() {
        return lenient;
    }

    @Nullable
    ModelJob find(long jobKey) {
        return jobs.get(jobKey);
    }

    @Nullable
    ModelJob find(String tenant, String jobId) {
        return byName.get(JobDefinition.nameOf(tenant, jobId));
    }

    /** The job that holds a unique key: it has not ended. Null if none but {@code other} does, or there is no key. */
    @Nullable
    ModelJob holderOf(String tenant, String uniqueKey, @Nullable ModelJob other) {
        if (!uniqueKey.isEmpty()) {
            for (ModelJob job : jobs.values()) {
                if (job != other
                        && !job.state.isTerminal()
                        && job.definition.uniqueKey().equals(uniqueKey)
                        && job.definition.tenant().equals(tenant)) {
                    return job;
                }
            }
        }
        return null;
    }

    Iterable<ModelJob> jobs() {
        return jobs.values();
    }

    int jobCount() {
        return jobs.size();
    }

    int leaseCount() {
        return running;
    }

    long nextJobKey() {
        return nextJobKey;
    }

    long lastTimeMs() {
        return lastTimeMs;
    }

    ReadyOrder ready() {
        return ready;
    }

    /** Jobs with a live lease of this worker. */
    List<ModelJob> runningOf(String worker) {
        final TreeMap<Long, ModelJob> own = runningByWorker.get(worker);
        return own == null ? List.of() : new ArrayList<>(own.values());
    }

    List<ModelJob> running() {
        final List<ModelJob> all = new ArrayList<>();
        runningByWorker.values().forEach(own -> all.addAll(own.values()));
        return all;
    }

    ModelSchedules schedules() {
        return schedules;
    }

    ModelRates rates() {
        return rates;
    }

    ModelPauses pauses() {
        return pauses;
    }

    ModelLimits limits() {
        return limits;
    }

    ModelTenants tenants() {
        return tenants;
    }

    ModelBulks bulks() {
        return bulks;
    }

    RememberedRequests requests() {
        return requests;
    }

    /** Jobs whose latest start is in force. */
    List<ModelJob> toStartInTime() {
        return withDeadline.stream().filter(ModelJob::mustStartInTime).toList();
    }

    /** Jobs that changed since the last call. */
    List<ModelJob> takeTouched() {
        final List<ModelJob> taken = new ArrayList<>(touched);
        touched.clear();
        return taken;
    }

    void touch(ModelJob job) {
        touched.add(job);
    }

    ModelState copy() {
        final ModelState copy = new ModelState();
        copy.tenants.copyFrom(tenants);
        jobs.values().forEach(job -> copy.insert(job.copy()));
        copy.requests.addAll(requests);
        copy.schedules.copyFrom(schedules);
        copy.pauses.copyFrom(pauses);
        copy.rates.copyFrom(rates);
        copy.limits.copyFrom(limits);
        copy.bulks.copyFrom(bulks);
        copy.nextJobKey = nextJobKey;
        copy.lastTimeMs = lastTimeMs;
        copy.touched.clear();
        return copy;
    }

    /** Checks that a state rebuilt from the log is this one. */
    void checkRebuilt(ModelState rebuilt) {
        for (ModelJob job : jobs.values()) {
            final ModelJob found = rebuilt.find(job.key());
            if (found == null || !found.hasLogOf(job)) {
                throw new AssertionError("the log says\n  " + (found == null ? "nothing" : found.logged())
                        + "\nright is\n  " + job.logged());
            }
        }
        Claim.equal(jobCount(), rebuilt.jobCount(), "jobs in the log");
        Claim.equal(
                requests.inForce(lastTimeMs), rebuilt.requests.inForce(lastTimeMs), "requests remembered by the log");
        schedules.checkRebuilt(rebuilt.schedules);
        pauses.checkRebuilt(rebuilt.pauses);
        rates.checkRebuilt(rebuilt.rates);
        limits.checkRebuilt(rebuilt.limits);
        tenants.checkRebuilt(rebuilt.tenants);
        bulks.checkRebuilt(rebuilt.bulks);
        Claim.equal(nextJobKey, rebuilt.nextJobKey, "next job key by the log");
        Claim.equal(lastTimeMs, rebuilt.lastTimeMs, "last time of the log");
    }

    void apply(ModelEvent event) {
        final ModelEvent.Place place = event.place();
        lastTimeMs = Math.max(lastTimeMs, place.timeMs());
        if (event instanceof ModelEvent.Enqueued enqueued) {
            enqueue(place, enqueued.definition());
        } else if (event instanceof ModelEvent.Leased leased) {
            lease(place, leased);
            leased.hits().forEach(rates::apply);
        } else if (event instanceof ModelEvent.Returned returned) {
            giveBack(place, returned);
        } else if (event instanceof ModelEvent.Ended ended) {
            end(place, ended);
        } else if (event instanceof ModelEvent.Image image) {
            image(place, image.job());
        } else if (event instanceof ModelEvent.CarriedThrough carried) {
            nextJobKey = Math.max(nextJobKey, carried.nextArrival());
            lastTimeMs = Math.max(lastTimeMs, carried.lastTimeMs());
        } else if (event instanceof ModelEvent.BucketSet set) {
            rates.apply(set);
        } else if (event instanceof ModelEvent.BucketDropped dropped) {
            rates.apply(dropped);
        } else if (event instanceof ModelEvent.PauseSet set) {
            pauses.apply(set);
            ready.turnsAnew(set);
        } else if (event instanceof ModelEvent.LimitSet set) {
            limits.apply(set);
        } else if (event instanceof ModelEvent.FloatingLimitSet set) {
            limits.apply(set);
        } else if (event instanceof ModelEvent.SlotsDropped dropped) {
            drop(place, dropped);
        } else if (event instanceof ModelEvent.TenantSet set) {
            final ModelTenants.Settings before = tenants.of(set.tenant());
            tenants.apply(set);
            ready.settingsChanged(set.tenant(), before);
        } else {
            if (event instanceof ModelEvent.ScheduleSet set) {
                nextJobKey = Math.max(nextJobKey, set.schedule().key() + 1);
            }
            if (event instanceof ModelEvent.BulkStarted started) {
                nextJobKey = Math.max(nextJobKey, started.bulk().key() + 1);
            }
            schedules.apply(event, lenient);
            bulks.apply(event, lenient);
            applyChange(place, event);
        }
    }

    private void applyChange(ModelEvent.Place place, ModelEvent event) {
        if (event instanceof ModelEvent.Cancelled cancelled) {
            final ModelJob job = waiting(place, cancelled.jobKey(), cancelled.previousPosition());
            if (job != null) {
                job.cancelledPending = true;
                finish(place, job, JobState.CANCELLED);
            }
        } else if (event instanceof ModelEvent.Refused refused) {
            final ModelJob job = waiting(place, refused.jobKey(), refused.previousPosition());
            if (job != null) {
                Claim.equal(job.attempt, refused.attempt(), "attempt refused of", job);
                job.end(new ModelAttempt(
                        job.attempt,
                        place.timeMs(),
                        place.timeMs(),
                        Outcome.FAILED.value(),
                        0,
                        0,
                        0,
                        0,
                        0,
                        "",
                        refused.errorCode()));
                if (refused.nextStartMs() < 0) {
                    finish(place, job, JobState.FAILED);
                } else {
                    job.attempt++;
                    job.relativeAttempt++;
                    job.changedAtMs = place.timeMs();
                    job.startMs = refused.nextStartMs();
                    ready.add(job);
                }
            }
        } else if (event instanceof ModelEvent.CancelRequested asked) {
            final ModelJob job = known(place, asked.jobKey(), asked.previousPosition());
            if (job != null) {
                job.runningLease().cancelRequestedAtMs = place.timeMs();
            }
        } else if (event instanceof ModelEvent.Restarted restarted) {
            final ModelJob job = known(place, restarted.jobKey(), restarted.previousPosition());
            if (job != null) {
                Claim.check(job.state.isTerminal(), "%s was restarted: %s", job, place);
                reopen(place, job, restarted.attempt(), 1, restarted.startMs());
            }
        } else if (event instanceof ModelEvent.Expedited expedited) {
            final ModelJob job = waiting(place, expedited.jobKey(), expedited.previousPosition());
            if (job != null) {
                job.changedAtMs = place.timeMs();
                job.startMs = expedited.startMs();
                ready.add(job);
            }
        } else if (event instanceof ModelEvent.Deleted deleted) {
            delete(place, deleted);
        } else if (event instanceof ModelEvent.Imported imported) {
            bringIn(place, imported);
        } else if (event instanceof ModelEvent.Remembered remembered) {
            requests.put(
                    remembered.requestId(),
                    remembered.jobIdHash(),
                    new RememberedRequests.Gone(remembered.jobKey(), remembered.removedAtMs(), place.position()));
        }
    }

    /** A job that waits and will not go on to do so, or not there. */
    private @Nullable ModelJob waiting(ModelEvent.Place place, long jobKey, long previousPosition) {
        final ModelJob job = known(place, jobKey, previousPosition);
        if (job != null) {
            Claim.check(job.state == JobState.SCHEDULED, "%s does not wait: %s", job, place);
            ready.remove(job);
        }
        return job;
    }

    private static void finish(ModelEvent.Place place, ModelJob job, JobState state) {
        job.state = state;
        job.changedAtMs = place.timeMs();
        job.ended(place.position());
    }

    private void reopen(ModelEvent.Place place, ModelJob job, long attempt, long relativeAttempt, long startMs) {
        job.state = JobState.SCHEDULED;
        job.changedAtMs = place.timeMs();
        job.attempt = attempt;
        job.relativeAttempt = relativeAttempt;
        job.startMs = startMs;
        job.cancelledPending = false;
        job.crashes = 0;
        ready.add(job);
    }

    private void delete(ModelEvent.Place place, ModelEvent.Deleted deleted) {
        final ModelJob job = known(place, deleted.jobKey(), deleted.previousPosition());
        if (job != null) {
            Claim.check(job.state.isTerminal(), "%s was deleted: %s", job, place);
            jobs.remove(job.key());
            byName.remove(job.definition.name());
            withDeadline.remove(job);
            job.isDeleted = true;
        }
        if (!deleted.requestId().isNone()) {
            requests.put(
                    deleted.requestId(),
                    deleted.jobIdHash(),
                    new RememberedRequests.Gone(deleted.jobKey(), place.timeMs(), place.position()));
        }
    }

    private void bringIn(ModelEvent.Place place, ModelEvent.Imported imported) {
        final ModelJob job;
        if (imported.previousPosition() == -1) {
            job = new ModelJob(imported.definition());
            job.lastPosition = place.position();
            job.changedPosition = place.position();
            job.definitionPosition = place.position();
            // Where it goes from here is settled below.
            job.state = JobState.FAILED;
            insert(job);
            job.ends.clear();
        } else {
            final ModelJob known = known(place, imported.jobKey(), imported.previousPosition());
            if (known == null) {
                return;
            }
            job = known;
            Claim.check(
                    job.state != JobState.RUNNING && job.state != JobState.SUCCEEDED,
                    "%s was imported again: %s",
                    job,
                    place);
            if (job.state == JobState.SCHEDULED) {
                ready.remove(job);
            }
            // Its attempts so far stand there.
            job.needs(job.definitionPosition);
            job.definition = imported.definition();
            job.definitionPosition = place.position();
        }
        job.needs(imported.chunkFirstPosition());
        imported.attempts().forEach(job::end);
        if (imported.status() == JobState.SCHEDULED) {
            reopen(place, job, imported.attempt(), imported.relativeAttempt(), imported.nextStartMs());
        } else {
            job.attempt = imported.attempt();
            job.relativeAttempt = imported.relativeAttempt();
            job.cancelledPending = false;
            job.crashes = 0;
            finish(place, job, imported.status());
        }
    }

    private void enqueue(ModelEvent.Place place, JobDefinition definition) {
        final ModelJob job = new ModelJob(definition);
        job.changedAtMs = place.timeMs();
        job.definitionPosition = place.position();
        job.lastPosition = place.position();
        job.changedPosition = place.position();
        insert(job);
    }

    private void insert(ModelJob job) {
        Claim.check(jobs.put(job.key(), job) == null, "%s was created twice", job);
        limits.came(job.definition);
        Claim.check(byName.put(job.definition.name(), job) == null, "%s has the id of another job", job);
        nextJobKey = Math.max(nextJobKey, job.key() + 1);
        if (job.definition.startDeadlineMs() != 0) {
            withDeadline.add(job);
        }
        if (job.state == JobState.SCHEDULED) {
            ready.add(job);
        } else if (job.state == JobState.RUNNING) {
            run(job);
        } else {
            job.ended(job.changedPosition);
        }
        touched.add(job);
    }

    private void run(ModelJob job) {
        runningByWorker
                .computeIfAbsent(job.runningLease().worker, w -> new TreeMap<>())
                .put(job.key(), job);
        limits.hold(job, job.runningLease().heldLimits);
        tenants.run(job, 1);
        ready.runningChanged(job);
        running++;
    }

    /** The job that an event names, or null where an unknown one is skipped. */
    private @Nullable ModelJob known(ModelEvent.Place place, long jobKey, long previousPosition) {
        final ModelJob job = jobs.get(jobKey);
        Claim.check(job != null || lenient, "position %d names the unknown job %d", place.position(), jobKey);
        if (job != null) {
            Claim.equal(job.lastPosition, previousPosition, "previous position named at", place);
            job.lastPosition = place.position();
            job.changedPosition = place.position();
            touched.add(job);
        }
        return job;
    }

    private void lease(ModelEvent.Place place, ModelEvent.Leased leased) {
        final ModelJob job = known(place, leased.jobKey(), leased.previousPosition());
        if (job == null) {
            return;
        }
        Claim.check(job.state == JobState.SCHEDULED, "%s was leased: %s", job, leased);
        Claim.equal(job.attempt, leased.attempt(), "attempt leased of", job);
        final int epochs = Long.compareUnsigned(place.epoch(), job.tokenEpoch);
        Claim.check(
                epochs > 0 || epochs == 0 && Long.compareUnsigned(place.token(), job.token) > 0,
                "token of %s does not rise: %s",
                job,
                place);
        ready.remove(job);
        job.state = JobState.RUNNING;
        job.changedAtMs = place.timeMs();
        job.tokenEpoch = place.epoch();
        job.token = place.token();
        job.reported = false;
        job.lease = new ModelLease(leased.worker(), place.timeMs(), leased.leaseMs(), leased.requestId());
        job.lease.heldLimits = leased.heldLimits();
        run(job);
    }

    private void stop(ModelJob job, ModelEvent.Place place, long attempt) {
        Claim.check(job.state == JobState.RUNNING, "%s ended an attempt: %s", job, place);
        Claim.equal(job.attempt, attempt, "attempt ended of", job);
        final TreeMap<Long, ModelJob> own = runningByWorker.get(job.runningLease().worker);
        Claim.check(own != null && own.remove(job.key()) != null, "%s runs nowhere", job);
        running--;
        limits.release(job);
        tenants.run(job, -1);
        ready.runningChanged(job);
        job.lease = null;
        job.changedAtMs = place.timeMs();
    }

    private void drop(ModelEvent.Place place, ModelEvent.SlotsDropped dropped) {
        final ModelJob job = known(place, dropped.jobKey(), dropped.previousPosition());
        if (job != null) {
            limits.release(job);
            job.runningLease().heldLimits = dropped.heldLimits();
            limits.hold(job, dropped.heldLimits());
        }
    }

    private void giveBack(ModelEvent.Place place, ModelEvent.Returned returned) {
        final ModelJob job = known(place, returned.jobKey(), returned.previousPosition());
        if (job != null) {
            stop(job, place, returned.attempt());
            job.state = JobState.SCHEDULED;
            job.startMs = returned.nextStartMs() == -1 ? job.startMs : returned.nextStartMs();
            ready.add(job);
        }
    }

    private void end(ModelEvent.Place place, ModelEvent.Ended ended) {
        final ModelJob job = known(place, ended.jobKey(), ended.previousPosition());
        if (job == null) {
            return;
        }
        final ModelLease lease = job.lease;
        stop(job, place, ended.attempt());
        job.needs(ended.chunkFirstPosition());
        job.reported = ended.leaseEnd() == LeaseEnd.REPORTED;
        job.end(new ModelAttempt(
                ended.attempt(),
                ended.startedAtMs(),
                place.timeMs(),
                ended.outcome().value(),
                ended.resultEncoding(),
                ended.resultBytes(),
                ended.resultCrc(),
                job.tokenEpoch,
                job.token,
                lease == null ? "" : lease.worker,
                ended.errorCode()));
        final boolean isRetried = ended.status() == JobState.SCHEDULED;
        job.crashes = isRetried && ended.leaseEnd() == LeaseEnd.EXPIRED ? job.crashes + 1 : 0;
        if (isRetried) {
            job.attempt++;
            job.relativeAttempt++;
            job.startMs = ended.nextStartMs();
            job.state = JobState.SCHEDULED;
            ready.add(job);
        } else {
            finish(place, job, ended.status());
        }
    }

    private void image(ModelEvent.Place place, ModelJob image) {
        ModelJob job = jobs.get(image.key());
        if (job == null) {
            Claim.check(lenient, "position %d holds the image of an unknown job: %s", place.position(), image);
            job = image.copy();
            job.changedPosition = place.position();
            insert(job);
        } else {
            if (!job.hasImageOf(image)) {
                throw new AssertionError("image at position " + place.position() + " says\n  " + image.image()
                        + "\nright is\n  " + job.image());
            }
        }
        job.definition = job.definition.at(image.definition.chunkPosition(), image.definition.chunkFirstPosition());
        job.firstChunkPosition = image.firstChunkPosition;
        job.definitionPosition = place.position();
        job.lastPosition = place.position();
        touched.add(job);
    }
}
