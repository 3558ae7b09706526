package io.silo.simulation.model;

import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CountJobsEncoder;
import io.silo.protocol.command.GetBulkEncoder;
import io.silo.protocol.command.ListJobsEncoder;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What {@link RandomClients} say of many jobs at once: lists, counts, bulk changes. */
final class RandomBulks {
    private final RandomClients clients;
    private final SplittableRandom random;
    private long lastBulk;
    private long cursor;

    // The filter of the last list: pages of a walk have the same.
    private int statuses;
    private long minAgeMs;
    private String tenant = "";
    private String taskGroup = "";
    private List<String> metadata = List.of();

    RandomBulks(RandomClients clients, SplittableRandom random) {
        this.clients = clients;
        this.random = random;
    }

    /** Learns keys and cursors. */
    void read(ModelReply reply) {
        if (reply.templateId() == BulkReplyDecoder.TEMPLATE_ID) {
            lastBulk = new BulkReplyDecoder()
                    .wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder())
                    .bulkKey();
        } else if (reply.templateId() == JobsReplyDecoder.TEMPLATE_ID) {
            var jobs = new JobsReplyDecoder().wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
            cursor = jobs.isLast() == 0 ? jobs.nextCursor() : 0;
        }
    }

    void say() {
        switch (random.nextInt(8)) {
            case 0, 1, 2 -> change();
            case 3 -> get();
            case 4 -> count();
            default -> list();
        }
    }

    private void drawFilter() {
        statuses = clients.seldom() ? 33 : random.nextInt(3) == 0 ? 0 : random.nextInt(32);
        minAgeMs = clients.seldom() ? -1 : random.nextInt(4) == 0 ? random.nextInt(6_000) : 0;
        tenant = random.nextInt(3) == 0 ? clients.tenant() : "";
        taskGroup = random.nextInt(3) == 0 ? clients.group() : "";
        metadata = new ArrayList<>();
        if (random.nextInt(5) == 0) {
            metadata.addAll(List.of("k0", "v" + clients.recentJobId()));
        }
        if (random.nextInt(4) == 0) {
            // Many have it: the scan takes several slices.
            metadata.addAll(List.of("k1", "v"));
        }
        if (clients.seldom()) {
            metadata.addAll(List.of("k0", "v"));
        }
    }

    private void change() {
        drawFilter();
        var command = new BulkChangeEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.requestIdHigh(0)
                .requestIdLow(random.nextInt(40))
                .minAgeMs(minAgeMs)
                .statuses((short) statuses)
                .verb(BulkVerb.get((short) random.nextInt(4)))
                .dryRun((short) (random.nextInt(4) == 0 ? 1 : 0));
        if (clients.seldom()) {
            clients.out.putByte(command.offset() + BulkChangeEncoder.verbEncodingOffset(), (byte) 4);
        }
        var entries = command.metadataCount(metadata.size() / 2);
        for (int i = 0; i < metadata.size(); i += 2) {
            entries.next().key(metadata.get(i)).value(metadata.get(i + 1));
        }
        command.tenant(tenant).taskGroup(taskGroup);
        clients.send(command.limit());
    }

    private void get() {
        var command = new GetBulkEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.bulkKey(clients.seldom() ? 7 : lastBulk);
        clients.send(command.limit());
    }

    private void count() {
        var command = new CountJobsEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.tenant(random.nextBoolean() ? "" : clients.tenant());
        clients.send(command.limit());
    }

    private void list() {
        if (cursor == 0) {
            drawFilter();
        }
        var command = new ListJobsEncoder();
        clients.fill(command.wrapAndApplyHeader(clients.out, 0, clients.header).header());
        command.cursor(clients.seldom() ? random.nextInt(300) : cursor)
                .pageSize(clients.seldom() ? random.nextInt(2) * 257 : 1 + random.nextInt(60))
                .minAgeMs(minAgeMs)
                .statuses((short) statuses);
        var entries = command.metadataCount(metadata.size() / 2);
        for (int i = 0; i < metadata.size(); i += 2) {
            entries.next().key(metadata.get(i)).value(metadata.get(i + 1));
        }
        command.tenant(tenant).taskGroup(taskGroup);
        clients.send(command.limit());
    }
}
