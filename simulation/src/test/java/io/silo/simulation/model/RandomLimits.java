package io.silo.simulation.model;

import io.silo.protocol.command.DropHoldersEncoder;
import io.silo.protocol.command.ExplainJobEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.LeaseRefreshesEncoder;
import io.silo.protocol.command.ListLimitsEncoder;
import io.silo.protocol.command.RenewRefreshEncoder;
import io.silo.protocol.command.ReportRefreshEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.limit.FloatingLimitEncoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.RefreshesLeasedDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;

/** What {@link RandomClients} do with concurrency limits, and what they ask of jobs that wait. */
final class RandomLimits {
    private static final int REFRESHES_KEPT = 6;

    /** A lease. */
    private record Refresh(long epoch, long token) {}

    private final List<Refresh> refreshes = new ArrayList<>();
    private final RandomClients clients;
    private final SplittableRandom random;

    RandomLimits(RandomClients clients, SplittableRandom random) {
        this.clients = clients;
        this.random = random;
    }

    /** Learns what is to be found out. */
    void read(ModelReply reply) {
        if (reply.templateId() != RefreshesLeasedDecoder.TEMPLATE_ID) {
            return;
        }
        var decoder = new RefreshesLeasedDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        for (RefreshesLeasedDecoder.RefreshesDecoder item : decoder.refreshes()) {
            refreshes.add(new Refresh(item.tokenEpoch(), item.token()));
            for (RefreshesLeasedDecoder.RefreshesDecoder.MetadataDecoder entry : item.metadata()) {
                entry.skipKey();
                entry.skipValue();
            }
            item.skipTenant();
            item.skipKey();
        }
        while (refreshes.size() > REFRESHES_KEPT) {
            refreshes.remove(0);
        }
    }

    /** A floating limit, or one that makes no sense. */
    static byte[] floating(SplittableRandom random, boolean wrong) {
        UnsafeBuffer buffer = new UnsafeBuffer(new byte[2_048]);
        FloatingLimitEncoder floating = new FloatingLimitEncoder()
                .wrapAndApplyHeader(buffer, 0, new io.silo.protocol.limit.MessageHeaderEncoder())
                .refreshIntervalMs(wrong && random.nextBoolean() ? -1 : random.nextInt(4) * 700);
        int entries = wrong ? 17 : random.nextInt(3);
        FloatingLimitEncoder.MetadataEncoder metadata = floating.metadataCount(entries);
        for (int i = 0; i < entries; i++) {
            metadata.next().key("m" + i).value("v" + random.nextInt(2));
        }
        byte[] bytes = new byte[floating.limit()];
        buffer.getBytes(0, bytes);
        return bytes;
    }

    private void leaseRefreshes() {
        var command = new LeaseRefreshesEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.waitMs(clients.seldom() ? 60_001 : random.nextInt(2) * random.nextInt(3_000))
                .maxRefreshes(clients.seldom() ? 65 : random.nextInt(4))
                .tenant(random.nextBoolean() ? "" : clients.tenant())
                .taskGroup(clients.group())
                .workerId(clients.seldom() ? "" : "w1");
        clients.send(command.limit());
    }

    private void reportRefresh() {
        Refresh refresh = refreshes.isEmpty() || clients.seldom()
                ? new Refresh(1, random.nextInt(50))
                : refreshes.get(random.nextInt(refreshes.size()));
        if (random.nextInt(4) == 0) {
            var renewal = new RenewRefreshEncoder();
            clients.fill(
                    renewal.wrapAndApplyHeader(clients.out, 0, clients.header).header());
            renewal.tokenEpoch(refresh.epoch).token(refresh.token);
            clients.send(renewal.limit());
            return;
        }
        boolean isFailure = random.nextInt(4) == 0;
        var command = new ReportRefreshEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.tokenEpoch(refresh.epoch)
                .token(refresh.token)
                .maxConcurrency(clients.seldom() ? 1L << 31 : random.nextInt(4))
                .isFailure((short) (isFailure ? 1 : 0))
                .errorCode(isFailure != clients.seldom() ? "E" + random.nextInt(3) : "");
        clients.send(command.limit());
    }

    void say() {
        switch (random.nextInt(20)) {
            case 10, 11, 12, 13, 14 -> leaseRefreshes();
            case 15, 16, 17, 18, 19 -> reportRefresh();
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
                .isFloating((short) (random.nextInt(3) == 0 ? 1 : 0))
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
