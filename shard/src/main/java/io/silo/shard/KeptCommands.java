package io.silo.shard;

import io.silo.protocol.Session;
import io.silo.protocol.command.GetJobResultDecoder;
import io.silo.protocol.command.GetJobResultEncoder;
import io.silo.protocol.command.LeaseRefreshesDecoder;
import io.silo.protocol.command.LeaseRefreshesEncoder;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.LeaseTasksEncoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Commands that wait are kept whole and decided again when their moment comes: one path, whatever they waited for. */
final class KeptCommands {
    private KeptCommands() {}

    /** A LeaseTasks call as a subscriber of its task group. */
    static Subscription waitingCall(
            Session session, int shard, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        final UnsafeBuffer call = Subscriptions.copy(buffer, offset, length);
        final LeaseTasksDecoder decoder = new LeaseTasksDecoder();
        decoder.wrapAndApplyHeader(call, 0, new MessageHeaderDecoder());
        final UnsafeBuffer tenant = new UnsafeBuffer(new byte[decoder.tenantLength()]);
        decoder.getTenant(tenant, 0, tenant.capacity());
        final UnsafeBuffer taskGroup = new UnsafeBuffer(new byte[decoder.taskGroupLength()]);
        decoder.getTaskGroup(taskGroup, 0, taskGroup.capacity());
        final UnsafeBuffer worker = new UnsafeBuffer(new byte[decoder.workerIdLength()]);
        decoder.getWorkerId(worker, 0, worker.capacity());
        return new Subscription(session, shard, tenant, taskGroup, worker, deadlineMs, call);
    }

    /** Sets `waitMs`, so that a command that is decided again waits no longer than it asked to; with 0 it is answered at once. */
    static void setWait(UnsafeBuffer kept, MessageHeaderDecoder header, long waitMs) {
        header.wrap(kept, 0);
        final int block = MessageHeaderDecoder.ENCODED_LENGTH;
        switch (header.templateId()) {
            case LeaseTasksDecoder.TEMPLATE_ID ->
                new LeaseTasksEncoder().wrap(kept, block).waitMs(waitMs);
            case LeaseRefreshesDecoder.TEMPLATE_ID ->
                new LeaseRefreshesEncoder().wrap(kept, block).waitMs(waitMs);
            case GetJobResultDecoder.TEMPLATE_ID ->
                new GetJobResultEncoder().wrap(kept, block).waitMs(waitMs);
            default -> throw new IllegalArgumentException("template " + header.templateId() + " does not wait");
        }
    }
}
