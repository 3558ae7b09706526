package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.simulation.client.Commands.FilterDraft;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.Entry.Change;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.world.Feature;
import io.silo.simulation.world.SimViolation;
import java.util.ArrayList;
import java.util.List;

/**
 * What a producer does to many jobs at once, as an operator would: bulk changes of one tenant, each repeated under its request id
 * until it is known to have begun, and looked at until it is over; lists and counts.
 */
final class Bulks {
    private static final long MS = 1_000_000;
    private static final long REPEAT_NS_MAX = 300 * MS;

    /** Bulk changes that a producer begins. */
    private static final int BULKS_MAX = 8;

    /** The four that can be done in bulk. Jobs that nobody cancels or deletes are what others are seen by: these are rarer. */
    private static final List<Change> CHANGES =
            List.of(Change.CANCEL, Change.RESTART, Change.RESTART, Change.EXPEDITE, Change.EXPEDITE, Change.DELETE);

    /** A bulk change; {@code key} is 0 until it is known to have begun. */
    private static final class Bulk {
        final long requestId;
        final Change change;
        final boolean dryRun;
        final FilterDraft filter;
        long key;
        boolean isFinished;

        Bulk(long requestId, Change change, boolean dryRun, FilterDraft filter) {
            this.requestId = requestId;
            this.change = change;
            this.dryRun = dryRun;
            this.filter = filter;
        }
    }

    private final SimProducer producer;
    private final List<Bulk> made = new ArrayList<>();

    Bulks(SimProducer producer) {
        this.producer = producer;
    }

    /** Begins a bulk change, or looks at jobs or at one that was begun. */
    void act() {
        int dice = producer.random.nextInt(6);
        if (dice < 2 && made.size() < BULKS_MAX) {
            begin();
        } else if (dice == 2) {
            count(tenant());
        } else if (dice == 3) {
            FilterDraft filter = filter();
            list(filter, 0, 1 + producer.random.nextInt(30));
        } else if (!made.isEmpty()) {
            Bulk bulk = made.get(producer.random.nextInt(made.size()));
            // What is not known to have begun is asked for again anyway.
            if (bulk.key != 0 && producer.random.nextInt(3) > 0) {
                look(bulk);
            } else if (bulk.key != 0) {
                ask(bulk);
            }
        }
    }

    private String tenant() {
        int tenants = producer.world.has(Feature.TENANTS) ? producer.profile().tenants() : 1;
        return producer.profile().tenant(producer.random.nextInt(tenants));
    }

    private FilterDraft filter() {
        int groups = producer.profile().taskGroups();
        boolean isOne = producer.random.nextInt(6) == 0;
        JobRef one = isOne ? producer.anyJob() : null;
        return new FilterDraft(
                producer.random.nextBoolean() ? 0 : 1 + producer.random.nextInt(31),
                producer.random.nextInt(6) == 0 ? producer.random.nextInt(5_000) : 0,
                one == null ? tenant() : one.tenant(),
                producer.random.nextInt(3) > 0 ? "" : producer.profile().taskGroup(producer.random.nextInt(groups)),
                one == null ? "" : one.id(),
                producer.random.nextInt(3) == 0);
    }

    private void begin() {
        FilterDraft filter = filter();
        Change change = CHANGES.get(producer.random.nextInt(CHANGES.size()));
        Bulk bulk = new Bulk(producer.random.nextLong(), change, producer.random.nextInt(4) == 0, filter);
        made.add(bulk);
        ask(bulk);
    }

    /** For the first time or again: it is one bulk change. */
    private void ask(Bulk bulk) {
        long entry = producer.history.nextCall();
        FilterDraft filter = bulk.filter;
        producer.history.add(new Entry.BulkInvoked(
                producer.world.nowNs(),
                entry,
                producer.name(),
                bulk.requestId,
                bulk.change,
                bulk.dryRun,
                filter.tenant(),
                filter.taskGroup(),
                filter.jobId()));
        producer.call(
                "BulkChange",
                0,
                correlation -> producer.commands.bulkChange(
                        correlation, shardOf(bulk), bulk.requestId, bulk.change, bulk.dryRun, filter),
                reply -> {
                    answered(bulk, entry, reply);
                    if (bulk.key == 0) {
                        checkRefusal(reply.code());
                        repeat(bulk);
                    }
                },
                () -> repeat(bulk));
    }

    private int shardOf(Bulk bulk) {
        return producer.shardOf(bulk.filter.tenant());
    }

    private void repeat(Bulk bulk) {
        producer.world.after(1 + producer.random.nextLong(REPEAT_NS_MAX), () -> {
            if (!producer.isStopped() && bulk.key == 0) {
                ask(bulk);
            }
        });
    }

    private static void checkRefusal(int code) {
        RejectReason reason = RejectReason.fromCode(code);
        if (reason == null || !reason.isTransient()) {
            throw new SimViolation("refusal", "a bulk change was refused with " + reason);
        }
    }

    private void look(Bulk bulk) {
        long entry = producer.history.nextCall();
        producer.history.add(new Entry.BulkLooked(producer.world.nowNs(), entry, producer.name(), bulk.requestId));
        producer.call(
                "GetBulk",
                0,
                correlation -> producer.commands.getBulk(correlation, shardOf(bulk), bulk.key),
                reply -> answered(bulk, entry, reply),
                () -> {});
    }

    private void answered(Bulk bulk, long entry, Reply reply) {
        Reply.Bulk told = reply.bulk();
        producer.history.add(new Entry.BulkAnswered(
                producer.world.nowNs(),
                entry,
                reply.code(),
                told.key(),
                told.isFinished(),
                told.changed(),
                told.skipped(),
                reply.isDurable()));
        if (told.key() != 0) {
            bulk.key = told.key();
            bulk.isFinished |= told.isFinished();
            if (!bulk.dryRun && told.isFinished()) {
                // Whatever became of them has to be looked at.
                producer.existAll(bulk.filter.tenant());
            }
        }
    }

    // ---- reads

    private void count(String tenant) {
        producer.call(
                "CountJobs",
                0,
                correlation -> producer.commands.countJobs(correlation, producer.shardOf(tenant), tenant),
                reply -> {
                    for (long count : reply.jobCounts()) {
                        if (count < 0) {
                            throw new SimViolation("counts", "tenant " + tenant + " has " + reply.jobCounts());
                        }
                    }
                },
                () -> {});
    }

    /** All pages, unless an answer is lost. */
    private void list(FilterDraft filter, long cursor, int pageSize) {
        producer.call(
                "ListJobs",
                0,
                correlation -> producer.commands.listJobs(
                        correlation, producer.shardOf(filter.tenant()), cursor, pageSize, filter),
                reply -> {
                    if (reply.nextCursor() > cursor) {
                        list(filter, reply.nextCursor(), pageSize);
                    }
                },
                () -> {});
    }

    // ---- for the run

    /** Looks at every bulk change that is not known to be over. */
    void lookAtUnfinished() {
        for (Bulk bulk : made) {
            if (bulk.key != 0 && !bulk.isFinished) {
                look(bulk);
            }
        }
    }

    /** Whether each is known to be over. */
    boolean isDone() {
        return made.stream().allMatch(bulk -> bulk.isFinished);
    }

    int openCount() {
        return (int) made.stream().filter(bulk -> !bulk.isFinished).count();
    }
}
