package io.silo.shard.command;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.shard.state.JobFilter;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** Collects the filter of a command field by field, in the order of the wire, and checks it. One per decider; shard thread only. */
final class JobFilters {
    private final SortedMap<String, String> metadata = new TreeMap<>();
    private int statuses;
    private long minAgeMs;
    private int metadataEntries;
    private int metadataBytes;
    private boolean isText;
    private String tenant = "";
    private String taskGroup = "";
    private @Nullable RejectReason nameRefusal;

    void begin(int wantedStatuses, long wantedAgeMs) {
        statuses = wantedStatuses;
        minAgeMs = wantedAgeMs;
        metadata.clear();
        metadataEntries = 0;
        metadataBytes = 0;
        isText = true;
    }

    /** An entry; the first of a key counts, and a key twice is refused. */
    void metadata(String key, String value, int bytes) {
        metadata.putIfAbsent(key, value);
        metadataEntries++;
        metadataBytes += bytes;
        // What is no UTF-8 was read as other, longer text: an image of it would not fit where it is carried.
        isText &= key.getBytes(UTF_8).length + value.getBytes(UTF_8).length == bytes;
    }

    /** The names, of which an absent tenant means all that the session may see. */
    void names(
            CommandContext context,
            DirectBuffer buffer,
            int tenantOffset,
            int tenantLength,
            int groupOffset,
            int groupLength) {
        final DirectBuffer scope = context.session().tenantScope();
        if (tenantLength == 0 && scope != null) {
            tenant = ScheduleNames.text(scope, 0, scope.capacity());
        } else {
            tenant = ScheduleNames.text(buffer, tenantOffset, tenantLength);
        }
        taskGroup = ScheduleNames.text(buffer, groupOffset, groupLength);
        nameRefusal = TenantFilter.check(context, buffer, tenantOffset, tenantLength);
        if (nameRefusal == null && groupLength > 0) {
            nameRefusal = NameChecks.taskGroup(buffer, groupOffset, groupLength);
        }
    }

    /** What is wrong with the names, or null. */
    @Nullable
    RejectReason nameRefusal() {
        return nameRefusal;
    }

    /** What is wrong with the rest, or null. */
    @Nullable
    RejectReason refusal() {
        return statuses > JobFilter.ALL_STATUSES
                        || minAgeMs < 0
                        || metadataEntries > Bounds.METADATA_ENTRIES_MAX
                        || metadataEntries != metadata.size()
                        || metadataBytes > Bounds.FILTER_BYTES_MAX
                        || !isText
                ? RejectReason.INVALID_FILTER
                : null;
    }

    JobFilter filter() {
        return new JobFilter(statuses, minAgeMs, tenant, taskGroup, metadata);
    }
}
