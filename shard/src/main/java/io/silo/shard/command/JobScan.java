package io.silo.shard.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.event.JobEnqueuedDecoder;
import io.silo.protocol.event.MessageHeaderDecoder;
import io.silo.shard.state.JobFilter;
import io.silo.shard.state.JobLimits;
import io.silo.shard.state.JobView;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.concurrent.UnsafeBuffer;

/** Walks the rows of a shard for a filter, a slice at a time. One per user; shard thread only. */
final class JobScan {
    /** Rows looked at in a slice: about 50 us (design: at most 100 us). */
    private static final int ROWS_PER_SLICE = 4_096;

    /** Metadata is not in the row: definitions read from the log in a slice. */
    private static final int DEFINITIONS_PER_SLICE = 16;

    /** Stands for a name that no job of the shard has. */
    private static final int UNKNOWN = -1;

    /** Stands for any name. */
    private static final int ANY = -2;

    /**
     * What a job has to be to be looked at.
     *
     * @param beforeKey only jobs with a smaller key.
     * @param asOfMs only jobs whose status has not changed later; ages count from here.
     */
    record Scope(JobFilter filter, long beforeKey, long asOfMs) {}

    /** Takes the jobs that match. */
    @FunctionalInterface
    interface Visitor {
        /** False = no room now: the next slice begins with this job. */
        boolean visit(int slot);
    }

    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final JobEnqueuedDecoder definition = new JobEnqueuedDecoder();

    /** Looks at a slice of rows from {@code first} on. Returns where the next begins; the scan is over behind the last row. */
    int slice(CommandContext context, Scope scope, int first, Visitor visitor) {
        final JobView jobs = context.view().jobs();
        final JobFilter filter = scope.filter();
        final SortedMap<String, String> metadata = filter.metadata();
        final int tenant = number(context, filter.tenant(), true);
        final int taskGroup = number(context, filter.taskGroup(), false);
        if (tenant == UNKNOWN || taskGroup == UNKNOWN) {
            return jobs.slotLimit();
        }
        final int end = (int) Math.min(jobs.slotLimit(), (long) first + ROWS_PER_SLICE);
        int definitions = 0;
        for (int slot = first; slot < end; slot++) {
            if (!jobs.isLive(slot)
                    || (tenant != ANY && jobs.tenant(slot) != tenant)
                    || (taskGroup != ANY && jobs.taskGroup(slot) != taskGroup)
                    || !isInScope(jobs, scope, slot)) {
                continue;
            }
            if (!metadata.isEmpty()) {
                if (definitions++ == DEFINITIONS_PER_SLICE) {
                    return slot;
                }
                if (!hasMetadata(context, slot, metadata)) {
                    continue;
                }
            }
            if (!visitor.visit(slot)) {
                return slot;
            }
        }
        return Math.max(first, end);
    }

    private static boolean isInScope(JobView jobs, Scope scope, int slot) {
        final long changedAtMs = jobs.changedAtMs(slot);
        return jobs.jobKey(slot) < scope.beforeKey()
                && changedAtMs <= scope.asOfMs()
                && scope.asOfMs() - changedAtMs >= scope.filter().minAgeMs()
                && scope.filter().has(jobs.state(slot));
    }

    private static int number(CommandContext context, String name, boolean ofTenant) {
        if (name.isEmpty()) {
            return ANY;
        }
        final UnsafeBuffer bytes = new UnsafeBuffer(name.getBytes(UTF_8));
        final int number = ofTenant
                ? context.view().findTenant(bytes, 0, bytes.capacity())
                : context.view().findTaskGroup(bytes, 0, bytes.capacity());
        return number < 0 ? UNKNOWN : number;
    }

    private boolean hasMetadata(CommandContext context, int slot, SortedMap<String, String> wanted) {
        definition.wrapAndApplyHeader(context.definition(slot), 0, header);
        final Map<String, String> has = new TreeMap<>();
        JobLimits.skip(definition);
        for (JobEnqueuedDecoder.MetadataDecoder entry : definition.metadata()) {
            final String key = entry.key();
            has.put(key, entry.value());
        }
        return has.entrySet().containsAll(wanted.entrySet());
    }
}
