package io.silo.client;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which jobs are meant: those that meet every condition named. Immutable; each method answers a new one. */
public final class JobFilter {
    private static final JobFilter ALL = new JobFilter("", "", 0, 0, Map.of());

    final String tenant;
    final String taskGroup;
    /** Bits by wire number of the status; 0 = any. */
    final int statuses;

    final long minAgeMs;
    final Map<String, String> metadata;

    private JobFilter(String tenant, String taskGroup, int statuses, long minAgeMs, Map<String, String> metadata) {
        this.tenant = tenant;
        this.taskGroup = taskGroup;
        this.statuses = statuses;
        this.minAgeMs = minAgeMs;
        this.metadata = metadata;
    }

    /** Every job that the client may see. */
    public static JobFilter all() {
        return ALL;
    }

    /** Jobs of this tenant; empty = of all. */
    public JobFilter tenant(String name) {
        return new JobFilter(name, taskGroup, statuses, minAgeMs, metadata);
    }

    /** Tenant whose jobs these are; empty = of all. */
    public String tenant() {
        return tenant;
    }

    /** Jobs of this task group; empty = of all. */
    public JobFilter taskGroup(String name) {
        return new JobFilter(tenant, name, statuses, minAgeMs, metadata);
    }

    /** Jobs in one of these statuses; none = in any. */
    public JobFilter status(JobStatus... any) {
        return status(List.of(any));
    }

    /** Jobs in one of these statuses; none = in any. */
    public JobFilter status(Collection<JobStatus> any) {
        int bits = 0;
        for (final JobStatus status : any) {
            bits |= 1 << JobDraft.wire(status);
        }
        return new JobFilter(tenant, taskGroup, bits, minAgeMs, metadata);
    }

    /** Jobs that have been in their status at least so long, in whole milliseconds. */
    public JobFilter minAge(Duration age) {
        return new JobFilter(tenant, taskGroup, statuses, age.toMillis(), metadata);
    }

    /** Jobs with this metadata entry; call it again for more, at most 16. It costs a read of each job that meets the rest. */
    public JobFilter metadata(String key, String value) {
        final Map<String, String> more = new LinkedHashMap<>(metadata);
        more.put(key, value);
        return new JobFilter(tenant, taskGroup, statuses, minAgeMs, more);
    }

    /** What no message can hold or say. */
    @Nullable
    RejectReason unencodable() {
        if (JobRequest.utf8Length(tenant) > JobRequest.TEXT_BYTES_MAX) {
            return RejectReason.INVALID_TENANT;
        }
        if (JobRequest.utf8Length(taskGroup) > JobRequest.TEXT_BYTES_MAX) {
            return RejectReason.TASK_GROUP_TOO_LONG;
        }
        long bytes = 0;
        for (final Map.Entry<String, String> entry : metadata.entrySet()) {
            bytes += (long) JobRequest.utf8Length(entry.getKey()) + JobRequest.utf8Length(entry.getValue());
        }
        return bytes > Bounds.FILTER_BYTES_MAX || metadata.size() > Bounds.METADATA_ENTRIES_MAX
                ? RejectReason.INVALID_FILTER
                : null;
    }
}
