package io.silo.shard.command;

import io.silo.protocol.reply.JobRowsReplyEncoder;
import io.silo.protocol.reply.JobStatus;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.ShardView;
import org.agrona.collections.Long2LongCounterMap;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Counts the jobs of a page by what they agree in, where a scan wants no rows: a query that groups a million jobs by their status is then
 * answered by a few counts a page. One per decider; shard thread only.
 */
final class ScanGroups {
    // Bits of the columns that are asked for, behind those of ScannedRow.
    /** Counts by status, and no rows. */
    static final int GROUPED = 32;

    static final int BY_TENANT = 64;
    static final int BY_TASK_GROUP = 128;

    /** A count in a reply. */
    private static final int COUNT_BYTES = 14;

    // What agrees, in a long: tenant, task group (16 bits), state (3), whether it waits.
    private static final int TENANT_SHIFT = 20;
    private static final int GROUP_SHIFT = 4;
    private static final int GROUP_MASK = 0xFFFF;
    private static final int STATE_SHIFT = 1;
    private static final int STATE_MASK = 7;
    private static final long NO_KEY = -1;

    private final Long2LongCounterMap counts = new Long2LongCounterMap(0);
    private long lastKey;
    private long lastJobs;

    void clear() {
        counts.clear();
        lastKey = NO_KEY;
        lastJobs = 0;
    }

    /**
     * Counts a job.
     *
     * @param reply that the counts will be in.
     * @return false if it is of a group that has no room in the page.
     */
    boolean add(
            ShardView view,
            ScanRequest request,
            int slot,
            ScanPage page,
            JobRowsReplyEncoder reply,
            UnsafeBuffer scratch) {
        final JobView jobs = view.jobs();
        final int tenant = (request.columns & BY_TENANT) == 0 ? -1 : jobs.tenant(slot);
        final int taskGroup = (request.columns & BY_TASK_GROUP) == 0 ? -1 : jobs.taskGroup(slot);
        final JobState state = jobs.state(slot);
        final boolean isWaiting = state == JobState.SCHEDULED && jobs.startMs(slot) <= request.asOfMs;
        final long key = (long) Math.max(0, tenant) << TENANT_SHIFT
                | (long) Math.max(0, taskGroup) << GROUP_SHIFT
                | (long) state.ordinal() << STATE_SHIFT
                | (isWaiting ? 1 : 0);
        if (key == lastKey) {
            lastJobs++;
            return true;
        }
        if (counts.get(key) == 0) {
            // The last one may not be among the counts yet.
            final int pending = lastKey == NO_KEY || counts.get(lastKey) != 0 ? 0 : 1;
            final int groups = counts.size() + pending + 1;
            if (groups > request.rowsMax || !page.hasRoom(reply, groups * COUNT_BYTES)) {
                return false;
            }
            page.name(view, tenant, taskGroup, scratch);
        }
        flush();
        lastKey = key;
        lastJobs = 1;
        return true;
    }

    private void flush() {
        if (lastKey != NO_KEY) {
            counts.getAndAdd(lastKey, lastJobs);
        }
    }

    /** Writes the counts, the reply's last group. */
    void write(JobRowsReplyEncoder reply) {
        flush();
        final JobRowsReplyEncoder.CountsEncoder items = reply.countsCount(counts.size());
        counts.forEach((key, jobs) -> items.next()
                .tenant(key >>> TENANT_SHIFT)
                .taskGroup((int) (key >>> GROUP_SHIFT) & GROUP_MASK)
                .status(JobStatus.get((short) ((key >>> STATE_SHIFT) & STATE_MASK)))
                .isWaiting((short) (key & 1))
                .jobs(jobs));
    }
}
