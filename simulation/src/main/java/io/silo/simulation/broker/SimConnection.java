package io.silo.simulation.broker;

import io.silo.protocol.session.CloseReason;
import io.silo.protocol.session.Connection;
import io.silo.simulation.network.SimLink;
import java.util.ArrayDeque;
import java.util.Deque;
import org.agrona.DirectBuffer;
import org.jspecify.annotations.Nullable;

/** The broker's end of one connection: what came in and was not taken yet, and what could not leave yet. */
final class SimConnection extends Connection implements SimLink.End {
    /** What a client may have under way: half of one of Aeron's terms, as in the transport. More is lost, and the client repeats it. */
    private static final int INBOUND_BYTES_MAX = 512 * 1024;

    /** What is kept for a client that does not read. */
    private static final int OUTBOUND_BYTES_MAX = 256 * 1024;

    private record Inbound(byte[] message, long atNs) {}

    private final SimIngress ingress;
    private final SimLink link;
    private final Deque<Inbound> inbound = new ArrayDeque<>();
    private final Deque<byte[]> outbound = new ArrayDeque<>();
    private int inboundBytes;
    private int outboundBytes;

    SimConnection(SimIngress ingress, SimLink link) {
        this.ingress = ingress;
        this.link = link;
    }

    SimLink link() {
        return link;
    }

    @Override
    public void onMessage(byte[] message) {
        if (inboundBytes + message.length <= INBOUND_BYTES_MAX) {
            inbound.add(new Inbound(message, ingress.nowNs()));
            inboundBytes += message.length;
        }
        ingress.onArrival();
    }

    @Override
    public void onClosed() {
        ingress.onLost(this);
    }

    byte @Nullable [] peek() {
        Inbound first = inbound.peek();
        return first == null ? null : first.message();
    }

    /** How long the oldest message has waited. */
    long waitedNs(long nowNs) {
        Inbound first = inbound.peek();
        return first == null ? 0 : nowNs - first.atNs();
    }

    boolean isBehind() {
        return !outbound.isEmpty();
    }

    void take() {
        Inbound taken = inbound.poll();
        if (taken != null) {
            inboundBytes -= taken.message().length;
        }
    }

    @Override
    protected void sendReply(DirectBuffer buffer, int offset, int length) {
        byte[] copy = new byte[length];
        buffer.getBytes(offset, copy);
        if (outbound.isEmpty() && !ingress.isSlow(link.client())) {
            ingress.leave(this, copy);
            return;
        }
        if (outboundBytes + length > OUTBOUND_BYTES_MAX) {
            ingress.onTooSlow(this);
            return;
        }
        outbound.add(copy);
        outboundBytes += length;
    }

    /** Sends what was kept, once the client reads again. */
    int flush() {
        int sent = 0;
        while (!outbound.isEmpty() && !ingress.isSlow(link.client())) {
            byte[] next = outbound.poll();
            outboundBytes -= next.length;
            ingress.leave(this, next);
            sent++;
        }
        return sent;
    }

    @Override
    protected void onClosed(CloseReason reason) {
        ingress.onGateClosed(this, reason);
    }
}
