package io.silo.shard;

import io.silo.protocol.Bounds;
import io.silo.protocol.RejectReason;
import io.silo.protocol.Session;
import io.silo.shard.command.Demand;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.agrona.DirectBuffer;
import org.agrona.collections.Long2ObjectHashMap;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Who wants tasks, by task group, for all shards of one thread: credits are pooled over them. Volatile. Shard thread only; allocates
 * when a subscription is opened or a call begins to wait, not when tasks are granted.
 */
final class Subscriptions {
    /** Subscriptions and waiting calls of one shard thread. */
    static final int SUBSCRIPTIONS_MAX = 16_384;

    /** Subscribers of one task group, served in turn. */
    static final class Group {
        final UnsafeBuffer name;
        private final int[] numbers;
        private final List<Subscription> members = new ArrayList<>();
        private int turn;

        /** Members with credits: without any, nobody is looked at. */
        private int credited;

        private Group(UnsafeBuffer name, int shardCount) {
            this.name = name;
            this.numbers = new int[shardCount];
        }

        /** Number of the task group on a shard. */
        int number(int shardIndex) {
            return numbers[shardIndex];
        }

        int size() {
            return members.size();
        }

        /** Tasks that all members together may get; at most so many as fit an int. */
        int credits() {
            long credits = 0;
            for (int i = 0; i < members.size() && credited > 0; i++) {
                credits += members.get(i).credits;
            }
            return (int) Math.min(Integer.MAX_VALUE, credits);
        }

        /** The next member that has credits and may draw on this shard, or null; the turn moves behind it. */
        @Nullable
        Subscription next(int shard) {
            for (int tried = 0; credited > 0 && tried < members.size(); tried++) {
                turn = turn >= members.size() ? 0 : turn;
                final Subscription candidate = members.get(turn++);
                if (candidate.credits > 0 && (candidate.shard == Subscription.ALL_SHARDS || candidate.shard == shard)) {
                    return candidate;
                }
            }
            return null;
        }
    }

    /** What one session has, by subscription id. */
    private static final class Own {
        final Long2ObjectHashMap<Subscription> byId = new Long2ObjectHashMap<>();
        final PushFlow flow;

        Own(Session session) {
            flow = new PushFlow(session);
        }
    }

    private final Shard[] shards;
    private final Map<UnsafeBuffer, Group> byName = new HashMap<>();
    private final List<Group> groups = new ArrayList<>();
    private final Map<Session, Own> bySession = new HashMap<>();
    private final List<Subscription> calls = new ArrayList<>();
    private long nextCallDeadlineMs = Long.MAX_VALUE;
    private int count;

    Subscriptions(Shard[] shards) {
        this.shards = shards;
    }

    int count() {
        return count;
    }

    /** Groups with subscribers, in order of their first. */
    List<Group> groups() {
        return groups;
    }

    /** Opens a subscription, or adds credits to an open one. Null, or why not. */
    @Nullable
    RejectReason subscribe(
            Session session,
            long id,
            UnsafeBuffer tenant,
            UnsafeBuffer taskGroup,
            UnsafeBuffer worker,
            boolean appendedEnough,
            long credits) {
        final Own own = bySession.computeIfAbsent(session, Own::new);
        final Subscription open = own.byId.get(id);
        if (open != null) {
            if (open.credits + credits > Bounds.CREDITS_MAX) {
                return RejectReason.INVALID_CREDITS;
            }
            if (!open.taskGroup.equals(taskGroup) || !open.worker.equals(worker) || !open.tenant.equals(tenant)) {
                return RejectReason.INVALID_SUBSCRIPTION;
            }
            credits(open, open.credits + (int) credits);
            return null;
        }
        final Subscription added =
                new Subscription(session, id, tenant, taskGroup, worker, appendedEnough, (int) credits, own.flow);
        if (!join(added)) {
            return RejectReason.TOO_MANY_SUBSCRIPTIONS;
        }
        own.byId.put(id, added);
        return null;
    }

    /** Gives credits back with an outcome; silently nothing if the subscription is gone. */
    void addCredits(Session session, long id, long credits) {
        final Own own = bySession.get(session);
        final Subscription open = own == null ? null : own.byId.get(id);
        if (open != null) {
            credits(open, (int) Math.min(Bounds.CREDITS_MAX, open.credits + credits));
        }
    }

    /** Tasks were pushed. */
    void takeCredits(Subscription subscription, int count) {
        credits(subscription, subscription.credits - count);
    }

