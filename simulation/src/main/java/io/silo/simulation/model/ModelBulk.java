package io.silo.simulation.model;

/**
 * A bulk change as the model sees it: what the log says of it. Immutable.
 *
 * @param startedAtMs jobs whose status changed later are not touched.
 * @param finishedAtMs 0 = under way.
 * @param changed of a dry run, what would be, once it is over.
 * @param skipped once it is over.
 * @param position record of its last full event.
 * @param changedPosition record of its last change, which an image is not.
 */
record ModelBulk(
        long key,
        RequestId requestId,
        long startedAtMs,
        long finishedAtMs,
        long changed,
        long skipped,
        ModelCommand.Verb verb,
        boolean dryRun,
        ModelFilter filter,
        long position,
        long changedPosition) {
    boolean isFinished() {
        return finishedAtMs != 0;
    }

    /** Whether it is about a job as that is now: it was there before, has not changed since, and matches. */
    boolean isAbout(ModelJob job) {
        return job.key() < key && filter.matches(job, startedAtMs);
    }

    ModelBulk progressed(long more, long at) {
        return new ModelBulk(
                key, requestId, startedAtMs, finishedAtMs, changed + more, skipped, verb, dryRun, filter, position, at);
    }

    ModelBulk finished(long changedInAll, long skippedInAll, ModelEvent.Place at) {
        return new ModelBulk(
                key,
                requestId,
                startedAtMs,
                at.timeMs(),
                changedInAll,
                skippedInAll,
                verb,
                dryRun,
                filter,
                position,
                at.position());
    }

    /** The same with its last full event, and perhaps its last change, elsewhere. */
    ModelBulk at(long newPosition, long newChangedPosition) {
        return new ModelBulk(
                key,
                requestId,
                startedAtMs,
                finishedAtMs,
                changed,
                skipped,
                verb,
                dryRun,
                filter,
                newPosition,
                newChangedPosition);
    }

    /** Whether the log says the same of both. */
    boolean hasLogOf(ModelBulk other) {
        return at(0, 0).equals(other.at(0, 0)) && position == other.position;
    }
}
