package io.silo.shard.state;

import io.silo.shard.state.ShardCounters.Figure;
import java.util.Comparator;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.TreeSet;
import org.agrona.DirectBuffer;
import org.agrona.collections.Int2ObjectHashMap;
import org.agrona.collections.Long2ObjectHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which floating limits are to be found out, by whom. Only those that jobs wait for, one worker at a time, and any worker whose task group
 * has such a job: a group without workers keeps nothing from the others.
 *
 * <pre>
 *   a task begins to wait --> TIMED --due--> OFFERED to the groups of those that wait --a worker takes it--> LEASED --reported, expired--> TIMED
 *                               |  nobody waits any more
 *                               +--> gone
 * </pre>
 *
 * <p>Volatile: after a restart whatever is due is offered again, and who asks under an old lease is refused. Shard thread only; allocates for
 * each refresh.
 */
public final class Refreshes {
    /** Leases that live at once. */
    public static final int LEASES_MAX = 4_096;

    /** Offers, one for each key and task group; beyond it what is due is offered again as room comes. */
    static final int OFFERS_MAX = 1 << 20;

    /** An offer that nobody took is looked at again after this: 60 s. Its key may have nobody waiting any more. */
    private static final long STALE_MS = 60_000;

    /** A key with a maximum that an operator set is not found out; looked at again after this: 1 s. */
    private static final long PINNED_MS = 1_000;

    /** Tasks of a line looked at for one that names the limit as floating. */
    private static final int LOOKED_AT_MAX = 64;

    /** Task groups that one key is offered to. */
    private static final int GROUPS_MAX = 1_024;

    private static final int NULL = RowSlab.NULL_SLOT;

    private enum State {
        TIMED,
        OFFERED,
        LEASED
    }

    /** One key that is to be found out. */
    public static final class Refresh {
        private final int limit;
        private final int tenant;
        private final long arrival;
        private State state = State.TIMED;
        private long dueMs;
        private long deadlineMs;
        private long token;
        private long sessionId;
        private long intervalMs;

        private Refresh(int limit, int tenant, long arrival) {
            this.limit = limit;
            this.tenant = tenant;
            this.arrival = arrival;
        }

        /** See {@link LimitReport}. */
        public int limit() {
            return limit;
        }

        public int tenant() {
            return tenant;
        }

        /** Of the lease; rises. */
        public long token() {
            return token;
        }

        /** Refresh interval of the job that it was leased for. */
        public long intervalMs() {
            return intervalMs;
        }
    }

    private final LimitTable limits;
    private final LimitLines lines;
    private final NameTable tenants;
    private final FloatingLimits findings;
    private final Int2ObjectHashMap<Refresh> byLimit = new Int2ObjectHashMap<>();
    private final Long2ObjectHashMap<Refresh> byToken = new Long2ObjectHashMap<>();
    private final Int2ObjectHashMap<LinkedHashSet<Refresh>> offers = new Int2ObjectHashMap<>();

    /** All that are not leased: when they are due, or are to be looked at again. */
    private final TreeSet<Refresh> timed =
            new TreeSet<>(Comparator.<Refresh>comparingLong(r -> r.dueMs).thenComparingLong(r -> r.arrival));

    private final TreeSet<Refresh> leased =
            new TreeSet<>(Comparator.<Refresh>comparingLong(r -> r.deadlineMs).thenComparingLong(r -> r.arrival));

    /** Task groups, each once, so no more than there are. */
    private final LinkedHashSet<Integer> newlyOffered = new LinkedHashSet<>();

    private long arrivals;
    private long tokens;
    private int offerCount;
    private int found;

    /** Those that are OFFERED; among them, for a minute, some that nobody waits for any more. */
    private int dueCount;

    private ShardCounters counters = new ShardCounters();

    Refreshes(LimitTable limits, LimitLines lines, NameTable tenants, FloatingLimits findings) {
        this.limits = limits;
        this.lines = lines;
        this.tenants = tenants;
        this.findings = findings;
        lines.onFloating(this::onWaiting);
    }

    /** @param figures of what is due, leased and reported. */
    public void countIn(ShardCounters figures) {
        counters = figures;
    }

    // ---- when
    // ---------------------------------------------------------------------------------------------------------------

    /** A task of a group begins to wait for a floating limit. */
    private void onWaiting(int limit, int taskGroup) {
        Refresh refresh = byLimit.get(limit);
        if (refresh == null) {
            refresh = new Refresh(limit, limits.tenant(limit), arrivals++);
            limits.retain(limit);
            tenants.acquire(refresh.tenant);
            byLimit.put(limit, refresh);
            time(refresh, dueMs(limit));
        } else if (refresh.state == State.OFFERED) {
            offer(refresh, taskGroup);
        }
    }

    /** Something else is known of a key. */
    void onFinding(int limit) {
        final Refresh refresh = byLimit.get(limit);
        if (refresh != null && refresh.state != State.LEASED) {
            time(refresh, dueMs(limit));
        }
    }

    private long dueMs(int limit) {
        final FloatingLimits.Finding finding = findings.of(limit);
        return finding == null ? 0 : finding.dueMs();
    }

