package io.silo.simulation.scenario;

import io.silo.simulation.broker.SimBroker;
import io.silo.simulation.client.SimClient;
import io.silo.simulation.client.SimProducer;
import io.silo.simulation.client.SimWorker;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.History;
import io.silo.simulation.history.JobRef;
import io.silo.simulation.history.JobSeen;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.SimViolation;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The parts of one run, for scenarios and nemesis. */
public record SimRun(
        SimWorld world,
        SimNetwork network,
        SimBroker broker,
        History history,
        List<SimProducer> producers,
        List<SimWorker> workers) {
    /** Producers, then workers. */
    public List<SimClient> clients() {
        List<SimClient> clients = new ArrayList<>(producers);
        clients.addAll(workers);
        return clients;
    }

    /** Whether every job of every producer was seen terminal. */
    public boolean isDone() {
        return producers.stream().allMatch(SimProducer::isDone);
    }

    /** Each job as it was last seen, by name. */
    public Map<String, JobSeen> lastSeen() {
        Map<Long, JobRef> asked = new TreeMap<>();
        Map<String, JobSeen> seen = new TreeMap<>();
        for (Entry entry : history.entries()) {
            if (entry instanceof Entry.ReadInvoked read) {
                asked.put(read.call(), read.job());
            } else if (entry instanceof Entry.ReadAnswered answer && answer.job() != null) {
                seen.put(String.valueOf(asked.get(answer.call())), answer.job());
            }
        }
        return seen;
    }

    /** Fails the run unless a condition holds. */
    public static void require(boolean holds, String sentence) {
        if (!holds) {
            throw new SimViolation("scenario", sentence);
        }
    }
}
