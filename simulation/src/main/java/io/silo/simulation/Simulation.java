package io.silo.simulation;

import io.silo.log.simulated.SimulatedDisk;
import io.silo.shard.command.Retention;
import io.silo.simulation.broker.SimBroker;
import io.silo.simulation.broker.SimParts;
import io.silo.simulation.client.SimClient;
import io.silo.simulation.client.SimProducer;
import io.silo.simulation.client.SimWorker;
import io.silo.simulation.history.Expectations;
import io.silo.simulation.history.History;
import io.silo.simulation.history.HistoryChecker;
import io.silo.simulation.history.Violation;
import io.silo.simulation.model.ReferenceShard;
import io.silo.simulation.model.ThreadSubscriptions;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.scenario.Nemesis;
import io.silo.simulation.scenario.ScenarioPlan;
import io.silo.simulation.scenario.SimRun;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import io.silo.simulation.world.SimTrace;
import io.silo.simulation.world.SimViolation;
import io.silo.simulation.world.SimWorld;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Runs one plan on the calling thread: first under faults, then healed until everything is drained, then the last checks. Any number
 * may run side by side on threads of their own.
 */
public final class Simulation {
    private static final long SECOND_NS = 1_000_000_000L;

    /** Chance in percent that a seed switches a fault or feature on that it may. */
    private static final int SWARM_PERCENT = 50;

    /** A lease counts from the start of the duty cycle that granted it. */
    private static final int SLACK_MS = 5;

    /** As above, where each sync of that cycle may have taken seconds. */
    private static final int STALLED_SLACK_MS = 20_000;

    /** A drain that goes on to end jobs may take so many times as long. */
    private static final int DRAINS_MAX = 4;

    private final SimPlan plan;
    private final SimParts parts;
    private final SimTrace trace;
    private final SimWorld world;

    private Simulation(SimPlan plan, SimParts parts, boolean keepsTrace) {
        this.plan = plan;
        this.parts = parts;
        this.trace = new SimTrace(keepsTrace);
        this.world = new SimWorld(plan.seed(), trace, plan.filter());
    }

    /** Runs a plan once. */
    public static SimReport run(SimPlan plan) {
        return run(plan, SimParts.REAL);
    }

    /** Runs a plan once, on parts of the caller's choice. */
    public static SimReport run(SimPlan plan, SimParts parts) {
        return new Simulation(plan, parts, false).run();
    }

    /** Runs a plan once and hands its whole trace over, line by line. */
    public static SimReport traced(SimPlan plan, Consumer<String> out) {
        Simulation simulation = new Simulation(plan, SimParts.REAL, true);
        SimReport report = simulation.run();
        simulation.trace.lines().forEach(out);
        return report;
    }

    /** Runs a plan twice and compares the traces: the report of the first run, or of a failure of either, or of the difference. */
    public static SimReport verify(SimPlan plan) {
        return verify(plan, SimParts.REAL);
    }

    /** As {@link #verify(SimPlan)}, on parts of the caller's choice. */
    public static SimReport verify(SimPlan plan, SimParts parts) {
        Simulation first = new Simulation(plan, parts, true);
        SimReport report = first.run();
        Simulation second = new Simulation(plan, parts, true);
        SimReport again = second.run();
        String difference = first.trace.difference(second.trace);
        if (difference != null) {
            return failed(report, "determinism", "two runs of one seed differ at " + difference);
        }
        return report.isPassed() ? again : report;
    }

    private static SimReport failed(SimReport report, String invariant, String sentence) {
        return new SimReport(
                report.plan(),
                SimReport.Verdict.FAILED,
                invariant,
                sentence,
                report.simulatedMs(),
                report.acknowledged(),
                report.finished(),
                report.lives(),
                report.messages(),
                report.checks(),
                report.faults(),
                report.faultCount(),
                report.traceHash(),
                report.lastLines());
    }

    private SimReport run() {
        ScenarioPlan scenario = plan.scenario().plan(world.random("scenario"));
        switchOn(scenario);
        SimRun run = build(scenario);
        try {
            live(scenario, run);
        } catch (SimViolation violation) {
            return report(run, SimReport.Verdict.FAILED, violation.invariant(), String.valueOf(violation.getMessage()));
        } catch (RuntimeException | Error unexpected) {
            return report(run, SimReport.Verdict.FAILED, "exception", describe(unexpected));
        }
        boolean isVoid =
                finished(run) < Math.min(scenario.minimumJobs(), plan.filter().jobsMax());
        return isVoid
                ? report(run, SimReport.Verdict.VOID, null, "only " + finished(run) + " jobs were finished")
                : report(run, SimReport.Verdict.PASSED, null, "");
    }

    private static String describe(Throwable failure) {
        StringBuilder text = new StringBuilder(String.valueOf(failure));
        StackTraceElement[] frames = failure.getStackTrace();
        for (int i = 0; i < Math.min(12, frames.length); i++) {
            text.append("\n    at ").append(frames[i]);
        }
        return text.toString();
    }

