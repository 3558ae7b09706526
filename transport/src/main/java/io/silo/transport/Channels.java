package io.silo.transport;

/**
 * Channel strings and stream ids: the only place that composes them. Nothing a client sends becomes part of one. Stateless.
 */
public final class Channels {
    /** Ingress stream of shard thread 0; thread n has this plus n. */
    public static final int BASE_STREAM = 1_000;

    /** What is added to an ingress stream for the stream of its replies; also bounds the shard threads of a node. */
    public static final int RESPONSE_STREAM_OFFSET = 1_000;

    /**
     * Term length of every stream, in bytes: an eighth of it bounds a message (128 KiB), half of it what is in flight. Three terms
     * a direction, sparse, are what a session can take of /dev/shm.
     */
    public static final int TERM_LENGTH = 1 << 20;

    /** 8 KiB: measured 4.0 M messages/s over UDP against 1.3 M with Aeron's default of 1,408 bytes. */
    public static final int MTU_LENGTH = 8 * 1024;

    private static final String IPC = "aeron:ipc";
    private static final String TERMS = "|term-length=" + TERM_LENGTH + "|mtu=" + MTU_LENGTH + "|sparse=true";
    private static final String RESPONSE = "control-mode=response";

    private Channels() {}

    /** Ingress stream of a shard thread. */
    public static int ingressStream(int baseStream, int thread) {
        if (thread < 0 || thread >= RESPONSE_STREAM_OFFSET) {
            throw new IllegalArgumentException(
                    "Expected a shard thread below " + RESPONSE_STREAM_OFFSET + ", but it is " + thread + ".");
        }
        return baseStream + thread;
    }

    /** Stream of the replies to an ingress stream. */
    public static int responseStream(int ingressStream) {
        return ingressStream + RESPONSE_STREAM_OFFSET;
    }

    /** Where a server listens over shared memory. */
    public static String ipcIngress() {
        return IPC;
    }

    /** Where a server listens over UDP; {@code endpoint} is {@code host:port}. */
    public static String udpIngress(String endpoint) {
        return "aeron:udp?endpoint=" + checkEndpoint(endpoint);
    }

    static String ipcRequest(long responseSubscriptionId) {
        return IPC + "?response-correlation-id=" + responseSubscriptionId + TERMS;
    }

    static String udpRequest(String endpoint, long responseSubscriptionId) {
        return udpIngress(endpoint) + "|response-correlation-id=" + responseSubscriptionId + TERMS;
    }

    static String ipcResponseSubscription() {
        return IPC + "?" + RESPONSE;
    }

    static String udpResponseSubscription(String control) {
        return "aeron:udp?" + RESPONSE + "|control=" + checkEndpoint(control);
    }

    static String ipcResponse(long imageCorrelationId) {
        return IPC + "?" + RESPONSE + "|response-correlation-id=" + imageCorrelationId + TERMS;
    }

    static String udpResponse(String control, long imageCorrelationId) {
        return udpResponseSubscription(control) + "|response-correlation-id=" + imageCorrelationId + TERMS;
    }

    /** Keeps configuration from reaching into the channel string. */
    private static String checkEndpoint(String endpoint) {
        if (!endpoint.matches("[A-Za-z0-9.\\-_\\[\\]:%]+:[0-9]{1,5}")) {
            throw new IllegalArgumentException("Expected an address as host:port, but it is '" + endpoint + "'.");
        }
        return endpoint;
    }
}
