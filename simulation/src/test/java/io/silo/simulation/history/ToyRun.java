package io.silo.simulation.history;

import io.silo.protocol.RejectReason;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A random run of clients against a {@link ToyBroker}: calls and answers overlap, come late or never, calls are repeated; the broker
 * is killed, loses power, sessions are closed. At the end the faults stop, all is worked off and every job is read.
 */
final class ToyRun {
    private static final int STEPS = 250;
    private static final int DRAIN_ROUNDS_MAX = 200;
    private static final int LEASE_MS = 2_000;

    private record Message(String session, boolean durable, Supplier<ToyBroker.Reply> effect, Delivery delivery) {}

    private interface Delivery {
        void deliver(ToyBroker.Reply reply, boolean durable);
    }

    private record Parked(ToyBroker.Reply reply, Message message) {}

    private final class Client {
        final int number;
        int session;
        final List<Lease> leases = new ArrayList<>();

        Client(int number) {
            this.number = number;
        }

        String name() {
            return "client-" + number + "-" + session;
        }

        String worker() {
            return "worker-" + number + (freshWorkers ? "-" + session : "");
        }
    }

    private final SplittableRandom random;
    private final ToyBroker broker;
    private final List<Entry> entries = new ArrayList<>();
    private final List<Message> onTheWay = new ArrayList<>();
    private final List<Parked> parked = new ArrayList<>();
    private final List<Runnable> sent = new ArrayList<>();
    private final List<Client> clients = List.of(new Client(0), new Client(1), new Client(2));
    private final List<JobSpec> specs = new ArrayList<>();
    private final boolean faults;
    private final boolean freshWorkers;
    private long calls;

    ToyRun(long seed, ToyBroker.Mutation mutation) {
        random = new SplittableRandom(seed);
        broker = new ToyBroker(random.split(), mutation);
        faults = random.nextInt(4) != 0;
        freshWorkers = random.nextBoolean();
    }

    List<Entry> run() {
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        drain();
        return entries;
    }

    int planted() {
        return broker.planted();
    }

    private long ns() {
        return broker.nowMs * 1_000_000;
    }

    private void step() {
        broker.nowMs += random.nextInt(4) == 0 ? random.nextInt(300) : random.nextInt(3);
        broker.expire();
        final int choice = random.nextInt(100);
        if (choice < 35) {
            act(clients.get(random.nextInt(clients.size())));
        } else if (choice < 65) {
            handle();
        } else if (choice < 75) {
            sync();
        } else if (choice < 97) {
            deliver();
        } else if (faults) {
            fail(choice);
        }
    }

    private void fail(int choice) {
        if (choice == 97) {
            entries.add(new Entry.ProcessKilled(ns()));
            broker.kill();
            restarted();
        } else if (choice == 98) {
            entries.add(new Entry.PowerLost(ns()));
            broker.losePower();
            restarted();
        } else {
            final Client client = clients.get(random.nextInt(clients.size()));
            final String session = client.name();
            entries.add(new Entry.SessionClosed(ns(), session, client.worker()));
            client.session++;
            client.leases.clear();
            onTheWay.add(new Message(
                    session,
                    false,
                    () -> {
                        broker.close(session);
                        return new ToyBroker.Reply(0, LogPlace.NONE, false, 0, null, List.of());
                    },
                    (reply, durable) -> {}));
        }
    }

    /** Some calls reach the new process: a client's transport repeats them. Replies that were sent may still come. */
    private void restarted() {
        parked.clear();
        onTheWay.removeIf(message -> random.nextBoolean());
        sent.removeIf(reply -> random.nextBoolean());
    }

    private void handle() {
        if (onTheWay.isEmpty()) {
            return;
        }
        final Message message = onTheWay.remove(random.nextInt(onTheWay.size()));
        if (broker.isClosed(message.session)) {
            return;
        }
        final ToyBroker.Reply reply = message.effect.get();
        if (message.durable && !broker.mayAcknowledge(reply)) {
            parked.add(new Parked(reply, message));
        } else {
            send(reply, message);
        }
    }

    private void send(ToyBroker.Reply reply, Message message) {
        sent.add(() -> message.delivery.deliver(reply, message.durable || reply.durable()));
    }

    private void sync() {
        broker.sync();
        parked.forEach(one -> send(one.reply, one.message));
        parked.clear();
    }

    private void deliver() {
        if (!sent.isEmpty()) {
            final Runnable reply = sent.remove(random.nextInt(sent.size()));
            if (random.nextInt(12) != 0) {
                reply.run();
            }
        }
    }

    private void act(Client client) {
        final boolean durable = random.nextInt(4) != 0;
        final int choice = random.nextInt(20);
        if (choice < 4) {
            specs.add(newSpec());
            enqueue(client, specs.get(specs.size() - 1), durable);
        } else if (choice < 6) {
            if (!specs.isEmpty()) {
                enqueue(client, specs.get(random.nextInt(specs.size())), durable);
            }
        } else if (choice < 10) {
            poll(client, durable, random.nextInt(6) == 0);
        } else if (choice < 14) {
            withLease(client, lease -> report(client, lease, durable, random.nextInt(3) == 0));
        } else if (choice < 16) {
            withLease(client, lease -> heartbeat(client, lease));
        } else if (choice < 17) {
            withLease(client, lease -> giveBack(client, lease, durable));
        } else if (!specs.isEmpty()) {
            read(client, specs.get(random.nextInt(specs.size())).job(), durable);
        }
    }

