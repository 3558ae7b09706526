package io.silo.bench.load;

import io.silo.protocol.RejectReason;
import io.silo.protocol.Xxh64;
import io.silo.protocol.command.Durability;
import io.silo.protocol.session.ShardRoute;
import io.silo.transport.ShardClient;
import io.silo.transport.ShardClientContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.UnsafeBuffer;

/** A session with every shard thread of a server. One thread. */
final class LoadConnections implements AutoCloseable {
    /** Commands in flight per session: a window of single jobs, each enqueued and reported alone. */
    private static final int COMMANDS_MAX = 1 << 16;

    private static final int POLL_LIMIT = 256; // fragments of one client before the others have their turn
    private static final long CONNECT_TIMEOUT_NS = TimeUnit.SECONDS.toNanos(10);

    private final LoadTransport transport;
    private final IdleStrategy idle;
    private final List<LoadConnection> connections = new ArrayList<>();
    private final List<ShardRoute> routes;

    /** @throws LoadException if no session could be opened. */
    LoadConnections(LoadTransport transport, Durability durability, IdleStrategy idle) {
        this.transport = transport;
        this.idle = idle;
        routes = open(0, durability).routes();
        int threads = 0;
        for (ShardRoute route : routes) {
            threads = Math.max(threads, route.thread() + 1);
        }
        for (int thread = 1; thread < threads; thread++) {
            open(thread, durability);
        }
    }

    private LoadConnection open(int thread, Durability durability) {
        final LoadConnection connection = new LoadConnection(durability);
        final ShardClient client = new ShardClient(transport.aeron(), context(transport, thread), connection);
        connection.client(client);
        connections.add(connection);
        if (!isOpened(client, idle)) {
            close();
            throw failure(client);
        }
        return connection;
    }

    static ShardClientContext context(LoadTransport transport, int thread) {
        return transport.context(thread).windowMax(COMMANDS_MAX).clientName("silo-load");
    }

    static boolean isOpened(ShardClient client, IdleStrategy idle) {
        return client.awaitOpen(CONNECT_TIMEOUT_NS, idle);
    }

    /** Why a session could not be opened. */
    static LoadException failure(ShardClient client) {
        final RejectReason refusedBy = client.refusedBy();
        return refusedBy == null
                ? new LoadException(RejectReason.UNREACHABLE, "No server answers.")
                : new LoadException(refusedBy, refusedBy.sentence());
    }

    /** What the server said of its shards. */
    List<ShardRoute> routes() {
        return routes;
    }

    /** Index of the route of a tenant. */
    int routeOf(byte[] tenant) {
        final long hash = Xxh64.hash(new UnsafeBuffer(tenant), 0, tenant.length);
        for (int i = 0; i < routes.size(); i++) {
            if (routes.get(i).holds(hash)) {
                return i;
            }
        }
        throw new LoadException(RejectReason.NOT_OWNER, RejectReason.NOT_OWNER.sentence());
    }

    /** The client of the thread that has a shard. */
    ShardClient client(ShardRoute route) {
        return connections.get(route.thread()).client();
    }

    /** Hands what arrives to the lanes, and asks for tasks of a group. Waits until the server has answered. */
    void subscribe(List<? extends Lane> lanes, byte[] taskGroup, int credits) {
        final long deadlineNs = System.nanoTime() + CONNECT_TIMEOUT_NS;
        for (LoadConnection connection : connections) {
            connection.lanes(lanes);
            connection.subscribe(taskGroup, credits);
            while (!connection.isSubscribed()) {
                if (System.nanoTime() - deadlineNs > 0) {
                    throw new LoadException(RejectReason.UNREACHABLE, "The server does not answer the subscription.");
                }
                idle.idle(connection.client().poll(POLL_LIMIT));
            }
        }
    }

    int poll() {
        int work = 0;
        for (int i = 0; i < connections.size(); i++) {
            work += connections.get(i).client().poll(POLL_LIMIT);
        }
        return work;
    }

    @Override
    public void close() {
        for (LoadConnection connection : connections) {
            connection.client().close();
        }
    }
}
