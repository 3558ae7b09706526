package io.silo.simulation.client;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.Outcome;
import io.silo.protocol.session.ShardRoute;
import io.silo.simulation.history.Entry;
import io.silo.simulation.history.History;
import io.silo.simulation.history.Lease;
import io.silo.simulation.network.SimHost;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.Fault;
import io.silo.simulation.world.Feature;
import io.silo.simulation.world.SimWorld;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Leases tasks, pushed or asked for, keeps them alive by heartbeats, and reports how they ended until the broker answers. Overruns
 * its leases, gives tasks back, closes its session or dies when the run has such features and faults.
 */
public final class SimWorker extends SimClient {
    private static final long MS = 1_000_000;
    private static final long HEARTBEAT_NS = 400 * MS;
    private static final long POLL_NS_MAX = 400 * MS;
    private static final long REPEAT_NS_MAX = 300 * MS;
    private static final int WAIT_MS_MAX = 3_000;

    /**
     * A subscription that brought nothing for so long is made anew, in a new session: its credits may have gone with pushes that were
     * lost. Aeron would have ended the session instead; the simulated network is worse.
     */
    private static final long SILENT_SUBSCRIPTION_NS = 10_000 * MS;

    /** A lease that this worker believes to hold. */
    private static final class Held {
        final Lease lease;
        final long subscription;
        boolean isReporting;

        Held(Lease lease, long subscription) {
            this.lease = lease;
            this.subscription = subscription;
        }
    }

    private final WorkProfile profile;
    private final String taskGroup;
    private final boolean usesSubscription;
    private final Map<String, Held> held = new TreeMap<>();
    private final Refreshing refreshing = new Refreshing(this);
    private long subscription;
    private long subscriptions;
    private int life = 1;
    private long polls;
    private long lastPushNs;

    /** @param number decides its task group and whether it subscribes or polls. */
    public SimWorker(
            SimWorld world, SimNetwork network, SimHost host, History history, int number, WorkProfile profile) {
        super(world, network, host, history, "worker-" + number);
        this.profile = profile;
        this.taskGroup = profile.taskGroup(number % profile.taskGroups());
        boolean isOdd = number / profile.taskGroups() % 2 == 1;
        this.usesSubscription = world.has(Feature.SUBSCRIPTIONS) && !isOdd;
    }

    /** Begins to work. */
    public void work() {
        start();
        heartbeats();
        if (!usesSubscription) {
            poll();
        }
        if (world.has(Feature.RETURNS)) {
            closeNowAndThen();
        }
        if (world.has(Feature.FLOATING)) {
            refreshing.askLater();
        }
    }

    String taskGroup() {
        return taskGroup;
    }

    @Override
    protected void onOpen() {
        // Leases of the session before are claimed by the next heartbeat.
        heartbeat();
        if (usesSubscription) {
            subscription = ++subscriptions;
            lastPushNs = world.nowNs();
            addCredits(subscription, Math.max(1, profile.concurrency() - held.size()));
        }
    }

    @Override
    protected void onLost() {
        subscription = 0;
    }

    @Override
    protected void onPush(Reply reply) {
        lastPushNs = world.nowNs();
        onTasks(reply, reply.subscription());
    }

    private void addCredits(long id, int credits) {
        call(
                "Subscribe",
                0,
                correlation -> commands.subscribe(correlation, id, credits, "", taskGroup, name()),
                reply -> {},
                () -> {
                    // Whether it came through is not known: a new session begins anew.
                    if (subscription == id) {
                        giveUpLink();
                    }
                });
    }

    // ---- asking for tasks

    private void poll() {
        if (isStopped()) {
            return;
        }
        int room = profile.concurrency() - held.size();
        if (!isOpen() || room <= 0 || routes().isEmpty()) {
            pollLater();
            return;
        }
        ShardRoute route = routes().get(random.nextInt(routes().size()));
        int waitMs = world.has(Feature.LONG_POLL) ? random.nextInt(WAIT_MS_MAX) : 0;
        lease(route.shard(), random.nextLong(), waitMs, 1 + random.nextInt(room), 3);
    }