    private JobSpec newSpec() {
        final List<JobSpec.Limit> limits =
                random.nextInt(3) == 0 ? List.of(new JobSpec.Limit("limit", 1 + random.nextInt(2))) : List.of();
        // Now and then an id is used twice.
        final int id = random.nextInt(15) == 0 ? random.nextInt(specs.size() + 1) : specs.size();
        return new JobSpec(
                new JobRef("t", "job-" + id),
                "g",
                random.nextInt(3),
                random.nextInt(5) == 0 ? broker.nowMs + random.nextInt(500) : 0,
                random.nextInt(3),
                LEASE_MS,
                100 + specs.size(),
                limits);
    }

    private void withLease(Client client, Consumer<Lease> action) {
        if (!client.leases.isEmpty()) {
            action.accept(client.leases.get(random.nextInt(client.leases.size())));
        }
    }

    private void enqueue(Client client, JobSpec spec, boolean durable) {
        final long call = ++calls;
        entries.add(new Entry.EnqueueInvoked(ns(), call, client.name(), spec, durable));
        onTheWay.add(new Message(
                client.name(),
                durable,
                () -> broker.enqueue(spec),
                (reply, reached) -> entries.add(
                        new Entry.EnqueueAnswered(ns(), call, reply.code(), reply.jobKey(), reply.place(), reached))));
    }

    private void poll(Client client, boolean durable, boolean again) {
        final String session = client.name();
        final String worker = client.worker();
        final int max = 1 + random.nextInt(2);
        onTheWay.add(new Message(
                session,
                durable,
                () -> again ? broker.leaseAgain(session, worker) : broker.lease(session, worker, max),
                (reply, reached) -> {
                    if (!client.name().equals(session)) {
                        return;
                    }
                    for (final Lease lease : reply.leases()) {
                        entries.add(new Entry.Granted(ns(), session, worker, lease, reached));
                        if (!client.leases.contains(lease)) {
                            client.leases.add(lease);
                        }
                    }
                }));
    }

    private void report(Client client, Lease lease, boolean durable, boolean fails) {
        final long call = ++calls;
        final String outcome = fails ? "FAILED" : "SUCCEEDED";
        final String errorCode = fails ? "E" + random.nextInt(2) : "";
        final int crc = random.nextInt(1, 1_000);
        entries.add(new Entry.ReportInvoked(
                ns(), call, client.name(), client.worker(), lease, outcome, errorCode, crc, durable));
        onTheWay.add(new Message(
                client.name(),
                durable,
                () -> broker.report(lease, outcome, errorCode, crc),
                (reply, reached) ->
                        entries.add(new Entry.ReportAnswered(ns(), call, reply.code(), reply.place(), reached))));
        if (random.nextInt(3) == 0) {
            client.leases.remove(lease);
        }
    }

    private void heartbeat(Client client, Lease lease) {
        final long call = ++calls;
        final String session = client.name();
        entries.add(new Entry.HeartbeatInvoked(ns(), call, session, client.worker(), lease));
        onTheWay.add(new Message(
                session,
                false,
                () -> broker.heartbeat(session, lease),
                (reply, reached) -> entries.add(new Entry.HeartbeatAnswered(ns(), call, reply.code()))));
    }

    private void giveBack(Client client, Lease lease, boolean durable) {
        final long call = ++calls;
        entries.add(new Entry.ReturnInvoked(ns(), call, client.name(), client.worker(), lease, 0, durable));
        onTheWay.add(new Message(
                client.name(),
                durable,
                () -> broker.giveBack(lease),
                (reply, reached) ->
                        entries.add(new Entry.ReturnAnswered(ns(), call, reply.code(), reply.place(), reached))));
    }

    private void read(Client client, JobRef ref, boolean durable) {
        final long call = ++calls;
        entries.add(new Entry.ReadInvoked(ns(), call, client.name(), ref));
        onTheWay.add(new Message(
                client.name(),
                durable,
                () -> broker.read(ref),
                (reply, reached) ->
                        entries.add(new Entry.ReadAnswered(ns(), call, reply.code(), reply.seen(), reply.place()))));
    }

    private void settle() {
        while (!onTheWay.isEmpty()) {
            handle();
        }
        sync();
        while (!sent.isEmpty()) {
            sent.remove(0).run();
        }
    }

    private void drain() {
        settle();
        for (int round = 0; round < DRAIN_ROUNDS_MAX; round++) {
            broker.nowMs += 100;
            broker.expire();
            for (final Client client : clients) {
                poll(client, true, false);
                settle();
                for (final Lease lease : List.copyOf(client.leases)) {
                    report(client, lease, true, false);
                    client.leases.remove(lease);
                }
                settle();
            }
        }
        for (final JobSpec spec : specs) {
            read(clients.get(0), spec.job(), true);
        }
        settle();
    }

    /** Accepted calls in what was written so far. */
    static long accepted(List<Entry> entries) {
        return entries.stream()
                .filter(entry -> entry instanceof Entry.EnqueueAnswered answered && answered.code() == RejectReason.OK
                        || entry instanceof Entry.ReportAnswered report && report.code() == RejectReason.OK
                        || entry instanceof Entry.ReadAnswered read && read.code() == RejectReason.OK)
                .count();
    }
}
