package io.silo.simulation.model;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Judges bulk changes: BulkChange, GetBulk, and what the shard appends to work them off.
 *
 * <p>The model knows no rows, so it does not know how far a scan is. It remembers which jobs a bulk change was about when its scan
 * began. Such a job leaves the scope only by an event: what has none until the scan is over was looked at as it is.
 */
final class BulkJudge {
    /** Duty cycles without an event in which a scan may look at as many jobs as there ever were, one each. */
    private static final long IDLE_CYCLES_MIN = 100;

    /** A job that a bulk change was about when its scan began. */
    private record Seen(ModelJob job, boolean isRefused) {}

    /** The scan under way, of the first bulk change since it became that, or since the shard was opened. */
    private static final class Scan {
        final long bulkKey;

        /** Last record before it. */
        final long position;

        final List<Seen> jobs = new ArrayList<>();
        long changed;

        /** Events in the same ms as the bulk change: each may bring a job into its scope. */
        long late;

        Scan(long bulkKey, long position) {
            this.bulkKey = bulkKey;
            this.position = position;
        }
    }

    private final ModelContext context;
    private final ChangeJudge changes;
    private @Nullable Scan scan;
    private long idleCycles;

    BulkJudge(ModelContext context, ChangeJudge changes) {
        this.context = context;
        this.changes = changes;
    }

    // ---- commands

    Expected change(Expected expected, ModelCommand.BulkChange command, EventCursor events) {
        final ModelCommand.Verb[] verbs = ModelCommand.Verb.values();
        final EnumSet<RejectReason> reasons = context.rules.of(expected.session, command.filter());
        final String scope = Asker.scopeOf(expected.session);
        final ModelFilter filter = command.filter().of(scope == null ? "" : scope);
        ArgumentRules.add(reasons, command.verb() >= verbs.length, RejectReason.MALFORMED_FRAME);
        ArgumentRules.add(reasons, !command.dryRun() && filter.isEmpty(), RejectReason.INVALID_FILTER);
        final RejectReason reason = ArgumentRules.first(reasons);
        if (reason != null) {
            return expected.refused(reason);
        }
        final ModelBulk before = context.state.bulks().find(command.requestId(), filter.tenant());
        if (before != null) {
            return answered(expected, before);
        }
        if (!context.state.bulks().hasRoom()) {
            return expected.refused(RejectReason.TOO_MANY_BULKS);
        }
        final ModelEvent.BulkStarted event = events.take(ModelEvent.BulkStarted.class);
        if (event == null) {
            // Only the environment may refuse it.
            return expected;
        }
        final ModelBulk right = new ModelBulk(
                context.state.nextJobKey(),
                command.requestId(),
                context.nowMs,
                0,
                0,
                0,
                verbs[command.verb()],
                command.dryRun(),
                filter,
                event.place().position(),
                event.place().position());
        Claim.equal(right, event.bulk(), "BulkStarted");
        context.state.apply(event);
        beginScan();
        return answered(expected, right);
    }

    Expected get(Expected expected, ModelCommand.GetBulk command) {
        final ModelBulk bulk = context.state.bulks().find(command.bulkKey());
        final String scope = Asker.scopeOf(expected.session);
        if (bulk == null || scope != null && !scope.equals(bulk.filter().tenant())) {
            return expected.refused(RejectReason.BULK_NOT_FOUND);
        }
        return answered(expected, bulk);
    }

