package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that a history says of one request for a bulk change. Filled in by {@link Timeline} alone. */
final class BulkTrace {
    /**
     * What a durable answer told of it.
     *
     * @param from index of the entry that asked.
     * @param to index of the answer.
     */
    record Sighting(int from, int to, Entry.BulkAnswered answer) {
        boolean isKnown() {
            return answer.code() == RejectReason.OK;
        }

        @Override
        public String toString() {
            return "entries " + from + " and " + to;
        }
    }

    final Entry.BulkInvoked invoked;

    /** Index of the entry that asked for it first. */
    final int from;

    final List<Sighting> sightings = new ArrayList<>();

    BulkTrace(Entry.BulkInvoked invoked, int from) {
        this.invoked = invoked;
        this.from = from;
    }

    /** The first answer that tells of it, or null. */
    @Nullable
    Sighting first() {
        return sightings.stream().filter(Sighting::isKnown).findFirst().orElse(null);
    }

    /** Whether it may change a job: one of its filter that was not first asked for after it had begun. */
    boolean mayTouch(JobTrace job) {
        final JobSpec spec = job.spec();
        final Sighting begun = first();
        final boolean isYounger = begun != null && !job.enqueues.isEmpty() && job.enqueues.get(0).from > begun.to();
        return !invoked.dryRun()
                && !isYounger
                && invoked.tenant().equals(job.ref.tenant())
                && (invoked.jobId().isEmpty() || invoked.jobId().equals(job.ref.id()))
                && (invoked.taskGroup().isEmpty()
                        || spec == null
                        || invoked.taskGroup().equals(spec.taskGroup()));
    }

    /** A change of a job that takes effect at some time from the first call until it was seen to be over. */
    Call<Entry.ChangeInvoked> changeOf(JobTrace job) {
        final Call<Entry.ChangeInvoked> change = new Call<>(
                job,
                new Entry.ChangeInvoked(
                        invoked.atNs(), invoked.call(), invoked.client(), job.ref, invoked.change(), true),
                from);
        for (final Sighting sighting : sightings) {
            if (sighting.isKnown() && sighting.answer().isFinished()) {
                change.to = Math.min(change.to, sighting.to());
            }
        }
        return change;
    }
}
