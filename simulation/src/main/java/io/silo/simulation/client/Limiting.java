package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.session.ShardRoute;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.LimitKey;
import io.silo.simulation.world.Feature;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * What a producer does as an operator of limits: sets and unsets maxima, one change of each at a time and each made once, until in the
 * end none is set; drops slots; and asks who waits, which the model judges.
 */
final class Limiting {
    /** Keys that jobs name. */
    static final int KEYS = 3;

    /** Rounds of the end after which all are unset once more: a copy of a change may have come late. */
    private static final int ROUNDS_PER_REPEAT = 10;

    private final SimProducer producer;
    private final Set<LimitKey> named = new LinkedHashSet<>();

    /** Those with a call under way. */
    private final Set<LimitKey> busy = new HashSet<>();

    /** Those that were unset for good. */
    private final Set<LimitKey> ended = new HashSet<>();

    private int rounds;

    Limiting(SimProducer producer) {
        this.producer = producer;
    }

    static String key(int number) {
        return "limit-" + number;
    }

    /** @param job some job that was acknowledged. */
    void act(JobRef job) {
        int tenants = producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
        String tenant = producer.profile().tenant(producer.random.nextInt(tenants));
        LimitKey limit = new LimitKey(producer.shardOf(tenant), tenant, key(producer.random.nextInt(KEYS)));
        switch (producer.random.nextInt(8)) {
            case 0, 1, 2 -> set(limit, producer.random.nextInt(4));
            case 3 -> set(limit, Entry.LimitInvoked.OWN);
            case 4 -> drop(producer.random.nextBoolean() ? limit : new LimitKey(limit.shard(), tenant, ""));
            case 5 -> ask("GetLimit", correlation -> producer.commands.getLimit(correlation, limit, 5));
            case 6 -> {
                for (ShardRoute route : producer.routes()) {
                    ask("ListLimits", correlation -> producer.commands.listLimits(correlation, route.shard(), ""));
                }
            }
            default ->
                ask(
                        "ExplainJob",
                        correlation -> producer.commands.explainJob(correlation, producer.shardOf(job.tenant()), job));
        }
    }

    private void ask(String what, LongFunction<byte[]> encoder) {
        producer.call(what, 0, encoder, reply -> {}, () -> {});
    }

    private void drop(LimitKey limit) {
        producer.history.add(new Entry.HoldersDropped(producer.world.nowNs(), producer.name(), limit));
        ask("DropHolders", correlation -> producer.commands.dropHolders(correlation, limit));
    }

    private void set(LimitKey limit, int max) {
        if (!busy.add(limit)) {
            return;
        }
        named.add(limit);
        boolean isLast = producer.world.isHealed();
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.LimitInvoked(producer.world.nowNs(), entry, producer.name(), limit, max));
        producer.call(
                "SetLimit",
                0,
                correlation -> producer.commands.setLimit(correlation, limit, max),
                reply -> {
                    busy.remove(limit);
                    producer.history.add(new Entry.LimitAnswered(
                            producer.world.nowNs(), entry, reply.code(), reply.place(), reply.isDurable()));
                    // A tenant of another shard than was thought has no limit there.
                    boolean isNowhere = reply.code() == RejectReason.TENANT_NOT_IN_SHARD.code();
                    if (isLast && max < 0 && (reply.code() == RejectReason.OK || isNowhere)) {
                        ended.add(limit);
                    }
                },
                () -> busy.remove(limit));
    }

    /** Without faults nothing comes behind: unsets what is not known to be unset, and all of it now and then. */
    void end() {
        boolean all = ++rounds % ROUNDS_PER_REPEAT == 0;
        for (LimitKey limit : List.copyOf(named)) {
            if (all || !ended.contains(limit)) {
                set(limit, Entry.LimitInvoked.OWN);
            }
        }
    }

    boolean isDone() {
        return ended.size() == named.size();
    }
}
