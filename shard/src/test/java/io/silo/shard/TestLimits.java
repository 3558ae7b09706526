package io.silo.shard;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.DropHoldersEncoder;
import io.silo.protocol.command.ExplainJobEncoder;
import io.silo.protocol.command.GetLimitEncoder;
import io.silo.protocol.command.ListLimitsEncoder;
import io.silo.protocol.command.SetLimitEncoder;
import io.silo.protocol.reply.ExplainReplyDecoder;
import io.silo.protocol.reply.HoldersDroppedReplyDecoder;
import io.silo.protocol.reply.LimitReplyDecoder;
import io.silo.protocol.reply.LimitSetReplyDecoder;
import io.silo.protocol.reply.LimitsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** What operators do with limits through a {@link TestClient}. */
final class TestLimits {
    private final TestClient client;

    /** Whether the last {@link #set} or {@link #unset} changed something. */
    boolean changed;

    TestLimits(TestClient client) {
        this.client = client;
    }

    /** Code of the answer. */
    int set(String key, long max) {
        return set(key, max, true);
    }

    int unset(String key) {
        return set(key, 0, false);
    }

    private int set(String key, long max, boolean isSet) {
        return set(key, max, isSet, false);
    }

    /** Sets what was found out for a floating limit, or with less than 0 forgets it. Code of the answer. */
    int setFloating(String key, long max) {
        return set(key, Math.max(0, max), max >= 0, true);
    }

    private int set(String key, long max, boolean isSet, boolean isFloating) {
        var command = new SetLimitEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.maxConcurrency(max)
                .isSet((short) (isSet ? 1 : 0))
                .isFloating((short) (isFloating ? 1 : 0))
                .tenant(client.tenant)
                .key(key);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) == RejectReason.OK) {
                var decoder = new LimitSetReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                changed = decoder.changed() != 0;
            }
            return TestClient.code(r);
        });
    }

    /** Every limit that is in use, page by page, each as {@code tenant/key max holders waiting}, by name. */
    List<String> list(int pageSize) {
        List<String> all = new ArrayList<>();
        for (long cursor = 0; cursor >= 0; ) {
            cursor = client.exchange(listLimits(cursor, pageSize), r -> {
                var decoder = new LimitsReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                long next = decoder.isLast() != 0 ? -1 : decoder.nextCursor();
                for (LimitsReplyDecoder.LimitsDecoder item : decoder.limits()) {
                    String max = item.isSet() != 0 ? String.valueOf(item.maxConcurrency()) : "-";
                    String counts = " " + max + " " + item.holders() + " " + item.waiting();
                    all.add(item.tenant() + "/" + item.key() + counts);
                }
                return next;
            });
        }
        all.sort(null);
        return all;
    }

    /** Code of the answer. */
    int listCode(int pageSize) {
        return client.exchange(listLimits(0, pageSize), TestClient::code);
    }

    private int listLimits(long cursor, int pageSize) {
        var command = new ListLimitsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.cursor(cursor).pageSize(pageSize).tenant(client.tenant);
        return command.limit();
    }

    /** One limit as {@code max holders waiting [job@worker ...] [job ...]}, or the reason. */
    String show(String key, int listed) {
        var command = new GetLimitEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.listed((short) listed).tenant(client.tenant).key(key);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) != RejectReason.OK) {
                return String.valueOf(RejectReason.fromCode(TestClient.code(r)));
            }
            var decoder = new LimitReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            String max = decoder.isSet() != 0 ? String.valueOf(decoder.maxConcurrency()) : "-";
            String counts = max + " " + decoder.holderCount() + " " + decoder.waiting();
            List<String> holders = new ArrayList<>();
            for (LimitReplyDecoder.HoldersDecoder holder : decoder.holders()) {
                holder.skipTaskGroup();
                holders.add(holder.jobId() + "@" + holder.workerId());
            }
            List<String> waiters = new ArrayList<>();
            for (LimitReplyDecoder.WaitersDecoder waiter : decoder.waiters()) {
                waiter.skipTaskGroup();
                waiters.add(waiter.jobId());
            }
            return counts + " " + holders + " " + waiters;
        });
    }

    /** Drops holders until none is left. Returns how many, or less than 0 for a reason. */
    int drop(String key) {
        int[] dropped = new int[1];
        long cursor = 0;
        int calls = 0;
        while (cursor >= 0) {
            cursor = client.exchange(dropHolders(cursor, key), r -> {
                if (TestClient.code(r) != RejectReason.OK) {
                    dropped[0] = -TestClient.code(r);
                    return -1L;
                }
                var decoder = new HoldersDroppedReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                dropped[0] += (int) decoder.dropped();
                return decoder.isLast() != 0 ? -1L : decoder.nextCursor();
            });
            calls++;
        }
        dropCalls = calls;
        return dropped[0];
    }

    /** Calls that the last {@link #drop} took. */
    int dropCalls;

    private int dropHolders(long cursor, String key) {
        var command = new DropHoldersEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.cursor(cursor).tenant(client.tenant).key(key);
        return command.limit();
    }

    /** What is told of a job. */
    <T> T explain(String id, Function<ExplainReplyDecoder, T> field) {
        return client.exchange(explainJob(id), r -> {
            var decoder = new ExplainReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            return field.apply(decoder);
        });
    }

    String situation(String id) {
        return explain(id, reply -> reply.situation().name());
    }

    /** Groups and names behind the fixed fields, as {@code [held] [job@worker] group worker key keptFor}. */
    String names(String id) {
        return explain(id, reply -> {
            List<String> held = new ArrayList<>();
            for (ExplainReplyDecoder.HeldDecoder item : reply.held()) {
                held.add(item.key());
            }
            List<String> holders = new ArrayList<>();
            for (ExplainReplyDecoder.HoldersDecoder item : reply.holders()) {
                holders.add(item.jobId() + "@" + item.workerId());
            }
            return held + " " + holders + " " + reply.taskGroup() + " " + reply.workerId() + " " + reply.limitKey()
                    + " " + reply.keptFor();
        });
    }

    /** Code of the answer. */
    int explainCode(String id) {
        return client.exchange(explainJob(id), TestClient::code);
    }

    private int explainJob(String id) {
        var command = new ExplainJobEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.tenant(client.tenant).jobId(id);
        return command.limit();
    }
}