    /** @param bulk as it was when it was asked for. */
    private static Expected answered(Expected expected, ModelBulk bulk) {
        expected.speaksOf(bulk.changedPosition());
        return expected.answered(reply -> {
            Claim.equal(BulkReplyDecoder.TEMPLATE_ID, reply.templateId(), "template of", reply);
            final BulkReplyDecoder d =
                    new BulkReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            // How far the scan is nobody logs.
            final boolean isCounting = !bulk.isFinished() && bulk.dryRun();
            Claim.equal(
                    List.of(
                            bulk.key(),
                            bulk.startedAtMs(),
                            bulk.finishedAtMs(),
                            bulk.verb().ordinal(),
                            bulk.dryRun(),
                            isCounting ? d.changed() : bulk.changed(),
                            bulk.isFinished() ? bulk.skipped() : d.skipped()),
                    List.of(
                            d.bulkKey(),
                            d.startedAtMs(),
                            d.finishedAtMs(),
                            (int) d.verbRaw(),
                            d.dryRun() == 1,
                            d.changed(),
                            d.skipped()),
                    "key, times, verb, dry run, changed and skipped of",
                    bulk);
            Claim.check(
                    d.changed() >= 0
                            && d.skipped() >= 0
                            && d.rowsSeen() <= d.rows()
                            && (!bulk.isFinished() || d.rowsSeen() == d.rows()),
                    "%s says that %d rows of %d were looked at, %d changed, %d skipped",
                    reply,
                    d.rowsSeen(),
                    d.rows(),
                    d.changed(),
                    d.skipped());
        });
    }

    // ---- the scan

    /** The shard was opened: scans begin anew. */
    void opened() {
        scan = null;
        idleCycles = 0;
        beginScan();
    }

    private void beginScan() {
        final ModelBulk bulk = context.state.bulks().first();
        if (bulk == null || scan != null && scan.bulkKey == bulk.key()) {
            return;
        }
        final Scan begun = new Scan(bulk.key(), context.lastPosition);
        for (ModelJob job : context.state.jobs()) {
            if (bulk.isAbout(job)) {
                begun.jobs.add(new Seen(job, changes.refusal(bulk.verb(), job) != null));
            }
        }
        scan = begun;
    }

    /** A record was appended, whoever asked for it. */
    void appended(List<ModelEvent> record) {
        final ModelBulk bulk = context.state.bulks().first();
        if (scan != null && bulk != null && bulk.startedAtMs() == context.nowMs && !isSlice(record)) {
            scan.late += record.size();
        }
    }

    private static boolean isSlice(List<ModelEvent> record) {
        final ModelEvent last = record.get(record.size() - 1);
        return last instanceof ModelEvent.BulkProgressed || last instanceof ModelEvent.BulkFinished;
    }

    /** Judges and applies a slice of a bulk change; false if the record is none. */
    boolean judge(List<ModelEvent> record) {
        if (!isSlice(record)) {
            return false;
        }
        final ModelBulk bulk = context.state.bulks().first();
        final Scan own = scan;
        if (bulk == null || own == null || own.bulkKey != bulk.key()) {
            throw new AssertionError("no bulk change is under way: " + record);
        }
        idleCycles = 0;
        long changed = 0;
        for (ModelEvent event : record) {
            if (event instanceof ModelEvent.BulkProgressed progressed) {
                Claim.equal(new ModelEvent.BulkProgressed(event.place(), bulk.key(), changed), event, "BulkProgressed");
                Claim.check(progressed.changed() > 0, "%s says that nothing was done", event);
                own.changed += changed;
                changed = 0;
            } else if (event instanceof ModelEvent.BulkFinished finished) {
                finished(own, finished);
            } else {
                changed(bulk, event);
                changed++;
                continue;
            }
            context.state.apply(event);
        }
        Claim.check(changed == 0, "%d changes of %s stand behind its progress, or without it", changed, bulk);
        beginScan();
        return true;
    }

    private void changed(ModelBulk bulk, ModelEvent event) {
        final ModelJob job = context.state.find(jobKey(event));
        Claim.check(!bulk.dryRun(), "%s is a dry run, and did %s", bulk, event);
        if (job == null || !bulk.isAbout(job)) {
            throw new AssertionError(bulk + " is not about " + job + ", changed at "
                    + (job == null ? 0 : job.changedAtMs) + ", but did " + event);
        }
        final RejectReason refusal = changes.refusal(bulk.verb(), job);
        Claim.check(refusal == null, "%s of %s is to be refused with %s, but there is %s", bulk, job, refusal, event);
        Claim.equal(changes.right(bulk.verb(), job, event.place()), event, bulk.verb() + " of " + job);
        context.state.apply(event);
    }

