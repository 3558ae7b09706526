package io.silo.simulation;

import io.silo.protocol.Session;
import io.silo.shard.state.ShardView;
import io.silo.simulation.model.ShardTap;
import java.util.List;
import org.agrona.DirectBuffer;

final class NoTap implements ShardTap {
    @Override
    public void onOpening(long firstPosition) {}

    @Override
    public void onReplayed(List<LoggedEvent> events) {}

    @Override
    public void onOpened(ShardView view, long monotonicMs) {}

    @Override
    public void onCommand(
            Session session,
            DirectBuffer buffer,
            int offset,
            int length,
            long nowMs,
            long monotonicMs,
            boolean isConsumed,
            List<LoggedEvent> events) {}

    @Override
    public void onInternalEvents(long nowMs, long monotonicMs, List<LoggedEvent> events) {}

    @Override
    public void onReply(Session session, DirectBuffer buffer, int offset, int length, long durablePosition) {}

    @Override
    public void onStandstill(long monotonicMs) {}

    @Override
    public void onSessionClosed(Session session, boolean explicit) {}

    @Override
    public void onDutyCycle(ShardView view, long nowMs, long monotonicMs) {}
}
