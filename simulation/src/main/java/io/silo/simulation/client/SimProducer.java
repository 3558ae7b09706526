package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.History;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.history.JobSpec;
import io.silo.simulation.network.SimHost;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.Feature;
import io.silo.simulation.world.SimViolation;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Enqueues jobs until each is acknowledged, repeating whatever has an unknown outcome under the same request id, reads some of them
 * now and then, and in the end looks until all are terminal.
 */
public final class SimProducer extends SimClient {
    private static final long MS = 1_000_000;
    private static final int BATCH_MAX = 4;
    private static final int UPLOAD_PART_BYTES = 4_096;
    private static final int UPLOAD_BYTES_MAX = 12_000;

    /** How a call to the broker may be answered that is made again. */
    private static final long REPEAT_NS_MAX = 300 * MS;

    private final WorkProfile profile;
    private final int jobsMax;
    private final Map<String, JobDraft> unacknowledged = new TreeMap<>();
    private final Map<String, JobRef> acknowledged = new TreeMap<>();
    private final Map<String, JobRef> unfinished = new TreeMap<>();
    private final Map<String, JobDraft> drafts = new TreeMap<>();
    private final Set<JobRef> keyed = new HashSet<>();
    private final Map<String, Long> forgotten = new TreeMap<>();
    private final Operations operations;
    private final Recurring recurring;
    private final Pausing pausing;
    private final Limiting limiting;
    private final Sharing sharing;
    private final Bulks bulks;
    private int made;
    private long uploads;

    public SimProducer(
            SimWorld world, SimNetwork network, SimHost host, History history, String name, WorkProfile profile) {
        super(world, network, host, history, name);
        this.profile = profile;
        this.jobsMax = Math.min(profile.jobs(), world.jobsMax());
        this.operations = new Operations(this);
        this.recurring = new Recurring(this);
        this.pausing = new Pausing(this);
        this.limiting = new Limiting(this);
        this.sharing = new Sharing(this);
        this.bulks = new Bulks(this);
    }

    WorkProfile profile() {
        return profile;
    }

    @Override
    protected void onOpen() {}

    @Override
    protected void onLost() {}

    @Override
    protected void onPush(Reply reply) {
        throw new SimViolation("wrong-session", "tasks were pushed to " + name() + ", which never subscribed");
    }

    /** Begins to enqueue. */
    public void work() {
        start();
        next();
    }

    private void next() {
        if (isStopped()) {
            return;
        }
        if (made < jobsMax) {
            enqueueSome();
        }
        if (world.has(Feature.READS) && !acknowledged.isEmpty() && random.nextInt(3) == 0) {
            JobRef job = pick(acknowledged.values());
            if (random.nextInt(4) == 0) {
                awaitResult(job);
            } else {
                read(job);
            }
        }
        if (world.has(Feature.OPERATORS) && !acknowledged.isEmpty() && !world.isHealed() && random.nextInt(2) == 0) {
            operations.operate(
                    pick(random.nextBoolean() && !unfinished.isEmpty() ? unfinished.values() : acknowledged.values()));
        }
        if (world.has(Feature.IMPORTS) && !world.isHealed() && random.nextInt(4) == 0) {
            operations.importSome();
        }
        if (world.has(Feature.RECURRING) && !world.isHealed() && random.nextInt(3) == 0) {
            recurring.act();
        }
        if (world.has(Feature.PAUSES) && !world.isHealed() && random.nextInt(6) == 0) {
            pausing.act();
        }
        if (world.has(Feature.LIMIT_VERBS) && !acknowledged.isEmpty() && !world.isHealed() && random.nextInt(4) == 0) {
            limiting.act(pick(acknowledged.values()));
        }
        if (world.has(Feature.FAIRNESS) && !world.isHealed() && random.nextInt(6) == 0) {
            sharing.act();
        }
        if (world.has(Feature.BULK) && !acknowledged.isEmpty() && !world.isHealed() && random.nextInt(3) == 0) {
            bulks.act();
        }
        if (world.has(Feature.BAD_INPUT) && random.nextInt(8) == 0) {
            callBadly();
        }
        if (made < jobsMax || !world.isHealed()) {
            world.after(random.nextLong(profile.pauseMsMax() * MS), this::next);
        }
    }

