package io.silo.simulation.model;

import io.silo.shard.state.JobState;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which scheduled job comes next. Inside a task group: priority, then tenants in turn, then start time, then arrival. A tenant
 * that has ready jobs all the time is passed over by each other tenant of the priority for at most one of that one's turns between two
 * of its grants. A tenant that has as many jobs running in the group as it may has no turn until one ends.
 */
final class ReadyOrder {
    private static final Comparator<ModelJob> ORDER =
            Comparator.<ModelJob>comparingLong(job -> job.startMs).thenComparingLong(ModelJob::key);

    /** Ready jobs of one tenant, group and priority, and how often others came before it since its last grant. */
    private static final class Lane {
        final TreeSet<ModelJob> jobs = new TreeSet<>(ORDER);
        final Map<String, Integer> passedOverBy = new HashMap<>();

        /** Tasks in the turn under way where its length is that of a greater weight before; else 0. */
        long longTurn;
    }

    private final ModelPauses pauses;
    private final ModelLimits limits;
    private final ModelTenants tenants;
    private final Map<String, TreeMap<Integer, Map<String, Lane>>> groups = new HashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private final TreeSet<ModelJob> future = new TreeSet<>(ORDER);
    private long nowMs = Long.MIN_VALUE;

    ReadyOrder(ModelPauses pauses, ModelLimits limits, ModelTenants tenants) {
        this.pauses = pauses;
        this.limits = limits;
        this.tenants = tenants;
    }

    /** A job became SCHEDULED. It is ready once time reaches its start. */
    void add(ModelJob job) {
        Claim.check(job.state == JobState.SCHEDULED && future.add(job), "%s is scheduled twice", job);
        advance(nowMs);
    }

    /** Makes jobs ready whose start has come. */
    void advance(long toMs) {
        nowMs = toMs;
        for (Iterator<ModelJob> due = future.iterator(); due.hasNext(); ) {
            final ModelJob job = due.next();
            if (job.startMs > nowMs) {
                return;
            }
            due.remove();
            groups.computeIfAbsent(job.definition.taskGroup(), g -> new TreeMap<>())
                    .computeIfAbsent(job.definition.priority(), p -> new TreeMap<>())
                    .computeIfAbsent(job.definition.tenant(), t -> new Lane())
                    .jobs
                    .add(job);
            counts.merge(job.definition.taskGroup(), 1, Integer::sum);
        }
    }

    /** Takes a job out, ready or not. */
    void remove(ModelJob job) {
        if (future.remove(job)) {
            return;
        }
        final JobDefinition d = job.definition;
        final TreeMap<Integer, Map<String, Lane>> priorities = groups.get(d.taskGroup());
        final Map<String, Lane> lanes = priorities == null ? null : priorities.get(d.priority());
        final Lane lane = lanes == null ? null : lanes.get(d.tenant());
        if (priorities == null || lanes == null || lane == null || !lane.jobs.remove(job)) {
            throw new AssertionError(job + " does not wait");
        }
        counts.merge(d.taskGroup(), -1, Integer::sum);
        if (lane.jobs.isEmpty()) {
            lanes.remove(d.tenant());
        }
        if (lanes.isEmpty()) {
            priorities.remove(d.priority());
        }
    }

    /** Ready jobs of a group that may be given out. */
    int count(String taskGroup) {
        if (pauses.count() == 0 && tenants.count() == 0) {
            return counts.getOrDefault(taskGroup, 0);
        }
        return count(taskGroup, null, job -> true);
    }

    /** Ready jobs of a group that pass, of each tenant no more than it may still have running. */
    private int count(String taskGroup, @Nullable String tenant, Predicate<ModelJob> test) {
        final Map<String, Integer> byTenant = new HashMap<>();
        for (Map<String, Lane> lanes : prioritiesOf(taskGroup).values()) {
            for (Map.Entry<String, Lane> lane : lanes.entrySet()) {
                if (isVisible(taskGroup, lane.getKey(), tenant)) {
                    final int found =
                            (int) lane.getValue().jobs.stream().filter(test).count();
                    byTenant.merge(lane.getKey(), found, Integer::sum);
                }
            }
        }
        int count = 0;
        for (Map.Entry<String, Integer> own : byTenant.entrySet()) {
            count += Math.min(own.getValue(), tenants.room(own.getKey(), taskGroup));
        }
        return count;
    }

    private boolean isPaused(String taskGroup, String tenant) {
        return pauses.isPaused(ModelPauses.TASK_GROUP, taskGroup) || pauses.isPaused(ModelPauses.TENANT, tenant);
    }

