package io.silo.simulation.scenario;

import io.silo.simulation.broker.BrokerSettings;
import io.silo.simulation.client.WorkProfile;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/** What a run of a scenario consists of. Filled by the scenario with what it draws from the seed. */
public final class ScenarioPlan {
    private static final long SECOND_NS = 1_000_000_000L;

    private BrokerSettings broker = new BrokerSettings(2, 192 * 1024, 5_000, Long.MAX_VALUE);
    private WorkProfile work = WorkProfile.SMALL;
    private int producers = 2;
    private int workers = 3;
    private long safetyNs = 20 * SECOND_NS;
    private long drainNs = 240 * SECOND_NS;
    private long delayNsMax = 2_000_000;
    private int minimumJobs = 1;
    private final Map<Fault, Integer> faults = new EnumMap<>(Fault.class);
    private final Set<Feature> always = EnumSet.noneOf(Feature.class);
    private final Set<Feature> sometimes = EnumSet.noneOf(Feature.class);
    private boolean isSwarm;

    /** A broker and clients of every shape: one to three shards, up to four producers of up to 30 jobs, two to six workers. */
    static ScenarioPlan drawn(SplittableRandom random) {
        int workerCount = 2 + random.nextInt(5);
        return new ScenarioPlan()
                .broker(new BrokerSettings(
                        1 + random.nextInt(3), 192 * 1024, 2_000 + random.nextInt(6_000), Long.MAX_VALUE))
                .work(new WorkProfile(
                        5 + random.nextInt(25),
                        50 + random.nextInt(500),
                        1 + random.nextInt(Math.min(3, workerCount)),
                        1 + random.nextInt(4),
                        0,
                        3,
                        5 + random.nextInt(30),
                        20 + random.nextInt(1_500),
                        1 + random.nextInt(6)))
                .clients(1 + random.nextInt(4), workerCount)
                .delayMsMax(1 + random.nextInt(20))
                // Who changes jobs in bulk leaves few that nothing was done to, who drops slots leaves few limits to
                // judge, and caps, narrow rates and floating limits leave workers idle: that is for scenarios of their
                // own.
                .maybe(EnumSet.complementOf(EnumSet.of(
                                Feature.BULK, Feature.LIMIT_VERBS, Feature.FAIRNESS, Feature.RATES, Feature.FLOATING))
                        .toArray(Feature[]::new));
    }

    public ScenarioPlan broker(BrokerSettings settings) {
        broker = settings;
        return this;
    }

    public BrokerSettings broker() {
        return broker;
    }

    public ScenarioPlan work(WorkProfile profile) {
        work = profile;
        return this;
    }

    public WorkProfile work() {
        return work;
    }

    public ScenarioPlan clients(int producerCount, int workerCount) {
        producers = producerCount;
        workers = workerCount;
        return this;
    }

    public int producers() {
        return producers;
    }

    public int workers() {
        return workers;
    }

    /** Virtual seconds in which faults strike. */
    public ScenarioPlan safetySeconds(long seconds) {
        safetyNs = seconds * SECOND_NS;
        return this;
    }

    public long safetyNs() {
        return safetyNs;
    }

    /** Virtual seconds after which, without faults, every job has to be terminal. */
    public ScenarioPlan drainSeconds(long seconds) {
        drainNs = seconds * SECOND_NS;
        return this;
    }

    public long drainNs() {
        return drainNs;
    }

    /** Longest delay of a message. */
    public ScenarioPlan delayMsMax(long ms) {
        delayNsMax = ms * 1_000_000;
        return this;
    }

    public long delayNsMax() {
        return delayNsMax;
    }

    /** A run with fewer acknowledged and finished jobs did no work and proves nothing. */
    public ScenarioPlan minimumJobs(int count) {
        minimumJobs = count;
        return this;
    }

    public int minimumJobs() {
        return minimumJobs;
    }

    /** A fault that may strike, with the chance of each of its occasions. */
    public ScenarioPlan fault(Fault fault, int permille) {
        faults.put(fault, permille);
        return this;
    }

    public Map<Fault, Integer> faults() {
        return faults;
    }

    /** Features of every run. */
    public ScenarioPlan with(Feature... features) {
        always.addAll(Set.of(features));
        return this;
    }

    public Set<Feature> always() {
        return always;
    }

    /** Features of some runs. */
    public ScenarioPlan maybe(Feature... features) {
        sometimes.addAll(Set.of(features));
        return this;
    }

    public Set<Feature> sometimes() {
        return sometimes;
    }

    /** Each seed switches only some of the faults on. */
    public ScenarioPlan swarm() {
        isSwarm = true;
        return this;
    }

    public boolean isSwarm() {
        return isSwarm;
    }
}
