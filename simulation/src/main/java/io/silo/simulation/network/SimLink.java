package io.silo.simulation.network;

import org.jspecify.annotations.Nullable;

/** One connection of one client to one life of a broker's process. Made by {@link SimNetwork}. */
public final class SimLink {
    /** One side's ear. */
    public interface End {
        void onMessage(byte[] message);

        /** The connection is over and this side learns of it; called at most once. */
        void onClosed();
    }

    private final String client;
    private final End clientEnd;
    private @Nullable End brokerEnd;
    private boolean isOpen = true;
    private long lastToBrokerNs;
    private long lastToClientNs;

    SimLink(String client, End clientEnd) {
        this.client = client;
        this.clientEnd = clientEnd;
    }

    /** Name of the client that made it. */
    public String client() {
        return client;
    }

    public boolean isOpen() {
        return isOpen;
    }

    End clientEnd() {
        return clientEnd;
    }

    @Nullable
    End brokerEnd() {
        return brokerEnd;
    }

    void accept(End end) {
        brokerEnd = end;
    }

    void close() {
        isOpen = false;
    }

    /** Arrival of the newest message in this direction, so that the next one comes later. */
    long last(boolean isToBroker) {
        return isToBroker ? lastToBrokerNs : lastToClientNs;
    }

    void last(boolean isToBroker, long atNs) {
        if (isToBroker) {
            lastToBrokerNs = atNs;
        } else {
            lastToClientNs = atNs;
        }
    }
}