    private void time(Refresh refresh, long dueMs) {
        timed.remove(refresh);
        become(refresh, State.TIMED);
        refresh.dueMs = dueMs;
        timed.add(refresh);
    }

    private void become(Refresh refresh, State state) {
        dueCount += (state == State.OFFERED ? 1 : 0) - (refresh.state == State.OFFERED ? 1 : 0);
        refresh.state = state;
        counters.set(Figure.FLOATING_LIMITS_DUE, dueCount);
    }

    /** When something is to be looked at, Unix epoch ms, or {@link Long#MAX_VALUE}. */
    public long nextDueMs() {
        return timed.isEmpty() ? Long.MAX_VALUE : timed.first().dueMs;
    }

    /**
     * Offers what is due.
     *
     * @param most keys looked at.
     * @return how many were.
     */
    public int offerDue(long nowMs, int most) {
        int looked = 0;
        while (looked < most && nextDueMs() <= nowMs) {
            final Refresh refresh = timed.pollFirst();
            looked++;
            if (refresh == null) {
                break;
            }
            if (!isAwaited(refresh.limit)) {
                end(refresh);
            } else if (limits.setMax(refresh.limit) != LimitTable.NO_MAX) {
                time(refresh, nowMs + PINNED_MS);
            } else {
                become(refresh, State.OFFERED);
                refresh.dueMs = nowMs + STALE_MS;
                timed.add(refresh);
                offer(refresh);
            }
        }
        return looked;
    }

    private boolean isAwaited(int limit) {
        for (int line = limits.firstLine(limit); line != NULL; line = lines.nextLine(line)) {
            if (lines.waiting(line) > 0) {
                return true;
            }
        }
        return false;
    }

    private void offer(Refresh refresh) {
        int left = GROUPS_MAX;
        for (int line = limits.firstLine(refresh.limit); line != NULL && left > 0; line = lines.nextLine(line)) {
            if (lines.waiting(line) > 0 && lines.taskGroup(line) >= 0) {
                offer(refresh, lines.taskGroup(line));
                left--;
            }
        }
    }

    private void offer(Refresh refresh, int taskGroup) {
        if (offerCount >= OFFERS_MAX) {
            // Most are stale then; what still waits is offered again when it is looked at.
            offers.clear();
            offerCount = 0;
        }
        LinkedHashSet<Refresh> ofGroup = offers.get(taskGroup);
        if (ofGroup == null) {
            ofGroup = new LinkedHashSet<>();
            offers.put(taskGroup, ofGroup);
        }
        if (ofGroup.add(refresh)) {
            offerCount++;
            newlyOffered.add(taskGroup);
        }
    }

    private void end(Refresh refresh) {
        // Offers of it that nobody looked at are worth nothing: its limit's number may be another's soon.
        become(refresh, State.TIMED);
        byLimit.remove(refresh.limit);
        limits.release(refresh.limit);
        tenants.release(refresh.tenant);
    }

    /** The task group that got an offer first of those not yet {@link #settled}, or -1. */
    public int firstOffered() {
        return newlyOffered.isEmpty() ? NULL : newlyOffered.iterator().next();
    }

    /** Nobody who waits wants what a task group is offered, or nothing is left of it. */
    public void settled(int taskGroup) {
        newlyOffered.remove(taskGroup);
    }

    /** A call begins to wait: what it was not told for want of a lease it is told once there is one. */
    public void onCallWaiting(int taskGroup) {
        if (!hasRoomForLease() && isOffered(taskGroup)) {
            newlyOffered.add(taskGroup);
        }
    }

    /** Whether a task group has offers, of which some may be worth nothing by now. */
    public boolean isOffered(int taskGroup) {
        return offers.containsKey(taskGroup);
    }

    /** Whether one more may be leased: fewer than {@link #LEASES_MAX} leases live. */
    public boolean hasRoomForLease() {
        return byToken.size() < LEASES_MAX;
    }

    // ---- by whom
    // ------------------------------------------------------------------------------------------------------------

    /**
     * The offer of a task group that came first, or null. {@link #lease} must follow, or the offer is gone.
     *
     * @param tenant only of this one, or {@link ReadyQueue#ANY_TENANT}.
     */
    public @Nullable Refresh poll(int taskGroup, int tenant) {
        final LinkedHashSet<Refresh> ofGroup = offers.get(taskGroup);
        if (ofGroup == null || !hasRoomForLease()) {
            return null;
        }
        Refresh taken = null;
        for (final Iterator<Refresh> i = ofGroup.iterator(); i.hasNext() && taken == null; ) {
            final Refresh refresh = i.next();
            final boolean isGood = refresh.state == State.OFFERED && waitingTask(refresh.limit, taskGroup) != NULL;
            if (!isGood || tenant == ReadyQueue.ANY_TENANT || tenant == refresh.tenant) {
                i.remove();
                offerCount--;
                taken = isGood ? refresh : null;
            }
        }
        if (ofGroup.isEmpty()) {
            offers.remove(taskGroup);
        }
        return taken;
    }

