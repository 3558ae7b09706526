package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@link Invariant#DOUBLE_LEASE}, {@link Invariant#LATE_REPORT}, {@link Invariant#LATE_HEARTBEAT} and
 * {@link Invariant#DUPLICATE_COMPLETION} of one job.
 */
final class LeaseChecks {
    /** Earlier leases that a lease is compared with: one that lives longer than 16 later ones has been found by then. */
    private static final int WINDOW = 16;

    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;

    LeaseChecks(Timeline timeline, Findings findings, JobTrace job) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
    }

    void check() {
        checkDoubleLease();
        checkLate();
        checkDuplicates();
        if (!job.isOperated()) {
            checkSnoozes();
        }
    }

    /** The shard's clock stood at the start of the lease at least when the task was given back. */
    private void checkSnoozes() {
        for (final Call<Entry.ReturnInvoked> giveBack : job.returns) {
            final Lease lease = giveBack.invoked.lease();
            if (!giveBack.isOk() || giveBack.invoked.snoozeMs() == 0) {
                continue;
            }
            for (final Grant later : job.grants) {
                if (later.lease.epoch() == lease.epoch()
                        && Grant.compare(later.lease, lease) > 0
                        && later.lease.startAtMs() < lease.startAtMs() + giveBack.invoked.snoozeMs()) {
                    findings.add(
                            Invariant.EARLY_SNOOZE,
                            job.ref,
                            later + " starts at " + later.lease.startAtMs() + ", but " + giveBack + " gave the task of "
                                    + lease.startAtMs() + " back for " + giveBack.invoked.snoozeMs() + " ms.");
                }
            }
        }
    }

    private void checkDoubleLease() {
        final List<Grant> grants = job.grantsByToken();
        for (int i = 1; i < grants.size(); i++) {
            final Grant later = grants.get(i);
            for (int j = i - 1; j >= Math.max(0, i - WINDOW); j--) {
                final Grant earlier = grants.get(j);
                if (earlier.isHeldAt(later) && timeline.survives(job, earlier, later)) {
                    findings.add(
                            Invariant.DOUBLE_LEASE, job.ref, earlier + " still lives when " + later + " is granted.");
                    break;
                }
            }
        }
    }

    /** The highest token known to be granted, or to be over, by an entry. */
    private static final class Highest {
        private record Item(int index, Lease lease, boolean durable, Object what) {}

        private final List<Item> items = new ArrayList<>();
        private final List<Item> highest = new ArrayList<>();
        private final List<@Nullable Item> highestDurable = new ArrayList<>();

        void add(int index, Lease lease, boolean durable, Object what) {
            items.add(new Item(index, lease, durable, what));
        }

        void sort() {
            items.sort(Comparator.comparingInt(Item::index));
            Item all = null;
            Item durable = null;
            for (final Item item : items) {
                all = all == null || Grant.compare(item.lease, all.lease) > 0 ? item : all;
                if (item.durable && (durable == null || Grant.compare(item.lease, durable.lease) > 0)) {
                    durable = item;
                }
                highest.add(all);
                highestDurable.add(durable);
            }
        }

        /** Null if there is none. */
        @Nullable
        Item before(int index, boolean durable) {
            int low = 0;
            int high = items.size();
            while (low < high) {
                final int middle = (low + high) >>> 1;
                if (items.get(middle).index < index) {
                    low = middle + 1;
                } else {
                    high = middle;
                }
            }
            return low == 0 ? null : (durable ? highestDurable : highest).get(low - 1);
        }
    }

    private void checkLate() {
        final Highest granted = new Highest();
        for (final Grant grant : job.grants) {
            granted.add(grant.index, grant.lease, grant.durable, grant);
        }
        granted.sort();
        final Highest ended = new Highest();
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.isOk()) {
                ended.add(report.to, report.invoked.lease(), report.durable, "the outcome of " + report);
            }
        }
        for (final Call<Entry.ReturnInvoked> giveBack : job.returns) {
            if (giveBack.isOk()) {
                ended.add(giveBack.to, giveBack.invoked.lease(), giveBack.durable, "the return of " + giveBack);
            }
        }
        ended.sort();
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            checkLate(report, report.invoked.lease(), Invariant.LATE_REPORT, granted, ended);
        }
        for (final Call<Entry.ReturnInvoked> giveBack : job.returns) {
            checkLate(giveBack, giveBack.invoked.lease(), Invariant.LATE_REPORT, granted, ended);
        }
        for (final Call<Entry.HeartbeatInvoked> heartbeat : job.heartbeats) {
            checkLate(heartbeat, heartbeat.invoked.lease(), Invariant.LATE_HEARTBEAT, granted, ended);
        }
    }

    private void checkLate(Call<?> call, Lease lease, Invariant invariant, Highest granted, Highest ended) {
        if (!call.isOk()) {
            return;
        }
        // Nothing of this job was lost if power was not; else only what is durable counts.
        final boolean durableOnly = timeline.isPowerLost(job.firstFrom(), call.to);
        final Highest.Item newer = granted.before(call.from, durableOnly);
        if (newer != null && Grant.compare(newer.lease, lease) > 0) {
            found(invariant, call, lease, newer.what + " was received before.");
            return;
        }
        final Highest.Item over = ended.before(call.from, durableOnly);
        if (over != null && Grant.compare(over.lease, lease) >= 0) {
            found(invariant, call, lease, over.what + " was accepted before.");
        }
    }

    private void found(Invariant invariant, Call<?> call, Lease lease, String why) {
        findings.add(
                invariant,
                job.ref,
                call + " accept a call under the token " + Long.toUnsignedString(lease.epoch()) + ":"
                        + Long.toUnsignedString(lease.token()) + ", but " + why);
    }

    private void checkDuplicates() {
        // A job that was deleted and made again counts from the beginning, under another key.
        final Map<Attempt, Call<?>> lastOf = new HashMap<>();
        final Map<Attempt, Call<?>> durableOf = new HashMap<>();
        for (final Call<Entry.ReportInvoked> report : job.reports) {
            if (report.isOk()) {
                final Lease lease = report.invoked.lease();
                final Attempt attempt = new Attempt(job.isOperated() ? lease.jobKey() : 0, lease.attempt());
                if (!checkDuplicate(attempt, lastOf.put(attempt, report), report)) {
                    checkDuplicate(attempt, durableOf.get(attempt), report);
                }
                if (report.durable) {
                    durableOf.putIfAbsent(attempt, report);
                }
            }
        }
    }

    private record Attempt(long jobKey, int number) {}

    private boolean checkDuplicate(Attempt attempt, @Nullable Call<?> first, Call<?> second) {
        if (first == null || !timeline.standTogether(first, second)) {
            return false;
        }
        findings.add(
                Invariant.DUPLICATE_COMPLETION,
                job.ref,
                "both " + first + " and " + second + " accept an outcome of attempt " + attempt.number() + ".");
        return true;
    }
}
