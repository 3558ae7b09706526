package io.silo.shard.command;

import io.silo.log.EventLog;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardCounters;
import io.silo.shard.state.ShardCounters.Figure;
import io.silo.shard.state.ShardView;
import java.util.function.IntConsumer;
import org.agrona.collections.Long2LongHashMap;

/**
 * Has the next ready tasks brought into the page cache by the thread of {@link ColdReads}, so that a grant does not wait for the disk.
 * A hint and no truth: a grant reads the log itself, whatever became of this.
 *
 * <pre>
 *   ready tasks of a group, next first
 *   [ asked for ................ M ................ ]  ...  cold, not asked for
 *                                |                  |
 *         granting M looks again +------------------+-- 1,024 tasks or 8 MiB ahead
 * </pre>
 *
 * <p>A grant of a cold task that nobody asked for looks at the tasks behind it, asks for those that are cold, and marks one in the middle.
 * Granting the marked one looks again; so does the next cold grant if the mark got lost. While everything is among the log's recent
 * records, a grant costs one comparison here. Shard thread only; does not allocate.
 */
public final class ReadAhead {
    /** Tasks that one look sees: some five times what one message of grants holds. */
    static final int TASKS_MAX = ShardView.FORECAST_MAX;

    /** Bytes ahead in one look: small beside any page cache, many times what one message holds. */
    static final int BYTES_MAX = 8 * 1024 * 1024;

    /** Tasks asked for and not granted yet; beyond it all are forgotten, and what is still ready is asked for again. */
    private static final int REQUESTED_MAX = 4 * TASKS_MAX;

    /** Looks may see so many tasks for each one granted: twice what a deep queue needs. Else cold heads before a warm queue cost a look each. */
    private static final int SEEN_PER_GRANT = 4;

    private static final long NOT_REQUESTED = -1;
    private static final long MARK = 1;

    private final int shard;
    private final ShardView view;
    private final EventLog log;
    private final ColdReads reads;
    private final ShardCounters counters;
    private final IntConsumer onNext = this::onNext;

    /** By job key: twice the number of the request, plus the mark. */
    private final Long2LongHashMap requested = new Long2LongHashMap(2 * REQUESTED_MAX, 0.65f, NOT_REQUESTED);

    private int seenMax = REQUESTED_MAX;
    private boolean isLookDue;
    private int seen;
    private int seenBytes;
    private long lastCold;
    private boolean isMarked;

    /** @param shard number by which {@code reads} knows the log. */
    public ReadAhead(int shard, ShardView view, EventLog log, ColdReads reads, ShardCounters counters) {
        this.shard = shard;
        this.view = view;
        this.log = log;
        this.reads = reads;
        this.counters = counters;
    }

    /** A ready task is being granted. */
    void onGranted(int slot) {
        seenMax = Math.min(REQUESTED_MAX, seenMax + SEEN_PER_GRANT);
        final JobView jobs = view.jobs();
        if (log.isRecent(jobs.definitionPosition(slot))) {
            return;
        }
        final long request = requested.remove(jobs.jobKey(slot));
        if (request == NOT_REQUESTED || request >> 1 > reads.readAheadDone()) {
            counters.add(Figure.GRANTS_COLD, 1);
        }
        isLookDue |= request == NOT_REQUESTED || (request & MARK) != 0;
    }

    /**
     * The grants of a command are over.
     *
     * @param tenant whose tasks were granted, or {@link TaskGrants#ANY_TENANT}.
     */
    void onGrantEnd(int taskGroup, int tenant) {
        if (isLookDue) {
            isLookDue = false;
            if (seenMax >= TASKS_MAX) {
                look(taskGroup, tenant);
            }
        }
    }

    private void look(int taskGroup, int tenant) {
        if (requested.size() > REQUESTED_MAX - TASKS_MAX) {
            requested.clear();
        }
        seen = 0;
        seenBytes = 0;
        lastCold = NOT_REQUESTED;
        isMarked = false;
        view.forecastReady(taskGroup, tenant, TASKS_MAX, onNext);
        if (!isMarked && lastCold != NOT_REQUESTED) {
            mark(lastCold);
        }
        seenMax -= seen;
    }

    private void onNext(int slot) {
        final int index = seen++;
        final JobView jobs = view.jobs();
        final long position = jobs.definitionPosition(slot);
        final int length = jobs.definitionLength(slot);
        if (seenBytes + length > BYTES_MAX || log.isRecent(position)) {
            return;
        }
        seenBytes += length;
        final long jobKey = jobs.jobKey(slot);
        if (!requested.containsKey(jobKey)) {
            final long request = reads.readAhead(shard, position, jobs.definitionOffset(slot), length);
            if (request == ColdReads.NOT_TAKEN) {
                return;
            }
            requested.put(jobKey, request << 1);
            counters.add(Figure.READS_AHEAD, 1);
        }
        lastCold = jobKey;
        if (!isMarked && (index >= TASKS_MAX / 2 || seenBytes >= BYTES_MAX / 2)) {
            mark(jobKey);
            isMarked = true;
        }
    }

    private void mark(long jobKey) {
        requested.put(jobKey, requested.get(jobKey) | MARK);
    }
}
