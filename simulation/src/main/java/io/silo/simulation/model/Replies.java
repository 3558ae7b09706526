package io.silo.simulation.model;

import io.silo.protocol.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers that are still owed, and replies that came before the model knew what for. */
final class Replies {
    private final Map<Session, Map<Long, Deque<Expected>>> owed = new HashMap<>();
    private final List<Expected> dueThisCycle = new ArrayList<>();
    private final Set<Session> closed = new HashSet<>();

    /** Names of answers that were owed twice at once. */
    private final Set<String> doubled = new HashSet<>();

    private final Deque<ModelReply> held = new ArrayDeque<>();

    void expect(Expected expected) {
        final Deque<Expected> same = owed.computeIfAbsent(expected.session, s -> new HashMap<>())
                .computeIfAbsent(expected.correlationId, c -> new ArrayDeque<>());
        if (!same.isEmpty()) {
            doubled.add(name(expected.session, expected.correlationId));
        }
        same.add(expected);
        if (!expected.isLate) {
            dueThisCycle.add(expected);
        }
    }

    /**
     * Takes the answer that this reply is for, or null. Of a command that came twice both have one name; a refusal does not wait for
     * the disk and overtakes the other answer then, and the second copy may find tasks while the first waits for some. Among those that
     * fit it is therefore the one whose record the reply speaks of, else the oldest; a reply that fits none is judged by the oldest.
     */
    @Nullable
    Expected take(ModelReply reply) {
        final Map<Long, Deque<Expected>> own = owed.get(reply.session());
        final Deque<Expected> same = own == null ? null : own.get(reply.correlationId());
        if (own == null || same == null) {
            return null;
        }
        final Expected taken = same.stream()
                .filter(expected -> expected.fits(reply) && expected.speaksOf == reply.position())
                .findFirst()
                .or(() -> same.stream().filter(expected -> expected.fits(reply)).findFirst())
                .orElse(same.peek());
        same.remove(taken);
        if (same.isEmpty()) {
            own.remove(reply.correlationId());
        }
        return taken;
    }

    /** Whether a command came twice and both copies waited for an answer at once: which one answers which is not told. */
    boolean isDoubled(ModelReply reply) {
        return doubled.contains(name(reply.session(), reply.correlationId()));
    }

    private static String name(Session session, long correlationId) {
        return session.id() + "." + correlationId;
    }

    boolean isOwed(Expected expected) {
        final Map<Long, Deque<Expected>> own = owed.get(expected.session);
        final Deque<Expected> same = own == null ? null : own.get(expected.correlationId);
        return same != null && same.contains(expected);
    }

    void hold(ModelReply reply) {
        held.add(reply);
    }

    Deque<ModelReply> held() {
        return held;
    }

    void close(Session session) {
        closed.add(session);
    }

    boolean isClosed(Session session) {
        return closed.contains(session);
    }

    /** Everything that had to be answered in this duty cycle was. */
    void endCycle() {
        for (Expected expected : dueThisCycle) {
            Claim.check(
                    closed.contains(expected.session) || !isOwed(expected),
                    "%s of session %d got no answer in its duty cycle",
                    expected.command,
                    expected.session.id());
        }
        dueThisCycle.clear();
        for (Iterator<Session> gone = closed.iterator(); gone.hasNext(); ) {
            owed.remove(gone.next());
        }
    }

    /** The process died: nobody will answer. */
    void clear() {
        owed.clear();
        doubled.clear();
        dueThisCycle.clear();
        closed.clear();
        held.clear();
    }
}
