package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.shard.state.ShardView;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Tells a model something else than what passed, once; all else as it was. */
class LyingTap implements ShardTap {
    final ReferenceShard model;

    /** Whether the lie was told. */
    boolean hasLied;

    /** Replies since the model last judged some. */
    int untold;

    LyingTap(ReferenceShard model) {
        this.model = model;
    }

    // ---- what a lie overrides; each answers what is to be told

    List<LoggedEvent> command(List<LoggedEvent> events) {
        return events;
    }

    List<LoggedEvent> internal(List<LoggedEvent> events) {
        return events;
    }

    List<LoggedEvent> replayed(List<LoggedEvent> events) {
        return events;
    }

    /** Changes a command in place. */
    void command(int templateId, UnsafeBuffer command) {}

    /** Passes a reply on, changed, twice or not at all. */
    void reply(Session session, int templateId, UnsafeBuffer reply, long durablePosition) {
        model.onReply(session, reply, 0, reply.capacity(), durablePosition);
    }

    ShardView view(ShardView view) {
        return view;
    }

    /** Before internal events are told. */
    void beforeInternal(long nowMs, long monotonicMs, List<LoggedEvent> events) {}

    // ---- for lies

    boolean lie() {
        boolean isFirst = !hasLied;
        hasLied = true;
        return isFirst;
    }

    /** The first event of this template is changed in place. */
    List<LoggedEvent> change(List<LoggedEvent> events, int templateId, Consumer<UnsafeBuffer> change) {
        for (LoggedEvent event : events) {
            if (!hasLied && templateId(event.bytes()) == templateId) {
                lie();
                change.accept((UnsafeBuffer) event.bytes());
            }
        }
        return events;
    }

    static int templateId(DirectBuffer message) {
        return message.getShort(2, ByteOrder.LITTLE_ENDIAN);
    }

    // ---- passing on

    @Override
    public void onOpening(long firstPosition, boolean powerLost, boolean diedAtWork) {
        model.onOpening(firstPosition, powerLost, diedAtWork);
    }

    @Override
    public void onRoom(boolean isShort) {
        model.onRoom(isShort);
    }

    @Override
    public void onPutOff() {
        model.onPutOff();
    }

    @Override
    public void onBehind(Session session) {
        model.onBehind(session);
    }

    @Override
    public void onGrantsHeld(long monotonicMs, long heldMs) {
        model.onGrantsHeld(monotonicMs, heldMs);
    }

    @Override
    public void onStandstill(long nowMs, long monotonicMs) {
        model.onStandstill(nowMs, monotonicMs);
    }

    @Override
    public void onReplayed(List<LoggedEvent> events) {
        List<LoggedEvent> told = replayed(events);
        if (!told.isEmpty()) {
            model.onReplayed(told);
        }
    }

    @Override
    public void onOpened(ShardView view, long monotonicMs) {
        model.onOpened(view, monotonicMs);
    }

    @Override
    public void onCommand(
            Session session,
            DirectBuffer buffer,
            int offset,
            int length,
            long nowMs,
            long monotonicMs,
            boolean isConsumed,
            List<LoggedEvent> events) {
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        untold = 0;
        command(templateId(copy), copy);
        model.onCommand(session, copy, 0, length, nowMs, monotonicMs, isConsumed, command(new ArrayList<>(events)));
    }

    @Override
    public void onInternalEvents(long nowMs, long monotonicMs, List<LoggedEvent> events) {
        beforeInternal(nowMs, monotonicMs, events);
        model.onInternalEvents(nowMs, monotonicMs, internal(new ArrayList<>(events)));
    }

    @Override
    public void onReply(Session session, DirectBuffer buffer, int offset, int length, long durablePosition) {
        untold++;
        var copy = new UnsafeBuffer(new byte[length]);
        copy.putBytes(0, buffer, offset, length);
        reply(session, templateId(copy), copy, durablePosition);
    }

    @Override
    public void onSessionClosed(Session session, boolean explicit) {
        model.onSessionClosed(session, explicit);
    }

    @Override
    public void onDutyCycle(ShardView view, long nowMs, long monotonicMs) {
        untold = 0;
        model.onDutyCycle(view(view), nowMs, monotonicMs);
    }
}