    // ---- enqueue

    private void enqueueSome() {
        int count = world.has(Feature.BATCHES) ? 1 + random.nextInt(BATCH_MAX) : 1;
        String tenant = profile.tenant(world.has(Feature.TENANTS) ? random.nextInt(profile.tenants()) : 0);
        List<JobDraft> batch = new ArrayList<>();
        for (int i = 0; i < count && made < jobsMax; i++) {
            JobDraft draft = draft(tenant);
            batch.add(draft);
            unacknowledged.put(draft.spec().job().id(), draft);
        }
        boolean isUploaded = world.has(Feature.UPLOADS) && batch.size() == 1 && random.nextInt(3) == 0;
        if (isUploaded) {
            JobDraft single = batch.get(0);
            byte[] payload = payload(single.spec().job().id(), UPLOAD_BYTES_MAX);
            JobDraft large = single.withPayload(withPayload(single.spec(), payload), payload);
            unacknowledged.put(single.spec().job().id(), large);
            upload(large.withUpload(uploadId()), 0);
        } else {
            enqueue(batch, world.has(Feature.APPENDED) && random.nextBoolean());
        }
    }

    private JobDraft draft(String tenant) {
        return draft(tenant, name() + "-job-" + made++);
    }

    /** Few keys, so that jobs meet; some jobs name two, in either order. */
    private List<JobSpec.Limit> limits() {
        if (!world.has(Feature.LIMITS) || random.nextInt(4) == 0) {
            return List.of();
        }
        if (world.has(Feature.RATES) && random.nextBoolean()) {
            return narrowRates();
        }
        if (world.has(Feature.FLOATING) && random.nextBoolean()) {
            return floating();
        }
        if (random.nextInt(4) == 0) {
            return List.of(rate());
        }
        int key = random.nextInt(Limiting.KEYS);
        JobSpec.Limit limit = new JobSpec.Limit(Limiting.key(key), 1 + random.nextInt(3));
        return random.nextInt(3) > 0
                ? List.of(limit)
                : List.of(
                        limit,
                        new JobSpec.Limit(
                                Limiting.key((key + 1 + random.nextInt(2)) % Limiting.KEYS), 1 + random.nextInt(2)));
    }

    /** Wide enough that a run comes to its end, narrow enough that tasks wait. */
    private JobSpec.Limit rate() {
        boolean isLeaky = random.nextBoolean();
        return new JobSpec.Limit(isLeaky ? "steady" : "window", 0, new JobSpec.Rate(20, 2_000, isLeaky));
    }

    /** One start a second in the long run; some jobs need a slot as well. */
    private List<JobSpec.Limit> narrowRates() {
        boolean isLeaky = random.nextBoolean();
        JobSpec.Limit limit = isLeaky
                ? new JobSpec.Limit("drops", 0, new JobSpec.Rate(8, 8_000, true))
                : new JobSpec.Limit("turns", 0, new JobSpec.Rate(3, 3_000, false));
        return random.nextInt(3) > 0
                ? List.of(limit)
                : List.of(limit, new JobSpec.Limit(Limiting.key(random.nextInt(Limiting.KEYS)), 1 + random.nextInt(3)));
    }

    /** Some jobs need a slot of a fixed limit as well, and hits: all kinds in one. */
    private List<JobSpec.Limit> floating() {
        JobSpec.Limit limit = new JobSpec.Limit("floating-" + random.nextInt(2), random.nextInt(3), null, 1_000);
        return switch (random.nextInt(4)) {
            case 0 ->
                List.of(new JobSpec.Limit(Limiting.key(random.nextInt(Limiting.KEYS)), 1 + random.nextInt(3)), limit);
            case 1 -> List.of(limit, rate(), new JobSpec.Limit(Limiting.key(random.nextInt(Limiting.KEYS)), 2));
            default -> List.of(limit);
        };
    }

