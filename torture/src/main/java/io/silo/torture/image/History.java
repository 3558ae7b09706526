package io.silo.torture.image;

import io.silo.log.EventLog;
import java.util.ArrayList;
import java.util.List;

/** What the workload wrote and was promised. The workload's thread writes; those that take moments read. */
final class History {
    private final List<Written> written = new ArrayList<>();
    private long acknowledged = EventLog.NULL_POSITION;
    private long kept = EventLog.NULL_POSITION;
    private long trimmedBefore;
    private long highestEpoch;

    /**
     * What it was at one moment.
     *
     * @param acknowledged every record up to here was called durable.
     * @param kept every record up to here was called written to the page cache.
     * @param trimmedBefore records below may be gone.
     * @param highestEpoch shard epoch whose start returned last.
     */
    record View(List<Written> written, long acknowledged, long kept, long trimmedBefore, long highestEpoch) {}

    /** Before the append: a crash in the middle of it may leave the record there. */
    synchronized void writing(Written record) {
        written.add(record);
    }

    synchronized void acknowledged(long position) {
        acknowledged = Math.max(acknowledged, position);
        kept(position);
    }

    synchronized void kept(long position) {
        kept = Math.max(kept, position);
    }

    /** The process is killed: what was not written is gone. */
    synchronized void killed() {
        written.removeIf(record -> record.position() > kept);
    }

    /** Before the trim. */
    synchronized void trimming(long before) {
        trimmedBefore = Math.max(trimmedBefore, before);
    }

    synchronized void started(long epoch) {
        highestEpoch = epoch;
    }

    synchronized long acknowledged() {
        return acknowledged;
    }

    synchronized long lastWritten() {
        return written.isEmpty()
                ? EventLog.NULL_POSITION
                : written.get(written.size() - 1).position();
    }

    /** Promises as they were before a moment was taken, records as they were after it. */
    synchronized View view(View promises) {
        return new View(
                List.copyOf(written), promises.acknowledged, promises.kept, trimmedBefore, promises.highestEpoch);
    }

    /** The promises alone. */
    synchronized View promises() {
        return new View(List.of(), acknowledged, kept, trimmedBefore, highestEpoch);
    }

    /** A history that goes on after a recovery that found this end. */
    static History after(View view, long end) {
        var history = new History();
        view.written().stream().filter(record -> record.position() <= end).forEach(history.written::add);
        history.acknowledged = end;
        history.kept = end;
        history.trimmedBefore = view.trimmedBefore();
        history.highestEpoch = view.highestEpoch();
        return history;
    }
}
