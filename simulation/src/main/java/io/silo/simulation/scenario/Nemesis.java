package io.silo.simulation.scenario;

import io.silo.simulation.client.SimClient;
import io.silo.simulation.client.SimWorker;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import java.util.List;
import java.util.SplittableRandom;

/** Does to clients, process and machine what is not a matter of one message or one call, once in a while, until the run is healed. */
public final class Nemesis {
    private static final long MS = 1_000_000;
    private static final long OCCASION_NS_MAX = 1_000 * MS;
    private static final long[] CLOCK_STEPS_MS = {1, 1_000, 3_000_000, 3_700_000, 86_400_000, 50L * 365 * 86_400_000};

    private final SimRun run;
    private final SplittableRandom random;

    public Nemesis(SimRun run) {
        this.run = run;
        this.random = run.world().random("nemesis");
    }

    /** Begins. */
    public void start() {
        run.world().after(random.nextLong(OCCASION_NS_MAX), this::occasion);
    }

    private void occasion() {
        if (run.world().isHealed()) {
            return;
        }
        carryForward();
        clientFaults();
        processFaults();
        machineFaults();
        start();
    }

    private void carryForward() {
        int shards = run.broker().shards().size();
        if (run.world().has(Feature.CARRY_FORWARD) && shards > 0 && random.nextInt(3) == 0) {
            run.broker().carryForward(random.nextInt(shards));
        }
    }

    private boolean strikes(Fault fault, String where) {
        return run.world().strikes(fault, random, where);
    }

    private void clientFaults() {
        List<SimClient> clients = run.clients();
        SimClient client = clients.get(random.nextInt(clients.size()));
        if (strikes(Fault.PARTITION, client.name())) {
            run.network().partition(client.name(), 100 * MS + random.nextLong(15_000 * MS));
        }
        if (strikes(Fault.SLOW_CLIENT, client.name())) {
            run.broker().slow(client.name(), true);
            run.world().after(random.nextLong(8_000 * MS), () -> run.broker().slow(client.name(), false));
        }
        if (strikes(Fault.CONNECTION_LOSS, client.name())) {
            client.dropConnection();
        }
        SimWorker worker = run.workers().get(random.nextInt(run.workers().size()));
        if (strikes(Fault.CLIENT_CRASH, worker.name())) {
            worker.crash();
        }
    }

    private void processFaults() {
        if (strikes(Fault.PROCESS_KILL, "broker")) {
            run.broker().kill(false);
        }
        if (strikes(Fault.RESTART, "broker")) {
            run.broker().restart();
        }
        if (strikes(Fault.PAUSE, "broker")) {
            run.broker().pause(random.nextLong(15_000 * MS));
        }
    }

    private void machineFaults() {
        if (strikes(Fault.POWER_LOSS, "broker")) {
            run.broker().kill(true);
        }
        if (strikes(Fault.DISK_FULL, "broker")) {
            run.broker().fillDisk(random.nextLong(8L * 1024 * 1024), random.nextLong(10_000 * MS));
        }
        if (strikes(Fault.CLOCK_JUMP, "broker")) {
            long step = 1 + random.nextLong(CLOCK_STEPS_MS[random.nextInt(CLOCK_STEPS_MS.length)]);
            run.broker().jumpClock(random.nextBoolean() ? step : -step);
        }
    }
}
