package io.silo.simulation.broker;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandConsumer.Disposition;
import io.silo.protocol.CommandSource;
import io.silo.protocol.ReplySink;
import io.silo.protocol.Session;
import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.Connection;
import io.silo.protocol.session.SessionGate;
import io.silo.simulation.network.SimLink;
import io.silo.simulation.network.SimNetwork;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The simulated transport of one shard thread: messages of connections to the {@link SessionGate} and replies back, in the order and
 * with the back pressure of the Aeron one. Lives as long as the process.
 */
final class SimIngress implements CommandSource, ReplySink {
    private final SimProcess process;
    private final SimNetwork network;
    private final SessionGate gate;
    private final Set<String> slowClients;
    private final List<SimConnection> connections = new ArrayList<>();
    private final UnsafeBuffer view = new UnsafeBuffer(0, 0);
    private int firstPolled;

    /** @param slowClients names of clients that do not read now; shared with who decides that. */
    SimIngress(SimProcess process, SimNetwork network, SessionGate gate, Set<String> slowClients) {
        this.process = process;
        this.network = network;
        this.gate = gate;
        this.slowClients = slowClients;
    }

    SimConnection connect(SimLink link) {
        SimConnection connection = new SimConnection(this, link);
        connections.add(connection);
        gate.onConnected(connection, process.nanoTime());
        return connection;
    }

    @Override
    public int poll(CommandConsumer consumer, int limit) {
        long nowNs = process.nanoTime();
        int work = gate.checkTimeouts(nowNs);
        List<SimConnection> live = new ArrayList<>(connections);
        firstPolled = firstPolled + 1 < live.size() ? firstPolled + 1 : 0;
        int left = limit;
        boolean stopped = false;
        for (int i = 0; i < live.size() && left > 0 && !stopped; i++) {
            SimConnection connection = live.get((firstPolled + i) % live.size());
            byte[] message = connection.peek();
            while (message != null && left > 0 && connection.state() != Connection.State.CLOSED) {
                view.wrap(message);
                Disposition disposition = gate.onMessage(connection, view, 0, message.length, consumer, nowNs);
                if (disposition == Disposition.RETRY || process.isDead()) {
                    stopped = true;
                    break;
                }
                connection.take();
                left--;
                work++;
                message = connection.peek();
            }
        }
        connections.removeIf(connection -> connection.state() == Connection.State.CLOSED);
        return work + gate.notifyEnded(consumer);
    }

    @Override
    public long waitedMs() {
        long nowNs = process.nanoTime();
        long waitedNs = 0;
        for (SimConnection connection : connections) {
            waitedNs = Math.max(waitedNs, connection.waitedNs(nowNs));
        }
        return waitedNs / 1_000_000;
    }

    @Override
    public boolean isBehind(Session session) {
        boolean isBehind = gate.connection(session) instanceof SimConnection connection && connection.isBehind();
        if (isBehind) {
            process.tapBehind(session);
        }
        return isBehind;
    }

    @Override
    public void send(Session session, DirectBuffer buffer, int offset, int length) {
        if (process.isDead()) {
            return;
        }
        process.onReply(session, buffer, offset, length);
        if (gate.connection(session) instanceof SimConnection connection) {
            connection.sendReply(buffer, offset, length);
        }
    }

    @Override
    public int flush() {
        int work = 0;
        for (SimConnection connection : new ArrayList<>(connections)) {
            work += connection.flush();
        }
        return work;
    }

    boolean isSlow(String client) {
        return slowClients.contains(client);
    }

    void leave(SimConnection connection, byte[] message) {
        if (!process.isDead()) {
            network.sendToClient(connection.link(), message, process.stalledNs());
        }
    }

    long nowNs() {
        return process.nanoTime();
    }

    void onArrival() {
        process.wake();
    }

    void onLost(SimConnection connection) {
        if (!process.isDead()) {
            gate.close(connection, CloseReason.CONNECTION_LOST);
            process.wake();
        }
    }

    void onTooSlow(SimConnection connection) {
        gate.close(connection, CloseReason.TOO_SLOW);
    }

    void onGateClosed(SimConnection connection, CloseReason reason) {
        process.trace("closed " + connection.link().client() + ' ' + reason);
        network.closeByBroker(connection.link());
    }

    /** The process is gone, and with it every connection. */
    void abandon() {
        for (SimConnection connection : connections) {
            network.closeByBroker(connection.link());
        }
        connections.clear();
    }
}
