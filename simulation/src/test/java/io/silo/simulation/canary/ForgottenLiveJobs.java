package io.silo.simulation.canary;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.Session;
import io.silo.protocol.command.EnqueueDecoder;
import io.silo.shard.Shard;
import io.silo.shard.state.JobState;
import io.silo.shard.state.RowSlab;
import io.silo.shard.state.ShardState;
import io.silo.simulation.broker.SimParts;
import java.util.ArrayList;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;

/** Retention takes a job that waits, now and then, for one that has ended. */
final class ForgottenLiveJobs extends SimParts {
    private static final int ENQUEUES_PER_LOSS = 20;

    private final List<Shard> shards = new ArrayList<>();

    @Override
    public void recovered(Shard shard) {
        // Those of the life before are closed.
        shards.removeIf(known -> known.settings().shard() >= shard.settings().shard());
        shards.add(shard);
    }

    @Override
    public CommandConsumer consumer(CommandConsumer consumer) {
        return new Enqueues(consumer);
    }

    private final class Enqueues extends CommandBug {
        private int enqueues;

        Enqueues(CommandConsumer agent) {
            super(agent);
        }

        @Override
        Disposition command(Session session, int templateId, UnsafeBuffer command) {
            Disposition done = pass(session, command);
            if (templateId == EnqueueDecoder.TEMPLATE_ID && ++enqueues % ENQUEUES_PER_LOSS == 0) {
                shards.forEach(shard -> end((ShardState) shard.view()));
            }
            return done;
        }

        /** The first job that waits in some queue. */
        private static void end(ShardState state) {
            for (int group = 0; group < 8; group++) {
                int slot = state.peekReady(group);
                if (slot != RowSlab.NULL_SLOT) {
                    state.jobEnded(slot, state.jobs().lastPosition(slot), state.lastTimeMs(), JobState.SUCCEEDED);
                    return;
                }
            }
        }
    }
}