    /** A job as the profile and the features of the run would have it. */
    JobDraft draft(String tenant, String id) {
        boolean retries = world.has(Feature.RETRIES);
        boolean isLater = world.has(Feature.FUTURE_STARTS) && random.nextInt(4) == 0;
        byte[] payload = payload(id, 200);
        JobSpec spec = new JobSpec(
                new JobRef(tenant, id),
                profile.taskGroup(random.nextInt(profile.taskGroups())),
                world.has(Feature.PRIORITIES) ? random.nextInt(3) : 0,
                isLater ? world.wallMs() + random.nextInt(5_000) : 0,
                retries ? random.nextInt(profile.retryCountMin(), profile.retryCountMax() + 1) : 0,
                random.nextInt(3) == 0 ? 1_500 + random.nextInt(3_000) : 0,
                Reply.crc(payload),
                limits());
        boolean isBounded = world.has(Feature.TIME_BOUNDS);
        long startDeadlineMs = isBounded && random.nextInt(4) == 0
                ? Math.max(world.wallMs(), spec.startAtMs()) + 500 + random.nextInt(8_000)
                : 0;
        int maxRunMs = isBounded && random.nextInt(3) == 0 ? 200 + random.nextInt(2_500) : 0;
        return new JobDraft(
                spec,
                random.nextLong(),
                1 + random.nextInt(800),
                random.nextBoolean(),
                payload,
                0,
                startDeadlineMs,
                maxRunMs,
                uniqueKey());
    }

    /** Few, so that they are in demand. */
    String uniqueKey() {
        return world.has(Feature.UNIQUE_KEYS) && random.nextInt(3) == 0 ? "key-" + random.nextInt(5) : "";
    }

    private static JobSpec withPayload(JobSpec spec, byte[] payload) {
        return new JobSpec(
                spec.job(),
                spec.taskGroup(),
                spec.priority(),
                spec.startAtMs(),
                spec.retryCount(),
                spec.leaseMs(),
                Reply.crc(payload),
                spec.limits());
    }

    private byte[] payload(String id, int bytesMax) {
        byte[] payload = new byte[1 + random.nextInt(bytesMax)];
        for (int i = 0; i < payload.length; i++) {
            payload[i] = (byte) (id.charAt(i % id.length()) + i / 97);
        }
        return payload;
    }

    private long uploadId() {
        return ((long) name().hashCode() << 32) | ++uploads;
    }

    private void upload(JobDraft draft, int offset) {
        int length = Math.min(UPLOAD_PART_BYTES, draft.payload().length - offset);
        if (length <= 0) {
            enqueue(List.of(draft), false);
            return;
        }
        Runnable again = () -> repeat(() -> upload(draft.withUpload(uploadId()), 0));
        call(
                "UploadChunk",
                0,
                correlation -> commands.uploadChunk(
                        correlation,
                        shardOf(draft.spec().job().tenant()),
                        draft.uploadId(),
                        draft.payload(),
                        offset,
                        length),
                reply -> {
                    if (reply.code() == RejectReason.OK) {
                        upload(draft, offset + length);
                    } else {
                        again.run();
                    }
                },
                again);
    }

    private void enqueue(List<JobDraft> batch, boolean appended) {
        List<Long> entries = new ArrayList<>();
        for (JobDraft draft : batch) {
            long call = history.nextCall();
            entries.add(call);
            if (!draft.uniqueKey().isEmpty() && keyed.add(draft.spec().job())) {
                history.add(new Entry.KeyNamed(world.nowNs(), draft.spec().job(), draft.uniqueKey()));
            }
            history.add(new Entry.EnqueueInvoked(world.nowNs(), call, name(), draft.spec(), !appended));
        }
        call(
                "Enqueue",
                0,
                correlation -> commands.enqueue(
                        correlation, shardOf(batch.get(0).spec().job().tenant()), appended, batch),
                reply -> onEnqueued(batch, entries, reply, appended),
                () -> repeatEnqueue(batch, appended));
    }