    /** A tenant that was paused, or resumed, has its turn after the others. */
    void turnsAnew(ModelEvent.PauseSet event) {
        if (event.kind() != ModelPauses.TENANT) {
            return;
        }
        groups.values()
                .forEach(priorities -> priorities.values().forEach(lanes -> {
                    final Lane lane = lanes.get(event.name());
                    if (lane != null) {
                        lane.passedOverBy.clear();
                    }
                }));
    }

    /** A turn that has begun keeps its length; another cap lets the tenant begin anew behind the others. */
    void settingsChanged(String tenant, ModelTenants.Settings before) {
        final long weight = tenants.of(tenant).weight();
        groups.values()
                .forEach(priorities -> priorities.values().forEach(lanes -> {
                    final Lane lane = lanes.get(tenant);
                    if (lane != null && before.weight() > weight) {
                        lane.longTurn = Math.max(lane.longTurn, before.weight());
                    }
                    if (lane != null
                            && before.runningMax() != tenants.of(tenant).runningMax()) {
                        lane.passedOverBy.clear();
                    }
                }));
    }

    /** A tenant with a cap may have left the turns of a group, or come back behind the others. */
    void runningChanged(ModelJob job) {
        final String tenant = job.definition.tenant();
        if (tenants.of(tenant).runningMax() != ModelTenants.NO_BOUND) {
            prioritiesOf(job.definition.taskGroup()).values().forEach(lanes -> {
                final Lane lane = lanes.get(tenant);
                if (lane != null) {
                    lane.passedOverBy.clear();
                }
            });
        }
    }

    /** Task groups that had ready jobs ever. */
    Iterable<String> taskGroups() {
        return counts.keySet();
    }

    /** Jobs of a group that may be given out and wait for no limit. */
    int countWithoutLimits(String taskGroup) {
        return count(taskGroup, null, job -> job.definition.limits().isEmpty());
    }

    /** Jobs that a worker with this filter gets if it asks now, at least: {@link #isCertain}. */
    int certain(String taskGroup, @Nullable String tenant) {
        return count(taskGroup, tenant, this::isCertain);
    }

    private boolean isVisible(String taskGroup, String laneTenant, @Nullable String tenant) {
        return !isPaused(taskGroup, laneTenant)
                && tenants.room(laneTenant, taskGroup) > 0
                && (tenant == null || tenant.equals(laneTenant));
    }

    /**
     * Whether a ready job may run for sure. One with limits may also be kept back by another of its tenant that names several, and has a
     * reservation, or by one of its line that comes before it and is kept back itself.
     */
    private boolean isCertain(ModelJob job) {
        if (job.definition.limits().isEmpty()) {
            return true;
        }
        return limits.hasRoom(job)
                // What a bucket has, only its events say.
                && job.definition.limitsOnce().stream().noneMatch(ModelLimit::isRate)
                && waiting(job.definition.tenant())
                        .noneMatch(other -> other != job
                                && ModelLimits.share(job, other)
                                && (other.definition.limitsOnce().size() > 1
                                        || sameGroup(job, other) && comesBefore(other, job)));
    }

    /** Ready jobs that name a limit, in the order of its lines. */
    List<ModelJob> naming(ModelLimits.Key key) {
        return waiting(key.tenant())
                .filter(job -> job.definition.limitsOnce().stream()
                        .anyMatch(limit -> limit.key().equals(key.key())))
                .sorted((a, b) -> a == b ? 0 : comesBefore(a, b) ? -1 : 1)
                .toList();
    }

    private static boolean sameGroup(ModelJob job, ModelJob other) {
        return job.definition.taskGroup().equals(other.definition.taskGroup());
    }

    private static boolean comesBefore(ModelJob first, ModelJob second) {
        final int byPriority = Integer.compare(first.definition.priority(), second.definition.priority());
        return byPriority != 0 ? byPriority < 0 : ORDER.compare(first, second) < 0;
    }

    /** Ready jobs of a tenant, of all groups. */
    private Stream<ModelJob> waiting(String tenant) {
        return groups.values().stream()
                .flatMap(priorities -> priorities.values().stream())
                .map(lanes -> lanes.get(tenant))
                .filter(Objects::nonNull)
                .flatMap(lane -> lane.jobs.stream());
    }

