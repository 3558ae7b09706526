package io.silo.shard.command;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.LeaseJobDecoder;
import io.silo.protocol.command.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import io.silo.shard.state.JobView;
import io.silo.shard.state.LeaseView;
import io.silo.shard.state.RowSlab;
import org.agrona.DirectBuffer;

/** LeaseJob: TaskLeased for the job named, whatever its start time and whoever is before it. For operators and tests. */
final class LeaseJobDecider implements CommandDecider {
    private final MessageHeaderDecoder header = new MessageHeaderDecoder();
    private final LeaseJobDecoder command = new LeaseJobDecoder();
    private final TaskGrants grants;

    LeaseJobDecider(TaskGrants grants) {
        this.grants = grants;
    }

    @Override
    public void decide(CommandContext context, DirectBuffer buffer, int offset, int length) {
        command.wrapAndApplyHeader(buffer, offset, header);
        final int tenantLength = command.tenantLength();
        final int tenantOffset = command.limit() + LeaseJobDecoder.tenantHeaderLength();
        command.skipTenant();
        final int idLength = command.jobIdLength();
        final int idOffset = command.limit() + LeaseJobDecoder.jobIdHeaderLength();
        command.skipJobId();
        final int workerLength = command.workerIdLength();
        final int workerOffset = command.limit() + LeaseJobDecoder.workerIdHeaderLength();
        final RejectReason worker = NameChecks.workerId(buffer, workerOffset, workerLength);
        final int slot = JobLookup.find(context, buffer, tenantOffset, tenantLength, idOffset, idLength, worker);
        if (slot == RowSlab.NULL_SLOT) {
            return;
        }
        final JobView jobs = context.view().jobs();
        final JobState state = jobs.state(slot);
        final long requestHigh = command.requestIdHigh();
        final long requestLow = command.requestIdLow();
        if (state == JobState.RUNNING && isRepeat(context, slot, buffer, workerOffset, workerLength)) {
            grants.repeat(context, requestHigh, requestLow, buffer, workerOffset, workerLength);
            return;
        }
        context.touch(jobs.lastPosition(slot));
        if (state == JobState.RUNNING) {
            context.reject(RejectReason.JOB_RUNNING);
        } else if (state == JobState.CANCELLED) {
            context.reject(RejectReason.JOB_ALREADY_CANCELLED);
        } else if (state.isTerminal()) {
            context.reject(RejectReason.JOB_TERMINAL);
        } else if (!context.view().hasRoomForLeases(1) || LeaseEnds.isLate(context, slot)) {
            // A job whose latest start is over is about to fail: then it is terminal.
            context.reject(RejectReason.BUSY);
        } else {
            grants.grantJob(context, slot, requestHigh, requestLow, buffer, workerOffset, workerLength);
        }
    }

    private boolean isRepeat(
            CommandContext context, int slot, DirectBuffer buffer, int workerOffset, int workerLength) {
        final LeaseView leases = context.view().leases();
        final int lease = context.view().jobs().lease(slot);
        return (command.requestIdHigh() | command.requestIdLow()) != 0
                && leases.requestIdHigh(lease) == command.requestIdHigh()
                && leases.requestIdLow(lease) == command.requestIdLow()
                && leases.isWorker(lease, buffer, workerOffset, workerLength);
    }
}
