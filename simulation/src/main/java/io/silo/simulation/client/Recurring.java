package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CatchUp;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.Entry.ScheduleChange;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The schedules of a producer: put, replaced, paused, resumed and deleted, one change of each at a time and each made once, until in
 * the end all are deleted. Some are put once and then left alone: their firings are looked at, one by one. At last none of the jobs
 * that schedules brought is left waiting or running.
 */
final class Recurring {
    private static final int SCHEDULES_MAX = 3;

    /** Those that are left alone go on for so long without faults: some firings have to come from then. */
    private static final long STEADY_MS = 18_000;

    /** What a steady schedule was put as, and when. */
    private record Steady(long intervalMs, long firstAtMs, long putAtMs) {}

    private final SimProducer producer;
    private final List<JobRef> made = new ArrayList<>();

    /** Those with a call under way. */
    private final Set<String> busy = new HashSet<>();

    /** Those that are to be left alone once they are there. */
    private final Set<String> toBeSteady = new HashSet<>();

    private final Map<String, Steady> steady = new HashMap<>();

    /** Those that were deleted for good. */
    private final Set<String> ended = new TreeSet<>();

    /** Tenants that were seen without a job that waits or runs, after that. */
    private final Set<String> drained = new HashSet<>();

    private long healedAtMs;

    Recurring(SimProducer producer) {
        this.producer = producer;
    }

    /** Does something to a schedule. */
    void act() {
        if (made.size() < SCHEDULES_MAX && (made.isEmpty() || producer.random.nextInt(3) == 0)) {
            int tenants =
                    producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
            String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
            JobRef schedule = new JobRef(tenant, producer.name() + "-every-" + made.size());
            made.add(schedule);
            if (made.size() == 1 || producer.random.nextInt(3) == 0) {
                toBeSteady.add(schedule.id());
            }
            put(schedule);
            return;
        }
        JobRef schedule = made.get(producer.random.nextInt(made.size()));
        if (busy.contains(schedule.id()) || steady.containsKey(schedule.id())) {
            return;
        }
        switch (producer.random.nextInt(6)) {
            case 0, 1 -> put(schedule);
            case 2 -> change(schedule, ScheduleChange.PAUSE);
            case 3, 4 -> change(schedule, ScheduleChange.RESUME);
            default -> change(schedule, ScheduleChange.DELETE);
        }
    }

    private void put(JobRef schedule) {
        long intervalMs = producer.random.nextLong(2_000, 6_000);
        long firstAtMs = producer.world.wallMs() - producer.random.nextLong(intervalMs);
        // A jump of the clock would bring thousands of jobs.
        int policies = producer.world.has(Fault.CLOCK_JUMP) ? 2 : 3;
        boolean isSteady = toBeSteady.contains(schedule.id());
        // Of those that are left alone, most are to miss nothing.
        int policy = isSteady && producer.random.nextBoolean() ? policies - 1 : producer.random.nextInt(policies);
        CatchUp catchUp = CatchUp.get((short) policy);
        int group = producer.random.nextInt(producer.profile().taskGroups());
        boolean isBounded = producer.world.has(Feature.TIME_BOUNDS) && producer.random.nextInt(3) == 0;
        var draft = new Commands.ScheduleDraft(
                schedule,
                producer.profile().taskGroup(group),
                intervalMs,
                firstAtMs,
                isBounded ? 1 + producer.random.nextLong(3_000) : 0,
                catchUp,
                producer.random.nextInt(3),
                isSteady ? "" : producer.uniqueKey());
        call(schedule, ScheduleChange.PUT, draft);
    }

    private void change(JobRef schedule, ScheduleChange change) {
        call(schedule, change, new Commands.ScheduleDraft(schedule, "", 0, 0, 0, CatchUp.SKIP, 0, ""));
    }

    private void call(JobRef schedule, ScheduleChange change, Commands.ScheduleDraft draft) {
        boolean isLast = producer.world.isHealed();
        busy.add(schedule.id());
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.ScheduleInvoked(
                producer.world.nowNs(),
                entry,
                producer.name(),
                schedule,
                change,
                draft.intervalMs(),
                draft.firstAtMs(),
                draft.catchUp() == CatchUp.ALL,
                draft.uniqueKey()));
        producer.call(
                change.name(),
                0,
                correlation ->
                        producer.commands.schedule(correlation, producer.shardOf(schedule.tenant()), change, draft),
                reply -> {
                    busy.remove(schedule.id());
                    int code = reply.items(1).get(0).code();
                    producer.history.add(new Entry.ScheduleAnswered(
                            producer.world.nowNs(), entry, code, reply.place(), reply.isDurable()));
                    if (toBeSteady.remove(schedule.id()) && code == RejectReason.OK) {
                        steady.put(
                                schedule.id(),
                                new Steady(draft.intervalMs(), draft.firstAtMs(), producer.world.wallMs()));
                    }
                    if (isLast && change == ScheduleChange.DELETE && code == RejectReason.OK) {
                        ended.add(schedule.id());
                        lookAtFirings(schedule);
                    }
                },
                () -> {
                    busy.remove(schedule.id());
                    toBeSteady.remove(schedule.id());
                });
    }

    /** Looks at the jobs that a schedule which was left alone brought, or was to. */
    private void lookAtFirings(JobRef schedule) {
        Steady put = steady.get(schedule.id());
        if (put == null) {
            return;
        }
        for (long ms = put.firstAtMs(); ms <= producer.world.wallMs(); ms += put.intervalMs()) {
            if (ms >= put.putAtMs()) {
                producer.lookAt(new JobRef(schedule.tenant(), schedule.id() + '@' + Instant.ofEpochMilli(ms)));
            }
        }
    }

    /** Without faults nothing comes behind: deletes what is not known to be deleted, then waits for all jobs to end. */
    void end() {
        healedAtMs = healedAtMs == 0 ? producer.world.wallMs() : healedAtMs;
        boolean isTime = producer.world.wallMs() >= healedAtMs + STEADY_MS;
        for (JobRef schedule : made) {
            boolean goesOn = steady.containsKey(schedule.id()) && !isTime;
            if (!goesOn && !ended.contains(schedule.id()) && !busy.contains(schedule.id())) {
                change(schedule, ScheduleChange.DELETE);
            }
        }
        if (ended.size() == made.size()) {
            made.stream().map(JobRef::tenant).distinct().forEach(this::count);
        }
    }

    private void count(String tenant) {
        if (drained.contains(tenant)) {
            return;
        }
        producer.call(
                "CountJobs",
                0,
                correlation -> producer.commands.countJobs(correlation, producer.shardOf(tenant), tenant),
                reply -> {
                    List<Long> counts = reply.jobCounts();
                    if (!counts.isEmpty() && counts.get(0) + counts.get(1) == 0) {
                        drained.add(tenant);
                    }
                },
                () -> {});
    }

    /** Whether every schedule is deleted, and all that they brought has ended. */
    boolean isDone() {
        return ended.size() == made.size() && made.stream().map(JobRef::tenant).allMatch(drained::contains);
    }

    /** For a failure's sentence. */
    String open() {
        return made.size() - ended.size() + " schedules, drained tenants " + new TreeSet<>(drained);
    }
}
