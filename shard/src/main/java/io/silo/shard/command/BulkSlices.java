package io.silo.shard.command;

import io.silo.protocol.event.BulkFinishedEncoder;
import io.silo.protocol.event.BulkProgressedEncoder;
import io.silo.protocol.event.MessageHeaderEncoder;
import io.silo.shard.event.RecordBuffer;
import io.silo.shard.state.BulkChange;

/**
 * The internal command that works off a bulk change, a slice of jobs and one record a time. A crash loses nothing: the scan begins
 * anew, and what was changed before it has a later time of change, or refuses the verb. One per shard.
 */
public final class BulkSlices {
    /** Changed in one record at most; with the event of the bulk change itself they are fewer than a record may hold. */
    private static final int JOBS_PER_RECORD = 1_000;

    /** The longest event of a verb, JobDeleted, with its headers; as much as BulkProgressed and BulkFinished need. */
    private static final int EVENT_BYTES = 96;

    private final MessageHeaderEncoder header = new MessageHeaderEncoder();
    private final BulkProgressedEncoder progressed = new BulkProgressedEncoder();
    private final BulkFinishedEncoder finished = new BulkFinishedEncoder();
    private final JobScan scan = new JobScan();
    private final JobChanges changes;
    private int changed;
    private int skipped;

    public BulkSlices(JobChanges changes) {
        this.changes = changes;
    }

    /** Works off a slice. */
    public void run(CommandContext context, BulkChange bulk) {
        final boolean isDryRun = bulk.spec().dryRun();
        final JobChanges.Verb verb = changes.verb(bulk.spec().verb());
        final RecordBuffer record = context.record();
        final JobScan.Scope scope = new JobScan.Scope(bulk.spec().filter(), bulk.key(), bulk.startedAtMs());
        changed = 0;
        skipped = 0;
        final int next = scan.slice(context, scope, bulk.nextSlot(), slot -> {
            if (changed == JOBS_PER_RECORD || !record.hasRoom(3 * EVENT_BYTES)) {
                return false;
            }
            if ((isDryRun ? verb.refusal(context, slot) : verb.apply(context, slot)) == null) {
                changed++;
            } else {
                skipped++;
            }
            return true;
        });
        bulk.sliceSeen(next, isDryRun ? changed : 0, skipped);
        // [SILO-BULK-2]
        if (changed > 0 && !isDryRun) {
            progressed
                    .wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .bulkKey(bulk.key())
                    .changed(changed);
            record.commit(progressed.limit());
        }
        // [SILO-BULK-3]
        if (next >= context.view().jobs().slotLimit()) {
            finished.wrapAndApplyHeader(record.buffer(), record.offset(), header)
                    .bulkKey(bulk.key())
                    .changed(bulk.changed())
                    .skipped(bulk.skipped());
            record.commit(finished.limit());
        }
    }
}
