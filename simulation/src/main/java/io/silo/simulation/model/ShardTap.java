package io.silo.simulation.model;

import io.silo.protocol.Session;
import io.silo.shard.state.ShardView;
import java.util.List;
import org.agrona.DirectBuffer;

/**
 * Told all that passes at the edge of one shard, in order, on the thread of the simulation. Buffers are valid during the call only.
 * What an implementation finds wrong it throws as an {@link AssertionError}.
 *
 * <p>{@code nowMs} and {@code monotonicMs} are the shard thread's time: what {@code ShardAgent} read for its duty cycle. Once the
 * shard failed, nothing is told but replies, until it is opened again.
 */
public interface ShardTap {
    /**
     * One event as the log holds it.
     *
     * @param index in its record, from 0.
     * @param bytes of the event, its SBE message header first; the tap's to keep.
     */
    record LoggedEvent(long epoch, long position, long timeMs, int index, DirectBuffer bytes) {}

    /**
     * The shard was opened: its log, from the first retained position on, is about to be replayed to {@link #onReplayed}.
     *
     * @param powerLost whether what was only appended may be gone; false if the process alone died.
     * @param diedAtWork whether the process died, or the shard failed, in the middle of a duty cycle: nobody was told of the records
     *     that it appended last.
     */
    void onOpening(long firstPosition, boolean powerLost, boolean diedAtWork);

    /** One record of the log while it is replayed, or one appended by opening. */
    void onReplayed(List<LoggedEvent> events);

    /** The shard answers calls from here on; every lease has its full length again, and nobody has claimed it. */
    void onOpened(ShardView view, long monotonicMs);

    /**
     * The shard decided a client's command, or put it off.
     *
     * @param events that the decision appended, in order; those of other work triggered by it too.
     * @param isConsumed false if it will come again.
     */
    void onCommand(
            Session session,
            DirectBuffer buffer,
            int offset,
            int length,
            long nowMs,
            long monotonicMs,
            boolean isConsumed,
            List<LoggedEvent> events);

    /** The shard appended events of its own: expiries, grants to subscribers, carry-forward, digests, ends of sessions. */
    void onInternalEvents(long nowMs, long monotonicMs, List<LoggedEvent> events);

    /** A reply left for a session; before or after the command or the events that brought it, but in their duty cycle. */
    void onReply(Session session, DirectBuffer buffer, int offset, int length, long durablePosition);

    /**
     * Until told otherwise, disk, memory or tables may be too full for new work, grants and records of the shard's own: nobody insists
     * on them.
     */
    void onRoom(boolean isShort);

    /** A command to this or another shard of the thread was put off: not all that came is drained in this duty cycle. */
    void onPutOff();

    /** The session does not take what it is sent: in this duty cycle nobody insists that it is pushed more. */
    void onBehind(Session session);

    /** The thread stood still for long: every lease has its full length again, and nobody has claimed it. */
    void onStandstill(long nowMs, long monotonicMs);

    /** The duty cycle took {@code heldMs}: what was granted or renewed in it counts from its end. */
    void onGrantsHeld(long monotonicMs, long heldMs);

    /** A session ended. Events that this brought follow. */
    void onSessionClosed(Session session, boolean explicit);

    /** A duty cycle is over: state and model are compared. */
    void onDutyCycle(ShardView view, long nowMs, long monotonicMs);
}