    private void onEnqueued(List<JobDraft> batch, List<Long> entries, Reply reply, boolean appended) {
        List<Reply.Item> items = reply.items(batch.size());
        List<JobDraft> again = new ArrayList<>();
        for (int i = 0; i < batch.size(); i++) {
            JobDraft draft = batch.get(i);
            int code = items.get(i).code();
            history.add(new Entry.EnqueueAnswered(
                    world.nowNs(), entries.get(i), code, items.get(i).jobKey(), reply.place(), reply.isDurable()));
            String id = draft.spec().job().id();
            if (code == RejectReason.OK) {
                checkRemembered(id, items.get(i).jobKey());
                unacknowledged.remove(id);
                drafts.put(id, draft);
                exists(draft.spec().job());
            } else if (isOver(draft, code)) {
                unacknowledged.remove(id);
                exists(draft.spec().job());
            } else {
                checkTransient(code, "enqueue of " + draft.spec().job());
                again.add(draft);
            }
        }
        if (!again.isEmpty()) {
            repeatEnqueue(again, appended);
        }
    }

    /** Whether there is nothing left to repeat: its latest start is over, or another request of ours made it again. */
    private boolean isOver(JobDraft draft, int code) {
        return draft.startDeadlineMs() != 0 && code == RejectReason.INVALID_START_DEADLINE.code()
                || drafts.containsKey(draft.spec().job().id()) && code == RejectReason.JOB_EXISTS.code();
    }

    /** A request whose job was deleted is answered as the first time: with its job key. */
    private void checkRemembered(String id, long jobKey) {
        Long before = forgotten.remove(id);
        if (before != null && before != jobKey) {
            throw new SimViolation(
                    "request-memory",
                    "the repeated request of " + id + ", deleted as job key " + before + ", made job key " + jobKey);
        }
    }

    /** A job is, or may be, there: it has to be seen terminal, or gone. */
    void exists(JobRef job) {
        acknowledged.put(job.id(), job);
        unfinished.put(job.id(), job);
    }

    /** A job that others made, if there is one: it has to be seen terminal too. */
    void lookAt(JobRef job) {
        unfinished.put(job.id(), job);
    }

    /** What of a tenant's jobs was seen terminal may be so no more. */
    void existAll(String tenant) {
        List.copyOf(acknowledged.values()).stream()
                .filter(job -> job.tenant().equals(tenant))
                .forEach(this::exists);
    }

    /** One of the acknowledged jobs. */
    JobRef anyJob() {
        return pick(acknowledged.values());
    }

    boolean isAsked(JobRef job) {
        return unacknowledged.containsKey(job.id());
    }

    /**
     * The same job is asked for again once it was deleted.
     *
     * @param jobKey that it had; 0 if the repeated request may be a new one to the broker.
     */
    void enqueueAgain(JobRef job, boolean sameRequest, long jobKey) {
        JobDraft draft = drafts.get(job.id());
        if (draft == null || draft.uploadId() != 0 || isAsked(job)) {
            return;
        }
        JobDraft again = sameRequest ? draft : draft.withRequest(random.nextLong());
        if (sameRequest && jobKey != 0) {
            forgotten.put(job.id(), jobKey);
        }
        unacknowledged.put(job.id(), again);
        enqueue(List.of(again), false);
    }

    private void repeatEnqueue(List<JobDraft> batch, boolean appended) {
        if (batch.get(0).uploadId() != 0) {
            // The upload may be gone with the session, or used up by a call that took effect.
            repeat(() -> upload(batch.get(0).withUpload(uploadId()), 0));
        } else {
            repeat(() -> enqueue(batch, appended));
        }
    }

    private void repeat(Runnable again) {
        world.after(random.nextLong(REPEAT_NS_MAX), () -> {
            if (!isStopped()) {
                again.run();
            }
        });
    }

    /** A well-formed call is refused for reasons that pass. */
    private static void checkTransient(int code, String what) {
        RejectReason reason = RejectReason.fromCode(code);
        if (reason == null || !reason.isTransient()) {
            throw new SimViolation("refusal", what + " was refused with " + reason);
        }
    }

    // ---- reads

    private JobRef pick(Collection<JobRef> jobs) {
        return List.copyOf(jobs).get(random.nextInt(jobs.size()));
    }

