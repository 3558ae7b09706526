package io.silo.client;

import java.nio.file.Path;
import java.time.Duration;

/** Collects what a {@link SiloClient} is made of. One thread. */
public final class SiloClientBuilder {
    /** Where a server listens unless told otherwise. */
    public static final String ADDRESS_DEFAULT = "127.0.0.1:7451";

    private static final int WINDOW_MAX = 16_384;

    private String hostAndPort = ADDRESS_DEFAULT;
    private int controlPort;
    ServerAddress address = ServerAddress.udp(ADDRESS_DEFAULT, 0);
    int baseStream = io.silo.transport.Channels.BASE_STREAM;
    String token = "";
    String clientName = "java-" + ProcessHandle.current().pid();
    String tenant = io.silo.protocol.Bounds.TENANT_NONE;
    Durability durability = Durability.DURABLE;
    int window = 1_024;
    Duration requestTimeout = Duration.ofSeconds(10);
    boolean repeatBusy = true;
    boolean nonBlocking;
    Duration windowTimeout = Duration.ofSeconds(10);

    SiloClientBuilder() {}

    /** Server as {@code host:port}, over UDP; default {@value #ADDRESS_DEFAULT}. */
    public SiloClientBuilder address(String value) {
        hostAndPort = value;
        address = ServerAddress.udp(hostAndPort, controlPort);
        return this;
    }

    /** Port over which replies are asked for; default: the one behind the port of the address. */
    public SiloClientBuilder controlPort(int value) {
        controlPort = value;
        address = ServerAddress.udp(hostAndPort, controlPort);
        return this;
    }

    /**
     * Data directory of a server on this host, over shared memory: about ten times quicker than UDP. The server's
     * {@code server.json} there is read at each connection, so the server may restart.
     */
    public SiloClientBuilder dataDirectory(Path value) {
        address = new ServerAddress.File(value.resolve(ServerAddress.SERVER_FILE));
        return this;
    }

    /** Aeron directory of a media driver on this host that the server uses too, over shared memory. */
    public SiloClientBuilder aeronDirectory(String value) {
        address = new ServerAddress.Driver(value, ServerAddress.Driver.NULL_PID);
        return this;
    }

    /** Ingress stream of shard thread 0; only where a server was told to use another than 1,000. */
    public SiloClientBuilder baseStream(int value) {
        baseStream = value;
        return this;
    }

    /** Token that authenticates; default none. */
    public SiloClientBuilder token(String value) {
        token = value;
        return this;
    }

    /** Name that operators see; at most 256 bytes. */
    public SiloClientBuilder clientName(String value) {
        clientName = value;
        return this;
    }

    /** Tenant of calls that name none; default {@code -}. */
    public SiloClientBuilder tenant(String value) {
        tenant = value;
        return this;
    }

    /** What acknowledgements promise for jobs that do not say; default {@link Durability#DURABLE}. */
    public SiloClientBuilder durability(Durability value) {
        durability = value;
        return this;
    }

    /** Calls on their way at once, 1 to 16,384; default 1,024. As many again may wait for results. */
    public SiloClientBuilder window(int calls) {
        if (calls < 1 || calls > WINDOW_MAX) {
            throw new IllegalArgumentException(
                    "Expected a window of 1 to " + WINDOW_MAX + ", but it is " + calls + ".");
        }
        window = calls;
        return this;
    }

    /**
     * How long a call waits for room in the window before it fails with {@code BUSY}; default 10 s. This is what slows a producer
     * that is quicker than the server. Zero fails at once.
     */
    public SiloClientBuilder windowTimeout(Duration value) {
        windowTimeout = value;
        return this;
    }

    /**
     * Whether the client waits and repeats a call that the server refused with {@code BUSY}, as long as {@link #requestTimeout}
     * allows; default true. If not, the caller gets it at once, with {@link SiloException#retryAfter}: for one who would rather turn
     * work away than wait.
     */
    public SiloClientBuilder repeatBusy(boolean value) {
        repeatBusy = value;
        return this;
    }

    /**
     * Whether the futures of this client never keep a thread: a call for which the window has no room waits by itself, for as long as
     * {@link #windowTimeout}, and not the thread that made it; the future of a call whose answer is short (one job enqueued, one outcome
     * reported, one lease renewed) is completed on the client's network thread. What hangs on it must not wait for anything there, least
     * of all for another call of this client. Default false. For one who is driven by events itself, as a gateway is: it spares two
     * changes of threads a call.
     *
     * <p>At most 16,384 calls wait so, and 64 MiB of payloads and results in those of more than 4 KiB; one beyond it fails with
     * {@code BUSY} at once. Calls that may wait for something to happen, as for a result, have as much for themselves.
     */
    public SiloClientBuilder nonBlocking(boolean value) {
        nonBlocking = value;
        return this;
    }

    /** How long a call may take, with reconnects and repeats; then {@code UNKNOWN_OUTCOME} or {@code UNREACHABLE}; default 10 s. */
    public SiloClientBuilder requestTimeout(Duration value) {
        requestTimeout = value;
        return this;
    }

    /** Makes the client. Returns at once; it connects by itself, and calls wait for it. */
    public SiloClient build() {
        return new SiloClient(this);
    }
}
