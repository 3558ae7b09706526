package io.silo.simulation.model;

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
    private final ReadyOrder ready = new ReadyOrder();
    private final Set<ModelJob> touched = new LinkedHashSet<>();
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
        jobs.values().forEach(job -> copy.insert(job.copy()));
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
        } else if (event instanceof ModelEvent.Returned returned) {
            giveBack(place, returned);
        } else if (event instanceof ModelEvent.Ended ended) {
            end(place, ended);
        } else if (event instanceof ModelEvent.Image image) {
            image(place, image.job());
        } else if (event instanceof ModelEvent.CarriedThrough carried) {
            nextJobKey = Math.max(nextJobKey, carried.nextArrival());
            lastTimeMs = Math.max(lastTimeMs, carried.lastTimeMs());
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
        Claim.check(byName.put(job.definition.name(), job) == null, "%s has the id of another job", job);
        nextJobKey = Math.max(nextJobKey, job.key() + 1);
        if (job.state == JobState.SCHEDULED) {
            ready.add(job);
        } else if (job.state == JobState.RUNNING) {
            run(job);
        }
        touched.add(job);
    }

    private void run(ModelJob job) {
        runningByWorker
                .computeIfAbsent(job.runningLease().worker, w -> new TreeMap<>())
                .put(job.key(), job);
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
        run(job);
    }

    private void stop(ModelJob job, ModelEvent.Place place, long attempt) {
        Claim.check(job.state == JobState.RUNNING, "%s ended an attempt: %s", job, place);
        Claim.equal(job.attempt, attempt, "attempt ended of", job);
        final TreeMap<Long, ModelJob> own = runningByWorker.get(job.runningLease().worker);
        Claim.check(own != null && own.remove(job.key()) != null, "%s runs nowhere", job);
        running--;
        job.lease = null;
        job.changedAtMs = place.timeMs();
    }

    private void giveBack(ModelEvent.Place place, ModelEvent.Returned returned) {
        final ModelJob job = known(place, returned.jobKey(), returned.previousPosition());
        if (job != null) {
            stop(job, place, returned.attempt());
            job.state = JobState.SCHEDULED;
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
        job.reported = !ended.expired();
        job.end(new ModelAttempt(
                ended.attempt(),
                ended.startedAtMs(),
                place.timeMs(),
                ended.outcome().value(),
                ended.resultEncoding(),
                ended.resultBytes(),
                ended.resultCrc(),
                lease == null ? "" : lease.worker,
                ended.errorCode()));
        if (ended.outcome() == Outcome.FAILED && ended.nextStartMs() != -1) {
            job.attempt++;
            job.relativeAttempt++;
            job.startMs = ended.nextStartMs();
            job.state = JobState.SCHEDULED;
            ready.add(job);
        } else {
            job.state = JobState.valueOf(ended.outcome().name());
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
