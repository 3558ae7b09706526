package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import io.silo.simulation.history.Known.Evidence;
import io.silo.simulation.history.Known.Outcome;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@link Invariant#LOST_ACKNOWLEDGEMENT}, {@link Invariant#STALE_READ}, {@link Invariant#IMPOSSIBLE_JOB},
 * {@link Invariant#PHANTOM_OUTCOME} and {@link Invariant#WRONG_BYTES} of the reads of one job.
 *
 * <p>Walks the entries and collects what clients know. A read must agree with what was known when it was made. What is not durable is
 * known until the next loss of power, if the call that told it was made and answered without one between; the same goes for reads.
 */
final class ReadChecks {
    /** Ended attempts that are kept: of more, reads show the latest. */
    private static final int ATTEMPTS_MAX = 100;

    private record Reported(int attempt, int resultCrc) {}

    private record Snapshot(Known durable, Known appended) {}

    private final Timeline timeline;
    private final Findings findings;
    private final JobTrace job;
    private final Known durable = new Known();
    private Known appended = new Known();
    private int generation;
    private final Map<Call<?>, Snapshot> snapshots = new HashMap<>();
    private final Set<Integer> successes = new HashSet<>();
    private final Set<Reported> results = new HashSet<>();

    ReadChecks(Timeline timeline, Findings findings, JobTrace job) {
        this.timeline = timeline;
        this.findings = findings;
        this.job = job;
    }

    void check() {
        if (job.reads.isEmpty()) {
            return;
        }
        for (final JobTrace.Step step : job.steps) {
            if (timeline.generation(step.index()) != generation) {
                generation = timeline.generation(step.index());
                appended = new Known();
            }
            final Call<?> call = step.call();
            final Grant grant = step.grant();
            if (grant != null) {
                final Evidence evidence = new Evidence(grant.lease.attempt(), "", false, grant);
                learn(job.firstFrom(), step.index(), grant.durable, known -> known.found(evidence));
            } else if (call != null && step.index() == call.from) {
                onInvoked(call);
            } else if (call != null) {
                onAnswered(call);
            }
        }
    }

    private void learn(int from, int to, boolean isDurable, Consumer<Known> fact) {
        if (isDurable) {
            fact.accept(durable);
        }
        if (!timeline.isPowerLost(from, to)) {
            fact.accept(appended);
        }
    }

    private void onInvoked(Call<?> call) {
        if (call.invoked instanceof Entry.ReadInvoked) {
            snapshots.put(call, new Snapshot(durable.copy(), appended.copy()));
        } else if (call.invoked instanceof Entry.ReportInvoked report
                && report.outcome().equals("SUCCEEDED")) {
            successes.add(report.lease().attempt());
            results.add(new Reported(report.lease().attempt(), report.resultCrc()));
        }
    }

    private void onAnswered(Call<?> call) {
        if (call.invoked instanceof Entry.ReadInvoked) {
            onRead(call);
        } else if (call.invoked instanceof Entry.EnqueueInvoked && call.isOk()) {
            final Evidence evidence = new Evidence(0, "", false, "its enqueue of " + call);
            learn(call.from, call.to, call.durable, known -> known.found(evidence));
        } else if (call.invoked instanceof Entry.ReportInvoked report) {
            if (call.isOk() || call.isAnswered(RejectReason.ALREADY_REPORTED)) {
                onReported(call, report);
            }
        }
    }

    private void onReported(Call<?> call, Entry.ReportInvoked report) {
        final Lease lease = report.lease();
        final Evidence evidence = new Evidence(lease.attempt(), "", false, "the answer to its report of " + call);
        final Grant grant = job.grant(lease);
        final Outcome outcome = new Outcome(
                report.outcome(),
                report.errorCode(),
                grant == null ? null : grant.worker,
                report.outcome().equals("SUCCEEDED") ? report.resultCrc() : null,
                false,
                "its report of " + call);
        final String end = end(report);
        learn(call.from, call.to, call.durable, known -> {
            known.found(evidence);
            known.ended(evidence);
            if (call.isOk()) {
                known.outcomes.putIfAbsent(lease.attempt(), outcome);
                if (end != null) {
                    known.finished(new Evidence(lease.attempt(), end, false, outcome.source()));
                }
            }
        });
    }

    /** Status of the job after an accepted outcome; null if it goes on, or that is not known. */
    private @Nullable String end(Entry.ReportInvoked report) {
        if (!report.outcome().equals("FAILED")) {
            return report.outcome();
        }
        final JobSpec spec = job.spec();
        return spec != null && report.lease().attempt() > spec.retryCount() ? "FAILED" : null;
    }

    private void onRead(Call<?> read) {
        final Snapshot snapshot = snapshots.remove(read);
        final JobSeen seen = read.seen;
        if (snapshot == null) {
            return;
        }
        final boolean sameGeneration = !timeline.isPowerLost(read.from, read.to);
        if (read.isAnswered(RejectReason.JOB_NOT_FOUND)) {
            final boolean mayBeGone = timeline.mayBeForgotten(job, read.to);
            if (!mayBeGone && !checkFound(read, snapshot.durable) && sameGeneration) {
                checkFound(read, snapshot.appended);
            }
        } else if (read.isOk() && seen != null) {
            checkItself(read, seen);
            if (!checkKnown(read, seen, snapshot.durable) && sameGeneration) {
                checkKnown(read, seen, snapshot.appended);
            }
            learn(read.from, read.to, read.durable, known -> learn(known, read, seen));
        }
    }

    private static void learn(Known known, Call<?> read, JobSeen seen) {
        final String source = "its read of " + read;
        known.found(new Evidence(attempt(seen), "", true, source));
        known.ended(new Evidence(seen.lastEnded(), "", true, source));
        if (seen.isTerminal()) {
            known.finished(new Evidence(seen.attempt(), seen.status(), true, source));
        }
        for (final JobSeen.Ended ended : seen.ended()) {
            known.outcomes.putIfAbsent(
                    ended.attempt(),
                    new Outcome(ended.outcome(), ended.errorCode(), ended.worker(), null, true, source));
        }
        known.seenAt(read.place, source);
    }

    /** A first attempt that was returned is shown as none. */
    private static int attempt(JobSeen seen) {
        return seen.status().equals("SCHEDULED") ? Math.max(1, seen.attempt()) : seen.attempt();
    }

    private boolean checkFound(Call<?> read, Known known) {
        final Evidence exists = known.exists;
        if (exists == null) {
            return false;
        }
        found(
                exists.isRead() ? Invariant.STALE_READ : Invariant.LOST_ACKNOWLEDGEMENT,
                "the read of " + read + " does not find it, but " + exists.source() + " did.");
        return true;
    }

    /** Whether anything was wrong. */
    private boolean checkKnown(Call<?> read, JobSeen seen, Known known) {
        final Evidence ended = known.ended;
        if (ended != null && seen.lastEnded() < ended.value()) {
            return found(read, ended, "attempt " + seen.lastEnded() + " as the last that ended", ended.value());
        }
        final Evidence attempt = known.attempt;
        if (attempt != null && attempt(seen) < attempt.value()) {
            found(
                    attempt.isRead() || attempt.source() instanceof Grant
                            ? Invariant.STALE_READ
                            : Invariant.LOST_ACKNOWLEDGEMENT,
                    "the read of " + read + " shows attempt " + seen.attempt() + ", but " + attempt.source()
                            + " attempt " + attempt.value() + " before.");
            return true;
        }
        final Evidence end = known.end;
        if (end != null && !end.status().equals(seen.status())) {
            return found(read, end, "status " + seen.status(), end.status());
        }
        if (known.isSameLog(read.place) && read.place.position() < known.place.position()) {
            found(
                    Invariant.STALE_READ,
                    "the read of " + read + " is of log position " + read.place.position() + ", but "
                            + known.placeSource + " of " + known.place.position() + " before.");
            return true;
        }
        for (final JobSeen.Ended one : seen.ended()) {
            final Outcome outcome = known.outcomes.get(one.attempt());
            if (outcome != null && !outcome.agreesWith(one)) {
                final Evidence evidence = new Evidence(0, "", outcome.isRead(), outcome.source());
                return found(read, evidence, one, outcome);
            }
        }
        final Outcome last = known.outcomes.get(seen.attempt());
        final Integer crc = last == null || !seen.status().equals("SUCCEEDED") ? null : last.resultCrc();
        if (last != null && crc != null && crc != seen.resultCrc()) {
            found(
                    Invariant.WRONG_BYTES,
                    "the read of " + read + " shows another result than " + last.source() + " brought.");
        }
        return false;
    }

    private boolean found(Call<?> read, Evidence evidence, Object shown, Object knew) {
        found(
                evidence.isRead() ? Invariant.STALE_READ : Invariant.LOST_ACKNOWLEDGEMENT,
                "the read of " + read + " shows " + shown + ", but " + evidence.source() + " says " + knew + ".");
        return true;
    }

    private void checkItself(Call<?> read, JobSeen seen) {
        final List<JobSeen.Ended> ended = seen.ended();
        for (int i = 0; i < ended.size(); i++) {
            final int expected = i == 0
                    ? (ended.size() < ATTEMPTS_MAX ? 1 : ended.get(0).attempt())
                    : ended.get(i - 1).attempt() + 1;
            final JobSeen.Ended one = ended.get(i);
            if (one.attempt() != expected) {
                impossible(read, "attempt " + one.attempt() + " where " + expected + " must be");
                return;
            }
            if (one.outcome().equals("SUCCEEDED") && !successes.contains(one.attempt())) {
                found(
                        Invariant.PHANTOM_OUTCOME,
                        "the read of " + read + " shows a success of attempt " + one.attempt()
                                + " that nobody reported.");
            }
            if (!one.outcome().equals("FAILED") && i < ended.size() - 1) {
                impossible(read, "attempt " + one.attempt() + " " + one.outcome() + " with another after it");
            }
        }
        checkStatus(read, seen);
        if (!job.isPayload(seen.payloadCrc())) {
            found(Invariant.WRONG_BYTES, "the read of " + read + " shows a payload that nobody enqueued.");
        }
        if (seen.status().equals("SUCCEEDED")
                && successes.contains(seen.attempt())
                && !results.contains(new Reported(seen.attempt(), seen.resultCrc()))) {
            found(Invariant.WRONG_BYTES, "the read of " + read + " shows a result that nobody reported.");
        }
    }

    private void checkStatus(Call<?> read, JobSeen seen) {
        final int last = seen.lastEnded();
        final String outcome =
                last == 0 ? "" : seen.ended().get(seen.ended().size() - 1).outcome();
        final boolean possible = switch (seen.status()) {
            case "SCHEDULED" -> last == 0 ? seen.attempt() <= 1 : seen.attempt() == last + 1;
            case "RUNNING" -> seen.attempt() == last + 1;
            case "SUCCEEDED", "FAILED" -> seen.attempt() == last && outcome.equals(seen.status());
            case "CANCELLED" -> seen.attempt() >= last;
            default -> false;
        };
        if (!possible) {
            impossible(
                    read,
                    seen.status() + " with attempt " + seen.attempt() + " after "
                            + (last == 0 ? "none that ended" : "attempt " + last + " " + outcome));
        }
    }

    private void impossible(Call<?> read, String what) {
        found(Invariant.IMPOSSIBLE_JOB, "the read of " + read + " shows " + what + ".");
    }

    private void found(Invariant invariant, String sentence) {
        findings.add(invariant, job.ref, sentence);
    }
}
