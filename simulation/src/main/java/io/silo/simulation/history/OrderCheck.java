package io.silo.simulation.history;

import io.silo.protocol.LeaseToken;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** {@link Invariant#BROKEN_ORDER}, over all jobs. */
final class OrderCheck {
    /** Whose tasks are in one line. */
    private record Line(int shard, long epoch, String tenant, String taskGroup) {}

    /** A job with its first lease that was received. */
    private record Waiting(JobTrace job, Grant first) {}

    /** @param comesIn whether the job begins to wait; else it is granted. */
    private record Event(long token, boolean comesIn, Waiting waiting) {}

    private static final Comparator<Waiting> ORDER = Comparator.<Waiting>comparingInt(w -> w.first.lease.priority())
            .thenComparingLong(w -> w.first.lease.startAtMs())
            .thenComparingLong(w -> w.first.lease.jobKey());

    private final Timeline timeline;
    private final Findings findings;

    OrderCheck(Timeline timeline, Findings findings) {
        this.timeline = timeline;
        this.findings = findings;
    }

    void check() {
        final Map<Line, List<Event>> lines = new HashMap<>();
        for (final JobTrace job : timeline.jobs()) {
            add(lines, job);
        }
        lines.values().forEach(this::check);
    }

    private void add(Map<Line, List<Event>> lines, JobTrace job) {
        final JobSpec spec = job.spec();
        if (job.isOperated()
                || job.grants.isEmpty()
                || spec == null
                || !spec.limits().isEmpty()) {
            return;
        }
        final Grant first = job.grantsByToken().get(0);
        final Lease lease = first.lease;
        if (lease.attempt() != 1) {
            return;
        }
        final List<Event> line = lines.computeIfAbsent(
                new Line(lease.shard(), lease.epoch(), lease.job().tenant(), lease.taskGroup()),
                key -> new ArrayList<>());
        final Waiting waiting = new Waiting(job, first);
        line.add(new Event(lease.token(), false, waiting));
        final long position = acknowledgedAt(job, lease);
        if (position >= 0
                && spec.startAtMs() == 0
                && timeline.firstSeen(lease.shard(), lease.epoch()) < job.firstFrom()
                && !timeline.mayReturnUnseen(job.firstFrom(), first.index)
                && !timeline.mayHaveBegunAnew(first.index)) {
            // It waits for whatever is granted behind its own record.
            line.add(new Event(LeaseToken.of(position, LeaseToken.EVENTS_PER_RECORD_MAX - 1), true, waiting));
        }
    }

    private static long acknowledgedAt(JobTrace job, Lease lease) {
        long position = -1;
        for (final Call<Entry.EnqueueInvoked> enqueue : job.enqueues) {
            final LogPlace place = enqueue.place;
            if (enqueue.isOk()
                    && enqueue.jobKey == lease.jobKey()
                    && enqueue.jobKey != 0
                    && place.shard() == lease.shard()
                    && place.epoch() == lease.epoch()
                    && place.position() >= 0
                    && (position < 0 || place.position() < position)) {
                position = place.position();
            }
        }
        return position;
    }

    private void check(List<Event> line) {
        line.sort((a, b) -> {
            final int byToken = Long.compareUnsigned(a.token, b.token);
            return byToken != 0 ? byToken : Boolean.compare(b.comesIn, a.comesIn);
        });
        final TreeSet<Waiting> waiting = new TreeSet<>(ORDER);
        for (final Event event : line) {
            final Waiting granted = event.waiting;
            if (event.comesIn) {
                if (Long.compareUnsigned(event.token, granted.first.lease.token()) < 0) {
                    waiting.add(granted);
                }
                continue;
            }
            while (!waiting.isEmpty() && ORDER.compare(waiting.first(), granted) < 0) {
                final Waiting passedOver = waiting.pollFirst();
                findings.add(
                        Invariant.BROKEN_ORDER,
                        passedOver.job.ref,
                        passedOver.first + " comes later than job " + granted.job.ref + ", " + granted.first
                                + ", which it goes before.");
            }
            waiting.remove(granted);
        }
    }
}