    private void read(JobRef job) {
        long entry = history.nextCall();
        history.add(new Entry.ReadInvoked(world.nowNs(), entry, name(), job));
        call(
                "GetJob",
                0,
                correlation -> commands.getJob(correlation, shardOf(job.tenant()), job),
                reply -> {
                    JobSeen seen = reply.isJob() ? reply.job() : null;
                    history.add(new Entry.ReadAnswered(world.nowNs(), entry, reply.code(), seen, reply.place()));
                    // Gone is what was only appended when power failed; whether it may be is for the checker to say.
                    if (seen == null && reply.code() == RejectReason.JOB_NOT_FOUND.code()
                            || seen != null && isTerminal(seen.status())) {
                        unfinished.remove(job.id());
                    } else if (seen != null) {
                        // Others may have restarted it, in bulk.
                        unfinished.put(job.id(), job);
                    }
                },
                () -> {});
    }

    private void awaitResult(JobRef job) {
        int waitMs = random.nextInt(3_000);
        call(
                "GetJobResult",
                waitMs * MS,
                correlation -> commands.getJobResult(correlation, shardOf(job.tenant()), job, waitMs),
                reply -> {},
                () -> {});
    }

    private static boolean isTerminal(String status) {
        return !status.equals("SCHEDULED") && !status.equals("RUNNING");
    }

    /** Looks at every job that is not known to be terminal; the run is over when none is left. */
    public void readUnfinished() {
        recurring.end();
        pausing.end();
        limiting.end();
        sharing.end();
        bulks.lookAtUnfinished();
        for (JobRef job : List.copyOf(unfinished.values())) {
            read(job);
        }
    }

    // ---- bad input

    private void callBadly() {
        String id = name() + "-bad-" + random.nextInt(1_000);
        switch (random.nextInt(3)) {
            case 0 -> enqueueBadly(id, profile.taskGroup(0), 100, RejectReason.PRIORITY_OUT_OF_RANGE);
            case 1 -> enqueueBadly(id, "group\u0007", 0, RejectReason.INVALID_TASK_GROUP);
            default -> {
                JobRef unknown = new JobRef(profile.tenant(0), id);
                call(
                        "GetJob",
                        0,
                        correlation -> commands.getJob(correlation, shardOf(unknown.tenant()), unknown),
                        reply -> checkRefused(reply.code(), RejectReason.JOB_NOT_FOUND),
                        () -> {});
            }
        }
    }

    private void enqueueBadly(String id, String group, int priority, RejectReason expected) {
        byte[] payload = payload(id, 10);
        JobSpec spec =
                new JobSpec(new JobRef(profile.tenant(0), id), group, priority, 0, 0, 0, Reply.crc(payload), List.of());
        JobDraft draft = new JobDraft(spec, random.nextLong(), 1, false, payload, 0, 0, 0, "");
        call(
                "Enqueue",
                0,
                correlation -> commands.enqueue(correlation, shardOf(spec.job().tenant()), false, List.of(draft)),
                reply -> checkRefused(reply.items(1).get(0).code(), expected),
                () -> {});
    }

    private static void checkRefused(int code, RejectReason expected) {
        RejectReason reason = RejectReason.fromCode(code);
        if (reason != expected && (reason == null || !reason.isTransient())) {
            throw new SimViolation("refusal", "bad input got " + reason + " instead of " + expected);
        }
    }

    // ---- for the run

    /** Whether every job was made, acknowledged and seen terminal. */
    public boolean isDone() {
        return made >= jobsMax
                && unacknowledged.isEmpty()
                && unfinished.isEmpty()
                && recurring.isDone()
                && pausing.isDone()
                && limiting.isDone()
                && sharing.isDone()
                && bulks.isDone();
    }

    /** Jobs that were acknowledged. */
    public int acknowledgedCount() {
        return acknowledged.size();
    }

    /** Jobs acknowledged and seen terminal. */
    public int finishedCount() {
        return acknowledged.size() - unfinished.size();
    }

    /** What is still open, for a failure's sentence. */
    public String open() {
        return name() + " made " + made + ", unacknowledged " + unacknowledged.keySet() + ", unfinished "
                + unfinished.keySet() + ", bulk changes under way " + bulks.openCount() + ", " + recurring.open();
    }
}
