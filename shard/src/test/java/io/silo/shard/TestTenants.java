package io.silo.shard;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.GetTenantEncoder;
import io.silo.protocol.command.ListTenantsEncoder;
import io.silo.protocol.command.SetTenantEncoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.protocol.reply.TenantsReplyDecoder;
import java.util.ArrayList;
import java.util.List;

/** Settings of tenants, as {@link TestClient} says and reads them. */
final class TestTenants {
    /** What is set; the other fields stay. */
    static final class Change {
        private int fields;
        private int weight;
        private int runningMax;
        private long queuedMax;
        private long bytesMax;
        private int enqueuesPerSecond;

        Change weight(int value) {
            fields |= 1;
            weight = value;
            return this;
        }

        Change runningMax(int value) {
            fields |= 2;
            runningMax = value;
            return this;
        }

        Change queuedMax(long value) {
            fields |= 4;
            queuedMax = value;
            return this;
        }

        Change bytesMax(long value) {
            fields |= 8;
            bytesMax = value;
            return this;
        }

        Change enqueuesPerSecond(int value) {
            fields |= 16;
            enqueuesPerSecond = value;
            return this;
        }

        Change fields(int value) {
            fields = value;
            return this;
        }
    }

    private final TestClient client;

    TestTenants(TestClient client) {
        this.client = client;
    }

    static Change change() {
        return new Change();
    }

    /** Code of the answer. */
    int set(String tenant, Change change) {
        var command = new SetTenantEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.fields((short) change.fields)
                .weight(change.weight)
                .runningMax(change.runningMax)
                .queuedMax(change.queuedMax)
                .bytesMax(change.bytesMax)
                .enqueuesPerSecond(change.enqueuesPerSecond)
                .tenant(tenant);
        return client.exchange(command.limit(), TestClient::code);
    }

    /** {@code name weight/cap/queued/bytes/rate: scheduled+running jobs, bytes}, or the reason. */
    String get(String tenant) {
        var command = new GetTenantEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.tenant(tenant);
        List<String> told = new ArrayList<>();
        return client.exchange(command.limit(), r -> {
            int code = TestClient.code(r);
            if (code != RejectReason.OK) {
                return String.valueOf(RejectReason.fromCode(code));
            }
            read(r, told);
            return told.get(0);
        });
    }

    /** Code of the answer to {@link #get}. */
    int getCode(String tenant) {
        String told = get(tenant);
        return told.contains(" ") ? RejectReason.OK : RejectReason.valueOf(told).code();
    }

    /** Those that have settings, page by page, each as {@link #get} tells it. */
    List<String> list() {
        List<String> all = new ArrayList<>();
        while (true) {
            String after = all.isEmpty() ? "" : all.get(all.size() - 1).replaceAll(" .*", "");
            var command = new ListTenantsEncoder();
            command.wrapAndApplyHeader(client.out, 0, client.header);
            client.fill(command.header());
            command.after(after);
            if (client.exchange(command.limit(), r -> read(r, all))) {
                return all;
            }
        }
    }

    /** Whether the page is the last one. */
    private static boolean read(ShardHarness.Reply reply, List<String> told) {
        var decoder = new TenantsReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        boolean isLast = decoder.isLast() != 0;
        for (TenantsReplyDecoder.TenantsDecoder item : decoder.tenants()) {
            String counts = item.weight() + "/" + item.runningMax() + "/" + item.queuedMax() + "/" + item.bytesMax()
                    + "/" + item.enqueuesPerSecond() + ": " + item.scheduled() + "+" + item.running() + " jobs, "
                    + item.bytes();
            told.add(item.tenant() + " " + counts);
        }
        return isLast;
    }
}
