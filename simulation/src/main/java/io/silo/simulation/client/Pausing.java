package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.session.ShardRoute;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.PauseTarget;
import io.silo.simulation.world.Feature;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The task groups and tenants that a producer pauses and resumes, one change of each at a time and each made once, until in the end
 * all are resumed.
 */
final class Pausing {
    /** Rounds of the end after which all is resumed once more: a copy of a pause may have come late. */
    private static final int ROUNDS_PER_REPEAT = 10;

    private final SimProducer producer;
    private final Set<PauseTarget> named = new LinkedHashSet<>();

    /** Those with a call under way. */
    private final Set<PauseTarget> busy = new HashSet<>();

    /** Those that were resumed for good. */
    private final Set<PauseTarget> ended = new HashSet<>();

    private int rounds;

    Pausing(SimProducer producer) {
        this.producer = producer;
    }

    /** Pauses something, resumes what was paused, or lists what is, which the model judges. */
    void act() {
        if (producer.random.nextInt(4) == 0) {
            list();
        } else if (!named.isEmpty() && producer.random.nextInt(3) == 0) {
            set(List.copyOf(named).get(producer.random.nextInt(named.size())), false);
        } else if (producer.random.nextBoolean()) {
            int tenants =
                    producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
            String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
            set(new PauseTarget(true, tenant, producer.shardOf(tenant)), true);
        } else {
            int group = producer.random.nextInt(producer.profile().taskGroups());
            for (ShardRoute route : producer.routes()) {
                set(new PauseTarget(false, producer.profile().taskGroup(group), route.shard()), true);
            }
        }
    }

    /** From the start, or behind one that may be paused. */
    private void list() {
        boolean fromStart = named.isEmpty() || producer.random.nextBoolean();
        PauseTarget after = fromStart ? null : List.copyOf(named).get(producer.random.nextInt(named.size()));
        for (ShardRoute route : producer.routes()) {
            producer.call(
                    "ListPauses",
                    0,
                    correlation -> producer.commands.listPauses(
                            correlation,
                            route.shard(),
                            after != null && after.ofTenant(),
                            after == null ? "" : after.name()),
                    reply -> {},
                    () -> {});
        }
    }

    private void set(PauseTarget target, boolean paused) {
        if (!busy.add(target)) {
            return;
        }
        named.add(target);
        boolean isLast = producer.world.isHealed();
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.PauseInvoked(producer.world.nowNs(), entry, producer.name(), target, paused));
        producer.call(
                "SetPaused",
                0,
                correlation -> producer.commands.setPaused(correlation, target, paused),
                reply -> {
                    busy.remove(target);
                    producer.history.add(new Entry.PauseAnswered(
                            producer.world.nowNs(), entry, reply.code(), reply.place(), reply.isDurable()));
                    // A tenant of another shard than was thought is not paused there.
                    boolean isNowhere = reply.code() == RejectReason.TENANT_NOT_IN_SHARD.code();
                    if (isLast && !paused && (reply.code() == RejectReason.OK || isNowhere)) {
                        ended.add(target);
                    }
                },
                () -> busy.remove(target));
    }

    /** Without faults nothing comes behind: resumes what is not known to be resumed, and all of it now and then. */
    void end() {
        boolean all = ++rounds % ROUNDS_PER_REPEAT == 0;
        for (PauseTarget target : named) {
            if (all || !ended.contains(target)) {
                set(target, false);
            }
        }
    }

    boolean isDone() {
        return ended.size() == named.size();
    }
}
