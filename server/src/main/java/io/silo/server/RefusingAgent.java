package io.silo.server;

import io.silo.transport.AeronIngress;
import org.agrona.concurrent.Agent;

/** The duty cycle of a node none of whose shards can be served: it lets clients in and refuses what they ask. */
final class RefusingAgent implements Agent {
    private static final int COMMANDS_PER_CYCLE = 256;

    private final String name;
    private final QuarantineSource source;
    private final AeronIngress ingress;

    RefusingAgent(String name, QuarantineSource source, AeronIngress ingress) {
        this.name = name;
        this.source = source;
        this.ingress = ingress;
    }

    @Override
    public int doWork() {
        return source.pollAlone(COMMANDS_PER_CYCLE) + ingress.replySink().flush();
    }

    @Override
    public String roleName() {
        return name;
    }
}
