package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.CatchUp;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.Entry.ScheduleChange;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The schedules of a producer: put, replaced, paused, resumed and deleted, one change of each at a time and each made once, until in
 * the end all are deleted.
 */
final class Recurring {
    private static final int SCHEDULES_MAX = 2;

    /** Payload of all jobs that schedules bring. */
    private static final byte[] PAYLOAD = {'t', 'i', 'c', 'k'};

    private final SimProducer producer;
    private final List<JobRef> made = new ArrayList<>();

    /** Those with a call under way. */
    private final Set<String> busy = new HashSet<>();

    /** Those that were deleted for good. */
    private final Set<String> ended = new TreeSet<>();

    Recurring(SimProducer producer) {
        this.producer = producer;
    }

    /** Does something to a schedule. */
    void act() {
        if (made.size() < SCHEDULES_MAX && (made.isEmpty() || producer.random.nextInt(3) == 0)) {
            int tenants =
                    producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
            String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
            made.add(new JobRef(tenant, producer.name() + "-every-" + made.size()));
            put(made.get(made.size() - 1));
            return;
        }
        JobRef schedule = made.get(producer.random.nextInt(made.size()));
        if (busy.contains(schedule.id())) {
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
        CatchUp catchUp = CatchUp.get((short) producer.random.nextInt(producer.world.has(Fault.CLOCK_JUMP) ? 2 : 3));
        int group = producer.random.nextInt(producer.profile().taskGroups());
        var draft = new Commands.ScheduleDraft(
                schedule,
                producer.profile().taskGroup(group),
                intervalMs,
                firstAtMs,
                catchUp,
                producer.random.nextInt(3),
                PAYLOAD);
        call(schedule, ScheduleChange.PUT, intervalMs, firstAtMs, draft);
    }

    private void change(JobRef schedule, ScheduleChange change) {
        call(schedule, change, 0, 0, new Commands.ScheduleDraft(schedule, "", 0, 0, CatchUp.SKIP, 0, PAYLOAD));
    }

    private void call(
            JobRef schedule, ScheduleChange change, long intervalMs, long firstAtMs, Commands.ScheduleDraft draft) {
        boolean isLast = producer.world.isHealed();
        busy.add(schedule.id());
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.ScheduleInvoked(
                producer.world.nowNs(), entry, producer.name(), schedule, change, intervalMs, firstAtMs));
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
                    if (isLast && change == ScheduleChange.DELETE && code == RejectReason.OK) {
                        ended.add(schedule.id());
                    }
                },
                () -> busy.remove(schedule.id()));
    }

    /** Without faults nothing comes behind: deletes what is not known to be deleted. */
    void end() {
        for (JobRef schedule : made) {
            if (!ended.contains(schedule.id()) && !busy.contains(schedule.id())) {
                change(schedule, ScheduleChange.DELETE);
            }
        }
    }

    boolean isDone() {
        return ended.size() == made.size();
    }
}
