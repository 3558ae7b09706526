package io.silo.shard;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.shard.command.Demand;
import io.silo.shard.command.WaitingCalls;
import io.silo.shard.state.Refreshes;
import io.silo.shard.state.ShardState;
import io.silo.shard.state.SlotList;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/** The calls of one shard that are answered later. Each is decided again when its moment comes. Volatile; shard thread only. */
final class WaitingCommands implements WaitingCalls {
    /** How a call that waited is answered. */
    interface Answers {
        /** Whether a reply of any length can be parked. */
        boolean hasRoom();

        /** Decides a command again. It may find nothing again, and then waits for what is left of its time. */
        void decide(Session session, UnsafeBuffer kept, long waitMs);

        void refuse(Session session, UnsafeBuffer kept, RejectReason reason);
    }

    private final int shard;
    private final ShardState state;
    private final Answers answers;
    private final KeyedWaiters results = new KeyedWaiters();

    /** By task group, whose number stays while one waits. */
    private final KeyedWaiters refreshes = new KeyedWaiters();

    /** A call that waits for a refresh and is decided again; null once it found nothing: it keeps its place. */
    private KeyedWaiters.@Nullable Waiter askedAgain;

    private @Nullable Subscriptions subscriptions;
    private long monotonicMs;

    WaitingCommands(int shard, ShardState state, Answers answers) {
        this.shard = shard;
        this.state = state;
        this.answers = answers;
    }

    void join(Subscriptions threadSubscriptions) {
        subscriptions = threadSubscriptions;
    }

    @Override
    public boolean awaitTasks(Session session, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        final Subscriptions all = subscriptions;
        return all != null && all.addCall(KeptCommands.waitingCall(session, shard, deadlineMs, buffer, offset, length));
    }

    @Override
    public boolean awaitResult(
            Session session, int slot, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        return results.add(session, slot, deadlineMs, buffer, offset, length);
    }

    @Override
    public boolean awaitRefresh(
            Session session, DirectBuffer taskGroup, long deadlineMs, DirectBuffer buffer, int offset, int length) {
        if (askedAgain != null) {
            askedAgain = null;
            return true;
        }
        final int group = state.pinTaskGroup(taskGroup, 0, taskGroup.capacity());
        if (group < 0) {
            return false;
        }
        if (refreshes.add(session, group, deadlineMs, buffer, offset, length)) {
            state.floatingLimits().refreshes().onCallWaiting(group);
            return true;
        }
        state.unpinTaskGroup(group);
        return false;
    }

    @Override
    public Demand demand(DirectBuffer taskGroup, DirectBuffer tenant) {
        return subscriptions == null ? Demand.NONE : subscriptions.demand(shard, taskGroup, tenant);
    }

    /** Takes the duty cycle's one reading of the clock: what is left of a wait counts from it, whatever ends the wait. */
    void time(long nowMonotonicMs) {
        monotonicMs = nowMonotonicMs;
    }

    /** Answers the calls whose time is over. Returns how many. */
    int answerExpired() {
        int answered = 0;
        for (KeyedWaiters.Waiter waiter : results.takeExpired(monotonicMs)) {
            answers.decide(waiter.session, waiter.command, 0);
            answered++;
        }
        for (KeyedWaiters.Waiter waiter : refreshes.takeExpired(monotonicMs)) {
            // Many may be over at once, and each may still be told much: what cannot be parked is not decided.
            if (answers.hasRoom()) {
                answers.decide(waiter.session, waiter.command, 0);
            } else {
                answers.refuse(waiter.session, waiter.command, RejectReason.BUSY);
            }
            state.unpinTaskGroup(waiter.key);
            answered++;
        }
        return answered;
    }

    /** Jobs ended: answers who waits for them, and clears the list. */
    void answerFinished(SlotList finished) {
        if (finished.size() == 0) {
            return;
        }
        if (results.isEmpty()) {
            finished.clear();
            return;
        }
        // A copy: answering decides commands of its own, which use the list.
        final int[] slots = new int[finished.size()];
        for (int i = 0; i < slots.length; i++) {
            slots[i] = finished.get(i);
        }
        finished.clear();
        for (int slot : slots) {
            for (KeyedWaiters.Waiter waiter : results.take(slot)) {
                answers.decide(waiter.session, waiter.command, waiter.deadlineMs - monotonicMs);
            }
        }
    }

    /**
     * Task groups got floating limits to find out: answers who waits for some, first come first served, until nothing is left of them. Calls
     * that may not see what is left go on waiting where they are. What finds no room, for its answer or its lease, is for a later duty cycle.
     *
     * @return how many were answered.
     */
    int answerOffered() {
        final Refreshes offered = state.floatingLimits().refreshes();
        int answered = 0;
        int inVain = 0;
        int group = offered.firstOffered();
        while (group >= 0 && answers.hasRoom() && offered.hasRoomForLease()) {
            final KeyedWaiters.Waiter next = offered.isOffered(group) ? refreshes.find(group, inVain) : null;
            if (next == null) {
                offered.settled(group);
                group = offered.firstOffered();
                inVain = 0;
            } else if (isAnswered(next)) {
                answered++;
            } else {
                inVain++;
            }
        }
        return answered;
    }

    private boolean isAnswered(KeyedWaiters.Waiter waiter) {
        askedAgain = waiter;
        answers.decide(waiter.session, waiter.command, waiter.deadlineMs - monotonicMs);
        final boolean isAnswered = askedAgain != null;
        askedAgain = null;
        if (isAnswered && refreshes.take(waiter)) {
            state.unpinTaskGroup(waiter.key);
        }
        return isAnswered;
    }

    void onSessionClosed(Session session) {
        results.onSessionClosed(session);
        for (KeyedWaiters.Waiter waiter : refreshes.onSessionClosed(session)) {
            state.unpinTaskGroup(waiter.key);
        }
    }

    /** The shard closes: what is waited for will not come from here. */
    void refuseAll() {
        for (KeyedWaiters.Waiter waiter : results.takeExpired(Long.MAX_VALUE)) {
            answers.refuse(waiter.session, waiter.command, RejectReason.SHARD_CLOSED);
        }
        for (KeyedWaiters.Waiter waiter : refreshes.takeExpired(Long.MAX_VALUE)) {
            answers.refuse(waiter.session, waiter.command, RejectReason.SHARD_CLOSED);
        }
    }
}
