package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Entry;
import io.silo.simulation.world.Feature;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Weights and caps that the first producer sets for tenants, one change of each at a time and each made once, until in the end all
 * caps are lifted.
 */
final class Sharing {
    private static final int NO_CAP = -1;

    /** The producer that sets; the others read. Of changes by several it would seldom be sure which one holds. */
    private static final String OPERATOR = "producer-0";

    /** Between changes: a cap has to stand for a while to be seen to hold, until no copy of a call before can have come late. */
    private static final long STANDS_NS = 12_000_000_000L;

    /** Rounds of the end after which all are lifted once more: a copy of a change may have come late. */
    private static final int ROUNDS_PER_REPEAT = 10;

    private final SimProducer producer;
    private final Set<String> named = new TreeSet<>();

    /** Those with a call under way. */
    private final Set<String> busy = new HashSet<>();

    /** Those without a cap for good. */
    private final Set<String> ended = new HashSet<>();

    private int rounds;
    private long nextAtNs;

    Sharing(SimProducer producer) {
        this.producer = producer;
    }

    /** Sets something, or reads it, which the model judges. */
    void act() {
        int tenants = producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
        String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
        if (!producer.name().equals(OPERATOR) || producer.world.nowNs() < nextAtNs) {
            producer.call(
                    "GetTenant",
                    0,
                    correlation -> producer.commands.getTenant(correlation, producer.shardOf(tenant), tenant),
                    reply -> {},
                    () -> {});
            return;
        }
        nextAtNs = producer.world.nowNs() + STANDS_NS;
        int cap = producer.random.nextInt(5) == 0 ? NO_CAP : 1 + producer.random.nextInt(2);
        set(tenant, 1 + producer.random.nextInt(4), cap);
    }

    private void set(String tenant, int weight, int cap) {
        if (!busy.add(tenant)) {
            return;
        }
        named.add(tenant);
        boolean isLast = producer.world.isHealed() && cap == NO_CAP;
        int shard = producer.shardOf(tenant);
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.CapInvoked(producer.world.nowNs(), entry, producer.name(), tenant, shard, cap));
        producer.call(
                "SetTenant",
                0,
                correlation -> producer.commands.setTenant(correlation, shard, tenant, weight, cap),
                reply -> {
                    busy.remove(tenant);
                    producer.history.add(new Entry.CapAnswered(
                            producer.world.nowNs(), entry, reply.code(), reply.place(), reply.isDurable()));
                    // A tenant of another shard than was thought has no cap there.
                    boolean isNowhere = reply.code() == RejectReason.TENANT_NOT_IN_SHARD.code();
                    if (isLast && (reply.code() == RejectReason.OK || isNowhere)) {
                        ended.add(tenant);
                    }
                },
                () -> busy.remove(tenant));
    }

    /** Without faults nothing comes behind: lifts what is not known to be lifted, and all of it now and then. */
    void end() {
        boolean all = ++rounds % ROUNDS_PER_REPEAT == 0;
        for (String tenant : named) {
            if (all || !ended.contains(tenant)) {
                set(tenant, 1, NO_CAP);
            }
        }
    }

    boolean isDone() {
        return ended.size() == named.size();
    }
}
