package io.silo.transport;

import io.silo.protocol.command.HelloEncoder;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.NanoClock;
import org.agrona.concurrent.SystemNanoClock;
import org.jspecify.annotations.Nullable;

/** Everything a {@link ShardClient} is given. Built on one thread, then not changed. */
public final class ShardClientContext {
    private static final int CLIENT_NAME_BYTES_MAX = 256;
    private static final int TOKEN_BYTES_MAX = 4_096;

    final @Nullable String udpEndpoint;
    final @Nullable String udpControl;
    int baseStream = Channels.BASE_STREAM;
    int thread;
    byte[] token = new byte[0];
    byte[] clientName = "shard-client".getBytes(StandardCharsets.UTF_8);
    int windowMax = 4_096;
    long connectTimeoutNs = TimeUnit.SECONDS.toNanos(5);
    long keepAliveIntervalNs = TimeUnit.SECONDS.toNanos(2);
    long reconnectDelayNs = TimeUnit.MILLISECONDS.toNanos(50);
    long reconnectDelayMaxNs = TimeUnit.SECONDS.toNanos(2);
    NanoClock clock = SystemNanoClock.INSTANCE;

    private ShardClientContext(@Nullable String udpEndpoint, @Nullable String udpControl) {
        this.udpEndpoint = udpEndpoint;
        this.udpControl = udpControl;
    }

    /** Over shared memory: client and server use one media driver. */
    public static ShardClientContext ipc() {
        return new ShardClientContext(null, null);
    }

    /** Over UDP; both are {@code host:port} of the server. */
    public static ShardClientContext udp(String endpoint, String control) {
        return new ShardClientContext(endpoint, control);
    }

    /** Shard thread to speak to; default 0. */
    public ShardClientContext thread(int shardThread) {
        thread = shardThread;
        return this;
    }

    /** Stream of shard thread 0; default {@link Channels#BASE_STREAM}. */
    public ShardClientContext baseStream(int stream) {
        baseStream = stream;
        return this;
    }

    /** Token that authenticates; default none. */
    public ShardClientContext token(String secret) {
        token = bytes("token", secret, TOKEN_BYTES_MAX);
        return this;
    }

    /** Name that operators see. */
    public ShardClientContext clientName(String name) {
        clientName = bytes("client name", name, CLIENT_NAME_BYTES_MAX);
        return this;
    }

    /** Commands in flight, 1 to 65,536; default 4,096, rounded up to a power of two. */
    public ShardClientContext windowMax(int commands) {
        if (commands < 1 || commands > 1 << 16) {
            throw new IllegalArgumentException(
                    "Expected a window of 1 to 65,536 commands, but it is " + commands + ".");
        }
        windowMax = commands;
        return this;
    }

    /** How long one attempt to open a session may take; default 5 s. */
    public ShardClientContext connectTimeout(long nanos) {
        connectTimeoutNs = nanos;
        return this;
    }

    /** A client silent for so long says that it lives; default 2 s, a fifth of the server's time-out. */
    public ShardClientContext keepAliveInterval(long nanos) {
        keepAliveIntervalNs = nanos;
        return this;
    }

    /** Pause before a new attempt, doubled each time; default 50 ms up to 2 s. */
    public ShardClientContext reconnectDelay(long nanos, long maxNanos) {
        reconnectDelayNs = nanos;
        reconnectDelayMaxNs = maxNanos;
        return this;
    }

    /** Monotonic clock, read once a poll and once an offer. */
    public ShardClientContext clock(NanoClock nanoClock) {
        clock = nanoClock;
        return this;
    }

    String requestChannel(long responseSubscriptionId) {
        return udpEndpoint == null
                ? Channels.ipcRequest(responseSubscriptionId)
                : Channels.udpRequest(udpEndpoint, responseSubscriptionId);
    }

    String responseChannel() {
        return udpControl == null ? Channels.ipcResponseSubscription() : Channels.udpResponseSubscription(udpControl);
    }

    int helloLengthMax() {
        return HelloEncoder.BLOCK_LENGTH + token.length + clientName.length + 64;
    }

    private static byte[] bytes(String what, String value, int max) {
        final byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > max) {
            throw new IllegalArgumentException(
                    "Expected a " + what + " of at most " + max + " bytes, but it has " + bytes.length + ".");
        }
        return bytes;
    }
}