    private static long jobKey(ModelEvent event) {
        if (event instanceof ModelEvent.Cancelled cancelled) {
            return cancelled.jobKey();
        } else if (event instanceof ModelEvent.CancelRequested asked) {
            return asked.jobKey();
        } else if (event instanceof ModelEvent.Restarted restarted) {
            return restarted.jobKey();
        } else if (event instanceof ModelEvent.Expedited expedited) {
            return expedited.jobKey();
        } else if (event instanceof ModelEvent.Deleted deleted) {
            return deleted.jobKey();
        }
        throw new AssertionError("no bulk change does " + event);
    }

    /** Nothing is left that it should have changed, and its totals are what it saw. */
    private void finished(Scan own, ModelEvent.BulkFinished event) {
        final ModelBulk bulk = context.state.bulks().find(own.bulkKey);
        if (bulk == null) {
            throw new AssertionError("nothing is known of " + event);
        }
        Claim.equal(bulk.key(), event.bulkKey(), "bulk change that is over");
        if (!bulk.dryRun()) {
            Claim.equal(bulk.changed(), event.changed(), "changed by", bulk);
            for (ModelJob job : context.state.jobs()) {
                Claim.check(
                        !bulk.isAbout(job) || changes.refusal(bulk.verb(), job) != null || isExcused(bulk, own, job),
                        "%s is over, but %s was left out",
                        bulk,
                        job);
            }
        }
        checkTotals(bulk, own, event);
    }

    /** Whether a job may have come into scope, or into a state for the verb, behind the scan. */
    private boolean isExcused(ModelBulk bulk, Scan own, ModelJob job) {
        return hasToWait(bulk, job) || job.changedAtMs == bulk.startedAtMs() && job.changedPosition > own.position;
    }

    /** Its unique key may have been taken when it was looked at, or its tenant have had all that it may, and be free since. */
    private boolean hasToWait(ModelBulk bulk, ModelJob job) {
        return bulk.verb() == ModelCommand.Verb.RESTART
                && (!job.definition.uniqueKey().isEmpty()
                        || context.state.tenants().wasEverBounded(job.definition.tenant()));
    }

    /** Each job is looked at once. One without an event since the scan began was looked at as it is. */
    private void checkTotals(ModelBulk bulk, Scan own, ModelEvent.BulkFinished event) {
        long still = 0;
        long sureToChange = 0;
        long sureToSkip = 0;
        for (Seen seen : own.jobs) {
            final ModelJob job = seen.job();
            if (job.isDeleted || job.changedPosition > own.position) {
                continue;
            }
            still++;
            if (!hasToWait(bulk, job)) {
                // With time an expedite comes too late, and never the other way.
                sureToChange += changes.refusal(bulk.verb(), job) == null ? 1 : 0;
                sureToSkip += seen.isRefused() ? 1 : 0;
            }
        }
        final long changed = bulk.dryRun() ? event.changed() : own.changed;
        final boolean isRight = bulk.dryRun()
                ? changed >= sureToChange && event.skipped() >= sureToSkip && changed + event.skipped() >= still
                : event.skipped() >= still;
        Claim.check(
                isRight && changed + event.skipped() <= own.jobs.size() + own.late,
                "%s is over with %d changed by this scan and %d skipped; it began with %d jobs, %d are as they were, of which"
                        + " it changes %d and skips %d, and %d may have come later",
                bulk,
                changed,
                event.skipped(),
                own.jobs.size(),
                still,
                sureToChange,
                sureToSkip,
                own.late);
    }

    /** What carry-forward says of a bulk change is what is known of it. */
    void image(ModelEvent.BulkStarted image) {
        final ModelBulk known = context.state.bulks().find(image.bulk().key());
        Claim.check(
                known != null && known.hasLogOf(image.bulk().at(known.position(), 0)),
                "image of a bulk change says\n  %s\nright is\n  %s",
                image.bulk(),
                known);
    }

    /** Bulk changes come to their end while there is room for it. */
    void endCycle() {
        final ModelBulk bulk = context.state.bulks().first();
        idleCycles = bulk == null || context.roomIsShort ? 0 : idleCycles + 1;
        Claim.check(
                idleCycles <= IDLE_CYCLES_MIN + context.state.nextJobKey(),
                "nothing was heard of %s for %d duty cycles",
                bulk,
                idleCycles);
    }
}
