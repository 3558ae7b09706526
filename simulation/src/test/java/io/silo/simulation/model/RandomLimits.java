package io.silo.simulation.model;

import io.silo.protocol.command.DropHoldersEncoder;
import io.silo.protocol.command.ExplainJobEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.ListLimitsEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import java.util.SplittableRandom;

/** What {@link RandomClients} do with concurrency limits, and what they ask of jobs that wait. */
final class RandomLimits {
    private final RandomClients clients;
    private final SplittableRandom random;

    RandomLimits(RandomClients clients, SplittableRandom random) {
        this.clients = clients;
        this.random = random;
    }

    void say() {
        switch (random.nextInt(10)) {
            case 0, 1, 2 -> set();
            case 3 -> drop();
            case 4 -> list();
            case 5, 6 -> get();
            default -> explain();
        }
    }

    private String key() {
        return clients.seldom() ? "k".repeat(random.nextInt(2) * 257) : "limit" + random.nextInt(3);
    }

    /** Unset as often as set. */
    private void set() {
        var command = new SetLimitEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.maxConcurrency(clients.seldom() ? 1L << 31 : random.nextInt(5))
                .isSet((short) random.nextInt(2))
                .tenant(clients.tenant())
                .key(key());
        clients.send(command.limit());
    }

    private void drop() {
        var command = new DropHoldersEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.cursor(clients.seldom() ? random.nextInt(9) : 0)
                .tenant(clients.tenant())
                .key(random.nextBoolean() ? "" : key());
        clients.send(command.limit());
    }

    private void list() {
        var command = new ListLimitsEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.cursor(random.nextInt(4) == 0 ? random.nextInt(9) : 0)
                .pageSize(clients.seldom() ? random.nextInt(2) * 257 : 1 + random.nextInt(12))
                .tenant(random.nextBoolean() ? "" : clients.tenant());
        clients.send(command.limit());
    }

    private void get() {
        var command = new GetLimitEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.listed((short) (clients.seldom() ? 101 : random.nextInt(12)))
                .tenant(clients.tenant())
                .key(key());
        clients.send(command.limit());
    }

    private void explain() {
        var command = new ExplainJobEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.tenant(clients.tenant()).jobId(clients.seldom() ? "j".repeat(257) : clients.recentJobId());
        clients.send(command.limit());
    }
}