    private void credits(Subscription subscription, int credits) {
        final Group group = byName.get(subscription.taskGroup);
        if (group != null) {
            group.credited += Integer.signum(credits) - Integer.signum(subscription.credits);
        }
        subscription.credits = credits;
    }

    /** Ends a subscription; false if the session has none with this id. Its leases stay. */
    boolean unsubscribe(Session session, long id) {
        final Own own = bySession.get(session);
        final Subscription open = own == null ? null : own.byId.remove(id);
        if (open == null) {
            return false;
        }
        leave(open);
        return true;
    }

    /** Keeps a LeaseTasks call; false at the bound. */
    boolean addCall(Subscription call) {
        if (!join(call)) {
            return false;
        }
        calls.add(call);
        nextCallDeadlineMs = Math.min(nextCallDeadlineMs, call.deadlineMs);
        return true;
    }

    /** Takes a waiting call out: it is about to be answered. */
    void removeCall(Subscription call) {
        calls.remove(call);
        leave(call);
    }

    /** Takes the waiting calls whose time is over. */
    List<Subscription> takeExpiredCalls(long nowMs) {
        if (nowMs < nextCallDeadlineMs) {
            return List.of();
        }
        final List<Subscription> expired = new ArrayList<>();
        nextCallDeadlineMs = Long.MAX_VALUE;
        for (Subscription call : List.copyOf(calls)) {
            if (call.deadlineMs <= nowMs) {
                removeCall(call);
                expired.add(call);
            } else {
                nextCallDeadlineMs = Math.min(nextCallDeadlineMs, call.deadlineMs);
            }
        }
        return expired;
    }

    /** Who may get a task of this group and tenant of a shard. */
    Demand demand(int shard, DirectBuffer taskGroup, DirectBuffer tenant) {
        final Group group = byName.get(copy(taskGroup, 0, taskGroup.capacity()));
        if (group == null) {
            return Demand.NONE;
        }
        final UnsafeBuffer name = copy(tenant, 0, tenant.capacity());
        int open = 0;
        int waiting = 0;
        long credits = 0;
        for (Subscription member : group.members) {
            final DirectBuffer only = member.tenant.capacity() > 0 ? member.tenant : member.session.tenantScope();
            if ((only == null || name.equals(only))
                    && (member.shard == Subscription.ALL_SHARDS || member.shard == shard)) {
                open += member.isCall() ? 0 : 1;
                waiting += member.isCall() ? 1 : 0;
                credits += member.isCall() ? 0 : member.credits;
            }
        }
        return new Demand(open, credits, waiting);
    }

    /** Forgets all that a session asked for. */
    void onSessionClosed(Session session) {
        for (Subscription call : List.copyOf(calls)) {
            if (call.session == session) {
                removeCall(call);
            }
        }
        final Own own = bySession.remove(session);
        if (own != null) {
            own.byId.values().forEach(this::leave);
        }
    }

    private boolean join(Subscription subscription) {
        if (count >= SUBSCRIPTIONS_MAX) {
            return false;
        }
        Group group = byName.get(subscription.taskGroup);
        if (group == null) {
            group = new Group(subscription.taskGroup, shards.length);
            if (!pin(group)) {
                return false;
            }
            byName.put(group.name, group);
            groups.add(group);
        }
        group.members.add(subscription);
        group.credited += Integer.signum(subscription.credits);
        count++;
        return true;
    }

    /** Gives the group a number on each open shard; false, with nothing pinned, if a shard has no room for its name. */
    private boolean pin(Group group) {
        boolean pinned = true;
        for (int i = 0; i < shards.length; i++) {
            group.numbers[i] = shards[i].pinTaskGroup(group.name);
            pinned &= group.numbers[i] >= 0 || !shards[i].isOpen();
        }
        for (int i = 0; i < shards.length && !pinned; i++) {
            shards[i].unpinTaskGroup(group.numbers[i]);
        }
        return pinned;
    }

    private void leave(Subscription subscription) {
        final Group group = byName.get(subscription.taskGroup);
        if (group == null || !group.members.remove(subscription)) {
            return;
        }
        group.credited -= Integer.signum(subscription.credits);
        count--;
        if (group.members.isEmpty()) {
            for (int i = 0; i < shards.length; i++) {
                shards[i].unpinTaskGroup(group.numbers[i]);
            }
            byName.remove(group.name);
            groups.remove(group);
        }
    }

    /** A private copy of a name in a command. */
    static UnsafeBuffer copy(DirectBuffer buffer, int offset, int length) {
        final byte[] bytes = new byte[length];
        buffer.getBytes(offset, bytes);
        return new UnsafeBuffer(bytes);
    }
}