    private void lease(int shard, long requestId, int waitMs, int max, int triesLeft) {
        int calledIn = life;
        call(
                "LeaseTasks",
                waitMs * MS,
                correlation -> commands.leaseTasks(correlation, shard, requestId, waitMs, max, taskGroup, name()),
                reply -> {
                    if (life == calledIn && reply.isTasks()) {
                        onTasks(reply, 0);
                    }
                    pollLater();
                },
                () -> {
                    if (life == calledIn && triesLeft > 0 && !isStopped()) {
                        // The same request: it gets the leases of the first call, if that one came through.
                        lease(shard, requestId, 0, max, triesLeft - 1);
                    } else {
                        pollLater();
                    }
                });
    }

    /** The newest plan to poll counts: there is one chain of polls, whatever was lost or crashed meanwhile. */
    private void pollLater() {
        long number = ++polls;
        world.after(1 + random.nextLong(POLL_NS_MAX), () -> {
            if (number == polls) {
                poll();
            }
        });
    }

    // ---- working

    private static String key(Lease lease) {
        return lease.shard() + ":" + lease.jobKey();
    }

    private void onTasks(Reply reply, long ofSubscription) {
        for (Lease lease : reply.tasks()) {
            history.add(new Entry.Granted(world.nowNs(), name(), name(), lease, reply.isDurable()));
            Held before = held.get(key(lease));
            if (before != null && before.lease.token() == lease.token() && before.lease.epoch() == lease.epoch()) {
                continue;
            }
            Held taken = new Held(lease, ofSubscription);
            held.put(key(lease), taken);
            begin(taken);
        }
    }

    /** Once all is healed, nobody does: jobs that wait for one unique key would take turns for minutes. */
    private boolean overruns() {
        return world.has(Feature.OVERRUNS) && !world.isHealed();
    }

    private void begin(Held task) {
        long workNs = 1 + random.nextLong(profile.workMsMax() * MS);
        if (overruns() && random.nextInt(12) == 0) {
            workNs += Math.max(1_500, task.lease.leaseMs()) * MS * 2;
        }
        boolean givesBack = world.has(Feature.RETURNS) && random.nextInt(12) == 0;
        boolean snoozes = world.has(Feature.SNOOZES) && random.nextInt(8) == 0;
        int bornIn = life;
        world.after(workNs, () -> {
            if (life != bornIn || isStopped() || held.get(key(task.lease)) != task) {
                return;
            }
            if (snoozes) {
                giveBack(task, 1 + random.nextInt(3_000));
            } else if (givesBack) {
                giveBack(task, 0);
            } else if (!task.isReporting) {
                finish(task);
            }
        });
    }

    private void finish(Held task) {
        Outcome outcome = Outcome.SUCCEEDED;
        int dice = random.nextInt(100);
        if (dice < profile.failurePercent()) {
            outcome = dice % 5 == 4 ? Outcome.CANCELLED : Outcome.FAILED;
        }
        end(task, outcome);
    }

    private void end(Held task, Outcome outcome) {
        task.isReporting = true;
        byte[] result = outcome == Outcome.CANCELLED
                ? new byte[0]
                : ("result of " + task.lease.job() + " attempt " + task.lease.attempt())
                        .getBytes(StandardCharsets.UTF_8);
        String errorCode = outcome == Outcome.FAILED ? "E" + random.nextInt(3) : "";
        boolean appended = world.has(Feature.APPENDED) && random.nextBoolean();
        report(task, new Commands.Report(task.lease, outcome, errorCode, result), appended, true);
    }

    private void report(Held task, Commands.Report report, boolean appended, boolean givesCredit) {
        long entry = history.nextCall();
        Lease lease = report.lease();
        history.add(new Entry.ReportInvoked(
                world.nowNs(),
                entry,
                name(),
                name(),
                lease,
                report.outcome().name(),
                report.errorCode(),
                Reply.crc(report.result()),
                !appended));
        int calledIn = life;
        long creditTo = givesCredit && task.subscription == subscription ? subscription : 0;
        call(
                "ReportOutcome",
                0,
                correlation -> commands.report(
                        correlation, lease.shard(), appended, creditTo, creditTo == 0 ? 0 : 1, List.of(report)),
                reply -> {
                    int code = reply.items(1).get(0).code();
                    history.add(new Entry.ReportAnswered(world.nowNs(), entry, code, reply.place(), reply.isDurable()));
                    RejectReason reason = RejectReason.fromCode(code);
                    if (reason != null && reason.isTransient()) {
                        repeat(calledIn, () -> report(task, report, appended, givesCredit));
                    } else {
                        drop(task, creditTo == 0);
                    }
                },
                // The credit may have come with the call whose answer is missing: it is not given twice.
                () -> repeat(calledIn, () -> report(task, report, appended, false)));
    }

