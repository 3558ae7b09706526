package io.silo.shard.command;

import io.silo.protocol.command.EnqueueDecoder;
import io.silo.protocol.command.GetJobDecoder;
import io.silo.protocol.command.GetJobResultDecoder;
import io.silo.protocol.command.GetTaskGroupDecoder;
import io.silo.protocol.command.HeartbeatDecoder;
import io.silo.protocol.command.LeaseTasksDecoder;
import io.silo.protocol.command.ReadBytesDecoder;
import io.silo.protocol.command.ReportOutcomeDecoder;
import io.silo.protocol.command.ReturnLeasesDecoder;
import io.silo.protocol.command.UploadChunkDecoder;
import org.jspecify.annotations.Nullable;

/** Template id to decider: the command half of the shard's catalogue. One per shard. */
public final class CommandDeciders {
    /** Command ids lie below this (see the schema); replies begin at 101. */
    private static final int IDS_MAX = 101;

    private final @Nullable CommandDecider[] deciders = new CommandDecider[IDS_MAX];

    public CommandDeciders(TaskGrants grants, AttemptEnds ends) {
        deciders[EnqueueDecoder.TEMPLATE_ID] = new EnqueueDecider();
        deciders[UploadChunkDecoder.TEMPLATE_ID] = new UploadChunkDecider();
        deciders[LeaseTasksDecoder.TEMPLATE_ID] = new LeaseTasksDecider(grants);
        deciders[HeartbeatDecoder.TEMPLATE_ID] = new HeartbeatDecider();
        deciders[ReportOutcomeDecoder.TEMPLATE_ID] = new ReportOutcomeDecider(ends);
        deciders[ReturnLeasesDecoder.TEMPLATE_ID] = new ReturnLeasesDecider(ends);
        deciders[GetJobDecoder.TEMPLATE_ID] = new GetJobDecider();
        deciders[GetJobResultDecoder.TEMPLATE_ID] = new GetJobResultDecider();
        deciders[ReadBytesDecoder.TEMPLATE_ID] = new ReadBytesDecider();
        deciders[GetTaskGroupDecoder.TEMPLATE_ID] = new GetTaskGroupDecider();
    }

    /** Whether a command may append a record. The others are answered even at the disk's hard floor. */
    public boolean appends(int templateId) {
        return templateId != HeartbeatDecoder.TEMPLATE_ID
                && templateId != GetJobDecoder.TEMPLATE_ID
                && templateId != GetJobResultDecoder.TEMPLATE_ID
                && templateId != ReadBytesDecoder.TEMPLATE_ID
                && templateId != GetTaskGroupDecoder.TEMPLATE_ID;
    }

    /** The decider of a command to a shard, or null if there is none. */
    public @Nullable CommandDecider find(int templateId) {
        return templateId >= 0 && templateId < IDS_MAX ? deciders[templateId] : null;
    }
}