    /** Why the job is not the next for a worker with this filter; null if it is, turns aside. */
    @Nullable
    String whyNotNext(ModelJob job, @Nullable String tenant) {
        if (tenant != null && !tenant.equals(job.definition.tenant())) {
            return job + " belongs to another tenant than " + tenant;
        }
        final String taskGroup = job.definition.taskGroup();
        if (isPaused(taskGroup, job.definition.tenant())) {
            return "the group or the tenant of " + job + " is paused";
        }
        if (tenants.room(job.definition.tenant(), taskGroup) == 0) {
            return "the tenant of " + job + " has as many running as it may";
        }
        for (Map.Entry<Integer, Map<String, Lane>> priority :
                prioritiesOf(taskGroup).entrySet()) {
            final Map<String, Lane> lanes = priority.getValue();
            if (priority.getKey() == job.definition.priority()) {
                final Lane lane = lanes.get(job.definition.tenant());
                return lane == null || !lane.jobs.contains(job) ? job + " is not ready" : whyNotFirst(job, lane);
            }
            for (Map.Entry<String, Lane> lane : lanes.entrySet()) {
                if (isVisible(taskGroup, lane.getKey(), tenant)
                        && lane.getValue().jobs.stream().anyMatch(this::isCertain)) {
                    return "jobs of a more urgent priority are ready: " + lane.getKey();
                }
            }
        }
        return job + " is not ready";
    }

    private @Nullable String whyNotFirst(ModelJob job, Lane lane) {
        for (ModelJob earlier : lane.jobs.headSet(job)) {
            if (isCertain(earlier)) {
                return earlier + " comes before " + job;
            }
        }
        if (!limits.hasRoom(job)) {
            return "a limit of " + job + " is full";
        }
        if (!waitsForOneLimit(job)) {
            return null;
        }
        // Both wait for this limit and for nothing else.
        return waiting(job.definition.tenant())
                .filter(other -> other != job
                        && waitsForOneLimit(other)
                        && ModelLimits.share(job, other)
                        && sameGroup(job, other)
                        && comesBefore(other, job))
                .findFirst()
                .map(other -> job + " overtakes " + other)
                .orElse(null);
    }

    private boolean waitsForOneLimit(ModelJob job) {
        final List<ModelLimit> once = job.definition.limitsOnce();
        return once.size() == 1 && !isHopeless(job, once.get(0)) && !once.get(0).isUnconditional();
    }

    private boolean isHopeless(ModelJob job, ModelLimit limit) {
        return limit.isRate() ? limit.isHopeless() : limits.max(job, limit) == 0;
    }

    /**
     * Counts a grant, before the job is removed.
     *
     * @param inTurn whether the worker takes tasks of any tenant. One that asks for a tenant's own passes nobody over; whether it
     *     spends that tenant's turn is not said.
     */
    void grant(ModelJob job, boolean inTurn) {
        final String tenant = job.definition.tenant();
        final Map<String, Lane> lanes = prioritiesOf(job.definition.taskGroup()).get(job.definition.priority());
        if (lanes == null) {
            return;
        }
        final Lane own = lanes.get(tenant);
        final long turn = Math.max(tenants.of(tenant).weight(), own == null ? 0 : own.longTurn);
        for (Map.Entry<String, Lane> other : lanes.entrySet()) {
            if (other.getKey().equals(tenant)) {
                other.getValue().passedOverBy.clear();
                continue;
            }
            if (inTurn) {
                // Its turn is over.
                other.getValue().longTurn = 0;
            }
            if (!inTurn
                    || pauses.isPaused(ModelPauses.TENANT, other.getKey())
                    || tenants.room(other.getKey(), job.definition.taskGroup()) == 0) {
                continue;
            }
            if (hasLimits(other.getValue()) || !job.definition.limits().isEmpty()) {
                // Who waits for a limit has no turn, and gets a new one behind the others.
                other.getValue().passedOverBy.clear();
                continue;
            }
            final int times = other.getValue().passedOverBy.merge(tenant, 1, Integer::sum);
            Claim.check(
                    times <= turn,
                    "tenant %s got %d tasks of group %s while jobs of tenant %s waited: its turn was passed over",
                    tenant,
                    times,
                    job.definition.taskGroup(),
                    other.getKey());
        }
    }

    private static boolean hasLimits(Lane lane) {
        return lane.jobs.stream().anyMatch(job -> !job.definition.limits().isEmpty());
    }

    private Map<Integer, Map<String, Lane>> prioritiesOf(String taskGroup) {
        return groups.getOrDefault(taskGroup, new TreeMap<>());
    }
}