    private void repeat(int calledIn, Runnable again) {
        world.after(random.nextLong(REPEAT_NS_MAX), () -> {
            if (life == calledIn && !isStopped()) {
                again.run();
            }
        });
    }

    private void giveBack(Held task, long snoozeMs) {
        long entry = history.nextCall();
        int calledIn = life;
        history.add(new Entry.ReturnInvoked(world.nowNs(), entry, name(), name(), task.lease, snoozeMs, true));
        call(
                "ReturnLeases",
                0,
                correlation -> commands.returnLease(correlation, task.lease, snoozeMs, name()),
                reply -> {
                    history.add(new Entry.ReturnAnswered(
                            world.nowNs(), entry, reply.items(1).get(0).code(), reply.place(), reply.isDurable()));
                    drop(task, true);
                },
                () -> repeat(calledIn, () -> drop(task, true)));
    }

    private void drop(Held task, boolean lostCredit) {
        if (held.get(key(task.lease)) == task) {
            held.remove(key(task.lease));
        }
        if (lostCredit && usesSubscription && subscription != 0 && subscription == task.subscription) {
            addCredits(subscription, 1);
        }
    }

    // ---- staying alive

    private void heartbeats() {
        if (!isStopped()) {
            heartbeat();
            if (subscription != 0 && world.nowNs() - lastPushNs > SILENT_SUBSCRIPTION_NS && mayLosePushes()) {
                giveUpLink();
            }
            world.after(HEARTBEAT_NS, this::heartbeats);
        }
    }

    private boolean mayLosePushes() {
        return world.has(Fault.MESSAGE_LOSS) || world.has(Fault.PARTITION);
    }

    private void heartbeat() {
        if (!isOpen() || held.isEmpty()) {
            return;
        }
        Map<Integer, List<Held>> byShard = new TreeMap<>();
        for (Held task : held.values()) {
            // Who overruns its lease does not renew it.
            if (!overruns() || task.lease.token() % 5 != 0) {
                byShard.computeIfAbsent(task.lease.shard(), shard -> new ArrayList<>())
                        .add(task);
            }
        }
        byShard.forEach(this::heartbeat);
    }

    private void heartbeat(int shard, List<Held> tasks) {
        List<Lease> leases = tasks.stream().map(task -> task.lease).toList();
        List<Long> entries = new ArrayList<>();
        for (Lease lease : leases) {
            long entry = history.nextCall();
            entries.add(entry);
            history.add(new Entry.HeartbeatInvoked(world.nowNs(), entry, name(), name(), lease));
        }
        call(
                "Heartbeat",
                0,
                correlation -> commands.heartbeat(correlation, shard, leases, name()),
                reply -> {
                    List<Reply.Item> items = reply.items(leases.size());
                    for (int i = 0; i < leases.size(); i++) {
                        int code = items.get(i).code();
                        history.add(new Entry.HeartbeatAnswered(world.nowNs(), entries.get(i), code));
                        RejectReason reason = RejectReason.fromCode(code);
                        if (reason != null && !reason.isTransient() && !tasks.get(i).isReporting) {
                            drop(tasks.get(i), true);
                        } else if (reply.isCalledOff(i)) {
                            obey(tasks.get(i));
                        }
                    }
                },
                () -> {});
    }

    /** Half of the tasks that are called off end at once; others go on and end as they would have. */
    private void obey(Held task) {
        if (!task.isReporting && held.get(key(task.lease)) == task && random.nextBoolean()) {
            end(task, Outcome.CANCELLED);
        }
    }

    private void closeNowAndThen() {
        world.after(1 + random.nextLong(20_000 * MS), () -> {
            if (isStopped() || world.isHealed()) {
                return;
            }
            if (isOpen()) {
                history.add(new Entry.SessionClosed(world.nowNs(), name(), name()));
                tell("CloseSession", commands.closeSession());
                forget();
                giveUpLink();
            }
            closeNowAndThen();
        });
    }

    /** The process dies and another comes up under the same name, which knows nothing. */
    public void crash() {
        forgetCalls();
        forget();
        giveUpLink();
        if (!usesSubscription) {
            // The poll under way died with the process.
            pollLater();
        }
        if (world.has(Feature.FLOATING)) {
            refreshing.askLater();
        }
    }

    private void forget() {
        life++;
        held.clear();
        subscription = 0;
    }

    /** Leases that it believes to hold. */
    public int heldCount() {
        return held.size();
    }
}
