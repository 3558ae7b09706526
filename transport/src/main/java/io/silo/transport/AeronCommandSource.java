package io.silo.transport;

import io.silo.protocol.CommandConsumer;
import io.silo.protocol.CommandSource;

/** Commands of one shard thread, off its {@link AeronIngress}. Shard thread only. */
public final class AeronCommandSource implements CommandSource {
    private final AeronIngress ingress;

    AeronCommandSource(AeronIngress ingress) {
        this.ingress = ingress;
    }

    /**
     * Delivers commands that are there, and tells of sessions that ended.
     *
     * <p>After {@link CommandConsumer.Disposition#RETRY} the same command is delivered again by the next poll, before any other of
     * its session. Should the consumer throw in spite of its contract, the poll ends and rethrows it; that command counts as
     * delivered, and all others wait for the next poll.
     *
     * @param limit upper bound on fragments taken: a message over 8 KiB has several.
     */
    @Override
    public int poll(CommandConsumer consumer, int limit) {
        return ingress.poll(consumer, limit);
    }

    @Override
    public long waitedMs() {
        return ingress.waitedMs();
    }
}
