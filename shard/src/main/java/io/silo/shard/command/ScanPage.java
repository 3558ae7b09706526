package io.silo.shard.command;

import io.silo.protocol.Bounds;
import io.silo.protocol.reply.JobRowsReplyEncoder;
import io.silo.protocol.reply.MessageHeaderEncoder;
import io.silo.shard.state.ShardView;
import java.util.ArrayList;
import java.util.List;
import org.agrona.MutableDirectBuffer;
import org.agrona.collections.IntHashSet;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A page of a scan that is being filled: names, and what stands beside the rows. It is the reply's frame on either thread that
 * writes it.
 */
final class ScanPage {
    /** A name in the reply, without its bytes. */
    private static final int NAME_BYTES = 6;

    private record Name(int number, byte[] text) {}

    private final IntHashSet tenantNumbers = new IntHashSet();
    private final IntHashSet groupNumbers = new IntHashSet();
    private final List<Name> tenants = new ArrayList<>();
    private final List<Name> taskGroups = new ArrayList<>();
    private int bytes;
    private int lastTenant = -1;
    private int lastGroup = -1;

    /** Bytes of the names. */
    int bytes() {
        return bytes;
    }

    void clear() {
        tenantNumbers.clear();
        groupNumbers.clear();
        tenants.clear();
        taskGroups.clear();
        bytes = 0;
        lastTenant = -1;
        lastGroup = -1;
    }

    /** Notes the names of a row. Shard thread only. */
    void name(ShardView view, ScannedRow row, UnsafeBuffer scratch) {
        name(view, row.tenant(), row.taskGroup(), scratch);
    }

    /** Notes a tenant's and a task group's; -1 = none. Shard thread only. */
    void name(ShardView view, int tenant, int taskGroup, UnsafeBuffer scratch) {
        if (tenant != lastTenant && tenant >= 0) {
            lastTenant = tenant;
            if (tenantNumbers.add(lastTenant)) {
                view.wrapTenant(lastTenant, scratch);
                add(tenants, lastTenant, scratch);
            }
        }
        if (taskGroup != lastGroup && taskGroup >= 0) {
            lastGroup = taskGroup;
            if (groupNumbers.add(lastGroup)) {
                view.wrapTaskGroup(lastGroup, scratch);
                add(taskGroups, lastGroup, scratch);
            }
        }
    }

    private void add(List<Name> names, int number, UnsafeBuffer scratch) {
        final byte[] text = new byte[scratch.capacity()];
        scratch.getBytes(0, text);
        names.add(new Name(number, text));
        bytes += NAME_BYTES + text.length;
    }

    /** Begins the reply; {@link JobRowsReplyEncoder#limit} then grows row by row. */
    static JobRowsReplyEncoder.RowsEncoder begin(
            JobRowsReplyEncoder reply, MutableDirectBuffer buffer, MessageHeaderEncoder header, int rowsMax) {
        reply.wrapAndApplyHeader(buffer, 0, header);
        return reply.rowsCount(rowsMax);
    }

    /** Whether a row, and what may follow it, still fits. */
    boolean hasRoom(JobRowsReplyEncoder reply, int rowBytes) {
        return reply.limit() + rowBytes + bytes + 2 * (NAME_BYTES + 4 * Bounds.TENANT_CHARACTERS_MAX) + 20
                <= Bounds.MESSAGE_BYTES_MAX;
    }

    /** Ends the reply behind its last row. */
    void end(JobRowsReplyEncoder reply, JobRowsReplyEncoder.RowsEncoder rows) {
        names(reply, rows);
        reply.countsCount(0);
    }

    /** Ends a reply that has counts instead of rows. */
    void end(JobRowsReplyEncoder reply, JobRowsReplyEncoder.RowsEncoder noRows, ScanGroups groups) {
        names(reply, noRows);
        groups.write(reply);
    }

    private void names(JobRowsReplyEncoder reply, JobRowsReplyEncoder.RowsEncoder rows) {
        rows.resetCountToIndex();
        final JobRowsReplyEncoder.TenantsEncoder tenantItems = reply.tenantsCount(tenants.size());
        for (final Name name : tenants) {
            tenantItems.next().number(name.number()).putName(name.text(), 0, name.text().length);
        }
        final JobRowsReplyEncoder.TaskGroupsEncoder groupItems = reply.taskGroupsCount(taskGroups.size());
        for (final Name name : taskGroups) {
            groupItems.next().number(name.number()).putName(name.text(), 0, name.text().length);
        }
    }
}
