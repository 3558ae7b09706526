package io.silo.simulation.history;

import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@link Invariant#PAUSED_GRANT}, of jobs that nobody leased by their id. */
final class PauseCheck {
    /** No copy of a call that the network made arrives later than this after it. */
    private static final long COPY_NS = TimeUnit.SECONDS.toNanos(10);

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

    private void check(PauseTarget target, List<PauseTraces.Change> changes, JobTrace job, Grant grant) {
        for (final PauseTraces.Change pause : changes) {
            if (pause.invoked.paused()
                    && pause.isOk
                    && pause.place.isBefore(grant.lease)
                    && (pause.durable || !timeline.isPowerLost(pause.from, grant.index))
                    && !mayBeResumed(changes, pause, grant.index)) {
                findings.add(Invariant.PAUSED_GRANT, job.ref, grant + " came behind " + pause + " of " + target + ".");
                return;
            }
        }
    }

    /** Whether a call made before an entry, or a copy of it, may have resumed what was paused. */
    private static boolean mayBeResumed(List<PauseTraces.Change> changes, PauseTraces.Change pause, int until) {
        for (final PauseTraces.Change other : changes) {
            final boolean isOver = other.to < pause.from && other.invoked.atNs() + COPY_NS < pause.invoked.atNs();
            if (!other.invoked.paused() && other.from < until && !isOver) {
                return true;
            }
        }
        return false;
    }
}
