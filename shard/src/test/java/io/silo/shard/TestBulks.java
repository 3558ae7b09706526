package io.silo.shard;

import io.silo.protocol.RejectReason;
import io.silo.protocol.command.BulkChangeEncoder;
import io.silo.protocol.command.BulkVerb;
import io.silo.protocol.command.CountJobsEncoder;
import io.silo.protocol.command.GetBulkEncoder;
import io.silo.protocol.command.ListJobsEncoder;
import io.silo.protocol.reply.BulkReplyDecoder;
import io.silo.protocol.reply.JobCountsReplyDecoder;
import io.silo.protocol.reply.JobsReplyDecoder;
import io.silo.protocol.reply.MessageHeaderDecoder;
import io.silo.shard.state.JobState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** What a {@link TestClient} does with many jobs at once: lists, counts, bulk changes. */
final class TestBulks {
    /** A filter as it is asked for; what is not set is any. */
    static final class Where {
        String tenant = "";
        String taskGroup = "";
        int statuses;
        long minAgeMs;
        Map<String, String> metadata = Map.of();

        /** Value of the key "raw" as these bytes, whatever they are; only for bulk changes. */
        byte[] raw = {};

        static Where status(JobState... states) {
            Where where = new Where();
            for (JobState state : states) {
                where.statuses |= 1 << state.ordinal();
            }
            return where;
        }

        Where group(String name) {
            taskGroup = name;
            return this;
        }

        Where tenant(String name) {
            tenant = name;
            return this;
        }

        Where age(long ms) {
            minAgeMs = ms;
            return this;
        }

        Where metadata(Map<String, String> entries) {
            metadata = entries;
            return this;
        }
    }

    /** How far a bulk change is; {@code code} says why there is none. */
    record Bulk(int code, long key, boolean finished, long changed, long skipped) {}

    private final TestClient client;

    TestBulks(TestClient client) {
        this.client = client;
    }

    /** Sends a bulk change and lets it run to its end. */
    Bulk change(BulkVerb verb, Where where) {
        return finish(begin(verb, where, false, 0));
    }

    Bulk dryRun(BulkVerb verb, Where where) {
        return finish(begin(verb, where, true, 0));
    }

    /** The answer to its beginning; all the rest has run too. */
    Bulk begin(BulkVerb verb, Where where, boolean dryRun, long requestId) {
        long correlation = send(verb, where, dryRun, requestId);
        client.harness.run();
        return client.reply(correlation, TestBulks::bulk);
    }

    /** Only sends it. */
    long send(BulkVerb verb, Where where, boolean dryRun, long requestId) {
        var command = new BulkChangeEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.requestIdHigh(requestId)
                .requestIdLow(requestId)
                .minAgeMs(where.minAgeMs)
                .statuses((short) where.statuses)
                .verb(verb)
                .dryRun((short) (dryRun ? 1 : 0));
        var entries = command.metadataCount(where.metadata.size() + (where.raw.length > 0 ? 1 : 0));
        where.metadata.forEach((key, value) -> entries.next().key(key).value(value));
        if (where.raw.length > 0) {
            entries.next().key("raw").putValue(where.raw, 0, where.raw.length);
        }
        command.tenant(where.tenant).taskGroup(where.taskGroup);
        client.harness.queue(client.session, client.out, command.limit());
        return client.correlations++;
    }

    private Bulk finish(Bulk begun) {
        return begun.code() == RejectReason.OK ? get(begun.key()) : begun;
    }

    Bulk get(long key) {
        var command = new GetBulkEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.bulkKey(key);
        return client.exchange(command.limit(), TestBulks::bulk);
    }

    private static Bulk bulk(ShardHarness.Reply reply) {
        int code = TestClient.code(reply);
        if (code != RejectReason.OK) {
            return new Bulk(code, 0, false, 0, 0);
        }
        var decoder = new BulkReplyDecoder();
        decoder.wrapAndApplyHeader(reply.bytes(), 0, new MessageHeaderDecoder());
        return new Bulk(code, decoder.bulkKey(), decoder.finishedAtMs() != 0, decoder.changed(), decoder.skipped());
    }

    /** A page of a list; {@code code} says why there is none. */
    record Page(int code, List<String> ids, long next, boolean isLast) {}

    Page page(Where where, long cursor, int size) {
        var command = new ListJobsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.cursor(cursor).pageSize(size).minAgeMs(where.minAgeMs).statuses((short) where.statuses);
        var entries = command.metadataCount(where.metadata.size());
        where.metadata.forEach((key, value) -> entries.next().key(key).value(value));
        command.tenant(where.tenant).taskGroup(where.taskGroup);
        return client.exchange(command.limit(), r -> {
            if (TestClient.code(r) != RejectReason.OK) {
                return new Page(TestClient.code(r), List.of(), 0, true);
            }
            var decoder = new JobsReplyDecoder();
            decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
            List<String> ids = new ArrayList<>();
            for (var job : decoder.jobs()) {
                job.skipTenant();
                job.skipTaskGroup();
                ids.add(job.jobId());
            }
            return new Page(RejectReason.OK, ids, decoder.nextCursor(), decoder.isLast() != 0);
        });
    }

    /** All pages. */
    List<String> list(Where where, int pageSize) {
        List<String> ids = new ArrayList<>();
        long cursor = 0;
        while (true) {
            Page page = page(where, cursor, pageSize);
            if (page.code() != RejectReason.OK) {
                throw new AssertionError("refused: " + RejectReason.fromCode(page.code()));
            }
            ids.addAll(page.ids());
            if (page.isLast()) {
                return ids;
            }
            cursor = page.next();
        }
    }

    /** Jobs by status; empty if refused. */
    Map<JobState, Long> counts(String tenant) {
        return count(tenant, r -> {
            Map<JobState, Long> counts = new TreeMap<>();
            if (TestClient.code(r) == RejectReason.OK) {
                var decoder = new JobCountsReplyDecoder();
                decoder.wrapAndApplyHeader(r.bytes(), 0, new MessageHeaderDecoder());
                counts.put(JobState.SCHEDULED, decoder.scheduled());
                counts.put(JobState.RUNNING, decoder.running());
                counts.put(JobState.SUCCEEDED, decoder.succeeded());
                counts.put(JobState.FAILED, decoder.failed());
                counts.put(JobState.CANCELLED, decoder.cancelled());
            }
            return counts;
        });
    }

    /** Code of the answer to {@link #counts}. */
    int countCode(String tenant) {
        return count(tenant, TestClient::code);
    }

    private <T> T count(String tenant, Function<ShardHarness.Reply, T> decode) {
        var command = new CountJobsEncoder();
        command.wrapAndApplyHeader(client.out, 0, client.header);
        client.fill(command.header());
        command.tenant(tenant);
        return client.exchange(command.limit(), decode);
    }
}
