package io.silo.simulation.history;

import java.util.List;

/** {@link Invariant#BULK_TOTALS}. */
final class BulkCheck {
    private final Findings findings;

    BulkCheck(Findings findings) {
        this.findings = findings;
    }

    void check(Timeline timeline) {
        for (final BulkTrace bulk : timeline.bulks()) {
            final List<BulkTrace.Sighting> all = bulk.sightings;
            for (final BulkTrace.Sighting earlier : all) {
                if (earlier.isKnown()) {
                    all.forEach(later -> check(bulk, earlier, later));
                }
            }
        }
    }

    private void check(BulkTrace bulk, BulkTrace.Sighting earlier, BulkTrace.Sighting later) {
        final Entry.BulkAnswered before = earlier.answer();
        final Entry.BulkAnswered after = later.answer();
        final boolean isOrdered = earlier.to() < later.from();
        if (!later.isKnown()) {
            if (isOrdered) {
                found(bulk, "is not known by " + later + ", but " + earlier + " tell of it.");
            }
            return;
        }
        if (before.bulkKey() != after.bulkKey()) {
            found(bulk, "was begun twice, by " + earlier + " and " + later + ".");
        } else if (isOrdered && before.isFinished() && !after.isFinished()) {
            found(bulk, "was over by " + earlier + ", and is not by " + later + ".");
        } else if (before.isFinished()
                && after.isFinished()
                && (before.changed() != after.changed() || before.skipped() != after.skipped())) {
            found(
                    bulk,
                    "ended with " + totals(before) + " by " + earlier + ", and " + totals(after) + " by " + later
                            + ".");
        } else if (isOrdered && !bulk.invoked.dryRun() && before.changed() > after.changed()) {
            found(bulk, "had " + totals(before) + " by " + earlier + ", and " + totals(after) + " by " + later + ".");
        }
    }

    private static String totals(Entry.BulkAnswered answer) {
        return answer.changed() + " changed and " + answer.skipped() + " skipped";
    }

    private void found(BulkTrace bulk, String sentence) {
        final JobRef ref = new JobRef(bulk.invoked.tenant(), "bulk " + bulk.invoked.requestId());
        findings.add(Invariant.BULK_TOTALS, ref, "the bulk change of entry " + bulk.from + " " + sentence);
    }
}