    /** The first task of a group that waits for a limit as a floating one, or {@link RowSlab#NULL_SLOT}. */
    public int waitingTask(int limit, int taskGroup) {
        final int line = limits.isLive(limit) ? lines.find(limit, taskGroup) : NULL;
        found = NULL;
        if (line != NULL) {
            lines.show(line, LOOKED_AT_MAX, slot -> {
                if (found == NULL && limits.isFloating(lines.awaited(slot))) {
                    found = slot;
                }
            });
        }
        return found;
    }

    /** The maximum in force for the claim of a task that waits for a limit. */
    public int max(int slot) {
        return limits.max(lines.awaited(slot));
    }

    /**
     * A worker finds it out.
     *
     * @param deadlineMs monotonic.
     */
    public void lease(Refresh refresh, long sessionId, long deadlineMs, long intervalMs) {
        Invariant.check(refresh.state == State.OFFERED, "a refresh is leased that was not offered");
        timed.remove(refresh);
        become(refresh, State.LEASED);
        counters.add(Figure.REFRESHES_LEASED, 1);
        refresh.token = ++tokens;
        refresh.sessionId = sessionId;
        refresh.deadlineMs = deadlineMs;
        refresh.intervalMs = intervalMs;
        leased.add(refresh);
        byToken.put(refresh.token, refresh);
    }

    /** The refresh that is leased under a token, or null. */
    public @Nullable Refresh find(long token) {
        return byToken.get(token);
    }

    /** The lease goes on. */
    public void renew(Refresh refresh, long sessionId, long deadlineMs) {
        leased.remove(refresh);
        refresh.sessionId = sessionId;
        refresh.deadlineMs = deadlineMs;
        leased.add(refresh);
    }

    /** The lease is over, because a worker found it out, or found that it cannot. */
    public void onReported(Refresh refresh, boolean isFailure) {
        counters.add(isFailure ? Figure.REFRESHES_FAILED : Figure.REFRESHES_SUCCEEDED, 1);
        endLease(refresh, 0);
    }

    /**
     * The lease is over.
     *
     * @param notBeforeMs Unix epoch ms; the next is not due before.
     */
    public void endLease(Refresh refresh, long notBeforeMs) {
        Invariant.check(refresh.state == State.LEASED, "a refresh ends that was not leased");
        leased.remove(refresh);
        byToken.remove(refresh.token);
        time(refresh, Math.max(notBeforeMs, dueMs(refresh.limit)));
    }

    /** Earliest end of a lease, monotonic ms, or {@link Long#MAX_VALUE}. */
    public long nextDeadlineMs() {
        return leased.isEmpty() ? Long.MAX_VALUE : leased.first().deadlineMs;
    }

    /** Ends the leases that are over by {@code monotonicMs}. Returns how many. */
    public int expire(long monotonicMs) {
        int expired = 0;
        while (nextDeadlineMs() <= monotonicMs) {
            endLease(leased.first(), 0);
            expired++;
        }
        return expired;
    }

    /** A session closed by itself: others may find out what it was to. */
    public void onSessionClosed(long sessionId) {
        for (final Refresh refresh : leased.toArray(new Refresh[0])) {
            if (refresh.sessionId == sessionId) {
                endLease(refresh, 0);
            }
        }
    }

    // ---- for reports
    // --------------------------------------------------------------------------------------------------------

    /** Whether jobs name a limit as floating, and wait or waited not long ago. */
    public boolean isKnown(int limit) {
        return byLimit.containsKey(limit);
    }

    /** Leases that live. */
    public int leaseCount() {
        return byToken.size();
    }

    /** Name of the tenant of a refresh. */
    public void wrapTenant(Refresh refresh, DirectBuffer view) {
        tenants.wrap(refresh.tenant, view);
    }

    /** Key of a refresh. */
    public void wrapKey(Refresh refresh, DirectBuffer view) {
        limits.wrapKey(refresh.limit, view);
    }

    /** About what they take on the heap. */
    long bytes() {
        return 160L * byLimit.size() + 48L * offerCount;
    }

    void checkInvariants() {
        Invariant.check(timed.size() + leased.size() == byLimit.size(), "a refresh has no timer and no lease, or both");
        Invariant.check(leased.size() == byToken.size(), "leases of refreshes differ from their tokens");
        int due = 0;
        for (int limit = 0; limit < limits.limitEnd(); limit++) {
            final Refresh refresh = byLimit.get(limit);
            due += refresh != null && refresh.state == State.OFFERED ? 1 : 0;
            Invariant.check(
                    refresh == null || limits.isLive(limit) && limits.tenant(limit) == refresh.tenant,
                    "a refresh of a limit that is not there");
            if (refresh == null && limits.isLive(limit) && !limits.isBucket(limit)) {
                // A task that waits for it as a floating one would wait for ever, should nobody find it out.
                for (int line = limits.firstLine(limit); line != NULL; line = lines.nextLine(line)) {
                    final int group = lines.taskGroup(line);
                    Invariant.check(
                            group < 0 || waitingTask(limit, group) == NULL,
                            "a task waits for a floating limit that nobody is to find out");
                }
            }
        }
        Invariant.check(due == dueCount, "refreshes that are due are miscounted");
    }
}