    /** Draws which faults and features this seed has. */
    private void switchOn(ScenarioPlan scenario) {
        SplittableRandom random = world.random("swarm");
        for (Fault fault : Fault.values()) {
            boolean isDrawn = random.nextInt(100) < SWARM_PERCENT;
            Integer permille = scenario.faults().get(fault);
            if (permille != null && (isDrawn || !scenario.isSwarm())) {
                world.enable(fault, permille);
            }
        }
        for (Feature feature : Feature.values()) {
            boolean isDrawn = random.nextInt(100) < SWARM_PERCENT;
            if (scenario.always().contains(feature)
                    || isDrawn && scenario.sometimes().contains(feature)) {
                world.enable(feature);
            }
        }
    }

    private SimRun build(ScenarioPlan scenario) {
        History history = new History();
        SimNetwork network = new SimNetwork(world, scenario.delayNsMax());
        ThreadSubscriptions subscriptions = new ThreadSubscriptions();
        SimBroker broker = new SimBroker(
                world,
                network,
                history,
                scenario.broker(),
                new SimulatedDisk(),
                shard -> new ReferenceShard(scenario.broker().shard(shard), subscriptions),
                parts);
        List<SimProducer> producers = new ArrayList<>();
        for (int i = 0; i < scenario.producers(); i++) {
            producers.add(new SimProducer(world, network, broker, history, "producer-" + i, scenario.work()));
        }
        List<SimWorker> workers = new ArrayList<>();
        for (int i = 0; i < scenario.workers(); i++) {
            workers.add(new SimWorker(world, network, broker, history, i, scenario.work()));
        }
        return new SimRun(world, network, broker, history, producers, workers);
    }

    private void live(ScenarioPlan scenario, SimRun run) {
        run.broker().start();
        plan.scenario().begin(run);
        run.producers().forEach(SimProducer::work);
        run.workers().forEach(SimWorker::work);
        new Nemesis(run).start();
        world.runUntil(SimWorld.START_NS + scenario.safetyNs());
        world.heal();
        run.network().heal();
        run.broker().heal();
        drain(scenario, run);
        run.clients().forEach(SimClient::stop);
        run.broker().closeAndReplay();
        checkHistory(scenario, run);
        plan.scenario().check(run);
    }

    private void checkHistory(ScenarioPlan scenario, SimRun run) {
        int slackMs = world.has(Fault.SLOW_SYNC) ? STALLED_SLACK_MS : SLACK_MS;
        Expectations.Clock clock = world.has(Fault.CLOCK_JUMP)
                ? null
                : new Expectations.Clock(
                        SimWorld.START_WALL_MS - SimWorld.START_NS / 1_000_000,
                        // A pause that began under faults may outlast them.
                        Math.max(
                                SimWorld.START_NS + scenario.safetyNs(),
                                run.broker().pausedUntilNs()));
        List<Violation> violations =
                HistoryChecker.check(run.history().entries(), new Expectations(true, slackMs, keptMs(scenario), clock));
        world.checked(run.history().entries().size());
        if (!violations.isEmpty()) {
            throw new SimViolation(
                    violations.get(0).invariant(), violations.get(0).sentence());
        }
    }

    /** How long each ended job is kept at least. */
    private long keptMs(ScenarioPlan scenario) {
        Retention.Limits limits = scenario.broker().retention();
        if (limits.jobsMax() != Integer.MAX_VALUE || world.has(Fault.CLOCK_JUMP)) {
            return 0;
        }
        return LongStream.of(limits.succeededMs(), limits.failedMs(), limits.cancelledMs())
                .filter(ms -> ms > 0)
                .min()
                .orElse(Expectations.FOREVER);
    }

    /** Without faults everything must become terminal; producers look until it is. */
    private void drain(ScenarioPlan scenario, SimRun run) {
        long beganNs = world.nowNs();
        long untilNs = beganNs + scenario.drainNs();
        long finished = finished(run);
        while (!run.isDone() || !run.broker().isServing()) {
            if (finished(run) > finished) {
                // Slow is not stuck: one worker may be the only one of a group, and looks at one shard after the other.
                finished = finished(run);
                untilNs = Math.min(
                        Math.max(untilNs, world.nowNs() + scenario.drainNs()),
                        beganNs + DRAINS_MAX * scenario.drainNs());
            }
            if (world.nowNs() >= untilNs) {
                StringBuilder open = new StringBuilder();
                run.producers().forEach(producer -> open.append(producer.open()).append("; "));
                throw new SimViolation(
                        "drain", "not drained after " + (world.nowNs() - beganNs) / SECOND_NS + " s: " + open);
            }
            run.producers().forEach(SimProducer::readUnfinished);
            world.runUntil(world.nowNs() + SECOND_NS);
        }
    }

    private static long finished(SimRun run) {
        return run.producers().stream().mapToLong(SimProducer::finishedCount).sum();
    }

    private SimReport report(SimRun run, SimReport.Verdict verdict, @Nullable String invariant, String sentence) {
        return new SimReport(
                plan,
                verdict,
                invariant,
                sentence,
                (world.nowNs() - SimWorld.START_NS) / 1_000_000,
                run.producers().stream()
                        .mapToLong(SimProducer::acknowledgedCount)
                        .sum(),
                finished(run),
                run.broker().lives(),
                run.network().delivered(),
                world.checks(),
                world.struck(),
                world.faultCount(),
                trace.hash(),
                trace.lastLines());
    }
}
