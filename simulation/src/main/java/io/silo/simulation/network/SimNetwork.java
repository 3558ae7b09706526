package io.silo.simulation.network;

import io.silo.simulation.world.Fault;
import io.silo.simulation.world.SimWorld;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Carries messages. Without faults a connection is what Aeron gives: reliable and ordered, with a delay. With them messages vanish,
 * come twice or overtake each other, and clients are cut off in one direction or both: more than Aeron would ever do, since nothing
 * above may depend on less.
 */
public final class SimNetwork {
    /** Least delay of a message: a hop through shared memory or loopback. */
    private static final long DELAY_NS_MIN = 20_000;

    /** A closed or refused connection is noticed after so long at most. */
    private static final long NOTICE_NS_MAX = 50_000_000;

    /** A duplicate comes so much later at most. */
    private static final long DUPLICATE_NS_MAX = 200_000_000;

    private static final int TO_BROKER = 1;
    private static final int TO_CLIENT = 2;

    private final SimWorld world;
    private final SplittableRandom random;
    private final long delayNsMax;
    private final Map<String, Integer> cut = new HashMap<>();
    private long delivered;

    /** @param delayNsMax longest delay of a message, above 20 µs. */
    public SimNetwork(SimWorld world, long delayNsMax) {
        this.world = world;
        this.random = world.random("network");
        this.delayNsMax = delayNsMax;
    }

    /** Connects a client; {@link SimLink.End#onClosed} tells it if nobody listens. Messages may be sent at once. */
    public SimLink connect(String client, SimHost host, SimLink.End clientEnd) {
        SimLink link = new SimLink(client, clientEnd);
        long atNs = world.nowNs() + delay();
        link.last(true, atNs);
        world.at(atNs, () -> {
            if (!link.isOpen() || isCut(client, TO_BROKER)) {
                return;
            }
            SimLink.End brokerEnd = host.accept(link);
            if (brokerEnd == null) {
                close(link, true);
            } else {
                link.accept(brokerEnd);
            }
        });
        return link;
    }

    /** Sends a message of the client. */
    public void sendToBroker(SimLink link, byte[] message) {
        send(link, message, true, 0);
    }

    /** Sends a message of the broker that leaves so long from now. */
    public void sendToClient(SimLink link, byte[] message, long departNs) {
        send(link, message, false, departNs);
    }

    private void send(SimLink link, byte[] message, boolean isToBroker, long departNs) {
        if (!link.isOpen()) {
            return;
        }
        if (world.strikes(Fault.MESSAGE_LOSS, random, link.client())) {
            return;
        }
        long atNs = world.nowNs() + departNs + delay();
        if (world.strikes(Fault.REORDERING, random, link.client())) {
            atNs += delay() + random.nextLong(NOTICE_NS_MAX);
        } else {
            atNs = Math.max(atNs, link.last(isToBroker) + 1);
            link.last(isToBroker, atNs);
        }
        deliverAt(link, message, isToBroker, atNs);
        if (world.strikes(Fault.DUPLICATION, random, link.client())) {
            deliverAt(link, message, isToBroker, atNs + 1 + random.nextLong(DUPLICATE_NS_MAX));
        }
    }

    private void deliverAt(SimLink link, byte[] message, boolean isToBroker, long atNs) {
        world.at(atNs, () -> {
            if (!link.isOpen() || isCut(link.client(), isToBroker ? TO_BROKER : TO_CLIENT)) {
                return;
            }
            SimLink.End end = isToBroker ? link.brokerEnd() : link.clientEnd();
            if (end != null) {
                delivered++;
                end.onMessage(message);
            }
        });
    }

    /** Ends a connection: the client learns of it later, unless it is cut off. */
    public void closeByBroker(SimLink link) {
        close(link, true);
    }

    /** Ends a connection: the broker learns of it later, unless the client is cut off. */
    public void closeByClient(SimLink link) {
        close(link, false);
    }

    private void close(SimLink link, boolean tellsClient) {
        if (!link.isOpen()) {
            return;
        }
        link.close();
        SimLink.End told = tellsClient ? link.clientEnd() : link.brokerEnd();
        if (told == null) {
            return;
        }
        int direction = tellsClient ? TO_CLIENT : TO_BROKER;
        world.after(delay() + random.nextLong(NOTICE_NS_MAX), () -> {
            if (!isCut(link.client(), direction)) {
                told.onClosed();
            }
        });
    }

    /** Cuts a client off for a while, in one direction or both. */
    public void partition(String client, long durationNs) {
        partition(client, 1 + random.nextInt(3), durationNs);
    }

    /** Cuts a client off for a while, in both directions. */
    public void cutOff(String client, long durationNs) {
        partition(client, TO_BROKER | TO_CLIENT, durationNs);
    }

    private void partition(String client, int directions, long durationNs) {
        cut.put(client, directions);
        world.trace("network", "cut off " + client + (directions == 3 ? "" : directions == TO_BROKER ? " >" : " <"));
        world.after(durationNs, () -> {
            if (cut.remove(client) != null) {
                world.trace("network", "joined " + client);
            }
        });
    }

    /** Ends every partition. */
    public void heal() {
        cut.clear();
    }

    /** Messages that arrived. */
    public long delivered() {
        return delivered;
    }

    private boolean isCut(String client, int direction) {
        return (cut.getOrDefault(client, 0) & direction) != 0;
    }

    private long delay() {
        return DELAY_NS_MIN + random.nextLong(Math.max(1, delayNsMax - DELAY_NS_MIN));
    }
}
