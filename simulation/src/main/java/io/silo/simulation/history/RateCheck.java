package io.silo.simulation.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@link Invariant#RATE_OVERRUN}, over all jobs that nobody operated on: a lease by id takes no hits. */
final class RateCheck {
    /** The broker counts whole ms from whole ms of two clocks. */
    private static final int ROUNDED_MS = 2;

    private static final double NS_PER_MS = TimeUnit.MILLISECONDS.toNanos(1);

    private record BucketId(String tenant, String key) {}

    /** A lease whose hits are in the log; made not before {@code afterMs} and not after {@code beforeMs}, of the history's clock. */
    private record Start(JobTrace job, Grant grant, double afterMs, double beforeMs) {}

    private final Timeline timeline;
    private final Findings findings;
    private final int slackMs;
    private final Expectations.@Nullable Clock clock;

    RateCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
        slackMs = timeline.expectations().leaseSlackMs() + ROUNDED_MS;
        clock = timeline.expectations().clock();
    }

    void check() {
        final Map<BucketId, JobSpec.Rate> terms = new HashMap<>();
        final Set<BucketId> disputed = new HashSet<>();
        final Map<LimitKey, List<Start>> starts = new LinkedHashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
                for (final JobSpec.Limit limit : enqueue.invoked.spec().limits()) {
                    final JobSpec.Rate rate = limit.rate();
                    final BucketId id = new BucketId(job.ref.tenant(), limit.key());
                    if (rate != null && !rate.equals(terms.computeIfAbsent(id, key -> rate))) {
                        disputed.add(id);
                    }
                }
            }
            addStarts(job, starts);
        }
        starts.forEach((bucket, all) -> {
            final BucketId id = new BucketId(bucket.tenant(), bucket.key());
            final JobSpec.Rate rate = terms.get(id);
            if (rate != null && !disputed.contains(id)) {
                order(all);
                parts(all).forEach(part -> check(bucket, rate, part));
            }
        });
    }

    private void addStarts(JobTrace job, Map<LimitKey, List<Start>> starts) {
        final JobSpec spec = job.spec();
        if (spec == null || job.isOperated()) {
            return;
        }
        for (final JobSpec.Limit limit : spec.limits()) {
            for (final Grant grant : job.grants) {
                if (limit.rate() != null && timeline.survives(job, grant, Integer.MAX_VALUE)) {
                    starts.computeIfAbsent(
                                    new LimitKey(grant.lease.shard(), job.ref.tenant(), limit.key()),
                                    key -> new ArrayList<>())
                            .add(new Start(job, grant, afterMs(grant), grant.grantedBeforeNs / NS_PER_MS));
                }
            }
        }
    }

    /** Neither before the calls that came before it, nor before it was due. */
    private double afterMs(Grant grant) {
        final double calledMs = grant.grantedAfterNs / NS_PER_MS;
        return clock == null ? calledMs : Math.max(calledMs, (double) (grant.lease.startAtMs() - clock.zeroMs()));
    }

    /** As they were made, which makes none earlier than those before it. */
    private static void order(List<Start> all) {
        all.sort((a, b) -> Grant.BY_TOKEN.compare(a.grant, b.grant));
        double afterMs = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < all.size(); i++) {
            final Start start = all.get(i);
            afterMs = Math.max(afterMs, start.afterMs);
            all.set(i, new Start(start.job, start.grant, afterMs, start.beforeMs));
        }
    }

    /** Starts that one clock counts: all, or those of each epoch where the wall clock, which it goes by at a restart, is not known. */
    private List<List<Start>> parts(List<Start> all) {
        if (clock != null) {
            return List.of(all);
        }
        final Map<Long, List<Start>> epochs = new LinkedHashMap<>();
        for (final Start start : all) {
            epochs.computeIfAbsent(start.grant.lease.epoch(), epoch -> new ArrayList<>())
                    .add(start);
        }
        return List.copyOf(epochs.values());
    }

    /** @param starts as they were made. */
    private void check(LimitKey bucket, JobSpec.Rate rate, List<Start> starts) {
        if (rate.isLeaky()) {
            checkLeaky(bucket, rate, starts);
        } else {
            checkWindows(bucket, rate, starts);
        }
    }

    private void checkLeaky(LimitKey bucket, JobSpec.Rate rate, List<Start> starts) {
        final double perMs = (double) rate.hitsMax() / rate.durationMs();
        // Of all starts so far the one from which on most hits are too many: those before it and what flowed back by
        // then are least.
        int worst = 0;
        for (int i = 0; i < starts.size(); i++) {
            final Start last = starts.get(i);
            if (i - perMs * last.afterMs < worst - perMs * starts.get(worst).afterMs) {
                worst = i;
            }
            final double ms = last.beforeMs - starts.get(worst).afterMs + slackMs;
            if (i - worst + 1 > rate.hitsMax() + perMs * ms) {
                overrun(bucket, rate, starts.get(worst), last, i - worst + 1);
                return;
            }
        }
    }

    private void checkWindows(LimitKey bucket, JobSpec.Rate rate, List<Start> starts) {
        final int hitsMax = (int) Math.min(rate.hitsMax(), Integer.MAX_VALUE / 2);
        if (hitsMax == 0) {
            starts.stream().limit(1).forEach(start -> overrun(bucket, rate, start, start, 1));
            return;
        }
        // From each start to the one hitsMax * n later n + 1 windows are needed, and n - 1 of them lie between. So what
        // counts is only who
        // is first among those of the same remainder: the one that was made latest, a window for each hitsMax before it
        // taken off.
        final Map<Integer, Integer> worst = new HashMap<>();
        for (int i = 2 * hitsMax; i < starts.size(); i++) {
            final int candidate = i - 2 * hitsMax;
            final int first = worst.merge(
                    i % hitsMax,
                    candidate,
                    (known, other) -> lateness(rate, starts, hitsMax, known) >= lateness(rate, starts, hitsMax, other)
                            ? known
                            : other);
            final double ms = starts.get(i).beforeMs - starts.get(first).afterMs + slackMs;
            final int between = (i - first) / hitsMax - 1;
            if (ms < 1 + (double) between * rate.durationMs()) {
                overrun(bucket, rate, starts.get(first), starts.get(i), i - first + 1);
                return;
            }
        }
    }

    private static double lateness(JobSpec.Rate rate, List<Start> starts, int hitsMax, int index) {
        final long windows = index / hitsMax;
        return starts.get(index).afterMs - (double) windows * rate.durationMs();
    }

    private void overrun(LimitKey bucket, JobSpec.Rate rate, Start first, Start last, int count) {
        findings.add(
                Invariant.RATE_OVERRUN,
                last.job.ref,
                last.grant + " is start " + count + " from " + first.grant + " of job " + first.job.ref + " on, within "
                        + Math.round(last.beforeMs - first.afterMs) + " ms, from the "
                        + (rate.isLeaky() ? "leaky bucket " : "windows of ") + bucket.key() + " of "
                        + rate.hitsMax() + " in " + rate.durationMs() + " ms.");
    }
}
