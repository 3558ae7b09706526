package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import io.silo.protocol.reply.EnqueueReplyDecoder;
import io.silo.protocol.reply.OutcomeReplyDecoder;
import io.silo.protocol.reply.TasksLeasedDecoder;
import org.jspecify.annotations.Nullable;

/** What of a load concerns one shard. One thread. */
interface Lane {
    int shard();

    default void onEnqueueReply(EnqueueReplyDecoder reply) {}

    void onTasksLeased(TasksLeasedDecoder reply);

    void onOutcomeReply(OutcomeReplyDecoder reply);

    /** A command was refused as a whole; true if it was one of this lane's and will be sent again. */
    boolean onRefused(long correlationId, @Nullable RejectReason reason);
}
