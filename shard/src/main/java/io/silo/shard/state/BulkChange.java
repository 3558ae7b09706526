package io.silo.shard.state;

import io.silo.protocol.Xxh64;
import io.silo.protocol.event.BulkVerb;

/** One bulk change: what is to be done to which jobs, and how far it is. Changed through {@link BulkTable} only. Shard thread only. */
public final class BulkChange {
    /**
     * What was asked for.
     *
     * @param dryRun whether it only counts.
     */
    public record Spec(BulkVerb verb, boolean dryRun, JobFilter filter, long requestIdHigh, long requestIdLow) {}

    /** All that an event says. */
    public record Image(long key, Spec spec, long startedAtMs, long finishedAtMs, long changed, long skipped) {}

    private final long key;
    private final Spec spec;
    private final long startedAtMs;
    long finishedAtMs;
    long changed;
    long skipped;
    long position;
    private int nextSlot;
    private long changedSeen;
    private long skippedSeen;

    BulkChange(Image image) {
        this.key = image.key();
        this.spec = image.spec();
        this.startedAtMs = image.startedAtMs();
        this.finishedAtMs = image.finishedAtMs();
        this.changed = image.changed();
        this.skipped = image.skipped();
    }

    /** From the counter that gives job keys: it touches those before it. */
    public long key() {
        return key;
    }

    public Spec spec() {
        return spec;
    }

    /** It touches jobs whose status has not changed later. */
    public long startedAtMs() {
        return startedAtMs;
    }

    /** 0 while it is under way. */
    public long finishedAtMs() {
        return finishedAtMs;
    }

    public boolean isFinished() {
        return finishedAtMs != 0;
    }

    /** Jobs changed so far; of a dry run that is under way, those that would be. */
    public long changed() {
        return spec.dryRun() && !isFinished() ? changedSeen : changed;
    }

    /** Jobs that match and are in no state for the verb, as far as they were looked at. */
    public long skipped() {
        return isFinished() ? skipped : skippedSeen;
    }

    /** Record of its last full event. */
    public long position() {
        return position;
    }

    /** As it is now, for an event. */
    public Image image() {
        return new Image(key, spec, startedAtMs, finishedAtMs, changed, skipped);
    }

    // ---- volatile: begins anew when the shard is opened
    // --------------------------------------------------------------------

    /** An image changes nothing of what was looked at. */
    void goOnFrom(BulkChange before) {
        nextSlot = before.nextSlot;
        changedSeen = before.changedSeen;
        skippedSeen = before.skippedSeen;
    }

    /** Row that is looked at next. */
    public int nextSlot() {
        return nextSlot;
    }

    /** A slice was looked at. */
    public void sliceSeen(int next, int wouldChange, int skippedInSlice) {
        nextSlot = next;
        changedSeen += wouldChange;
        skippedSeen += skippedInSlice;
    }

    /** Hash over logged fields. */
    long hash() {
        return Xxh64.mix(key * 31
                + Xxh64.mix(startedAtMs + 31 * finishedAtMs)
                + Xxh64.mix(changed * 31 + skipped)
                + (spec.verb().value() * 2L + (spec.dryRun() ? 1 : 0)));
    }
}
