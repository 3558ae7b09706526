package io.silo.simulation.history;

import java.util.List;

/**
 * Finds in a {@link History} what no correct broker could have answered: see {@link Invariant}. It knows neither the broker nor its
 * state, and takes nothing for granted but what clients saw.
 *
 * <p>What a history must hold for that: every enqueue, report, return and read of its jobs by anybody, the entry of a call before it
 * is sent; each grant before its lease is given back; {@link Entry.SessionClosed} before a session is closed in order; each death of
 * the broker and each loss of power. Calls that only a client's transport repeats are one call. What is done to jobs from outside is in it
 * too, one by one or in bulk: such jobs are judged by {@link OperatedChecks}. Replies have room for all attempts. Where a client is not told a job key it
 * says 0.
 *
 * <p>Takes O(n log n) time for n entries.
 */
public final class HistoryChecker {
    private HistoryChecker() {}

    /** As {@link #check(List, Expectations)}, with {@link Expectations#NONE}. */
    public static List<Violation> check(List<Entry> entries) {
        return check(entries, Expectations.NONE);
    }

    /**
     * Checks a whole history.
     *
     * @return what was found, at most {@value Findings#KEPT_MAX} of each invariant; empty if nothing.
     * @throws IllegalArgumentException if the entries are no history: an answer without its call, a call number used twice.
     */
    public static List<Violation> check(List<Entry> entries, Expectations expectations) {
        final Timeline timeline = Timeline.of(entries, expectations);
        final Findings findings = new Findings();
        for (final JobTrace job : timeline.jobs()) {
            final ScheduleTrace schedule = timeline.scheduleOf(job);
            if (schedule != null) {
                new FiringChecks(timeline, findings, job, schedule).check();
            }
            new LeaseChecks(timeline, findings, job).check();
            if (schedule != null) {
                continue;
            }
            if (job.isOperated()) {
                new OperatedChecks(timeline, findings, job).check(expectations.drained());
            } else {
                new JobChecks(timeline, findings, job).check(expectations.drained());
                new AttemptChecks(timeline, findings, job).check();
                new ReadChecks(timeline, findings, job).check();
            }
        }
        new TokenCheck(findings).check(timeline);
        new OrderCheck(timeline, findings).check();
        new KeyCheck(findings).check(timeline);
        new PauseCheck(timeline, findings).check();
        new BulkCheck(findings).check(timeline);
        new LimitCheck(timeline, findings).check();
        new RateCheck(timeline, findings).check();
        new CapCheck(timeline, findings).check();
        return findings.violations();
    }
}
