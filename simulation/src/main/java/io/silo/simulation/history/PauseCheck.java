package io.silo.simulation.history;

import java.util.List;

/** {@link Invariant#PAUSED_GRANT}, of jobs that nobody leased by their id. */
final class PauseCheck {
    private final Timeline timeline;
    private final Findings findings;

    PauseCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        timeline.pauses().byTarget().forEach((target, changes) -> {
            for (final JobTrace job : timeline.jobs()) {
                if (!job.isOperated()) {
                    for (final Grant grant : job.grants) {
                        if (target.holds(grant.lease)) {
                            check(target, changes, job, grant);
                        }
                    }
                }
            }
        });
    }

    private void check(
            PauseTarget target, List<CallTraces.Change<Entry.PauseInvoked>> changes, JobTrace job, Grant grant) {
        for (final CallTraces.Change<Entry.PauseInvoked> pause : changes) {
            if (pause.invoked.paused()
                    && pause.isBefore(grant, timeline)
                    && changes.stream()
                            .noneMatch(other -> !other.invoked.paused() && other.mayFollow(pause, grant.index))) {
                findings.add(
                        Invariant.PAUSED_GRANT,
                        job.ref,
                        grant + " came behind the pause of " + pause + " of " + target + ".");
                return;
            }
        }
    }
}
