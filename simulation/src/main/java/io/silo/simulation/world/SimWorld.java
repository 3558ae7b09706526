package io.silo.simulation.world;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One run's time, chance and trace. Everything that happens is an action at a virtual time; actions of one time run in the order in
 * which they were planned. One thread; the same seed makes the same run.
 */
public final class SimWorld {
    /** Virtual monotonic time at which a run begins: not 0, so that a forgotten initial value is noticed. */
    public static final long START_NS = 5_000_000_000L;

    /** Wall clock at {@link #START_NS}: the year 2026. */
    public static final long START_WALL_MS = 1_790_000_000_000L;

    /** Actions of a run: one that makes more never comes to rest. */
    public static final long ACTIONS_MAX = 20_000_000;

    private record Action(long atNs, long number, Runnable work) implements Comparable<Action> {
        @Override
        public int compareTo(Action other) {
            int byTime = Long.compare(atNs, other.atNs);
            return byTime != 0 ? byTime : Long.compare(number, other.number);
        }
    }

    private final long seed;
    private final SimTrace trace;
    private final FaultFilter filter;
    private final PriorityQueue<Action> actions = new PriorityQueue<>();
    private final Map<Fault, Integer> permille = new EnumMap<>(Fault.class);
    private final Set<Feature> features = EnumSet.noneOf(Feature.class);
    private final Map<Fault, Long> struck = new EnumMap<>(Fault.class);
    private long nowNs = START_NS;
    private long actionCount;
    private long faultCount;
    private long checks;
    private boolean healed;

    public SimWorld(long seed, SimTrace trace, FaultFilter filter) {
        this.seed = seed;
        this.trace = trace;
        this.filter = filter;
    }

    /** A source of chance of its own: drawing from one changes nothing for another. */
    public SplittableRandom random(String purpose) {
        return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + purpose.hashCode());
    }

    /** Virtual monotonic time, ns. */
    public long nowNs() {
        return nowNs;
    }

    /** True wall clock, Unix epoch ms; a broker's own may be off. */
    public long wallMs() {
        return START_WALL_MS + (nowNs - START_NS) / 1_000_000;
    }

    /** Plans work; a time in the past is now. */
    public void at(long atNs, Runnable work) {
        actions.add(new Action(Math.max(atNs, nowNs), actionCount++, work));
    }

    /** Plans work for a time from now. */
    public void after(long delayNs, Runnable work) {
        at(nowNs + delayNs, work);
    }

    /**
     * Runs until a time, or until nothing is planned.
     *
     * @throws SimViolation if the run never comes to rest, or as an action throws it.
     */
    public void runUntil(long untilNs) {
        while (!actions.isEmpty() && actions.peek().atNs <= untilNs) {
            Action next = actions.poll();
            nowNs = next.atNs;
            next.work.run();
            if (actionCount > ACTIONS_MAX) {
                throw new SimViolation("rest", "more than " + ACTIONS_MAX + " actions were planned");
            }
        }
        nowNs = Math.max(nowNs, untilNs);
    }

    public void trace(String actor, String text) {
        trace.line(nowNs, actor, text);
    }

    public SimTrace trace() {
        return trace;
    }

    // ---- faults and features

    /** Switches a fault on: each of its occasions is used with this chance, in thousandths. */
    public void enable(Fault fault, int chancePermille) {
        permille.put(fault, chancePermille);
    }

    public void enable(Feature feature) {
        if (!filter.withoutFeatures().contains(feature)) {
            features.add(feature);
        }
    }

    public boolean has(Feature feature) {
        return features.contains(feature);
    }

    /** Whether the fault can strike in this run. */
    public boolean has(Fault fault) {
        return permille.containsKey(fault) && !filter.withoutFaults().contains(fault);
    }

    /** Draws whether an occasion of the fault is used. Counts and traces it when it is. */
    public boolean strikes(Fault fault, SplittableRandom random, String where) {
        int chance = permille.getOrDefault(fault, 0);
        if (chance == 0 || healed || random.nextInt(1_000) >= chance) {
            return false;
        }
        long number = faultCount++;
        if (!filter.allows(fault, number)) {
            return false;
        }
        struck.merge(fault, 1L, Long::sum);
        trace("fault", fault.label() + " #" + number + ' ' + where);
        return true;
    }

    /** No fault strikes any more; what is broken is repaired by who broke it. */
    public void heal() {
        healed = true;
        trace("world", "healed");
    }

    public boolean isHealed() {
        return healed;
    }

    /** How often each fault struck. */
    public Map<Fault, Long> struck() {
        return struck;
    }

    /** Faults that struck or were left out by the filter. */
    public long faultCount() {
        return faultCount;
    }

    public int jobsMax() {
        return filter.jobsMax();
    }

    /** Counts an invariant that was looked at. */
    public void checked(long count) {
        checks += count;
    }

    /** Invariants looked at so far. */
    public long checks() {
        return checks;
    }
}
