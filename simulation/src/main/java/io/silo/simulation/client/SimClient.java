package io.silo.simulation.client;

import io.silo.protocol.Xxh64;
import io.silo.protocol.reply.HelloReplyDecoder;
import io.silo.protocol.session.ShardRoute;
import io.silo.simulation.history.History;
import io.silo.simulation.network.SimHost;
import io.silo.simulation.network.SimLink;
import io.silo.simulation.network.SimNetwork;
import io.silo.simulation.world.SimWorld;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongFunction;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * What producers and workers have in common: a connection that is made again whenever it is lost, calls with a time-out, and signs of
 * life. A call whose time is over has an unknown outcome; the caller repeats it.
 */
public abstract class SimClient implements SimLink.End {
    private static final long CALL_NS_MIN = 300_000_000;
    private static final long CALL_NS_MORE = 2_000_000_000;
    private static final long KEEP_ALIVE_NS = 2_000_000_000;
    private static final long RECONNECT_NS_MIN = 10_000_000;
    private static final long RECONNECT_NS_MORE = 500_000_000;

    /** Calls in a row that were not answered: then the connection is given up. */
    private static final int SILENCE_MAX = 4;

    private record Call(Consumer<Reply> onReply, Runnable onUnknown) {}

    protected final SimWorld world;
    protected final History history;
    protected final SplittableRandom random;
    protected final Commands commands = new Commands();
    private final SimNetwork network;
    private final SimHost host;
    private final String name;
    private final TreeMap<Long, Call> calls = new TreeMap<>();
    private final UnsafeBuffer tenantBytes = new UnsafeBuffer(0, 0);
    private @Nullable SimLink link;
    private List<ShardRoute> routes = List.of();
    private boolean isOpen;
    private boolean isStopped;
    private long correlations;
    private int silence;

    protected SimClient(SimWorld world, SimNetwork network, SimHost host, History history, String name) {
        this.world = world;
        this.network = network;
        this.host = host;
        this.history = history;
        this.name = name;
        this.random = world.random(name);
    }

    /** Connects, now and whenever the connection is lost. */
    public final void start() {
        connect();
        keepAlive();
    }

    /** Connects no more and calls nobody. */
    public final void stop() {
        isStopped = true;
        dropLink();
    }

    public final String name() {
        return name;
    }

    public final boolean isStopped() {
        return isStopped;
    }

    /** A session was opened. */
    protected abstract void onOpen();

    /** The session is gone; calls under way were told. */
    protected abstract void onLost();

    /** Tasks were pushed. */
    protected abstract void onPush(Reply reply);

    // ---- calls

    /**
     * Makes a call.
     *
     * @param encoder from a correlation id.
     * @param onUnknown no answer came in time, or the connection was lost.
     */
    protected final void call(
            String what, long extraNs, LongFunction<byte[]> encoder, Consumer<Reply> onReply, Runnable onUnknown) {
        SimLink open = link;
        if (open == null || isStopped) {
            world.after(RECONNECT_NS_MIN, onUnknown);
            return;
        }
        long correlation = ++correlations;
        calls.put(correlation, new Call(onReply, onUnknown));
        world.trace(name, "> " + what + ' ' + correlation);
        network.sendToBroker(open, encoder.apply(correlation));
        world.after(CALL_NS_MIN + extraNs + random.nextLong(CALL_NS_MORE), () -> {
            Call late = calls.remove(correlation);
            if (late != null) {
                world.trace(name, "! " + correlation);
                late.onUnknown().run();
                if (++silence >= SILENCE_MAX) {
                    silence = 0;
                    giveUpLink();
                }
            }
        });
    }

    /** Shard of a tenant; whichever is first if the map is not known yet. */
    protected final int shardOf(String tenant) {
        tenantBytes.wrap((tenant.isEmpty() ? "-" : tenant).getBytes(StandardCharsets.UTF_8));
        long hash = Xxh64.hash(tenantBytes, 0, tenantBytes.capacity());
        for (ShardRoute route : routes) {
            if (route.holds(hash)) {
                return route.shard();
            }
        }
        return 0;
    }

    protected final List<ShardRoute> routes() {
        return routes;
    }

    protected final boolean isOpen() {
        return isOpen;
    }

    /** Sends a message that has no answer. */
    protected final void tell(String what, byte[] message) {
        if (link != null) {
            world.trace(name, "> " + what);
            network.sendToBroker(link, message);
        }
    }

    // ---- connection

    private void connect() {
        if (isStopped || link != null) {
            return;
        }
        SimLink made = network.connect(name, host, this);
        link = made;
        call(
                "Hello",
                0,
                correlation -> commands.hello(correlation, name),
                reply -> {
                    if (reply.templateId() == HelloReplyDecoder.TEMPLATE_ID) {
                        routes = reply.routes();
                        isOpen = true;
                        world.trace(name, "open");
                        onOpen();
                    } else {
                        giveUpLink();
                    }
                },
                () -> {
                    if (link == made) {
                        giveUpLink();
                    }
                });
    }

    /** Ends the connection and makes another. */
    protected final void giveUpLink() {
        if (link != null) {
            network.closeByClient(link);
            lost();
        }
    }

    /** The connection ends, as by a fault of the network that both sides notice. */
    public final void dropConnection() {
        giveUpLink();
    }

    private void dropLink() {
        if (link != null) {
            network.closeByClient(link);
            link = null;
        }
        calls.clear();
    }

    /** Forgets all calls without telling anybody: the process of the client died. */
    protected final void forgetCalls() {
        calls.clear();
    }

    private void lost() {
        link = null;
        boolean wasOpen = isOpen;
        isOpen = false;
        List<Call> broken = List.copyOf(calls.values());
        calls.clear();
        broken.forEach(call -> call.onUnknown().run());
        if (wasOpen) {
            onLost();
        }
        world.after(RECONNECT_NS_MIN + random.nextLong(RECONNECT_NS_MORE), this::connect);
    }

    private void keepAlive() {
        if (!isStopped) {
            if (isOpen) {
                tell("KeepAlive", commands.keepAlive());
            }
            world.after(KEEP_ALIVE_NS, this::keepAlive);
        }
    }

    @Override
    public final void onMessage(byte[] message) {
        if (isStopped) {
            return;
        }
        Reply reply = new Reply(message);
        world.trace(name, "< " + reply.templateId() + ' ' + reply.correlation() + ' ' + reply.code());
        silence = 0;
        if (reply.correlation() == 0) {
            onPush(reply);
            return;
        }
        Call call = calls.remove(reply.correlation());
        if (call != null) {
            call.onReply().accept(reply);
        }
    }

    @Override
    public final void onClosed() {
        if (!isStopped && link != null && !link.isOpen()) {
            world.trace(name, "lost");
            lost();
        }
    }
}
